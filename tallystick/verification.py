"""What a live chain says beside a bundle and its trust root."""

from collections.abc import Callable
from dataclasses import replace

from chain.endpoint import Endpoint
from chain.proofs import Prover, compare_with_trust
from protocol import bundle as bundles
from protocol.ancestry import Descent
from protocol.errors import TallyError, VerificationError
from protocol.trust import Trust
from protocol.verify import Report, verify


def disagreement(rpc: str, trust: Trust | None) -> str | None:
    """What the chain says otherwise than the trust root; None when they agree."""
    if trust is None:
        return "no trust root to compare the chain with"
    try:
        compare_with_trust(rpc, trust)
    except TallyError as error:
        return f"{error.what} [{error.code}]"
    return None


def contracts_at(rpc: str) -> Callable[[str], bool]:
    """Whether an address holds code on the live chain."""
    endpoint = Endpoint(rpc)
    return lambda address: bool(endpoint.code(address))


def completed(rpc: str, trust: Trust, data: bytes, path: Descent | None) -> tuple[Trust, Descent | None]:
    """What is missing between trust root and bundle, from the live chain.

    Without a head in the trust root the endpoint's word is taken for the bundle's; with a later one hashes decide about
    the path that the endpoint gives.
    """
    try:
        head = bundles.read(data).descent.top
    except TallyError:
        return trust, path  # step 1 says what is wrong with the bundle
    endpoint = Endpoint(rpc)
    if trust.head is None:
        found = endpoint.block_ref(head.number)
        return (trust if found is None else replace(trust, head=(head.number, found.hash))), path
    if trust.head[0] > head.number and path is None:
        prover = Prover(endpoint)
        path = prover.path(trust.head[0], prover.header(head.number))
    return trust, path


def checked(data: bytes, trust: Trust, rpc: str) -> Report:
    """The ten steps with what the chain endpoint adds to the trust root; ``verify.other_chain`` where the two differ."""
    if (said := disagreement(rpc, trust)) is not None:
        raise VerificationError(
            "verify.other_chain",
            f"The chain endpoint is not the deployment's chain: {said}.",
            "Name your own endpoint of that chain, or your own copy of its deployment file.",
        )
    root, descent = completed(rpc, trust, data, None)
    return verify(data, root, contracts_at(rpc), descent)
