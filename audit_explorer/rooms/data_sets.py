"""Data sets by their ids on chain: versions, roots and uses. Their names are words, and are not here."""

from typing import Final

from fastapi import FastAPI, Request, Response

from audit_explorer.records import Reader, Records, Row
from audit_explorer.rooms import events, frame, listing, parties
from audit_explorer.rooms.frame import Cell, Fact, Page, Site, Table
from audit_explorer.rooms.listing import Column, Line, Listing, Position, Wanted
from audit_explorer.words import Language
from protocol import ids
from protocol.programs import Words
from protocol.vocabulary import say

ACTIVE: Final = Words("in use", "使用中")
RETIRED: Final = Words("retired", "已停用")
STATES: Final = {"active": ACTIVE, "retired": RETIRED}

_TITLE: Final = Words("Data set", "数据集")
_DATA_SETS: Final = Words("Data sets", "数据集")
_ID: Final = Words("Id on chain", "链上标识")
_OWNER: Final = Words("Owner", "数据提供方")
_VERSION: Final = Words("Version", "版本")
_LEVEL: Final = Words("Data level", "数据分级")
_ROWS: Final = Words("Rows", "行数")
_ROOT: Final = Words("Input root", "输入根")
_SCHEMA: Final = Words("Description (hash)", "描述（哈希）")
_STATE: Final = Words("State", "状态")
_BLOCK: Final = Words("Block", "区块")
_VERSIONS: Final = Words("Versions, newest first", "版本，最新在前")
_HISTORY: Final = Words("What happened on chain", "链上经过")
_USES: Final = Words("Tasks that use it", "使用它的任务")
_COMPARE: Final = Words("Compare the two newest", "比较最新的两个版本")
_NONE: Final = Words("Nothing that you may read.", "没有您可查看的内容。")
_VERDICT: Final = {
    True: Words("Its newest version is in use.", "其最新版本在使用中。"),
    False: Words("Its newest version is retired: no task can start over it.", "其最新版本已停用：不能再据此启动任务。"),
}


def _find(records: Records, reader: Reader, wanted: Wanted, limit: int) -> list[Row]:
    at, state = wanted.after, wanted.text("state")
    return records.rows(
        reader, "data_sets", owner=wanted.filters.get("owner"),
        level=int(wanted.text("level")) if "level" in wanted.filters else None, active=state == "active" if state else None,
        sort=wanted.sort, down=wanted.down, first=at is None, key="" if at is None else at.key, id=b"" if at is None else at.id,
        limit=limit,
    )  # fmt: skip


def _line(row: Row, _now: int, language: Language) -> Line:
    found, owner = bytes(row["id"]), bytes(row["owner_id"])
    cells = (
        frame.data_set(found),
        frame.party(owner, row["owner"]),
        frame.number(row["version"]),
        frame.number(row["data_level"]),
        frame.number(row["row_count"]),
        frame.digest(row["input_root"]),
        frame.plain(say(ACTIVE if row["active"] else RETIRED, language)),
        frame.block(row["block_number"]),
    )
    values = (
        "0x" + found.hex(), row["owner"] or "0x" + owner.hex(), int(row["version"]), int(row["data_level"]), int(row["row_count"]),
        "0x" + bytes(row["input_root"]).hex(), bool(row["active"]), int(row["block_number"]),
    )  # fmt: skip
    return Line(Position(row["key"], found), cells, values)


LIST: Final = Listing(
    "data-sets",
    _DATA_SETS,
    Words(
        "Registered data sets that you may know of, by their ids on chain; who knows a reference name finds it with the search box.",
        "您可知悉的已登记数据集，以链上标识列出；知道引用名者可用搜索框查找。",
    ),
    Words("No data set matches.", "没有符合条件的数据集。"),
    (
        listing.subject("owner", _OWNER, ids.name, "hospital"),
        listing.level("level", _LEVEL),
        listing.choice("state", _STATE, STATES),
    ),
    (
        Column("data_set", _TITLE),
        Column("owner", _OWNER, "owner"),
        Column("version", _VERSION),
        Column("data_level", _LEVEL),
        Column("rows", _ROWS, "rows"),
        Column("input_root", _ROOT),
        Column("active", _STATE),
        Column("block", _BLOCK, "block"),
    ),
    ("block", True),
    _find,
    _line,
)


def serve(app: FastAPI, site: Site) -> None:
    """Add the list and a data set's page."""
    listing.serve(app, site, LIST)

    @app.get("/{tongue}/data-sets/{data_set}")
    def data_set(request: Request, tongue: str, data_set: str) -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        found = frame.id_of(data_set, "ds", ids.reference)
        rows = site.records.rows(reader, "data_set", id=found)
        if not rows:
            raise frame.missing()
        return site.show(request, language, _page(site, reader, found, rows, language))


def _page(site: Site, reader: Reader, found: bytes, rows: list[Row], language: Language) -> Page:
    newest = rows[0]
    history = site.records.rows(reader, "about", subject=found, contracts=["DataSets", "Budgets"])
    return Page(
        say(_TITLE, language),
        frame.data_set(found),
        Cell(say(_DATA_SETS, language), "data-sets"),
        say(_VERDICT[bool(newest["active"])], language),
        (
            Fact(say(_ID, language), (Cell("0x" + found.hex()),), wide=True),
            Fact(say(_OWNER, language), (frame.party(newest["owner_id"], newest["owner"]),)),
            Fact(say(_VERSION, language), (frame.plain(str(newest["version"])),)),
            Fact(say(_LEVEL, language), (frame.plain(str(newest["data_level"])),)),
        ),
        (
            Table(
                "versions",
                say(_VERSIONS, language),
                "",
                frame.heads(language, _VERSION, _STATE, _ROWS, _LEVEL, _ROOT, _SCHEMA, _BLOCK),
                tuple(
                    (
                        frame.number(row["version"]),
                        frame.plain(say(ACTIVE if row["active"] else RETIRED, language)),
                        frame.number(row["row_count"]),
                        frame.number(row["data_level"]),
                        frame.digest(row["input_root"]),
                        frame.digest(row["schema_hash"]),
                        frame.block(row["block_number"]),
                    )
                    for row in rows
                ),
                say(_NONE, language),
                *(_between(found, rows, language) if len(rows) > 1 else ()),
            ),
            parties.table_of_tasks(site, reader, "uses", _USES, Words("", ""), f"data_set=0x{found.hex()}", language),
            events.table(site, reader, "history", _HISTORY, _NONE, history, language),
        ),
    )


def _between(found: bytes, rows: list[Row], language: Language) -> tuple[str, str, str]:
    """The way to the two newest versions side by side, as a table's last fields; there is no drawing."""
    known = f"0x{found.hex()}"
    return f"compare?a={known}@{rows[1]['version']}&b={known}@{rows[0]['version']}", "", say(_COMPARE, language)
