"""Every event of the contracts as a frozen type, with its Solidity declaration: receipts are decoded by it, offline.

``tests/unit/protocol/test_events.py`` proves that the declarations equal the compiled contracts' ABI. Fields have the
ABI's names and order; hashes and ids are 32 bytes, addresses checksummed strings (EIP-55), arrays tuples.
One module although long: it is one list, and the test compares it whole.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from eth_hash.auto import keccak

from protocol import abi
from protocol.errors import FormatError

_PARAMETER = re.compile(r"([a-z0-9]+(?:\[\])?)( indexed)? ([A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One event parameter: Solidity type, name as in the ABI, and whether it is a topic."""

    kind: str
    name: str
    indexed: bool


class Event:
    """Base of all events; ``SOLIDITY`` is the declaration, ``CONTRACTS`` who emits it."""

    __slots__ = ()
    SOLIDITY: ClassVar[str]
    CONTRACTS: ClassVar[tuple[str, ...]]

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """The declaration's parameters in order."""
        found = _PARAMETER.findall(cls.SOLIDITY.partition("(")[2])
        return tuple(Parameter(kind, name, bool(indexed)) for kind, indexed, name in found)

    @classmethod
    def signature(cls) -> str:
        """``Name(type,…)``."""
        return f"{cls.__name__}({','.join(parameter.kind for parameter in cls.parameters())})"

    @classmethod
    def topic(cls) -> bytes:
        """keccak256 of the signature: the log's first topic."""
        return keccak(cls.signature().encode())


@dataclass(frozen=True, slots=True)
class Anchored(Event):
    """A party's log grew from ``old_size`` to ``size``; the chain checked consistency."""

    CONTRACTS = ("Anchors",)
    SOLIDITY = "Anchored(bytes32 indexed party, uint64 indexed epoch, uint64 oldSize, uint64 size, bytes32 root)"

    party: bytes
    epoch: int
    old_size: int
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class BatchAnchored(Event):
    """The root of a batch of query receipts."""

    CONTRACTS = ("Anchors",)
    SOLIDITY = "BatchAnchored(bytes32 indexed party, bytes32 root, uint64 count)"

    party: bytes
    root: bytes
    count: int


@dataclass(frozen=True, slots=True)
class EpochOpened(Event):
    """A party's log begins anew; the epoch before is closed."""

    CONTRACTS = ("Anchors",)
    SOLIDITY = "EpochOpened(bytes32 indexed party, uint64 indexed epoch)"

    party: bytes
    epoch: int


@dataclass(frozen=True, slots=True)
class AuthorizationSubmitted(Event):
    """A data owner's signed authorization is on chain; names as their keccak256."""

    CONTRACTS = ("Consents",)
    SOLIDITY = (
        "AuthorizationSubmitted(bytes32 indexed authorization, bytes32 indexed owner, bytes32 dataSet, "
        "uint32 dataVersion, bytes32 inputRoot, bytes32[] programs, bytes32 programsDigest, bytes32 "
        "proposer, bytes32 purpose, bytes32[] resultUsers, bytes32[] computeParties, bytes32 policy, bytes32 "
        "task, uint32 maxUses, uint64 notBefore, uint64 notAfter, uint8 minProtectionLevel, uint64 "
        "epsilonMicros, bytes32 legalBasis, bytes32 impactAssessment, uint256 nonce)"
    )

    authorization: bytes
    owner: bytes
    data_set: bytes
    data_version: int
    input_root: bytes
    programs: tuple[bytes, ...]
    programs_digest: bytes
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
class AuthorizationRevoked(Event):
    """An owner took an authorization back."""

    CONTRACTS = ("Consents",)
    SOLIDITY = "AuthorizationRevoked(bytes32 indexed authorization, bytes32 indexed owner)"

    authorization: bytes
    owner: bytes


@dataclass(frozen=True, slots=True)
class UseConsumed(Event):
    """A task's start consumed one use."""

    CONTRACTS = ("Consents",)
    SOLIDITY = "UseConsumed(bytes32 indexed authorization, bytes32 indexed task, uint32 usesLeft)"

    authorization: bytes
    task: bytes
    uses_left: int


