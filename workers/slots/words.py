"""What nodes say to each other about runs that wait for a slot, on the control channel between their doors.

Six words, each about one task. ``round`` names an attempt of the run's lead; all zeros before its first one. Nothing here
is evidence: a word that lies costs its sender's own tasks time, and nobody is blamed for one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from mpc.link.errors import MalformedError
from mpc.link.wire import Reader
from protocol.limits import LIMITS

ROUND_BYTES: Final = 16
SEED_BYTES: Final = 32
NO_ROUND: Final = bytes(ROUND_BYTES)


class PeerState(IntEnum):
    """How a run's lead sees one of its parties."""

    READY = 0
    BUSY = 1
    """It knows the run and has no slot free."""
    ABSENT = 2
    """It has no channel with the lead, or has not said that it knows the run."""


@dataclass(frozen=True, slots=True)
class Offer:
    """To the lead: whether this node would take the run now; it holds nothing for ``round`` (any more)."""

    task: bytes
    round: bytes
    ready: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """From the lead: hold a slot for this round."""

    task: bytes
    round: bytes


@dataclass(frozen=True, slots=True)
class Held:
    """To the lead: a slot is held."""

    task: bytes
    round: bytes


@dataclass(frozen=True, slots=True)
class Go:
    """From the lead: all parties hold a slot; start. ``seed`` makes the tickets of the run's links."""

    task: bytes
    round: bytes
    seed: bytes


@dataclass(frozen=True, slots=True)
class Release:
    """From the lead: the round is over; wait again, unless input may be out."""

    task: bytes
    round: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """From the lead: whom the run waits for (in the contract's order, the lead first), and whether slots are kept for it."""

    task: bytes
    kept: bool
    states: tuple[PeerState, ...]


Word = Offer | Claim | Held | Go | Release | Standing


class WordKind(IntEnum):
    """The frames of the control channel; the numbers are apart from those of a run's links."""

    OFFER = 64
    CLAIM = 65
    HELD = 66
    GO = 67
    RELEASE = 68
    STANDING = 69
    PING = 70
    """Nothing to say, still here."""


def encode(word: Word) -> tuple[WordKind, bytes]:
    """Kind and payload of a word's frame."""
    match word:
        case Offer():
            return WordKind.OFFER, word.task + word.round + bytes((word.ready,))
        case Claim():
            return WordKind.CLAIM, word.task + word.round
        case Held():
            return WordKind.HELD, word.task + word.round
        case Go():
            return WordKind.GO, word.task + word.round + word.seed
        case Release():
            return WordKind.RELEASE, word.task + word.round
        case Standing():
            return WordKind.STANDING, word.task + bytes((word.kept, len(word.states), *word.states))


def decode(kind: WordKind, payload: bytes) -> Word | None:
    """The word in a frame, None for a ping; ``link.malformed_frame`` for anything that has another encoding."""
    reader = Reader(payload, kind.name)
    found = None if kind is WordKind.PING else _READERS[kind](reader)
    reader.end()
    return found


def _offer(reader: Reader) -> Word:
    return Offer(reader.take(32), reader.take(ROUND_BYTES), _flag(reader))


def _go(reader: Reader) -> Word:
    return Go(reader.take(32), reader.take(ROUND_BYTES), reader.take(SEED_BYTES))


def _standing(reader: Reader) -> Word:
    task, kept, count = reader.take(32), _flag(reader), reader.uint(1)
    states = reader.take(count)
    if count > LIMITS.run_parties or any(state > PeerState.ABSENT for state in states):
        raise MalformedError("link.malformed_frame", "STANDING has too many or unknown states.")
    return Standing(task, kept, tuple(map(PeerState, states)))


def _flag(reader: Reader) -> bool:
    value = reader.uint(1)
    if value > 1:
        raise MalformedError("link.malformed_frame", "A truth value is neither 0 nor 1.")
    return bool(value)


def _round_word(word: type[Claim] | type[Held] | type[Release]) -> Callable[[Reader], Word]:
    return lambda reader: word(reader.take(32), reader.take(ROUND_BYTES))


_READERS: Final[dict[WordKind, Callable[[Reader], Word]]] = {
    WordKind.OFFER: _offer,
    WordKind.CLAIM: _round_word(Claim),
    WordKind.HELD: _round_word(Held),
    WordKind.GO: _go,
    WordKind.RELEASE: _round_word(Release),
    WordKind.STANDING: _standing,
}
