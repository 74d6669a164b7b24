"""The outputs that linear models have in common."""

from mpc.arrays.interface import SecureArray
from mpc.programs.linear.design import SCORE_BITS, Design
from mpc.programs.linear.model import LinearModel, Link
from mpc.workflow.context import StepContext
from mpc.workflow.values import Value


def outputs(
    context: StepContext, data: Design, weights: SecureArray, link: Link, predicted: SecureArray | None
) -> dict[str, Value]:
    """Coefficients, intercept, the model and, of the test rows, what was predicted and what is true."""
    found: dict[str, Value] = {
        "coefficients": weights[:-1],
        "intercept": weights[-1],
        "model": LinearModel(link, data.names, weights, data.limit, data.trained_on, data.scalings).value(),
    }
    if predicted is not None and "scores" in context.wanted:
        found["scores"] = predicted
    if data.test_target is not None and "labels" in context.wanted:
        found["labels"] = data.test_target
    return found


def linear_predictor(rows: SecureArray, weights: SecureArray) -> SecureArray:
    """``rows @ weights`` with the scores' fraction bits."""
    return rows.matmul(weights, fraction_bits=SCORE_BITS)
