"""Strict CSV (RFC 4180) in the declared encoding and with the declared separator; every problem is reported.

Blocks without quotes are split by Arrow; from the first quote on the standard library's parser reads, whose rules these are.
"""

import csv
import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from protocol.limits import LIMITS
from workers.sources import decoding, header, values
from workers.sources.finished import finished
from workers.sources.problems import Listener, Problems
from workers.sources.reading import SEPARATORS
from workers.sources.schema import Schema
from workers.sources.table import Table

MAX_BYTES: Final = 1 << 32
_CHUNK: Final = 50_000
_END: Final = "\x1a"


def read(path: Path, schema: Schema, listener: Listener) -> Table:
    """The table in ``path``; raises :class:`workers.sources.problems.DataError` with all problems."""
    problems = Problems("csv", path, listener)
    if not path.is_file():
        problems.add("missing")
    elif path.stat().st_size > MAX_BYTES:
        problems.add("too_large")
    problems.stop_if_any()
    parser = _Parser(schema, problems)
    chunks: list[list[Any]] = [[] for _ in schema.columns]
    lines: list[Any] = []
    for texts, numbers in parser.rows(decoding.blocks(path, schema.form.encoding, problems)):
        for column, cells, parts in zip(schema.columns, texts, chunks, strict=True):
            parts.append(values.from_texts(column, cells, lambda i, n=numbers: int(n[i]), problems))
        lines.append(numbers)
    if not lines and not problems.count:
        problems.add("empty")
    numbers = np.concatenate([*lines, np.empty(0, np.int64)])
    return finished(schema, chunks, lambda i: int(numbers[i]), problems)


