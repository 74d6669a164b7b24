"""``eval.multiclass``: the confusion matrix of predicted classes, and the accuracy; only what the contract names is opened.

A row's predicted class is the first of its largest scores. Counts are exact; accuracy is a count over the public rows.
Under a minimum group the rows of small cells are zero
(:func:`~mpc.programs.minimum_group.cells`), and so is an accuracy that would count a few hits or misses. Level 4: nothing is opened on the way.
"""

from mpc.arrays.interface import concatenate, stack
from mpc.functions.extremes import argmax_one_hot
from mpc.programs.evaluation.evaluated import by_owner, scores_and_labels
from mpc.programs.minimum_group import added, by_view, cells, enough, guarded
from mpc.workflow.context import StepContext
from mpc.workflow.values import Value
from protocol.errors import RangeError

_RATE_BITS = 24


async def run(context: StepContext) -> dict[str, Value]:
    """Count."""
    scores, labels = scores_and_labels(context, classes=True)
    if labels.fraction_bits != 0:
        raise RangeError("evaluation.labels", "The labels are no whole numbers.", "Connect the classes of one model.")
    rows, classes = scores.shape
    predicted = argmax_one_hot(scores)
    await predicted.settled()
    context.progress(1, 2)
    truth = concatenate([(labels == k).reshape(-1, 1) for k in range(classes)], axis=1)
    owned, places = by_owner(context, rows)
    counted = [(truth[place].T @ predicted[place]).within(rows, because="counts of rows") for place in places]
    confusion = added(counted).within(rows, because="counts of rows")
    hits = sum((confusion[k, k] for k in range(1, classes)), start=confusion[0, 0])
    accuracy = hits.within(rows, because="counts of rows").multiply(1 / rows, fraction_bits=_RATE_BITS)
    if guarded(context):
        seen, least = by_view(context, owned, counted), context.minimum_group
        shown = cells(seen, seen.sum(axis=2), least)
        hit = added([seen[:, k, k] for k in range(classes)]).within(rows, because="counts of rows")
        missed = (seen.reshape(seen.shape[0], -1).sum(axis=1) - hit).within(rows, because="counts of rows")
        fine = enough(stack([hit, missed]), least)
        if "confusion" in context.wanted:  # beside a hidden cell it would be one more sum over it
            fine = fine * enough(seen, least)
        confusion, accuracy = confusion * shown.reshape(-1, 1), accuracy * fine
    await accuracy.settled()
    context.progress(2, 2)
    found: dict[str, Value] = {"confusion": confusion, "accuracy": accuracy}
    return {name: value for name, value in found.items() if name in context.wanted}
