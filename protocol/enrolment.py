"""How a party applies to take part: who it is and which keys are its own.

The node key signs the enrolment as a DSSE envelope (possession of the node key) and the wallet signs
:func:`wallet_digest` (possession of the wallet, EIP-191 ``personal_sign``, so that every wallet can). Admission itself
happens on chain; until then the coordinator holds the application as pending.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Literal, Self

from eth_hash.auto import keccak

from protocol import canonical, ids
from protocol.errors import FormatError
from protocol.programs import Words
from protocol.record import Record
from protocol.vocabulary import ROLE_BITS

FORMAT: Final = "tallystick/enrolment/v1"
ENROLMENT_TYPE: Final = "application/vnd.tallystick.enrolment+json"
LIMIT: Final = 16 * 1024
Office = Literal["admission", "publisher", "guardian", "admin"]
"""Who acts for the consortium: the contracts' access roles, held by wallets and not by parties."""
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
NO_ADDRESS: Final = "0x" + "0" * 40
NO_KEY: Final = bytes(32)


def role_bits(names: tuple[str, ...]) -> int:
    """The ``roles`` word of the registry for role names."""
    return sum(ROLE_BITS[name] for name in names)


def role_names(bits: int) -> tuple[str, ...]:
    """Role names, sorted, of a registry's ``roles`` word."""
    return tuple(sorted(name for name, bit in ROLE_BITS.items() if bits & bit))


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An application; addresses are lower-case hex. A party without a node has zero node signer and node key."""

    party: str
    title: Words
    contact: str
    wallet: str
    node_signer: str
    node_key: bytes
    seal_key: bytes
    operator: str
    roles: tuple[str, ...]
    deployment: bytes

    @classmethod
    def read(cls, payload: bytes) -> Self:
        """Parse canonical bytes."""
        record = Record(canonical.loads(payload, LIMIT), "enrolment")
        record.const("format", FORMAT)
        found = cls(
            party=ids.name(record.take("party"), "enrolment.party"),
            title=Words.parse(record.take("title"), "enrolment.title"),
            contact=record.text("contact", 200),
            wallet=_address(record.take("wallet"), "enrolment.wallet"),
            node_signer=_address(record.take("node_signer"), "enrolment.node_signer"),
            node_key=record.hex32("node_key"),
            seal_key=record.hex32("seal_key"),
            operator=ids.name(record.take("operator"), "enrolment.operator"),
            roles=record.names("roles", len(ROLE_BITS), _role),
            deployment=record.hex32("deployment"),
        )
        record.done()
        if (found.node_signer == NO_ADDRESS) != (found.node_key == NO_KEY):
            raise FormatError(
                "enrolment.half_a_node",
                "A node has a node signer and a node key; only one of them is given.",
                "Give both, or neither for a party without a node.",
            )
        return found

    def data(self) -> bytes:
        """Canonical bytes: the DSSE payload."""
        return canonical.dumps(
            {
                "format": FORMAT,
                "party": self.party,
                "title": self.title.to_json(),
                "contact": self.contact,
                "wallet": self.wallet,
                "node_signer": self.node_signer,
                "node_key": "0x" + self.node_key.hex(),
                "seal_key": "0x" + self.seal_key.hex(),
                "operator": self.operator,
                "roles": list(self.roles),
                "deployment": "0x" + self.deployment.hex(),
            }
        )

    @property
    def profile_hash(self) -> bytes:
        """SHA-256 of the canonical bytes: ``PartyRecord.profileHash`` on chain."""
        return hashlib.sha256(self.data()).digest()


def wallet_text(enrolment: Enrolment) -> str:
    """What the wallet shows and signs (EIP-191)."""
    return (
        f"Tallystick enrolment of {enrolment.party}\n"
        f"deployment 0x{enrolment.deployment.hex()}\n"
        f"application SHA-256 0x{enrolment.profile_hash.hex()}"
    )


def wallet_digest(enrolment: Enrolment) -> bytes:
    """EIP-191 version 0x45 digest of :func:`wallet_text`."""
    text = wallet_text(enrolment).encode()
    return keccak(b"\x19Ethereum Signed Message:\n%d%b" % (len(text), text))


def _address(value: object, where: str) -> str:
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise FormatError("id.not_address", f"{where} is no lower-case 0x address.", "Send 0x and 40 hex digits.")
    return value


def _role(value: object, where: str) -> str:
    if not isinstance(value, str) or value not in ROLE_BITS:
        raise FormatError("enrolment.role", f"{where} {value!r} is no role.", f"Use {', '.join(sorted(ROLE_BITS))}.")
    return value
