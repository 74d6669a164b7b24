"""``glm.poisson``: Poisson regression with a log link, by Newton's method on shares; nothing is opened: level 4.

Minimise mean(exp(z) - y·z) + alpha/2·|w|², intercept unpenalised (scikit-learn's ``PoissonRegressor``). Every step rebuilds
the secret Hessian X'diag(μ)X and inverts it (:mod:`mpc.programs.glm.solvers.preconditioner`). The predicted mean is kept within
``mean_limit`` by clipping the linear predictor, the weights by clipping after every step: ranges hold whatever the data (I12).
Sums over many rows of a wide range leave errors and weighted rows fewer places, 8 at least: their rounding averages out.
"""

import math

import numpy as np

from mpc.arrays.interface import SecureArray, constant
from mpc.functions.exponential import exp
from mpc.functions.extremes import clip
from mpc.programs.both_classes import check_own_counts, require_some
from mpc.programs.glm.solvers.convergence import figures
from mpc.programs.glm.solvers.preconditioner import SOLVED_STEPS, preconditioner
from mpc.programs.linear.design import FEATURE_BITS, WEIGHT_BITS, Design, bits_for, design
from mpc.programs.linear.outputs import linear_predictor, outputs
from mpc.workflow.context import StepContext
from mpc.workflow.values import Value

_LEAST_LOG = -10.0
_MEAN_BITS = 18


async def run(context: StepContext) -> dict[str, Value]:
    """Fit, and predict the test rows' means."""
    largest = context.decimal("mean_limit")
    check_own_counts(context)
    data = design(context, target_bits=0, target_limit=largest)
    await require_some(context, data.train_target.sum())
    weights, ended = await _fit(context, data, largest)
    predicted = None if data.test is None else _mean(data.test, weights, largest)
    return outputs(context, data, weights, "log", predicted, ended)


async def _fit(context: StepContext, data: Design, largest: float) -> tuple[SecureArray, SecureArray | None]:
    """The weights, and the figures of convergence where they are wanted."""
    rows, steps, limit = data.rows, context.integer("iterations"), context.decimal("coefficient_limit")
    penalty = np.append(np.full(data.columns, context.decimal("alpha") * rows), 0.0)
    slope_limit = rows * math.sqrt(data.mean_square) * largest
    curve_limit = rows * data.mean_square * largest
    slope_bits = bits_for(context, slope_limit, most=WEIGHT_BITS, spare=3)
    curve_bits = bits_for(context, curve_limit * (data.columns + 1), most=WEIGHT_BITS, spare=4)
    error_bits = bits_for(context, slope_limit * 2.0**FEATURE_BITS, most=_MEAN_BITS, spare=1)
    weighted_bits = bits_for(context, curve_limit * 2.0**FEATURE_BITS, most=FEATURE_BITS, spare=1)
    weights, turned = constant(context.backend, np.zeros(data.columns + 1), WEIGHT_BITS), data.train.T
    previous = weights

    def pulled(mean: SecureArray) -> SecureArray:
        error = (mean - data.train_target).within(largest + 0.01, because="both within [0, mean_limit]")
        slope = turned.matmul(error.rescaled(error_bits), fraction_bits=slope_bits, limit=1.01 * slope_limit)
        return slope + weights.multiply(penalty, fraction_bits=slope_bits)

    for step in range(steps):
        mean = _mean(data.train, weights, largest)
        weighted = data.train.multiply(mean.reshape(-1, 1), fraction_bits=weighted_bits)
        curvature = turned.matmul(weighted, fraction_bits=curve_bits, limit=1.01 * curve_limit)
        known = await preconditioner(
            curvature + np.diag(penalty),
            rows=rows,
            gradient_limit=1.02 * (slope_limit / rows + float(penalty[0]) / rows * limit),
            penalty=float(penalty[0]),
        )
        slope = pulled(mean)
        move = known.times(slope) if step < steps - SOLVED_STEPS else await known.solved(slope)
        previous, weights = weights, await clip(weights - move, -limit, limit).settled()
        context.progress(step + 1, steps)
    if "convergence" not in context.wanted:
        return weights, None
    slope = pulled(_mean(data.train, weights, largest))
    return weights, figures(weights, weights - previous, slope, rows=rows, limit=limit, shows=data.shown)


def _mean(rows: SecureArray, weights: SecureArray, largest: float) -> SecureArray:
    """Exp of the linear predictor, clipped to [e^-10, ``largest``]."""
    linear = linear_predictor(rows, weights)
    return exp(linear, low=_LEAST_LOG, high=math.log(largest), fraction_bits=_MEAN_BITS)
