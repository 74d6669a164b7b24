"""Reports for paper: a period for a regulator, a task for an auditor's file; each also as a file that a command prints alike."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from audit_explorer.records import NOBODY, Reader, Records, Row
from audit_explorer.reports import inputs, one_task, paper, printing
from audit_explorer.reports.inputs import Happened, Inputs
from audit_explorer.rooms import frame, listing, understood
from audit_explorer.rooms.frame import Cell, Page, Site
from audit_explorer.verification import Verifier, told
from audit_explorer.words import TEXTS, Language
from protocol import events, ids
from protocol.contract import TaskContract
from protocol.errors import FormatError, TallyError, UnavailableError
from protocol.event_words import ids_in
from protocol.programs import Words
from protocol.vocabulary import say

MOST_TASKS: Final = 2_000
"""Tasks of one report in the explorer; the command has no such bound."""
_MOST_EVENTS: Final = 100_000
_MOST_BUNDLES: Final = 100
"""Bundles that are asked for in a reader's name for one report: their contracts hold the purposes' words."""
_BACK: Final = Words("Overview", "概览")
TITLE: Final = Words("Report", "报告")
_TASKS: Final = Words(
    "Everything of one period, to read, print or keep. Of the purposes the words are shown whose evidence bundles the coordinator gives you.",
    "一个期间的全部情况，可阅读、打印或保存。处理目的之原文，仅在协调方向您提供其证据包时显示。",
)
_FROM: Final = Words("From (date, UTC)", "自（日期，UTC）")
_TO: Final = Words("To, this day included", "至（含当日）")
_WRONG: Final = Words(
    "Write both days as 2026-01-31, the first not after the second.", "请将两个日期写作 2026-01-31，且前者不晚于后者。"
)
_MANY: Final = Words(
    "More than {most} tasks: choose a shorter period, or use `tally report period`, which has no such bound.",
    "超过 {most} 个任务：请缩短期间，或使用不设上限的 `tally report period`。",
)
_HTML: Final = Words("This report as HTML, to keep and print", "本报告（HTML），可保存与打印")
_INPUTS: Final = Words(
    "What it was counted from (JSON), for `tally report period`", "统计所用输入（JSON），供 `tally report period` 使用"
)
_PDF: Final = Words("This report as PDF", "本报告（PDF）")
_UNPRINTED: Final[Mapping[str, Words]] = {
    "report.no_browser": Words(
        "No Chromium is installed on this server to print PDF with. Keep the report as HTML and print that with a browser of yours, or let "
        "`tally report` write PDF on a machine with chromium and fonts-noto-cjk.",
        "此服务器未安装用于打印 PDF 的 Chromium。请将报告存为 HTML 并用您的浏览器打印，或在装有 chromium 与 fonts-noto-cjk 的机器上由 `tally report` 生成 PDF。",
    ),
    "report.busy": Words(
        "Other reports are being printed at this moment; try again in some seconds.", "正在打印其他报告；请数秒后再试。"
    ),
    "report.not_printed": Words(
        "Chromium did not print the report. Keep it as HTML and print that with a browser of yours.",
        "Chromium 未能打印本报告。请将其存为 HTML，并用您的浏览器打印。",
    ),
}
"""What a reader does where there is no PDF, by the error's code."""

Evidence = Callable[[Request, bytes], bytes | None]
"""A task's bundle as the coordinator gives it to who is signed in; None where it does not."""


