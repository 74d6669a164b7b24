"""Whether what a model learns from, or is judged by, is there at all: one bit, opened before anything is trained.

A label of one class over rows of several owners trains noise into a model, and its AUC is no number; no owner can see it
alone. What is opened is the bit that every class has a row, and the step ends where it is 0: so a run that goes on has told
nothing but that.
"""

from typing import Final

import numpy as np

from mpc import faults
from mpc.arrays.interface import SecureArray
from mpc.workflow.context import StepContext
from mpc.workflow.program import Disclosure
from mpc.workflow.values import Aligned, Floats, Label
from protocol.data_faults import DataFault
from protocol.errors import RefusedError
from protocol.programs import Words

_NAME: Final = "every_class_occurs"
BOTH: Final = Disclosure(
    _NAME,
    "everyone",
    Words("Everyone learns whether both classes occur.", "各方获知两个类别是否都出现。"),
)
ALL: Final = Disclosure(
    _NAME,
    "everyone",
    Words("Everyone learns whether every class occurs in the training rows.", "各方获知训练行中是否每个类别都出现。"),
)
SOME: Final = Disclosure(
    _NAME,
    "everyone",
    Words("Everyone learns whether any count is above 0.", "各方获知是否有大于 0 的计数。"),
)


def own_training(context: StepContext) -> tuple[str, Floats] | None:
    """The label's column and training values, at the owner of a whole label beside aligned columns: it can see for itself."""
    (features,), (label,) = context.inputs["features"], context.inputs["label"]
    if not isinstance(features, Aligned) or not isinstance(label, Label) or label.values is None:
        return None
    return label.column, label.values[: features.train_rows]


def check_own_classes(context: StepContext, classes: int) -> None:
    """The owner of the whole label refuses it before anything is opened."""
    own = own_training(context)
    if own is not None and not np.isin(np.arange(classes), own[1]).all():
        faults.refuse(DataFault("label.missing_class", [own[0]]))


def check_own_counts(context: StepContext) -> None:
    """The owner of all counts refuses them before anything is shared."""
    own = own_training(context)
    if own is not None and not own[1].any():
        faults.refuse(DataFault("label.all_zero", [own[0]]))


async def require_both(context: StepContext, positives: SecureArray, rows: int) -> None:
    """Refuse (``label.one_class``) unless 0 < ``positives`` < ``rows``; ``positives`` is one secret count."""
    reached = positives.reshape(1).within(rows, because="a count of rows").at_least([1, rows])
    found = (reached[0] - reached[1]).within(1, because="all rows are at least one")
    await _require(context, found, "label.one_class", "All rows that the step reads are of one class.")


async def require_all(context: StepContext, counts: SecureArray) -> None:
    """Refuse (``label.missing_class``) unless every class has a row; ``counts`` has one secret count a class."""
    there = counts.at_least([1])[0].sum().reshape(1)
    found = there.at_least([counts.shape[0]])[0]
    await _require(context, found, "label.missing_class", "A class that the contract counts has no training row.")


async def require_some(context: StepContext, total: SecureArray) -> None:
    """Refuse (``label.all_zero``) unless the secret sum of counts is above 0."""
    await _require(
        context, total.reshape(1).at_least([1])[0], "label.all_zero", "All counts of the training rows are 0."
    )


async def _require(context: StepContext, bit: SecureArray, code: str, what: str) -> None:
    (found,) = await context.reveal(_NAME, bit)
    if not found:
        raise RefusedError(
            code, what, "Use rows in which the label differs: another filter, more rows, or a larger train_fraction."
        )
