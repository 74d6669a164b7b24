"""``linear.ridge``: least squares with an L2 penalty, by normal equations on shares; nothing is opened: level 4.

Minimise sum (y - x·w)² + alpha·|w|², intercept unpenalised (scikit-learn's ``Ridge``). Where columns are split, rows are
shared and one secure matrix product gives X'X and X'y; where rows are split, every owner adds up its own X'X and X'y in the
clear and only these (columns + 2)² numbers are shared: their cost does not depend on the rows.

The system is solved by steps w <- w - V·(S·w - b) with V the secret inverse of S plus a ridge of 2^-15 of its trace
(:mod:`mpc.programs.glm.solvers.newton`): the ridge slows directions that carry less than that, and biases none. In
exact arithmetic step k has the filter f(λ) = 1 - (ε/(λ + ε))^k, and f/√λ <= √(k/ε): |w| <= √(k/ε)·rms(y) bounds all iterates.

Columns that their owners did not standardise are first brought to one size by secret powers of two
(:mod:`mpc.programs.linear.balance`). All numbers are divided by the public power of two at or above the rows, and targets by ``label_limit``; coefficients are
clipped to ±``coefficient_limit`` times that at the end.
"""

import math

import numpy as np

from mpc.arrays.interface import SecureArray, constant
from mpc.functions.extremes import clip
from mpc.programs.glm.solvers.newton import preconditioner
from mpc.programs.linear.balance import balance
from mpc.programs.linear.design import FEATURE_BITS, WEIGHT_BITS, Design, bits_for, design
from mpc.programs.linear.model import LinearModel
from mpc.programs.linear.outputs import linear_predictor, outputs
from mpc.programs.linear.pooled import pooled_moments
from mpc.workflow.context import StepContext
from mpc.workflow.values import Floats, Stacked, StackedLabel, Value
from protocol.errors import RefusedError

_STEPS = 10
_TARGET_BITS = 24
_MOMENT_BITS = 24


async def run(context: StepContext) -> dict[str, Value]:
    """Fit, and predict the test rows where columns are split."""
    (features,) = context.inputs["features"]
    scale = context.decimal("label_limit")
    alpha = context.decimal("alpha")
    if isinstance(features, Stacked):
        (label,) = context.inputs["label"]
        if not isinstance(label, StackedLabel) or context.wanted & {"scores", "labels"}:
            raise RefusedError(
                "linear.rows_split",
                "Rows of several owners are never shared one by one here: no test rows are scored.",
                "Score with score.glm, and take the label from the same stack.",
            )
        limit = context.decimal("limit")
        moments, cross, rows = pooled_moments(context, features, label, limit, scale)
        names, predicted_from = features.without(label).columns, None
        largest = max(1.0, limit**2)
    else:
        data = design(context, target_bits=FEATURE_BITS, target_limit=scale)
        moments, cross = await _moments(context, data, scale)
        rows, names, limit, predicted_from = data.rows, data.names, data.limit, data
        largest = data.mean_square
    context.progress(1, _STEPS + 1)
    penalty = _penalty(moments.shape[0], rows, alpha)
    if predicted_from is not None and predicted_from.trained_on == "aligned":
        weights = await _solve(context, moments, cross, penalty, largest)
    else:
        weights = await _balanced(context, moments, cross, penalty, largest)
    bound = context.decimal("coefficient_limit")
    # as long as a product with a row of features leaves room for
    most = bits_for(context, bound * scale * limit * (len(names) + 1) * 2.0**FEATURE_BITS, most=WEIGHT_BITS)
    weights = clip(weights, -bound, bound).multiply(scale, fraction_bits=most)
    if predicted_from is None:
        return {
            "coefficients": weights[:-1],
            "intercept": weights[-1],
            "model": LinearModel("identity", names, weights, limit, "raw").value(),
        }
    test = predicted_from.test
    predicted = None if test is None else linear_predictor(test, weights)
    return outputs(context, predicted_from, weights, "identity", predicted)


async def _moments(context: StepContext, data: Design, scale: float) -> tuple[SecureArray, SecureArray]:
    """X'X and X'y, over the power of two at or above the rows; y in units of ``scale``."""
    down, square = math.ceil(math.log2(data.rows)), max(1.0, data.mean_square)
    bits = bits_for(context, square, most=_MOMENT_BITS)
    target = data.train_target.multiply(1 / scale, fraction_bits=_TARGET_BITS).within(
        1.001, because="the owner's limit"
    )
    turned = data.train.T
    moments = turned.matmul(data.train, fraction_bits=bits, down=down, limit=1.01 * square)
    cross = turned.matmul(target, fraction_bits=bits, down=down, limit=1.01 * math.sqrt(square))
    return await moments.settled(), await cross.settled()


def _penalty(size: int, rows: int, alpha: float) -> Floats:
    return np.append(np.full(size - 1, alpha / 2.0 ** math.ceil(math.log2(rows))), 0.0)


async def _balanced(
    context: StepContext, moments: SecureArray, cross: SecureArray, penalty: Floats, square: float
) -> SecureArray:
    """The solution for columns of any size; the penalty is a part of the matrix that is balanced, and of its bounds."""
    whole = (moments + np.diag(penalty)).within(
        1.02 * square + float(penalty[0]), because="mean products of columns, and the penalty"
    )
    scale = balance(whole)
    matrix, right = scale.matrix(whole, _MOMENT_BITS), scale.vector(cross, _MOMENT_BITS)
    weights = await _solve(context, matrix, right, np.zeros(len(penalty)), 1.0, least_trace=0.25)
    return scale.undone(weights, WEIGHT_BITS)


async def _solve(
    context: StepContext,
    moments: SecureArray,
    cross: SecureArray,
    penalty: Floats,
    square: float,
    *,
    least_trace: float = 0.5,
) -> SecureArray:
    """Columns of mean square ``square`` at most. ``least_trace``: of a design with a column of ones, rows/2^⌈log2 rows⌉ >= 1/2."""
    size = moments.shape[0]
    matrix = (moments + np.diag(penalty)).within(
        1.02 * square + float(penalty[0]), because="mean products of columns, and the penalty"
    )
    longest = math.sqrt(_STEPS / (2.0**-15 * least_trace))
    pull = 1.1 * (math.sqrt(square) + float(penalty[0]) * longest)
    known = await preconditioner(matrix, rows=1, gradient_limit=pull)
    bits = bits_for(
        context, (1.02 * square + float(penalty[0])) * longest * 2.0**WEIGHT_BITS, most=WEIGHT_BITS, spare=3
    )
    weights = constant(matrix.backend, np.zeros(size), WEIGHT_BITS)
    for step in range(_STEPS):
        image = matrix.rescaled(bits).matmul(weights, fraction_bits=bits, limit=2 * pull)
        residual = (image - cross.rescaled(bits)).within(pull, because="S·w - b with w the filtered solution")
        weights = (weights - known.times(residual)).within(longest, because="f(λ)/√λ <= √(k/ε), ε = 2^-15 of the trace")
        await weights.settled()
        context.progress(step + 2, _STEPS + 1)
    return weights
