"""What the admission role, the publisher and certifiers put on chain: parties and programs.

Each act checks the chain first, so repeating one that took effect changes nothing.
"""

from chain.bindings import party_registry, programs
from chain.gateway import Gateway
from protocol import ids
from protocol.enrolment import Enrolment, role_bits
from protocol.errors import RefusedError
from protocol.programs import ProgramDescriptor

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
