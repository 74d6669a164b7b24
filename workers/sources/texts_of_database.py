"""Cells of a database in the texts of its own protocol: which stored types serve which kind, and how their texts are read.

A database writes each type in one way, so no declaration of spellings applies to its numbers, days and truth values; only to texts.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa

from workers.sources import stored, values
from workers.sources.arrow import pc
from workers.sources.problems import Problems
from workers.sources.reading import Reading
from workers.sources.schema import Column
from workers.sources.told import RowOf, note

WHOLE, NUMBER, TRUTH, DAY, TIME, TEXT, POINT, OTHER = (
    "whole", "number", "truth", "day", "time", "text", "point", "other",
)  # fmt: skip
_SERVES: Final = {
    WHOLE: ("integer", "decimal", "identifier", "text", "boolean"),
    NUMBER: ("integer", "decimal"),
    TRUTH: ("boolean",),
    DAY: ("date",),
    TIME: ("date",),
}
_TRUTHS: Final = Reading(yes=("t", "1"), no=("f", "0"))
_MIDNIGHT: Final = r"[ T]00:00:00(\.0+)?$"
_CLOCK: Final = r"^([0-9]{4,}-[0-9]{2}-[0-9]{2})[ T][0-9:.]+$"
_ZERO: Final = r"^0000-|^[0-9]{4}-(00|[0-9]{2}-00)"


@dataclass(frozen=True, slots=True)
class Stored:
    """A column's stored type: ``family`` is how its texts are read, ``name`` what the database calls it."""

    family: str
    name: str


def check(column: Column, kind: Stored, problems: Problems) -> None:
    """Report a stored type that cannot hold the declared kind, by its name."""
    if kind.family == POINT:
        problems.add("zone", 0, column.name, kind.name)
    elif not _serves(column, kind):
        problems.add("wrong_type", 0, column.name, kind.name)
    elif kind.family == WHOLE and column.kind == "identifier":
        problems.warn("id_stored_number", 0, column.name)


def typed(column: Column, kind: Stored, cells: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """The server's texts → the column's array; every cell that is none of its values is reported."""
    if kind.family == TEXT:
        return stored.typed(column, cells, row, problems)
    if kind.family in (WHOLE, NUMBER) and column.kind in ("integer", "decimal"):
        column = _read_as(column, Reading(floats=True))
    elif kind.family == TRUTH:
        column = _read_as(column, _TRUTHS)
    elif kind.family in (DAY, TIME):
        cells = _days(column, cells, row, problems)
        column = _read_as(column, Reading())
    return values.from_texts(column, cells, row, problems)


def _serves(column: Column, kind: Stored) -> bool:
    """Whether the stored type holds values of the column's kind; numbers are true and false only where the owner says so."""
    if kind.family == WHOLE and column.kind == "boolean":
        return {"yes", "no"} & column.reading.said != set()
    return kind.family == TEXT or column.kind in _SERVES.get(kind.family, ())


def _read_as(column: Column, reading: Reading) -> Column:
    """The column as the database writes its values; what stands for no value stays the owner's word."""
    return replace(column, reading=replace(reading, nulls=column.reading.nulls))


def _days(column: Column, cells: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    """Days, and times that are midnight, as ``YYYY-MM-DD``; others are reported and left out."""
    cells = values.without_nulls(column, cells)
    cells = pc.replace_substring_regex(cells, _MIDNIGHT, "")
    zero = pc.match_substring_regex(cells, _ZERO)
    late = pc.and_not(pc.match_substring_regex(cells, _CLOCK), zero)
    note(zero, "zero_date", column, row, problems)
    note(late, "time_of_day", column, row, problems)
    # what was reported is told once: a day in its place is no second problem
    return pc.if_else(pc.or_(zero, late), pa.scalar("2000-01-01"), cells)
