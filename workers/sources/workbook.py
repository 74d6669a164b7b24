"""An `.xlsx` workbook before its cells are read: whether it may be opened at all, and what the cell reader does not tell.

The reader (calamine) gives an empty cell for an error and for a formula without a stored value, which would silently become no
value; so the sheet's XML is scanned once for both. A workbook comes from anywhere: what it unpacks to is measured before anything is
unpacked into memory.
"""

import re
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

import python_calamine as calamine

from workers.sources.problems import Problems

MAX_UNPACKED: Final = 1 << 29
"""Bytes of all parts; a million rows of ten numbers are about 400 MB."""
MAX_CELLS: Final = 20_000_000
_LAST_ROW: Final = 1 << 20
_LAST_COLUMN: Final = (1 << 14) - 1
_PLACE: Final = re.compile("([A-Z]{1,3})([1-9][0-9]{0,6})")
_ROW: Final = re.compile("[1-9][0-9]{0,6}")
_LISTED: Final = 20
_CHUNK: Final = 1 << 20
_OLD: Final = b"\xd0\xcf\x11\xe0"
"""First bytes of .xls files, and of the container of an encrypted .xlsx."""
_DAMAGED: Final = (
    calamine.CalamineError, zipfile.BadZipFile, zlib.error, expat.ExpatError, LookupError, ValueError, OSError, RuntimeError,
    EOFError,
)  # fmt: skip
"""What a workbook that does not follow its format ends in, here and in the libraries."""


