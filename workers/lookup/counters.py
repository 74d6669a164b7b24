"""What a holder counts of each asker, on its disk before it evaluates: numbers, points in all and in this minute.

A question is one number and one digest. The same again gets the answer that was kept; another under a number that was used is refused,
and so is one whose number lies outside the window. Where the node died between counting and answering, nothing had left it: the
same question is evaluated then, and counted once.
"""

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from protocol.errors import RefusedError
from protocol.lookup import WINDOW, Question
from workers import disk
from workers.migrate import migrate

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many points an asker may have evaluated: in a minute, and in all under one key."""

    per_minute: int
    per_period: int


class Counters:
    """The database of one key period; threads take turns."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            disk.write_private(path, b"")
        disk.check_private(path)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
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

    def reserve(self, asker: bytes, question: Question, allowance: Allowance, now: int) -> bytes | None:
        """Count a question, durably; the answer that it was given before, or None: it is to be evaluated.

        Raises ``lookup.number_used``, ``lookup.outside_window``, ``lookup.uses`` or ``lookup.rate`` (with ``retry_after`` seconds),
        and then nothing was counted.
        """
        digest, points = question.digest(), len(question.blinded)
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            row = self._db.execute(
                "SELECT question, answer FROM questions WHERE asker = ? AND number = ?", (asker, question.number)
            ).fetchone()
            if row is not None:
                if row[0] != digest:
                    raise _number_used(question.number)
                return row[1]
            found = self._db.execute(
                "SELECT highest, used, minute, in_minute FROM askers WHERE asker = ?", (asker,)
            ).fetchone()
            highest, used, minute, in_minute = found or (0, 0, 0, 0)
            if not highest - WINDOW < question.number <= highest + WINDOW:
                raise _outside(question.number, highest)
            # a clock that was put back opens no new minute
            present = max(now // _MINUTE, minute)
            in_minute = in_minute if present == minute else 0
            if used + points > allowance.per_period:
                raise _uses(allowance.per_period - used, points)
            if in_minute + points > allowance.per_minute:
                raise _rate(allowance.per_minute, points, (present + 1) * _MINUTE - now)
            highest = max(highest, question.number)
            self._db.execute(
                "INSERT INTO askers VALUES (?, ?, ?, ?, ?) ON CONFLICT (asker) DO UPDATE SET highest = excluded.highest, "
                "used = excluded.used, minute = excluded.minute, in_minute = excluded.in_minute",
                (asker, highest, used + points, present, in_minute + points),
            )
            self._db.execute("INSERT INTO questions VALUES (?, ?, ?, NULL)", (asker, question.number, digest))
            self._db.execute("DELETE FROM questions WHERE asker = ? AND number <= ?", (asker, highest - WINDOW))
        return None

    def keep(self, asker: bytes, number: int, answer: bytes) -> bytes:
        """Keep what is sent now, durably; what was kept first stays, and is what is sent."""
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "UPDATE questions SET answer = ? WHERE asker = ? AND number = ? AND answer IS NULL",
                (answer, asker, number),
            )
            row = self._db.execute(
                "SELECT answer FROM questions WHERE asker = ? AND number = ?", (asker, number)
            ).fetchone()
            if row is None:  # later questions moved the window while this one was evaluated
                raise _outside(number, number + WINDOW)
            return row[0]

    def used(self) -> dict[bytes, int]:
        """Points by asker."""
        with self._lock:
            return dict(self._db.execute("SELECT asker, used FROM askers").fetchall())


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
        "lookup.uses", f"The question has {points} points, {left} are left of what was agreed for this key.",
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
