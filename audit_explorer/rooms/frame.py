"""What pages are made of: cells, facts and tables, ready to print; links are paths below the page's language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse

from audit_explorer import pages
from audit_explorer.records import Party, Reader, Records, Sender
from audit_explorer.words import TEXTS, Language
from protocol import ids
from protocol.errors import FormatError, TallyError
from protocol.law.policy import DEFAULT, Policy
from protocol.programs import Words
from protocol.vocabulary import say

_ZERO: Final = (b"", bytes(32))


class NotFoundError(TallyError):
    """No such page, or nothing that its reader may read: the two look alike."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: its text, where it leads ("" for nowhere), the whole of what is shortened; a moment or a state prints as such."""

    text: str = ""
    href: str = ""
    full: str = ""
    number: bool = False
    moment: pages.Moment | None = None
    state: pages.State | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled line of values."""

    label: str
    cells: tuple[Cell, ...]
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its title; ``none`` is said where it is empty, ``more`` leads to all of it ("" for nowhere).

    ``drawing`` is SVG of ours that shows the same, "" for none; ``more_said`` is what the way to more is called, "" for "all of it".
    """

    id: str
    title: str
    intro: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    none: str
    more: str = ""
    drawing: str = ""
    more_said: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page about one thing."""

    title: str
    name: Cell
    back: Cell
    verdict: str
    facts: tuple[Fact, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """What every room needs: the records, the clock, how to print, and who asks."""

    records: Records
    now: Callable[[], int]
    render: Callable[..., HTMLResponse]
    spoken: Callable[[str], Language]
    reader: Callable[[Request], Reader]
    prefix: str
    legal: Policy = DEFAULT
    """What is asked at least of data by their level and kind."""

    def show(self, request: Request, language: Language, page: Page) -> HTMLResponse:
        """Print a page about one thing."""
        return self.render(request, "record.html.j2", language, page=page)


def plain(text: str | None) -> Cell:
    """A text as it is; empty for None."""
    return Cell("" if text is None else text)


def number(value: object) -> Cell:
    """A number, set to the right; empty for None."""
    return Cell("" if value is None else str(value), number=True)


def when(unix: int | None, now: int, language: Language) -> Cell:
    """A unix time in UTC."""
    return Cell() if unix is None else Cell(moment=pages.moment(int(unix), now, TEXTS[language]))


def digest(value: bytes | None, href: str = "", prefix: str = "") -> Cell:
    """A hash, shortened; empty for None and for zeros."""
    if value is None or bytes(value) in _ZERO:
        return Cell()
    found = pages.shorten(bytes(value), prefix)
    return Cell(found.short, href, found.full)


def wallet(value: bytes | str | None) -> Cell:
    """An address with its checksum; empty for None and for zeros."""
    if isinstance(value, str):
        value = bytes.fromhex(value.removeprefix("0x"))
    return Cell() if value is None or not any(value) else Cell(ids.checksum_address(bytes(value)))


def sender(wallet: bytes | None, parties: Mapping[bytes, Party]) -> Cell:
    """Who sent a transaction: the party whose wallet it is, with its page, or the address; empty where it is not kept."""
    if wallet is None:
        return Cell()
    found = parties.get(bytes(wallet))
    said = pages.sent_by(Sender(bytes(wallet), found))
    return (
        Cell() if said is None else Cell(said.short, "" if found is None else f"parties/0x{found.id.hex()}", said.full)
    )


def party(found: bytes | None, name: str | None) -> Cell:
    """A party by its name, or by its shortened id; leads to its page."""
    if found is None or bytes(found) in _ZERO:
        return Cell()
    return named(bytes(found), name, f"parties/0x{bytes(found).hex()}")


def program(found: bytes, name: str | None) -> Cell:
    """A program or an engine; leads to its page."""
    return named(bytes(found), name, f"programs/0x{bytes(found).hex()}")


def data_set(found: bytes) -> Cell:
    """A data set by its id on chain; leads to its page."""
    return digest(bytes(found), f"data-sets/0x{bytes(found).hex()}")


def task(found: bytes | None) -> Cell:
    """A task; leads to its page."""
    return Cell() if found is None else digest(bytes(found), f"tasks/{ids.prefixed('task', bytes(found))}", "task")


def authorization(found: bytes) -> Cell:
    """An authorization; leads to its page."""
    return digest(bytes(found), f"authorizations/{ids.prefixed('auth', bytes(found))}", "auth")


def block(found: int | None) -> Cell:
    """A block; leads to its page."""
    return Cell() if found is None else Cell(str(found), f"blocks/{found}", number=True)


def transaction(found: bytes) -> Cell:
    """A transaction; leads to its page."""
    return digest(bytes(found), f"transactions/0x{bytes(found).hex()}")


def named(found: bytes, name: str | None, href: str) -> Cell:
    """What has an id and perhaps a name."""
    short = pages.shorten(found)
    return Cell(short.short if name is None else name, href, short.full)


def heads(language: Language, *words: Words) -> tuple[str, ...]:
    """Table heads in one language."""
    return tuple(say(item, language) for item in words)


def id_of(text: str, prefix: str, name: Callable[[object], str] | None = None) -> bytes:
    """The 32 bytes behind what stands in a path: ``0x…`` or ``prefix_…`` in any case, or a name where it may have one."""
    lower = text.strip().lower()
    try:
        return ids.unprefixed(
            prefix, lower if lower.startswith(f"{prefix}_") else f"{prefix}_{lower.removeprefix('0x')}"
        )
    except FormatError:
        if name is None:
            raise
        return ids.on_chain(name(text))


def missing() -> NotFoundError:
    """Nothing here, or nothing for this reader."""
    return NotFoundError(
        "explorer.nothing", "There is nothing here that you may read.", "Look it up in a list; sign in."
    )
