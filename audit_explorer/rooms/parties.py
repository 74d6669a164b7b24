"""Parties: the registry's list, and a party with its keys, what it authorized and where it takes part."""

from typing import Final

from fastapi import FastAPI, Request, Response

from audit_explorer.records import Reader, Records, Row
from audit_explorer.rooms import events, frame, listing, tasks
from audit_explorer.rooms.frame import Cell, Fact, Page, Site, Table
from audit_explorer.rooms.listing import Column, Line, Listing, Position, Wanted
from audit_explorer.words import Language
from protocol import ids
from protocol.enrolment import role_names
from protocol.programs import Words
from protocol.vocabulary import ENDED, ROLE_BITS, ROLE_WORDS, TaskState, say

ACTIVE: Final = Words("in office", "有效")
SUSPENDED: Final = Words("suspended", "已暂停")
STANDING: Final = {"active": ACTIVE, "suspended": SUSPENDED}
FAILURES: Final = tuple(sorted(ENDED - {TaskState.COMPLETED.name.lower()}))
"""States that a party's page lists apart."""

_TITLE: Final = Words("Party", "参与方")
_PARTIES: Final = Words("Parties", "参与方")
_ID: Final = Words("Id on chain", "链上标识")
_ROLES: Final = Words("Roles", "角色")
_STANDING: Final = Words("Standing", "状态")
_OPERATOR: Final = Words("Operated by", "运营方")
_WALLET: Final = Words("Wallet", "钱包")
_NEXT_WALLET: Final = Words("Wallet named, not accepted yet", "已指定但尚未接受的钱包")
_SIGNER: Final = Words("Node signer", "节点签名地址")
_NODE_KEY: Final = Words("Node key (Ed25519)", "节点密钥（Ed25519）")
_SEAL_KEY: Final = Words("Seal key (X25519)", "封装密钥（X25519）")
_PERIOD: Final = Words("Key period", "密钥周期")
_CHANGED: Final = Words("Last change in block", "最近变更所在区块")
_HISTORY: Final = Words("Keys and standing, newest first", "密钥与状态变更，最新在前")
_NO_HISTORY: Final = Words("The registry shows nothing.", "登记合约没有记录。")
_GIVEN: Final = Words("Authorizations given", "给出的授权")
_NONE_GIVEN: Final = Words("None that you may read.", "没有您可查看的授权。")
_TASKS: Final = Words("Tasks", "任务")
_NO_TASKS: Final = Words("None that you may read.", "没有您可查看的任务。")
_FAILED: Final = Words("Tasks that ended without success", "未成功结束的任务")
_FAILED_ABOUT: Final = Words(
    "It took part in them; who is to blame is not said by that. A task's page has the claims, each by its author.",
    "该方参与了这些任务；这并不说明责任归属。各任务页面列有相关说法及其作者。",
)
_USES: Final = Words("Uses left", "剩余次数")
_AUTHORIZATION: Final = Words("Authorization", "授权")
_LEFT: Final = Words("Left after it", "用后剩余")
_TASK: Final = Words("Task", "任务")
_TIME: Final = Words("Block time (UTC)", "区块时间（UTC）")
_SINCE: Final = Words("Block", "区块")
_USED: Final = Words("Authorizations used, newest first", "授权的使用，最新在前")
_NONE_USED: Final = Words("No use that you may read.", "没有您可查看的使用记录。")
_KEYS: Final = Words("Keys, period by period", "各密钥周期")
_KEYS_INTRO: Final = Words(
    "A signature counts under the keys of the period that the chain printed with it.",
    "签名以链上与其一同记载的密钥周期为准。",
)
_VERDICT: Final = {
    "active": Words("This party is in office.", "该参与方处于有效状态。"),
    "suspended": Words(
        "This party is suspended: it can start and sign nothing.", "该参与方已被暂停：不能启动或签署任何事项。"
    ),
}


