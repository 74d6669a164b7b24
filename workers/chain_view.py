"""What the node needs to see of the chain, and nothing more: the checks are written against this small protocol.

Everything is read at a block that is final by the deployment's own rule. The real one is
:class:`workers.chain_gateway.GatewayView`; tests use a fake.
"""

from dataclasses import dataclass
from typing import Protocol

from protocol.messages import ChainRequest
from protocol.registrations import DataSetAttestation, DataSetRegistration, DataSetRetirement
from protocol.typed import Domain
from protocol.vocabulary import ReleaseKind, Review, TaskState


@dataclass(frozen=True, slots=True)
class Head:
    """A final block; ``time`` in unix seconds."""

    number: int
    hash: bytes
    time: int


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """A task on chain."""

    state: TaskState
    review: Review
    contract_digest: bytes
    committee: tuple[bytes, ...]
    deadline: int
    started_at: int
    run: bytes


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """A registered party; addresses checksummed."""

    wallet: str
    node_signer: str
    node_key: bytes
    seal_key: bytes
    operator: bytes
    roles: int
    active: bool


@dataclass(frozen=True, slots=True)
class DataSetFacts:
    """A registered data set version."""

    owner: bytes
    schema_hash: bytes
    input_root: bytes
    rows: int
    active: bool


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """A published program or engine. ``approved``: a task may start with it now; ``protection_level`` is 0 for an engine.

    ``successor`` is the release that an approved succession leads to, by its 0x-id; "" when there is none.
    """

    kind: ReleaseKind
    code_digest: bytes
    protection_level: int
    active: bool
    approved: bool
    successor: str


@dataclass(frozen=True, slots=True)
class LogFacts:
    """A party's open epoch, its last anchor, and the commitments that the next anchor must extend."""

    epoch: int
    size: int
    root: bytes
    noted: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class CommitmentFacts:
    """What a committee member committed to."""

    run: bytes
    output_shares: bytes
    links: tuple[bytes, ...]


class ChainView(Protocol):
    """The node's own chain endpoint, at final blocks. Everything may raise ``UnavailableError``: try again later."""

    @property
    def chain_id(self) -> int:
        """Chain id of the deployment."""
        ...

    @property
    def deployment_id(self) -> bytes:
        """Random id of the deployment."""
        ...

    def domain(self, contract: str) -> Domain:
        """EIP-712 domain of a contract."""
        ...

    def head(self) -> Head:
        """The newest final block."""
        ...

    def task(self, task: bytes, at: Head) -> TaskFacts:
        """The task; state NONE when there is none."""
        ...

    def completed(self, task: bytes, after: int, at: Head) -> Head | None:
        """The block of the task's ``TaskCompleted`` event among the blocks after ``after`` up to ``at``."""
        ...

    def reviewed(self, task: bytes, after: int, at: Head) -> int | None:
        """The block of an approving ``OutputReviewed`` event after ``after`` up to ``at``."""
        ...

    def party(self, name: str, at: Head) -> PartyFacts | None:
        """A party of the registry."""
        ...

    def wallet_accepts(self, wallet: str, digest: bytes, signature: bytes) -> bool:
        """Whether a wallet, a key's or a contract's (EIP-1271), accepts a signature."""
        ...

    def data_set(self, data_set: str, version: int, at: Head) -> DataSetFacts | None:
        """A registered version."""
        ...

    def release(self, name: str, at: Head) -> ReleaseFacts | None:
        """A published program or engine."""
        ...

    def is_successor(self, older: str, newer: str, at: Head) -> bool:
        """Whether approved successions lead from one release to another."""
        ...

    def use_consumed(self, task: bytes, authorization: bytes, at: Head) -> bool:
        """Whether the task took a use of this authorization and still holds it."""
        ...

    def authorization_owner(self, authorization: bytes, at: Head) -> bytes | None:
        """Party id of the owner whose wallet signed an authorization that the chain holds."""
        ...

    def commitment(self, task: bytes, party: str, at: Head) -> CommitmentFacts | None:
        """A committee member's commitment."""
        ...

    def attested(self, request: ChainRequest, at: Head) -> bool:
        """Whether the result user of a signed attestation has attested its task's result."""
        ...

    def uses_of(self, party: str, after: int, at: Head) -> list[tuple[bytes, bytes]]:
        """(task, authorization) of every use of this owner's authorizations that was consumed after a block."""
        ...

    def log(self, party: str, at: Head) -> LogFacts:
        """A party's anchored log."""
        ...

    def send(self, request: ChainRequest) -> None:
        """Send a signed request with the node's own key, and wait for its block; ``ChainError`` when refused."""
        ...

    def register_data_set(self, registration: DataSetRegistration, signature: bytes) -> None:
        """Send what the owner's wallet signed, with the node's own key, and wait for its block; so below."""
        ...

    def retire_data_set(self, retirement: DataSetRetirement, signature: bytes) -> None:
        """Retire a version, as its owner's wallet signed."""
        ...

    def attest_data_set(self, attestation: DataSetAttestation, signature: bytes) -> None:
        """Record a statement about another party's version, as the wallet signed."""
        ...
