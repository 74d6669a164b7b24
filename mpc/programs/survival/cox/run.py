"""``survival.cox``: proportional hazards regression over columns of several owners, by Newton's method on shares.

One owner has times and events, all have covariates, standardised by themselves. Minimise minus Breslow's log partial likelihood plus
alpha·rows/2·|w|². The owner of the times alone knows their order, in which the covariates come to stand
(:mod:`mpc.programs.survival.cox.outcome`); gradient and information are running sums (:mod:`mpc.programs.survival.cox.risk_sets`), and the
secret information is inverted in every step (:mod:`mpc.programs.glm.solvers.preconditioner`). Nothing is opened: level 4.

Every step moves a coefficient by 1 at most, a standard deviation's worth: full steps from 0 may overshoot where risks differ much,
and near the optimum none is so long. The last two steps solve to the gradient's own precision. Linear predictors are clipped to
``risk_limit``; how many were is the last figure of ``convergence``: with any, the fit is no maximum of the likelihood.
"""

from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.functions.extremes import clip
from mpc.programs.glm.solvers.convergence import figures
from mpc.programs.glm.solvers.errors import of_information, require_convergence
from mpc.programs.glm.solvers.preconditioner import SOLVED_STEPS, preconditioner
from mpc.programs.linear.design import FEATURE_BITS, WEIGHT_BITS, own_scalings
from mpc.programs.linear.model import LinearModel
from mpc.programs.minimum_group import or_group, require
from mpc.programs.model_guard import shown
from mpc.programs.survival.cox.outcome import Observed
from mpc.programs.survival.cox.risk_sets import Cohort, Precision, RiskSets
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_aligned
from mpc.workflow.values import Aligned, AlignedTable, Floats, Label, Value, cut
from protocol.errors import RefusedError

_ERRORS: Final = "standard_errors"
_LONGEST_MOVE: Final = 1.0


async def run(context: StepContext) -> dict[str, Value]:
    """Fit; see the module."""
    (features,), (time,), (event,) = (context.inputs[name] for name in ("features", "time", "event"))
    assert isinstance(features, Aligned)
    assert isinstance(time, Label)
    assert isinstance(event, Label)
    if _ERRORS in context.wanted:
        require_convergence(context, "survival")
    covariates = features.without(time).without(event)
    rows, limit = _standardised(covariates, time, event)
    observed = Observed.of(time, event, rows)
    owned = cut(features.owned, 0, rows)
    columns = sum(len(table.columns) for table in covariates.tables)
    require(context, owned, columns * (2 if _ERRORS in context.wanted else 1))
    shown(context, covariates, event, owned)
    reach, steps = context.decimal("risk_limit"), context.integer("iterations")
    places = Precision.of(rows, max(1, columns), limit, reach, steps, context.backend.headroom)
    table = share_aligned(context, _training(covariates, rows), FEATURE_BITS, limit)
    ordered = await (await observed.in_order(context, table)).settled()
    cohort = Cohort(ordered, observed.events(context), observed.deaths(context), places)
    penalty = np.full(columns, context.decimal("alpha") * rows)
    weights, change = await _fit(context, cohort, penalty)
    outputs: dict[str, Value] = {"coefficients": weights}
    if "fitted_rows" in context.wanted:
        counts = [constant(context.backend, np.array([rows]), 0), cohort.events.sum().reshape(1)]
        outputs["fitted_rows"] = concatenate(counts)
    if "model" in context.wanted:
        names = tuple(f"{part.owner}.{column}" for part in covariates.tables for column in part.columns)
        whole = concatenate([weights, constant(context.backend, np.zeros(1), WEIGHT_BITS)])
        outputs["model"] = LinearModel("log", names, whole, limit, "aligned", own_scalings(covariates)).value()
    if context.wanted & {"convergence", _ERRORS, "log_likelihood"}:
        ended = await cohort.at(weights)
        expected = await ended.expected().settled()
        if "log_likelihood" in context.wanted:
            outputs["log_likelihood"] = concatenate([observed.null(context), ended.log_likelihood()])
        if _ERRORS in context.wanted:
            outputs[_ERRORS] = await of_information(ended.information(expected), penalty, places.curve_limit)
        if "convergence" in context.wanted:
            slope = _pulled(ended, expected, weights, penalty)
            most = context.decimal("coefficient_limit")
            three = figures(weights, change, slope, rows=rows, limit=most, shows=None)
            outputs["convergence"] = concatenate([three, or_group(context, owned, [ended.beyond()])])
    return outputs


def _standardised(covariates: Aligned, time: Label, event: Label) -> tuple[int, float]:
    """Training rows, and the bound of covariates."""
    if covariates.train_rows is None or covariates.limit is None:
        raise RefusedError(
            "survival.not_standardized",
            "The covariates were not standardised: their range is not known.",
            "Put feature.standardize before this step.",
        )
    if not covariates.rows == time.rows == event.rows:
        raise RefusedError(
            "survival.rows", "Covariates, times and events have different rows.", "Take all from one alignment."
        )
    return covariates.train_rows, covariates.limit


def _training(covariates: Aligned, rows: int) -> Aligned:
    """The rows that train, alone."""
    return Aligned(
        rows,
        tuple(
            AlignedTable(
                table.data_set, table.owner, table.columns, None if table.values is None else table.values[:rows]
            )
            for table in covariates.tables
        ),
        rows,
        covariates.limit,
    )


async def _fit(context: StepContext, cohort: Cohort, penalty: Floats) -> tuple[SecureArray, SecureArray]:
    """The coefficients, and by how much the last step had changed each."""
    places, steps, limit = cohort.precision, context.integer("iterations"), context.decimal("coefficient_limit")
    weights = previous = constant(context.backend, np.zeros(len(penalty)), WEIGHT_BITS)
    for step in range(steps):
        here = await cohort.at(weights)
        expected = await here.expected().settled()
        known = await preconditioner(
            here.information(expected) + np.diag(penalty),
            rows=places.rows,
            gradient_limit=(places.slope_limit + penalty[0] * limit) / places.rows,
            penalty=float(penalty[0]),
        )
        slope = _pulled(here, expected, weights, penalty)
        move = known.times(slope) if step < steps - SOLVED_STEPS else await known.solved(slope)
        move = clip(move, -_LONGEST_MOVE, _LONGEST_MOVE)
        previous, weights = weights, await clip(weights - move, -limit, limit).settled()
        context.progress(step + 1, steps)
    return weights, weights - previous


def _pulled(here: RiskSets, expected: SecureArray, weights: SecureArray, penalty: Floats) -> SecureArray:
    """The gradient of what is minimised, penalty included."""
    slope = here.slope(expected)
    return slope + weights.multiply(penalty, fraction_bits=slope.fraction_bits)
