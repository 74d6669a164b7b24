"""Generated from the contracts' ABIs by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from protocol.event import (
    INDEXED,
    MANY,
    Address,
    Bool,
    Bytes32,
    Event,
    Struct,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uint256,
    decoder,
    reader,
)
from protocol.fields import Many


@dataclass(frozen=True, slots=True)
class Authorization(Struct):
    """``struct Authorization``, as the chain has it: strings are their keccak256."""

    data_set: Bytes32
    data_version: Uint32
    input_root: Bytes32
    programs: Annotated[tuple[Bytes32, ...], Many(MANY)]
    programs_digest: Bytes32
    engine: Bytes32
    approved_successors: Bool
    proposer: Bytes32
    purpose: Bytes32
    result_users: Annotated[tuple[Bytes32, ...], Many(MANY)]
    compute_parties: Annotated[tuple[Bytes32, ...], Many(MANY)]
    policy: Bytes32
    task: Bytes32
    max_uses: Uint32
    not_before: Uint64
    not_after: Uint64
    min_protection_level: Uint8
    epsilon_micros: Uint64
    legal_basis: Bytes32
    impact_assessment: Bytes32
    nonce: Uint256


@dataclass(frozen=True, slots=True)
class Proposal(Struct):
    """``struct Proposal``, as the chain has it: strings are their keccak256."""

    proposer: Bytes32
    scheduler: Bytes32
    contract_digest: Bytes32
    compute_parties: Annotated[tuple[Bytes32, ...], Many(MANY)]
    data_sets: Annotated[tuple[Bytes32, ...], Many(MANY)]
    data_versions: Annotated[tuple[Uint32, ...], Many(MANY)]
    epsilon_micros: Annotated[tuple[Uint64, ...], Many(MANY)]
    programs: Annotated[tuple[Bytes32, ...], Many(MANY)]
    engine: Bytes32
    models: Annotated[tuple[Bytes32, ...], Many(MANY)]
    licences: Annotated[tuple[Bytes32, ...], Many(MANY)]
    result_users: Annotated[tuple[Bytes32, ...], Many(MANY)]
    auditors: Annotated[tuple[Bytes32, ...], Many(MANY)]
    reviewer: Bytes32
    purpose: Bytes32
    protection_level: Uint8
    uses: Uint32
    max_reserves: Uint32
    deadline: Uint64
    review_by: Uint64
    nonce: Uint256


@dataclass(frozen=True, slots=True)
class Anchored(Event):
    """``event Anchored`` of Anchors."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Anchors",)

    party: Annotated[Bytes32, INDEXED]
    epoch: Annotated[Uint64, INDEXED]
    old_size: Uint64
    size: Uint64
    root: Bytes32
    key_period: Uint64


@dataclass(frozen=True, slots=True)
class EpochOpened(Event):
    """``event EpochOpened`` of Anchors."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Anchors",)

    party: Annotated[Bytes32, INDEXED]
    epoch: Annotated[Uint64, INDEXED]


@dataclass(frozen=True, slots=True)
class EIP712DomainChanged(Event):
    """``event EIP712DomainChanged`` of Anchors, Budgets, Consents, DataSets, Models, PartyRegistry, Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = (
        "Anchors",
        "Budgets",
        "Consents",
        "DataSets",
        "Models",
        "PartyRegistry",
        "Tasks",
    )


@dataclass(frozen=True, slots=True)
class BudgetSet(Event):
    """``event BudgetSet`` of Budgets."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Budgets",)

    data_set: Annotated[Bytes32, INDEXED]
    owner: Annotated[Bytes32, INDEXED]
    change: Uint64
    epsilon_micros: Uint64
    spent: Uint64


@dataclass(frozen=True, slots=True)
class BudgetSpent(Event):
    """``event BudgetSpent`` of Budgets."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Budgets",)

    data_set: Annotated[Bytes32, INDEXED]
    task: Annotated[Bytes32, INDEXED]
    epsilon_micros: Uint64
    spent: Uint64
    budget: Uint64


@dataclass(frozen=True, slots=True)
class AllRevoked(Event):
    """``event AllRevoked`` of Consents."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Consents",)

    owner: Annotated[Bytes32, INDEXED]
    through: Uint32


@dataclass(frozen=True, slots=True)
class AuthorizationRevoked(Event):
    """``event AuthorizationRevoked`` of Consents."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Consents",)

    authorization: Annotated[Bytes32, INDEXED]
    owner: Annotated[Bytes32, INDEXED]


