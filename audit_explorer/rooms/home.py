"""Where a reader begins: how far the chain was read, whether logs are anchored, what failed lately, and how many tasks there are."""

from typing import Final

from fastapi import FastAPI, Request, Response

from audit_explorer.records import NOBODY, Reader, Records
from audit_explorer.rooms import anchors, events, frame, parties, statistics, witnesses
from audit_explorer.rooms.anchors import Batch
from audit_explorer.rooms.frame import Cell, Fact, Page, Site
from audit_explorer.words import TEXTS, Language
from protocol.programs import Words
from protocol.vocabulary import say

TITLE: Final = Words("Overview", "概览")
_FINE: Final = Words(
    "The chain is read to block {block}; every log that you may read joins what was anchored before.",
    "链已读至区块 {block}；您可查看的各方日志均与此前锚定衔接。",
)
_GAPS: Final = Words(
    "The chain is read to block {block}; {number} anchored batches do not join the one before them.",
    "链已读至区块 {block}；{number} 个锚定批次与前一批次不衔接。",
)
_REPORT: Final = Words("Report", "报告")
_UNREAD: Final = Words("Nothing was read from a chain yet.", "尚未读取任何链上数据。")
_TASKS: Final = Words("Tasks that you may read", "您可查看的任务")
_EVENT: Final = Words("Newest event", "最新事件")
_HEAD: Final = Words("Chain read to block", "链已读至区块")
_UNANCHORED: Final = Words("Entries not anchored yet", "尚未锚定的条目")
_ANCHORED: Final = Words("Newest anchor", "最新锚定")
_COSIGNED: Final = Words("Newest heads of logs that witnesses cosigned", "见证方已签署的日志最新检查点")
_FAILED: Final = Words("What ended without success lately", "近期未成功结束的任务")
_FAILED_INTRO: Final = Words("A task's page has what each party claims about it.", "各任务页面列有各方对此的说法。")


def serve(app: FastAPI, site: Site) -> None:
    """Add the page."""

    @app.get("/{tongue}/home")
    def home(request: Request, tongue: str) -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        return site.show(request, language, _page(site, reader, language))


def _page(site: Site, reader: Reader, language: Language) -> Page:
    found = anchors.batches(site.records, reader)
    counts = statistics.count(site.records, reader)
    forks = witnesses.forks(site.records, reader, [item.row for item in found])
    said = TEXTS[language].closed if reader == NOBODY else _verdict(site.records, found, language)
    verdict = " ".join(filter(None, (witnesses.verdict(forks, language), said)))
    logs = anchors.logs(found, site.now(), language)
    return Page(
        say(TITLE, language),
        Cell(),
        Cell(),
        verdict,
        _facts(site, reader, found, counts.total, language),
        (
            statistics.by_state(counts, language),
            parties.table_of_failures(site, reader, "", language, _FAILED, _FAILED_INTRO),
            logs,
        ),
    )


def _verdict(records: Records, found: list[Batch], language: Language) -> str:
    deployment = records.deployment()
    if deployment is None or deployment.block is None:
        return say(_UNREAD, language)
    gaps = sum(item.joins is events.GAP for item in found)
    return say(_GAPS if gaps else _FINE, language).format(block=deployment.block, number=gaps)


def _facts(site: Site, reader: Reader, found: list[Batch], tasks: int, language: Language) -> tuple[Fact, ...]:
    deployment, now = site.records.deployment(), site.now()
    cosigned = witnesses.witnessed(site.records.rows(reader, "log_witnesses"))
    newest = site.records.rows(reader, "last_event")
    told = (
        (frame.block(newest[0]["block_number"]), frame.when(newest[0]["block_time"], now, language)) if newest else ()
    )
    return (
        Fact(say(_TASKS, language), (Cell(str(tasks), "tasks"), Cell(say(statistics.TITLE, language), "statistics"), Cell(say(_REPORT, language), "report"))),
        Fact(say(_HEAD, language), (Cell("" if deployment is None or deployment.block is None else str(deployment.block)),)),
        Fact(say(_EVENT, language), told),
        Fact(say(_ANCHORED, language), (frame.when(found[0].row["block_time"], now, language), Cell(say(anchors.TITLE, language), "anchors")) if found else ()),
        Fact(say(_UNANCHORED, language), (Cell(str(anchors.behind(found))),)),
        Fact(say(_COSIGNED, language), (Cell(f"{cosigned[0]} / {cosigned[1]}", "anchors"),)),
    )  # fmt: skip
