"""How many tasks there are: by state, by month, by program, by protection level. Each picture has its table beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from fastapi import FastAPI, Request, Response

from audit_explorer import bars, pages
from audit_explorer.bars import Bar, Look
from audit_explorer.records import Reader, Records
from audit_explorer.rooms import frame
from audit_explorer.rooms.frame import Cell, Page, Site, Table
from audit_explorer.words import Language
from protocol import ids
from protocol.errors import FormatError
from protocol.programs import Words
from protocol.vocabulary import TASK_STATES, say

TITLE: Final = Words("Statistics", "统计")
_BACK: Final = Words("Overview", "概览")
_LEAD: Final = Words(
    "Of {number} tasks that you may read, by when they were submitted (UTC). Each counts once in a table, but once for each of its programs.",
    "您可查看的 {number} 个任务，按提交时间（UTC）统计。每个任务在各表中计一次，按程序统计时每个程序计一次。",
)
_NONE: Final = Words("No task that you may read.", "没有您可查看的任务。")
_BY_STATE: Final = Words("By state", "按状态")
_BY_MONTH: Final = Words("By month", "按月")
_BY_PROGRAM: Final = Words("By program", "按程序")
_BY_LEVEL: Final = Words("By protection level", "按保护等级")
_STATE: Final = Words("State", "状态")
_MONTH: Final = Words("Month", "月份")
_PROGRAM: Final = Words("Program", "程序")
_LEVEL: Final = Words("Protection level", "保护等级")
_TASKS: Final = Words("Tasks", "任务")
_SHARE: Final = Words("Share", "占比")
_DRAWN: Final = Words("A bar for each line of the table below, the longest {most}.", "下表每行一条，最长者为 {most}。")
_LOOKS: Final[Mapping[Look, Words]] = {
    "good": Words("Completed", "已完成"),
    "bad": Words("Without success", "未成功"),
    "pending": Words("Not ended", "未结束"),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of tasks: by state and month, by program and by level."""

    states: Mapping[tuple[str, str], int]
    programs: Mapping[str, int]
    levels: Mapping[str, int]

    @property
    def total(self) -> int:
        """All tasks."""
        return sum(self.states.values())

    def of_state(self, state: str) -> int:
        """Tasks in a state, of every month."""
        return sum(number for (name, _), number in self.states.items() if name == state)

    def of_month(self, month: str) -> dict[Look, int]:
        """A month's tasks by how they look."""
        found = dict[Look, int].fromkeys(_LOOKS, 0)
        for (state, at), number in self.states.items():
            if at == month:
                found[cast("Look", pages.state(state, "en").look)] += number
        return found


def count(records: Records, reader: Reader) -> Counts:
    """The numbers for a reader."""
    rows = records.rows(reader, "counts")
    return Counts(
        {(row["value"], row["month"]): int(row["number"]) for row in rows if row["kind"] == "state"},
        {row["value"]: int(row["number"]) for row in rows if row["kind"] == "program"},
        {row["value"]: int(row["number"]) for row in rows if row["kind"] == "level"},
    )


def serve(app: FastAPI, site: Site) -> None:
    """Add the page."""

    @app.get("/{tongue}/statistics")
    def statistics(request: Request, tongue: str) -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        found = count(site.records, reader)
        page = Page(
            say(TITLE, language),
            Cell(),
            Cell(say(_BACK, language), "home"),
            say(_LEAD, language).format(number=found.total),
            (),
            (by_state(found, language), _by_month(found, language), _by_program(found, language), _by_level(found, language)),
        )  # fmt: skip
        return site.show(request, language, page)


def by_state(found: Counts, language: Language) -> Table:
    """Tasks by state, in the order of a task's life."""
    lines = [(state, found.of_state(state)) for state in TASK_STATES]
    lines = [(state, number) for state, number in lines if number]
    drawn = [
        Bar(pages.state(state, language).word, ((cast("Look", pages.state(state, language).look), number),))
        for state, number in lines
    ]
    rows = tuple(
        (
            Cell(pages.state(state, language).word, f"tasks?state={state}"),
            frame.number(number),
            _share(number, found.total),
        )
        for state, number in lines
    )
    return _table("states", _BY_STATE, (_STATE, _TASKS, _SHARE), rows, drawn, language)


def _by_month(found: Counts, language: Language) -> Table:
    months = sorted({month for _, month in found.states}, reverse=True)
    split = {month: found.of_month(month) for month in months}
    drawn = [Bar(month, tuple(split[month].items())) for month in months]
    rows = tuple(
        (
            Cell(month, f"tasks?from={month}-01&to={_last(month)}"),
            frame.number(sum(split[month].values())),
            *(frame.number(number) for number in split[month].values()),
        )
        for month in months
    )
    return _table("months", _BY_MONTH, (_MONTH, _TASKS, *_LOOKS.values()), rows, drawn, language)


def _by_program(found: Counts, language: Language) -> Table:
    lines = sorted(found.programs.items(), key=lambda pair: (-pair[1], pair[0]))
    drawn = [Bar(name, (("plain", number),)) for name, number in lines]
    rows = tuple(
        (_program(name), frame.number(number), _share(number, sum(found.programs.values()))) for name, number in lines
    )
    return _table("programs", _BY_PROGRAM, (_PROGRAM, _TASKS, _SHARE), rows, drawn, language)


def _by_level(found: Counts, language: Language) -> Table:
    lines = sorted(found.levels.items())
    drawn = [Bar(f"{level} / 5", (("plain", number),)) for level, number in lines]
    rows = tuple(
        (Cell(f"{level} / 5", f"tasks?level={level}"), frame.number(number), _share(number, sum(found.levels.values())))
        for level, number in lines
    )
    return _table("levels", _BY_LEVEL, (_LEVEL, _TASKS, _SHARE), rows, drawn, language)


def _table(
    name: str, title: Words, heads: tuple[Words, ...], rows: tuple[tuple[Cell, ...], ...], drawn: list[Bar], language: Language
) -> Table:  # fmt: skip
    said = say(_DRAWN, language).format(most=max((bar.total for bar in drawn), default=0))
    drawing = bars.draw(drawn, say(title, language), said, name)
    return Table(
        name, say(title, language), "", frame.heads(language, *heads), rows, say(_NONE, language), drawing=drawing
    )


def _program(name: str) -> Cell:
    try:
        return frame.program(ids.on_chain(ids.program(name)), name)
    except FormatError:
        return Cell(name)


def _share(number: int, total: int) -> Cell:
    return Cell(f"{100 * number / total:.1f} %" if total else "", number=True)


def _last(month: str) -> str:
    """The last day of a month."""
    year, number = int(month[:4]), int(month[5:])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return f"{month}-{(31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[number - 1]}"
