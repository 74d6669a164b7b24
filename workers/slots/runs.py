"""What the rule of slots speaks of: runs, what slots are for, how far a run is, and what the rule makes happen."""

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Protocol

from workers.slots.words import NO_ROUND, Standing, Word


class Kind(StrEnum):
    """What a slot is for; the two are counted apart."""

    TASK = "task"
    SESSION = "session"


class Phase(Enum):
    """How far a run is on its way into a slot; all but ``WAITING`` use one."""

    WAITING = "waiting"
    HELD = "held"
    CLAIMING = "claiming"
    OPENING = "opening"
    COMMITTED = "running"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: ``claim`` until a claim must be answered, ``hold`` until go or release must come, ``keep`` until slots are kept."""

    claim: float = 10.0
    hold: float = 30.0
    keep: float = 30.0


class Port(Protocol):
    """What the rule makes happen."""

    def send(self, peer: bytes, word: Word) -> None:
        """Say a word to the node with this key, if there is a channel."""
        ...

    def start(self, task: bytes, seed: bytes) -> None:
        """Start the run's child."""
        ...

    def put_aside(self, task: bytes) -> None:
        """End the run's child, which has not committed; :meth:`SlotRule.again` follows when it is gone."""
        ...


@dataclass(slots=True)
class Run:
    """One run that this node is to take part in; ``parties`` are node keys in the contract's order, the lead first."""

    task: bytes
    started: int
    parties: tuple[bytes, ...]
    kind: Kind = Kind.TASK
    phase: Phase = Phase.WAITING
    round: bytes = NO_ROUND
    since: float = 0.0
    not_before: float = 0.0
    leaving: bool = False
    # at a party that does not lead
    offered: bool | None = None
    standing: Standing | None = None
    # at the lead
    holds: set[bytes] = field(default_factory=set[bytes])
    complete_since: float | None = None
    told: dict[bytes, Standing] = field(default_factory=dict[bytes, Standing])

    @property
    def order(self) -> tuple[int, bytes]:
        """The common order of all nodes."""
        return self.started, self.task

    @property
    def lead(self) -> bytes:
        """Who claims slots for it."""
        return self.parties[0]
