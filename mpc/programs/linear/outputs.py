"""The outputs that linear models have in common."""

from typing import Final

from mpc.arrays.interface import SecureArray
from mpc.programs.linear.design import SCORE_BITS, Design
from mpc.programs.linear.model import LinearModel, Link
from mpc.programs.linear.rows import Rows
from mpc.programs.precision import finest, matrix_product
from mpc.workflow.context import StepContext
from mpc.workflow.values import Value

_LONGEST: Final = 40


def outputs(
    context: StepContext,
    data: Design,
    weights: SecureArray,
    link: Link,
    predicted: SecureArray | None,
    convergence: SecureArray | None = None,
) -> dict[str, Value]:
    """Coefficients, intercept, the model, how the fit ended and, of the test rows, what was predicted and what is true."""
    found: dict[str, Value] = {
        "coefficients": weights[:-1] if data.shown is None else data.shown.of_columns(weights[:-1]),
        "intercept": weights[-1] if data.shown is None else data.shown.of_all(weights[-1]),
        "model": LinearModel(link, data.names, weights, data.limit, data.trained_on, data.scalings).value(),
    }
    if convergence is not None:
        found["convergence"] = convergence
    if predicted is not None and "scores" in context.wanted:
        found["scores"] = predicted
    if data.test_target is not None and "labels" in context.wanted:
        found["labels"] = data.test_target
    return found


def linear_predictor(rows: Rows, weights: SecureArray) -> SecureArray:
    """``rows @ weights`` with the scores' fraction bits."""
    return rows.times(weights, SCORE_BITS)


def long_predictor(rows: SecureArray, model: LinearModel) -> SecureArray:
    """``rows @ slopes + intercept`` of a model with a bound of its slopes, as finely as the sum of their limits leaves room for."""
    assert model.slope_limit is not None
    slopes = model.weights[:-1].within(model.slope_limit, because="training cut them off there")
    most = rows.limit * slopes.limit * rows.shape[1]
    bits = finest(rows.backend, most + model.weights.limit, spare=4, at_most=_LONGEST)
    return matrix_product(rows, slopes, bits, limit=most) + model.weights[-1].rescaled(bits)
