"""What a holder counts of its sessions, on its disk before it answers: who asked what under which number, and each answer's receipt.

A question is one number and one digest. The same again gets the answer that was kept; another under a number that was used is refused,
and so is one whose number lies outside the window. Where the node died between counting and answering, nothing had left it: the
same question is evaluated then, and counted once. An answer gets its place, 1, 2, 3…, in the transaction that keeps it, so there is no
place without its receipt.

The server writes answers here while the running node puts receipts into batches. In no backup: a node that was put back has forgotten
which numbers it answered, so its sessions are over.
"""

import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, cast

from protocol.errors import RefusedError
from protocol.sessions import ENDS, WINDOW, End, SessionTerms
from workers import disk
from workers.migrate import migrate

FOLDER: Final = "sessions"
FILE: Final = "ledger.sqlite"
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
SHOWN: Final = 30 * 86_400
"""Seconds after a session's end for which its askers can fetch the proofs of their receipts."""
_FORGET: Final = (
    "DELETE FROM askers WHERE session IN (SELECT session FROM sessions WHERE closed = 1 AND ends < ?)",
    "DELETE FROM questions WHERE session IN (SELECT session FROM sessions WHERE closed = 1 AND ends < ?)",
    "DELETE FROM receipts WHERE session IN (SELECT session FROM sessions WHERE closed = 1 AND ends < ?)",
    "DELETE FROM entries WHERE session IN (SELECT session FROM sessions WHERE closed = 1 AND ends < ?)",
    "DELETE FROM sessions WHERE closed = 1 AND ends < ?",
)
_MINUTE: Final = 60
_WAIT: Final = 5
"""Seconds after which a question may be repeated that the log keeps waiting."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is counted: by whom, in which session, under which number, its digest, and how many ids it has."""

    session: bytes
    party: str
    number: int
    digest: bytes
    points: int


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that is kept: what is sent, its receipt's leaf, its time."""

    answer: bytes = field(repr=False)
    leaf: bytes
    time: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that the log says, or is to say, of a session; ``anchored`` is the size of the first anchor over it, 0 before."""

    session: bytes
    place: int
    kind: str
    last: int
    envelope: bytes = field(repr=False)
    epoch: int | None
    position: int | None
    anchored: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A session as it stands: how many answers it gave, when somebody asked last, why it ended ("" while it is open)."""

    session: bytes
    terms: SessionTerms
    answers: int
    asked: int
    ended: End | Literal[""]
    closed: bool


@dataclass(frozen=True, slots=True)
class Pace:
    """How a node's answers and their anchors keep pace: open sessions, answers that no anchor covers, and the largest part of a promised
    delay that one of these has used.
    """

    open: int = 0
    waiting: int = 0
    delay_used: float = 0.0


