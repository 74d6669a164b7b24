"""``glm.logistic``: logistic regression, coefficients known to nobody on the way.

Columns of several owners (aligned tables), rows of several owners (stacked tables) or an already secret table are shared
among the committee; the model is fitted on the training rows and applied to the others, all on shares
(:mod:`mpc.programs.glm.solvers`). Nothing is opened, unless the contract asks for early stopping: level 4.

Coefficients come in the order of the tables and of each table's columns, the label left out, and belong to standardised
columns: ``feature.standardize``'s, or for stacked tables the pooled ones, whose secret ``means`` and ``deviations`` are
outputs. A result user who is to apply the model to raw records needs those too; ``score.glm`` applies ``model`` on shares.
"""

import math

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.programs.glm.solvers import descent, newton
from mpc.programs.glm.solvers.classes import ClassWeights
from mpc.programs.glm.solvers.convergence import figures
from mpc.programs.glm.solvers.errors import ERRORS, require_likelihood, standard_errors
from mpc.programs.glm.solvers.links import Link
from mpc.programs.glm.solvers.loss import mean_loss
from mpc.programs.glm.solvers.passes import Data, gradient
from mpc.programs.glm.solvers.problem import Precision, Problem
from mpc.programs.glm.solvers.stopping import Stopping
from mpc.programs.glm.solvers.training import Inputs, Training, load, plan, read, scores
from mpc.programs.glm.solvers.weights import Fitted, penalties
from mpc.programs.linear.design import own_scalings
from mpc.programs.linear.model import LinearModel, TrainedOn
from mpc.programs.minimum_group import or_group, require_split
from mpc.programs.model_guard import shown
from mpc.programs.stats.moments import total
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Aligned, Label, Owned, SharedTable, Stacked, StackedLabel, Value, cut
from protocol.errors import RangeError, RefusedError

_SCORE_BITS = 18


async def run(context: StepContext) -> dict[str, Value]:
    """Fit and score; see the module."""
    (features,), (label,) = context.inputs["features"], context.inputs["label"]
    weights = _class_weights(context)
    inputs = read(features, label, context)
    problem = plan(inputs, context, weights)
    solver, link = context.choice("solver"), _link(context)
    if context.wanted & ERRORS:
        require_likelihood(context, link, weights)
    batches = 0
    if solver in ("gradient", "sgd"):
        problem = descent.roaming(problem)
        batches = _batches(context, problem) if solver == "sgd" else 0
        _descent(context, link, batches).check(problem)
    if "scores" in context.wanted and all(source.train == source.rows for source in inputs.sources):
        raise RangeError("logistic.no_test_rows", "All rows train the model.", "Set a train_fraction below 1.")
    train, test = _halves(features, inputs)
    numbers = (problem.columns + 1) * (2 if context.wanted & ERRORS else 1)
    require_split(context, train, test if context.wanted & {"scores", "labels"} else None, numbers)
    hides = None if train is None else shown(context, features, label, train)
    context.rows_of |= {"scores": test, "labels": test}
    Precision.of(problem, link, context.backend.headroom)
    training = await load(context, inputs, label, problem, link, weights, batches)
    ended = await _fit(context, training.data, solver, link, batches)
    fitted = ended.weights
    outputs: dict[str, Value] = {
        "coefficients": fitted[: problem.columns],
        "intercept": fitted[-1],
        "labels": training.labels,
    }
    if training.pooled is not None:
        outputs |= {"means": training.pooled.means, "deviations": training.pooled.deviations}
    if "clipped" in context.wanted and isinstance(features, Stacked):
        outputs["clipped"] = _clipped(context, inputs)
    if "fitted_rows" in context.wanted:
        outputs["fitted_rows"] = _rows_and_events(training.data)
    if context.wanted & ERRORS:
        errors = await standard_errors(training.data, fitted)
        outputs |= {"standard_errors": errors[:-1], "intercept_error": errors[-1]}
    if hides is not None:
        of_columns = _arrays(outputs, "coefficients", "means", "deviations", "standard_errors")
        outputs |= {name: hides.of_columns(array) for name, array in of_columns}
        whole = _arrays(outputs, "intercept", "intercept_error", "fitted_rows")
        outputs |= {name: hides.of_all(array) for name, array in whole}
    if "scores" in context.wanted:
        outputs["scores"] = scores(training, fitted, _SCORE_BITS)
    if "model" in context.wanted:
        outputs["model"] = _model(features, label, inputs, training, fitted)
    if "loss" in context.wanted:
        loss = await mean_loss(training.data, fitted)
        outputs["loss"] = loss if hides is None else hides.of_all(loss)
    if "convergence" in context.wanted:
        slope = await _pulled(training.data, fitted, link)
        limit = context.decimal("coefficient_limit")
        outputs["convergence"] = figures(fitted, ended.change, slope, rows=problem.rows, limit=limit, shows=hides)
    return outputs


def _rows_and_events(data: Data) -> SecureArray:
    """Training rows, and how many of them have label 1; shape (2,)."""
    rows = data.problem.rows
    events = total([block.labels.sum().reshape(1) for part in data.parts for block in part.blocks])
    known = constant(events.backend, np.array([rows]), 0)
    return concatenate([known, events.within(rows, because="a count of rows")])


