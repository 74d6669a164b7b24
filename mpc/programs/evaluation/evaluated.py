"""What every evaluation reads: secret scores and labels of the same rows, no fewer than the minimum group."""

from itertools import accumulate, pairwise

from mpc.arrays.interface import SecureArray
from mpc.programs.minimum_group import guarded, require
from mpc.workflow.context import StepContext
from mpc.workflow.values import Owned
from protocol.errors import RangeError


def scores_and_labels(context: StepContext, *, classes: bool = False) -> tuple[SecureArray, SecureArray]:
    """Scores of shape (rows,), or (rows, classes), and labels of shape (rows,); refuses shapes that do not go together."""
    (scores,), (labels,) = context.inputs["scores"], context.inputs["labels"]
    assert isinstance(scores, SecureArray)
    assert isinstance(labels, SecureArray)
    if scores.ndim != 1 + classes or labels.shape != scores.shape[:1]:
        raise RangeError(
            "evaluation.shape",
            f"Scores of shape {scores.shape} do not go with labels of shape {labels.shape}.",
            "Connect the scores and labels of one model.",
        )
    require(context, context.rows_at("scores", scores.shape[0]))
    return scores, labels


def by_owner(context: StepContext, rows: int) -> tuple[Owned, list[slice]]:
    """Whose the evaluated rows are, and where each part of them lies; one part where nobody needs to know."""
    owned = context.rows_at("scores", rows)
    if owned is None or not guarded(context):
        owned = (("", rows),)
    edges = [0, *accumulate(size for _, size in owned)]
    return owned, [slice(start, stop) for start, stop in pairwise(edges)]
