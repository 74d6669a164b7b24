"""What an owner declares about how a file is written, so that its cells can be read without guessing.

The strict spelling needs no word: UTF-8, commas, ``.`` as decimal mark, ``true`` and ``false``, ``YYYY-MM-DD``, an empty
cell for no value. Every other spelling is declared, for the whole file or for one column, which overrides the file's word.
"""

from dataclasses import dataclass, fields, replace
from typing import Final, Self

from protocol.errors import FormatError
from protocol.record import Record, text_item, unprintable
from workers.sources import dates

ENCODINGS: Final = (
    "utf-8", "utf-16", "gb18030", "big5", "shift_jis", "euc-kr", "windows-1250", "windows-1251", "windows-1252", "iso-8859-15",
)  # fmt: skip
"""Encodings that can be declared; gb18030 reads GBK and GB2312, too."""
SEPARATORS: Final = (",", ";", "\t", "|")
DECIMALS: Final = (".", ",")
THOUSANDS: Final = ("", ",", ".", " ", "'", "’", "\u00a0", "\u202f")
CLEANINGS: Final = ("digits", "upper")
"""What can be done to ids before they are compared: ``digits`` drops the marks between a number's digits (phones), ``upper``
writes a-z as A-Z (the check letter of national ids)."""

PLACES: Final = {"sheet": 31, "table": 200, "query": 20_000}
"""Field → its longest text: which part of a workbook or database is read."""

