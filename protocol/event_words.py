"""What a task's events are called, in both languages, and what of them is shown: the explorer's timeline and the client's.

``tests/unit/protocol/test_events.py`` holds that every event of ``Tasks`` about a task is here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import Final, cast

from protocol import events, ids
from protocol.event import Event
from protocol.fields import Fields, fields_of
from protocol.programs import Words
from protocol.reasons import BY_NUMBER, Reason
from protocol.typed import KIND_WITHDRAWAL

ABSENT: Final = frozenset({bytes(32), ids.on_chain("")})
"""How the chain writes "nobody" and "nothing": zero, or the hash of the empty name (an absent reviewer)."""


_NONE: Final = Words("", "")


@dataclass(frozen=True, slots=True)
class Shown:
    """``party`` and ``value`` name the fields with the party it is about and the hash that matters most, "" for none; a field
    of a struct by its way there.

    ``ends`` names the fields with the parties that an end without success is about; such an event looks bad. ``about`` says
    what the chain knows of each of them, ``{party}``, and no more: who ended a task is not thereby at fault.
    """

    words: Words
    party: str = ""
    value: str = ""
    ends: tuple[str, ...] = ()
    about: Words = _NONE

    @property
    def bad(self) -> bool:
        """Whether the task ended without success by it."""
        return bool(self.ends)


TIMELINE: Final[Mapping[type[Event], Shown]] = MappingProxyType(
    {
        events.TaskProposed: Shown(Words("Proposed", "提议"), value="proposal.contract_digest"),
        events.TaskStarted: Shown(Words("Started", "启动"), value="programs_digest"),
        events.UsesReserved: Shown(Words("More uses taken", "续取用量")),
        events.RunCommitted: Shown(Words("Committed", "提交承诺"), "party", "log_root"),
        events.TaskCompleted: Shown(Words("Completed", "完成"), value="run_id"),
        events.TaskDisputed: Shown(
            Words("Disputed", "争议"),
            ends=("left", "right"),
            about=Words(
                "What {party} committed to does not agree with another's commitment; which is right the chain cannot tell.",
                "{party} 的承诺与另一方的承诺不一致；链上无法判定哪一方正确。",
            ),
        ),
        events.TaskAborted: Shown(
            Words("Ended by a party", "被参与方结束"),
            "party",
            "statement",
            ("party",),
            Words(
                "Ended by {party}: the reason, and whom its statement names, are {party}'s claim.",
                "由 {party} 终止：原因及其声明所指对象均为 {party} 的说法。",
            ),
        ),
        events.TaskExpired: Shown(
            Words("Expired", "逾期"),
            ends=("missing",),
            about=Words(
                "Nothing of {party} was on chain by the deadline; why, the chain does not know.",
                "截止时链上没有 {party} 的承诺；原因链上不得而知。",
            ),
        ),
        events.OutputReviewed: Shown(Words("Output reviewed", "结果复核"), "reviewer", "statement"),
        events.ReviewExpired: Shown(Words("Review expired", "复核逾期"), "reviewer"),
        events.ResultAttested: Shown(Words("Result attested", "结果确认"), "result_user", "result_hash"),
    }
)
NAMES: Final = tuple(event.__name__ for event in TIMELINE)
_OTHER: Final = Shown(Words("Recorded", "记录"))
_BY_NAME: Final = {event.__name__: shown for event, shown in TIMELINE.items()}


def shown(name: str) -> Shown:
    """How an event is shown, by its name; one without words of its own is "recorded"."""
    return _BY_NAME.get(name, _OTHER)


def party_of(event: Event) -> bytes | None:
    """The party that an event is about, by its id."""
    return _field(event, shown(type(event).__name__).party)


def value_of(event: Event) -> bytes | None:
    """The hash of an event that matters most."""
    return _field(event, shown(type(event).__name__).value)


def reason_of(event: events.TaskAborted) -> Reason | None:
    """Why a task was ended; None for a number that is none of the table's, or that its author cannot give: a withdrawal has the
    proposer's reasons, and nobody else has them. The chain knows the author, not the reasons.
    """
    found = BY_NUMBER.get(event.reason)
    return found if found is not None and found.of_proposer == (event.kind == KIND_WITHDRAWAL) else None


def ended_by(event: Event) -> tuple[bytes, ...]:
    """The parties that an end without success is about, sorted."""
    found: set[bytes] = set()
    for name in shown(type(event).__name__).ends:
        value: bytes | tuple[bytes, ...] = getattr(event, name)
        found |= {value} if isinstance(value, bytes) else set(value)
    return tuple(sorted(found))


def ids_in(event: Event) -> frozenset[bytes]:
    """Every 32-byte value of an event, its structs' included: what may have a name."""
    return frozenset(value for value in _values(event) if isinstance(value, bytes))


def _values(value: object) -> Iterator[object]:
    if isinstance(value, Fields):
        for field in fields_of(type(value)):
            yield from _values(getattr(value, field.attribute))
    elif isinstance(value, tuple):
        for item in cast("tuple[object, ...]", value):
            yield from _values(item)
    else:
        yield value


def _field(event: Event, name: str) -> bytes | None:
    found: bytes | None = attrgetter(name)(event) if name else None
    return None if found in ABSENT else found
