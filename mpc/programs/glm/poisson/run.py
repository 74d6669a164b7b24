"""``glm.poisson``: Poisson regression with a log link, by Newton's method on shares; nothing is opened: level 4.

Minimise mean(exp(z) - y·z) + alpha/2·|w|², intercept unpenalised (scikit-learn's ``PoissonRegressor``). Every step rebuilds
the secret Hessian X'diag(μ)X and inverts it (:mod:`mpc.programs.glm.solvers.newton`). The predicted mean is kept within
``mean_limit`` by clipping the linear predictor, the weights by clipping after every step: ranges hold whatever the data (I12).
"""

import math

import numpy as np

from mpc.arrays.interface import SecureArray, constant
from mpc.functions.exponential import exp
from mpc.functions.extremes import clip
from mpc.programs.both_classes import check_own_counts, require_some
from mpc.programs.glm.solvers.newton import preconditioner
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
    weights = await _fit(context, data, largest)
    predicted = None if data.test is None else _mean(data.test, weights, largest)
    return outputs(context, data, weights, "log", predicted)


async def _fit(context: StepContext, data: Design, largest: float) -> SecureArray:
    rows, steps, limit = data.rows, context.integer("iterations"), context.decimal("coefficient_limit")
    penalty = np.append(np.full(data.columns, context.decimal("alpha") * rows), 0.0)
    slope_limit = rows * math.sqrt(data.mean_square) * largest
    curve_limit = rows * data.mean_square * largest
    slope_bits = bits_for(context, slope_limit, most=WEIGHT_BITS, spare=3)
    curve_bits = bits_for(context, curve_limit * (data.columns + 1), most=WEIGHT_BITS, spare=3)
    bits_for(context, curve_limit * 2.0 ** (2 * FEATURE_BITS), most=60, spare=-7)  # the products themselves
    weights, turned = constant(context.backend, np.zeros(data.columns + 1), WEIGHT_BITS), data.train.T
    for step in range(steps):
        mean = _mean(data.train, weights, largest)
        error = (mean - data.train_target).within(largest + 0.01, because="both within [0, mean_limit]")
        slope = turned.matmul(error, fraction_bits=slope_bits, limit=1.01 * slope_limit)
        weighted = data.train.multiply(mean.reshape(-1, 1), fraction_bits=FEATURE_BITS)
        curvature = turned.matmul(weighted, fraction_bits=curve_bits, limit=1.01 * curve_limit)
        known = await preconditioner(
            curvature + np.diag(penalty),
            rows=rows,
            gradient_limit=1.02 * (slope_limit / rows + float(penalty[0]) / rows * limit),
        )
        pulled = slope + weights.multiply(penalty, fraction_bits=slope_bits)
        weights = await clip(weights - known.times(pulled), -limit, limit).settled()
        context.progress(step + 1, steps)
    return weights


def _mean(rows: SecureArray, weights: SecureArray, largest: float) -> SecureArray:
    """Exp of the linear predictor, clipped to [e^-10, ``largest``]."""
    linear = linear_predictor(rows, weights)
    return exp(linear, low=_LEAST_LOG, high=math.log(largest), fraction_bits=_MEAN_BITS)
