"""Processes that may die between any two effects, and disks that may be full: what a schedule counts is effects.

An effect is what outlives the process, or what others see: a commit, a line in the log, a file, a request. A kill is planned for the
n-th of them from now on; it comes just before or just after.
"""

import errno
import os
import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

_WRITES: Final = ("INSERT", "UPDATE", "DELETE", "COMMIT")


class Killed(BaseException):
    """The process has ended here. No handler of the code under test catches it, as none would catch SIGKILL."""


@dataclass
class Clock:
    """The one clock, in unix seconds."""

    now: int


@dataclass
class Process:
    """One simulated process: alive or not, and what is planned for it."""

    name: str
    alive: bool = True
    skew: int = 0
    effects: int = 0
    kill_in: int = 0
    kill_after: bool = False
    full_for: int = 0
    killed: int = 0
    acts: list[str] = field(default_factory=list[str])

    def plan_kill(self, effects: int, *, after: bool) -> None:
        """Die at the so-manieth effect from now on."""
        self.kill_in, self.kill_after = effects, after

    @contextmanager
    def effect(self) -> Generator[None]:
        """Surrounds one effect."""
        hit = self.before()
        yield
        self.after(hit)

    def before(self) -> bool:
        """Just before an effect; whether the process dies just after it."""
        self.require_alive()
        self.effects += 1
        hit = self.kill_in == 1
        self.kill_in = max(0, self.kill_in - 1)
        if hit and not self.kill_after:
            self.die()
        return hit

    def after(self, hit: bool) -> None:
        """Just after it."""
        if hit:
            self.die()

    def require_alive(self) -> None:
        """A dead process does nothing, in none of its threads."""
        if not self.alive:
            raise Killed(self.name)

    def die(self) -> None:
        """End here."""
        self.alive, self.kill_in = False, 0
        self.killed += 1
        raise Killed(self.name)

    def write(self) -> None:
        """A write to the disk is about to happen."""
        if self.full_for:
            self.full_for -= 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def heal(self) -> None:
        """Nothing is planned any more."""
        self.skew = self.kill_in = self.full_for = 0


class WatchedDatabase:
    """A node's SQLite connection whose writes are effects. Only what :class:`workers.state.State` uses of one."""

    def __init__(self, real: sqlite3.Connection, process: Process) -> None:
        self._real: Final = real
        self._process: Final = process

    def execute(self, statement: str, values: Any = ()) -> sqlite3.Cursor:
        """As the connection's."""
        if not statement.startswith(_WRITES):
            return self._real.execute(statement, values)
        with self._process.effect():
            try:
                if statement != "COMMIT":
                    self._process.write()
            except OSError as error:
                raise sqlite3.OperationalError("database or disk is full") from error
            return self._real.execute(statement, values)

    def close(self) -> None:
        """As the connection's; what was not committed is gone, as after a kill."""
        self._real.close()


def watched(process_of: Callable[[os.PathLike[str]], Process | None], real: Callable[..., Any]) -> Callable[..., Any]:
    """A function of :mod:`workers.disk` on a path whose call is an effect of the process that the path belongs to."""

    def act(path: os.PathLike[str], *arguments: Any) -> Any:
        process = process_of(path)
        if process is None:
            return real(path, *arguments)
        with process.effect():
            process.write()
            return real(path, *arguments)

    return act
