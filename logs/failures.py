"""A failure as it may be logged: its kind, our own code, and where it happened. Never its words, never a variable.

The words of an error that is not ours may hold what it failed on: psycopg's the connection string, httpx's an address with a
token, pydantic's the input, a conversion's the value. Ours say what happened for people, with the values at hand. Kind, code and
place are enough to find the cause.
"""

import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, TypeAlias

from protocol.errors import TallyError

Fields: TypeAlias = dict[str, object]
_ROOT: Final = f"{Path(__file__).resolve().parents[1]}/"
_MARKS: Final = ("/site-packages/", "/dist-packages/")
_FRAMES: Final = 20
_CAUSES: Final = 8


def describe(error: BaseException) -> Fields:
    """The error, and what it arose from (PEP 3134), outermost first; of a group also its members."""
    return _described(error, set(), _CAUSES)


def kind(error: BaseException) -> str:
    """The error's type, and our own code where it is ours: ``psycopg.OperationalError``, ``RangeError log.no_entry``."""
    found = type(error)
    name = found.__qualname__ if found.__module__ == "builtins" else f"{found.__module__}.{found.__qualname__}"
    return f"{name} {error.code}" if isinstance(error, TallyError) else name


def place(path: str, line: int | None, function: str) -> str:
    """``orchestrator/api/app.py:12:create_app``: relative to the project, or to where packages are installed."""
    short = path.removeprefix(_ROOT)
    for mark in _MARKS:
        short = short.rpartition(mark)[2]
    return f"{short}:{line or 0}:{function}"


def _described(error: BaseException, seen: set[int], left: int) -> Fields:
    seen.add(id(error))
    fields: Fields = {"type": kind(error), "frames": list(_frames(error.__traceback__))}
    if isinstance(error, OSError) and error.errno is not None:
        fields["errno"] = error.errno
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen and left:
        fields["from"] = _described(cause, seen, left - 1)
    if isinstance(error, BaseExceptionGroup) and left:
        members: Sequence[BaseException] = error.exceptions
        fields["members"] = [_described(member, seen, left - 1) for member in members[:left] if id(member) not in seen]
    return fields


def _frames(trace: TracebackType | None) -> Iterator[str]:
    # lookup_lines off: not even a line of source is read
    summary = traceback.StackSummary.extract(traceback.walk_tb(trace), limit=-_FRAMES, lookup_lines=False)
    return (place(frame.filename, frame.lineno, frame.name) for frame in summary)
