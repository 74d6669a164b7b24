"""EIP-712 typed data: the one definition of everything a wallet or node signs for the chain.

The types, their field order and the domain are those of the Solidity ``TypedData`` library; golden vectors in
``tests/vectors/eip712.json`` prove that both agree. A hash is only ever built from the frozen types below (I11), never
from a client's JSON: general libraries coerce ``"no"`` to true and drop unknown fields.
"""

from dataclasses import dataclass, fields
from typing import Any, ClassVar, NoReturn, Self, cast

from eth_hash.auto import keccak

from protocol import ids, secp256k1
from protocol.errors import FormatError, VerificationError
from protocol.limits import LIMITS
from protocol.record import Record, parse_decimal, text_item

_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
_WIDE = 53  # integers wider than this travel as decimal strings
NAME = "Tallystick"
VERSION = "1"


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


class Typed:
    """Base of the typed messages: hashing, wallet JSON, strict parsing, signer recovery."""

    __slots__ = ()
    SOLIDITY: ClassVar[tuple[tuple[str, str], ...]]
    HOME: ClassVar[str]

    @classmethod
    def type_string(cls) -> str:
        """``Name(type field,…)`` as EIP-712's ``encodeType``."""
        return f"{cls.__name__}({','.join(f'{kind} {field}' for field, kind in cls.SOLIDITY)})"

    def _values(self) -> list[Any]:
        return [getattr(self, f.name) for f in fields(cast("Any", self))]

    def check(self) -> None:
        """Refuse values that their Solidity type cannot hold."""
        for (field, kind), value in zip(self.SOLIDITY, self._values(), strict=True):
            _encode(kind, value, field)

    def struct_hash(self) -> bytes:
        """EIP-712 ``hashStruct``."""
        encoded = b"".join(
            _encode(kind, value, field) for (field, kind), value in zip(self.SOLIDITY, self._values(), strict=True)
        )
        return keccak(keccak(self.type_string().encode()) + encoded)

    def digest(self, domain: Domain) -> bytes:
        """The 32 bytes that are signed."""
        return keccak(b"\x19\x01" + domain.separator() + self.struct_hash())

    def chain_args(self) -> tuple[Any, ...]:
        """The message as the contracts take it: strings as keccak256, lists element by element."""
        return tuple(_chain_value(kind, value) for (_, kind), value in zip(self.SOLIDITY, self._values(), strict=True))

    def to_json(self) -> dict[str, object]:
        """The EIP-712 ``message``; integers over 53 bits as decimal strings, bytes as 0x hex."""
        return {
            field: _to_json(kind, value) for (field, kind), value in zip(self.SOLIDITY, self._values(), strict=True)
        }

    def typed_data(self, domain: Domain) -> dict[str, object]:
        """The whole ``eth_signTypedData_v4`` document."""
        head = _DOMAIN_TYPE[len("EIP712Domain(") : -1].split(",")
        return {
            "types": {
                "EIP712Domain": [{"name": part.split()[1], "type": part.split()[0]} for part in head],
                type(self).__name__: [{"name": field, "type": kind} for field, kind in self.SOLIDITY],
            },
            "primaryType": type(self).__name__,
            "domain": domain.to_json(),
            "message": self.to_json(),
        }

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Parse a ``message``; unknown, missing and coercible fields are refused."""
        record = Record(value, cls.__name__)
        values = [_from_json(kind, record, field) for field, kind in cls.SOLIDITY]
        record.done()
        return cls(*values)


def recover(digest: bytes, signature: bytes) -> str:
    """Checksummed address that signed ``digest``; refuses malleable and malformed signatures (EIP-2)."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        raise VerificationError("signature.malformed", "The signature is not 65 bytes r, s, v.", "Sign again.")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    if s > secp256k1.ORDER // 2:
        raise VerificationError("signature.malleable", "The signature's s is in the upper half.", "Use the low-s form.")
    return ids.checksum_address(secp256k1.signer(digest, r, s, signature[64] - 27))


