"""What the admission role, the guardian, the publisher and certifiers put on chain: parties, releases, pauses.

Each act checks the chain first, so repeating one that took effect changes nothing.
"""

from chain.abi import Write
from chain.bindings import party_registry, programs, tasks
from chain.errors import ChainError
from chain.gateway import Gateway
from chain.wallets import accepts
from protocol import canonical, ids
from protocol.enrolment import Application
from protocol.errors import RefusedError
from protocol.programs import COMMITTEES, ProgramDescriptor

_SUSPENDED = 2
_RETIRED = 2
_SHARES_TO_RESULT_USERS = 1
"""Output kind: secret shares that open to result users only (the only kind so far)."""


def admit(gateway: Gateway, application: Application, *, fingerprint: str | None = None) -> bool:
    """Admit a party under exactly the keys of its application; False when the chain holds it already.

    Every signature is checked here, before anything is sent. ``fingerprint`` is what the applicant said by a way of its own:
    another application is refused, whoever gave it.
    """
    enrolment = application.verified(
        gateway.deployment.domain("PartyRegistry"),
        lambda wallet, digest, signature: accepts(gateway.endpoint, wallet, digest, signature),
    )
    if fingerprint is not None and fingerprint.lower() != enrolment.fingerprint:
        raise RefusedError(
            "admission.other_fingerprint",
            f"The application's fingerprint is {enrolment.fingerprint}, not {fingerprint.lower()}.",
            "Do not admit it: ask the applicant for the file itself.",
        )
    party = ids.on_chain(enrolment.party)
    if gateway.read(party_registry.key_period(party), block=gateway.head()):
        found = gateway.read(party_registry.get(party), block=gateway.head())
        if found.profile_hash != enrolment.profile_hash:
            raise RefusedError(
                "admission.other_profile",
                f"{enrolment.party} is admitted under another application.",
                "Rotate its keys with its wallet instead, or apply under another name.",
            )
        return False
    admission = party_registry.Admission(*enrolment.admission().chain_args())
    gateway.send(party_registry.admit(admission, application.wallet_signature, application.node_signature or b""))
    return True


def publish(gateway: Gateway, descriptor: ProgramDescriptor) -> bool:
    """Publish a program; False when the chain holds this very one already. Changed code is refused (``release.other_code``)."""
    fix = "Give the program a new version in its description"
    if _published(gateway, descriptor.program, descriptor.code_digest, fix):
        return False
    gateway.send(
        programs.publish(
            ids.on_chain(descriptor.program),
            descriptor.code_digest,
            COMMITTEES.index(descriptor.committee),
            descriptor.protection_level,
            descriptor.security_model,
            descriptor.min_parties,
            descriptor.max_parties,
            _SHARES_TO_RESULT_USERS,
        )
    )
    return True


def publish_engine(gateway: Gateway, engine: str, digest: bytes) -> bool:
    """Publish an engine; False when the chain holds this very one already. Changed code is refused (``release.other_code``)."""
    if _published(gateway, engine, digest, "Give the engine a new version (ENGINE in mpc/workflow/digest.py)"):
        return False
    gateway.send(programs.publish_engine(ids.on_chain(engine), digest))
    return True


def approve(gateway: Gateway, release: str, certifier: str) -> bool:
    """A certifier's wallet approves a program or an engine; False when its operator has done so already."""
    _known(gateway, release)
    return _once(gateway, programs.approve(ids.on_chain(release), ids.on_chain(certifier)))


def retire(gateway: Gateway, release: str) -> bool:
    """Take a release back, by its publisher or the publisher role; False when it is retired already."""
    if _known(gateway, release).status == _RETIRED:
        return False
    gateway.send(programs.retire(ids.on_chain(release)))
    return True


def declare_successor(gateway: Gateway, older: str, newer: str) -> bool:
    """Declare, as the publisher of both, that ``newer`` may stand in for ``older``; False when that is declared already.

    It does nothing until certifiers approve it, and then only for owners whose authorization says so.
    """
    _known(gateway, older)
    _known(gateway, newer)
    if _declared(gateway, older) == ids.on_chain(newer):
        return False
    gateway.send(programs.declare_successor(ids.on_chain(older), ids.on_chain(newer)))
    return True


def approve_successor(gateway: Gateway, older: str, newer: str, certifier: str) -> bool:
    """A certifier's wallet approves a declared succession; False when its operator has done so already."""
    if _declared(gateway, older) != ids.on_chain(newer):
        raise RefusedError(
            "release.not_declared",
            f"{newer} is not declared as the successor of {older}.",
            "Check both names with `tally admission releases`; the publisher declares it first.",
        )
    write = programs.approve_successor(ids.on_chain(older), ids.on_chain(newer), ids.on_chain(certifier))
    return _once(gateway, write)


def _published(gateway: Gateway, name: str, digest: bytes, fix: str) -> bool:
    """Whether the chain holds the release; other code under its name is refused."""
    found = gateway.read(programs.get(ids.on_chain(name)), block=gateway.head())
    if found.status and found.code_digest != digest:
        raise RefusedError(
            "release.other_code",
            f"{name} is published with the code digest {found.code_digest.hex()}, and what is installed here has {digest.hex()}.",
            f"What is published never changes. {fix} and publish that; or install the code that was published.",
            published=found.code_digest.hex(),
            installed=digest.hex(),
        )
    return bool(found.status)


def _known(gateway: Gateway, name: str) -> programs.Release:
    found = gateway.read(programs.get(ids.on_chain(ids.program(name, "release"))), block=gateway.head())
    if not found.status:
        raise RefusedError("release.unknown", f"{name} is not published.", "Check its name and version.")
    return found


def _declared(gateway: Gateway, older: str) -> bytes:
    return gateway.read(programs.successor_of(ids.on_chain(older)), block=gateway.head()).newer


def _once(gateway: Gateway, approval: Write) -> bool:
    """The chain counts one approval for each operator, and does not say beforehand whose it has."""
    try:
        gateway.send(approval)
    except ChainError as error:
        if error.name == "AlreadyApproved":
            return False
        raise
    return True


def suspend(gateway: Gateway, party: str, reason: str) -> bytes | None:
    """Suspend a party; returns the SHA-256 of the reason's words, which goes on chain, or None when it was suspended."""
    digest = canonical.sha256(reason.encode("utf-8"))
    if gateway.read(party_registry.get(ids.on_chain(party)), block=gateway.head()).status == _SUSPENDED:
        return None
    gateway.send(party_registry.suspend(ids.on_chain(party), digest))
    return digest


def reinstate(gateway: Gateway, party: str) -> bool:
    """Take a suspended party back; False when it is not suspended."""
    if gateway.read(party_registry.get(ids.on_chain(party)), block=gateway.head()).status != _SUSPENDED:
        return False
    gateway.send(party_registry.reinstate(ids.on_chain(party)))
    return True


def pause(gateway: Gateway, *, paused: bool) -> bool:
    """Stop new proposals, starts and authorizations, or let them go on; False when it is so already."""
    if gateway.read(tasks.paused(), block=gateway.head()) == paused:
        return False
    gateway.send(tasks.pause() if paused else tasks.unpause())
    return True
