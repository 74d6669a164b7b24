"""What a report over a period is made of: events as the chain has them, the names and contracts that were known, and up to which block."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Self

from protocol import events, ids
from protocol.codec import choice, embedded, integer, json_object, sequence, text
from protocol.contract import TaskContract
from protocol.errors import FormatError
from protocol.event import Event
from protocol.event_words import ids_in
from protocol.fields import Count, Document, Fields, Hash, Many
from protocol.limits import LIMITS
from protocol.typed import Uint256

MOST: Final = 2**20
"""Events, names and contracts of a report at most."""
KINDS: Final = ("engine", "party", "program")


@dataclass(frozen=True, slots=True)
class Happened(Fields):
    """One event and where it stands; ``time`` is its block's, unix seconds."""

    block: Count
    index: Annotated[int, integer(0, 2**31 - 1)]
    time: Count
    name: Annotated[str, text(64)]
    args: Annotated[Mapping[str, object], json_object()]

    @classmethod
    def of(cls, event: Event, block: int, index: int, time: int) -> Self:
        """An event as the index and the chain have it."""
        return cls(block, index, time, type(event).__name__, event.to_json())

    @property
    def event(self) -> Event:
        """The event by its own type; ``event.*`` or ``json.*`` for one that this version does not know."""
        return events.read(self.name, self.args)


@dataclass(frozen=True, slots=True)
class Known(Fields):
    """A name behind an id on chain."""

    kind: Annotated[str, choice(KINDS)]
    name: Annotated[str, text(200)]


@dataclass(frozen=True, slots=True)
class Inputs(Document):
    """A period from ``since`` to before ``until`` (unix seconds), as the chain was at ``block``; for whom it was gathered: ``reader``.

    Of a reader who reads all, ``happened`` holds every event that the report is about; of another, those that it may read.
    """

    FORMAT: ClassVar[str] = "tallystick/period-inputs/v1"
    WHERE: ClassVar[str] = "inputs"
    LIMIT: ClassVar[int] = 8 * LIMITS.bundle_unpacked

    deployment: Hash
    chain_id: Uint256
    reader: Annotated[str, text(100)]
    since: Count
    until: Count
    block: Count
    happened: Annotated[tuple[Happened, ...], Many(MOST)]
    names: Annotated[tuple[Known, ...], Many(MOST)]
    contracts: Annotated[tuple[TaskContract, ...], sequence(embedded(TaskContract, LIMITS.task_contract), MOST)]

    def require(self, where: str) -> None:
        """Events in the chain's order, none after ``block``; names and contracts once and in order, so that equal inputs are equal bytes."""
        places = [(item.block, item.index) for item in self.happened]
        names = [(item.kind, item.name) for item in self.names]
        digests = [contract.digest() for contract in self.contracts]
        if any(found != sorted(set(found)) for found in (places, names, digests)):
            raise FormatError("report.order", f"{where}: something is out of order or there twice.", "Export it again.")
        if self.since >= self.until or any(item.block > self.block for item in self.happened):
            raise FormatError(
                "report.period", f"{where}: the period is empty, or an event is after its block.", "Correct it."
            )


def inputs(
    *, deployment: bytes, chain_id: int, reader: str, since: int, until: int, block: int, happened: Iterable[Happened],
    names: Iterable[tuple[str, str]], contracts: Iterable[TaskContract],
) -> Inputs:  # fmt: skip
    """Inputs in their one order. Of contracts, those whose digests are on chain; of names, those that an event or a contract needs."""
    kept = tuple(sorted(happened, key=lambda item: (item.block, item.index)))
    proposed = [event for item in kept if isinstance(event := item.event, events.TaskProposed)]
    digests = {event.proposal.contract_digest for event in proposed}
    words = {contract.digest(): contract for contract in contracts}
    own = tuple(words[digest] for digest in sorted(digests & words.keys()))
    told = {("party", name) for contract in own for name in contract.participants}
    told |= {("program", name) for contract in own for name in contract.programs} | {
        ("engine", item.engine) for item in own
    }
    seen = {found for item in kept for found in ids_in(item.event)}
    needed = {(kind, name) for kind, name in {*names, *told} if kind in KINDS and ids.on_chain(name) in seen}
    return Inputs(
        deployment, chain_id, reader, since, until, block, kept, tuple(Known(*item) for item in sorted(needed)), own
    )


def select(happened: Iterable[Happened], since: int, until: int, block: int) -> list[Happened]:
    """Of a chain's events those that a report over a period is about: tasks proposed in it with all that became of them up to a block,
    the uses that they took, and what was authorized and revoked in it.
    """
    before = [item for item in happened if item.block <= block and item.name in REPORTED]
    read = [(item, item.event) for item in before]
    tasks = {
        event.task for item, event in read if isinstance(event, events.TaskProposed) and since <= item.time < until
    }
    # an authorization that a task used tells of whose data set it was, whenever it was given
    used = {event.authorization for _, event in read if isinstance(event, events.UseConsumed) and event.task in tasks}
    return [
        item
        for item, event in read
        if getattr(event, "task", None) in tasks
        or (item.name in GIVEN and (since <= item.time < until or getattr(event, "authorization", None) in used))
    ]


GIVEN: Final = ("AuthorizationSubmitted", "AuthorizationRevoked", "AllRevoked")
"""Events about authorizations that no task caused."""
OF_TASKS: Final = (
    "TaskProposed", "TaskStarted", "RunCommitted", "TaskCompleted", "TaskDisputed", "TaskAborted", "TaskExpired", "OutputReviewed",
    "ReviewExpired", "ResultAttested", "UseConsumed", "UseReturned",
)  # fmt: skip
"""Events about a task."""
REPORTED: Final = frozenset((*GIVEN, *OF_TASKS))
