"""``linear.ridge``: least squares with an L2 penalty, by centred normal equations on shares; nothing is opened: level 4.

Minimise sum (y - x·w)² + alpha·|w|², intercept unpenalised (scikit-learn's ``Ridge``). Where rows are split, every owner adds up
its own means and second moments of its training rows in the clear and only these numbers are shared: their cost does not
depend on the rows. Where columns are split, and of a secret table, rows are shared, centred, and multiplied once
(:mod:`mpc.programs.linear.centred`). The system is balanced, solved and brought back to the columns' units in
:mod:`mpc.programs.linear.equations`.

``coefficients`` and ``intercept`` are as fine as a committee can hold them. ``model`` holds them cut off where scores would leave
the headroom, 2^24 times the target's limit over all columns; ``flagged`` counts the coefficients that are not to be trusted: see
:class:`~mpc.programs.linear.equations.Solution`. Under a minimum group what does not show is zero, and not counted.
"""

import math

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.programs.linear.centred import Centred, of_shares, pooled
from mpc.programs.linear.design import ERRORS, design, halves, numbers_of
from mpc.programs.linear.equations import STEPS, Solution, solved
from mpc.programs.linear.model import LinearModel, TrainedOn
from mpc.programs.linear.outputs import long_predictor
from mpc.programs.minimum_group import require_split
from mpc.programs.model_guard import Shown, shown
from mpc.programs.precision import cut_off, finest
from mpc.workflow.context import StepContext
from mpc.workflow.values import Stacked, StackedLabel, Value
from protocol.errors import RangeError, RefusedError

_REACH = 24
"""Scores of a model are within 2^24 of the target's unit."""
_MOST_BITS = 52


async def run(context: StepContext) -> dict[str, Value]:
    """Fit, and predict the test rows where columns are split."""
    (features,), (label,) = context.inputs["features"], context.inputs["label"]
    given = {"label_limit": context.decimal("label_limit"), "alpha": context.decimal("alpha")}
    if context.wanted & ERRORS:
        _require_least_squares(context)
    if isinstance(features, Stacked):
        if not isinstance(label, StackedLabel) or context.wanted & {"scores", "labels"}:
            raise RefusedError(
                "linear.rows_split",
                "Rows of several owners are never shared one by one here: no test rows are scored.",
                "Score with score.glm, and take the label from the same stack.",
            )
        table, limit = features.without(label), context.decimal("limit")
        trained, left = halves(table, context.decimal("train_fraction"))
        require_split(context, trained, left, numbers_of(context, len(table.columns)))
        data = pooled(context, table, label, limit=limit, trained=trained, **given)
        shows = shown(context, table, label, trained)
        found = await _fitted(context, data)
        weights, slopes, cut = _weights(found, data, limit)
        model = LinearModel("identity", table.columns, weights, limit, "raw", slope_limit=slopes)
        return _results(context, data, found, model, cut, shows)
    rows = await design(
        context, target_bits=finest(context.backend, given["label_limit"], spare=6), target_limit=given["label_limit"]
    )
    data = await of_shares(context, rows, label, **given)
    found = await _fitted(context, data)
    weights, slopes, cut = _weights(found, data, rows.limit)
    trained_on: TrainedOn = rows.trained_on
    model = LinearModel("identity", rows.names, weights, rows.limit, trained_on, rows.scalings, slope_limit=slopes)
    outputs = _results(context, data, found, model, cut, rows.shown)
    if rows.test is not None and "scores" in context.wanted:
        outputs["scores"] = concatenate([long_predictor(block[:, :-1], model) for block in rows.test.blocks])
    if rows.test_target is not None and "labels" in context.wanted:
        outputs["labels"] = rows.test_target
    return outputs


async def _fitted(context: StepContext, data: Centred) -> Solution:
    context.progress(1, STEPS + 1)
    errors = bool(context.wanted & ERRORS)
    if errors and data.rows < data.scale.shape[0] + 1:
        raise RangeError(
            "linear.errors_rows",
            f"{data.rows} rows leave nothing to tell the spread of {data.scale.shape[0]} numbers from.",
            "Use more rows or fewer columns.",
        )
    return await solved(context, data, context.decimal("coefficient_limit"), errors=errors)


def _require_least_squares(context: StepContext) -> None:
    """Refuse ``linear.penalised_errors`` and ``linear.errors_alone``."""
    if context.decimal("alpha") > 0:
        raise RangeError(
            "linear.penalised_errors",
            "Standard errors are those of least squares: a penalised estimate is biased, and they would not hold.",
            "Set alpha to 0, or do not ask for standard errors.",
        )
    if "flagged" not in context.wanted:
        raise RangeError(
            "linear.errors_alone",
            "Without the count of flagged coefficients nobody could tell whether standard errors can be relied on.",
            "Name flagged among the outputs, for the same readers.",
        )


def _weights(found: Solution, data: Centred, limit: float) -> tuple[SecureArray, float, SecureArray]:
    """A model's weights, the bound of its slopes, and bits of the entries that were cut off."""
    width, backend = found.coefficients.shape[0], found.coefficients.backend
    slopes = 2.0 ** (data.target_unit + _REACH - math.ceil(math.log2(limit * (width + 1))))
    most = 2.0 ** (data.target_unit + _REACH)
    bits = min(_MOST_BITS, finest(backend, max(slopes, most), spare=4))
    parts: list[SecureArray] = []
    cuts: list[SecureArray] = []
    for values, bound in ((found.coefficients, slopes), (found.intercept, most)):
        if values.limit <= bound:
            parts.append(values.rescaled(bits))
            cuts.append(constant(backend, np.zeros(values.shape), 0))
            continue
        kept, beyond = cut_off(values, bound)
        cuts.append(beyond)
        parts.append(kept.rescaled(bits))
    return concatenate(parts), slopes, concatenate(cuts)


def _results(
    context: StepContext, data: Centred, found: Solution, model: LinearModel, cut: SecureArray, shows: Shown | None
) -> dict[str, Value]:
    """What leaves; of a column that may not show there is no flag either."""
    slopes, rest, flags = found.coefficients, found.intercept, found.flagged + cut
    by_column, whole = flags[:-1], flags[-1:]
    if shows is not None:
        slopes, rest = shows.of_columns(slopes), shows.of_all(rest)
        by_column, whole = shows.of_columns(by_column), shows.of_all(whole)
    outputs: dict[str, Value] = {
        "coefficients": slopes,
        "intercept": rest.reshape(()),
        "flagged": by_column.sum() + whole.sum(),
        "model": model.value(),
    }
    if "fitted_rows" in context.wanted:
        rows = constant(slopes.backend, np.array([data.rows]), 0)
        outputs["fitted_rows"] = rows if shows is None else shows.of_all(rows)
    if found.errors is not None:
        errors, spread = found.errors.slopes, found.errors.spread
        outputs["standard_errors"] = errors if shows is None else shows.of_columns(errors)
        rest = found.errors.intercept
        outputs["intercept_error"] = (rest if shows is None else shows.of_all(rest)).reshape(())
        outputs["spread"] = spread if shows is None else shows.of_all(spread)
    return outputs