def serve(app: FastAPI, site: Site, verifier: Verifier, evidence: Evidence) -> None:
    """Add the reports."""

    @app.get("/{tongue}/report")
    def period(request: Request, tongue: str) -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        asked = _asked(request)
        given, problem = None, ""
        if reader == NOBODY:
            problem = TEXTS[language].closed
        elif any(asked.values()):
            try:
                given = _gathered(site, reader, asked, lambda task: evidence(request, task))
            except FormatError as error:
                if error.code not in ("explorer.filter", "report.long"):
                    raise  # not the period's fault
                problem = _said(error, language)
        made = None if given is None else paper.period(given, language)
        page = Page(
            say(TITLE, language) if made is None else made.title, Cell(), Cell(say(_BACK, language), "home"),
            problem or (say(_TASKS, language) if made is None else made.lead), () if made is None else made.facts,
            () if made is None else made.tables,
        )  # fmt: skip
        query = "" if made is None else f"?from={asked['from']}&to={asked['to']}"
        return site.render(
            request, "report.html.j2", language, 400 if problem and reader != NOBODY else 200, page=page, asked=asked,
            labels=(say(_FROM, language), say(_TO, language)), problem=problem,
            files=[] if made is None else [
                (f"report.html{query}", say(_HTML, language)), (f"report.pdf{query}", say(_PDF, language)),
                (f"report.json{query}", say(_INPUTS, language)),
            ],
        )  # fmt: skip

    def period_text(request: Request, language: Language) -> str:
        given = _gathered(site, site.reader(request), _asked(request), lambda task: evidence(request, task))
        return paper.html(paper.period(given, language), language)

    @app.get("/{tongue}/report.html")
    def period_html(request: Request, tongue: str) -> Response:
        return _file(period_text(request, site.spoken(tongue)), "report")

    @app.get("/{tongue}/report.pdf")
    def period_pdf(request: Request, tongue: str) -> Response:
        language = site.spoken(tongue)
        return _printed(site, request, language, period_text(request, language), "report")

    @app.get("/{tongue}/report.json")
    def period_json(request: Request, tongue: str) -> Response:
        reader = site.reader(request)
        site.spoken(tongue)
        given = _gathered(site, reader, _asked(request), lambda task: evidence(request, task))
        headers = {"content-disposition": 'attachment; filename="report-inputs.json"'}
        return Response(given.data(), media_type="application/json", headers=headers)

    def task_text(request: Request, language: Language, key: bytes) -> str:
        reader = site.reader(request)
        data = evidence(request, key) if site.records.rows(reader, "task", task=key) else None
        words = None if data is None else told(data)
        if data is None or words is None:
            raise frame.missing()
        programs = understood.described(site.records, reader, words.contract)
        made = one_task.paper(data, verifier.trust_for(data), verifier.check(data).report, programs, language)
        return paper.html(made, language)

    @app.get("/{tongue}/tasks/{task}/report.html")
    def task_html(request: Request, tongue: str, task: str) -> Response:
        language, key = site.spoken(tongue), frame.id_of(task, "task")
        return _file(task_text(request, language, key), f"task-{key.hex()[:8]}")

    @app.get("/{tongue}/tasks/{task}/report.pdf")
    def task_pdf(request: Request, tongue: str, task: str) -> Response:
        language, key = site.spoken(tongue), frame.id_of(task, "task")
        return _printed(site, request, language, task_text(request, language, key), f"task-{key.hex()[:8]}")

    @app.get("/{tongue}/programs/{program}/description.json")
    def description(request: Request, tongue: str, program: str) -> Response:
        site.spoken(tongue)
        rows = site.records.rows(
            site.reader(request), "descriptors", ids=[frame.id_of(program, "program", ids.program)]
        )
        if not rows:
            raise frame.missing()
        headers = {"content-disposition": 'attachment; filename="program.json"'}
        return Response(bytes(rows[0]["payload"]), media_type="application/json", headers=headers)