@dataclass(slots=True)
class Scan:
    """What stands in a sheet beside its cells' values; rows and columns count from 1 and 0."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    unvalued: set[tuple[int, int]] = field(default_factory=set)
    hidden: int = 0
    """The first hidden row, 1 when there are hidden columns only, 0 for none."""
    rows: int = 0
    width: int = 0
    """How far the cells reach."""


def opened(path: Path, wanted: str, problems: Problems) -> tuple[Any, Scan]:
    """The sheet called ``wanted`` ("": the first) and its scan; raises ``DataError`` for a workbook that is not taken."""
    if not path.is_file():
        problems.add("missing")
        problems.stop_if_any()
    with path.open("rb") as file:
        if file.read(len(_OLD)) == _OLD:
            problems.add("encrypted")
            problems.stop_if_any()
    try:
        with zipfile.ZipFile(path) as packed:
            _measure(path, packed, problems)
            if any(name.lower().endswith("vbaproject.bin") for name in packed.namelist()):
                problems.add("macros")
            problems.stop_if_any()
            book = calamine.CalamineWorkbook.from_path(str(path))
            name = _sheet(book, wanted, problems)
            scan = _scan(packed, _part(packed, name))
            if scan.rows * scan.width > MAX_CELLS:
                # the cell reader keeps every cell of the rectangle, so two of them in far corners would fill the memory
                problems.add("too_large")
                problems.stop_if_any()
        return book.get_sheet_by_name(name), scan
    except calamine.PasswordError:
        problems.add("encrypted")
    except _DAMAGED:
        problems.add("unreadable")
    problems.stop_if_any()
    raise AssertionError  # what came here was a problem


def _measure(path: Path, packed: zipfile.ZipFile, problems: Problems) -> None:
    """Unpack every part piece by piece, keeping nothing: no part may be larger than it says, nor all than the limit."""
    parts = packed.infolist()
    left = MAX_UNPACKED
    names = {part.filename for part in parts}
    fits = len(names) == len(parts) and sum(part.file_size for part in parts) <= left
    with path.open("rb") as file:
        for part in parts if fits else ():
            file.seek(part.header_offset)
            head = file.read(30)
            file.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), 1)
            if part.compress_type == zipfile.ZIP_STORED:
                fits = fits and part.compress_size == part.file_size
            elif part.compress_type == zipfile.ZIP_DEFLATED:
                fits = fits and _unpacked(file, part.compress_size, part.file_size) == part.file_size
            else:
                fits = False
    if not fits:
        problems.add("too_packed", detail=f"{MAX_UNPACKED >> 20} MiB")
        problems.stop_if_any()


def _unpacked(file: Any, size: int, limit: int) -> int:  # noqa: ANN401 - a binary file
    """How many bytes ``size`` deflated ones unpack to, counted up to just beyond ``limit``."""
    inflate, total = zlib.decompressobj(-15), 0
    while size and total <= limit and not inflate.eof:
        data = file.read(min(size, _CHUNK))
        if not data:
            return -1
        size -= len(data)
        while data and total <= limit:
            total += len(inflate.decompress(data, _CHUNK))
            data = inflate.unconsumed_tail
    while not inflate.eof and total <= limit and (more := inflate.decompress(b"", _CHUNK)):
        total += len(more)
    return total


def _sheet(book: Any, wanted: str, problems: Problems) -> str:  # noqa: ANN401 - calamine's
    """The name of the sheet that is meant."""
    sheets = book.sheets_metadata
    shown = ", ".join(repr(it.name) for it in sheets[:_LISTED]) + (", …" if len(sheets) > _LISTED else "")
    found = next((it for it in sheets if not wanted or it.name == wanted), None)
    if found is None:
        problems.add("sheet_missing", detail=shown)
    elif not wanted and found.visible != calamine.SheetVisibleEnum.Visible:
        problems.add("sheet_hidden", detail=shown)
    elif found.typ != calamine.SheetTypeEnum.WorkSheet:
        problems.add("sheet_kind")
    problems.stop_if_any()
    return found.name if found else ""


def _part(packed: zipfile.ZipFile, name: str) -> str:
    """The part that holds a sheet, as the workbook's relations name it."""
    sheet = next((it for it in _elements(packed.read("xl/workbook.xml"), "sheet") if it.get("name") == name), {})
    # its namespace is another one in "strict" files
    relation = next((value for key, value in sheet.items() if key.endswith(" id")), "")
    relations = _elements(packed.read("xl/_rels/workbook.xml.rels"), "Relationship")
    target = {it.get("Id"): it["Target"] for it in relations}[relation]
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _elements(data: bytes, name: str) -> list[dict[str, str]]:
    """The attributes of every element ``name``."""
    found: list[dict[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == name:
            found.append(attributes)

    parser = _parser()
    parser.StartElementHandler = start
    parser.Parse(data, True)
    return found


def _scan(packed: zipfile.ZipFile, part: str) -> Scan:
    scan = _Scanner()
    with packed.open(part) as file:
        scan.parser.ParseFile(file)
    return scan.found


def _parser() -> Any:  # noqa: ANN401 - expat's
    """An XML parser that knows namespaces and takes no document type, so no entities either."""
    parser = expat.ParserCreate(namespace_separator=" ")

    def refuse(*_: object) -> None:
        raise ValueError

    parser.StartDoctypeDeclHandler = refuse
    parser.buffer_text = True
    return parser


def _local(tag: str) -> str:
    return tag.rpartition(" ")[2]


class _Scanner:
    """Collects errors, formulas without a value and what is hidden, one cell at a time."""

    def __init__(self) -> None:
        self.found: Final = Scan()
        self.parser: Final = _parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self._row = 0
        self._column = -1
        self._kind = ""
        self._formula = False
        self._value = ""

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "c":
            self._column = self._place(attributes)
            self._kind, self._formula, self._value = attributes.get("t", "n"), False, ""
        elif name == "f":
            self._formula = True
        elif name in ("v", "is"):
            self.found.rows = max(self.found.rows, self._row)
            self.found.width = max(self.found.width, self._column + 1)
            if name == "v" and (self._formula or self._kind == "e"):
                self.parser.CharacterDataHandler = self._text
        elif name == "row":
            row = attributes.get("r", str(self._row + 1))
            # rows in order and cells in their row: what the scan measures is what the cell reader makes room for
            if not _ROW.fullmatch(row) or not self._row < int(row) <= _LAST_ROW:
                raise ValueError(row)
            self._row, self._column = int(row), -1
            if not self.found.hidden and attributes.get("hidden") in ("1", "true"):
                self.found.hidden = self._row
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            self.found.hidden = self.found.hidden or 1

    def _place(self, attributes: dict[str, str]) -> int:
        """The column of a cell, from 0; a place outside its row, or of another form, is no workbook's."""
        place = attributes.get("r")
        if place is None:
            if any(_local(name) == "r" for name in attributes):
                raise ValueError(place)
            column = self._column + 1
        else:
            found = _PLACE.fullmatch(place)
            if found is None or int(found[2]) != self._row:
                raise ValueError(place)
            column = _column(found[1])
        if not self._column < column <= _LAST_COLUMN:
            raise ValueError(place)
        return column

    def _text(self, text: str) -> None:
        self._value += text

    def _end(self, tag: str) -> None:
        name = _local(tag)
        if name == "v":
            self.parser.CharacterDataHandler = None
        elif name == "c":
            if self._kind == "e":
                self.found.errors[self._row, self._column] = self._value[:20] or "#"
            elif self._formula and not self._value and self._kind != "str":
                self.found.unvalued.add((self._row, self._column))


def _column(letters: str) -> int:
    """The column called ``AB``, from 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