def _find(records: Records, reader: Reader, wanted: Wanted, limit: int) -> list[Row]:
    at = wanted.after
    state = wanted.text("state")
    return records.rows(
        reader, "parties", role=ROLE_BITS.get(wanted.text("role"), 0), active=state == "active" if state else None,
        sort=wanted.sort, down=wanted.down, first=at is None, key="" if at is None else at.key, id=b"" if at is None else at.id,
        limit=limit,
    )  # fmt: skip


def _line(row: Row, _now: int, language: Language) -> Line:
    found = bytes(row["id"])
    roles = role_names(int(row["roles"]))
    operator = bytes(row["operator"])
    cells = (
        frame.party(found, row["name"]),
        frame.plain(", ".join(say(ROLE_WORDS[name], language) for name in roles)),
        frame.party(operator, row["operator_name"]),
        frame.plain(say(ACTIVE if row["active"] else SUSPENDED, language)),
        frame.block(row["block_number"]),
    )
    values = (row["name"] or "0x" + found.hex(), " ".join(roles), row["operator_name"] or "0x" + operator.hex())
    return Line(Position(row["key"], found), cells, (*values, bool(row["active"]), int(row["block_number"])))


LIST: Final = Listing(
    "parties",
    _PARTIES,
    Words("Who takes part, as the registry on chain has it.", "链上登记合约所载的参与方。"),
    Words("No party matches.", "没有符合条件的参与方。"),
    (
        listing.choice("role", Words("Role", "角色"), ROLE_WORDS),
        listing.choice("state", _STANDING, STANDING),
    ),
    (
        Column("party", _TITLE, "name"),
        Column("roles", _ROLES),
        Column("operator", _OPERATOR),
        Column("active", _STANDING),
        Column("block", _CHANGED, "block"),
    ),
    ("name", False),
    _find,
    _line,
)


def serve(app: FastAPI, site: Site) -> None:
    """Add the list and a party's page."""
    listing.serve(app, site, LIST)

    @app.get("/{tongue}/parties/{party}")
    def party(request: Request, tongue: str, party: str) -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        found = frame.id_of(party, "party", ids.name)
        rows = site.records.rows(reader, "party", id=found)
        if not rows:
            raise frame.missing()
        return site.show(request, language, _page(site, reader, rows[0], language))


def _page(site: Site, reader: Reader, row: Row, language: Language) -> Page:
    found, name = bytes(row["party_id"]), row["name"]
    known = f"0x{found.hex()}"
    history = site.records.rows(reader, "about", subject=found, contracts=["PartyRegistry"])
    given = site.records.rows(
        reader, "authorizations", owner=found, state="", block=listing.FOREVER, index=0, id=b"", since=0,
        until=listing.FOREVER, limit=10,
    )  # fmt: skip
    standing = "active" if row["active"] else "suspended"
    return Page(
        say(_TITLE, language),
        frame.party(found, name),
        Cell(say(_PARTIES, language), "parties"),
        say(_VERDICT[standing], language),
        (
            Fact(say(_ID, language), (Cell("0x" + found.hex()),), wide=True),
            Fact(say(_ROLES, language), tuple(Cell(say(ROLE_WORDS[item], language)) for item in role_names(row["roles"]))),
            Fact(say(_OPERATOR, language), (frame.party(row["operator"], row["operator_name"]),)),
            Fact(say(_WALLET, language), (frame.wallet(row["wallet"]),)),
            Fact(say(_NEXT_WALLET, language), (frame.wallet(row["pending_wallet"]),)),
            Fact(say(_SIGNER, language), (frame.wallet(row["node_signer"]),)),
            Fact(say(_NODE_KEY, language), (frame.digest(row["node_key"]),)),
            Fact(say(_SEAL_KEY, language), (frame.digest(row["seal_key"]),)),
            Fact(say(_PERIOD, language), (frame.plain(str(row["key_period"])),)),
            Fact(say(_CHANGED, language), (frame.block(row["block_number"]),)),
        ),
        (
            _keys(site, history, language),
            events.table(site, reader, "history", _HISTORY, _NO_HISTORY, history, language),
            Table(
                "given", say(_GIVEN, language), "", frame.heads(language, _AUTHORIZATION, _STANDING, _USES, _CHANGED),
                tuple(
                    (
                        frame.authorization(item["id"]), frame.plain(standing_of(item, language)),
                        frame.number(item["uses_left"]), frame.block(item["block_number"]),
                    ) for item in given
                ),
                say(_NONE_GIVEN, language), f"authorizations?owner={known}",
            ),
            _uses(site, reader, found, language),
            table_of_tasks(site, reader, "tasks", _TASKS, Words("", ""), f"party={known}", language),
            table_of_failures(site, reader, known, language),
            events.anchors(site, reader, found, language),
        ),
    )  # fmt: skip