class _Parser:
    """From blocks of text to the declared columns' cells with the line on which each row begins."""

    def __init__(self, schema: Schema, problems: Problems) -> None:
        self._schema = schema
        self._problems = problems
        self._separator = schema.form.separator
        self._width = 0
        self._places: list[int] = []
        self._line = 1
        self._rows = 0
        self._blank: list[int] = []

    def rows(self, blocks: Iterator[str]) -> Iterator[tuple[list[Any], Any]]:
        """Arrow arrays of the declared columns in the schema's order, and line numbers."""
        try:
            rest = self._header(blocks)
            self._problems.stop_if_any()
            for block in rest:
                plain = self._plain(block)
                if plain is None:
                    yield from self._quoted(chain((block,), rest) if '"' in block else iter((block,)))
                else:
                    yield plain
                if self._rows > LIMITS.psi_ids:
                    self._problems.add("too_large")
                    return
        except csv.Error as error:
            self._malformed(error)
        if self._width == 1:
            self._note_blank()

    def _header(self, blocks: Iterator[str]) -> Iterator[str]:
        """Read the header; what follows it, as blocks."""
        lines = _Lines(blocks)
        names = [name.strip() if self._schema.form.reading.trim else name for name in next(self._csv(lines), [])]
        self._line += lines.count
        rest = chain((lines.rest(),), blocks)
        if not any(name.strip() for name in names):
            if not self._problems.count:
                filled = any(block.strip() for block in rest)
                self._problems.add("header_none" if filled else "empty", int(filled))
            return iter(())
        self._width = len(names)
        if len(names) <= 2 and names[0].lower().startswith("sep="):
            self._problems.add("sep_line", 1)
        elif not self._other_separator(names):
            self._places = header.positions(names, self._schema, self._problems, 1)
        return rest

    def _other_separator(self, names: list[str]) -> bool:
        """Whether one cell of the header is the header of another separator: then that is the one thing to say."""
        wanted = {column.source.casefold() for column in self._schema.columns}
        if len(names) > 1 and wanted & {name.casefold() for name in names}:
            return False
        for other in SEPARATORS:
            cells = {cell.strip('" ').casefold() for name in names for cell in name.split(other)}
            if other != self._separator and len(cells) > len(names) and wanted & cells and not wanted & set(names):
                self._problems.add("separator", 1, detail=f'"{other}"'.replace("\t", "\\t"))
                return True
        return False

    def _csv(self, lines: Iterator[str]) -> Any:  # noqa: ANN401 - csv's reader has no public type
        return csv.reader(lines, delimiter=self._separator, strict=True)

    def _plain(self, block: str) -> tuple[list[Any], Any] | None:
        """A block that Arrow splits as RFC 4180 does; None when it has quotes, empty lines or rows of another width."""
        block = block.replace("\r\n", "\n")
        if (
            self._width == 1
            or block[:1] in ("", "\n", "\ufeff")
            or any(mark in block for mark in ('"', "\r", "\0", "\n\n"))
        ):
            return None
        names = [str(i) for i in range(self._width)]
        data = block.encode()
        try:
            found = arrow_csv.read_csv(
                pa.BufferReader(data),
                arrow_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
                arrow_csv.ParseOptions(delimiter=self._separator, quote_char=False, double_quote=False, escape_char=False, ignore_empty_lines=False),
                arrow_csv.ConvertOptions(
                    check_utf8=False,
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                    include_columns=[str(place) for place in sorted(set(self._places))],
                ),
            )  # fmt: skip
        except pa.ArrowInvalid:
            return None
        self._note_blank()
        numbers = np.arange(self._line, self._line + found.num_rows, dtype=np.int64)
        self._line += found.num_rows
        self._rows += found.num_rows
        return [found.column(str(place)).combine_chunks() for place in self._places], numbers

    def _quoted(self, blocks: Iterator[str]) -> Iterator[tuple[list[Any], Any]]:
        """The rows of blocks as the standard library reads them; those of another width are reported."""
        lines = _Lines(blocks)
        reader = self._csv(lines)
        rows: list[list[str]] = []
        numbers: list[int] = []
        first = self._line
        try:
            for row in reader:
                start, self._line = self._line, first + lines.count
                if not row:
                    self._blank.append(start)
                    continue
                self._note_blank()
                if len(row) != self._width:
                    self._problems.add("end_mark" if row == [_END] else "cell_count", start)
                    continue
                rows.append(row)
                numbers.append(start)
                self._rows += 1
                if len(rows) == _CHUNK:
                    yield self._arrays(rows), np.array(numbers, np.int64)
                    rows, numbers = [], []
                if self._rows > LIMITS.psi_ids:
                    break
        except csv.Error as error:
            self._malformed(error, spans=lines.count > self._line - first + 1)
        if rows:
            yield self._arrays(rows), np.array(numbers, np.int64)

    def _arrays(self, rows: list[list[str]]) -> list[Any]:
        columns = list(zip(*rows, strict=True))
        return [pa.array(columns[place], pa.string()) for place in self._places]

    def _malformed(self, error: csv.Error, *, spans: bool = False) -> None:
        """Say where the row begins that cannot be read: an open quote swallows everything after it."""
        message = str(error)
        opened = "unexpected end" in message or ("field limit" in message and spans)
        code = "quote_open" if opened else "too_long" if "field limit" in message else "quoting"
        self._problems.add(code, self._line)

    def _note_blank(self) -> None:
        """Empty lines at the end of a file are none of its rows; in its midst they may be lost ones."""
        for line in self._blank:
            self._problems.add("empty_row", line)
        self._blank.clear()


class _Lines:
    """The lines of blocks, counted as they are taken, with what is left of the block they stand in."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self._block = io.StringIO("", newline="")
        self.count = 0

    def __iter__(self) -> "_Lines":
        """The iterator itself."""
        return self

    def __next__(self) -> str:
        """The next line with its end."""
        line = self._block.readline()
        while not line:
            self._block = io.StringIO(next(self._blocks), newline="")
            line = self._block.readline()
        self.count += 1
        return line

    def rest(self) -> str:
        """What follows in the block that was begun."""
        return self._block.read()