@dataclass(frozen=True, slots=True)
class AuthorizationSubmitted(Event):
    """``event AuthorizationSubmitted`` of Consents."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Consents",)

    authorization: Annotated[Bytes32, INDEXED]
    owner: Annotated[Bytes32, INDEXED]
    wallet: Annotated[Address, INDEXED]
    sequence: Uint32
    signed: Authorization


@dataclass(frozen=True, slots=True)
class UseConsumed(Event):
    """``event UseConsumed`` of Consents."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Consents",)

    authorization: Annotated[Bytes32, INDEXED]
    task: Annotated[Bytes32, INDEXED]
    uses: Uint32
    uses_left: Uint32


@dataclass(frozen=True, slots=True)
class UseReturned(Event):
    """``event UseReturned`` of Consents."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Consents",)

    authorization: Annotated[Bytes32, INDEXED]
    task: Annotated[Bytes32, INDEXED]
    uses: Uint32
    uses_left: Uint32


@dataclass(frozen=True, slots=True)
class DataSetAttested(Event):
    """``event DataSetAttested`` of DataSets."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("DataSets",)

    data_set: Annotated[Bytes32, INDEXED]
    version: Annotated[Uint32, INDEXED]
    party: Annotated[Bytes32, INDEXED]
    statement: Bytes32


@dataclass(frozen=True, slots=True)
class DataSetRegistered(Event):
    """``event DataSetRegistered`` of DataSets."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("DataSets",)

    data_set: Annotated[Bytes32, INDEXED]
    version: Annotated[Uint32, INDEXED]
    owner: Annotated[Bytes32, INDEXED]
    schema_hash: Bytes32
    input_root: Bytes32
    rows: Uint64
    data_level: Uint8
    legal_basis: Bytes32


@dataclass(frozen=True, slots=True)
class DataSetRetired(Event):
    """``event DataSetRetired`` of DataSets."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("DataSets",)

    data_set: Annotated[Bytes32, INDEXED]
    version: Annotated[Uint32, INDEXED]


@dataclass(frozen=True, slots=True)
class LicenceGranted(Event):
    """``event LicenceGranted`` of Models."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Models",)

    model: Annotated[Bytes32, INDEXED]
    licence: Annotated[Bytes32, INDEXED]
    licensee: Annotated[Bytes32, INDEXED]
    kind: Uint8
    max_uses: Uint32
    not_before: Uint64
    not_after: Uint64


@dataclass(frozen=True, slots=True)
class LicenceRetired(Event):
    """``event LicenceRetired`` of Models."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Models",)

    model: Annotated[Bytes32, INDEXED]
    licence: Annotated[Bytes32, INDEXED]
    by_licensee: Bool


@dataclass(frozen=True, slots=True)
class ModelRegistered(Event):
    """``event ModelRegistered`` of Models."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Models",)

    model: Annotated[Bytes32, INDEXED]
    task: Annotated[Bytes32, INDEXED]
    model_hash: Bytes32
    owners: Annotated[tuple[Bytes32, ...], Many(MANY)]
    shares: Annotated[tuple[Uint16, ...], Many(MANY)]


@dataclass(frozen=True, slots=True)
class ModelRetired(Event):
    """``event ModelRetired`` of Models."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Models",)

    model: Annotated[Bytes32, INDEXED]


@dataclass(frozen=True, slots=True)
class ModelUsed(Event):
    """``event ModelUsed`` of Models."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Models",)

    model: Annotated[Bytes32, INDEXED]
    task: Annotated[Bytes32, INDEXED]
    licence: Annotated[Bytes32, INDEXED]
    user: Bytes32
    uses: Uint32
    uses_left: Uint32


@dataclass(frozen=True, slots=True)
class KeysRotated(Event):
    """``event KeysRotated`` of PartyRegistry."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("PartyRegistry",)

    party: Annotated[Bytes32, INDEXED]
    period: Annotated[Uint64, INDEXED]
    node_signer: Address
    node_key: Bytes32
    seal_key: Bytes32


@dataclass(frozen=True, slots=True)
class PartyAdmitted(Event):
    """``event PartyAdmitted`` of PartyRegistry."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("PartyRegistry",)

    party: Annotated[Bytes32, INDEXED]
    wallet: Address
    node_signer: Address
    node_key: Bytes32
    seal_key: Bytes32
    operator: Bytes32
    roles: Uint32
    profile_hash: Bytes32


@dataclass(frozen=True, slots=True)
class PartyReinstated(Event):
    """``event PartyReinstated`` of PartyRegistry."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("PartyRegistry",)

    party: Annotated[Bytes32, INDEXED]


