"""Generated from the ABI of Tasks by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Final

from chain.abi import ArrayOf, ErrorSpec, Function, Read, Struct, Write, errors_by_selector


@dataclass(frozen=True, slots=True)
class Wiring:
    """``struct Wiring``."""

    registry: str
    data_sets: str
    programs: str
    rules: str
    consents: str
    anchors: str


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
class Abort:
    """``struct Abort``."""

    task: bytes
    party: bytes
    kind: int
    reason: int
    statement: bytes


@dataclass(frozen=True, slots=True)
class ResultAttestation:
    """``struct ResultAttestation``."""

    task: bytes
    run_id: bytes
    result_user: bytes
    result_hash: bytes


@dataclass(frozen=True, slots=True)
class RunCommitment:
    """``struct RunCommitment``."""

    task: bytes
    run_id: bytes
    party: bytes
    input_root: bytes
    epoch: int
    log_size: int
    log_root: bytes
    links: tuple[bytes, ...]
    output_shares: bytes


@dataclass(frozen=True, slots=True)
class CommitmentRecord:
    """``struct CommitmentRecord``."""

    run_id: bytes
    output_shares: bytes
    links: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """``struct Condition``."""

    condition: str
    active_from: int
    removed_from: int


@dataclass(frozen=True, slots=True)
class Task:
    """``struct Task``."""

    state: int
    review: int
    committee: int
    protection_level: int
    commitments: int
    deadline: int
    proposed_at: int
    started_at: int
    review_by: int
    reserves: int
    proposer: bytes
    scheduler: bytes
    reviewer: bytes
    contract_digest: bytes
    run_id: bytes
    committers: tuple[bytes, ...]


_WIRING: Final = Struct(Wiring, ("address", "address", "address", "address", "address", "address"))
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
_ABORT: Final = Struct(Abort, ("bytes32", "bytes32", "uint8", "uint8", "bytes32"))
_RESULT_ATTESTATION: Final = Struct(ResultAttestation, ("bytes32", "bytes32", "bytes32", "bytes32"))
_RUN_COMMITMENT: Final = Struct(
    RunCommitment,
    ("bytes32", "bytes32", "bytes32", "bytes32", "uint64", "uint64", "bytes32", ArrayOf("bytes32"), "bytes32"),
)
_COMMITMENT_RECORD: Final = Struct(CommitmentRecord, ("bytes32", "bytes32", ArrayOf("bytes32")))
_CONDITION: Final = Struct(Condition, ("address", "uint64", "uint64"))
_TASK: Final = Struct(
    Task,
    (
        "uint8",
        "uint8",
        "uint8",
        "uint8",
        "uint8",
        "uint64",
        "uint64",
        "uint64",
        "uint64",
        "uint32",
        "bytes32",
        "bytes32",
        "bytes32",
        "bytes32",
        "bytes32",
        ArrayOf("bytes32"),
    ),
)
_F_DEFAULT_ADMIN_ROLE: Final = Function("Tasks", "DEFAULT_ADMIN_ROLE", (), ("bytes32",))
_F_GUARDIAN_ROLE: Final = Function("Tasks", "GUARDIAN_ROLE", (), ("bytes32",))
_F_ABORT: Final = Function("Tasks", "abort", (_ABORT, "bytes"), ())
_F_ANCHORS: Final = Function("Tasks", "anchors", (), ("address",))
_F_ATTEST: Final = Function("Tasks", "attest", (_RESULT_ATTESTATION, "bytes"), ())
_F_COMMIT: Final = Function("Tasks", "commit", (_RUN_COMMITMENT, "bytes"), ())
_F_COMMITMENT_OF: Final = Function("Tasks", "commitmentOf", ("bytes32", "bytes32"), (_COMMITMENT_RECORD,))
_F_CONDITION_DELAY: Final = Function("Tasks", "conditionDelay", (), ("uint64",))
_F_CONDITIONS: Final = Function("Tasks", "conditions", (), (ArrayOf(_CONDITION),))
_F_CONSENTS: Final = Function("Tasks", "consents", (), ("address",))
_F_DATA_SETS: Final = Function("Tasks", "dataSets", (), ("address",))
_F_DEPLOYMENT_ID: Final = Function("Tasks", "deploymentId", (), ("bytes32",))
_F_DOMAIN_SEPARATOR: Final = Function("Tasks", "domainSeparator", (), ("bytes32",))
_F_EIP712_DOMAIN: Final = Function(
    "Tasks",
    "eip712Domain",
    (),
    ("bytes1", "string", "string", "uint256", "address", "bytes32", ArrayOf("uint256")),
)
_F_EXPIRE: Final = Function("Tasks", "expire", ("bytes32",), ())
_F_EXPIRE_REVIEW: Final = Function("Tasks", "expireReview", ("bytes32",), ())
_F_GET: Final = Function("Tasks", "get", ("bytes32",), (_TASK,))
_F_GET_ROLE_ADMIN: Final = Function("Tasks", "getRoleAdmin", ("bytes32",), ("bytes32",))
_F_GRANT_ROLE: Final = Function("Tasks", "grantRole", ("bytes32", "address"), ())
_F_HAS_ROLE: Final = Function("Tasks", "hasRole", ("bytes32", "address"), ("bool",))
_F_ID_OF: Final = Function("Tasks", "idOf", (_PROPOSAL,), ("bytes32",))
_F_IS_RELEASABLE: Final = Function("Tasks", "isReleasable", ("bytes32",), ("bool",))
_F_MAX_LIFETIME: Final = Function("Tasks", "maxLifetime", (), ("uint64",))
_F_PAUSE: Final = Function("Tasks", "pause", (), ())
_F_PAUSED: Final = Function("Tasks", "paused", (), ("bool",))
_F_PROGRAMS: Final = Function("Tasks", "programs", (), ("address",))
_F_PROPOSE: Final = Function("Tasks", "propose", (_PROPOSAL, "bytes"), ())
_F_REGISTRY: Final = Function("Tasks", "registry", (), ("address",))
_F_RENOUNCE_ROLE: Final = Function("Tasks", "renounceRole", ("bytes32", "address"), ())
_F_RESERVE: Final = Function("Tasks", "reserve", (_PROPOSAL, ArrayOf("bytes32")), ())
_F_REVIEW: Final = Function("Tasks", "review", ("bytes32", "bool", "bytes32"), ())
_F_REVOKE_ROLE: Final = Function("Tasks", "revokeRole", ("bytes32", "address"), ())
_F_RULES: Final = Function("Tasks", "rules", (), ("address",))
_F_SCHEDULE_CONDITION: Final = Function("Tasks", "scheduleCondition", ("address",), ())
_F_SCHEDULE_CONDITION_REMOVAL: Final = Function("Tasks", "scheduleConditionRemoval", ("address",), ())
_F_START: Final = Function("Tasks", "start", (_PROPOSAL, ArrayOf("bytes32")), ())
_F_STATE_OF: Final = Function("Tasks", "stateOf", ("bytes32",), ("uint8",))
_F_SUPPORTS_INTERFACE: Final = Function("Tasks", "supportsInterface", ("bytes4",), ("bool",))
_F_UNPAUSE: Final = Function("Tasks", "unpause", (), ())

ERRORS: Final = errors_by_selector(
    ErrorSpec("AccessControlBadConfirmation", ()),
    ErrorSpec("AccessControlUnauthorizedAccount", (("account", "address"), ("needed_role", "bytes32"))),
    ErrorSpec("AlreadyAttested", (("task", "bytes32"), ("party", "bytes32"))),
    ErrorSpec("AlreadyCommitted", (("task", "bytes32"), ("party", "bytes32"))),
    ErrorSpec("AlreadyReviewed", (("task", "bytes32"),)),
    ErrorSpec("BadLength", (("list", "bytes32"), ("length", "uint256"), ("min", "uint256"), ("max", "uint256"))),
    ErrorSpec("BadSignature", (("signer", "address"), ("digest", "bytes32"))),
    ErrorSpec("ConditionExists", (("condition", "address"),)),
    ErrorSpec("DeadlineNotPassed", (("task", "bytes32"), ("deadline", "uint64"), ("time", "uint64"))),
    ErrorSpec("DeadlinePassed", (("task", "bytes32"), ("deadline", "uint64"), ("time", "uint64"))),
    ErrorSpec("EnforcedPause", ()),
    ErrorSpec("ExpectedPause", ()),
    ErrorSpec("MissingRole", (("party", "bytes32"), ("role", "uint32"))),
    ErrorSpec("NoReservesLeft", (("task", "bytes32"), ("max_reserves", "uint32"))),
    ErrorSpec("NotAllowed", (("caller", "address"), ("party", "bytes32"))),
    ErrorSpec("NotInTask", (("task", "bytes32"), ("party", "bytes32"))),
    ErrorSpec("NotReleased", (("task", "bytes32"),)),
    ErrorSpec("OutOfRange", (("field", "bytes32"), ("value", "uint256"), ("min", "uint256"), ("max", "uint256"))),
    ErrorSpec("PartyNotActive", (("party", "bytes32"),)),
    ErrorSpec("RemovalScheduled", (("condition", "address"), ("removed_from", "uint64"))),
    ErrorSpec("ReviewNotOver", (("task", "bytes32"), ("review_by", "uint64"), ("time", "uint64"))),
    ErrorSpec("ReviewOver", (("task", "bytes32"), ("review_by", "uint64"), ("time", "uint64"))),
    ErrorSpec("SameKey", (("party", "bytes32"), ("other", "bytes32"))),
    ErrorSpec("TaskExists", (("task", "bytes32"),)),
    ErrorSpec("TooManyConditions", (("limit", "uint256"),)),
    ErrorSpec("UnknownCondition", (("condition", "address"),)),
    ErrorSpec("VersionRetired", (("data_set", "bytes32"), ("version", "uint32"))),
    ErrorSpec("WrongRun", (("task", "bytes32"), ("given", "bytes32"), ("expected", "bytes32"))),
    ErrorSpec("WrongState", (("task", "bytes32"), ("state", "uint8"))),
    ErrorSpec("WrongWiring", (("contract_address", "address"),)),
    ErrorSpec("ZeroValue", (("field", "bytes32"),)),
)


def default_admin_role() -> Read[bytes]:
    """``DEFAULT_ADMIN_ROLE()``."""
    return _F_DEFAULT_ADMIN_ROLE.read()


def guardian_role() -> Read[bytes]:
    """``GUARDIAN_ROLE()``."""
    return _F_GUARDIAN_ROLE.read()


def abort(a: Abort, signature: bytes) -> Write:
    """``abort(Abort, bytes)``."""
    return _F_ABORT.write(a, signature)


def anchors() -> Read[str]:
    """``anchors()``."""
    return _F_ANCHORS.read()


def attest(r: ResultAttestation, signature: bytes) -> Write:
    """``attest(ResultAttestation, bytes)``."""
    return _F_ATTEST.write(r, signature)


def commit(c: RunCommitment, signature: bytes) -> Write:
    """``commit(RunCommitment, bytes)``."""
    return _F_COMMIT.write(c, signature)


def commitment_of(id_: bytes, party: bytes) -> Read[CommitmentRecord]:
    """``commitmentOf(bytes32, bytes32)``."""
    return _F_COMMITMENT_OF.read(id_, party)


def condition_delay() -> Read[int]:
    """``conditionDelay()``."""
    return _F_CONDITION_DELAY.read()


def conditions() -> Read[tuple[Condition, ...]]:
    """``conditions()``."""
    return _F_CONDITIONS.read()


def consents() -> Read[str]:
    """``consents()``."""
    return _F_CONSENTS.read()


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


def expire(id_: bytes) -> Write:
    """``expire(bytes32)``."""
    return _F_EXPIRE.write(id_)


def expire_review(id_: bytes) -> Write:
    """``expireReview(bytes32)``."""
    return _F_EXPIRE_REVIEW.write(id_)


def get(id_: bytes) -> Read[Task]:
    """``get(bytes32)``."""
    return _F_GET.read(id_)


def get_role_admin(role: bytes) -> Read[bytes]:
    """``getRoleAdmin(bytes32)``."""
    return _F_GET_ROLE_ADMIN.read(role)


def grant_role(role: bytes, account: str) -> Write:
    """``grantRole(bytes32, address)``."""
    return _F_GRANT_ROLE.write(role, account)


def has_role(role: bytes, account: str) -> Read[bool]:
    """``hasRole(bytes32, address)``."""
    return _F_HAS_ROLE.read(role, account)


def id_of(p: Proposal) -> Read[bytes]:
    """``idOf(Proposal)``."""
    return _F_ID_OF.read(p)


def is_releasable(id_: bytes) -> Read[bool]:
    """``isReleasable(bytes32)``."""
    return _F_IS_RELEASABLE.read(id_)


def max_lifetime() -> Read[int]:
    """``maxLifetime()``."""
    return _F_MAX_LIFETIME.read()


def pause() -> Write:
    """``pause()``."""
    return _F_PAUSE.write()


def paused() -> Read[bool]:
    """``paused()``."""
    return _F_PAUSED.read()


def programs() -> Read[str]:
    """``programs()``."""
    return _F_PROGRAMS.read()


def propose(p: Proposal, signature: bytes) -> Write:
    """``propose(Proposal, bytes)``."""
    return _F_PROPOSE.write(p, signature)


def registry() -> Read[str]:
    """``registry()``."""
    return _F_REGISTRY.read()


def renounce_role(role: bytes, caller_confirmation: str) -> Write:
    """``renounceRole(bytes32, address)``."""
    return _F_RENOUNCE_ROLE.write(role, caller_confirmation)


def reserve(p: Proposal, authorizations: tuple[bytes, ...]) -> Write:
    """``reserve(Proposal, bytes32[])``."""
    return _F_RESERVE.write(p, authorizations)


def review(id_: bytes, approved: bool, statement: bytes) -> Write:
    """``review(bytes32, bool, bytes32)``."""
    return _F_REVIEW.write(id_, approved, statement)


def revoke_role(role: bytes, account: str) -> Write:
    """``revokeRole(bytes32, address)``."""
    return _F_REVOKE_ROLE.write(role, account)


def rules() -> Read[str]:
    """``rules()``."""
    return _F_RULES.read()


def schedule_condition(condition: str) -> Write:
    """``scheduleCondition(address)``."""
    return _F_SCHEDULE_CONDITION.write(condition)


def schedule_condition_removal(condition: str) -> Write:
    """``scheduleConditionRemoval(address)``."""
    return _F_SCHEDULE_CONDITION_REMOVAL.write(condition)


def start(p: Proposal, authorizations: tuple[bytes, ...]) -> Write:
    """``start(Proposal, bytes32[])``."""
    return _F_START.write(p, authorizations)


def state_of(id_: bytes) -> Read[int]:
    """``stateOf(bytes32)``."""
    return _F_STATE_OF.read(id_)


def supports_interface(interface_id: bytes) -> Read[bool]:
    """``supportsInterface(bytes4)``."""
    return _F_SUPPORTS_INTERFACE.read(interface_id)


def unpause() -> Write:
    """``unpause()``."""
    return _F_UNPAUSE.write()
