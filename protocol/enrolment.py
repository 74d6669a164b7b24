"""How a party applies to take part: who it is and which keys are its own.

The node key signs the enrolment as a DSSE envelope; wallet and node signer sign what goes on chain, the ``Admission``
(EIP-712), whose profile hash binds the rest. Admission itself happens on chain, by whoever holds that office; the contract
checks both signatures again. An :class:`Application` is all of this in one file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, Self, TypeAlias

from protocol import dsse, ids
from protocol.codec import blob, choice, hexadecimal, optional, sorted_texts, text
from protocol.errors import FormatError, RefusedError, VerificationError
from protocol.fields import Address, Document, Hash, Name, Signature
from protocol.programs import Words
from protocol.registrations import Admission
from protocol.typed import Domain, key_signed
from protocol.vocabulary import ROLE_BITS

ENROLMENT_TYPE: Final = "application/vnd.tallystick.enrolment+json"
Office = Literal["admission", "publisher", "guardian", "admin"]
"""Who acts for the consortium: the contracts' access roles, held by wallets and not by parties."""
NO_ADDRESS: Final = "0x" + "0" * 40
NO_KEY: Final = bytes(32)
_WITH_NODE: Final = frozenset({"data-provider", "compute-provider"})

SignDigest: TypeAlias = Callable[[bytes], bytes]
"""Signs 32 bytes that the caller built from our own typed data."""
WalletCheck: TypeAlias = Callable[[str, bytes, bytes], bool]
"""Whether a wallet (lower-case hex) accepts a signature over a digest: its key's, or what its contract says."""


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
        """What the registry would refuse: half a node, a role without its keys, one key for wallet and node."""
        del where
        has_node = self.has_node
        if has_node != (self.node_key != NO_KEY):
            raise FormatError(
                "enrolment.half_a_node",
                "A node has a node signer and a node key; only one of them is given.",
                "Give both, or neither for a party without a node.",
            )
        if not self.roles:
            raise FormatError("enrolment.no_role", "The application asks for no role.", "Name the roles.")
        if not has_node and _WITH_NODE & set(self.roles):
            raise FormatError(
                "enrolment.no_node",
                "Data and compute providers run a node, and this party has none.",
                "Make one (`tally node init`) and apply with it.",
            )
        if "result-user" in self.roles and self.seal_key == NO_KEY:
            raise FormatError(
                "enrolment.no_seal_key",
                "Results are sealed to a result user's seal key, and none is given.",
                "Apply with a node, which has one.",
            )
        if self.wallet in (NO_ADDRESS, self.node_signer):
            raise FormatError(
                "enrolment.wallet",
                "The wallet is missing, or it is the node signer.",
                "Use a wallet of its own: the node must not be able to consent.",
            )

    @property
    def has_node(self) -> bool:
        """Whether the party runs a node."""
        return self.node_signer != NO_ADDRESS

    @property
    def profile_hash(self) -> bytes:
        """The digest: ``PartyRecord.profileHash`` on chain."""
        return self.digest()

    @property
    def fingerprint(self) -> str:
        """What applicant and admission office compare by a way of their own: it stands for every field."""
        return f"0x{self.profile_hash.hex()}"

    @property
    def keys(self) -> tuple[str, str, bytes, bytes]:
        """Wallet, node signer, node key and seal key: whose application it is."""
        return self.wallet, self.node_signer, self.node_key, self.seal_key

    def admission(self) -> Admission:
        """What wallet and node signer sign, and what goes on chain."""
        return Admission(
            party=self.party, wallet=self.wallet, node_signer=self.node_signer, node_key=self.node_key,
            seal_key=self.seal_key, operator=self.operator, roles=role_bits(self.roles), profile_hash=self.profile_hash,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Profile:
    """What an enrolment says of a party beside its keys."""

    title: Words
    contact: str
    operator: str
    roles: tuple[str, ...]

    def enrolment(self, party: str, wallet: str, deployment: bytes) -> Enrolment:
        """What a party without a node applies with."""
        return Enrolment(
            party=party, title=self.title, contact=self.contact, wallet=wallet.lower(), node_signer=NO_ADDRESS,
            node_key=NO_KEY, seal_key=NO_KEY, operator=ids.name(self.operator, "operator"),
            roles=tuple(sorted(self.roles)), deployment=deployment,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Application(Document):
    """An enrolment with everything that its applicant signed; a party without a node has neither envelope nor node
    signature.
    """

    FORMAT: ClassVar[str] = "tallystick/application/v1"
    WHERE: ClassVar[str] = "application"
    LIMIT: ClassVar[int] = 128 * 1024

    enrolment: Annotated[bytes, blob(Enrolment.LIMIT), "the enrolment's canonical bytes"]
    envelope: Annotated[bytes | None, optional(blob(2 * Enrolment.LIMIT)), "the node key's DSSE envelope over them"]
    wallet_signature: Annotated[Signature, "the wallet's, over the admission (EIP-712)"]
    node_signature: Annotated[bytes | None, optional(hexadecimal(65)), "the node signer's, over the same"]

    @classmethod
    def of(
        cls, enrolment: Enrolment, domain: Domain, wallet: SignDigest, node: tuple[bytes, SignDigest] | None = None
    ) -> Self:
        """Have wallet and node signer sign; ``node`` is the envelope of :data:`ENROLMENT_TYPE` and the node signer.

        ``domain`` is the party registry's, from the applicant's own deployment file.
        """
        digest = enrolment.admission().digest(domain)
        envelope, signer = node or (None, None)
        return cls(enrolment.data(), envelope, wallet(digest), None if signer is None else signer(digest))

    @classmethod
    def unsigned(cls, enrolment: Enrolment, domain: Domain, node: tuple[bytes, SignDigest] | None = None) -> Self:
        """What a wallet that lies elsewhere has still to sign: the node has signed, the wallet's signature is empty."""
        return cls.of(enrolment, domain, lambda _digest: b"", node)

    def verified(self, domain: Domain, accepts: WalletCheck) -> Enrolment:
        """The enrolment, when everything in it was signed for this registry by whom it names."""
        enrolment = Enrolment.read(self.enrolment)
        if enrolment.deployment != domain.salt:
            raise RefusedError(
                "enrolment.other_deployment",
                "The application is for another deployment.",
                "Use this deployment's file.",
            )
        if (self.envelope is not None, self.node_signature is not None) != (enrolment.has_node, enrolment.has_node):
            raise FormatError(
                "enrolment.envelope",
                "A party with a node sends an envelope of its node key and a signature of its node signer; one without sends "
                "neither.",
                "Send both, or null.",
            )
        digest = enrolment.admission().digest(domain)
        if not accepts(enrolment.wallet, digest, self.wallet_signature):
            raise VerificationError(
                "signature.not_wallet", "The wallet named in the application did not sign it.", "Sign with that wallet."
            )
        if self.envelope is not None and self.node_signature is not None:
            if dsse.open_envelope(self.envelope, enrolment.node_key, ENROLMENT_TYPE) != self.enrolment:
                raise VerificationError(
                    "enrolment.other_payload",
                    "The envelope holds another application.",
                    "Sign the application that you send.",
                )
            if not key_signed(enrolment.node_signer, digest, self.node_signature):
                raise VerificationError(
                    "signature.not_node",
                    "The node signer named in the application did not sign it.",
                    "Sign with that node signer.",
                )
        return enrolment
