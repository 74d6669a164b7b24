"""``eval.binary``: how well secret scores separate secret labels, from counts that stay secret.

For every threshold of a fixed public grid, evenly spaced on the scores' (logit) scale, count the positives and the negatives
at or above it. From the counts: the ROC curve, AUC by the trapezoid rule, KS as the largest distance of the two
distributions. A finer grid approaches the exact figures; rows that fall between the same two thresholds count as ties.

Counts are divided by the secret class sizes P and N, or by P·N, as whole numbers. With an empty class AUC and KS are zero.
"""

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.functions.extremes import maximum
from mpc.functions.reciprocal import divide
from mpc.programs.evaluation.evaluated import scores_and_labels
from mpc.programs.evaluation.thresholds import SCORE_BITS, grid
from mpc.workflow.context import StepContext
from mpc.workflow.values import Value
from protocol.errors import RangeError

_RATE_BITS = 24
_BLOCK = 1 << 14


async def run(context: StepContext) -> dict[str, Value]:
    """Evaluate; only what somebody uses is computed."""
    scores, labels = scores_and_labels(context)
    if not labels.is_bits:
        raise RangeError(
            "evaluation.labels",
            "The labels are not declared to be 0 or 1.",
            "Evaluate classes with eval.multiclass and quantities with eval.regression.",
        )
    rows = scores.shape[0]
    counts = await _counts(scores, labels, grid(context.integer("thresholds"), context.decimal("span")))
    await counts.settled()
    context.progress(1, 3)
    classes = counts[:, 0]
    pairs = classes[0].multiply(classes[1], limit=rows * rows / 4 + 1)
    outputs: dict[str, Value] = {}
    if "auc" in context.wanted:
        outputs["auc"] = _ratio(_twice_area(counts), 2 * pairs)
    if "ks" in context.wanted:
        outputs["ks"] = _ratio(_largest_gap(counts), pairs)
    if "roc" in context.wanted:
        outputs["roc"] = _ratio(counts, classes.reshape(2, 1)).T
    if "counts" in context.wanted:
        outputs["counts"] = counts.T
    context.progress(2, 3)
    for value in outputs.values():
        assert isinstance(value, SecureArray)
        await value.settled()
    context.progress(3, 3)
    return outputs


async def _counts(scores: SecureArray, labels: SecureArray, thresholds: list[float]) -> SecureArray:
    """Integers, shape (2, thresholds + 2): true and false positives from "everything" down to "nothing".

    Block by block: what lies in memory is a number for each threshold and row of a block.
    """
    rows, found = scores.shape[0], list[SecureArray]()
    for start in range(0, rows, _BLOCK):
        block = slice(start, start + _BLOCK)
        found.append(await _counted(scores[block], labels[block], thresholds).settled())
    total = found[0]
    for part in found[1:]:
        total = total + part
    return total.within(rows, because="counts of rows")


def _counted(scores: SecureArray, labels: SecureArray, thresholds: list[float]) -> SecureArray:
    reached = scores.rescaled(SCORE_BITS).at_least(thresholds)
    everything = constant(scores.backend, np.ones((1, scores.shape[0])), 0)
    table = concatenate([everything, reached])
    positives = table @ labels
    totals = table.sum(axis=1)
    ends = constant(scores.backend, np.zeros((2, 1)), 0)
    both = concatenate([positives.reshape(1, -1), (totals - positives).reshape(1, -1)])
    return concatenate([both, ends], axis=1).within(scores.shape[0], because="counts of rows")


def _twice_area(counts: SecureArray) -> SecureArray:
    """Twice the area under the ROC curve in units of one positive times one negative: at most 2·P·N."""
    positive, negative = counts[0], counts[1]
    heights, widths = positive[:-1] + positive[1:], negative[:-1] - negative[1:]
    rows = counts.bound
    return heights.matmul(widths, limit=rows * rows / 2 + 1)


def _largest_gap(counts: SecureArray) -> SecureArray:
    """Max |TP·N - FP·P| over the thresholds: at most P·N <= n²/4."""
    positive, negative = counts[0], counts[1]
    gaps = positive[1:-1] * negative[0] - negative[1:-1] * positive[0]
    rows = counts.bound
    both = concatenate([gaps, -gaps]).within(rows * rows / 4 + 1, because="TP <= P, FP <= N and P + N = rows")
    return maximum(both)


def _ratio(part: SecureArray, whole: SecureArray) -> SecureArray:
    """A share in [0, 1] of whole numbers; 0 of nothing."""
    return divide(part, whole, floor=1, limit=1, fraction_bits=_RATE_BITS)