@dataclass(frozen=True, slots=True)
class PartySuspended(Event):
    """``event PartySuspended`` of PartyRegistry."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("PartyRegistry",)

    party: Annotated[Bytes32, INDEXED]
    reason: Bytes32


@dataclass(frozen=True, slots=True)
class WalletChangeNamed(Event):
    """``event WalletChangeNamed`` of PartyRegistry."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("PartyRegistry",)

    party: Annotated[Bytes32, INDEXED]
    new_wallet: Address
    change: Uint64


@dataclass(frozen=True, slots=True)
class WalletChanged(Event):
    """``event WalletChanged`` of PartyRegistry."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("PartyRegistry",)

    party: Annotated[Bytes32, INDEXED]
    old_wallet: Address
    new_wallet: Address


@dataclass(frozen=True, slots=True)
class RoleAdminChanged(Event):
    """``event RoleAdminChanged`` of PartyRegistry, Programs, Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("PartyRegistry", "Programs", "Tasks")

    role: Annotated[Bytes32, INDEXED]
    previous_admin_role: Annotated[Bytes32, INDEXED]
    new_admin_role: Annotated[Bytes32, INDEXED]


@dataclass(frozen=True, slots=True)
class RoleGranted(Event):
    """``event RoleGranted`` of PartyRegistry, Programs, Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("PartyRegistry", "Programs", "Tasks")

    role: Annotated[Bytes32, INDEXED]
    account: Annotated[Address, INDEXED]
    sender: Annotated[Address, INDEXED]


@dataclass(frozen=True, slots=True)
class RoleRevoked(Event):
    """``event RoleRevoked`` of PartyRegistry, Programs, Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("PartyRegistry", "Programs", "Tasks")

    role: Annotated[Bytes32, INDEXED]
    account: Annotated[Address, INDEXED]
    sender: Annotated[Address, INDEXED]


@dataclass(frozen=True, slots=True)
class EnginePublished(Event):
    """``event EnginePublished`` of Programs."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Programs",)

    engine: Annotated[Bytes32, INDEXED]
    publisher: Annotated[Bytes32, INDEXED]
    code_digest: Bytes32
    serial: Uint64


@dataclass(frozen=True, slots=True)
class ProgramPublished(Event):
    """``event ProgramPublished`` of Programs."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Programs",)

    program: Annotated[Bytes32, INDEXED]
    publisher: Annotated[Bytes32, INDEXED]
    code_digest: Bytes32
    committee: Uint8
    protection_level: Uint8
    security_model: Uint8
    min_parties: Uint8
    max_parties: Uint8
    output_kind: Uint8
    serial: Uint64


@dataclass(frozen=True, slots=True)
class ReleaseApproved(Event):
    """``event ReleaseApproved`` of Programs."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Programs",)

    release: Annotated[Bytes32, INDEXED]
    certifier: Annotated[Bytes32, INDEXED]
    approvals: Uint8


@dataclass(frozen=True, slots=True)
class ReleaseRetired(Event):
    """``event ReleaseRetired`` of Programs."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Programs",)

    release: Annotated[Bytes32, INDEXED]


@dataclass(frozen=True, slots=True)
class SuccessorApproved(Event):
    """``event SuccessorApproved`` of Programs."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Programs",)

    older: Annotated[Bytes32, INDEXED]
    newer: Annotated[Bytes32, INDEXED]
    certifier: Annotated[Bytes32, INDEXED]
    approvals: Uint8


@dataclass(frozen=True, slots=True)
class SuccessorDeclared(Event):
    """``event SuccessorDeclared`` of Programs."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Programs",)

    older: Annotated[Bytes32, INDEXED]
    newer: Annotated[Bytes32, INDEXED]


@dataclass(frozen=True, slots=True)
class ConditionRemovalScheduled(Event):
    """``event ConditionRemovalScheduled`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    condition: Annotated[Address, INDEXED]
    removed_from: Uint64


@dataclass(frozen=True, slots=True)
class ConditionScheduled(Event):
    """``event ConditionScheduled`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    condition: Annotated[Address, INDEXED]
    active_from: Uint64


@dataclass(frozen=True, slots=True)
class OutputReviewed(Event):
    """``event OutputReviewed`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    task: Annotated[Bytes32, INDEXED]
    reviewer: Annotated[Bytes32, INDEXED]
    approved: Bool
    statement: Bytes32


