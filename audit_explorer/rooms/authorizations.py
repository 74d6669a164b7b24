"""Authorizations: given by whom, over which data set, how many uses are left; and one with its whole history."""

from typing import Final

from fastapi import FastAPI, Request, Response

from audit_explorer.records import EVERYTHING, Reader, Records, Row
from audit_explorer.rooms import events, frame, listing, parties
from audit_explorer.rooms.frame import Cell, Fact, Page, Site
from audit_explorer.rooms.listing import Column, Line, Listing, Position, Wanted
from audit_explorer.words import Language
from protocol import ids
from protocol.errors import FormatError
from protocol.programs import Words
from protocol.vocabulary import say

_TITLE: Final = Words("Authorization", "授权")
_AUTHORIZATIONS: Final = Words("Authorizations", "授权")
_ID: Final = Words("Digest (EIP-712)", "摘要（EIP-712）")
_OWNER: Final = Words("Data owner", "数据提供方")
_DATA_SET: Final = Words("Data set", "数据集")
_STATE: Final = Words("State", "状态")
_USES: Final = Words("Uses left", "剩余次数")
_TASK: Final = Words("Last used by", "最近用于")
_CHANGED: Final = Words("Last change", "最近变更")
_WALLET: Final = Words("Signed by wallet", "签名钱包")
_BLOCK: Final = Words("Block", "区块")
_HISTORY: Final = Words("What happened to it, newest first", "经过，最新在前")
_NONE: Final = Words("Nothing that you may read.", "没有您可查看的内容。")
_VERDICT: Final = Words("This authorization is {state}.", "该授权{state}。")
_NOT_BEFORE: Final = Words("Valid from", "生效时间")
_NOT_AFTER: Final = Words("Valid until", "失效时间")
_LEVEL: Final = Words("Least protection level", "最低保护等级")


def _find(records: Records, reader: Reader, wanted: Wanted, limit: int) -> list[Row]:
    """A party lists what it gave; what others gave for its tasks is on those tasks' pages."""
    at = wanted.after
    block, index = (listing.FOREVER, 0) if wanted.down else (-1, 0)
    if at is not None:
        head, _, tail = at.key.partition(".")
        if not (head.isascii() and tail.isascii() and head.isdigit() and tail.isdigit() and len(at.key) == 30):
            raise FormatError("explorer.cursor", "The page marker is not one of ours.", "Start again from the list.")
        block, index = min(int(head), listing.FOREVER), min(int(tail), 2**31 - 1)
    owner = wanted.filters.get("owner")
    if reader != EVERYTHING:
        mine = ids.on_chain(reader)
        if owner not in (None, mine):
            return []
        owner = mine
    return records.rows(
        reader, "authorizations" if wanted.down else "authorizations_oldest", owner=owner, state=wanted.text("state"),
        block=block, index=index, id=b"" if at is None else at.id, since=wanted.since, until=wanted.until, limit=limit,
    )  # fmt: skip


def _line(row: Row, now: int, language: Language) -> Line:
    found, owner = bytes(row["id"]), bytes(row["owner_id"])
    data_set = None if row["data_set"] is None else bytes.fromhex(row["data_set"][2:])
    task = None if row["task_id"] is None else bytes(row["task_id"])
    cells = (
        frame.authorization(found),
        frame.party(owner, row["owner"]),
        frame.plain("") if data_set is None else frame.data_set(data_set),
        frame.plain(parties.standing_of(row, language)),
        frame.number(row["uses_left"]),
        frame.task(task),
        frame.when(row["changed"], now, language),
        frame.block(row["block_number"]),
    )
    values = (
        ids.prefixed("auth", found), row["owner"] or "0x" + owner.hex(), row["data_set"], row["state"], int(row["uses_left"]),
        None if task is None else ids.prefixed("task", task), None if row["changed"] is None else int(row["changed"]),
        int(row["block_number"]),
    )  # fmt: skip
    return Line(Position(row["key"], found), cells, values)


LIST: Final = Listing(
    "authorizations",
    _AUTHORIZATIONS,
    Words(
        "What owners of data signed and the chain holds. A party lists what it gave; a regulator, all.",
        "数据提供方已签署且在链上的授权。参与方列出其给出的授权；监管方列出全部。",
    ),
    Words("No authorization matches.", "没有符合条件的授权。"),
    (
        listing.subject("owner", _OWNER, ids.name, "hospital"),
        listing.choice("state", _STATE, parties.AUTHORIZATION_STATES),
        *listing.days(),
    ),
    (
        Column("authorization", _TITLE),
        Column("owner", _OWNER),
        Column("data_set", _DATA_SET),
        Column("state", _STATE),
        Column("uses_left", _USES),
        Column("task", _TASK),
        Column("changed_at", _CHANGED, "changed"),
        Column("block", _BLOCK),
    ),
    ("changed", True),
    _find,
    _line,
)


def serve(app: FastAPI, site: Site) -> None:
    """Add the list and an authorization's page."""
    listing.serve(app, site, LIST)

    @app.get("/{tongue}/authorizations/{authorization}")
    def authorization(request: Request, tongue: str, authorization: str) -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        rows = site.records.rows(reader, "authorization", id=frame.id_of(authorization, "auth"))
        if not rows:
            raise frame.missing()
        return site.show(request, language, _page(site, reader, rows[0], language))


def _page(site: Site, reader: Reader, row: Row, language: Language) -> Page:
    found = bytes(row["digest"])
    history = site.records.rows(reader, "about", subject=found, contracts=["Consents"])
    facts = [
        Fact(say(_ID, language), (Cell(ids.prefixed("auth", found)),), wide=True),
        Fact(say(_OWNER, language), (frame.party(row["owner_id"], row["owner"]),)),
        Fact(say(_WALLET, language), (frame.wallet(row["wallet"]),)),
        Fact(say(_USES, language), (frame.plain(str(row["uses_left"])),)),
        Fact(say(_TASK, language), (frame.task(row["task_id"]),)),
    ]
    signed = next((item["args"]["signed"] for item in history if item["name"] == "AuthorizationSubmitted"), None)
    if signed is not None:
        facts += [
            Fact(say(_DATA_SET, language), (frame.data_set(bytes.fromhex(signed["data_set"][2:])),)),
            Fact(say(_NOT_BEFORE, language), (frame.when(int(signed["not_before"]), site.now(), language),)),
            Fact(say(_NOT_AFTER, language), (frame.when(int(signed["not_after"]), site.now(), language),)),
            Fact(say(_LEVEL, language), (frame.plain(f"{signed['min_protection_level']} / 5"),)),
        ]
    return Page(
        say(_TITLE, language),
        frame.authorization(found),
        Cell(say(_AUTHORIZATIONS, language), "authorizations"),
        say(_VERDICT, language).format(state=parties.standing_of(row, language)),
        tuple(facts),
        (events.table(site, reader, "history", _HISTORY, _NONE, history, language),),
    )
