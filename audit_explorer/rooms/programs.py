"""Programs and engines: what was published by whom, its digest, approvals, successors and uses."""

from typing import Final

from fastapi import FastAPI, Request, Response

from audit_explorer.records import Reader, Records, Row
from audit_explorer.rooms import events, frame, listing, parties
from audit_explorer.rooms.data_sets import ACTIVE, RETIRED, STATES
from audit_explorer.rooms.frame import Cell, Fact, Page, Site, Table
from audit_explorer.rooms.listing import Column, Line, Listing, Position, Wanted
from audit_explorer.words import Language
from protocol import ids
from protocol.programs import Words
from protocol.vocabulary import say

_KINDS: Final = {"program": Words("Program", "程序"), "engine": Words("Engine", "计算引擎")}
_PROGRAMS: Final = Words("Programs and engines", "程序与计算引擎")
_NAME: Final = Words("Name", "名称")
_KIND: Final = Words("Kind", "类别")
_ID: Final = Words("Id on chain", "链上标识")
_PUBLISHER: Final = Words("Publisher", "发布方")
_LEVEL: Final = Words("Protection level", "保护等级")
_APPROVALS: Final = Words("Approvals", "批准数")
_DIGEST: Final = Words("Code digest", "代码摘要")
_PARTIES: Final = Words("Compute parties", "计算方数量")
_STATE: Final = Words("State", "状态")
_BLOCK: Final = Words("Block", "区块")
_HISTORY: Final = Words("Publication and approvals, newest first", "发布与批准，最新在前")
_SUCCESSORS: Final = Words("Successors", "后继版本")
_OLDER: Final = Words("Older", "旧版本")
_NEWER: Final = Words("Newer", "新版本")
_NO_SUCCESSORS: Final = Words("None declared.", "未声明。")
_COMPARE: Final = Words("Compare the newest pair", "比较最新的一对")
_NOTHING: Final = Words("The register shows nothing.", "登记合约没有记录。")
_USES: Final = Words("Tasks that run it", "运行它的任务")
_VERDICT: Final = {
    True: Words(
        "It is in use; what runs is compared with its digest by every node.",
        "使用中；各节点均将所运行代码与其摘要比对。",
    ),
    False: Words("It is retired: no task can start with it.", "已停用：不能再据此启动任务。"),
}


def _find(records: Records, reader: Reader, wanted: Wanted, limit: int) -> list[Row]:
    at, state = wanted.after, wanted.text("state")
    return records.rows(
        reader, "programs", publisher=wanted.filters.get("publisher"), kind=wanted.text("kind"),
        level=int(wanted.text("level")) if "level" in wanted.filters else None, active=state == "active" if state else None,
        sort=wanted.sort, down=wanted.down, first=at is None, key="" if at is None else at.key, id=b"" if at is None else at.id,
        limit=limit,
    )  # fmt: skip


def _line(row: Row, _now: int, language: Language) -> Line:
    found, publisher = bytes(row["id"]), bytes(row["publisher"])
    level = None if row["protection_level"] is None else int(row["protection_level"])
    cells = (
        frame.program(found, row["name"]),
        frame.plain(say(_KINDS[row["kind"]], language)),
        frame.party(publisher, row["publisher_name"]),
        frame.number(level),
        frame.number(row["approvals"]),
        frame.digest(row["code_digest"]),
        frame.plain(say(ACTIVE if row["active"] else RETIRED, language)),
        frame.block(row["block_number"]),
    )
    values = (
        row["name"] or "0x" + found.hex(), row["kind"], row["publisher_name"] or "0x" + publisher.hex(), level,
        int(row["approvals"]), "0x" + bytes(row["code_digest"]).hex(), bool(row["active"]), int(row["block_number"]),
    )  # fmt: skip
    return Line(Position(row["key"], found), cells, values)


LIST: Final = Listing(
    "programs",
    _PROGRAMS,
    Words("What can run, as the register on chain has it.", "链上登记合约所载的可运行程序。"),
    Words("No program matches.", "没有符合条件的程序。"),
    (
        listing.choice("kind", _KIND, _KINDS),
        listing.subject("publisher", _PUBLISHER, ids.name, "platform"),
        listing.level("level", _LEVEL),
        listing.choice("state", _STATE, STATES),
    ),
    (
        Column("name", _NAME, "name"),
        Column("kind", _KIND),
        Column("publisher", _PUBLISHER),
        Column("protection_level", _LEVEL),
        Column("approvals", _APPROVALS),
        Column("code_digest", _DIGEST),
        Column("active", _STATE),
        Column("block", _BLOCK, "block"),
    ),
    ("name", False),
    _find,
    _line,
)


def serve(app: FastAPI, site: Site) -> None:
    """Add the list and a program's page."""
    listing.serve(app, site, LIST)

    @app.get("/{tongue}/programs/{program}")
    def program(request: Request, tongue: str, program: str) -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        rows = site.records.rows(reader, "program", id=frame.id_of(program, "program", ids.program))
        if not rows:
            raise frame.missing()
        return site.show(request, language, _page(site, reader, rows[0], language))


def _page(site: Site, reader: Reader, row: Row, language: Language) -> Page:
    found, kind = bytes(row["release_id"]), str(row["kind"])
    history = site.records.rows(reader, "about", subject=found, contracts=["Programs"])
    successions = site.records.rows(reader, "successions", id=found)
    facts = [
        Fact(say(_ID, language), (Cell("0x" + found.hex()),), wide=True),
        Fact(say(_DIGEST, language), (Cell("0x" + bytes(row["code_digest"]).hex()),), wide=True),
        Fact(say(_PUBLISHER, language), (frame.party(row["publisher"], row["publisher_name"]),)),
        Fact(say(_APPROVALS, language), (frame.plain(str(row["approvals"])),)),
    ]
    query = f"program=0x{found.hex()}"
    tables = [
        parties.table_of_tasks(site, reader, "uses", _USES, Words("", ""), query, language),
        events.table(site, reader, "history", _HISTORY, _NOTHING, history, language),
        Table(
            "successors",
            say(_SUCCESSORS, language),
            "",
            frame.heads(language, _OLDER, _NEWER, _APPROVALS, _BLOCK),
            tuple(
                (
                    frame.program(bytes(item["older"]), item["older_name"]),
                    frame.program(bytes(item["newer"]), item["newer_name"]),
                    frame.number(item["approvals"]),
                    frame.block(item["block_number"]),
                )
                for item in successions
            ),
            say(_NO_SUCCESSORS, language),
            *(_between(successions[0], language) if successions else ()),
        ),
    ]
    if kind == "program":
        facts += [
            Fact(say(_LEVEL, language), (frame.plain(f"{row['protection_level']} / 5"),)),
            Fact(say(_PARTIES, language), (frame.plain(f"{row['min_parties']}–{row['max_parties']}"),)),
        ]
    return Page(
        say(_KINDS[kind], language),
        frame.program(found, row["name"]),
        Cell(say(_PROGRAMS, language), "programs"),
        say(_VERDICT[bool(row["active"])], language),
        tuple(facts),
        tuple(tables),
    )


def _between(row: Row, language: Language) -> tuple[str, str, str]:
    """The way to a release and its successor side by side, as a table's last fields; there is no drawing."""
    query = f"compare?a=0x{bytes(row['older']).hex()}&b=0x{bytes(row['newer']).hex()}"
    return query, "", say(_COMPARE, language)
