"""Strict Excel workbooks: one sheet, its header in the first row, every cell by the type with which it is stored.

A cell is a text, a number, a truth value, a day or a time, each by itself: texts are read as those of a text file, the rest as what a
typed file stores. Numbers are doubles of 15 digits, so ids that are numbers beyond that are refused: their last digits are lost.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from protocol.limits import LIMITS
from workers.sources import header, stored, values, workbook
from workers.sources.finished import finished
from workers.sources.problems import Listener, Problems
from workers.sources.schema import Column, Schema
from workers.sources.table import Table, arrow_type
from workers.sources.told import RowOf, note

_CHUNK: Final = 20_000
_WHOLE: Final = 10.0**15
"""Excel keeps 15 digits; a whole number below this is what was entered."""
DAYS: Final = (dt.date, dt.datetime)
_WORDS: Final = {"number": pa.float64(), "boolean": pa.bool_(), "date": pa.timestamp("s")}


@dataclass(frozen=True, slots=True)
class Error:
    """An error cell (``#N/A``), and ``""`` for a formula whose value is not stored."""

    word: str


def read(path: Path, schema: Schema, listener: Listener) -> Table:
    """The table in ``path``; raises :class:`workers.sources.problems.DataError` with all problems."""
    problems = Problems("xlsx", path, listener)
    sheet = Sheet(path, schema.form.sheet, problems)
    names = [name.strip() if schema.form.reading.trim else name for name in sheet.names]
    if any(names):
        places = header.positions(names, schema, problems, 1)
    else:
        places = []
        problems.add("header_none" if sheet.rows else "empty", int(sheet.rows > 0))
    sheet.note_merged([names.index(names[place]) for place in places], problems)
    problems.stop_if_any()
    chunks: list[list[Any]] = [[] for _ in schema.columns]
    count = 0
    for rows in sheet.chunks(problems):
        for column, place, parts in zip(schema.columns, places, chunks, strict=True):
            cells = [row[place] for row in rows]
            parts.append(typed(column, cells, lambda i, n=count: n + i + 2, problems))
        count += len(rows)
        listener.progress("read", count, sheet.rows)
    if not count:
        problems.add("empty")
    if count > LIMITS.psi_ids:
        problems.add("too_large")
    return finished(schema, chunks, lambda i: i + 2, problems)


class Sheet:
    """One sheet: the names in its first row, and the rows below with errors and unstored values put in their places."""

    def __init__(self, path: Path, wanted: str, problems: Problems) -> None:
        self._sheet, self._scan = workbook.opened(path, wanted, problems)
        self._cells = self._rows()
        self.names: Final = [_name(cell) for cell in next(self._cells, [])]
        self.rows: Final[int] = max(self._scan.rows - 1, 0)
        if self._scan.hidden:
            problems.warn("hidden", self._scan.hidden, "")

    def note_merged(self, places: Sequence[int], problems: Problems) -> None:
        """Report merged cells in the columns at ``places``."""
        for (top, left), (_, right) in self._sheet.merged_cell_ranges or ():
            if any(left <= place <= right for place in places):
                problems.add("merged", top + 1, self.names[max(left, 0)] if left < len(self.names) else "")

    def chunks(self, problems: Problems) -> Iterator[list[list[Any]]]:
        """Rows, many at a time; empty ones at the end are none, others are reported."""
        rows = self._kept(problems)
        while chunk := list(islice(rows, _CHUNK)):
            yield chunk

    def _rows(self) -> Iterator[list[Any]]:
        """Every row from the first on, in full width: the cell reader leaves out what is empty around the cells."""
        width, left = self._scan.width, self._sheet.start[1] if self._sheet.start else 0
        count = 0
        for row in self._sheet.iter_rows():
            count += 1
            yield row if len(row) == width else [*[""] * left, *row, *[""] * (width - left - len(row))]
        for _ in range(count, self._scan.rows):
            yield [""] * width

    def _kept(self, problems: Problems) -> Iterator[list[Any]]:
        marked = _by_row(self._scan)
        empty: list[int] = []
        for number, row in enumerate(self._cells, 2):
            for place, error in marked.get(number, ()):
                row[place] = error
            if all(cell == "" for cell in row):
                empty.append(number)
                continue
            for gap in empty:
                problems.add("empty_row", gap)
                yield [""] * len(row)
            empty.clear()
            yield row


def typed(column: Column, cells: Sequence[Any], row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Cells of one column, each by its own type → the column's array; every cell that is none of its values is reported."""
    groups: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        groups.setdefault(_KINDS.get(type(cell), "time"), []).append(index)
    parts: list[Any] = []
    for kind, places in groups.items():
        found = [cells[place] for place in places]
        parts.append(_group(column, kind, found, lambda i, at=places: row(at[i]), problems))
    if len(parts) == 1:
        return parts[0]
    order = np.empty(len(cells), np.int64)
    order[np.fromiter(chain.from_iterable(groups.values()), np.int64, len(cells))] = np.arange(len(cells))
    return pa.concat_arrays(parts).take(pa.array(order)) if parts else pa.nulls(0, arrow_type(column))


def as_time(cell: Any) -> dt.datetime:  # noqa: ANN401 - a date or a time
    """A day as its midnight."""
    return cell if isinstance(cell, dt.datetime) else dt.datetime.combine(cell, dt.time())


def _group(column: Column, kind: str, cells: list[Any], row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    none = pa.nulls(len(cells), arrow_type(column))
    if kind == "text":
        return values.from_texts(column, pa.array(cells, pa.string()), row, problems)
    if kind == "error":
        for index, cell in enumerate(cells):
            if not cell.word:
                problems.add("formula_value", row(index), column.name)
            elif cell.word not in column.reading.nulls:
                problems.add("error_cell", row(index), column.name, cell.word)
            elif not column.null:
                problems.add("missing_value", row(index), column.name)
        return none
    if kind == "number" and column.kind in ("identifier", "text", "boolean"):
        return _whole(column, np.array(cells, np.float64), row, problems)
    stored_as = _WORDS.get(kind)
    if stored_as is None or not stored.serves(column, stored_as):
        for index in range(len(cells)):
            problems.add("cell_type", row(index), column.name, kind)
        return none
    if kind == "date":
        cells = [as_time(cell) for cell in cells]
    return stored.typed(column, pa.array(cells, stored_as), row, problems)


def _whole(column: Column, numbers: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - numpy's; as above
    """Whole numbers that stand for texts or ids, or for true and false where the owner says so."""
    none = pa.nulls(len(numbers), arrow_type(column))
    if not stored.serves(column, pa.int64()):
        for index in range(len(numbers)):
            problems.add("cell_type", row(index), column.name, "number")
        return none
    cut = np.abs(numbers) >= _WHOLE
    broken = ~cut & (numbers != np.floor(numbers))
    note(pa.array(cut), "cut_number", column, row, problems)
    for index in np.flatnonzero(broken):
        problems.add("cell_type", row(int(index)), column.name, "number")
    if column.kind == "identifier":
        problems.warn("id_stored_number", row(0), column.name)
    if cut.any() or broken.any():
        return none
    return stored.typed(column, pa.array(numbers.astype(np.int64)), row, problems)


_KINDS: Final[dict[type, str]] = {
    str: "text", float: "number", int: "number", bool: "boolean", dt.date: "date", dt.datetime: "date", Error: "error",
}  # fmt: skip


def _name(cell: Any) -> str:  # noqa: ANN401 - a cell of any type
    """A column's name: a text, or a whole number (a year)."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell if isinstance(cell, str) else ""


def _by_row(scan: workbook.Scan) -> dict[int, list[tuple[int, Error]]]:
    found: dict[int, list[tuple[int, Error]]] = {}
    for (row, column), word in (*scan.errors.items(), *((place, "") for place in scan.unvalued)):
        found.setdefault(row, []).append((column, Error(word)))
    return found
