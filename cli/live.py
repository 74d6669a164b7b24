"""What a live chain says beside a bundle and its trust root: ``tally verify --rpc``."""

from collections.abc import Callable
from dataclasses import replace

from chain.endpoint import Endpoint
from chain.proofs import Prover, compare_with_trust
from protocol import bundle as bundles
from protocol.ancestry import Descent
from protocol.errors import TallyError
from protocol.trust import Trust


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
