"""``score.card``: a scorecard from a logistic model on weights of evidence, without opening either.

With the model's ln(bad odds) = b + sum_j w_j · woe_j(bin), base score S at base odds O (good to bad) and D points to double the odds
(Siddiqi, Credit Risk Scorecards, 2006, ch. 10):

    factor = D / ln 2,    points_j(bin) = -factor · w_j · woe_j(bin),    base = S - factor · (ln O + b).

A person's points are the base and one entry for each column. Points are not rounded.

The card shows what the weights of evidence show, so under a minimum group these come with their small bins at 0, and where all are 0
(too few of either class) so is the base, which says how many of each there were.
"""

import math

import numpy as np

from mpc.arrays.interface import SecureArray, constant
from mpc.programs.linear.model import LinearModel
from mpc.programs.minimum_group import guarded, require
from mpc.programs.precision import product, times
from mpc.programs.scoring.scorecard import POINT_BITS, Scorecard
from mpc.workflow.context import StepContext
from mpc.workflow.values import Value
from protocol.errors import RefusedError

_LEAST_WOE = 2.0**-20


async def run(context: StepContext) -> dict[str, Value]:
    """All bins' points, and everybody's."""
    (given,), (woe,) = context.inputs["model"], context.inputs["woe"]
    model = LinearModel.of(given)
    assert isinstance(woe, SecureArray)
    _check(model, woe)
    if context.wanted & {"card", "base"}:
        require(context, context.rows_at("woe", 1))
    context.progress(0, 1)
    factor = context.decimal("points_to_double") / math.log(2)
    weights, shift = model.weights[:-1].reshape(-1, 1), model.weights[-1]
    terms = product(weights, woe, POINT_BITS + 6, limit=weights.limit * woe.limit)
    points = -times(terms, factor, POINT_BITS)
    start = context.decimal("base_score") - factor * math.log(context.decimal("base_odds"))
    offset = constant(shift.backend, np.full((1,), start), POINT_BITS)
    base = (offset - times(shift.reshape(1), factor, POINT_BITS)).reshape(1)
    if guarded(context):
        base = base * _shows(woe)
    outputs: dict[str, Value] = {
        "scorecard": Scorecard(model.columns, points, base).value(),
        "card": points,
        "base": base.reshape(),
    }
    return {name: value for name, value in outputs.items() if name in context.wanted}


def _shows(woe: SecureArray) -> SecureArray:
    """A bit (1,): some bin has a weight that shows."""
    flat = woe.reshape(-1)
    above, below = flat.at_least([_LEAST_WOE])[0], (-flat).at_least([_LEAST_WOE])[0]
    return (above.sum() + below.sum()).reshape(1) >= 1


def _check(model: LinearModel, woe: SecureArray) -> None:
    if model.link != "logit" or model.trained_on != "shared" or model.weights.ndim != 1:
        raise RefusedError(
            "card.model",
            "A scorecard is made of a logistic model that was trained on weights of evidence.",
            "Train glm.logistic on feature.woe_iv's `transformed` and `labels`.",
        )
    if woe.ndim != 2 or woe.shape[0] != len(model.columns):
        raise RefusedError(
            "card.columns",
            f"The model has {len(model.columns)} columns, the weights of evidence have the shape {woe.shape}.",
            "Take `woe` from the step whose `transformed` the model was trained on.",
        )