def _keys(site: Site, history: list[Row], language: Language) -> Table:
    """The node's keys, period by period, newest first: ``history`` is the registry's events, newest first."""
    rows = tuple(
        (
            frame.number(item["args"].get("period", 1)),
            frame.wallet(item["args"]["node_signer"]),
            frame.digest(bytes.fromhex(item["args"]["node_key"][2:])),
            frame.digest(bytes.fromhex(item["args"]["seal_key"][2:])),
            frame.block(item["block_number"]),
            frame.when(item["block_time"], site.now(), language),
        )
        for item in history
        if item["name"] in ("PartyAdmitted", "KeysRotated")
    )
    heads = frame.heads(language, _PERIOD, _SIGNER, _NODE_KEY, _SEAL_KEY, _SINCE, _TIME)
    return Table("keys", say(_KEYS, language), say(_KEYS_INTRO, language), heads, rows, say(_NO_HISTORY, language))


def _uses(site: Site, reader: Reader, owner: bytes, language: Language) -> Table:
    """What became of the authorizations: each use with the task that took it."""
    rows = tuple(
        (
            frame.authorization(item["digest"]),
            frame.task(item["task_id"]),
            frame.when(item["used_at"], site.now(), language),
            frame.number(item["uses_left"]),
            frame.block(item["block_number"]),
        )
        for item in site.records.rows(reader, "uses", owner=owner)
    )
    heads = frame.heads(language, _AUTHORIZATION, _TASK, _TIME, _LEFT, _SINCE)
    return Table("used", say(_USED, language), "", heads, rows, say(_NONE_USED, language))


def standing_of(row: Row, language: Language) -> str:
    """Whether an authorization is in force, used up or revoked."""
    return say(AUTHORIZATION_STATES[row["state"]], language)


AUTHORIZATION_STATES: Final = {
    "in-force": Words("in force", "有效"),
    "spent": Words("used up", "已用尽"),
    "revoked": Words("revoked", "已撤回"),
}


def table_of_tasks(
    site: Site, reader: Reader, name: str, title: Words, intro: Words, query: str, language: Language
) -> Table:
    """The newest tasks of a filter, and the way to all of them."""
    wanted = listing.read(tasks.LIST, [(part.partition("=")[0], part.partition("=")[2]) for part in query.split("&")])
    rows = tasks.LIST.find(site.records, reader, wanted, 10)
    return _tasks(site, name, title, intro, rows, f"tasks?{query}", language)


def table_of_failures(
    site: Site, reader: Reader, known: str, language: Language, title: Words = _FAILED, intro: Words = _FAILED_ABOUT
) -> Table:
    """The newest tasks that ended without success, of every such state: a party's, or all with ``known`` as ""."""
    found = list[Row]()
    for state in FAILURES:
        wanted = listing.read(tasks.LIST, [("party", known), ("state", state)])
        found += tasks.LIST.find(site.records, reader, wanted, 10)
    found.sort(key=lambda row: (int(row["submitted_at"]), bytes(row["task_id"])), reverse=True)
    return _tasks(site, "failures", title, intro, found[:10], "", language)


def _tasks(site: Site, name: str, title: Words, intro: Words, rows: list[Row], more: str, language: Language) -> Table:
    lines = [tasks.LIST.line(row, site.now(), language) for row in rows]
    return Table(
        name,
        say(title, language),
        say(intro, language),
        frame.heads(language, *(column.words for column in tasks.LIST.columns)),
        tuple(line.cells for line in lines),
        say(_NO_TASKS, language),
        more,
    )
