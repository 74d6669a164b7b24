"""``glm.logistic_federated``: logistic regression over rows of three or more owners that opens the weights at every step.

Each owner evaluates its own rows in the clear at the current weights; only its gradient and Hessian, one number per column
and per pair of columns, are shared, and only their sums over all owners are used. Newton's step is computed on shares
(:mod:`mpc.programs.glm.solvers.preconditioner`) and the new weights are opened to everyone in the session, so this runs at the
speed of local training. What that costs is declared: pooled means and deviations, and the weights after every step.
From successive weights one can infer pooled gradients. Of two owners each would then know the other's part: fewer than
three are refused. Two owners that collude in a group of three learn the third's sums at every step.

Rows are standardised with the pooled means and deviations. Coefficients are exact up to the fixed point of the step: the
gradient comes from double precision.
"""

import math
from dataclasses import replace

import numpy as np

from mpc.arrays.interface import SecureArray, constant
from mpc.functions.sums import secure_sum
from mpc.programs import columns
from mpc.programs.both_classes import require_both
from mpc.programs.glm.solvers.convergence import figures
from mpc.programs.glm.solvers.pooling import shared_pool
from mpc.programs.glm.solvers.preconditioner import preconditioner
from mpc.programs.glm.solvers.problem import BLOCK, WEIGHT_BITS
from mpc.programs.glm.solvers.training import standardised_parts
from mpc.programs.minimum_group import or_group, require
from mpc.programs.model_guard import refuse_rare
from mpc.workflow.context import StepContext
from mpc.workflow.frames import checked_bits, share_from
from mpc.workflow.values import Floats, Stacked, StackedLabel, Value
from protocol.errors import RefusedError

LEAST_OWNERS = 3
_NEAR = 0.125
"""After a step that changed no coefficient by more, the next ones are solved to the gradient's own precision."""
_ROOM = 2.02
"""Room for rounding in bounds of sums that Cauchy–Schwarz gives exactly."""


async def run(context: StepContext) -> dict[str, Value]:
    """Fit; see the module."""
    (features,), (label,) = context.inputs["features"], context.inputs["label"]
    assert isinstance(features, Stacked)
    assert isinstance(label, StackedLabel)
    features = features.without(label)
    _check(features)
    # what it opens on the way everyone in the session reads
    open_to_all = replace(context, readers=context.readers | {*context.session.names})
    require(open_to_all, features.owned, len(features.columns) + 1)
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
    names = context.session.names
    positives = secure_sum(
        context.backend,
        {
            names.index(part.owner): None if y is None else [y.sum()]
            for part, y in zip(label.tables, labels, strict=True)
        },
        shape=(1,),
        fraction_bits=0,
        limit=max(part.rows for part in label.tables),
        total=features.rows,
    )
    await require_both(context, positives, features.rows)
    weights, change = await _fit(context, features, rows, labels)
    secret = constant(context.backend, weights, WEIGHT_BITS)
    outputs: dict[str, Value] = {
        "coefficients": secret[:-1],
        "intercept": secret[-1],
        "means": pooled.means,
        "deviations": pooled.deviations,
    }
    if "clipped" in context.wanted:
        counts = [None if own is None else columns.counted(own, limit) for own in scaled]
        parts = [
            share_from(context, found, part.owner, (len(features.columns),), 0, part.rows)
            for part, found in zip(features.tables, counts, strict=True)
        ]
        outputs["clipped"] = or_group(open_to_all, features.owned, parts)
    if "convergence" in context.wanted:
        sums = [
            None if x is None or y is None else gradient_and_hessian(x, y, weights)[0]
            for x, y in zip(rows, labels, strict=True)
        ]
        slope = (
            _summed(context, features, sums, (len(weights),), features.rows) + _penalties(context, weights) * weights
        )
        outputs["convergence"] = figures(
            secret, constant(context.backend, change, WEIGHT_BITS), slope, rows=features.rows,
            limit=context.decimal("coefficient_limit"), shows=None,
        )  # fmt: skip
    return outputs


async def _fit(
    context: StepContext, features: Stacked, rows: list[Floats | None], labels: list[Floats | None]
) -> tuple[Floats, Floats]:
    """The weights, and their last change."""
    total, steps, size = features.rows, context.integer("iterations"), len(features.columns) + 1
    penalty = _penalties(context, np.zeros(size))
    limit, tolerance = context.decimal("coefficient_limit"), context.decimal("tolerance")
    pull = (limit + 1) / (context.decimal("c") * total)
    weights, near = np.zeros(size), False
    change = weights
    for step in range(steps):
        sums = [
            (None, None) if x is None or y is None else gradient_and_hessian(x, y, weights)
            for x, y in zip(rows, labels, strict=True)
        ]
        gradient = _summed(context, features, [found for found, _ in sums], (size,), total)
        hessian = _summed(context, features, [found for _, found in sums], (size, size), 0.25 * total)
        known = await preconditioner(
            hessian + np.diag(penalty), rows=total, gradient_limit=_ROOM + pull, penalty=float(penalty[0])
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


def _penalties(context: StepContext, weights: Floats) -> Floats:
    found = np.full(len(weights), 1 / context.decimal("c"))
    found[-1] = 0
    return found


def gradient_and_hessian(rows: Floats, labels: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Σ x·(p - y) and Σ p(1 - p)·x·x' of one owner's rows in the clear, the intercept's column of ones appended."""
    first, second = np.zeros(len(weights)), np.zeros((len(weights), len(weights)))
    for start in range(0, len(rows), BLOCK):
        design = np.column_stack([rows[start : start + BLOCK], np.ones(len(rows[start : start + BLOCK]))])
        probability = 1 / (1 + np.exp(-np.clip(design @ weights, -40, 40)))
        first += (probability - labels[start : start + BLOCK]) @ design
        second += (design * (probability * (1 - probability))[:, None]).T @ design
    return first, second


def _summed(
    context: StepContext, features: Stacked, own: list[Floats | None], shape: tuple[int, ...], total: float
) -> SecureArray:
    limit = _ROOM * total
    bits = min(24, context.backend.headroom.length - 6 - math.ceil(math.log2(limit * len(own) * shape[0])))
    names = context.session.names
    parts = [
        secure_sum(context.backend, {names.index(table.owner): values}, shape=shape, fraction_bits=bits, limit=limit)
        for table, values in zip(features.tables, own, strict=True)
    ]
    found = parts[0]
    for part in parts[1:]:
        found = found + part
    return found.within(limit, because="Cauchy–Schwarz over all rows, whose columns have pooled deviation 1")


def _check(features: Stacked) -> None:
    owners = {part.owner for part in features.tables}
    if len(owners) < LEAST_OWNERS:
        raise RefusedError(
            "logistic.too_few_owners",
            f"{len(owners)} owners bring rows: opened weights would tell one the other's sums.",
            f"Bring at least {LEAST_OWNERS} owners, or use glm.logistic, which opens nothing.",
        )
