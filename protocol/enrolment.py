"""How a party applies to take part: who it is and which keys are its own.

The node key signs the enrolment as a DSSE envelope (possession of the node key) and the wallet signs
:func:`wallet_digest` (possession of the wallet, EIP-191 ``personal_sign``, so that every wallet can). Admission itself
happens on chain; until then the coordinator holds the application as pending.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from eth_hash.auto import keccak

from protocol.codec import choice, sorted_texts, text
from protocol.errors import FormatError
from protocol.fields import Address, Document, Hash, Name
from protocol.programs import Words
from protocol.vocabulary import ROLE_BITS

ENROLMENT_TYPE: Final = "application/vnd.tallystick.enrolment+json"
Office = Literal["admission", "publisher", "guardian", "admin"]
"""Who acts for the consortium: the contracts' access roles, held by wallets and not by parties."""
NO_ADDRESS: Final = "0x" + "0" * 40
NO_KEY: Final = bytes(32)


def role_bits(names: tuple[str, ...]) -> int:
    """The ``roles`` word of the registry for role names."""
    return sum(ROLE_BITS[name] for name in names)


def role_names(bits: int) -> tuple[str, ...]:
    """Role names, sorted, of a registry's ``roles`` word."""
    return tuple(sorted(name for name, bit in ROLE_BITS.items() if bits & bit))


@dataclass(frozen=True, slots=True)
class Enrolment(Document):
    """An application; addresses are lower-case hex. A party without a node has zero node signer and node key."""

    FORMAT: ClassVar[str] = "tallystick/enrolment/v1"
    WHERE: ClassVar[str] = "enrolment"
    LIMIT: ClassVar[int] = 16 * 1024

    party: Name
    title: Words
    contact: Annotated[str, text(200)]
    wallet: Address
    node_signer: Address
    node_key: Hash
    seal_key: Hash
    operator: Name
    roles: Annotated[tuple[str, ...], sorted_texts(choice(ROLE_BITS, "enrolment.role"), len(ROLE_BITS))]
    deployment: Hash

    def require(self, where: str) -> None:
        """A node has both of its keys."""
        del where
        if (self.node_signer == NO_ADDRESS) != (self.node_key == NO_KEY):
            raise FormatError(
                "enrolment.half_a_node",
                "A node has a node signer and a node key; only one of them is given.",
                "Give both, or neither for a party without a node.",
            )

    @property
    def profile_hash(self) -> bytes:
        """The digest: ``PartyRecord.profileHash`` on chain."""
        return self.digest()


def wallet_text(enrolment: Enrolment) -> str:
    """What the wallet shows and signs (EIP-191)."""
    return (
        f"Tallystick enrolment of {enrolment.party}\n"
        f"deployment 0x{enrolment.deployment.hex()}\n"
        f"application SHA-256 0x{enrolment.profile_hash.hex()}"
    )


def wallet_digest(enrolment: Enrolment) -> bytes:
    """EIP-191 version 0x45 digest of :func:`wallet_text`."""
    said = wallet_text(enrolment).encode()
    return keccak(b"\x19Ethereum Signed Message:\n%d%b" % (len(said), said))
