"""Generated from the ABI of Models by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Final

from chain.abi import ArrayOf, ErrorSpec, Function, Read, Struct, Write, errors_by_selector


@dataclass(frozen=True, slots=True)
class Proposal:
    """``struct Proposal``."""

    proposer: bytes
    scheduler: bytes
    contract_digest: bytes
    compute_parties: tuple[bytes, ...]
    data_sets: tuple[bytes, ...]
    data_versions: tuple[int, ...]
    epsilon_micros: tuple[int, ...]
    programs: tuple[bytes, ...]
    engine: bytes
    models: tuple[bytes, ...]
    licences: tuple[bytes, ...]
    result_users: tuple[bytes, ...]
    auditors: tuple[bytes, ...]
    reviewer: bytes
    purpose: bytes
    protection_level: int
    uses: int
    max_reserves: int
    deadline: int
    review_by: int
    nonce: int


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """``struct ModelRecord``."""

    model_hash: bytes
    task: bytes
    status: int
    owners: tuple[bytes, ...]
    shares: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LicenceGrant:
    """``struct LicenceGrant``."""

    model: bytes
    licence: bytes
    kind: bytes
    licensee: bytes
    max_uses: int
    not_before: int
    not_after: int


@dataclass(frozen=True, slots=True)
class LicenceRecord:
    """``struct LicenceRecord``."""

    licensee: bytes
    kind: int
    status: int
    max_uses: int
    uses_left: int
    not_before: int
    not_after: int


@dataclass(frozen=True, slots=True)
class ModelRegistration:
    """``struct ModelRegistration``."""

    model: bytes
    model_hash: bytes
    task: bytes
    owners: tuple[bytes, ...]
    shares: tuple[int, ...]


_PROPOSAL: Final = Struct(
    Proposal,
    (
        "bytes32",
        "bytes32",
        "bytes32",
        ArrayOf("bytes32"),
        ArrayOf("bytes32"),
        ArrayOf("uint32"),
        ArrayOf("uint64"),
        ArrayOf("bytes32"),
        "bytes32",
        ArrayOf("bytes32"),
        ArrayOf("bytes32"),
        ArrayOf("bytes32"),
        ArrayOf("bytes32"),
        "bytes32",
        "bytes32",
        "uint8",
        "uint32",
        "uint32",
        "uint64",
        "uint64",
        "uint256",
    ),
)
_MODEL_RECORD: Final = Struct(ModelRecord, ("bytes32", "bytes32", "uint8", ArrayOf("bytes32"), ArrayOf("uint16")))
_LICENCE_GRANT: Final = Struct(
    LicenceGrant,
    ("bytes32", "bytes32", "bytes32", "bytes32", "uint32", "uint64", "uint64"),
)
_LICENCE_RECORD: Final = Struct(LicenceRecord, ("bytes32", "uint8", "uint8", "uint32", "uint32", "uint64", "uint64"))
_MODEL_REGISTRATION: Final = Struct(
    ModelRegistration,
    ("bytes32", "bytes32", "bytes32", ArrayOf("bytes32"), ArrayOf("uint16")),
)
_F_CONSUME: Final = Function("Models", "consume", ("bytes32", _PROPOSAL, ArrayOf("bytes32")), ())
_F_DATA_SETS: Final = Function("Models", "dataSets", (), ("address",))
_F_DEPLOYMENT_ID: Final = Function("Models", "deploymentId", (), ("bytes32",))
_F_DOMAIN_SEPARATOR: Final = Function("Models", "domainSeparator", (), ("bytes32",))
_F_EIP712_DOMAIN: Final = Function(
    "Models",
    "eip712Domain",
    (),
    ("bytes1", "string", "string", "uint256", "address", "bytes32", ArrayOf("uint256")),
)
_F_GET: Final = Function("Models", "get", ("bytes32",), (_MODEL_RECORD,))
_F_GIVE_UP_LICENCE: Final = Function("Models", "giveUpLicence", ("bytes32", "bytes32", "bytes"), ())
_F_GRANT: Final = Function("Models", "grant", (_LICENCE_GRANT, ArrayOf("bytes")), ())
_F_LICENCE_OF: Final = Function("Models", "licenceOf", ("bytes32", "bytes32"), (_LICENCE_RECORD,))
_F_REGISTER: Final = Function("Models", "register", (_MODEL_REGISTRATION, _PROPOSAL, ArrayOf("bytes")), ())
_F_REGISTRY: Final = Function("Models", "registry", (), ("address",))
_F_RETIRE: Final = Function("Models", "retire", ("bytes32", ArrayOf("bytes")), ())
_F_RETIRE_LICENCE: Final = Function("Models", "retireLicence", ("bytes32", "bytes32", ArrayOf("bytes")), ())
_F_SIGNERS_OF: Final = Function("Models", "signersOf", (_MODEL_REGISTRATION, _PROPOSAL), (ArrayOf("bytes32"),))
_F_STANDING: Final = Function("Models", "standing", ("bytes32",), (ArrayOf("bytes32"),))
_F_TASKS: Final = Function("Models", "tasks", (), ("address",))

ERRORS: Final = errors_by_selector(
    ErrorSpec("BadLength", (("list", "bytes32"), ("length", "uint256"), ("min", "uint256"), ("max", "uint256"))),
    ErrorSpec("BadSignature", (("signer", "address"), ("digest", "bytes32"))),
    ErrorSpec("Duplicate", (("list", "bytes32"), ("item", "bytes32"))),
    ErrorSpec("ExclusivelyLicensed", (("model", "bytes32"), ("licence", "bytes32"))),
    ErrorSpec("LicenceConflict", (("model", "bytes32"), ("licence", "bytes32"), ("other", "bytes32"))),
    ErrorSpec("LicenceExists", (("model", "bytes32"), ("licence", "bytes32"))),
    ErrorSpec(
        "LicenceNoLongerValid",
        (("model", "bytes32"), ("licence", "bytes32"), ("not_after", "uint64"), ("time", "uint64")),
    ),
    ErrorSpec(
        "LicenceNotYetValid",
        (("model", "bytes32"), ("licence", "bytes32"), ("not_before", "uint64"), ("time", "uint64")),
    ),
    ErrorSpec("ModelExists", (("model", "bytes32"),)),
    ErrorSpec(
        "NotEnoughLicensedUses",
        (("model", "bytes32"), ("licence", "bytes32"), ("uses_left", "uint32"), ("asked", "uint32")),
    ),
    ErrorSpec("NotLicensee", (("model", "bytes32"), ("licence", "bytes32"), ("party", "bytes32"))),
    ErrorSpec("NotModelOwner", (("model", "bytes32"), ("party", "bytes32"))),
    ErrorSpec("NotReleased", (("task", "bytes32"),)),
    ErrorSpec("OnlyTasks", (("caller", "address"),)),
    ErrorSpec("OutOfRange", (("field", "bytes32"), ("value", "uint256"), ("min", "uint256"), ("max", "uint256"))),
    ErrorSpec("PartyNotActive", (("party", "bytes32"),)),
    ErrorSpec("RetiredLicence", (("model", "bytes32"), ("licence", "bytes32"))),
    ErrorSpec("RetiredModel", (("model", "bytes32"),)),
    ErrorSpec("TooManyLicences", (("model", "bytes32"), ("limit", "uint256"))),
    ErrorSpec("UnknownKind", (("kind", "bytes32"),)),
    ErrorSpec("UnknownLicence", (("model", "bytes32"), ("licence", "bytes32"))),
    ErrorSpec("UnknownModel", (("model", "bytes32"),)),
    ErrorSpec("WrongMaker", (("given", "bytes32"), ("expected", "bytes32"))),
    ErrorSpec("ZeroValue", (("field", "bytes32"),)),
)


def consume(task: bytes, p: Proposal, argument_2: tuple[bytes, ...]) -> Write:
    """``consume(bytes32, Proposal, bytes32[])``."""
    return _F_CONSUME.write(task, p, argument_2)


def data_sets() -> Read[str]:
    """``dataSets()``."""
    return _F_DATA_SETS.read()


def deployment_id() -> Read[bytes]:
    """``deploymentId()``."""
    return _F_DEPLOYMENT_ID.read()


def domain_separator() -> Read[bytes]:
    """``domainSeparator()``."""
    return _F_DOMAIN_SEPARATOR.read()


def eip712_domain() -> Read[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]:
    """``eip712Domain()``."""
    return _F_EIP712_DOMAIN.read()


def get(model: bytes) -> Read[ModelRecord]:
    """``get(bytes32)``."""
    return _F_GET.read(model)


def give_up_licence(model: bytes, licence: bytes, signature: bytes) -> Write:
    """``giveUpLicence(bytes32, bytes32, bytes)``."""
    return _F_GIVE_UP_LICENCE.write(model, licence, signature)


def grant(g: LicenceGrant, signatures: tuple[bytes, ...]) -> Write:
    """``grant(LicenceGrant, bytes[])``."""
    return _F_GRANT.write(g, signatures)


def licence_of(model: bytes, licence: bytes) -> Read[LicenceRecord]:
    """``licenceOf(bytes32, bytes32)``."""
    return _F_LICENCE_OF.read(model, licence)


def register(m: ModelRegistration, maker: Proposal, signatures: tuple[bytes, ...]) -> Write:
    """``register(ModelRegistration, Proposal, bytes[])``."""
    return _F_REGISTER.write(m, maker, signatures)


def registry() -> Read[str]:
    """``registry()``."""
    return _F_REGISTRY.read()


def retire(model: bytes, signatures: tuple[bytes, ...]) -> Write:
    """``retire(bytes32, bytes[])``."""
    return _F_RETIRE.write(model, signatures)


def retire_licence(model: bytes, licence: bytes, signatures: tuple[bytes, ...]) -> Write:
    """``retireLicence(bytes32, bytes32, bytes[])``."""
    return _F_RETIRE_LICENCE.write(model, licence, signatures)


def signers_of(m: ModelRegistration, maker: Proposal) -> Read[tuple[bytes, ...]]:
    """``signersOf(ModelRegistration, Proposal)``."""
    return _F_SIGNERS_OF.read(m, maker)


def standing(model: bytes) -> Read[tuple[bytes, ...]]:
    """``standing(bytes32)``."""
    return _F_STANDING.read(model)


def tasks() -> Read[str]:
    """``tasks()``."""
    return _F_TASKS.read()