def _encode(kind: str, value: Any, field: str) -> bytes:  # noqa: ANN401 - the kinds' Python types differ
    if kind.endswith("[]"):
        if not isinstance(value, tuple):
            raise _bad(field, kind)
        return keccak(b"".join(_encode(kind[:-2], item, field) for item in cast("tuple[Any, ...]", value)))
    if kind == "string" and isinstance(value, str):
        return keccak(value.encode("utf-8"))
    if kind == "bytes32" and isinstance(value, bytes) and len(value) == 32:
        return value
    if kind.startswith("uint") and isinstance(value, int) and not isinstance(value, bool):
        in_range = 0 <= value < 1 << int(kind[4:])
        return value.to_bytes(32, "big") if in_range else _refuse(field, kind)
    raise _bad(field, kind)


def _chain_value(kind: str, value: Any) -> Any:  # noqa: ANN401 - as above
    if kind.endswith("[]"):
        return [_chain_value(kind[:-2], item) for item in value]
    return keccak(value.encode("utf-8")) if kind == "string" else value


def _to_json(kind: str, value: Any) -> object:  # noqa: ANN401 - as above
    if kind.endswith("[]"):
        return [_to_json(kind[:-2], item) for item in value]
    if kind == "bytes32":
        return "0x" + value.hex()
    if kind.startswith("uint") and int(kind[4:]) > _WIDE:
        return str(value)
    return value


def _from_json(kind: str, record: Record, field: str) -> Any:  # noqa: ANN401 - as above
    if kind == "string[]":
        return record.list(field, LIMITS.columns, text_item)
    if kind == "bytes32[]":
        return record.list(field, LIMITS.parties, lambda item, where: Record({"v": item}, where).hex32("v"))
    if kind == "uint32[]":
        return record.list(
            field, LIMITS.columns, lambda item, where: Record({"v": item}, where).integer("v", 0, 2**32 - 1)
        )
    if kind == "string":
        return record.text(field)
    if kind == "bytes32":
        return record.hex32(field)
    bits = int(kind[4:])
    if bits > _WIDE:
        return parse_decimal(record.take(field), bits, field)
    return record.integer(field, 0, 2**bits - 1)


def _refuse(field: str, kind: str) -> NoReturn:
    raise _bad(field, kind)


def _bad(field: str, kind: str) -> FormatError:
    return FormatError("typed.wrong_value", f"{field} is no {kind}.", "Correct it.", field=field)


@dataclass(frozen=True, slots=True)
class Authorization(Typed):
    """A data owner's permission, as the wallet shows it (CONTRACTS.md)."""

    data_set: str
    data_version: int
    input_root: bytes
    programs: tuple[str, ...]
    programs_digest: bytes
    proposer: str
    purpose: str
    result_users: tuple[str, ...]
    compute_parties: tuple[str, ...]
    policy: bytes
    task: bytes
    max_uses: int
    not_before: int
    not_after: int
    min_protection_level: int
    epsilon_micros: int
    legal_basis: str
    impact_assessment: bytes
    nonce: int

    HOME = "Consents"
    SOLIDITY = (
        ("dataSet", "string"),
        ("dataVersion", "uint32"),
        ("inputRoot", "bytes32"),
        ("programs", "string[]"),
        ("programsDigest", "bytes32"),
        ("proposer", "string"),
        ("purpose", "string"),
        ("resultUsers", "string[]"),
        ("computeParties", "string[]"),
        ("policy", "bytes32"),
        ("task", "bytes32"),
        ("maxUses", "uint32"),
        ("notBefore", "uint64"),
        ("notAfter", "uint64"),
        ("minProtectionLevel", "uint8"),
        ("epsilonMicros", "uint64"),
        ("legalBasis", "string"),
        ("impactAssessment", "bytes32"),
        ("nonce", "uint256"),
    )


@dataclass(frozen=True, slots=True)
class Revocation(Typed):
    """An owner takes an authorization back; also valid for a digest the chain has never seen."""

    authorization: bytes
    owner: str

    HOME = "Consents"
    SOLIDITY = (("authorization", "bytes32"), ("owner", "string"))


