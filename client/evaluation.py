"""What follows from the counts that ``eval.binary`` opened, in the clear, at who may read them: rates, precision, gain, calibration.

Nothing here is computed among parties. Points are those of the opened curve and no others: between two of them there are, by the contract's
minimum group, enough people. Calibration compares, between points, how many positives there were with how many the scores said
(Hosmer, Lemeshow, Sturdivant, Applied Logistic Regression, 2013, 5.2.2), in at most :data:`GROUPS` groups of about as many people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from client.result_file import MadeBy, NamedOutput, NamedResult

GROUPS: Final = 10
_CLASSES: Final = frozenset({"thresholds", "cutoff", "scores_are"})
"""What an evaluation of two classes could be given: no code outside the programs knows one by name."""


@dataclass(frozen=True, slots=True)
class Point:
    """One threshold: of the rows at or above it, positives (``true``) and negatives (``false``). Rates are 0 to 1; None: of nobody."""

    threshold: str
    true: float
    false: float
    share: float
    true_rate: float
    false_rate: float
    precision: float | None
    lift: float | None


@dataclass(frozen=True, slots=True)
class Group:
    """Rows between two points of the curve: how likely a positive was by the scores, and how many there were."""

    rows: float
    expected: float
    observed: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation of two classes; what the reader did not receive is empty. ``figures`` by name."""

    step: str
    program: str
    figures: Mapping[str, float]
    points: tuple[Point, ...] = ()
    groups: tuple[Group, ...] = ()


def evaluations(result: NamedResult) -> tuple[Evaluation, ...]:
    """What follows of every evaluation of two classes, in the contract's order."""
    return tuple(_evaluation(result, step) for step in result.steps if set(step.parameters) >= _CLASSES)


def _evaluation(result: NamedResult, step: MadeBy) -> Evaluation:
    mine = {
        output.source.partition(".")[2]: output
        for output in result.outputs
        if output.source.partition(".")[0] == step.step
    }
    points = _points(mine.get("counts"))
    groups = _groups(points, _values(mine.get("expected")))
    figures: dict[str, float] = {}
    if "auc" in mine and (auc := _values(mine["auc"])[0]):
        figures |= {"AUC": auc, "Gini": 2 * auc - 1}
    if "ks" in mine and (ks := _values(mine["ks"])[0]):
        figures["KS"] = ks
    if points:
        figures |= {"rows": points[0].true + points[0].false, "events": points[0].true}
    if groups and points[0].true:
        figures["expected over observed events"] = sum(group.expected * group.rows for group in groups) / points[0].true
    return Evaluation(step.step, step.program, figures | _at_cutoff(_values(mine.get("confusion"))), points, groups)


def _values(output: NamedOutput | None) -> list[float]:
    return [] if output is None else [float(value) for value in output.values]


def _points(counts: NamedOutput | None) -> tuple[Point, ...]:
    """No point where a class has nobody or may not show: all counts are 0 then."""
    values = _values(counts)
    if counts is None or len(counts.axes) != 2 or len(counts.axes[1].names) != 2 or not (values[0] and values[1]):
        return ()
    positive, negative = values[:2]
    found: list[Point] = []
    for name, true, false in zip(counts.axes[0].names, values[::2], values[1::2], strict=True):
        chosen, base = true + false, positive / (positive + negative)
        precision = true / chosen if chosen else None
        found.append(
            Point(
                name,
                true,
                false,
                chosen / (positive + negative),
                true / positive,
                false / negative,
                precision,
                None if precision is None else precision / base,
            )
        )
    return tuple(found)


def _groups(points: Sequence[Point], expected: Sequence[float]) -> tuple[Group, ...]:
    """Neighbouring points put together until a group has a tenth of the people; what is left joins the last group."""
    if not points or len(expected) != len(points):
        return ()
    least = (points[0].true + points[0].false) / GROUPS
    edges = [0]
    for at in range(1, len(points)):
        start = points[edges[-1]]
        if start.true + start.false - points[at].true - points[at].false >= least * (1 - 1e-9):
            edges.append(at)
    if len(edges) == 1:
        edges.append(len(points) - 1)
    edges[-1] = len(points) - 1
    found: list[Group] = []
    for start, end in pairwise(edges):
        positives = points[start].true - points[end].true
        rows = positives + points[start].false - points[end].false
        if rows:
            found.append(Group(rows, (expected[start] - expected[end]) / rows, positives / rows))
    return tuple(found)


def _at_cutoff(confusion: Sequence[float]) -> dict[str, float]:
    """Figures of a confusion matrix, rows the true class; those that divide by nobody are left out."""
    if len(confusion) != 4 or not sum(confusion):
        return {}
    true_negative, false_positive, false_negative, true_positive = confusion
    ratios = {
        "accuracy": (true_negative + true_positive, sum(confusion)),
        "precision": (true_positive, true_positive + false_positive),
        "recall": (true_positive, true_positive + false_negative),
        "specificity": (true_negative, true_negative + false_positive),
        "F1": (2 * true_positive, 2 * true_positive + false_positive + false_negative),
    }
    return {name: part / whole for name, (part, whole) in ratios.items() if whole}
