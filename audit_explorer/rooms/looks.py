"""Who looked at a task's evidence: part of the task's page, for whoever reads that."""

from typing import Final

from audit_explorer import desk_words
from audit_explorer.records import Reader
from audit_explorer.rooms import frame
from audit_explorer.rooms.frame import Cell, Site, Table
from audit_explorer.words import Language
from protocol.programs import Words
from protocol.vocabulary import LOOK_WORDS, say

_TITLE, _INTRO, _NONE = (desk_words.DESK[name] for name in ("looks_title", "looks_whose", "looks_none"))
_READER: Final = Words("Reader", "读取方")
_WHAT: Final = Words("What", "内容")
_TIMES: Final = Words("Times", "次数")
_LAST: Final = Words("Last (UTC)", "最近（UTC）")


def table(site: Site, reader: Reader, task: bytes, language: Language) -> Table:
    """Reader, kind, how often on that day, and when last."""
    rows = tuple(
        (
            frame.party(row["reader_id"], row["reader"]),
            Cell(say(LOOK_WORDS[row["what"]], language)),
            frame.number(row["looks"]),
            frame.when(row["last_at"], site.now(), language),
        )
        for row in site.records.rows(reader, "looks", task=task)
    )
    heads = frame.heads(language, _READER, _WHAT, _TIMES, _LAST)
    return Table("looks", say(_TITLE, language), say(_INTRO, language), heads, rows, say(_NONE, language))
