"""Generated from the ABI of Consents by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Final

from chain.abi import ArrayOf, ErrorSpec, Function, Read, Struct, Write, errors_by_selector


@dataclass(frozen=True, slots=True)
class Authorization:
    """``struct Authorization``."""

    data_set: bytes
    data_version: int
    input_root: bytes
    programs: tuple[bytes, ...]
    programs_digest: bytes
    engine: bytes
    approved_successors: bool
    proposer: bytes
    purpose: bytes
    result_users: tuple[bytes, ...]
    compute_parties: tuple[bytes, ...]
    policy: bytes
    task: bytes
    max_uses: int
    not_before: int
    not_after: int
    min_protection_level: int
    epsilon_micros: int
    legal_basis: bytes
    impact_assessment: bytes
    nonce: int


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """``struct TaskFacts``."""

    task: bytes
    data_set: bytes
    data_version: int
    input_root: bytes
    programs: tuple[bytes, ...]
    engine: bytes
    proposer: bytes
    purpose: bytes
    result_users: bytes
    compute_parties: bytes
    protection_level: int
    epsilon_micros: int
    uses: int


@dataclass(frozen=True, slots=True)
class AuthorizationRecord:
    """``struct AuthorizationRecord``."""

    owner: bytes
    wallet: str
    uses_left: int
    max_uses: int
    data_version: int
    status: int
    approved_successors: bool
    min_protection_level: int
    not_before: int
    not_after: int
    epsilon_micros: int
    sequence: int
    data_set: bytes
    input_root: bytes
    programs: bytes
    engine: bytes
    proposer: bytes
    purpose: bytes
    result_users: bytes
    compute_parties: bytes
    policy: bytes
    task: bytes
    program_list: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """``struct Use``."""

    state: int
    uses: int


_AUTHORIZATION: Final = Struct(
    Authorization,
    (
        "bytes32",
        "uint32",
        "bytes32",
        ArrayOf("bytes32"),
        "bytes32",
        "bytes32",
        "bool",
        "bytes32",
        "bytes32",
        ArrayOf("bytes32"),
        ArrayOf("bytes32"),
        "bytes32",
        "bytes32",
        "uint32",
        "uint64",
        "uint64",
        "uint8",
        "uint64",
        "bytes32",
        "bytes32",
        "uint256",
    ),
)
_TASK_FACTS: Final = Struct(
    TaskFacts,
    (
        "bytes32",
        "bytes32",
        "uint32",
        "bytes32",
        ArrayOf("bytes32"),
        "bytes32",
        "bytes32",
        "bytes32",
        "bytes32",
        "bytes32",
        "uint8",
        "uint64",
        "uint32",
    ),
)
_AUTHORIZATION_RECORD: Final = Struct(
    AuthorizationRecord,
    (
        "bytes32",
        "address",
        "uint32",
        "uint32",
        "uint32",
        "uint8",
        "bool",
        "uint8",
        "uint64",
        "uint64",
        "uint64",
        "uint32",
        "bytes32",
        "bytes32",
        "bytes32",
        "bytes32",
        "bytes32",
        "bytes32",
        "bytes32",
        "bytes32",
        "bytes32",
        "bytes32",
        ArrayOf("bytes32"),
    ),
)
_USE: Final = Struct(Use, ("uint8", "uint32"))
_F_CONSUME: Final = Function("Consents", "consume", ("bytes32", _TASK_FACTS), ())
_F_DATA_SETS: Final = Function("Consents", "dataSets", (), ("address",))
_F_DEPLOYMENT_ID: Final = Function("Consents", "deploymentId", (), ("bytes32",))
_F_DIGEST_OF: Final = Function("Consents", "digestOf", (_AUTHORIZATION,), ("bytes32",))
_F_DOMAIN_SEPARATOR: Final = Function("Consents", "domainSeparator", (), ("bytes32",))
_F_EIP712_DOMAIN: Final = Function(
    "Consents",
    "eip712Domain",
    (),
    ("bytes1", "string", "string", "uint256", "address", "bytes32", ArrayOf("uint256")),
)
_F_GET: Final = Function("Consents", "get", ("bytes32",), (_AUTHORIZATION_RECORD,))
_F_IS_REVOKED: Final = Function("Consents", "isRevoked", ("bytes32", "bytes32"), ("bool",))
_F_PROGRAMS: Final = Function("Consents", "programs", (), ("address",))
_F_REGISTRY: Final = Function("Consents", "registry", (), ("address",))
_F_RETURN_USE: Final = Function("Consents", "returnUse", ("bytes32", "bytes32", "bytes"), ())
_F_REVOKE: Final = Function("Consents", "revoke", ("bytes32", "bytes32", "bytes"), ())
_F_REVOKE_ALL: Final = Function("Consents", "revokeAll", ("bytes32", "uint32", "bytes"), ())
_F_REVOKED_THROUGH: Final = Function("Consents", "revokedThrough", ("bytes32",), ("uint32",))
_F_SUBMISSIONS: Final = Function("Consents", "submissions", ("bytes32",), ("uint32",))
_F_SUBMIT: Final = Function("Consents", "submit", (_AUTHORIZATION, "bytes32", "bytes"), ())
_F_TASKS: Final = Function("Consents", "tasks", (), ("address",))
_F_USE_OF: Final = Function("Consents", "useOf", ("bytes32", "bytes32"), (_USE,))

ERRORS: Final = errors_by_selector(
    ErrorSpec("BadLength", (("list", "bytes32"), ("length", "uint256"), ("min", "uint256"), ("max", "uint256"))),
    ErrorSpec("BadSignature", (("signer", "address"), ("digest", "bytes32"))),
    ErrorSpec("NoLongerValid", (("authorization", "bytes32"), ("not_after", "uint64"), ("time", "uint64"))),
    ErrorSpec("NotCovered", (("authorization", "bytes32"), ("field", "bytes32"))),
    ErrorSpec("NotEnoughUses", (("authorization", "bytes32"), ("uses_left", "uint32"), ("asked", "uint32"))),
    ErrorSpec("NotOwner", (("data_set", "bytes32"), ("party", "bytes32"))),
    ErrorSpec("NotYetValid", (("authorization", "bytes32"), ("not_before", "uint64"), ("time", "uint64"))),
    ErrorSpec("OnlyTasks", (("caller", "address"),)),
    ErrorSpec("OutOfRange", (("field", "bytes32"), ("value", "uint256"), ("min", "uint256"), ("max", "uint256"))),
    ErrorSpec("PartyNotActive", (("party", "bytes32"),)),
    ErrorSpec("Paused", ()),
    ErrorSpec("RevokedAuthorization", (("authorization", "bytes32"), ("owner", "bytes32"))),
    ErrorSpec("TaskNotEndedWithoutResult", (("task", "bytes32"), ("state", "uint8"))),
    ErrorSpec("UnknownAuthorization", (("authorization", "bytes32"),)),
    ErrorSpec("UnknownRelease", (("release", "bytes32"),)),
    ErrorSpec("UnknownVersion", (("data_set", "bytes32"), ("version", "uint32"))),
    ErrorSpec("UseAlreadyReturned", (("task", "bytes32"), ("authorization", "bytes32"))),
    ErrorSpec("UseNotConsumed", (("task", "bytes32"), ("authorization", "bytes32"))),
    ErrorSpec("VersionRetired", (("data_set", "bytes32"), ("version", "uint32"))),
    ErrorSpec("WrongKind", (("release", "bytes32"), ("kind", "uint8"))),
    ErrorSpec("ZeroValue", (("field", "bytes32"),)),
)


def consume(authorization: bytes, facts: TaskFacts) -> Write:
    """``consume(bytes32, TaskFacts)``."""
    return _F_CONSUME.write(authorization, facts)


def data_sets() -> Read[str]:
    """``dataSets()``."""
    return _F_DATA_SETS.read()


def deployment_id() -> Read[bytes]:
    """``deploymentId()``."""
    return _F_DEPLOYMENT_ID.read()


def digest_of(a: Authorization) -> Read[bytes]:
    """``digestOf(Authorization)``."""
    return _F_DIGEST_OF.read(a)


def domain_separator() -> Read[bytes]:
    """``domainSeparator()``."""
    return _F_DOMAIN_SEPARATOR.read()


def eip712_domain() -> Read[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]:
    """``eip712Domain()``."""
    return _F_EIP712_DOMAIN.read()


def get(authorization: bytes) -> Read[AuthorizationRecord]:
    """``get(bytes32)``."""
    return _F_GET.read(authorization)


def is_revoked(authorization: bytes, owner: bytes) -> Read[bool]:
    """``isRevoked(bytes32, bytes32)``."""
    return _F_IS_REVOKED.read(authorization, owner)


def programs() -> Read[str]:
    """``programs()``."""
    return _F_PROGRAMS.read()


def registry() -> Read[str]:
    """``registry()``."""
    return _F_REGISTRY.read()


def return_use(task: bytes, authorization: bytes, signature: bytes) -> Write:
    """``returnUse(bytes32, bytes32, bytes)``."""
    return _F_RETURN_USE.write(task, authorization, signature)


def revoke(authorization: bytes, owner: bytes, signature: bytes) -> Write:
    """``revoke(bytes32, bytes32, bytes)``."""
    return _F_REVOKE.write(authorization, owner, signature)


def revoke_all(owner: bytes, through: int, signature: bytes) -> Write:
    """``revokeAll(bytes32, uint32, bytes)``."""
    return _F_REVOKE_ALL.write(owner, through, signature)


def revoked_through(owner: bytes) -> Read[int]:
    """``revokedThrough(bytes32)``."""
    return _F_REVOKED_THROUGH.read(owner)


def submissions(owner: bytes) -> Read[int]:
    """``submissions(bytes32)``."""
    return _F_SUBMISSIONS.read(owner)


def submit(a: Authorization, owner: bytes, signature: bytes) -> Write:
    """``submit(Authorization, bytes32, bytes)``."""
    return _F_SUBMIT.write(a, owner, signature)


def tasks() -> Read[str]:
    """``tasks()``."""
    return _F_TASKS.read()


def use_of(task: bytes, authorization: bytes) -> Read[Use]:
    """``useOf(bytes32, bytes32)``."""
    return _F_USE_OF.read(task, authorization)
