"""The table that answers a query, from the figures that ``stats.sql`` opened, in the clear, at who may read them (:mod:`protocol.sql.answer`)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from client.markup import escaped, note, table
from client.result_file import MadeBy, NamedOutput, NamedResult
from protocol.programs import Words
from protocol.sql.answer import Answer, answer
from protocol.sql.query import Query

_QUERY: Final = frozenset({"sql", "limit"})
"""What a query's step could be given: no code outside the programs knows one by name."""
_NOBODY: Final = Words("No group shows.", "没有可显示的组。")


@dataclass(frozen=True, slots=True)
class Answered:
    """A step that asked a query, the query's text, and its answer."""

    step: str
    program: str
    text: str
    answer: Answer


def answers(result: NamedResult) -> tuple[Answered, ...]:
    """The answer of every query of which this reader has both outputs, in the contract's order."""
    found = ((step, _answer(result, step)) for step in result.steps if {*step.parameters} >= _QUERY)
    return tuple(Answered(step.step, step.program, step.parameters["sql"], told) for step, told in found if told)


def unseen(told: Answer) -> Words:
    """How many groups do not show, and why that may be."""
    return Words(
        f"{told.unseen} of {told.groups} groups do not show: nobody is in them, or one of their figures is of fewer people than the minimum group,"
        " or they keep totals from giving such a group away. Which of these it is, the answer does not say.",
        f"{told.groups} 组中有 {told.unseen} 组未显示：其中无人，或某一数字涉及的人数少于最小分组，或为使合计不致泄露而隐藏。结果不说明属于何种情形。",
    )


def section(told: Answered) -> str:
    """A query and its answer on a result's page."""
    parts = [
        f"<h2><code>{escaped(told.step)}</code> {escaped(told.program)}</h2>",
        f"<p><code>{escaped(told.text)}</code></p>",
    ]
    if told.answer.unseen:
        parts.append(note(unseen(told.answer)))
    rows = [[_digits(value) for value in row] for row in told.answer.rows]
    heads = [Words(name, name) for name in told.answer.names]
    parts.append(table(heads, rows, Words("Answer", "查询结果")) if rows else note(_NOBODY))
    return "\n".join(parts)


def _digits(value: float | None) -> str:
    """Ten digits: an answer is read as a table of amounts, not as an estimate."""
    return "–" if value is None else f"{value:.0f}" if value == round(value) and abs(value) < 1e15 else f"{value:.10g}"


def _answer(result: NamedResult, step: MadeBy) -> Answer | None:
    mine = {output.source: output for output in result.outputs}
    figures, shown = (mine.get(f"{step.step}.{name}") for name in ("figures", "shown"))
    if figures is None or shown is None:
        return None
    query = Query.parse(step.parameters["sql"])
    return answer(query, float(step.parameters["limit"]), _rows(figures), [value != "0" for value in shown.values])


def _rows(output: NamedOutput) -> list[list[Fraction]]:
    values, width = [Fraction(value) for value in output.values], len(output.axes[1].names)
    return [values[at : at + width] for at in range(0, len(values), width)]
