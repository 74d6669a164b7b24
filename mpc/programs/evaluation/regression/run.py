"""``eval.regression``: mean squared and absolute error, and R², of secret predictions; only what the contract names is opened.

Scores and labels are divided by ``limit`` and clipped to ±2 and ±1, so all sums stay in range (I12). R² = 1 - SSE/SST; below
-3 it is given as -3 (SSE is limited to four times SST), and 0/0 counts as 1. Level 4: nothing is opened on the way.
"""

import math

from mpc.arrays.interface import SecureArray, where
from mpc.functions.extremes import clip
from mpc.functions.reciprocal import divide
from mpc.programs.evaluation.evaluated import scores_and_labels
from mpc.workflow.context import StepContext
from mpc.workflow.values import Value

_MOST_BITS = 26
_RESULT_BITS = 24
_WORST = 4.0


async def run(context: StepContext) -> dict[str, Value]:
    """Compare."""
    scores, labels = scores_and_labels(context)
    rows, limit = scores.shape[0], context.decimal("limit")
    bits = min(_MOST_BITS, (scores.backend.headroom.length - 6 - math.ceil(math.log2(rows))) // 2)
    truth = clip(labels.multiply(1 / limit, fraction_bits=bits), -1, 1)
    error = clip(scores.multiply(1 / limit, fraction_bits=bits), -2, 2) - truth
    mean = truth.sum().multiply(1 / rows, fraction_bits=bits).within(1.01, because="a mean of numbers within 1")
    deviation = (truth - mean).within(2.02, because="both within 1")
    squares = error.matmul(error, fraction_bits=bits, limit=9.1 * rows)
    spread = deviation.matmul(deviation, fraction_bits=bits, limit=1.01 * rows)
    context.progress(1, 2)
    found: dict[str, Value] = {}
    if "mse" in context.wanted:
        found["mse"] = squares.multiply(limit**2 / rows, fraction_bits=_MOST_BITS - 4)
    if "mae" in context.wanted:
        found["mae"] = abs(error).sum().multiply(limit / rows, fraction_bits=_MOST_BITS - 4)
    if "r2" in context.wanted:
        worst = spread.multiply(int(_WORST))
        limited = where(squares > worst, worst, squares).within(_WORST * 1.01 * rows, because="at most four times SST")
        ratio = divide(limited, spread, floor=2.0 ** (2 - bits), limit=_WORST * 1.01, fraction_bits=_RESULT_BITS)
        found["r2"] = 1 - ratio
    for value in found.values():
        assert isinstance(value, SecureArray)
        await value.settled()
    context.progress(2, 2)
    return found
