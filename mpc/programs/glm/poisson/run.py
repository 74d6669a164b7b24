"""``glm.poisson``: Poisson regression with a log link, by Newton's method on shares; nothing is opened: level 4.

Minimise mean(exp(z) - y·z) + alpha/2·|w|², intercept unpenalised (scikit-learn's ``PoissonRegressor``). Every step rebuilds
the secret Hessian X'diag(μ)X and inverts it (:mod:`mpc.programs.glm.solvers.preconditioner`). The predicted mean is kept within
``mean_limit`` by clipping the linear predictor, the weights by clipping after every step: ranges hold whatever the data (I12).
Sums over many rows of a wide range leave errors and weighted rows fewer places, 8 at least: their rounding averages out.

Standard errors are of X'diag(μ)X and the penalty at the fitted weights (:mod:`mpc.programs.glm.solvers.errors`): they are a Poisson law's, without
an estimate of overdispersion.
"""

import math
from dataclasses import dataclass

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.functions.exponential import digits_for, exp
from mpc.functions.extremes import clip
from mpc.programs.both_classes import check_own_counts, require_some
from mpc.programs.glm.poisson.likelihood import LIKELIHOOD, likelihood, require_counts
from mpc.programs.glm.solvers.convergence import figures
from mpc.programs.glm.solvers.errors import ERRORS, of_information, require_convergence
from mpc.programs.glm.solvers.preconditioner import LARGEST_FINE, preconditioner, solved_steps
from mpc.programs.linear.design import FEATURE_BITS, WEIGHT_BITS, Design, bits_for, design
from mpc.programs.linear.outputs import linear_predictor, outputs
from mpc.programs.linear.rows import Rows
from mpc.workflow.context import StepContext
from mpc.workflow.values import Floats, Value

_LEAST_LOG = -10.0
_MEAN_BITS = 18


async def run(context: StepContext) -> dict[str, Value]:
    """Fit, and predict the test rows' means."""
    largest = context.decimal("mean_limit")
    if context.wanted & ERRORS:
        require_convergence(context, "poisson")
    if LIKELIHOOD in context.wanted:
        require_counts(context)
    check_own_counts(context)
    data = await design(context, target_bits=0, target_limit=largest)
    events = data.train_target.sum(limit=data.rows * largest)
    await require_some(context, events)
    fit = _Fit.of(context, data, largest)
    weights, ended = await _fit(context, fit)
    predicted = None if data.test is None else _mean(data.test, weights, largest, added_up=False)
    found = outputs(context, data, weights, "log", predicted, ended)
    of_model: dict[str, SecureArray] = {}
    mean = _mean(data.train, weights, largest) if context.wanted & (ERRORS | {LIKELIHOOD}) else None
    if mean is not None and LIKELIHOOD in context.wanted:
        of_model[LIKELIHOOD] = await likelihood(context, data, weights, mean, _LEAST_LOG)
    if mean is not None and context.wanted & ERRORS:
        errors = await of_information(await fit.curvature(mean), fit.penalty, fit.curve_limit)
        found["standard_errors"] = errors[:-1] if data.shown is None else data.shown.of_columns(errors[:-1])
        of_model["intercept_error"] = errors[-1]
    if "fitted_rows" in context.wanted:
        of_model["fitted_rows"] = concatenate([constant(context.backend, np.array([data.rows]), 0), events.reshape(1)])
    return found | {name: value if data.shown is None else data.shown.of_all(value) for name, value in of_model.items()}


@dataclass(frozen=True, slots=True)
class _Fit:
    """The training rows, the penalty of each weight, and the places that sums over the rows leave."""

    data: Design
    largest: float
    penalty: Floats
    slope_limit: float
    slope_bits: int
    error_bits: int
    curve_limit: float
    curve_bits: int
    weighted_bits: int

    @classmethod
    def of(cls, context: StepContext, data: Design, largest: float) -> "_Fit":
        rows = data.rows
        slope_limit = rows * math.sqrt(data.mean_square) * largest
        curve_limit = rows * data.mean_square * largest
        return cls(
            data=data,
            largest=largest,
            penalty=np.append(np.full(data.columns, context.decimal("alpha") * rows), 0.0),
            slope_limit=slope_limit,
            slope_bits=bits_for(context, slope_limit, most=WEIGHT_BITS, spare=3),
            error_bits=bits_for(context, slope_limit * 2.0**FEATURE_BITS, most=_MEAN_BITS, spare=1),
            curve_limit=1.01 * curve_limit,
            curve_bits=bits_for(context, curve_limit * (data.columns + 1), most=WEIGHT_BITS, spare=4),
            weighted_bits=bits_for(context, curve_limit * 2.0**FEATURE_BITS, most=FEATURE_BITS, spare=1),
        )

    def slope(self, mean: SecureArray, weights: SecureArray) -> SecureArray:
        """The gradient of the sum over the rows, penalty included."""
        error = (mean - self.data.train_target).within(self.largest + 0.01, because="both within [0, mean_limit]")
        coarse, limit = error.rescaled(self.error_bits), 1.01 * self.slope_limit
        slope = self.data.train.turned(coarse, self.slope_bits, limit)
        return slope + weights.multiply(self.penalty, fraction_bits=self.slope_bits)

    async def curvature(self, mean: SecureArray) -> SecureArray:
        """X'diag(mean)X, without the penalty."""

        async def of_block(rows: SecureArray, own: SecureArray) -> SecureArray:
            weighted = rows.multiply(own.reshape(-1, 1), fraction_bits=self.weighted_bits)
            return rows.T.matmul(weighted, fraction_bits=self.curve_bits, limit=self.curve_limit)

        return await self.data.train.summed(mean, of_block, self.curve_limit)


async def _fit(context: StepContext, fit: _Fit) -> tuple[SecureArray, SecureArray | None]:
    """The weights, and the figures of convergence where they are wanted."""
    data, rows = fit.data, fit.data.rows
    steps, limit = context.integer("iterations"), context.decimal("coefficient_limit")
    weights = previous = constant(context.backend, np.zeros(data.columns + 1), WEIGHT_BITS)
    pull, unknowns = float(fit.penalty[0]), data.columns + 1
    for step in range(steps):
        mean = _mean(data.train, weights, fit.largest)
        known = await preconditioner(
            await fit.curvature(mean) + np.diag(fit.penalty),
            rows=rows,
            gradient_limit=1.02 * (fit.slope_limit / rows + pull / rows * limit),
            penalty=pull,
            rough=unknowns > LARGEST_FINE,
        )
        slope = fit.slope(mean, weights)
        move = known.times(slope) if step < steps - solved_steps(unknowns) else await known.solved(slope)
        previous, weights = weights, await clip(weights - move, -limit, limit).settled()
        context.progress(step + 1, steps)
    if "convergence" not in context.wanted:
        return weights, None
    slope = fit.slope(_mean(data.train, weights, fit.largest), weights)
    return weights, figures(weights, weights - previous, slope, rows=rows, limit=limit, shows=data.shown)


def _mean(rows: Rows, weights: SecureArray, largest: float, *, added_up: bool = True) -> SecureArray:
    """Exp of the linear predictor, clipped to [e^-10, ``largest``]; with all places unless it is only to be ``added_up``."""
    linear = linear_predictor(rows, weights)
    high, digits = math.log(largest), digits_for(linear.size if added_up else 1)
    return exp(linear, low=_LEAST_LOG, high=high, fraction_bits=_MEAN_BITS, digits=digits)
