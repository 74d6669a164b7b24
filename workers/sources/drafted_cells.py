"""Cells of workbooks and databases for a draft: each column in the one type that fits them, and whether its reader takes a declaration."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from protocol.programs import Words
from workers.sources import database as databases
from workers.sources import excel_file, texts_of_database
from workers.sources.problems import Listener, Problems
from workers.sources.reading import FileForm
from workers.sources.schema import Column
from workers.sources.texts_of_database import DAY, OTHER, POINT, TIME, TRUTH, WHOLE, Stored

ROWS: Final = 200_000
"""Rows that are looked at: they are held as they come."""
_SILENT: Final = Listener()
_TYPES: Final = {WHOLE: (pa.int64(), pa.uint64()), DAY: (pa.date32(),), TIME: (pa.timestamp("us"),)}


@dataclass(frozen=True, slots=True)
class Found:
    """Names and cells of the columns; ``reads`` says whether the source's own reader takes the column at a place."""

    names: list[str]
    cells: list[Any]
    notes: tuple[Words, ...]
    reads: Callable[[int, Column], bool]


def workbook(path: Path, place: FileForm, problems: Problems) -> Found:
    """The declared sheet's."""
    sheet = excel_file.Sheet(path, place.sheet, problems)
    rows: list[list[Any]] = []
    for chunk in sheet.chunks(problems):
        rows += chunk
        if len(rows) >= ROWS:
            break
    columns = [list(column) for column in zip_longest(*rows, fillvalue="")]
    columns = columns[: len(sheet.names)] if rows else []

    def reads(at: int, column: Column) -> bool:
        tried = Problems("draft", path, _SILENT)
        sheet.note_merged([at], tried)
        excel_file.typed(column, columns[at], int, tried)
        return not tried.count

    notes = (Words(f"Sheet: {place.sheet or 'the first'}.", f"工作表：{place.sheet or '第一个'}。"),)
    return Found(sheet.names, [_of_sheet(cells) for cells in columns], notes, reads)


def database(path: Path, place: FileForm, problems: Problems) -> Found:
    """The declared table's or query's."""
    batches: list[list[Any]] = []
    with databases.opened(path, place, problems) as session:
        columns = session.columns()
        names = [name for name, _ in columns]
        known = [
            at
            for at, name in enumerate(names)
            if columns[at][1].family not in (OTHER, POINT) and names.count(name) == 1
        ]
        rows = 0
        for batch in session.rows([names[at] for at in known], ROWS) if known else ():
            batches.append(batch)
            rows += len(batch[0])
            if rows >= ROWS:
                break
    texts = {at: _joined([batch[place] for batch in batches]) for place, at in enumerate(known)}

    def reads(at: int, column: Column) -> bool:
        tried = Problems("draft", path, _SILENT)
        texts_of_database.check(column, columns[at][1], tried)
        if not tried.count:
            texts_of_database.typed(column, columns[at][1], texts[at], int, tried)
        return not tried.count

    cells = [_of_database(columns[at][1], texts[at]) if at in texts else _unread(rows) for at in range(len(names))]
    return Found(names, cells, (), reads)


def _joined(parts: Sequence[Any]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    return pa.chunked_array(parts, pa.string()).combine_chunks()


def _unread(rows: int) -> Any:  # noqa: ANN401 - as above
    """In the place of a column that no kind takes: what no kind takes either."""
    return pa.nulls(rows, pa.list_(pa.int8()))


def _of_sheet(cells: list[Any]) -> Any:  # noqa: ANN401 - as above
    """Cells of one type as that type, others as texts, by which a draft is made and then tried on the cells."""
    kinds = {type(cell) for cell in cells if cell != ""}
    found = [None if cell == "" else cell for cell in cells]
    if kinds == {bool}:
        return pa.array(found, pa.bool_())
    if kinds and kinds <= {float, int}:
        if all(float(cell).is_integer() and abs(cell) < 1e15 for cell in found if cell is not None):
            return pa.array([None if cell is None else int(cell) for cell in found], pa.int64())
        return pa.array(found, pa.float64())
    if kinds and all(issubclass(kind, excel_file.DAYS) for kind in kinds):
        return pa.array([None if cell is None else excel_file.as_time(cell) for cell in found], pa.timestamp("s"))
    return pa.array([cell if isinstance(cell, str) else _text(cell) for cell in cells], pa.string())


def _text(cell: Any) -> str:  # noqa: ANN401 - a cell of any type
    if isinstance(cell, excel_file.Error):
        return cell.word or "#"
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _of_database(kind: Stored, texts: Any) -> Any:  # noqa: ANN401 - as above
    if kind.family == TRUTH:
        return pa.array([None if text is None else text in ("t", "1") for text in texts.to_pylist()], pa.bool_())
    for stored_as in _TYPES.get(kind.family, ()):
        try:
            return texts.cast(stored_as)
        except pa.ArrowInvalid:
            continue
    return texts
