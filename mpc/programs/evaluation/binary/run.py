"""``eval.binary``: how well secret scores separate secret labels, exactly, from counts that stay secret.

The rows are sorted by score on shares (:mod:`mpc.programs.evaluation.ranking`). AUC is the trapezoid rule over all distinct scores
(ties count half, as scikit-learn's mid-ranks), KS the largest distance of the two distributions over all of them. The
curve has points at quantiles of the scores, each where a group of equal scores begins: no two neighbouring quantiles are
closer than the minimum group.

Under a minimum group a point at which a class changes by fewer people, in some view of the readers, repeats the one before: the counts of each
view's rows go along in the sort. AUC and KS are of all rows. With a class of fewer people in some view everything is zero.

``expected`` is, at the same points, the sum of the predicted probabilities above: beside the true positives there it is a calibration.
``confusion`` counts at a declared cutoff. Under a minimum group it is taken from the points that show, so that no difference to the curve tells
more than the curve: the first point whose scores reach the cutoff.

Counts are divided by the secret class sizes P and N, or by P·N, as whole numbers.
"""

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant, stack, where
from mpc.functions.extremes import maximum
from mpc.functions.reciprocal import divide
from mpc.functions.sigmoid import sigmoid
from mpc.programs.both_classes import require_both
from mpc.programs.evaluation.evaluated import by_owner, scores_and_labels
from mpc.programs.evaluation.ranking import Marks, Ranking, ranked
from mpc.programs.minimum_group import by_view, coarse, enough, guarded, views
from mpc.workflow.context import StepContext
from mpc.workflow.values import Value
from protocol.errors import RangeError

_RATE_BITS = 24
_AT_MOST = 1.01
_CHANCE_ERROR = 1.5e-5


async def run(context: StepContext) -> dict[str, Value]:
    """Evaluate; only what somebody uses is computed."""
    scores, labels = scores_and_labels(context)
    if not labels.is_bits:
        raise RangeError(
            "evaluation.labels",
            "The labels are not declared to be 0 or 1.",
            "Evaluate classes with eval.multiclass and quantities with eval.regression.",
        )
    rows = labels.shape[0]
    await require_both(context, labels.sum(), rows)
    whole = _totals(context, labels) if guarded(context) else None
    snapped = whole is not None and "confusion" in context.wanted
    drawn = snapped or bool(context.wanted & {"roc", "counts", "expected"})
    parts = [] if whole is None or not drawn else _parts(context, rows)
    ranking = await ranked(scores, labels, parts)
    await ranking.before.settled()
    context.progress(1, 3)
    positive = ranking.positive.reshape(1)
    classes = concatenate([positive, rows - positive]).within(rows, because="counts of rows")
    pairs = classes[0].multiply(classes[1], limit=rows * rows / 4 + 1)
    outputs: dict[str, Value] = {}
    if "auc" in context.wanted:
        outputs["auc"] = _ratio(_twice_area(ranking), 2 * pairs)
    if "ks" in context.wanted:
        outputs["ks"] = _ratio(_largest_gap(ranking), pairs)
    if whole is not None:
        shows = enough(whole, context.minimum_group)
        outputs = {name: value * shows for name, value in outputs.items() if isinstance(value, SecureArray)}
    if drawn:
        places = quantile_places(rows, context.integer("thresholds"), context.minimum_group)
        curves = [_counts(ranking, places)]
        if "expected" in context.wanted:
            curves.append(_expected(ranking, places, context.choice("scores_are")))
        if whole is not None:
            seen = stack([curves[0]]) if not parts else _seen(ranking, whole, places)
            curves = await coarse(seen, curves, context.minimum_group)
        counts = curves[0]
        if "roc" in context.wanted:
            outputs["roc"] = _ratio(counts, classes.reshape(2, 1)).T
        if "counts" in context.wanted:
            outputs["counts"] = counts.T
        if "expected" in context.wanted:
            outputs["expected"] = curves[1]
        if snapped:
            outputs["confusion"] = _snapped(ranking, places, counts, context.decimal("cutoff"))
    if "confusion" in context.wanted and not snapped:
        outputs["confusion"] = _exact(ranking, classes, context.decimal("cutoff"))
    context.progress(2, 3)
    for value in outputs.values():
        assert isinstance(value, SecureArray)
        await value.settled()
    context.progress(3, 3)
    return outputs