@dataclass(frozen=True, slots=True)
class UseReturned(Event):
    """An owner stated that no input was sent: the use is back."""

    CONTRACTS = ("Consents",)
    SOLIDITY = "UseReturned(bytes32 indexed authorization, bytes32 indexed task, uint32 usesLeft)"

    authorization: bytes
    task: bytes
    uses_left: int


@dataclass(frozen=True, slots=True)
class DataSetRegistered(Event):
    """A data set version with its commitment."""

    CONTRACTS = ("DataSets",)
    SOLIDITY = (
        "DataSetRegistered(bytes32 indexed dataSet, uint32 indexed version, bytes32 indexed owner, bytes32 "
        "schemaHash, bytes32 inputRoot, uint64 rows, uint8 dataLevel, bytes32 legalBasis)"
    )

    data_set: bytes
    version: int
    owner: bytes
    schema_hash: bytes
    input_root: bytes
    rows: int
    data_level: int
    legal_basis: bytes


@dataclass(frozen=True, slots=True)
class DataSetRetired(Event):
    """A version takes no new authorizations."""

    CONTRACTS = ("DataSets",)
    SOLIDITY = "DataSetRetired(bytes32 indexed dataSet, uint32 indexed version)"

    data_set: bytes
    version: int


@dataclass(frozen=True, slots=True)
class DataSetAttested(Event):
    """A third party's statement about a version."""

    CONTRACTS = ("DataSets",)
    SOLIDITY = (
        "DataSetAttested(bytes32 indexed dataSet, uint32 indexed version, bytes32 indexed party, bytes32 statement)"
    )

    data_set: bytes
    version: int
    party: bytes
    statement: bytes


@dataclass(frozen=True, slots=True)
class PartyAdmitted(Event):
    """A party and its keys."""

    CONTRACTS = ("PartyRegistry",)
    SOLIDITY = (
        "PartyAdmitted(bytes32 indexed party, address wallet, address nodeSigner, bytes32 nodeKey, bytes32 "
        "sealKey, bytes32 operator, uint32 roles, bytes32 profileHash)"
    )

    party: bytes
    wallet: str
    node_signer: str
    node_key: bytes
    seal_key: bytes
    operator: bytes
    roles: int
    profile_hash: bytes


@dataclass(frozen=True, slots=True)
class PartySuspended(Event):
    """A party may not act; ``reason`` is a hash."""

    CONTRACTS = ("PartyRegistry",)
    SOLIDITY = "PartySuspended(bytes32 indexed party, bytes32 reason)"

    party: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class PartyReinstated(Event):
    """A suspended party may act again."""

    CONTRACTS = ("PartyRegistry",)
    SOLIDITY = "PartyReinstated(bytes32 indexed party)"

    party: bytes


@dataclass(frozen=True, slots=True)
class KeysRotated(Event):
    """A party's wallet replaced its node's keys."""

    CONTRACTS = ("PartyRegistry",)
    SOLIDITY = "KeysRotated(bytes32 indexed party, address nodeSigner, bytes32 nodeKey, bytes32 sealKey)"

    party: bytes
    node_signer: str
    node_key: bytes
    seal_key: bytes


@dataclass(frozen=True, slots=True)
class WalletChanged(Event):
    """A party acts through another wallet."""

    CONTRACTS = ("PartyRegistry",)
    SOLIDITY = "WalletChanged(bytes32 indexed party, address oldWallet, address newWallet)"

    party: bytes
    old_wallet: str
    new_wallet: str


@dataclass(frozen=True, slots=True)
class ProgramPublished(Event):
    """A program version with its code digest and declared protection."""

    CONTRACTS = ("Programs",)
    SOLIDITY = (
        "ProgramPublished(bytes32 indexed program, bytes32 indexed publisher, bytes32 codeDigest, uint8 "
        "protectionLevel, uint8 securityModel, uint8 minParties, uint8 maxParties, uint8 outputKind)"
    )

    program: bytes
    publisher: bytes
    code_digest: bytes
    protection_level: int
    security_model: int
    min_parties: int
    max_parties: int
    output_kind: int


