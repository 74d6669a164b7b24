"""The search box: what was typed is read as everything that it can be; one hit opens, several are listed, none gets suggestions.

What a reader may not read is not found, and looks like what does not exist. A pasted link leads to this site's own page, never to
another site.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import unquote, urlsplit

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import RedirectResponse

from audit_explorer.records import NOBODY, Reader, Records
from audit_explorer.rooms import frame, listing
from audit_explorer.rooms.frame import Cell, Site
from audit_explorer.words import Language
from protocol import ids
from protocol.errors import FormatError
from protocol.programs import Words
from protocol.vocabulary import say

_LONGEST: Final = 500
_SHORTEST_ID: Final = 6
"""Hexadecimal digits from which on a text is looked up as the beginning of an id."""
_EACH: Final = 10
_ID: Final = re.compile(
    r"(?:(?:task|auth|tx|party|ds|program|0x)[_:]?)?([0-9a-f]{6,64})(?:(?:…|\.{3})([0-9a-f]{1,16}))?"
)
_DATE: Final = re.compile(r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})\s?日?")
_COMPACT_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_HOST: Final = re.compile(r"[A-Za-z0-9.-]*(:[0-9]{1,5})?|\[[0-9a-f:.]+\](:[0-9]{1,5})?")
_LINK: Final = re.compile(
    r"/(?:en|zh)/(tasks|parties|data-sets|programs|authorizations|blocks|transactions)(?:/([A-Za-z0-9_.@-]{1,100}))?/?\Z"
)

TITLE: Final = Words("Search", "查找")
_NOTHING: Final = Words("Nothing that you may read is called so.", "没有您可查看的相应内容。")
_SEVERAL: Final = Words("What was typed can be any of these.", "输入内容可能对应以下各项。")
_SUGGESTED: Final = Words("Names that are near", "相近的名称")
_CLOSED: Final = Words("Sign in to search.", "请先登录再查找。")
_TOO_LONG: Final = Words("Type at most 500 characters.", "最多输入 500 个字符。")
_EMPTY: Final = Words("Type what you look for.", "请输入要查找的内容。")
_HINT: Final = Words(
    "A task, party, data set, program, authorization, transaction, block, date (2026-01-31), the hash of a file, or a link to a page "
    "here; of an id or a hash, the first six digits will do.",
    "可输入任务、参与方、数据集、程序、授权、交易、区块、日期（2026-01-31）、文件哈希，或本站页面链接；标识或哈希输入前六位即可。",
)
KINDS: Final = {
    "task": Words("Task", "任务"),
    "party": Words("Party", "参与方"),
    "data_set": Words("Data set", "数据集"),
    "program": Words("Program", "程序"),
    "engine": Words("Engine", "计算引擎"),
    "authorization": Words("Authorization", "授权"),
    "transaction": Words("Transaction", "交易"),
    "block": Words("Block", "区块"),
    "day": Words("Tasks of a day", "当日任务"),
    "bundle_file": Words("Task with this evidence bundle (SHA-256)", "具有该证据包的任务（SHA-256）"),
    "contract_file": Words("Task with this contract (SHA-256)", "具有该合约的任务（SHA-256）"),
    "run": Words("Task with this run", "具有该运行的任务"),
    "log_root": Words("Task with this log root", "具有该日志根的任务"),
    "result_file": Words("Task with this result (salted hash)", "具有该结果的任务（加盐哈希）"),
    "input_root": Words("Data set with this input root", "具有该输入根的数据集"),
    "code": Words("Program with this code digest", "具有该代码摘要的程序"),
    "list": Words("List", "列表"),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: its kind, and where it is."""

    kind: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one kind."""

    title: str
    cells: tuple[Cell, ...]


def serve(app: FastAPI, site: Site) -> None:
    """Add the search's page."""

    @app.get("/{tongue}/find")
    def find(request: Request, tongue: str, q: Annotated[str, Query()] = "") -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        typed = clean(q)
        problem = _TOO_LONG if len(q) > _LONGEST else _EMPTY if not typed else None
        hits = [] if problem or reader == NOBODY else search(site.records, reader, typed)
        if len(hits) == 1 and hits[0].cell.href:
            return RedirectResponse(f"{site.prefix}/{language}/{hits[0].cell.href}", 303)
        near = [] if problem or hits or reader == NOBODY else suggestions(site.records, reader, typed)
        said = problem or (_CLOSED if reader == NOBODY else _SEVERAL if hits else _NOTHING)
        return site.render(
            request,
            "find.html.j2",
            language,
            400 if problem else 200 if hits else 404,
            title=say(TITLE, language),
            sought=typed[:_LONGEST],
            said=say(said, language),
            hint=say(_HINT, language),
            groups=_grouped(hits, language),
            near=[hit.cell for hit in near],
            near_title=say(_SUGGESTED, language),
        )