def quantile_places(rows: int, points: int, group: int) -> list[int]:
    """Places in ascending order of scores, at equal distances of at least ``group`` rows; fewer than ``points`` of few rows."""
    most = min(points, rows // max(1, group) - 1)
    return [rows * step // (most + 1) for step in range(1, most + 1)]


def _totals(context: StepContext, labels: SecureArray) -> SecureArray:
    """Positives and negatives of each view, shape (views, 2)."""
    rows = labels.shape[0]
    owned, places = by_owner(context, rows)
    found: list[SecureArray] = []
    for place in places:
        positive = labels[place].sum(limit=rows).reshape(1)
        negative = place.stop - place.start - positive
        found.append(concatenate([positive, negative]).within(rows, because="counts of rows"))
    return by_view(context, owned, found).within(rows, because="counts of rows")


def _parts(context: StepContext, rows: int) -> list[Marks]:
    """Marks of each view's rows; none where there is one view, of all rows."""
    owned, places = by_owner(context, rows)
    found: list[Marks] = []
    for view in views(context, owned):
        marks = np.zeros(rows, dtype=np.int64)
        for (owner, _), place in zip(owned, places, strict=True):
            marks[place] = owner in view
        found.append(marks)
    return [] if len(found) == 1 and bool(found[0].all()) else found


def _counts(ranking: Ranking, places: list[int]) -> SecureArray:
    """Integers, shape (2, points + 2): true and false positives from "everything" down to "nothing"."""
    at = np.array([0, *places], dtype=np.int64)
    true = ranking.positive - ranking.before[at]
    false = (ranking.rows - ranking.rows_before[at]) - true
    return _down_to_nothing(stack([true, false]), ranking.rows)


def _seen(ranking: Ranking, whole: SecureArray, places: list[int]) -> SecureArray:
    """The same of each view's rows, shape (views, 2, points + 2)."""
    assert ranking.parts_before is not None
    at = np.array([0, *places], dtype=np.int64)
    before = ranking.parts_before[:, at].reshape(-1, 2, len(at))
    positive, size = before[:, 0], before[:, 1]
    classes = stack([positive, size - positive], axis=1)
    return _down_to_nothing(whole.reshape(*whole.shape, 1) - classes, ranking.rows)


def _expected(ranking: Ranking, places: list[int], scale: str) -> SecureArray:
    """Sums of the probabilities above the points of :func:`_counts`, shape (points + 2,)."""
    if scale == "logits":
        chances = sigmoid(ranking.scores, error=_CHANCE_ERROR)
    else:
        out = ranking.scores.at_least([0, 1])
        chances = where(out[1], 1, ranking.scores * out[0])
    before = ranking.sum_before(
        chances.within(_AT_MOST, because="probabilities, and those of a sigmoid within its error")
    )
    total = chances.sum(limit=_AT_MOST * ranking.rows)
    at = np.array([0, *places], dtype=np.int64)
    return _down_to_nothing(total - before[at], _AT_MOST * ranking.rows)


def _exact(ranking: Ranking, classes: SecureArray, cutoff: float) -> SecureArray:
    """Counts by true and predicted class, shape (2, 2): negatives first."""
    predicted, rows = ranking.scores.at_least([cutoff])[0], ranking.rows
    labels = concatenate([ranking.positives[:1], ranking.positives[1:] - ranking.positives[:-1]])
    true = labels.within(1, because="one row's own").matmul(predicted, limit=rows)
    return _table(true, predicted.sum(limit=rows) - true, classes)


def _snapped(ranking: Ranking, places: list[int], counts: SecureArray, cutoff: float) -> SecureArray:
    """The same at the first point of the curve from the cutoff on; "nothing" is such a point."""
    at = np.array([0, *places], dtype=np.int64)
    reached = concatenate([ranking.scores[at].at_least([cutoff])[0], constant(counts.backend, np.ones(1), 0)])
    below = concatenate([constant(counts.backend, np.zeros(1), 0), reached[:-1]])
    first = (reached - below).within(1, because="scores ascend")
    chosen = (counts * first).sum(axis=1, limit=ranking.rows)
    return _table(chosen[0], chosen[1], counts[:, 0])


def _table(true: SecureArray, false: SecureArray, classes: SecureArray) -> SecureArray:
    """Rows the true class, columns the predicted one, from the positives predicted rightly and wrongly and both classes' sizes."""
    cells = stack([classes[1] - false, false, classes[0] - true, true])
    return cells.within(classes.limit, because="counts of rows").reshape(2, 2)


def _down_to_nothing(counts: SecureArray, most: float) -> SecureArray:
    ends = constant(counts.backend, np.zeros((*counts.shape[:-1], 1)), 0)
    return concatenate([counts, ends], axis=-1).within(most, because="of at most all rows")


def _twice_area(ranking: Ranking) -> SecureArray:
    """Twice the area under the ROC curve in units of one positive times one negative: at most 2·P·N."""
    rows = ranking.rows
    negatives = np.arange(1, rows + 1) - ranking.positives
    own = negatives - (ranking.rows_before - ranking.before)
    widths = (ranking.ends * own).within(rows, because="the negatives of a group, at its end")
    heights = 2 * ranking.positive - ranking.positives - ranking.before
    return heights.within(2 * rows, because="positives above, twice").matmul(widths, limit=rows * rows / 2 + 1)


def _largest_gap(ranking: Ranking) -> SecureArray:
    """Max |TP·N - FP·P| over the distinct scores: at most P·N <= n²/4."""
    rows = ranking.rows
    gaps = rows * ranking.positives - ranking.positive * np.arange(1, rows + 1)
    gaps = gaps.within(rows * rows / 4 + 1, because="TP·N - FP·P, and P·N <= n²/4") * ranking.ends
    return maximum(concatenate([gaps, -gaps]).within(rows * rows / 4 + 1, because="as above"))


def _ratio(part: SecureArray, whole: SecureArray) -> SecureArray:
    """A share in [0, 1] of whole numbers; 0 of nothing."""
    return divide(part, whole, floor=1, limit=1, fraction_bits=_RATE_BITS)
