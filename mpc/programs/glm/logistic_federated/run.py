"""``glm.logistic_federated``: logistic regression over rows of three or more owners that opens the weights at every step.

Each owner evaluates its own rows in the clear at the current weights; only its gradient and Hessian, one number per column
and per pair of columns, are shared, and only their sums over all owners are used. Newton's step is computed on shares
(:mod:`mpc.programs.glm.solvers.preconditioner`) and the new weights are opened to everyone in the session, so this runs at the
speed of local training. What that costs is declared: pooled means and deviations, and the weights after every step.
From successive weights one can infer pooled gradients. Of two owners each would then know the other's part: fewer than
three are refused. Two owners that collude in a group of three learn the third's sums at every step.

Rows are standardised with the pooled means and deviations. Coefficients are exact up to the fixed point of the step: the
gradient comes from double precision, and so do the log loss and the information that standard errors are of.
"""

from dataclasses import replace

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.programs import columns
from mpc.programs.both_classes import require_both
from mpc.programs.glm.logistic_federated.sums import ROOM, Part, Pooled
from mpc.programs.glm.solvers.convergence import figures
from mpc.programs.glm.solvers.errors import ERRORS, of_information, require_convergence
from mpc.programs.glm.solvers.loss import LOSS_BITS
from mpc.programs.glm.solvers.pooling import shared_pool
from mpc.programs.glm.solvers.preconditioner import preconditioner
from mpc.programs.glm.solvers.problem import WEIGHT_BITS
from mpc.programs.glm.solvers.scaling import times
from mpc.programs.glm.solvers.training import standardised_parts
from mpc.programs.linear.design import numbers_of
from mpc.programs.minimum_group import or_group, require
from mpc.programs.model_guard import refuse_rare
from mpc.workflow.context import StepContext
from mpc.workflow.frames import checked_bits, share_from
from mpc.workflow.values import Floats, Stacked, StackedLabel, Value
from protocol.errors import RefusedError

LEAST_OWNERS = 3
_NEAR = 0.125
"""After a step that changed no coefficient by more, the next ones are solved to the gradient's own precision."""


async def run(context: StepContext) -> dict[str, Value]:
    """Fit; see the module."""
    (features,), (label,) = context.inputs["features"], context.inputs["label"]
    assert isinstance(features, Stacked)
    assert isinstance(label, StackedLabel)
    features = features.without(label)
    _check(features)
    if context.wanted & ERRORS:
        require_convergence(context, "logistic")
    # what it opens on the way everyone in the session reads
    open_to_all = replace(context, readers=context.readers | {*context.session.names})
    require(open_to_all, features.owned, numbers_of(context, len(features.columns)))
    label = checked_bits(label)
    for table in (features, Stacked((label.column,), label.tables)):
        for part in table.tables:
            refuse_rare(context, part.values, table.columns)
    locals_ = standardised_parts(features, 1.0, limit=context.decimal("limit"), clip=True)
    owners = tuple(part.owner for part in features.tables)
    pooled = shared_pool(context, owners, locals_, [part.rows for part in features.tables], len(features.columns))
    means, deviations = (
        await context.reveal("means", pooled.means),
        await context.reveal("deviations", pooled.deviations),
    )
    limit, clip = context.decimal("limit"), context.choice("beyond_limit") == "clip"
    scaled = [
        None if part.values is None else columns.scaled(part.values, means, np.maximum(deviations, 0.0))
        for part in features.tables
    ]
    rows = [
        None if own is None else columns.within(own, features.columns, limit, "logistic.beyond_limit", clip=clip)
        for own in scaled
    ]
    labels = [None if part.values is None else part.values[:, 0] for part in label.tables]
    parts = tuple(Part(part.owner, own, y) for part, own, y in zip(features.tables, rows, labels, strict=True))
    data = Pooled(context, parts, features.rows, len(features.columns))
    events = data.events()
    await require_both(context, events, features.rows)
    weights, change = await _fit(context, data)
    outputs: dict[str, Value] = {"means": pooled.means, "deviations": pooled.deviations}
    if "clipped" in context.wanted:
        counts = [None if own is None else columns.counted(own, limit) for own in scaled]
        shared = [
            share_from(context, found, part.owner, (len(features.columns),), 0, part.rows)
            for part, found in zip(features.tables, counts, strict=True)
        ]
        outputs["clipped"] = or_group(open_to_all, features.owned, shared)
    return outputs | await _ended(context, data, weights, change, events)


async def _fit(context: StepContext, data: Pooled) -> tuple[Floats, Floats]:
    """The weights, and their last change."""
    steps, size = context.integer("iterations"), data.columns + 1
    penalty = _penalties(context, size)
    limit, tolerance = context.decimal("coefficient_limit"), context.decimal("tolerance")
    pull = (limit + 1) / (context.decimal("c") * data.rows)
    weights, near = np.zeros(size), False
    change = weights
    for step in range(steps):
        sums = data.at(weights)
        gradient, hessian = data.gradient(sums), data.hessian(sums)
        known = await preconditioner(
            hessian + np.diag(penalty), rows=data.rows, gradient_limit=ROOM + pull, penalty=float(penalty[0])
        )
        slope = gradient + penalty * weights
        change = await context.reveal("weights", await known.solved(slope) if near else known.times(slope))
        weights = np.clip(weights - change, -limit, limit)
        context.progress(step + 1, steps)
        moved = float(np.abs(change).max())
        if near and moved < tolerance:
            break
        near = moved < _NEAR
    return weights, change


async def _ended(
    context: StepContext, data: Pooled, weights: Floats, change: Floats, events: SecureArray
) -> dict[str, Value]:
    """The weights, and what the fit says of itself there."""
    limit, penalty = context.decimal("coefficient_limit"), _penalties(context, len(weights))
    secret = constant(context.backend, weights, WEIGHT_BITS)
    found: dict[str, Value] = {"coefficients": secret[:-1], "intercept": secret[-1]}
    if "fitted_rows" in context.wanted:
        found["fitted_rows"] = concatenate([constant(context.backend, np.array([data.rows]), 0), events])
    if not context.wanted & (ERRORS | {"convergence", "loss"}):
        return found
    sums = data.at(weights)
    if "convergence" in context.wanted:
        slope, moved = data.gradient(sums) + penalty * weights, constant(context.backend, change, WEIGHT_BITS)
        found["convergence"] = figures(secret, moved, slope, rows=data.rows, limit=limit, shows=None)
    if "loss" in context.wanted:
        found["loss"] = times(data.loss(sums, limit), 1 / data.rows, LOSS_BITS)
    if context.wanted & ERRORS:
        errors = await of_information(data.hessian(sums), penalty, ROOM * data.rows / 4)
        found |= {"standard_errors": errors[:-1], "intercept_error": errors[-1]}
    return found


def _penalties(context: StepContext, size: int) -> Floats:
    """Of each weight, the intercept last."""
    return np.append(np.full(size - 1, 1 / context.decimal("c")), 0.0)


def _check(features: Stacked) -> None:
    owners = {part.owner for part in features.tables}
    if len(owners) < LEAST_OWNERS:
        raise RefusedError(
            "logistic.too_few_owners",
            f"{len(owners)} owners bring rows: opened weights would tell one the other's sums.",
            f"Bring at least {LEAST_OWNERS} owners, or use glm.logistic, which opens nothing.",
        )
