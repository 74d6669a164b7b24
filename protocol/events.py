"""Generated from the contracts' ABIs by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from protocol.event import INDEXED, MANY, Address, Bool, Bytes32, Event, Uint8, Uint32, Uint64, Uint256, decoder, reader
from protocol.fields import Many


@dataclass(frozen=True, slots=True)
class Anchored(Event):
    """``event Anchored`` of Anchors."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Anchors",)

    party: Annotated[Bytes32, INDEXED]
    epoch: Annotated[Uint64, INDEXED]
    old_size: Uint64
    size: Uint64
    root: Bytes32


@dataclass(frozen=True, slots=True)
class BatchAnchored(Event):
    """``event BatchAnchored`` of Anchors."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Anchors",)

    party: Annotated[Bytes32, INDEXED]
    root: Bytes32
    count: Uint64


@dataclass(frozen=True, slots=True)
class EpochOpened(Event):
    """``event EpochOpened`` of Anchors."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Anchors",)

    party: Annotated[Bytes32, INDEXED]
    epoch: Annotated[Uint64, INDEXED]


@dataclass(frozen=True, slots=True)
class EIP712DomainChanged(Event):
    """``event EIP712DomainChanged`` of Anchors, Consents, Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Anchors", "Consents", "Tasks")


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
    data_set: Bytes32
    data_version: Uint32
    input_root: Bytes32
    programs: Annotated[tuple[Bytes32, ...], Many(MANY)]
    programs_digest: Bytes32
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
class UseConsumed(Event):
    """``event UseConsumed`` of Consents."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Consents",)

    authorization: Annotated[Bytes32, INDEXED]
    task: Annotated[Bytes32, INDEXED]
    uses_left: Uint32


@dataclass(frozen=True, slots=True)
class UseReturned(Event):
    """``event UseReturned`` of Consents."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Consents",)

    authorization: Annotated[Bytes32, INDEXED]
    task: Annotated[Bytes32, INDEXED]
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
class KeysRotated(Event):
    """``event KeysRotated`` of PartyRegistry."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("PartyRegistry",)

    party: Annotated[Bytes32, INDEXED]
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
class ProgramApproved(Event):
    """``event ProgramApproved`` of Programs."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Programs",)

    program: Annotated[Bytes32, INDEXED]
    certifier: Annotated[Bytes32, INDEXED]
    approvals: Uint8


@dataclass(frozen=True, slots=True)
class ProgramPublished(Event):
    """``event ProgramPublished`` of Programs."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Programs",)

    program: Annotated[Bytes32, INDEXED]
    publisher: Annotated[Bytes32, INDEXED]
    code_digest: Bytes32
    protection_level: Uint8
    security_model: Uint8
    min_parties: Uint8
    max_parties: Uint8
    output_kind: Uint8


@dataclass(frozen=True, slots=True)
class ProgramRetired(Event):
    """``event ProgramRetired`` of Programs."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Programs",)

    program: Annotated[Bytes32, INDEXED]


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


@dataclass(frozen=True, slots=True)
class TaskAborted(Event):
    """``event TaskAborted`` of Tasks."""

    CONTRACTS: ClassVar[tuple[str, ...]] = ("Tasks",)

    task: Annotated[Bytes32, INDEXED]
    party: Annotated[Bytes32, INDEXED]
    kind: Uint8
    reason: Uint8
    statement: Bytes32


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
    proposer: Bytes32
    scheduler: Bytes32
    contract_digest: Bytes32
    compute_parties: Annotated[tuple[Bytes32, ...], Many(MANY)]
    data_sets: Annotated[tuple[Bytes32, ...], Many(MANY)]
    data_versions: Annotated[tuple[Uint32, ...], Many(MANY)]
    programs: Annotated[tuple[Bytes32, ...], Many(MANY)]
    result_users: Annotated[tuple[Bytes32, ...], Many(MANY)]
    auditors: Annotated[tuple[Bytes32, ...], Many(MANY)]
    reviewer: Bytes32
    purpose: Bytes32
    protection_level: Uint8
    deadline: Uint64
    nonce: Uint256


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


EVENTS: Final[tuple[type[Event], ...]] = (
    Anchored,
    BatchAnchored,
    EpochOpened,
    EIP712DomainChanged,
    AuthorizationRevoked,
    AuthorizationSubmitted,
    UseConsumed,
    UseReturned,
    DataSetAttested,
    DataSetRegistered,
    DataSetRetired,
    KeysRotated,
    PartyAdmitted,
    PartyReinstated,
    PartySuspended,
    WalletChanged,
    RoleAdminChanged,
    RoleGranted,
    RoleRevoked,
    ProgramApproved,
    ProgramPublished,
    ProgramRetired,
    OutputReviewed,
    Paused,
    ResultAttested,
    RunCommitted,
    TaskAborted,
    TaskCompleted,
    TaskDisputed,
    TaskExpired,
    TaskProposed,
    TaskStarted,
    Unpaused,
)
decode: Final = decoder(EVENTS)
read: Final = reader(EVENTS)
