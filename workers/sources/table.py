"""A typed table in memory: the one read of an owner's rows that is hashed, stored and shared.

Numbers are integers in units of 10^-scale, so nothing is rounded twice; texts are NFC. Arrow arrays keep a million rows
in tens of megabytes.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
from pyarrow import ipc

from protocol.errors import FormatError
from protocol.table import Cell, Row, scaled_text
from workers.sources.arrow import give_back, pc
from workers.sources.schema import Column, Schema

_COMPARE: Final = {
    "eq": pc.equal, "ne": pc.not_equal, "lt": pc.less, "le": pc.less_equal, "gt": pc.greater, "ge": pc.greater_equal,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """``arrays`` are in the schema's order: int64 for numbers and booleans, packed dosages for genotypes, string for the rest; null where empty."""

    schema: Schema
    arrays: tuple[Any, ...]

    def __post_init__(self) -> None:
        """Refuse arrays that are not the schema's."""
        expected = [arrow_type(column) for column in self.schema.columns]
        lengths = {len(array) for array in self.arrays}
        if [array.type for array in self.arrays] != expected or len(lengths) != 1:
            raise FormatError("table.malformed", "The arrays are not the schema's columns.", "Read the file again.")

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.arrays[0])

    def array(self, name: str) -> Any:  # noqa: ANN401 - pyarrow is untyped
        """The Arrow array of a column."""
        return self.arrays[self.schema.names.index(self.schema.column(name).name)]

    def numbers(self, name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        """A numeric column without nulls as int64 in units of 10^-scale."""
        array = self.array(name)
        if not self.schema.column(name).numeric or array.null_count:
            raise FormatError("table.not_numeric", f"Column {name} holds texts or nulls.", "Choose another column.")
        return array.to_numpy(zero_copy_only=False)

    def packed(self, name: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """A column of genotypes as bytes, shape (rows, bytes of a person); not copied."""
        array, width = self.array(name), self.schema.column(name).listed().width
        if not len(array):  # which may have no buffer at all
            return np.zeros((0, width), np.uint8)
        _, data = array.buffers()
        found = np.frombuffer(data, np.uint8, len(array) * width, array.offset * width)
        return found.reshape(len(array), width)

    def texts(self, name: str) -> list[Cell]:
        """The canonical cells of one column: None for null."""
        return cells(self.schema.column(name), self.array(name))

    def canonical_rows(self, chunk: int = 65536) -> Iterator[Row]:
        """Every row in file order, cells sorted by column name: what the input commitment hashes."""
        order = sorted(range(len(self.arrays)), key=lambda i: self.schema.columns[i].name)
        for start in range(0, self.rows, chunk):
            columns = [cells(self.schema.columns[i], self.arrays[i].slice(start, chunk)) for i in order]
            yield from zip(*columns, strict=True)

    def canonical_row(self, number: int) -> Row:
        """One row of :meth:`canonical_rows`, by its number in the file's order from 0."""
        columns = sorted(zip(self.schema.columns, self.arrays, strict=True), key=lambda pair: pair[0].name)
        return tuple(cells(column, array.slice(number, 1))[0] for column, array in columns)

    def select(self, columns: Sequence[str], filters: Sequence[tuple[str, str, str]]) -> Self:
        """The rows for which every ``(column, operator, value)`` holds, and only ``columns``, in the order given.

        Numbers compare as numbers, texts by code point; a null cell never matches.
        """
        keep = np.ones(self.rows, dtype=bool)
        for name, operator, value in filters:
            column = self.schema.column(name)
            if column.kind == "genotypes":
                raise FormatError("table.filter", f"{name} holds genotypes.", "Filter by another column.")
            if column.kind not in ("integer", "decimal", "date") and operator not in ("eq", "ne"):
                raise FormatError("table.filter", f"{name} has no order for {operator!r}.", "Use eq or ne.")
            operand = _operand(column, value)
            matched = _COMPARE[operator](self.array(name), operand)
            keep &= pc.fill_null(matched, False).to_numpy(zero_copy_only=False)
        mask = pa.array(keep)
        chosen = tuple(self.schema.column(name) for name in columns)
        schema = replace(self.schema, columns=chosen)
        return type(self)(schema, tuple(self.array(column.name).filter(mask) for column in chosen))

    def snapshot(self) -> bytes:
        """The table as an Arrow IPC stream: what is stored, encrypted."""
        batch = pa.record_batch(list(self.arrays), names=list(self.schema.names))
        sink = io.BytesIO()
        with ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        return sink.getvalue()

    @classmethod
    def restore(cls, schema: Schema, snapshot: bytes) -> Self:
        """Read what :meth:`snapshot` wrote."""
        try:
            with ipc.open_stream(io.BytesIO(snapshot)) as reader:
                table = reader.read_all()
        except (pa.ArrowInvalid, OSError) as error:
            raise FormatError(
                "table.malformed", "The stored snapshot is no Arrow stream.", "Register it again."
            ) from error
        if table.column_names != list(schema.names):
            raise FormatError("table.malformed", "The stored snapshot has other columns.", "Register it again.")
        return cls(schema, tuple(column.combine_chunks() for column in table.columns))


def arrow_type(column: Column) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """How a column is held."""
    if column.kind == "genotypes":
        return pa.binary(column.listed().width)
    return pa.int64() if column.numeric else pa.string()


def joined(schema: Schema, chunks: Sequence[list[Any]]) -> tuple[Any, ...]:
    """One array for each column from its chunks, which are given up on the way: a large table is not held twice."""
    arrays: list[Any] = []
    for column, parts in zip(schema.columns, chunks, strict=True):
        give_back()
        arrays.append(pa.chunked_array(parts, arrow_type(column)).combine_chunks())
        parts.clear()
    give_back()
    return tuple(arrays)


def cells(column: Column, array: Any) -> list[Cell]:  # noqa: ANN401 - as above
    """Canonical texts of an array, None for null."""
    return canonical_texts(column, array).to_pylist()


def canonical_texts(column: Column, array: Any) -> Any:  # noqa: ANN401 - as above
    """The array's canonical texts as strings: decimals without trailing zeros, ``true`` and ``false``, NFC text, a digest of each person's
    genotypes; null for null.
    """
    if column.kind == "genotypes":
        listed = column.listed()
        return pa.array([listed.cell(packed.as_py()) for packed in array], pa.string())
    if column.kind == "boolean":
        return pc.if_else(pc.equal(array, 1), "true", "false")
    if column.kind == "integer":
        return array.cast(pa.string())
    if column.kind == "decimal":
        digits = pc.utf8_lpad(pc.abs(array).cast(pa.string()), width=column.scale + 1, padding="0")
        whole = pc.utf8_slice_codeunits(digits, 0, -column.scale)
        fraction = pc.utf8_rtrim(pc.utf8_slice_codeunits(digits, -column.scale), characters="0")
        sign, point = pc.if_else(pc.less(array, 0), "-", ""), pc.if_else(pc.equal(fraction, ""), "", ".")
        return pc.binary_join_element_wise(sign, whole, point, fraction, "")
    return array


def _operand(column: Column, value: str) -> Any:  # noqa: ANN401 - as above
    """A filter's value as the column holds it; it must be canonical, so that one condition has one spelling."""
    if not column.numeric:
        return pa.scalar(value, pa.string())
    if column.kind == "boolean":
        if value not in ("true", "false"):
            raise FormatError("table.filter", f"{column.name} is compared with no boolean.", "Use true or false.")
        return pa.scalar(int(value == "true"), pa.int64())
    try:
        number = parse_number(value, column.scale)
    except ValueError as error:
        raise FormatError(
            "table.filter", f"{column.name} is compared with what is no number of its scale.", "Correct the filter."
        ) from error
    return pa.scalar(number, pa.int64())


def parse_number(text: str, scale: int) -> int:
    """Canonical decimal text in units of 10^-scale; raises ValueError for any other spelling."""
    whole, _, fraction = text.lstrip("-").partition(".")
    if not text.isascii() or not (whole + fraction).isdigit() or len(fraction) > scale or len(whole) > 18 - scale:
        raise ValueError(text)
    number = int(whole + fraction.ljust(scale, "0")) * (-1 if text.startswith("-") else 1)
    if scaled_text(number, scale) != text:
        raise ValueError(text)
    return number
