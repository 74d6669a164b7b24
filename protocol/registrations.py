"""What wallets sign to register: parties with their wallets and keys, and data sets (EIP-712, as :mod:`protocol.typed`).

The types are those of the Solidity library ``Registrations``. A wallet may call the contract itself instead, with an empty
signature; where it signs, anyone may relay.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from protocol.fields import Document, Hash, Signature, Uint64
from protocol.typed import Address, Text, Typed, Uint8, Uint32


@dataclass(frozen=True, slots=True)
class Admission(Typed):
    """An applicant's facts, signed by its wallet and by its node signer; zero addresses and keys for no node."""

    HOME: ClassVar[str] = "PartyRegistry"

    party: Text
    wallet: Address
    node_signer: Address
    node_key: Hash
    seal_key: Hash
    operator: Text
    roles: Uint32
    profile_hash: Hash


@dataclass(frozen=True, slots=True)
class WalletChange(Typed):
    """The present wallet names another, or none (zero); the named one accepts by signing the same.

    ``change`` is the number of this naming, from 1: one more than the registry's ``pendingWallet`` gives.
    """

    HOME: ClassVar[str] = "PartyRegistry"

    party: Text
    new_wallet: Address
    change: Uint64


@dataclass(frozen=True, slots=True)
class KeyRotation(Typed):
    """New node keys, signed by the new node signer and by the party's wallet; ``period`` is the one they begin."""

    HOME: ClassVar[str] = "PartyRegistry"

    party: Text
    node_signer: Address
    node_key: Hash
    seal_key: Hash
    period: Uint64


@dataclass(frozen=True, slots=True)
class DataSetRegistration(Typed):
    """A version of a data set, as its owner's wallet registers it; the chain keeps the legal basis as its hash."""

    HOME: ClassVar[str] = "DataSets"

    data_set: Text
    owner: Text
    version: Uint32
    schema_hash: Hash
    input_root: Hash
    rows: Uint64
    data_level: Uint8
    legal_basis: Text


@dataclass(frozen=True, slots=True)
class SignedRegistration(Document):
    """A registration on its way between a node and a wallet that lies elsewhere: the node writes it without a signature, the page
    where the wallet is gives it back with one.
    """

    FORMAT: ClassVar[str] = "tallystick/registration/v1"
    WHERE: ClassVar[str] = "registration"
    LIMIT: ClassVar[int] = 32 * 1024

    message: DataSetRegistration
    signature: Annotated[Signature, "the owner's wallet's, over the message (EIP-712); empty while it has not signed"]


@dataclass(frozen=True, slots=True)
class DataSetRetirement(Typed):
    """The owner's wallet retires a version for ever."""

    HOME: ClassVar[str] = "DataSets"

    data_set: Text
    version: Uint32


@dataclass(frozen=True, slots=True)
class DataSetAttestation(Typed):
    """A third party's wallet states something about a version; ``statement`` is the SHA-256 of the words."""

    HOME: ClassVar[str] = "DataSets"

    data_set: Text
    version: Uint32
    party: Text
    statement: Hash
