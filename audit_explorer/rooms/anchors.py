"""The parties' logs as the chain has them: each anchor is a batch of entries, which must begin where the one before ended."""

from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI, Request, Response

from audit_explorer.records import Reader, Records, Row
from audit_explorer.rooms import events, frame, witnesses
from audit_explorer.rooms.frame import Cell, Page, Site, Table
from audit_explorer.words import Language
from protocol.programs import Words
from protocol.vocabulary import say

TITLE: Final = Words("Anchors", "锚定")
_EACH: Final = 11
"""Anchors of each party that are read; the oldest of them only tells what the next one joins."""
_LOGS: Final = Words("Logs, by party", "各方日志")
_LOGS_INTRO: Final = Words(
    "Behind: entries that the party's newest commitment counts and its newest anchor does not yet; bundles wait for that.",
    "落后：最近承诺所计而最近锚定尚未包含的条目数；证据包须等待其锚定。",
)
_BATCHES: Final = Words("Batches, newest first", "批次，最新在前")
_BATCHES_INTRO: Final = Words(
    "The newest ten of each party; its page has more. That a batch joins the one before is compared here; that the log only grew "
    "(RFC 9162) was verified by the chain's contract when it took the anchor, and is again in every bundle.",
    "各方最近十批，更多见其页面。此处比对每批是否与前一批衔接；日志只增不改（RFC 9162）由链上合约在接受锚定时核验，并在每个证据包中再次核验。",
)
_NONE: Final = Words("No anchor that you may read.", "没有您可查看的锚定记录。")
_PARTY: Final = Words("Party", "参与方")
_EPOCH: Final = Words("Epoch", "纪元")
_SIZE: Final = Words("Size", "规模")
_ENTRIES: Final = Words("Entries", "条目数")
_ROOT: Final = Words("Log root", "日志根")
_BEHIND: Final = Words("Behind", "落后")
_GAPS: Final = Words("Gaps", "缺口")
_BLOCK: Final = Words("Block", "区块")
_TIME: Final = Words("Block time (UTC)", "区块时间（UTC）")
_JOINS: Final = Words("Joins the one before", "与上一次衔接")
_TRANSACTION: Final = Words("Transaction", "交易")
_WHOLE: Final = Words("Every batch that is shown joins the one before it.", "所示各批次均与前一批次衔接。")
_BROKEN: Final = Words("{number} batches do not join the one before them.", "{number} 个批次与前一批次不衔接。")
_BACK: Final = Words("Overview", "概览")


@dataclass(frozen=True, slots=True)
class Batch:
    """One anchor, with how it joins the one before (:func:`audit_explorer.rooms.events.joined`)."""

    row: Row
    joins: Words


def serve(app: FastAPI, site: Site) -> None:
    """Add the page."""

    @app.get("/{tongue}/anchors")
    def anchors(request: Request, tongue: str) -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        found = batches(site.records, reader)
        gaps = sum(item.joins is events.GAP for item in found)
        forks = witnesses.forks(site.records, reader, [item.row for item in found])
        verdict = say(_BROKEN, language).format(number=gaps) if gaps else say(_WHOLE if found else _NONE, language)
        cosigned = site.records.rows(reader, "log_witnesses")
        page = Page(
            say(TITLE, language),
            Cell(),
            Cell(say(_BACK, language), "home"),
            " ".join(filter(None, (witnesses.verdict(forks, language), verdict))),
            (),
            (
                logs(found, site.now(), language),
                *witnesses.tables(forks, cosigned, site.now(), language),
                _table(found, site.now(), language),
            ),
        )
        return site.show(request, language, page)


def batches(records: Records, reader: Reader) -> list[Batch]:
    """The newest anchors of every party that the reader may know of, newest first."""
    own_logs = dict[bytes, list[Row]]()
    for row in records.rows(reader, "heads", each=_EACH):
        own_logs.setdefault(bytes(row["party_id"]), []).append(row)
    # of a longer log the oldest only tells what the next one joins
    found = [
        Batch(row, events.joined(row["args"], own[place + 1 :], whole=len(own) < _EACH))
        for own in own_logs.values()
        for place, row in enumerate(own[: _EACH - 1])
    ]
    return sorted(found, key=lambda item: (item.row["block_number"], item.row["log_index"]), reverse=True)


def behind(found: list[Batch]) -> int:
    """Entries of all logs that were committed to and are not anchored yet."""
    newest = {bytes(item.row["party_id"]): item for item in reversed(found)}
    return sum(_behind(item.row) for item in newest.values())


def logs(found: list[Batch], now: int, language: Language) -> Table:
    """One line for each party: its newest anchor, and how far that is behind what it committed to."""
    newest: dict[bytes, Batch] = {}
    gaps = dict[bytes, int]()
    for item in found:
        party = bytes(item.row["party_id"])
        newest.setdefault(party, item)
        gaps[party] = gaps.get(party, 0) + (item.joins is events.GAP)
    heads = frame.heads(language, _PARTY, _EPOCH, _SIZE, _BEHIND, _GAPS, _ROOT, _BLOCK, _TIME)
    rows = tuple(
        (
            frame.party(party, item.row["name"]),
            frame.number(item.row["args"]["epoch"]),
            frame.number(item.row["args"]["size"]),
            frame.number(_behind(item.row)),
            frame.number(gaps[party]),
            frame.digest(bytes.fromhex(item.row["args"]["root"][2:])),
            frame.block(item.row["block_number"]),
            frame.when(item.row["block_time"], now, language),
        )
        for party, item in sorted(newest.items(), key=lambda pair: (pair[1].row["name"] or "~", pair[0]))
    )
    return Table("logs", say(_LOGS, language), say(_LOGS_INTRO, language), heads, rows, say(_NONE, language))


def _behind(row: Row) -> int:
    if row["committed_size"] is None or int(row["committed_epoch"]) != int(row["args"]["epoch"]):
        return 0
    return max(0, int(row["committed_size"]) - int(row["args"]["size"]))


def _table(found: list[Batch], now: int, language: Language) -> Table:
    heads = frame.heads(language, _BLOCK, _TIME, _PARTY, _EPOCH, _ENTRIES, _SIZE, _ROOT, _JOINS, _TRANSACTION)
    rows = tuple(
        (
            frame.block(item.row["block_number"]),
            frame.when(item.row["block_time"], now, language),
            frame.party(item.row["party_id"], item.row["name"]),
            frame.number(item.row["args"]["epoch"]),
            frame.number(int(item.row["args"]["size"]) - int(item.row["args"]["old_size"])),
            frame.number(item.row["args"]["size"]),
            frame.digest(bytes.fromhex(item.row["args"]["root"][2:])),
            Cell(say(item.joins, language)),
            frame.transaction(item.row["tx_hash"]),
        )
        for item in found
    )
    return Table("batches", say(_BATCHES, language), say(_BATCHES_INTRO, language), heads, rows, say(_NONE, language))
