"""Strict CSV (RFC 4180): UTF-8 without BOM, header equal to the declared schema, every problem reported."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from protocol.limits import LIMITS
from workers.sources import values
from workers.sources.problems import Problems
from workers.sources.schema import Schema
from workers.sources.table import Table, arrow_type

MAX_BYTES: Final = 1 << 32
_CHUNK: Final = 50_000
_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read(path: Path, schema: Schema) -> Table:
    """The table in ``path``; raises :class:`workers.sources.problems.DataError` with all problems."""
    problems = Problems("csv", path)
    text = _decode(path, problems)
    problems.stop_if_any()
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    chunks: list[list[Any]] = [[] for _ in schema.columns]
    lines: list[int] = []
    try:
        _check_header(next(reader, []), schema, problems)
        problems.stop_if_any()
        for rows, numbers in _chunks(reader, len(schema.columns), problems):
            for column, cells, parts in zip(schema.columns, zip(*rows, strict=True), chunks, strict=True):
                texts = pa.array(cells, pa.string())
                parts.append(values.from_texts(column, texts, numbers.__getitem__, problems))
            lines += numbers
    except csv.Error:
        problems.add("quoting", reader.line_num)
    if not lines and not problems.count:
        problems.add("empty")
    arrays = tuple(
        pa.chunked_array(parts, arrow_type(column)).combine_chunks()
        for column, parts in zip(schema.columns, chunks, strict=True)
    )
    for column, array in zip(schema.columns, arrays, strict=True):
        if column.kind == "identifier":
            values.note_duplicates(column, array, lines.__getitem__, problems)
    problems.stop_if_any()
    return Table(schema, arrays)


def _decode(path: Path, problems: Problems) -> str:
    if not path.is_file():
        problems.add("missing")
        return ""
    if path.stat().st_size > MAX_BYTES:
        problems.add("too_large")
        return ""
    data = path.read_bytes()
    if data.startswith(_MARKS):
        problems.add("bom", 1)
        return ""
    if not data.strip():
        problems.add("empty")
        return ""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        problems.add("encoding", data.count(b"\n", 0, error.start) + 1)
        return ""


def _check_header(header: list[str], schema: Schema, problems: Problems) -> None:
    declared = schema.names
    for name in sorted({name for name in header if header.count(name) > 1}):
        problems.add("header_duplicate", 1, _shown(name))
    for name in declared:
        if name not in header:
            problems.add("header_missing", 1, name)
    for name in header:
        if name not in declared:
            problems.add("header_extra", 1, _shown(name))
    if not problems.count and tuple(header) != declared:
        problems.add("header_order", 1)


def _chunks(reader: Any, width: int, problems: Problems) -> Iterator[tuple[list[list[str]], list[int]]]:  # noqa: ANN401 - csv's reader has no public type
    """Rows of the right width with their line numbers, in chunks; the others are reported."""
    rows: list[list[str]] = []
    numbers: list[int] = []
    count = 0
    for row in reader:
        if len(row) != width:
            problems.add("cell_count" if row else "empty_row", reader.line_num)
            continue
        rows.append(row)
        numbers.append(reader.line_num)
        count += 1
        if count > LIMITS.psi_ids:
            problems.add("too_large")
            break
        if len(rows) == _CHUNK:
            yield rows, numbers
            rows, numbers = [], []
    if rows:
        yield rows, numbers


def _shown(name: str) -> str:
    """A header cell as it may be shown: short and printable (it may be a value when the header is missing)."""
    return name if name.isascii() and name.isprintable() and len(name) <= 63 else "?"