class Ledger:
    """The database of all sessions of a node; threads take turns, and so do server and node."""

    def __init__(self, state: Path) -> None:
        path = place(state)
        disk.private_dir(path.parent)
        if not path.exists():
            disk.write_private(path, b"")
        disk.check_private(path)
        self._lock = threading.RLock()
        self._terms: dict[bytes, SessionTerms] = {}
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        try:
            migrate(self._db, path, _MIGRATIONS)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    # sessions

    def open(self, terms: SessionTerms, envelope: bytes, kind: str) -> None:
        """Keep a session with the envelope that states it; the log gets that first."""
        session = terms.digest()
        with self._transaction():
            self._run(
                "INSERT INTO sessions VALUES (?, ?, ?, 0, ?, '', 0)", session, terms.data(), terms.ends, terms.begins
            )
            self._run("INSERT INTO entries VALUES (?, 0, ?, 0, ?, NULL, NULL, 0)", session, kind, envelope)

    def end(self, session: bytes, why: End) -> bool:
        """No answer from here on; False where it had ended before. The first reason stays."""
        with self._transaction():
            self._require(session)
            return bool(self._run("UPDATE sessions SET ended = ? WHERE session = ? AND ended = ''", why, session))

    def sessions(self, *, unfinished: bool = False) -> list[Standing]:
        """All sessions that are kept, or those for which something is left to do, in the order of their opening."""
        rows = self._all("SELECT * FROM sessions WHERE ? = 0 OR closed = 0 ORDER BY rowid", int(unfinished))
        return [self._standing(row) for row in rows]

    def session(self, session: bytes) -> Standing:
        """One session; raises ``session.unknown``."""
        return self._standing(self._require(session))

    def pace(self, now: int) -> Pace:
        """Of all sessions for which something is left to do."""
        found = self.sessions(unfinished=True)
        late = [(it, oldest) for it in found if (oldest := self._unanchored(it.session)) is not None]
        return Pace(
            sum(not it.ended for it in found),
            sum(it.answers - place + 1 for it, (place, _) in late),
            max((max(0, now - time) / it.terms.delay for it, (_, time) in late), default=0.0),
        )

    def used(self, session: bytes) -> dict[str, int]:
        """Ids that were asked for, by asker."""
        return {row["party"]: row["used"] for row in self._all("SELECT * FROM askers WHERE session = ?", session)}

    # questions

    def reserve(self, asked: Asked, now: int) -> bytes | None:
        """Count a question, durably; the answer that it was given before, or None: it is to be evaluated.

        Raises ``session.unknown``, ``session.not_logged``, ``session.ended``, ``session.not_asker``, ``session.behind``,
        ``lookup.number_used``, ``lookup.outside_window``, ``lookup.uses`` or ``lookup.rate`` (with ``retry_after`` seconds where waiting
        helps), and then nothing was counted.
        """
        with self._transaction():
            standing = self._open(asked.session, now)
            allowed = standing.terms.asker(asked.party)
            row = self._one(
                "SELECT question, answer FROM questions WHERE session = ? AND party = ? AND number = ?",
                asked.session, asked.party, asked.number,
            )  # fmt: skip
            if row is not None:
                if row["question"] != asked.digest:
                    raise _number_used(asked.number)
                return row["answer"]
            self._require_in_time(standing, now)
            found = self._one("SELECT * FROM askers WHERE session = ? AND party = ?", asked.session, asked.party)
            highest, used, minute, in_minute = (
                (0, 0, 0, 0)
                if found is None
                else (found["highest"], found["used"], found["minute"], found["in_minute"])
            )
            if not highest - WINDOW < asked.number <= highest + WINDOW:
                raise _outside(asked.number, highest)
            # a clock that was put back opens no new minute
            present = max(now // _MINUTE, minute)
            in_minute = in_minute if present == minute else 0
            if used + asked.points > allowed.uses:
                raise _uses(allowed.uses - used, asked.points)
            if in_minute + asked.points > allowed.per_minute:
                raise _rate(allowed.per_minute, asked.points, (present + 1) * _MINUTE - now)
            highest = max(highest, asked.number)
            self._run(
                "INSERT INTO askers VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (session, party) DO UPDATE SET highest = excluded.highest, "
                "used = excluded.used, minute = excluded.minute, in_minute = excluded.in_minute",
                asked.session, asked.party, highest, used + asked.points, present, in_minute + asked.points,
            )  # fmt: skip
            self._run(
                "INSERT INTO questions VALUES (?, ?, ?, ?, NULL)",
                asked.session,
                asked.party,
                asked.number,
                asked.digest,
            )
            self._run(
                "DELETE FROM questions WHERE session = ? AND party = ? AND number <= ?",
                asked.session, asked.party, highest - WINDOW,
            )  # fmt: skip
            self._run("UPDATE sessions SET asked = max(asked, ?) WHERE session = ?", now, asked.session)
        return None

    def keep(self, asked: Asked, make: Callable[[int], Answered]) -> bytes:
        """Keep what is sent now, durably, with its receipt's leaf at the next place; ``make`` signs for that place.

        What was kept first stays, and is what is sent. Raises ``session.ended`` where the session ended meanwhile.
        """
        with self._transaction():
            row = self._require(asked.session)
            if row["ended"]:
                raise _ended(row["ended"])
            kept = self._one(
                "SELECT answer FROM questions WHERE session = ? AND party = ? AND number = ?",
                asked.session, asked.party, asked.number,
            )  # fmt: skip
            if kept is None:  # later questions moved the window while this one was evaluated
                raise _outside(asked.number, asked.number + WINDOW)
            if kept["answer"] is not None:
                return kept["answer"]
            answered = row["answers"] + 1
            made = make(answered)
            self._run("INSERT INTO receipts VALUES (?, ?, ?, ?)", asked.session, answered, made.leaf, made.time)
            self._run("UPDATE sessions SET answers = ? WHERE session = ?", answered, asked.session)
            self._run(
                "UPDATE questions SET answer = ? WHERE session = ? AND party = ? AND number = ?",
                made.answer, asked.session, asked.party, asked.number,
            )  # fmt: skip
            return made.answer

    # receipts and the log

    def waiting(self, session: bytes) -> tuple[int, int] | None:
        """(place, time) of the first receipt that is in no batch."""
        row = self._one(
            "SELECT answered, time FROM receipts WHERE session = ?1 AND answered = 1 + "
            "(SELECT max(last) FROM entries WHERE session = ?1)",
            session,
        )
        return None if row is None else (row["answered"], row["time"])

    def leaves(self, session: bytes, first: int, last: int) -> list[bytes]:
        """The leaves of some receipts, in their order."""
        rows = self._all(
            "SELECT leaf FROM receipts WHERE session = ? AND answered BETWEEN ? AND ? ORDER BY answered",
            session, first, last,
        )  # fmt: skip
        return [row["leaf"] for row in rows]

    def add_entry(self, session: bytes, kind: str, last: int, envelope: bytes) -> None:
        """Keep what the log is to say next of a session."""
        with self._transaction():
            place = self._one("SELECT max(place) + 1 AS n FROM entries WHERE session = ?", session)
            self._run(
                "INSERT INTO entries VALUES (?, ?, ?, ?, ?, NULL, NULL, 0)",
                session, cast("sqlite3.Row", place)["n"], kind, last, envelope,
            )  # fmt: skip

    def opening(self, session: bytes) -> bytes:
        """The envelope that states that a session opened."""
        row = self._one("SELECT envelope FROM entries WHERE session = ? AND place = 0", session)
        return cast("sqlite3.Row", row)["envelope"]

    def last_entry(self, session: bytes) -> Entry:
        """The last thing that the log says, or is to say, of a session."""
        row = self._one("SELECT * FROM entries WHERE session = ? ORDER BY place DESC LIMIT 1", session)
        return Entry(*cast("sqlite3.Row", row))

    def open_entries(self, session: bytes) -> list[Entry]:
        """Those that no anchor covers yet, in order."""
        return [
            Entry(*row)
            for row in self._all("SELECT * FROM entries WHERE session = ? AND anchored = 0 ORDER BY place", session)
        ]

    def entry_of(self, session: bytes, answered: int) -> Entry | None:
        """The batch that has an answer's receipt."""
        row = self._one(
            "SELECT * FROM entries WHERE session = ? AND place > 0 AND last >= ? ORDER BY place LIMIT 1",
            session,
            answered,
        )
        return None if row is None else Entry(*row)

    def first_of(self, entry: Entry) -> int:
        """The first answer that a batch covers."""
        row = self._one("SELECT last FROM entries WHERE session = ? AND place = ?", entry.session, entry.place - 1)
        return cast("sqlite3.Row", row)["last"] + 1

    def logged(self, entry: Entry, envelope: bytes, epoch: int, position: int) -> None:
        """The log of an epoch has it, in this envelope, at this position."""
        self._run(
            "UPDATE entries SET envelope = ?, epoch = ?, position = ? WHERE session = ? AND place = ?",
            envelope, epoch, position, entry.session, entry.place,
        )  # fmt: skip

    def anchored(self, entry: Entry, size: int) -> None:
        """The chain has an anchor of ``size`` over it."""
        self._run("UPDATE entries SET anchored = ? WHERE session = ? AND place = ?", size, entry.session, entry.place)

    def finish(self, session: bytes, now: int) -> None:
        """Its end is anchored. Sessions whose proofs have been there for long enough are forgotten."""
        with self._transaction():
            self._run("UPDATE sessions SET closed = 1 WHERE session = ?", session)
            for statement in _FORGET:
                self._run(statement, now - SHOWN)

    # inside a transaction

    def _open(self, session: bytes, now: int) -> Standing:
        """A session in which questions are answered now; what ended it meanwhile is noted."""
        standing = self._standing(self._require(session))
        if standing.ended:
            raise _ended(standing.ended)
        if why := over(standing, now):
            raise _ended(why)
        opened = self._one("SELECT position FROM entries WHERE session = ? AND place = 0", session)
        if now < standing.terms.begins or cast("sqlite3.Row", opened)["position"] is None:
            raise RefusedError(
                "session.not_logged", "The session is not open yet: the holder's log does not have it, or its time is to come.",
                f"Ask again in {_WAIT} s.", retry_after=_WAIT,
            )  # fmt: skip
        return standing

    def _require_in_time(self, standing: Standing, now: int) -> None:
        """Whoever cannot keep its promise promises nothing more: half of the delay is left for the chain."""
        oldest = self._unanchored(standing.session)
        if oldest is not None and oldest[1] + standing.terms.delay // 2 < now:
            raise RefusedError(
                "session.behind", "The holder's receipts are not anchored as fast as it promised, so it gives no further answer.",
                f"Ask again in {_MINUTE} s; if it stays so, tell the holder that its node or its chain endpoint does not run.",
                retry_after=_MINUTE,
            )  # fmt: skip

    def _unanchored(self, session: bytes) -> tuple[int, int] | None:
        """(place, time) of the first receipt that no anchor covers."""
        row = self._one(
            "SELECT answered, time FROM receipts WHERE session = ?1 AND answered = 1 + "
            "(SELECT max(last) FROM entries WHERE session = ?1 AND (anchored > 0 OR place = 0))",
            session,
        )
        return None if row is None else (row["answered"], row["time"])

    def _standing(self, row: sqlite3.Row) -> Standing:
        session = row["session"]
        terms = self._terms.get(session)
        if terms is None:
            terms = self._terms[session] = SessionTerms.read(row["terms"])
        return Standing(session, terms, row["answers"], row["asked"], row["ended"], bool(row["closed"]))

    def _require(self, session: bytes) -> sqlite3.Row:
        row = self._one("SELECT * FROM sessions WHERE session = ?", session)
        if row is None:
            raise RefusedError(
                "session.unknown",
                "This node has no such session.",
                "Fetch the sessions that the holder offers now; at the holder itself, see `tally session list`.",
            )
        return row

    @contextmanager
    def _transaction(self) -> Generator[None]:
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield

    def _run(self, statement: str, *values: Any) -> int:  # noqa: ANN401 - what SQLite takes
        with self._lock:
            return self._db.execute(statement, values).rowcount

    def _one(self, statement: str, *values: Any) -> sqlite3.Row | None:  # noqa: ANN401
        with self._lock:
            return self._db.execute(statement, values).fetchone()

    def _all(self, statement: str, *values: Any) -> list[sqlite3.Row]:  # noqa: ANN401
        with self._lock:
            return self._db.execute(statement, values).fetchall()


def place(state: Path) -> Path:
    """Where a node's sessions are counted."""
    return state / FOLDER / FILE


def over(standing: Standing, now: int) -> End | None:
    """Why an open session is over by the clock, if it is."""
    if now >= standing.terms.ends:
        return "over"
    return "idle" if now - max(standing.asked, standing.terms.begins) >= standing.terms.idle else None


def _ended(why: End) -> RefusedError:
    return RefusedError(
        "session.ended", f"The session is over. {ENDS[why].english}", "Ask in a session that the holder offers now."
    )


def _number_used(number: int) -> RefusedError:
    return RefusedError(
        "lookup.number_used", f"Number {number} was used for another question.", "Ask under the next number that is free."
    )  # fmt: skip


def _outside(number: int, highest: int) -> RefusedError:
    return RefusedError(
        "lookup.outside_window", f"Number {number} is {WINDOW} or more away from the highest one, {highest}.",
        "Ask under a number that follows the highest one.", highest=highest,
    )  # fmt: skip


def _uses(left: int, points: int) -> RefusedError:
    return RefusedError(
        "lookup.uses", f"The question has {points} points, {left} are left of what was agreed for this session.",
        "Ask fewer, or agree on more with the holder.",
    )  # fmt: skip


def _rate(most: int, points: int, wait: int) -> RefusedError:
    if points > most:
        return RefusedError(
            "lookup.rate", f"The question has {points} points, a minute has {most}.", "Ask in smaller batches."
        )  # fmt: skip
    return RefusedError(
        "lookup.rate", f"The {most} points of this minute are used up.", f"Ask again in {wait} s.", retry_after=wait
    )  # fmt: skip
