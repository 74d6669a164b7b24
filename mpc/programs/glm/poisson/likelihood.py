"""What a Poisson fit's log-likelihood and deviances follow from: three means over the training rows.

log L = Σ (y·log μ - μ) - Σ log y!, and the deviance is 2·Σ (y·log y - y) - 2·Σ (y·log μ - μ). The first sum is of the secret fit; Σ y·log y and
Σ log y! are of the counts alone, so whoever holds counts makes them in double precision and shares one sum each. log μ is clipped as μ is.
"""

import math

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.functions.extremes import clip
from mpc.programs.glm.solvers.scaling import times
from mpc.programs.linear.design import SCORE_BITS, Design, bits_for, halves
from mpc.programs.linear.outputs import linear_predictor
from mpc.programs.stats.moments import total
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Aligned, Floats, Label, Stacked, StackedLabel
from protocol.errors import RangeError

LIKELIHOOD = "likelihood"
_MEAN_BITS = 20


def require_counts(context: StepContext) -> None:
    """Refuse (``poisson.likelihood_secret``) counts that nobody holds: nobody could make their own part."""
    (label,) = context.inputs["label"]
    if not isinstance(label, (Label, StackedLabel)):
        raise RangeError(
            "poisson.likelihood_secret",
            "The likelihood needs counts that an owner holds; these are secret to all.",
            "Take the counts from their owners' tables, or do not ask for the likelihood.",
        )


async def likelihood(
    context: StepContext, data: Design, weights: SecureArray, mean: SecureArray, lowest: float
) -> SecureArray:
    """Means of y·log μ - μ, of y·log y and of log y!, shape (3,); ``mean`` is of the training rows, log μ at least ``lowest``."""
    rows, largest = data.rows, mean.limit
    steepest = max(-lowest, math.log(largest))
    exponent = clip(linear_predictor(data.train, weights), lowest, math.log(largest))
    bits = bits_for(context, rows * largest * steepest, most=SCORE_BITS)
    gained = data.train_target.reshape(1, -1).matmul(exponent, fraction_bits=bits, limit=rows * largest * steepest)
    expected = mean.sum().reshape(1).rescaled(bits)
    owned = _own_sums(context, data, largest, bits)
    return concatenate([times(gained - expected, 1 / rows, _MEAN_BITS), times(owned, 1 / rows, _MEAN_BITS)])


def _own_sums(context: StepContext, data: Design, largest: float, bits: int) -> SecureArray:
    """Σ y·log y and Σ log y! over all training rows, shape (2,)."""
    (features,), (label,) = context.inputs["features"], context.inputs["label"]
    held: list[tuple[str, Floats | None, int]]
    if isinstance(label, Label) and isinstance(features, Aligned):
        held = [(label.owner, label.values, data.rows)]
    else:
        assert isinstance(label, StackedLabel)
        assert isinstance(features, Stacked)
        train, _ = halves(features, context.decimal("train_fraction"))
        held = [
            (part.owner, None if part.values is None else part.values[:, 0], first)
            for part, (_, first) in zip(label.tables, train, strict=True)
        ]
    each = largest * math.log(max(largest, 2.0))
    return total(
        [
            share_from(context, None if own is None else _sums(own[:first], largest), owner, (2,), bits, first * each)
            for owner, own, first in held
        ]
    )


def _sums(counts: Floats, largest: float) -> Floats:
    """Σ y·log y and Σ log y!; what is no count is refused where counts are shared, and only kept in range here."""
    whole = np.clip(np.rint(np.nan_to_num(counts)), 0, math.floor(largest)).astype(np.int64)
    steps = np.arange(math.floor(largest) + 1)
    logs = np.log(np.maximum(steps, 1))
    return np.array([(steps * logs)[whole].sum(), np.cumsum(logs)[whole].sum()])