def _clipped(context: StepContext, inputs: Inputs) -> SecureArray:
    """How many values of each column all owners cut off, of training and test rows."""
    owned = tuple((owner, source.rows) for owner, source in zip(inputs.owners, inputs.sources, strict=True))
    parts = [
        share_from(context, None if own is None else own.clipped, owner, (inputs.columns,), 0, rows)
        for (owner, rows), own in zip(owned, inputs.locals, strict=True)
    ]
    return or_group(context, owned, parts)


def _arrays(outputs: dict[str, Value], *names: str) -> list[tuple[str, SecureArray]]:
    return [(name, value) for name in names if isinstance(value := outputs.get(name), SecureArray)]


def _halves(features: Value, inputs: Inputs) -> tuple[Owned | None, Owned | None]:
    """Whose rows train, and whose are left."""
    if isinstance(features, SharedTable) and features.owned is None:
        return None, None
    if isinstance(features, SharedTable):
        (source,) = inputs.sources
        return cut(features.owned or (), 0, source.train), cut(features.owned or (), source.train, source.rows)
    owners = inputs.owners or ("",)
    parts = list(zip(owners, inputs.sources, strict=True))
    return tuple((owner, source.train) for owner, source in parts), tuple(
        (owner, source.rows - source.train) for owner, source in parts
    )


def coefficient_names(features: Value, label: Value) -> tuple[str, ...]:
    """The name of each coefficient, in order: ``owner.column`` of aligned tables, else the column."""
    match features, label:
        case Aligned(), Label():
            tables = features.without(label).tables
            return tuple(f"{table.owner}.{column}" for table in tables for column in table.columns)
        case Stacked(), StackedLabel():
            return features.without(label).columns
        case SharedTable(), _:
            return features.columns
        case _:
            raise RefusedError("logistic.kinds", "These are no features.", "Take both inputs from the same step.")


def _model(features: Value, label: Value, inputs: Inputs, training: Training, fitted: SecureArray) -> Value:
    """What ``score.glm`` applies: rows of several owners keep their owners' scalings, each owner with its own weights."""
    names = coefficient_names(features, label)
    if training.pooled is None:
        scalings = own_scalings(features) if isinstance(features, Aligned) else {}
        trained_on: TrainedOn = "aligned" if inputs.standardised else "shared"
        return LinearModel("logit", names, fitted, inputs.limit, trained_on, scalings).value()
    if len(set(inputs.owners)) < len(inputs.owners):
        raise RefusedError(
            "logistic.owner_twice",
            "An owner brings two tables: later rows of that owner could belong to either.",
            "Bring one table for each owner, or do not ask for the model.",
        )
    parts = training.data.parts
    columns = [part.weights(fitted, training.data.problem).reshape(-1, 1) for part in parts]
    scalings = {
        f"{owner}.{name}": (float(mean), float(deviation))
        for owner, own in zip(inputs.owners, inputs.locals, strict=True)
        if own is not None
        for name, mean, deviation in zip(names, own.means, own.deviations, strict=True)
    }
    weights = concatenate(columns, axis=1)
    return LinearModel("logit", names, weights, inputs.limit, "pooled", scalings, inputs.owners).value()


async def _fit(context: StepContext, data: Data, solver: str, link: Link, batches: int) -> Fitted:
    steps, progress = context.integer("iterations"), context.progress
    stop = Stopping(context, context.integer("check_every"), context.decimal("tolerance"))
    if solver == "newton":
        return await newton.fit(data, steps, context.integer("passes"), progress, stop)
    if solver == "bound":
        return await newton.fit_bound(data, link, steps, context.decimal("momentum"), progress, stop)
    return await descent.fit(data, _descent(context, link, batches), progress, stop)


async def _pulled(data: Data, weights: SecureArray, link: Link) -> SecureArray:
    """The gradient at the fitted weights, penalty included."""
    slope = await gradient(data, weights, link)
    return slope + weights.multiply(penalties(data), fraction_bits=slope.fraction_bits)


def _descent(context: StepContext, link: Link, batches: int) -> descent.Descent:
    steps = context.integer("iterations") * max(1, batches)
    return descent.Descent(link, steps, context.decimal("step"), context.decimal("momentum"), batches)


def _batches(context: StepContext, problem: Problem) -> int:
    return max(1, min(math.floor(problem.rows / context.integer("batch")), *problem.parts))


def _link(context: StepContext) -> Link:
    links: dict[str, Link] = {"accurate": "accurate", "fast": "fast", "segments": "segments", "linear": "linear"}
    link = links[context.choice("sigmoid")]
    if context.choice("solver") == "newton" and link != "accurate":
        raise RangeError(
            "logistic.newton_link",
            "Newton's method needs the accurate logistic function.",
            "Set sigmoid to accurate, or take another solver.",
        )
    return link


def _class_weights(context: StepContext) -> ClassWeights:
    match context.choice("class_weight"):
        case "balanced":
            return ClassWeights("balanced")
        case "given":
            return ClassWeights("given", context.decimal("weight_negative"), context.decimal("weight_positive"))
        case _:
            return ClassWeights("none")