@dataclass(frozen=True, slots=True)
class Paused(Event):
    """``event Paused`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    account: Address


@dataclass(frozen=True, slots=True)
class ResultAttested(Event):
    """``event ResultAttested`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    task: Annotated[Bytes32, INDEXED]
    run_id: Bytes32
    result_user: Annotated[Bytes32, INDEXED]
    result_hash: Bytes32
    key_period: Uint64


@dataclass(frozen=True, slots=True)
class ReviewExpired(Event):
    """``event ReviewExpired`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    task: Annotated[Bytes32, INDEXED]
    reviewer: Annotated[Bytes32, INDEXED]
    review_by: Uint64


@dataclass(frozen=True, slots=True)
class RunCommitted(Event):
    """``event RunCommitted`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    task: Annotated[Bytes32, INDEXED]
    run_id: Bytes32
    party: Annotated[Bytes32, INDEXED]
    input_root: Bytes32
    epoch: Uint64
    log_size: Uint64
    log_root: Bytes32
    links: Annotated[tuple[Bytes32, ...], Many(MANY)]
    output_shares: Bytes32
    key_period: Uint64


@dataclass(frozen=True, slots=True)
class TaskAborted(Event):
    """``event TaskAborted`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    task: Annotated[Bytes32, INDEXED]
    party: Annotated[Bytes32, INDEXED]
    kind: Uint8
    reason: Uint8
    statement: Bytes32
    key_period: Uint64


@dataclass(frozen=True, slots=True)
class TaskCompleted(Event):
    """``event TaskCompleted`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    task: Annotated[Bytes32, INDEXED]
    run_id: Bytes32


@dataclass(frozen=True, slots=True)
class TaskDisputed(Event):
    """``event TaskDisputed`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    task: Annotated[Bytes32, INDEXED]
    left: Annotated[tuple[Bytes32, ...], Many(MANY)]
    right: Annotated[tuple[Bytes32, ...], Many(MANY)]


@dataclass(frozen=True, slots=True)
class TaskExpired(Event):
    """``event TaskExpired`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    task: Annotated[Bytes32, INDEXED]
    missing: Annotated[tuple[Bytes32, ...], Many(MANY)]


@dataclass(frozen=True, slots=True)
class TaskProposed(Event):
    """``event TaskProposed`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    task: Annotated[Bytes32, INDEXED]
    wallet: Annotated[Address, INDEXED]
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class TaskStarted(Event):
    """``event TaskStarted`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    task: Annotated[Bytes32, INDEXED]
    authorizations: Annotated[tuple[Bytes32, ...], Many(MANY)]
    programs_digest: Bytes32
    started_at: Uint64


@dataclass(frozen=True, slots=True)
class Unpaused(Event):
    """``event Unpaused`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    account: Address


@dataclass(frozen=True, slots=True)
class UsesReserved(Event):
    """``event UsesReserved`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    task: Annotated[Bytes32, INDEXED]
    number: Uint32
    uses: Uint32
    authorizations: Annotated[tuple[Bytes32, ...], Many(MANY)]


EVENTS: Final[tuple[type[Event], ...]] = (
    Anchored,
    EpochOpened,
    EIP712DomainChanged,
    BudgetSet,
    BudgetSpent,
    AllRevoked,
    AuthorizationRevoked,
    AuthorizationSubmitted,
    UseConsumed,
    UseReturned,
    DataSetAttested,
    DataSetRegistered,
    DataSetRetired,
    LicenceGranted,
    LicenceRetired,
    ModelRegistered,
    ModelRetired,
    ModelUsed,
    KeysRotated,
    PartyAdmitted,
    PartyReinstated,
    PartySuspended,
    WalletChangeNamed,
    WalletChanged,
    RoleAdminChanged,
    RoleGranted,
    RoleRevoked,
    EnginePublished,
    ProgramPublished,
    ReleaseApproved,
    ReleaseRetired,
    SuccessorApproved,
    SuccessorDeclared,
    ConditionRemovalScheduled,
    ConditionScheduled,
    OutputReviewed,
    Paused,
    ResultAttested,
    ReviewExpired,
    RunCommitted,
    TaskAborted,
    TaskCompleted,
    TaskDisputed,
    TaskExpired,
    TaskProposed,
    TaskStarted,
    Unpaused,
    UsesReserved,
)
decode: Final = decoder(EVENTS)
read: Final = reader(EVENTS)
