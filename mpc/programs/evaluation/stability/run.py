"""``eval.stability``: how far the distribution over bins has moved from one table to another, or from one set of scores to another.

With a bin's parts a_b of the actual and e_b of the expected rows, smoothed as weights of evidence are:

    index = sum_b (a_b - e_b) · ln(a_b / e_b)        (Siddiqi, Credit Risk Scorecards, 2006, ch. 9)

which is the information value of the question which table a row is from (:mod:`mpc.programs.features.evidence`). Owners count their own
columns in the clear; what is shared are counts. Bins must be by the same edges in both tables: ``prepare.table``'s declared ``bins``.
Scores are shares: how many lie in each bin is compared and added up on shares, what is beyond the ends counting to the outer bins.
"""

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant, stack
from mpc.programs.categories import codes
from mpc.programs.features.evidence import GRAIN, Rule, weighed
from mpc.programs.minimum_group import require
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Aligned, Floats, Owned, Stacked, StackedTable, Value, rows_in
from protocol.errors import RangeError, RefusedError


async def run(context: StepContext) -> dict[str, Value]:
    """The index of every column, or of the scores."""
    (expected,), (actual,) = context.inputs["expected"], context.inputs["actual"]
    context.progress(0, 1)
    match expected, actual:
        case Aligned(), Aligned():
            found = _of_columns(context, expected, actual)
        case Stacked(), Stacked():
            found = _of_rows(context, expected, actual)
        case SecureArray(), SecureArray():
            found = _of_scores(context, expected, actual)
        case _:
            raise RefusedError(
                "stability.kinds", "The two inputs are of different kinds.", "Take both from like steps."
            )
    return {"stability": found}


def _index(
    context: StepContext, expected: list[SecureArray], actual: list[SecureArray], of: tuple[Owned, Owned]
) -> SecureArray:
    """From each owner's counts (columns, bins) of both tables; ``of`` whose the rows are, owners in the same order."""
    rows, today = (rows_in(owned) for owned in of)
    grain, total = 1 << GRAIN, rows + today
    owned = tuple((owner, one + other) for (owner, one), (_, other) in zip(*of, strict=True))
    smoothing = max(1, round(context.decimal("smoothing") * grain)) / grain
    rule = Rule(context.integer("bins"), smoothing, context, owned, transformed=False, figures=frozenset({"stability"}))
    counts = [
        stack([now, (now + before).within(total, because="rows of both tables")])
        for before, now in zip(expected, actual, strict=True)
    ]
    known = constant(context.backend, np.array([today]), 0)
    return weighed(counts, known, total, None, rule).iv


def _of_columns(context: StepContext, expected: Aligned, actual: Aligned) -> SecureArray:
    names = [[(part.owner, part.columns) for part in table.tables if part.columns] for table in (expected, actual)]
    _same(names[0] == names[1])
    for table in (expected, actual):
        require(context, table.owned)
    found: list[SecureArray] = []
    pairs = zip(*([part for part in table.tables if part.columns] for table in (expected, actual)), strict=True)
    for part, other in pairs:
        counts = [
            _counts(context, each.values, part.owner, part.columns, table.rows)
            for each, table in ((part, expected), (other, actual))
        ]
        found.append(_index(context, counts[:1], counts[1:], (expected.owned, actual.owned)))
    return concatenate(found)


def _of_rows(context: StepContext, expected: Stacked, actual: Stacked) -> SecureArray:
    """An owner may have rows in one of the tables only."""
    _same(expected.columns == actual.columns)
    owners = list(dict.fromkeys(part.owner for table in (expected, actual) for part in table.tables))
    counts: list[list[SecureArray]] = []
    owned: list[Owned] = []
    for table in (expected, actual):
        require(context, table.owned)
        whose = {owner: [part for part in table.tables if part.owner == owner] for owner in owners}
        owned.append(tuple((owner, sum(part.rows for part in parts)) for owner, parts in whose.items()))
        counts.append([_joined(context, parts, owner, table) for owner, parts in whose.items()])
    return _index(context, counts[0], counts[1], (owned[0], owned[1]))


def _joined(context: StepContext, parts: list[StackedTable], owner: str, table: Stacked) -> SecureArray:
    """All rows of one owner; none count as none."""
    own = [part.values for part in parts if part.values is not None]
    values = np.concatenate(own) if own else np.empty((0, len(table.columns))) if owner == context.me else None
    return _counts(context, values, owner, table.columns, table.rows)


def _of_scores(context: StepContext, expected: SecureArray, actual: SecureArray) -> SecureArray:
    low, high, bins = context.decimal("low"), context.decimal("high"), context.integer("bins")
    if low >= high or expected.ndim != 1 or actual.ndim != 1:
        raise RangeError(
            "stability.scores",
            f"Scores of shape {expected.shape} and {actual.shape} cannot be cut from {low:g} to {high:g}.",
            "Bring one score a row, and low below high.",
        )
    edges = np.linspace(low, high, bins + 1)[1:-1]
    counts: list[SecureArray] = []
    for port, scores in (("expected", expected), ("actual", actual)):
        rows = scores.shape[0]
        require(context, context.rows_at(port, rows))
        reached = scores.at_least([float(edge) for edge in edges]).sum(axis=1).within(rows, because="rows")
        whole = constant(context.backend, np.array([rows]), 0)
        ladder = concatenate([whole, reached, whole * 0])
        counts.append((ladder[:-1] - ladder[1:]).within(rows, because="rows of a bin").reshape(1, bins))
    owned = tuple((("", scores.shape[0]),) for scores in (expected, actual))
    return _index(context, counts[:1], counts[1:], (owned[0], owned[1]))


def _counts(context: StepContext, values: Floats | None, owner: str, names: tuple[str, ...], rows: int) -> SecureArray:
    bins = context.integer("bins")
    own = None
    if values is not None:
        own = np.stack(
            [np.bincount(codes(values[:, at], bins, name), minlength=bins) for at, name in enumerate(names)]
        ).astype(np.float64)
    return share_from(context, own, owner, (len(names), bins), 0, rows)


def _same(same: bool) -> None:
    if not same:
        raise RefusedError(
            "stability.columns",
            "The two tables have not the same columns of the same owners in the same order.",
            "Name the same columns in both.",
        )
