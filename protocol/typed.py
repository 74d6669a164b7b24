"""EIP-712 typed data: the one definition of everything a wallet or node signs for the chain.

The types, their field order and the domain are those of the Solidity ``TypedData`` library; golden vectors in
``tests/vectors/eip712.json`` prove that both agree. A hash is only ever built from the frozen types below (I11), never
from a client's JSON: general libraries coerce ``"no"`` to true and drop unknown fields.
"""

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Final, NoReturn, TypeAlias, cast

from eth_hash.auto import keccak

from protocol import codec, ids, secp256k1
from protocol.errors import FormatError, VerificationError
from protocol.fields import Fields, Hash, Many, Uint64, fields_of
from protocol.limits import LIMITS

_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
NAME = "Tallystick"
VERSION = "1"

Text: TypeAlias = Annotated[str, codec.text(2000)]
Texts: TypeAlias = Annotated[tuple[Text, ...], Many(LIMITS.columns)]
Hashes: TypeAlias = Annotated[tuple[Hash, ...], Many(LIMITS.parties)]
Uint8: TypeAlias = Annotated[int, codec.uint(8)]
Uint32: TypeAlias = Annotated[int, codec.UINT32]
Uint256: TypeAlias = Annotated[int, codec.UINT256]
Address: TypeAlias = Annotated[str, replace(codec.ADDRESS, solidity="address")]
"""Lower-case 0x hex."""
Bool: TypeAlias = Annotated[bool, replace(codec.BOOLEAN, solidity="bool")]


@dataclass(frozen=True, slots=True)
class Domain:
    """EIP-712 domain; ``salt`` is the random deployment id, so nothing replays between deployments."""

    chain_id: int
    verifying_contract: str
    salt: bytes

    def separator(self) -> bytes:
        """Domain separator (EIP-712)."""
        return keccak(
            keccak(_DOMAIN_TYPE.encode())
            + keccak(NAME.encode())
            + keccak(VERSION.encode())
            + self.chain_id.to_bytes(32, "big")
            + bytes(12)
            + bytes.fromhex(self.verifying_contract[2:])
            + self.salt
        )

    def to_json(self) -> dict[str, object]:
        """The ``domain`` object that wallets take."""
        return {
            "name": NAME,
            "version": VERSION,
            "chainId": str(self.chain_id),
            "verifyingContract": self.verifying_contract,
            "salt": "0x" + self.salt.hex(),
        }


class Typed(Fields):
    """Base of the typed messages: hashing, wallet JSON, signer recovery; reading is :meth:`Fields.parse`.

    Python's names are EIP-712's in snake case. ``HOME`` is the contract whose domain it is signed in.
    """

    __slots__ = ()
    HOME: ClassVar[str]

    @classmethod
    def json_name(cls, attribute: str) -> str:
        """EIP-712's name of a field."""
        return camel(attribute)

    @classmethod
    def members(cls) -> tuple[tuple[str, str], ...]:
        """(name, Solidity type) of each member, in order."""
        return tuple((field.name, field.codec.solidity) for field in fields_of(cls))

    @classmethod
    def type_string(cls) -> str:
        """``Name(type field,…)`` as EIP-712's ``encodeType``."""
        return f"{cls.__name__}({','.join(f'{kind} {name}' for name, kind in cls.members())})"

    def _members(self) -> list[tuple[str, str, Any]]:
        return [(field.name, field.codec.solidity, getattr(self, field.attribute)) for field in fields_of(type(self))]

    def check(self) -> None:
        """Refuse values that their Solidity type cannot hold."""
        self._encoded()

    def _encoded(self) -> bytes:
        return b"".join(_encode(kind, value, name) for name, kind, value in self._members())

    def struct_hash(self) -> bytes:
        """EIP-712 ``hashStruct``."""
        return keccak(keccak(self.type_string().encode()) + self._encoded())

    def digest(self, domain: Domain) -> bytes:
        """The 32 bytes that are signed."""
        return keccak(b"\x19\x01" + domain.separator() + self.struct_hash())

    def chain_args(self) -> tuple[Any, ...]:
        """The message as the contracts take it: strings as keccak256, lists as tuples, element by element."""
        return tuple(_chain_value(kind, value) for _, kind, value in self._members())

    def typed_data(self, domain: Domain) -> dict[str, object]:
        """The whole ``eth_signTypedData_v4`` document; integers over 53 bits are decimal strings in it."""
        head = _DOMAIN_TYPE[len("EIP712Domain(") : -1].split(",")
        return {
            "types": {
                "EIP712Domain": [{"name": part.split()[1], "type": part.split()[0]} for part in head],
                type(self).__name__: [{"name": name, "type": kind} for name, kind in self.members()],
            },
            "primaryType": type(self).__name__,
            "domain": domain.to_json(),
            "message": self.to_json(),
        }