_LINES: Final = {ord(mark): " " for mark in "\n\r\t"}
_NUMBERS: Final = ("integer", "decimal")
_TEXTS: Final = ("identifier", "text")
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "nulls": ("integer", "decimal", "boolean", "date", "text"),
    "decimal": _NUMBERS,
    "thousands": _NUMBERS,
    "floats": _NUMBERS,
    "dates": ("date",),
    "yes": ("boolean",),
    "no": ("boolean",),
    "trim": ("integer", "decimal", "boolean", "date", *_TEXTS),
    "half_width": ("integer", "decimal", "boolean", "date", *_TEXTS),
    "newlines": ("text",),
    "clean": _TEXTS,
}
"""Field → the kinds of columns that can have it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How cells are written. ``said`` names the fields that were declared here; the others hold the strict spelling.

    ``nulls`` are spellings of no value beside the empty cell; ``floats`` takes numbers as programs write floating point
    (``34.0``, ``1e-05``); ``yes`` and ``no`` are the spellings of true and false; ``trim`` takes surrounding spaces off;
    ``half_width`` reads full-width characters as ASCII; ``newlines`` keeps line breaks in texts; ``clean`` as
    :data:`CLEANINGS`.
    """

    nulls: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ""
    floats: bool = False
    dates: tuple[str, ...] = (dates.ISO,)
    yes: tuple[str, ...] = ("true",)
    no: tuple[str, ...] = ("false",)
    trim: bool = False
    half_width: bool = False
    newlines: bool = False
    clean: tuple[str, ...] = ()
    said: frozenset[str] = frozenset()

    @classmethod
    def take(cls, record: Record, kind: str | None) -> Self:
        """The fields that ``record`` has for columns of ``kind`` (None: for every kind); they are consumed."""
        found: dict[str, object] = {}
        for key, kinds in KINDS.items():
            if record.has(key) and (kind is None or kind in kinds):
                found[key] = _read(record, key)
        return cls(**found, said=frozenset(found))  # pyright: ignore[reportArgumentType] - each by its own reader

    def over(self, base: Self) -> Self:
        """The reading with ``base``'s word where nothing was said here; ``said`` stays what was said here."""
        values = {field.name: getattr(base, field.name) for field in fields(self) if field.name not in self.said}
        return replace(self, **values | {"said": self.said})

    def check(self, where: str) -> None:
        """Refuse what contradicts itself."""
        if self.decimal == self.thousands:
            raise FormatError(
                "schema.marks", f"{where} has one mark for decimals and thousands.", "Declare two, or no `thousands`."
            )
        spellings = (*self.yes, *self.no, *self.nulls)
        if len(set(spellings)) != len(spellings):
            raise FormatError(
                "schema.spellings", f"{where} declares one spelling with two meanings, or twice.", "Keep each once."
            )
        dates.check(self.dates, where)

    def to_json(self) -> dict[str, object]:
        """What was said here."""
        found = {name: getattr(self, name) for name in sorted(self.said)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


@dataclass(frozen=True, slots=True)
class FileForm:
    """How a file is written as a whole. ``ignore_undeclared`` leaves columns out that the schema does not name.

    ``sheet`` is a workbook's sheet ("": its first); of a database it is ``table`` (``schema.table`` where needed) or ``query``, one
    SELECT, that is read.
    """

    encoding: str = "utf-8"
    separator: str = ","
    ignore_undeclared: bool = False
    reading: Reading = Reading()
    sheet: str = ""
    table: str = ""
    query: str = ""

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read the table ``[file]``."""
        record = Record(value, where)
        found = cls(
            _choice(record, "encoding", ENCODINGS) if record.has("encoding") else "utf-8",
            _choice(record, "separator", SEPARATORS) if record.has("separator") else ",",
            _choice(record, "undeclared", ("refuse", "ignore")) == "ignore" if record.has("undeclared") else False,
            Reading.take(record, None),
            *(_place(record, key) for key in PLACES),
        )
        record.done()
        found.reading.check(where)
        if found.table and found.query:
            raise FormatError("schema.place", f"{where} has both `table` and `query`.", "Keep one of them.")
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form: what differs from the strict one."""
        found = self.reading.to_json()
        if self.encoding != "utf-8":
            found["encoding"] = self.encoding
        if self.separator != ",":
            found["separator"] = self.separator
        if self.ignore_undeclared:
            found["undeclared"] = "ignore"
        return found | {key: getattr(self, key) for key in PLACES if getattr(self, key)}


def _place(record: Record, key: str) -> str:
    """Where in a workbook or database the rows are."""
    if not record.has(key):
        return ""
    text = record.take(key)
    # a query may have several lines
    seen = text.translate(_LINES) if key == "query" and isinstance(text, str) else text
    if (
        not isinstance(text, str)
        or not isinstance(seen, str)
        or not text.strip()
        or len(text) > PLACES[key]
        or unprintable(seen)
    ):
        raise FormatError(
            "schema.place",
            f"{record.where}.{key} is empty, too long or has control characters.",
            "Write the name or SELECT.",
        )
    return text


def _read(record: Record, key: str) -> object:
    if key in ("floats", "trim", "half_width", "newlines"):
        return record.boolean(key)
    if key in ("decimal", "thousands"):
        return _choice(record, key, DECIMALS if key == "decimal" else THOUSANDS)
    found = record.list(key, 64, _spelling)
    if (not found and key != "nulls") or (key == "clean" and not set(found) <= set(CLEANINGS)):
        raise FormatError(
            "schema.reading",
            f"{record.where}.{key} is empty or has an unknown word.",
            f"Use {', '.join(CLEANINGS)}." if key == "clean" else "Name at least one spelling.",
        )
    return found


def _choice(record: Record, key: str, known: tuple[str, ...]) -> str:
    value = record.take(key)
    if value not in known or not isinstance(value, str):
        shown = ", ".join(repr(word) for word in known)
        raise FormatError("schema.reading", f"{record.where}.{key} is none of the known words.", f"Use one of {shown}.")
    return value


def _spelling(value: object, where: str) -> str:
    text = text_item(value, where)
    if not 0 < len(text) <= 200 or text != text.strip() or unprintable(text):
        raise FormatError(
            "schema.reading", f"{where} is no spelling that a cell can have.", "Use 1 to 200 visible characters."
        )
    return text
