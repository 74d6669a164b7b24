"""Events on chain as rows: what happened, about what, with which transaction. A block and a transaction are lists of them."""

from typing import Any, Final

from fastapi import FastAPI, Request, Response

from audit_explorer.records import Party, Reader, Row
from audit_explorer.rooms import frame
from audit_explorer.rooms.frame import Cell, Fact, Page, Site, Table
from audit_explorer.words import Language
from protocol import event_words
from protocol.errors import FormatError
from protocol.programs import Words
from protocol.vocabulary import say

_BLOCK: Final = Words("Block", "区块")
_TRANSACTION: Final = Words("Transaction", "交易")
_HASH: Final = Words("Hash", "哈希")
_TIME: Final = Words("Block time (UTC)", "区块时间（UTC）")
_EVENT: Final = Words("Event", "事件")
_ABOUT: Final = Words("About", "对象")
_WALLET: Final = Words("Signed by (wallet)", "签署方（钱包）")
_SENDER: Final = Words("Sent by (wallet)", "发送方（钱包）")
_EVENTS: Final = Words("What it recorded", "所记录的事件")
_INTRO: Final = Words("Of our contracts' events, those that you may read.", "本系统合约的事件中，您可查看的部分。")
_NONE: Final = Words("Nothing that you may read.", "没有您可查看的内容。")
_VERDICT: Final = Words(
    "As the coordinator read it from the chain; any endpoint of the chain says the same.",
    "协调方自链上读取；该链的任何节点所示均应一致。",
)
_HOME: Final = Words("Tasks", "任务")
_ANCHORS: Final = Words("Anchored log, newest first", "日志锚定，最新在前")
_NO_ANCHORS: Final = Words("No anchor that you may read.", "没有您可查看的锚定记录。")
_ANCHORS_ABOUT: Final = Words(
    "Each anchor names the size that it grew from. Whether that is the size anchored before is compared here; that the roots are "
    "consistent (RFC 9162) is verified by the chain's contract and in a task's bundle.",
    "每次锚定均注明由何规模增长而来；此处比对其是否等于上一次锚定的规模。根的一致性（RFC 9162）由链上合约与任务证据包核验。",
)
_EPOCH: Final = Words("Epoch", "纪元")
_FROM: Final = Words("From size", "原规模")
_SIZE: Final = Words("Size", "规模")
_ROOT: Final = Words("Log root", "日志根")
_JOINS: Final = Words("Joins the one before", "与上一次衔接")
_YES: Final = Words("yes", "是")
GAP: Final = Words("no: a gap", "否：有缺口")
_FIRST: Final = Words("first of its epoch", "该纪元首次")
_UNSEEN: Final = Words("not shown here", "此处未显示")
_AROUND: Final = Words("Its authorizations, and the anchors of its logs", "相关授权与日志锚定")
_NO_AROUND: Final = Words("The chain shows none yet.", "链上尚无记录。")

NAMES: Final = {
    "PartyAdmitted": Words("Admitted", "准入"),
    "PartySuspended": Words("Suspended", "暂停"),
    "PartyReinstated": Words("Reinstated", "恢复"),
    "WalletChangeNamed": Words("New wallet named", "指定新钱包"),
    "WalletChanged": Words("Wallet changed", "更换钱包"),
    "KeysRotated": Words("Keys rotated", "轮换密钥"),
    "BudgetSet": Words("Privacy budget set", "设定隐私预算"),
    "BudgetSpent": Words("Privacy budget spent", "消耗隐私预算"),
    "AuthorizationSubmitted": Words("Authorization submitted", "提交授权"),
    "AuthorizationRevoked": Words("Authorization revoked", "撤回授权"),
    "AllRevoked": Words("All revoked", "全部撤回"),
    "UseConsumed": Words("Use taken", "扣减使用次数"),
    "UseReturned": Words("Use returned", "退回使用次数"),
    "DataSetRegistered": Words("Data set version registered", "登记数据集版本"),
    "DataSetRetired": Words("Data set version retired", "停用数据集版本"),
    "DataSetAttested": Words("Data set attested", "数据集声明"),
    "ProgramPublished": Words("Program published", "发布程序"),
    "EnginePublished": Words("Engine published", "发布计算引擎"),
    "ReleaseApproved": Words("Approved by a certifier", "认证机构批准"),
    "ReleaseRetired": Words("Retired", "停用"),
    "SuccessorDeclared": Words("Successor declared", "声明后继版本"),
    "SuccessorApproved": Words("Successor approved", "批准后继版本"),
    "Anchored": Words("Log anchored", "日志锚定"),
    "EpochOpened": Words("Log epoch opened", "开启日志纪元"),
}
"""Events that are not about a task; those are in :mod:`protocol.event_words`. One without words prints by its name."""


def serve(app: FastAPI, site: Site) -> None:
    """Add the pages of a block and of a transaction."""

    @app.get("/{tongue}/blocks/{block}")
    def block(request: Request, tongue: str, block: str) -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        if not block.isascii() or not block.isdigit() or len(block) > 18:
            raise FormatError("explorer.block", "A block has a number.", "Look it up with the search box.")
        rows = site.records.rows(reader, "block", block=int(block))
        return site.show(request, language, _page(site, reader, rows, language, _BLOCK, Cell(block)))

    @app.get("/{tongue}/transactions/{transaction}")
    def transaction(request: Request, tongue: str, transaction: str) -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        found = frame.id_of(transaction, "tx")
        rows = site.records.rows(reader, "transaction", transaction=found)
        return site.show(request, language, _page(site, reader, rows, language, _TRANSACTION, frame.digest(found)))