@dataclass(frozen=True, slots=True)
class ProgramApproved(Event):
    """A certifier approved a program version."""

    CONTRACTS = ("Programs",)
    SOLIDITY = "ProgramApproved(bytes32 indexed program, bytes32 indexed certifier, uint8 approvals)"

    program: bytes
    certifier: bytes
    approvals: int


@dataclass(frozen=True, slots=True)
class ProgramRetired(Event):
    """A program version starts no new tasks."""

    CONTRACTS = ("Programs",)
    SOLIDITY = "ProgramRetired(bytes32 indexed program)"

    program: bytes


@dataclass(frozen=True, slots=True)
class TaskProposed(Event):
    """A task; its id is the EIP-712 digest of the proposal."""

    CONTRACTS = ("Tasks",)
    SOLIDITY = (
        "TaskProposed(bytes32 indexed task, bytes32 proposer, bytes32 scheduler, bytes32 contractDigest, "
        "bytes32[] computeParties, bytes32[] dataSets, uint32[] dataVersions, bytes32[] programs, bytes32[] "
        "resultUsers, bytes32[] auditors, bytes32 reviewer, bytes32 purpose, uint8 protectionLevel, uint64 "
        "deadline, uint256 nonce)"
    )

    task: bytes
    proposer: bytes
    scheduler: bytes
    contract_digest: bytes
    compute_parties: tuple[bytes, ...]
    data_sets: tuple[bytes, ...]
    data_versions: tuple[int, ...]
    programs: tuple[bytes, ...]
    result_users: tuple[bytes, ...]
    auditors: tuple[bytes, ...]
    reviewer: bytes
    purpose: bytes
    protection_level: int
    deadline: int
    nonce: int


@dataclass(frozen=True, slots=True)
class TaskStarted(Event):
    """All authorizations were checked and one use of each consumed."""

    CONTRACTS = ("Tasks",)
    SOLIDITY = "TaskStarted(bytes32 indexed task, bytes32[] authorizations, bytes32 programsDigest, uint64 startedAt)"

    task: bytes
    authorizations: tuple[bytes, ...]
    programs_digest: bytes
    started_at: int


@dataclass(frozen=True, slots=True)
class RunCommitted(Event):
    """One node's commitment to one run."""

    CONTRACTS = ("Tasks",)
    SOLIDITY = (
        "RunCommitted(bytes32 indexed task, bytes32 runId, bytes32 indexed party, bytes32 inputRoot, uint64 "
        "epoch, uint64 logSize, bytes32 logRoot, bytes32[] links, bytes32 outputShares)"
    )

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
class TaskCompleted(Event):
    """All commitments agree."""

    CONTRACTS = ("Tasks",)
    SOLIDITY = "TaskCompleted(bytes32 indexed task, bytes32 runId)"

    task: bytes
    run_id: bytes


@dataclass(frozen=True, slots=True)
class TaskDisputed(Event):
    """Commitments contradict: parties pairwise at the same place of both lists."""

    CONTRACTS = ("Tasks",)
    SOLIDITY = "TaskDisputed(bytes32 indexed task, bytes32[] left, bytes32[] right)"

    task: bytes
    left: tuple[bytes, ...]
    right: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TaskAborted(Event):
    """A refusal (kind 1) or abort (kind 2) with its reason's number."""

    CONTRACTS = ("Tasks",)
    SOLIDITY = "TaskAborted(bytes32 indexed task, bytes32 indexed party, uint8 kind, uint8 reason, bytes32 statement)"

    task: bytes
    party: bytes
    kind: int
    reason: int
    statement: bytes


@dataclass(frozen=True, slots=True)
class TaskExpired(Event):
    """The deadline passed; ``missing`` did not commit."""

    CONTRACTS = ("Tasks",)
    SOLIDITY = "TaskExpired(bytes32 indexed task, bytes32[] missing)"

    task: bytes
    missing: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class OutputReviewed(Event):
    """The reviewer approved or rejected the release."""

    CONTRACTS = ("Tasks",)
    SOLIDITY = "OutputReviewed(bytes32 indexed task, bytes32 indexed reviewer, bool approved, bytes32 statement)"

    task: bytes
    reviewer: bytes
    approved: bool
    statement: bytes


