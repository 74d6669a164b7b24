"""What a task would do with the owner's own rows, as its node finds it before the wallet is asked: shown to the owner alone."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from protocol.data_faults import Finding, Report
from protocol.law.declared import NOT_DECLARED
from protocol.programs import Language, Words
from protocol.vocabulary import say
from tallystick.consents import refuse_what_rows_cannot

_HEADS = (Words("step", "步骤"), Words("column", "列"), Words("rows", "行数"), Words("what", "说明"))
_NODE = Words("this node", "本节点")
_STOPS = Words("stops the task", "将使任务停止")
_NOTICE = Words("notice", "提示")
_DRAWN = Words("(only in some of the random orders of your rows)", "（仅在您的行的某些随机顺序下）")
_CLEAN = Words(
    "Nothing in your rows or at your node stands against this task, as far as can be known here.",
    "就本地所能得知，您的数据行与节点均不妨碍此任务。",
)
_ALL_MATCH = Words(
    "Counts are of your own rows, as if all of them took part; others learn nothing of this check.",
    "行数仅为您自己的数据行，按全部参与计；其他任何方不会得知本次检查。",
)
_UNTRIED = Words("Not tried, for what comes before it fails: ", "因前一步失败而未检查：")


def show(console: Console, report: Report, language: Language) -> None:
    """The findings as a table."""
    for data_set in dict.fromkeys(finding.data_set for finding in report.findings):
        console.print(escape(data_set or say(_NODE, language)), style="bold")
        table = Table(*(say(head, language) for head in _HEADS), box=None, pad_edge=False)
        for finding in (item for item in report.findings if item.data_set == data_set):
            mark = f"{finding.code}: {say(_NOTICE if finding.notice else _STOPS, language)}"
            rows = "" if finding.rows is None else str(finding.rows)
            columns = "\n".join(finding.columns)
            table.add_row(*map(escape, (finding.step, columns, rows, f"{mark}\n{_sentence(finding, language)}")))
        console.print(table)
    if not report.findings and not report.untried:
        console.print(say(_CLEAN, language))
    for finding in report.undeclared:
        console.print(escape(f"{finding.code}: {say(NOT_DECLARED, language)}: {say(finding.what, language)}"))
    if report.untried:
        console.print(say(_UNTRIED, language) + escape(", ".join(report.untried)))
    if report.costs is not None:
        console.print(say(report.costs.said(), language))
    console.print(say(_ALL_MATCH, language))


def before_signing(console: Console, found: Report | Words, language: Language, *, anyway: bool) -> None:
    """Show what the owner's node found, or why it was not asked; refused (``authorization.rows_cannot``) unless ``anyway``."""
    if isinstance(found, Words):
        console.print(escape(say(found, language)))
        return
    show(console, found, language)
    if not anyway:
        refuse_what_rows_cannot(found)


def _sentence(finding: Finding, language: Language) -> str:
    words = say(finding.what, language)
    return f"{words} {say(_DRAWN, language)}" if finding.drawn else words
