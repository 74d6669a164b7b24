"""Faults of an owner's own rows: at a run they are raised, in a dry run kept, so that everything is said at once.

Programs call :func:`refuse` where they would raise, and go on with values that are in range: at a run nothing comes after the
first fault; in a dry run (:mod:`mpc.workflow.dry_run`) the same code finds the next one. One definition, so that the check
before signing and the run cannot disagree.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from protocol.data_faults import DataFault
from protocol.errors import TallyError


class Keeper(Protocol):
    """Who keeps the faults of a dry run."""

    def keep(self, fault: TallyError) -> None:
        """One fault or notice."""
        ...


_KEEPER: ContextVar[Keeper | None] = ContextVar("keeper", default=None)


def refuse(fault: TallyError) -> None:
    """Raise the fault, unless a dry run keeps it: then the caller goes on with repaired values."""
    keeper = _KEEPER.get()
    if keeper is None:
        raise fault
    keeper.keep(fault)


def notice(code: str, columns: Sequence[str], rows: int | None = None, **facts: str | int | None) -> None:
    """What a run does with such rows without stopping; said in a dry run, nothing at a run."""
    keeper = _KEEPER.get()
    if keeper is not None:
        keeper.keep(DataFault(code, columns, rows, **facts))


def noticing() -> bool:
    """Whether anybody hears notices: what only serves them need not be computed at a run."""
    return _KEEPER.get() is not None


@contextmanager
def kept(keeper: Keeper) -> Generator[None]:
    """Faults of this context go to ``keeper``."""
    token = _KEEPER.set(keeper)
    try:
        yield
    finally:
        _KEEPER.reset(token)