def _page(site: Site, reader: Reader, rows: list[Row], language: Language, title: Words, name: Cell) -> Page:
    if not rows:
        raise frame.missing()
    first = rows[0]
    facts = [
        Fact(say(_BLOCK, language), (frame.block(first["block_number"]),)),
        Fact(say(_TIME, language), (frame.when(first["block_time"], site.now(), language),)),
        Fact(say(_HASH, language), (Cell("0x" + bytes(first["block_hash"]).hex()),), wide=True),
    ]
    if title is _TRANSACTION:
        facts.append(Fact(say(_TRANSACTION, language), (Cell(name.full),), wide=True))
    return Page(
        say(title, language),
        name,
        Cell(say(_HOME, language), "tasks"),
        say(_VERDICT, language),
        tuple(facts),
        (table(site, reader, "events", _EVENTS, _NONE, rows, language, _INTRO),),
    )


def word(name: str, language: Language) -> str:
    """What an event is called."""
    if name in NAMES:
        return say(NAMES[name], language)
    return say(event_words.shown(name).words, language) if name in event_words.NAMES else name


def table(
    site: Site,
    reader: Reader,
    name: str,
    title: Words,
    none: Words,
    rows: list[Row],
    language: Language,
    intro: Words = Words("", ""),  # noqa: B008 - frozen
) -> Table:
    """Events with time, wallet and transaction."""
    names, wallets = _names(site, reader, rows), _wallets(site, reader, rows)
    return Table(
        name,
        say(title, language),
        say(intro, language),
        frame.heads(language, _BLOCK, _TIME, _EVENT, _ABOUT, _WALLET, _TRANSACTION, _SENDER),
        tuple(
            (
                frame.block(row["block_number"]),
                frame.when(row["block_time"], site.now(), language),
                Cell(word(row["name"], language)),
                _about(row, names),
                frame.wallet(row["args"].get("wallet") or row["args"].get("new_wallet")),
                frame.transaction(row["tx_hash"]),
                frame.sender(row["sender"], wallets),
            )
            for row in rows
        ),
        say(none, language),
    )


def around(site: Site, reader: Reader, task: bytes, authorizations: list[bytes], language: Language) -> Table:
    """A task's authorizations and the anchors of its logs: each with time, wallet and transaction."""
    rows = site.records.rows(reader, "around", task=task, authorizations=authorizations)
    return table(site, reader, "around", _AROUND, _NO_AROUND, rows, language)


def anchors(site: Site, reader: Reader, party: bytes, language: Language) -> Table:
    """A party's anchors: whether each begins where the one before ended."""
    rows = site.records.rows(reader, "about", subject=party, contracts=["Anchors"])
    anchored = [row for row in rows if row["name"] == "Anchored"]
    return Table(
        "anchors",
        say(_ANCHORS, language),
        say(_ANCHORS_ABOUT, language),
        frame.heads(language, _BLOCK, _TIME, _EPOCH, _FROM, _SIZE, _ROOT, _JOINS, _TRANSACTION),
        tuple(
            (
                frame.block(row["block_number"]),
                frame.when(row["block_time"], site.now(), language),
                frame.number(row["args"]["epoch"]),
                frame.number(row["args"]["old_size"]),
                frame.number(row["args"]["size"]),
                frame.digest(bytes.fromhex(row["args"]["root"][2:])),
                Cell(say(joined(row["args"], anchored[place + 1 :], whole=len(rows) < 200), language)),
                frame.transaction(row["tx_hash"]),
            )
            for place, row in enumerate(anchored)
        ),
        say(_NO_ANCHORS, language),
    )


def joined(args: dict[str, Any], before: list[Row], *, whole: bool) -> Words:
    """How an anchor joins the one before; ``before`` is newest first, and without ``whole`` the oldest shown may follow one that is not shown."""
    earlier = next((row["args"] for row in before if row["args"]["epoch"] == args["epoch"]), None)
    if earlier is not None:
        return _YES if int(earlier["size"]) == int(args["old_size"]) else GAP
    if int(args["old_size"]) == 0:
        return _FIRST
    return GAP if whole else _UNSEEN


def _names(site: Site, reader: Reader, rows: list[Row]) -> dict[tuple[str, bytes], str]:
    subjects = sorted({bytes(row["subject"]) for row in rows if row["subject"] is not None})
    found = site.records.rows(reader, "names", ids=subjects) if subjects else []
    return {(str(row["kind"]), bytes(row["id"])): str(row["name"]) for row in found}


def _wallets(site: Site, reader: Reader, rows: list[Row]) -> dict[bytes, Party]:
    """The parties behind the wallets that sent these transactions."""
    sent = sorted({bytes(row["sender"]) for row in rows if row["sender"] is not None})
    found = site.records.rows(reader, "wallets", wallets=sent) if sent else []
    return {bytes(row["wallet"]): Party(bytes(row["party_id"]), row["name"]) for row in found}


def _about(row: Row, names: dict[tuple[str, bytes], str]) -> Cell:
    """What an event is about, and the way to its page."""
    if row["subject"] is None:
        return Cell()
    found = bytes(row["subject"])
    match row["contract"]:
        case "Tasks":
            return frame.task(found)
        case "Consents":
            return (
                frame.party(found, names.get(("party", found)))
                if row["name"] == "AllRevoked"
                else frame.authorization(found)
            )
        case "DataSets" | "Budgets":
            return frame.data_set(found)
        case "Programs":
            return frame.program(found, names.get(("program", found), names.get(("engine", found))))
        case "PartyRegistry" | "Anchors":
            return frame.party(found, names.get(("party", found)))
        case _:
            return frame.digest(found)