@dataclass(frozen=True, slots=True)
class ResultAttested(Event):
    """A result user's salted hash of what it reconstructed."""

    CONTRACTS = ("Tasks",)
    SOLIDITY = "ResultAttested(bytes32 indexed task, bytes32 runId, bytes32 indexed resultUser, bytes32 resultHash)"

    task: bytes
    run_id: bytes
    result_user: bytes
    result_hash: bytes


@dataclass(frozen=True, slots=True)
class EIP712DomainChanged(Event):
    """OpenZeppelin EIP712; never emitted by these immutable contracts."""

    CONTRACTS = ("Anchors", "Consents", "Tasks")
    SOLIDITY = "EIP712DomainChanged()"


@dataclass(frozen=True, slots=True)
class Paused(Event):
    """The guardian paused new work."""

    CONTRACTS = ("Tasks",)
    SOLIDITY = "Paused(address account)"

    account: str


@dataclass(frozen=True, slots=True)
class Unpaused(Event):
    """The guardian ended the pause."""

    CONTRACTS = ("Tasks",)
    SOLIDITY = "Unpaused(address account)"

    account: str


@dataclass(frozen=True, slots=True)
class RoleAdminChanged(Event):
    """OpenZeppelin AccessControl."""

    CONTRACTS = ("PartyRegistry", "Programs", "Tasks")
    SOLIDITY = "RoleAdminChanged(bytes32 indexed role, bytes32 indexed previousAdminRole, bytes32 indexed newAdminRole)"

    role: bytes
    previous_admin_role: bytes
    new_admin_role: bytes


@dataclass(frozen=True, slots=True)
class RoleGranted(Event):
    """OpenZeppelin AccessControl."""

    CONTRACTS = ("PartyRegistry", "Programs", "Tasks")
    SOLIDITY = "RoleGranted(bytes32 indexed role, address indexed account, address indexed sender)"

    role: bytes
    account: str
    sender: str


@dataclass(frozen=True, slots=True)
class RoleRevoked(Event):
    """OpenZeppelin AccessControl."""

    CONTRACTS = ("PartyRegistry", "Programs", "Tasks")
    SOLIDITY = "RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender)"

    role: bytes
    account: str
    sender: str


EVENTS: Final[tuple[type[Event], ...]] = (
    Anchored, BatchAnchored, EpochOpened, AuthorizationSubmitted, AuthorizationRevoked, UseConsumed,
    UseReturned, DataSetRegistered, DataSetRetired, DataSetAttested, PartyAdmitted, PartySuspended,
    PartyReinstated, KeysRotated, WalletChanged, ProgramPublished, ProgramApproved, ProgramRetired,
    TaskProposed, TaskStarted, RunCommitted, TaskCompleted, TaskDisputed, TaskAborted, TaskExpired,
    OutputReviewed, ResultAttested, EIP712DomainChanged, Paused, Unpaused, RoleAdminChanged, RoleGranted,
    RoleRevoked,
)  # fmt: skip
_BY_TOPIC: Final = {(contract, event.topic()): event for event in EVENTS for contract in event.CONTRACTS}


def decode(contract: str, topics: Sequence[bytes], data: bytes) -> Event:
    """The event that a log of ``contract`` (by name) holds.

    Raises :class:`FormatError` ``event.*`` for unknown events and for any bytes but the ABI's own encoding.
    """
    event = _BY_TOPIC.get((contract, topics[0])) if topics else None
    if event is None:
        raise FormatError("event.unknown", f"{contract} has no such event.", "Update the software.", contract=contract)
    parameters = event.parameters()
    indexed = [parameter.kind for parameter in parameters if parameter.indexed]
    plain = [parameter.kind for parameter in parameters if not parameter.indexed]
    # every indexed parameter of ours is a value type, so its topic is its ABI encoding; a topic too many is left over
    from_topics = iter(_values(event, indexed, b"".join(topics[1:])))
    from_data = iter(_values(event, plain, data))
    values = [next(from_topics if parameter.indexed else from_data) for parameter in parameters]
    return event(*values)


def _values(event: type[Event], kinds: Sequence[str], data: bytes) -> list[Any]:
    try:
        return list(abi.decode(kinds, data))
    except FormatError as error:
        raise FormatError(
            "event.malformed", f"A log is no {event.__name__} event.", "Fetch the receipt again."
        ) from error