def gather(
    records: Records, reader: Reader, since: int, until: int, contracts: Callable[[Sequence[bytes]], Sequence[TaskContract]]
) -> Inputs:  # fmt: skip
    """What ``reader`` may read of a period; ``contracts`` gives the contracts of some tasks, as far as they may be known."""
    deployment = records.deployment()
    if deployment is None:
        raise FormatError("report.no_chain", "Nothing was read from a chain yet.", "Wait until the coordinator has.")
    proposed = records.rows(reader, "period_tasks", since=since, until=until, limit=MOST_TASKS + 1)
    if len(proposed) > MOST_TASKS:
        raise FormatError(
            "report.long", f"More than {MOST_TASKS} tasks.", "Choose a shorter period, or use the command."
        )
    tasks = [bytes(row["subject"]) for row in proposed]
    of_tasks = _of(records, reader, tasks, "Tasks", [name for name in inputs.OF_TASKS if not name.startswith("Use")])
    used = {
        digest
        for item in of_tasks
        if isinstance(event := item.event, events.TaskStarted)
        for digest in event.authorizations
    }
    given = [
        _happened(row) for row in records.rows(reader, "period_given", since=since, until=until, limit=_MOST_EVENTS)
    ]
    of_consents = _of(records, reader, sorted(used), "Consents", [*inputs.GIVEN, "UseConsumed", "UseReturned"])
    found = {(item.block, item.index): item for item in (*of_tasks, *given, *of_consents)}
    block = max(
        [item.block for item in found.values()] + ([] if deployment.block is None else [deployment.block]), default=0
    )
    chosen = inputs.select(found.values(), since, until, block)
    seen = sorted({value for item in chosen for value in ids_in(item.event)})
    names = [(str(row["kind"]), str(row["name"])) for row in records.rows(reader, "names", ids=seen)]
    return inputs.inputs(
        deployment=deployment.deployment, chain_id=deployment.chain_id, reader=reader, since=since, until=until, block=block,
        happened=chosen, names=names, contracts=contracts(tasks),
    )  # fmt: skip


def _gathered(site: Site, reader: Reader, asked: dict[str, str], evidence: Callable[[bytes], bytes | None]) -> Inputs:
    if reader == NOBODY:
        raise frame.missing()
    since, until = listing.day(asked["from"]), listing.day(asked["to"]) + 86_400
    if since >= until:
        raise FormatError("explorer.filter", "The period is empty.", "Write the earlier day first.")

    def contracts(tasks: Sequence[bytes]) -> Sequence[TaskContract]:
        found = list[TaskContract]()
        for row in site.records.rows(reader, "ended_in", tasks=list(tasks))[:_MOST_BUNDLES]:
            data = evidence(bytes(row["task_id"]))
            words = None if data is None else told(data)
            if words is not None:
                found.append(words.contract)
        return found

    return gather(site.records, reader, since, until, contracts)


def _of(
    records: Records, reader: Reader, subjects: Sequence[bytes], contract: str, names: Sequence[str]
) -> list[Happened]:
    if not subjects:
        return []
    values = {"subjects": list(subjects), "contract": contract, "names": list(names), "limit": _MOST_EVENTS + 1}
    rows = records.rows(reader, "of_subjects", **values)
    if len(rows) > _MOST_EVENTS:
        raise FormatError(
            "report.long", f"More than {_MOST_EVENTS} events.", "Choose a shorter period, or use the command."
        )
    return [_happened(row) for row in rows]


def _happened(row: Row) -> Happened:
    return Happened(
        int(row["block_number"]), int(row["log_index"]), int(row["block_time"]), str(row["name"]), row["args"]
    )


def _asked(request: Request) -> dict[str, str]:
    return {name: request.query_params.get(name, "").strip()[:40] for name in ("from", "to")}


def _said(error: TallyError, language: Language) -> str:
    return say(_MANY, language).format(most=MOST_TASKS) if error.code == "report.long" else say(_WRONG, language)


def _file(text: str, name: str) -> Response:
    """A file to keep, which a browser never shows with this site's rights."""
    return HTMLResponse(text, headers={"content-disposition": f'attachment; filename="{name}.html"'})


def _printed(site: Site, request: Request, language: Language, text: str, name: str) -> Response:
    """As :func:`_file`, as PDF; a page that says what to do where nothing is printed."""
    try:
        data = printing.pdf(text)
    except UnavailableError as error:
        sentence = f"{say(_UNPRINTED[error.code], language)} [{error.code}]"
        answer = site.render(request, "error.html.j2", language, sentence=sentence)
        answer.status_code = 503
        return answer
    headers = {"content-disposition": f'attachment; filename="{name}.pdf"'}
    return Response(data, media_type="application/pdf", headers=headers)
