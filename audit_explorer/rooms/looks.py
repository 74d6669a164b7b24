"""Who looked at a task's evidence: part of the task's page, for whoever reads that."""

from collections.abc import Mapping
from typing import Final

from audit_explorer.records import Reader
from audit_explorer.rooms import frame
from audit_explorer.rooms.frame import Cell, Site, Table
from audit_explorer.words import Language
from protocol.programs import Words
from protocol.vocabulary import say

_TITLE: Final = Words("Who looked at the evidence", "谁查看过证据")
_INTRO: Final = Words(
    "What the coordinator gave to whom, by reader and day (UTC), for 400 days: the newest fifty. It is the coordinator's word; copies "
    "that readers hand on are nobody's to see.",
    "协调方向谁提供了什么，按读取方与日期（UTC）计，保留 400 天，此处为最近五十条。此为协调方的说法；读取方再行转交的副本无从得知。",
)
_NONE: Final = Words("Nobody fetched evidence of this task yet.", "尚无人获取过本任务的证据。")
_READER: Final = Words("Reader", "读取方")
_WHAT: Final = Words("What", "内容")
_TIMES: Final = Words("Times", "次数")
_LAST: Final = Words("Last (UTC)", "最近（UTC）")
_WHATS: Final[Mapping[str, Words]] = {
    "bundle": Words("evidence bundle", "证据包"),
    "path": Words("path to a trusted block", "至可信区块的路径"),
    "shares": Words("its own sealed shares", "其自身的密封份额"),
}


def table(site: Site, reader: Reader, task: bytes, language: Language) -> Table:
    """Reader, kind, how often on that day, and when last."""
    rows = tuple(
        (
            frame.party(row["reader_id"], row["reader"]),
            Cell(say(_WHATS[row["what"]], language)),
            frame.number(row["looks"]),
            frame.when(row["last_at"], site.now(), language),
        )
        for row in site.records.rows(reader, "looks", task=task)
    )
    heads = frame.heads(language, _READER, _WHAT, _TIMES, _LAST)
    return Table("looks", say(_TITLE, language), say(_INTRO, language), heads, rows, say(_NONE, language))
