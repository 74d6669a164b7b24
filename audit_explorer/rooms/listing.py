"""What lists share: filters, order and position stand in the URL; a page is HTML, and everything filtered CSV or JSON.

A filter that is misspelt is refused and not left out, for an export would then hold more than was meant.
"""

import base64
import binascii
import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from audit_explorer.records import NOBODY, Reader, Records, Row
from audit_explorer.rooms.frame import Cell, Site
from audit_explorer.words import Language
from protocol import ids
from protocol.errors import FormatError
from protocol.programs import Words
from protocol.vocabulary import say

PAGE_SIZE: Final = 25
_CHUNK: Final = 500
FOREVER: Final = 2**62
_POSITION: Final = re.compile(r"([0-9a-f]{64})([^\x00-\x1f]{1,100})")
_TITLES: Final[Mapping[str, Words]] = {
    "from": Words("From (date, UTC)", "自（日期，UTC）"),
    "to": Words("To, this day included", "至（含当日）"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: its name in the URL, how what is typed is read (``explorer.filter`` otherwise), and what can be chosen."""

    name: str
    words: Words
    read: Callable[[str], object]
    options: tuple[tuple[str, Words], ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in exports, its head, and what sorts by it ("" for nothing)."""

    name: str
    words: Words
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ends: the sorted value of its last row, and that row's id."""

    key: str
    id: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: filters as read, the order, and from where on (None: from the start)."""

    filters: Mapping[str, object]
    sort: str
    down: bool
    after: Position | None

    def text(self, name: str) -> str:
        """A filter's text, "" where it is not set."""
        return cast("str", self.filters.get(name, ""))

    @property
    def since(self) -> int:
        """Unix time from which on."""
        return cast("int", self.filters.get("from", 0))

    @property
    def until(self) -> int:
        """Unix time before which."""
        return cast("int", self.filters.get("to", FOREVER))


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its position, its cells by column, and its plain values for exports."""

    at: Position
    cells: tuple[Cell, ...]
    values: tuple[str | int | bool | None, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: where it is, what it says, how its rows are found and shown. ``order`` is the sort and whether it goes down."""

    name: str
    title: Words
    intro: Words
    none: Words
    filters: tuple[Filter, ...]
    columns: tuple[Column, ...]
    order: tuple[str, bool]
    find: Callable[[Records, Reader, Wanted, int], list[Row]]
    line: Callable[[Row, int, Language], Line]


@dataclass(frozen=True, slots=True)
class Shown:
    """A filter as the form shows it."""

    name: str
    label: str
    value: str
    options: tuple[tuple[str, str], ...]
    hint: str


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: ``query`` sorts by it ("" where nothing does), ``order`` is that of this page ("" for none)."""

    label: str
    query: str
    order: str


def choice(name: str, words: Words, options: Mapping[str, Words]) -> Filter:
    """One of some words."""

    def read(text: str) -> object:
        if text not in options:
            raise _refused(name, "Choose one of the list.")
        return text

    return Filter(name, words, read, tuple(options.items()))


def level(name: str, words: Words) -> Filter:
    """A level from 1 to 5."""
    return choice(name, words, {str(value): Words(str(value), str(value)) for value in range(1, 6)})


def subject(name: str, words: Words, named: Callable[[object], str], hint: str) -> Filter:
    """Something by name or by id on chain; read into its id, 32 bytes."""

    def read(text: str) -> object:
        lower = text.lower()
        if lower.startswith("0x"):
            return ids.hex32(lower, name)
        return ids.on_chain(named(text))

    return Filter(name, words, read, (), hint)


def days() -> tuple[Filter, Filter]:
    """From one day to another, both included, in UTC."""
    return (
        Filter("from", _TITLES["from"], day, (), "2026-01-31"),
        Filter("to", _TITLES["to"], lambda text: day(text) + 86_400, (), "2026-01-31"),
    )


def day(text: str) -> int:
    """A date's first second in UTC."""
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise _refused("date", "Write it as 2026-01-31.") from error
    return int(found.timestamp())


def write_position(position: Position) -> str:
    """The opaque text of a position, for a URL."""
    return base64.urlsafe_b64encode(f"{position.id.hex()}{position.key}".encode()).decode().rstrip("=")


def read_position(text: str) -> Position:
    """The position behind :func:`write_position`'s text; anything else raises ``explorer.cursor``."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        plain = ""
    match = _POSITION.fullmatch(plain) if len(text) <= 800 else None
    if match is None:
        raise _no_position()
    return Position(match[2], bytes.fromhex(match[1]))


def whole(position: Position | None, start: int) -> int:
    """The number that a position's key is, ``start`` without one; ``explorer.cursor`` where it is none."""
    if position is None:
        return start
    if not position.key.isascii() or not position.key.isdigit() or int(position.key) > FOREVER:
        raise _no_position()
    return int(position.key)


def read(listing: Listing, query: list[tuple[str, str]]) -> Wanted:
    """What a URL's query asks for; ``explorer.filter`` where it says what this list does not know."""
    known = {item.name: item for item in listing.filters}
    given = {name: value.strip() for name, value in query}
    filters: dict[str, object] = {}
    for name, value in given.items():
        if name in known and value:
            if len(value) > 200:
                raise _refused(name, "It is too long.")
            filters[name] = known[name].read(value)
        elif name not in known and name not in {"sort", "cursor"}:
            raise _refused(name[:40], "This list has no such filter.")
    if len(given) != len(query):
        raise _refused("query", "Give every filter once.")
    wanted = given.get("sort", "") or _sort(*listing.order)
    sort, down = wanted.removeprefix("-"), wanted.startswith("-")
    if sort not in {column.sort for column in listing.columns if column.sort}:
        raise _refused("sort", "This list has no such order.")
    cursor = given.get("cursor", "")
    return Wanted(filters, sort, down, read_position(cursor) if cursor else None)


def serve(app: FastAPI, site: Site, listing: Listing) -> None:
    """Add a list's page and its two exports."""

    @app.get(f"/{{tongue}}/{listing.name}")
    def page(request: Request, tongue: str) -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        query = request.query_params.multi_items()
        problem, lines, more = "", list[Line](), False
        try:
            wanted = read(listing, query)
            found = listing.find(site.records, reader, wanted, PAGE_SIZE + 1)
            lines = [listing.line(row, site.now(), language) for row in found[:PAGE_SIZE]]
            more = len(found) > PAGE_SIZE
        except FormatError as error:
            if error.code == "explorer.cursor":
                raise
            problem, wanted = f"{error.what} {error.fix}", Wanted({}, *listing.order, None)
        given = dict(query)
        kept = {name: given[name] for name in (*(item.name for item in listing.filters), "sort") if given.get(name)}
        return site.render(
            request,
            "list.html.j2",
            language,
            400 if problem else 200,
            listing=listing.name,
            title=say(listing.title, language),
            intro=say(listing.intro, language),
            none=say(listing.none, language),
            closed=reader == NOBODY,
            problem=problem,
            filters=[_shown(item, given.get(item.name, ""), language) for item in listing.filters],
            heads=[_head(column, wanted, kept, language) for column in listing.columns],
            lines=lines,
            sort=kept.get("sort", ""),
            first=wanted.after is None,
            start=urlencode(kept),
            older=urlencode({**kept, "cursor": write_position(lines[-1].at)}) if more else "",
        )

    @app.get(f"/{{tongue}}/{listing.name}.csv")
    def csv_of(request: Request, tongue: str) -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        lines = _all(site, listing, reader, read(listing, request.query_params.multi_items()), language)
        return _file(listing, "csv", "text/csv; charset=utf-8", as_csv(listing, lines))

    @app.get(f"/{{tongue}}/{listing.name}.json")
    def json_of(request: Request, tongue: str) -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        lines = _all(site, listing, reader, read(listing, request.query_params.multi_items()), language)
        return _file(listing, "json", "application/json", _json(listing, lines))


def _no_position() -> FormatError:
    return FormatError("explorer.cursor", "The page marker is not one of ours.", "Start again from the list.")


def _refused(name: str, fix: str) -> FormatError:
    return FormatError("explorer.filter", f"{name} is not understood.", fix)


def _sort(sort: str, down: bool) -> str:
    return f"-{sort}" if down else sort


def _shown(item: Filter, value: str, language: Language) -> Shown:
    options = tuple((code, say(words, language)) for code, words in item.options)
    return Shown(item.name, say(item.words, language), value, options, item.hint)


def _head(column: Column, wanted: Wanted, kept: Mapping[str, str], language: Language) -> Head:
    label = say(column.words, language)
    if not column.sort:
        return Head(label, "", "")
    here = column.sort == wanted.sort
    query = urlencode({**kept, "sort": _sort(column.sort, here and not wanted.down)})
    return Head(label, query, ("descending" if wanted.down else "ascending") if here else "")


def _all(site: Site, listing: Listing, reader: Reader, wanted: Wanted, language: Language) -> Iterator[Line]:
    """Every row, read in chunks. The first is read at once: what cannot be answered is then said with a status of its own."""
    first = listing.find(site.records, reader, wanted, _CHUNK)

    def rest() -> Iterator[Line]:
        found = first
        while found:
            lines = [listing.line(row, site.now(), language) for row in found]
            yield from lines
            if len(found) < _CHUNK:
                return
            after = Wanted(wanted.filters, wanted.sort, wanted.down, lines[-1].at)
            found = listing.find(site.records, reader, after, _CHUNK)

    return rest()


def _file(listing: Listing, form: str, kind: str, parts: Iterator[str]) -> Response:
    return StreamingResponse(
        parts, media_type=kind, headers={"content-disposition": f'attachment; filename="{listing.name}.{form}"'}
    )


def as_csv(listing: Listing, lines: Iterator[Line]) -> Iterator[str]:
    """RFC 4180. What a spreadsheet would take for a formula is marked as text (OWASP, "CSV Injection")."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.name for column in listing.columns])
    for line in lines:
        writer.writerow(["" if value is None else _unexecuted(value) for value in line.values])
        if text.tell() > 32_768:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _unexecuted(value: str | int | bool) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def _json(listing: Listing, lines: Iterator[Line]) -> Iterator[str]:
    names = [column.name for column in listing.columns]
    yield '{"items":['
    for position, line in enumerate(lines):
        # ASCII alone: no bidi control reaches an editor unseen
        yield ("," if position else "") + json.dumps(dict(zip(names, line.values, strict=True)))
    yield "]}\n"