@dataclass(frozen=True, slots=True)
class NoInputSent(Typed):
    """An owner's wallet states that its node sent no input in that run: the one way a use comes back (I3)."""

    task: bytes
    authorization: bytes

    HOME = "Consents"
    SOLIDITY = (("task", "bytes32"), ("authorization", "bytes32"))


@dataclass(frozen=True, slots=True)
class Proposal(Typed):
    """A task on chain; its EIP-712 digest is the task id, so nobody can squat it."""

    proposer: str
    scheduler: str
    contract_digest: bytes
    compute_parties: tuple[str, ...]
    data_sets: tuple[str, ...]
    data_versions: tuple[int, ...]
    programs: tuple[str, ...]
    result_users: tuple[str, ...]
    auditors: tuple[str, ...]
    reviewer: str
    purpose: str
    protection_level: int
    deadline: int
    nonce: int

    HOME = "Tasks"
    SOLIDITY = (
        ("proposer", "string"),
        ("scheduler", "string"),
        ("contractDigest", "bytes32"),
        ("computeParties", "string[]"),
        ("dataSets", "string[]"),
        ("dataVersions", "uint32[]"),
        ("programs", "string[]"),
        ("resultUsers", "string[]"),
        ("auditors", "string[]"),
        ("reviewer", "string"),
        ("purpose", "string"),
        ("protectionLevel", "uint8"),
        ("deadline", "uint64"),
        ("nonce", "uint256"),
    )


@dataclass(frozen=True, slots=True)
class RunCommitment(Typed):
    """What one committee node states about one run, signed before any result is readable (I7)."""

    task: bytes
    run_id: bytes
    party: str
    input_root: bytes
    epoch: int
    log_size: int
    log_root: bytes
    links: tuple[bytes, ...]
    output_shares: bytes

    HOME = "Tasks"
    SOLIDITY = (
        ("task", "bytes32"),
        ("runId", "bytes32"),
        ("party", "string"),
        ("inputRoot", "bytes32"),
        ("epoch", "uint64"),
        ("logSize", "uint64"),
        ("logRoot", "bytes32"),
        ("links", "bytes32[]"),
        ("outputShares", "bytes32"),
    )


KIND_REFUSAL = 1
KIND_ABORT = 2


@dataclass(frozen=True, slots=True)
class Abort(Typed):
    """A node's signed no: ``kind`` 1 refuses before input was sent, 2 ends a run; ``reason`` is in protocol.reasons."""

    task: bytes
    party: str
    kind: int
    reason: int
    statement: bytes

    HOME = "Tasks"
    SOLIDITY = (
        ("task", "bytes32"),
        ("party", "string"),
        ("kind", "uint8"),
        ("reason", "uint8"),
        ("statement", "bytes32"),
    )


@dataclass(frozen=True, slots=True)
class ResultAttestation(Typed):
    """A result user's claim of the salted hash of what it reconstructed."""

    task: bytes
    run_id: bytes
    result_user: str
    result_hash: bytes

    HOME = "Tasks"
    SOLIDITY = (
        ("task", "bytes32"),
        ("runId", "bytes32"),
        ("resultUser", "string"),
        ("resultHash", "bytes32"),
    )


@dataclass(frozen=True, slots=True)
class AnchorUpdate(Typed):
    """A node's new log size and root; the chain asks for the RFC 9162 consistency proof beside it."""

    party: str
    epoch: int
    size: int
    root: bytes

    HOME = "Anchors"
    SOLIDITY = (("party", "string"), ("epoch", "uint64"), ("size", "uint64"), ("root", "bytes32"))


@dataclass(frozen=True, slots=True)
class Access(Typed):
    """A wallet's or node signer's token to read one resource of the coordinator until ``not_after``; never on chain."""

    party: str
    resource: str
    not_after: int
    nonce: int

    HOME = "Tasks"
    SOLIDITY = (("party", "string"), ("resource", "string"), ("notAfter", "uint64"), ("nonce", "uint256"))


TYPES: tuple[type[Typed], ...] = (
    Authorization, Revocation, NoInputSent, Proposal, RunCommitment, Abort, ResultAttestation, AnchorUpdate, Access,
)  # fmt: skip
