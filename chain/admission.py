"""What the admission role, the guardian, the publisher and certifiers put on chain: parties, programs, pauses.

Each act checks the chain first, so repeating one that took effect changes nothing.
"""

from chain.bindings import party_registry, programs, tasks
from chain.gateway import Gateway
from protocol import canonical, ids
from protocol.enrolment import Enrolment, role_bits
from protocol.errors import RefusedError
from protocol.programs import ProgramDescriptor

_SUSPENDED = 2
_RETIRED = 2
_SHARES_TO_RESULT_USERS = 1
"""Output kind: secret shares that open to result users only (the only kind so far)."""


def admit(gateway: Gateway, enrolment: Enrolment) -> bool:
    """Admit a party under exactly the keys of its application; False when the chain holds it already.

    The caller must have verified the application's two signatures (node key and wallet).
    """
    party = ids.on_chain(enrolment.party)
    if gateway.read(party_registry.party_of(enrolment.wallet), block=gateway.head()) == party:
        found = gateway.read(party_registry.get(party), block=gateway.head())
        if found.profile_hash != enrolment.profile_hash:
            raise RefusedError(
                "admission.other_profile",
                f"{enrolment.party} is admitted under another application.",
                "Rotate its keys with its wallet instead.",
            )
        return False
    gateway.send(
        party_registry.admit(
            party,
            enrolment.wallet,
            enrolment.node_signer,
            enrolment.node_key,
            enrolment.seal_key,
            ids.on_chain(enrolment.operator),
            role_bits(enrolment.roles),
            enrolment.profile_hash,
        )
    )
    return True


def publish(gateway: Gateway, descriptor: ProgramDescriptor) -> bool:
    """Publish a program version; False when the chain holds this very one already."""
    program = ids.on_chain(descriptor.program)
    found = gateway.read(programs.get(program), block=gateway.head())
    if found.status:
        if found.code_digest != descriptor.code_digest:
            raise RefusedError(
                "program.other_code",
                f"{descriptor.program} is published with the code digest {found.code_digest.hex()}.",
                "Publish changed code under a new version.",
            )
        return False
    gateway.send(
        programs.publish(
            program,
            descriptor.code_digest,
            descriptor.protection_level,
            descriptor.security_model,
            descriptor.min_parties,
            descriptor.max_parties,
            _SHARES_TO_RESULT_USERS,
        )
    )
    return True


def approve(gateway: Gateway, program: str, certifier: str) -> None:
    """A certifier's wallet approves a program version."""
    gateway.send(programs.approve(ids.on_chain(program), ids.on_chain(certifier)))


def retire(gateway: Gateway, program: str) -> bool:
    """Take a program version back, by its publisher or the publisher role; False when it is retired already."""
    found = gateway.read(programs.get(ids.on_chain(program)), block=gateway.head())
    if not found.status:
        raise RefusedError("program.unknown", f"{program} is not published.", "Check its name and version.")
    if found.status == _RETIRED:
        return False
    gateway.send(programs.retire(ids.on_chain(program)))
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
