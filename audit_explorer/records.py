"""What the explorer reads: frozen rows, and the protocol that a store of them follows.

Words of task contracts (purpose, legal basis, columns) are not among them, nor names of data sets: those are in the
evidence bundle, which the parties and the contract's auditors fetch with a signature of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from protocol.programs import Words

Reader: TypeAlias = str
"""For whom records are read: a party's name, or one of the two below, which are nobody's names. The database's views hold the rule."""
EVERYTHING: Final[Reader] = "*"
"""Reads all: a regulator, and everybody where the consortium publishes everything."""
NOBODY: Final[Reader] = ""
"""Reads nothing but which chain is followed."""
Row: TypeAlias = Mapping[str, Any]
"""A row of a page's own statement, by column."""


@dataclass(frozen=True, slots=True)
class Party:
    """A party as the registry knows it: its id on chain, and its name where the coordinator knows the preimage."""

    id: bytes
    name: str | None


_NONE: Final = Words("", "")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it ended: a number of ``protocol.reasons`` (chain) or an error code (coordinator); and whom it is about, in what way."""

    number: int | None
    code: str | None
    parties: tuple[Party, ...]
    about: Words = _NONE


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One line of the list; times are unix seconds."""

    task: bytes
    state: str
    submitted_at: int
    deadline: int
    proposer: str
    bundle: bool


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a transaction: its wallet (20 bytes), and the party whose wallet the registry says that this is now, if any."""

    wallet: bytes
    party: Party | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the task on chain; ``party`` where it is one party's, ``value`` the hash it is about.

    ``sender`` is None where the index was read by a version that did not keep it.
    ``time`` is the block's, unix seconds: what its validators said, not a clock to compare with others.
    """

    block: int
    index: int
    time: int
    name: str
    transaction: bytes
    party: Party | None
    value: bytes | None
    sender: Sender | None = None


@dataclass(frozen=True, slots=True)
class PartyProgress:
    """What a node last said of itself, ``eta`` in seconds (0: not known); ``note`` is a code such as ``link.timeout`` about ``peer``."""

    party: str
    state: str
    phase: str
    step: int
    total: int
    percent: int
    eta: int
    note: str
    peer: str
    received_at: int


@dataclass(frozen=True, slots=True)
class Commitment:
    """A party's run commitment on chain; ``links`` are hashes of what went over its links, in the committee's order without itself."""

    party: Party
    run: bytes
    log_size: int
    log_root: bytes
    block: int
    input_root: bytes = b""
    output_shares: bytes = b""
    links: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """An authorization that the task consumed."""

    digest: bytes
    owner: Party
    uses_left: int
    revoked: bool


@dataclass(frozen=True, slots=True)
class Attestation:
    """A result user's claim of the result's salted hash."""

    user: Party
    result_hash: bytes
    block: int


@dataclass(frozen=True, slots=True)
class Task:
    """One task's whole page. ``level`` to ``reviewer`` are None or empty until the chain shows the proposal."""

    row: TaskRow
    contract_digest: bytes
    level: int | None
    committee: tuple[Party, ...]
    programs: tuple[Party, ...]
    engine: Party | None
    data_sets: tuple[bytes, ...]
    result_users: tuple[Party, ...]
    auditors: tuple[Party, ...]
    reviewer: Party | None
    review: str
    run: bytes | None
    started_at: int | None
    reason: Reason | None
    events: tuple[Event, ...]
    progress: tuple[PartyProgress, ...]
    commitments: tuple[Commitment, ...]
    consents: tuple[Consent, ...]
    attestations: tuple[Attestation, ...]


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """A stored bundle from outside: what the coordinator's own verification answered step by step (empty: not known)."""

    outcomes: tuple[str, ...]
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Deployment:
    """Which chain the coordinator follows, and how far it has read."""

    deployment: bytes
    chain_id: int
    genesis: bytes
    block: int | None


class Records(Protocol):
    """A read-only store; ``audit_explorer.queries`` has the one on PostgreSQL."""

    def deployment(self) -> Deployment | None:
        """The chain that is followed; None before the coordinator's first start."""
        ...

    def reads_all(self, party: str) -> bool:
        """Whether a party is a regulator in office, by the registry."""
        ...

    def rows(self, reader: Reader, statement: str, **values: object) -> list[Row]:
        """What a page's own statement (``queries/<statement>.sql``) finds of what ``reader`` may read."""
        ...

    def task(self, reader: Reader, task: bytes) -> Task | None:
        """One task, or None where there is none that ``reader`` may read."""
        ...

    def bundle(self, reader: Reader, task: bytes) -> StoredBundle | None:
        """What is known of the stored evidence bundle, or None while there is none."""
        ...
