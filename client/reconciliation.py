"""What ``reconcile.flows`` found, for the owner of the reported lines: how many lines have each finding, and which they are."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from client.markup import escaped, note, plain, table
from client.result_file import MadeBy, NamedOutput, NamedResult
from protocol.programs import Words

FINDINGS: Final = (
    Words("One line on either side, amounts agree", "双方各一条，金额一致"),
    Words("One line on either side, amounts differ", "双方各一条，金额不一致"),
    Words("Several lines with these keys on some side, sums agree", "某一方有多条键相同的明细，合计一致"),
    Words("Several lines with these keys on some side, sums differ", "某一方有多条键相同的明细，合计不一致"),
    Words("No bank has a line with these keys", "各银行均无此明细"),
    Words(
        "A further line with the keys of an earlier one, where the finding stands", "键与此前的明细相同，结果见其首条"
    ),
)
"""By the number that stands for each."""
_AGREES: Final = (0, 2, 5)
_COUNTED: Final = (
    Words("Lines of the banks", "银行明细条数"),
    Words("Of these, reported by nobody", "其中未上报的条数"),
)
_SUMS: Final = (
    Words("Reported, of keys that a bank has", "上报金额合计（银行有对应明细的键）"),
    Words("At the banks, of keys that are reported", "银行金额合计（已上报的键）"),
)
_HIDDEN: Final = Words(
    "The totals do not show: one of them is of some, but of fewer lines than the minimum group.",
    "总计不予显示：其中一项不为零但少于最小分组。",
)
_PARAMETERS: Final = frozenset({"keys", "places", "tolerance"})
"""What a comparison could be given: no code outside the programs knows one by name."""
_LINES: Final = 1000
"""Of one kind on the page; the result's own CSV has all."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A step that compared lines. ``lines``: finding by number of the line, counted from 1 as the task took the owner's rows, ascending. ``totals`` and
    ``amounts`` (with decimal places) as they opened, empty where they were not given or do not show; ``hidden`` where they do not show.
    """

    made: MadeBy
    lines: dict[int, int]
    totals: tuple[int, ...]
    amounts: tuple[Decimal, ...]
    hidden: bool


def reconciliations(result: NamedResult) -> tuple[Reconciled, ...]:
    """Every comparison of which this reader has an output, in the contract's order."""
    found = ((step, _found(result, step)) for step in result.steps if {*step.parameters} >= _PARAMETERS)
    return tuple(told for _, told in found if told is not None)


def section(told: Reconciled) -> str:
    """What was found, on a result's page."""
    made = told.made
    parts = [
        f"<h2><code>{escaped(made.step)}</code> {escaped(made.program)}</h2>",
        f"<p><code>{escaped(made.parameters['keys'])}</code> ± {escaped(made.parameters['tolerance'])}</p>",
    ]
    if told.hidden:
        parts.append(note(_HIDDEN))
    counts = Counter(told.lines.values()) if told.lines else Counter(dict(enumerate(told.totals[: len(FINDINGS)])))
    rows = [[plain(words), str(counts[finding])] for finding, words in enumerate(FINDINGS)] if counts else []
    rows += [[plain(words), str(value)] for words, value in zip(_COUNTED, told.totals[len(FINDINGS) :], strict=False)]
    rows += [[plain(words), f"{value:f}"] for words, value in zip(_SUMS, told.amounts, strict=False)]
    if rows:
        parts.append(table((Words("Finding", "核对结果"), Words("Lines, or amount", "条数或金额")), rows, None))
    parts += [
        _listed(words, [line for line, found in told.lines.items() if found == finding])
        for finding, words in enumerate(FINDINGS)
        if finding not in _AGREES
    ]
    return "\n".join(part for part in parts if part)


def _listed(words: Words, lines: Sequence[int]) -> str:
    """The numbers of some lines; nothing where there are none."""
    if not lines:
        return ""
    first = ", ".join(map(str, lines[:_LINES])) + (", …" if len(lines) > _LINES else "")
    return table((words,), [[first]], Words(f"{len(lines)} lines, by number", f"{len(lines)} 条（序号）"))


def _found(result: NamedResult, step: MadeBy) -> Reconciled | None:
    mine = {output.source.rpartition(".")[2]: output for output in result.outputs if output.source.startswith(f"{step.step}.")}  # fmt: skip
    if not {"lines", "totals", "amounts"} & mine.keys():
        return None
    totals, amounts = (_whole(mine.get(name)) for name in ("totals", "amounts"))
    numbers = _whole(mine.get("lines"))
    lines = dict(sorted(zip(numbers[::2], numbers[1::2], strict=True)))
    hidden = bool((totals and not any(totals)) or (amounts and not totals and not any(amounts) and not lines))
    if hidden:
        totals = amounts = ()
    places = int(step.parameters["places"])
    return Reconciled(step, lines, totals, tuple(Decimal(value).scaleb(-places) for value in amounts), hidden)


def _whole(output: NamedOutput | None) -> tuple[int, ...]:
    return () if output is None else tuple(int(Decimal(value)) for value in output.values)