def clean(text: str) -> str:
    """What was typed in the letters that names and ids are made of: NFKC, without controls, zero-width and bidi characters."""
    if len(text) > _LONGEST:
        return ""
    normal = unicodedata.normalize("NFKC", text).replace("...", "…")
    return "".join(c for c in normal if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")).strip()


def search(records: Records, reader: Reader, typed: str) -> list[Hit]:
    """Everything that ``reader`` may read and that ``typed`` can mean.

    A text that is exactly something's id or name is that and nothing else.
    """
    link = linked(typed)
    if link is not None:
        return _opened(records, reader, link)
    found = list[Hit]()
    lower = typed.lower()
    if len(lower) <= 18 and lower.isascii() and lower.isdigit():
        found += _of_block(records, reader, int(lower))
    found += _of_day(lower)
    found += _of_ids(records, reader, lower)
    found += _of_names(records, reader, lower)
    unique = {hit.cell.href: hit for hit in reversed(found)}
    return [hit for hit in found if unique[hit.cell.href] is hit]


def suggestions(records: Records, reader: Reader, typed: str) -> list[Hit]:
    """The names nearest to what was typed."""
    named = {str(row["name"]): row for row in records.rows(reader, "find_names")}
    near = difflib.get_close_matches(typed.lower()[:100], named, n=5, cutoff=0.5)
    return [_named(named[name]["kind"], bytes(named[name]["id"]), name) for name in near]


def linked(typed: str) -> tuple[str, str] | None:
    """The page and the id that a pasted link of an explorer names, by its path: links outlive addresses, and no host is asked."""
    if "/" not in typed:
        return None
    try:
        parts = urlsplit(typed if "://" in typed or typed.startswith("/") else f"https://{typed}")
    except ValueError:
        return None
    if parts.scheme not in ("", "http", "https") or not _HOST.fullmatch(parts.netloc):
        return None
    match = _LINK.search(unquote(parts.path))
    return None if match is None else (match[1], match[2] or "")


def _opened(records: Records, reader: Reader, link: tuple[str, str]) -> list[Hit]:
    room, name = link
    if not name:
        return [] if room in ("blocks", "transactions") else [Hit("list", Cell(room, room))]
    if room == "blocks":
        return _of_block(records, reader, int(name)) if name.isascii() and name.isdigit() and len(name) <= 18 else []
    kinds = {
        "tasks": ("task",), "parties": ("party",), "data-sets": ("data_set",), "programs": ("program", "engine"),
        "authorizations": ("authorization",), "transactions": ("transaction",),
    }[room]  # fmt: skip
    found = [*_of_ids(records, reader, name.lower()), *_of_names(records, reader, name.lower())]
    return [hit for hit in found if hit.kind in kinds][:1]


def _of_block(records: Records, reader: Reader, number: int) -> list[Hit]:
    return [Hit("block", frame.block(number))] if records.rows(reader, "block", block=number) else []


def _of_day(lower: str) -> list[Hit]:
    match = _DATE.fullmatch(lower) or _COMPACT_DATE.fullmatch(lower)
    if match is None:
        return []
    text = f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}"
    try:
        listing.day(text)
    except FormatError:
        return []
    return [Hit("day", Cell(text, f"tasks?from={text}&to={text}"))]


def _of_ids(records: Records, reader: Reader, lower: str) -> list[Hit]:
    match = _ID.fullmatch(lower)
    if match is None or len(match[1]) < _SHORTEST_ID:
        return []
    head, tail = match[1], match[2] or ""
    low, high = (bytes.fromhex(head.ljust(64, filler)) for filler in "0f")
    rows = records.rows(reader, "find", low=low, high=high, limit=_EACH)
    found = list[Hit]()
    for row in rows:
        if bytes(row["value"]).hex().endswith(tail):
            found.append(_hit(str(row["kind"]), bytes(row["id"]), row["name"]))
    return found


def _hit(kind: str, found: bytes, name: str | None) -> Hit:
    match kind:
        case "data_set" | "input_root":
            return Hit(kind, frame.data_set(found))
        case "authorization":
            return Hit(kind, frame.authorization(found))
        case "transaction":
            return Hit(kind, frame.transaction(found))
        case "block":
            return Hit(kind, frame.block(int(name or 0)))
        case "party" | "program" | "engine" | "code":
            return _named(kind, found, name)
        case _:
            return Hit(kind, frame.task(found))


def _named(kind: str, found: bytes, name: str | None) -> Hit:
    return Hit(kind, frame.party(found, name) if kind == "party" else frame.program(found, name))


def _of_names(records: Records, reader: Reader, lower: str) -> list[Hit]:
    """Parties, programs and engines of that name, else those whose names have it in them; a data set by its reference."""
    name = lower.removeprefix("party_").removeprefix("ds_").removeprefix("program_")
    rows = records.rows(reader, "find_names")
    found = [_named(row["kind"], bytes(row["id"]), row["name"]) for row in rows if row["name"] == name]
    found += [_hit("data_set", ids.on_chain(known), None) for known in _references(records, reader, name)]
    if not found and len(name) > 1:
        holds = [row for row in rows if name in row["name"]][: 2 * _EACH]
        found = [_named(row["kind"], bytes(row["id"]), row["name"]) for row in holds]
    return found


def _references(records: Records, reader: Reader, name: str) -> Iterator[str]:
    try:
        known = ids.reference(name)
    except FormatError:
        return
    if records.rows(reader, "data_set", id=ids.on_chain(known)):
        yield known


def _grouped(hits: list[Hit], language: Language) -> list[Group]:
    kinds = dict.fromkeys(hit.kind for hit in hits)
    return [Group(say(KINDS[kind], language), tuple(hit.cell for hit in hits if hit.kind == kind)) for kind in kinds]