def camel(attribute: str) -> str:
    """A name of Python as Solidity writes it."""
    head, *rest = attribute.split("_")
    return head + "".join(part.capitalize() for part in rest)


def recover(digest: bytes, signature: bytes) -> str:
    """Checksummed address that signed ``digest``; refuses malleable and malformed signatures (EIP-2)."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        raise VerificationError("signature.malformed", "The signature is not 65 bytes r, s, v.", "Sign again.")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    if s > secp256k1.ORDER // 2:
        raise VerificationError("signature.malleable", "The signature's s is in the upper half.", "Use the low-s form.")
    return ids.checksum_address(secp256k1.signer(digest, r, s, signature[64] - 27))


def key_signed(address: str, digest: bytes, signature: bytes) -> bool:
    """Whether the key behind ``address`` (lower-case hex) signed; nobody signs for the zero address."""
    try:
        return bool(int(address, 16)) and recover(digest, signature).lower() == address
    except VerificationError:
        return False


def account_signature(address: str, digest: bytes, signature: bytes) -> bytes | None:
    """A signature by the key behind ``address`` (lower-case hex) in the one form that the chain takes; None if it is not by it.

    Wallets also write v as 0 or 1, r and s with the parity in 64 bytes (EIP-2098), or s in the upper half (the twin of
    EIP-2). Only what recovers to the address is rewritten: the signature of a wallet with code is that code's own business.
    """
    found = _usual_form(signature)
    return found if found is not None and key_signed(address, digest, found) else None


def _usual_form(signature: bytes) -> bytes | None:
    """65 bytes r, s, v with v of 27 or 28 and s in the lower half, of any form in which an account's signature comes."""
    if len(signature) == 64:
        word = int.from_bytes(signature[32:], "big")
        parity, s = word >> 255, word & ((1 << 255) - 1)
    elif len(signature) == 65 and signature[64] in (0, 1, 27, 28):
        parity, s = signature[64] % 27, int.from_bytes(signature[32:64], "big")
    else:
        return None
    if secp256k1.ORDER // 2 < s < secp256k1.ORDER:
        parity, s = 1 - parity, secp256k1.ORDER - s
    return signature[:32] + s.to_bytes(32, "big") + bytes([27 + parity])


def _encode(kind: str, value: Any, field: str) -> bytes:  # noqa: ANN401 - the kinds' Python types differ
    if kind.endswith("[]"):
        if not isinstance(value, tuple):
            raise _bad(field, kind)
        return keccak(b"".join(_encode(kind[:-2], item, field) for item in cast("tuple[Any, ...]", value)))
    if kind == "string" and isinstance(value, str):
        return keccak(value.encode("utf-8"))
    if kind == "bytes32" and isinstance(value, bytes) and len(value) == 32:
        return value
    if kind == "bool" and isinstance(value, bool):
        return int(value).to_bytes(32, "big")
    if kind == "address" and isinstance(value, str) and _ADDRESS.fullmatch(value):
        return bytes.fromhex(value[2:]).rjust(32, b"\0")
    if kind.startswith("uint") and isinstance(value, int) and not isinstance(value, bool):
        in_range = 0 <= value < 1 << int(kind[4:])
        return value.to_bytes(32, "big") if in_range else _refuse(field, kind)
    raise _bad(field, kind)


def _chain_value(kind: str, value: Any) -> Any:  # noqa: ANN401 - as above
    if kind.endswith("[]"):
        return tuple(_chain_value(kind[:-2], item) for item in value)
    return keccak(value.encode("utf-8")) if kind == "string" else value


