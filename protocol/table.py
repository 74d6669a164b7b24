"""The canonical grammar of input rows: one spelling per value, so that equal data always has equal bytes.

A cell is either null or a text in its kind's canonical spelling; the same text is hashed into the input commitment,
compared by row filters and turned into the number that is shared. Messages name rows and columns, never values (I2).
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Annotated, ClassVar, Final, TypeAlias

from protocol import fields
from protocol.codec import choice, integer
from protocol.errors import FormatError
from protocol.fields import Document, Fields, Many
from protocol.limits import LIMITS

KINDS: Final = ("boolean", "decimal", "id", "integer", "text")
MAX_SCALE: Final = 18
MAX_TEXT: Final = 4096
MAX_ID: Final = 256

Cell: TypeAlias = str | None
Row: TypeAlias = tuple[Cell, ...]
Reader: TypeAlias = Callable[[str], str]

_INTEGER = re.compile(r"([+-]?)0*([0-9]{1,30})")
_DECIMAL = re.compile(r"([+-]?)0*([0-9]{1,30})(?:\.([0-9]{0,40}))?")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{0,40})?[eE][+-]?[0-9]{1,2}")
_BOOLEANS = {"true": "true", "false": "false", "1": "true", "0": "false"}
_CANONICAL_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,29}")
_CANONICAL_DECIMAL = re.compile(r"(0|-?[1-9][0-9]{0,29})(\.[0-9]*[1-9])?|-0\.[0-9]*[1-9]")


@dataclass(frozen=True, slots=True)
class Column(Fields):
    """One column: ``scale`` is the number of decimal places of a decimal, 0 for every other kind."""

    name: fields.Column
    kind: Annotated[str, choice(KINDS)]
    scale: Annotated[int, integer(0, MAX_SCALE)] = 0
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Schema(Document):
    """The columns of a data set version, strictly sorted by name; rows carry their cells in this order.

    Every row hash begins with its digest. That is not the ``schemaHash`` of ``DataSets``: the digest of the public
    description (``catalogue``).
    """

    FORMAT: ClassVar[str] = "tallystick/schema/v1"
    WHERE: ClassVar[str] = "schema"
    LIMIT: ClassVar[int] = LIMITS.envelope

    columns: Annotated[tuple[Column, ...], Many(LIMITS.columns)]

    def __post_init__(self) -> None:
        """Refuse column lists that have another canonical form."""
        found = self.columns
        if not 1 <= len(found) <= LIMITS.columns or any(a.name >= b.name for a, b in pairwise(found)):
            raise FormatError(
                "schema.columns",
                "Columns are not strictly sorted by name, or none, or too many.",
                f"Sort them; at most {LIMITS.columns}.",
            )
        for column in found:
            if (column.scale and column.kind != "decimal") or (column.nullable and column.kind == "id"):
                raise FormatError(
                    "schema.column",
                    f"Column {column.name!r} has a scale without being decimal, or is a nullable id.",
                    "Correct the column.",
                    column=column.name,
                )

    def index(self, name: str) -> int:
        """Position of a column."""
        for position, column in enumerate(self.columns):
            if column.name == name:
                return position
        raise FormatError("schema.no_column", f"There is no column {name!r}.", "Name a column of the schema.")


def row_reader(schema: Schema) -> Callable[[int, Sequence[Cell]], Row]:
    """A function ``(row number, raw cells in schema order) -> canonical row``.

    Raw cells are the source's texts. An empty text is null, except in text columns where only None is.
    Raises :class:`FormatError` ``table.*`` with ``row`` and ``column``, without the value.
    """
    columns = [(column, _READERS[column.kind](column)) for column in schema.columns]

    def read(number: int, cells: Sequence[Cell]) -> Row:
        if len(cells) != len(columns):
            raise FormatError(
                "table.width", f"Row {number} has {len(cells)} cells, not {len(columns)}.", "Correct the row.",
                row=number,
            )  # fmt: skip
        row: list[Cell] = []
        for raw, (column, reader) in zip(cells, columns, strict=True):
            if raw is None or (raw == "" and column.kind != "text"):
                if not column.nullable:
                    raise _error("table.null", column, "is empty and the column allows no nulls", number)
                row.append(None)
                continue
            try:
                row.append(reader(raw))
            except ValueError:
                raise _error(f"table.{column.kind}", column, f"is no {_EXPECTED[column.kind]}", number) from None
        return tuple(row)

    return read


def is_canonical(column: Column, cell: Cell) -> bool:
    """Whether a cell is in the one spelling its column allows."""
    if cell is None:
        return column.nullable
    try:
        return (cell != "" or column.kind == "text") and _READERS[column.kind](column)(cell) == cell
    except ValueError:
        return False


def scaled(column: Column, cell: str) -> int:
    """The integer that a canonical cell stands for: value · 10^scale, 0 or 1 for booleans. Text has none."""
    if column.kind == "boolean" and cell in ("true", "false"):
        return int(cell == "true")
    if column.kind == "integer" and _CANONICAL_INTEGER.fullmatch(cell):
        return int(cell)
    if column.kind == "decimal" and _CANONICAL_DECIMAL.fullmatch(cell):
        whole, _, fraction = cell.partition(".")
        if len(fraction) <= column.scale:
            return int(whole + fraction.ljust(column.scale, "0"))
    raise _error("table.not_numeric", column, "has no numeric value")


def scaled_text(value: int, scale: int) -> str:
    """The canonical decimal text of ``value`` / 10^scale: no exponent, no trailing zeros, no minus zero."""
    sign, digits = ("-" if value < 0 else ""), str(abs(value)).rjust(scale + 1, "0")
    whole, fraction = (digits[:-scale], digits[-scale:].rstrip("0")) if scale else (digits, "")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def cell_bytes(cell: Cell) -> bytes:
    """Unambiguous bytes of a canonical cell: 0x00 for null, 0x01 and the UTF-8 text otherwise."""
    return b"\x00" if cell is None else b"\x01" + cell.encode("utf-8")


def _text_reader(_column: Column) -> Reader:
    def read(raw: str) -> str:
        text = raw if raw.isascii() else unicodedata.normalize("NFC", raw)
        if len(text) > MAX_TEXT:
            raise ValueError
        text.encode("utf-8")  # lone surrogates raise UnicodeEncodeError, a ValueError
        return text

    return read


def _id_reader(_column: Column) -> Reader:
    def read(raw: str) -> str:
        text = raw if raw.isascii() else unicodedata.normalize("NFC", raw)
        # Invisible differences would make two records of one person miss each other in an alignment.
        if not text or len(text) > MAX_ID or not text.isprintable() or text != text.strip():
            raise ValueError
        text.encode("utf-8")
        return text

    return read


def _integer_reader(_column: Column) -> Reader:
    match = _INTEGER.fullmatch

    def read(raw: str) -> str:
        found = match(raw)
        if found is None:
            raise ValueError
        sign, digits = found.groups()
        return "-" + digits if sign == "-" and digits != "0" else digits

    return read


def _decimal_reader(column: Column) -> Reader:
    match = _DECIMAL.fullmatch
    scale = column.scale

    def read(raw: str) -> str:
        found = match(raw)
        if found is None:
            if not _SCIENTIFIC.fullmatch(raw):
                raise ValueError
            found = match(_plain(raw))
            if found is None:
                raise ValueError
        sign, digits, fraction = found.groups()
        if fraction:
            fraction = fraction.rstrip("0")
            if len(fraction) > scale:
                raise ValueError
            if fraction:
                digits = f"{digits}.{fraction}"
        return "-" + digits if sign == "-" and digits != "0" else digits

    return read


def _plain(raw: str) -> str:
    """``1.5e-3`` as ``0.0015``: decimal arithmetic, nothing is rounded."""
    try:
        return format(Decimal(raw), "f")
    except InvalidOperation as error:
        raise ValueError from error


def _boolean_reader(_column: Column) -> Reader:
    def read(raw: str) -> str:
        if raw not in _BOOLEANS:
            raise ValueError
        return _BOOLEANS[raw]

    return read


_READERS: Final[dict[str, Callable[[Column], Reader]]] = {
    "boolean": _boolean_reader,
    "decimal": _decimal_reader,
    "id": _id_reader,
    "integer": _integer_reader,
    "text": _text_reader,
}
_EXPECTED: Final = {
    "boolean": "true, false, 1 or 0",
    "decimal": "decimal number within the column's scale and 30 digits",
    "id": f"id of 1 to {MAX_ID} printable characters without surrounding spaces",
    "integer": "whole number of at most 30 digits",
    "text": f"Unicode text of at most {MAX_TEXT} characters",
}


def _error(code: str, column: Column, what: str, row: int | None = None) -> FormatError:
    place = f"column {column.name!r}" if row is None else f"row {row}, column {column.name!r}"
    return FormatError(
        code, f"The cell in {place} {what}.", "Correct the source or the schema.", row=row, column=column.name
    )