def _refuse(field: str, kind: str) -> NoReturn:
    raise _bad(field, kind)


def _bad(field: str, kind: str) -> FormatError:
    return FormatError("typed.wrong_value", f"{field} is no {kind}.", "Correct it.", field=field)


@dataclass(frozen=True, slots=True)
class Authorization(Typed):
    """A data owner's permission, as the wallet shows it (CONTRACTS.md)."""

    HOME: ClassVar[str] = "Consents"

    data_set: Text
    data_version: Uint32
    input_root: Hash
    programs: Texts
    programs_digest: Hash
    engine: Text
    approved_successors: Bool
    proposer: Text
    purpose: Text
    result_users: Texts
    compute_parties: Texts
    policy: Hash
    task: Hash
    max_uses: Uint32
    not_before: Uint64
    not_after: Uint64
    min_protection_level: Uint8
    epsilon_micros: Uint64
    legal_basis: Text
    impact_assessment: Hash
    nonce: Uint256


@dataclass(frozen=True, slots=True)
class Revocation(Typed):
    """An owner takes an authorization back; also valid for a digest the chain has never seen."""

    HOME: ClassVar[str] = "Consents"

    authorization: Hash
    owner: Text


@dataclass(frozen=True, slots=True)
class RevocationOfAll(Typed):
    """An owner takes back all that it has submitted, up to its submission number ``through``."""

    HOME: ClassVar[str] = "Consents"

    owner: Text
    through: Uint32


@dataclass(frozen=True, slots=True)
class NoInputSent(Typed):
    """An owner's wallet states that its node sent no input in that run: the one way a use comes back (I3)."""

    HOME: ClassVar[str] = "Consents"

    task: Hash
    authorization: Hash


@dataclass(frozen=True, slots=True)
class RunCommitment(Typed):
    """What one committee node states about one run, signed before any result is readable (I7)."""

    HOME: ClassVar[str] = "Tasks"

    task: Hash
    run_id: Hash
    party: Text
    input_root: Hash
    epoch: Uint64
    log_size: Uint64
    log_root: Hash
    links: Hashes
    output_shares: Hash


KIND_REFUSAL = 1
KIND_ABORT = 2
KIND_WITHDRAWAL = 3


@dataclass(frozen=True, slots=True)
class Abort(Typed):
    """A signed end: ``kind`` 1 refuses before input was sent, 2 ends a run, both a node's or an owner's; 3 is the proposer's
    wallet's, which takes back what has not started. ``reason`` is in protocol.reasons.
    """

    HOME: ClassVar[str] = "Tasks"

    task: Hash
    party: Text
    kind: Uint8
    reason: Uint8
    statement: Hash


@dataclass(frozen=True, slots=True)
class ResultAttestation(Typed):
    """A result user's claim of the salted hash of what it reconstructed."""

    HOME: ClassVar[str] = "Tasks"

    task: Hash
    run_id: Hash
    result_user: Text
    result_hash: Hash


@dataclass(frozen=True, slots=True)
class AnchorUpdate(Typed):
    """A node's new log size and root; the chain asks for the RFC 9162 consistency proof beside it."""

    HOME: ClassVar[str] = "Anchors"

    party: Text
    epoch: Uint64
    size: Uint64
    root: Hash


@dataclass(frozen=True, slots=True)
class Access(Typed):
    """A wallet's or node signer's token to read one resource of the coordinator until ``not_after``; never on chain."""

    HOME: ClassVar[str] = "Tasks"

    party: Text
    resource: Text
    not_after: Uint64
    nonce: Uint256


@dataclass(frozen=True, slots=True)
class AccessKey(Typed):
    """A wallet's word that whoever holds a key reads in its party's name, within ``scopes`` (sorted), until ``not_after``.

    ``key_hash`` is the key's SHA-256 (:mod:`protocol.access_keys`); never on chain.
    """

    HOME: ClassVar[str] = "Tasks"

    party: Text
    key_hash: Hash
    scopes: Texts
    label: Text
    not_after: Uint64
