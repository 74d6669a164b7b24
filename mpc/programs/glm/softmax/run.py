"""``glm.softmax``: multinomial logistic regression by Newton's method on shares; nothing is opened: level 4.

Minimise sum -log softmax(z)_y + |w|²/(2C), intercepts unpenalised (scikit-learn's multinomial ``LogisticRegression``). The secret
Hessian has blocks X'diag(p_k(δ_kl - p_l))X and (columns + 1)·classes rows; it is inverted in every step
(:mod:`mpc.programs.glm.solvers.newton`). Adding a constant to all intercepts changes nothing: the gradient has no part
in that direction, so they keep their sum of zero.
"""

import math

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.functions.exponential import softmax
from mpc.functions.extremes import clip
from mpc.programs.both_classes import check_own_classes, require_all
from mpc.programs.glm.solvers.newton import preconditioner
from mpc.programs.linear.design import FEATURE_BITS, WEIGHT_BITS, Design, bits_for, design
from mpc.programs.linear.outputs import linear_predictor, outputs
from mpc.workflow.context import StepContext
from mpc.workflow.values import Value
from protocol.errors import RangeError

_LARGEST_LOGIT = 20.0
_LARGEST_SYSTEM = 400
_CURVATURE = 0.2501


async def run(context: StepContext) -> dict[str, Value]:
    """Fit, and give the test rows' logits, shape (rows, classes)."""
    classes = context.integer("classes")
    data = design(context, target_bits=0, target_limit=classes - 1, classes=classes - 1)
    if (data.columns + 1) * classes > _LARGEST_SYSTEM:
        raise RangeError(
            "softmax.too_large",
            f"{data.columns} columns and {classes} classes give a system of {(data.columns + 1) * classes} unknowns;"
            f" the limit is {_LARGEST_SYSTEM}.",
            "Select columns (feature.select), or merge classes.",
        )
    check_own_classes(context, classes)
    weights = await _fit(context, data, classes)
    predicted = None if data.test is None else linear_predictor(data.test, weights)
    return outputs(context, data, weights, "softmax", predicted)


async def _fit(context: StepContext, data: Design, classes: int) -> SecureArray:
    rows, width, steps = data.rows, data.columns + 1, context.integer("iterations")
    limit, pull = context.decimal("coefficient_limit"), 1 / context.decimal("c")
    penalty = np.tile(np.append(np.full(data.columns, pull), 0.0), classes)
    slope_limit = rows * math.sqrt(data.mean_square)
    curve_limit = rows * data.mean_square * _CURVATURE
    slope_bits = bits_for(context, slope_limit, most=WEIGHT_BITS, spare=3)
    curve_bits = bits_for(context, curve_limit * width * classes, most=WEIGHT_BITS, spare=3)
    truth = concatenate([(data.train_target == k).reshape(-1, 1) for k in range(classes)], axis=1)
    await require_all(context, truth.sum(axis=0))
    turned, flat = data.train.T, constant(context.backend, np.zeros(width * classes), WEIGHT_BITS)
    for step in range(steps):
        share = _probabilities(data.train, _matrix(flat, classes))
        error = (share - truth).within(1.02, because="a probability less a bit")
        slope = turned.matmul(error, fraction_bits=slope_bits, limit=1.01 * slope_limit).T.reshape(-1)
        known = await preconditioner(
            _hessian(data, share, curve_bits, curve_limit) + np.diag(penalty),
            rows=rows,
            gradient_limit=1.02 * (math.sqrt(data.mean_square) + pull * limit / rows),
        )
        pulled = slope + flat.multiply(penalty, fraction_bits=slope_bits)
        flat = await clip(flat - known.times(pulled), -limit, limit).settled()
        context.progress(step + 1, steps)
    return _matrix(flat, classes)


def _matrix(flat: SecureArray, classes: int) -> SecureArray:
    """Weights by class, one after the other, as (columns + 1, classes)."""
    return flat.reshape(classes, -1).T


def _probabilities(rows: SecureArray, weights: SecureArray) -> SecureArray:
    logits = clip(linear_predictor(rows, weights), -_LARGEST_LOGIT, _LARGEST_LOGIT)
    return softmax(logits).within(1.01, because="softmax")


def _hessian(data: Design, share: SecureArray, bits: int, limit: float) -> SecureArray:
    """All blocks, shape ((columns + 1)·classes,) twice; those below the diagonal mirror those above."""
    classes, width = share.shape[1], data.columns + 1
    pairs = [(k, j) for k in range(classes) for j in range(k, classes)]
    first, second = np.array([k for k, _ in pairs]), np.array([j for _, j in pairs])
    same = (first == second).astype(np.int64)
    products = share[:, first] * share[:, second]
    curvature = (share[:, first] * same - products).within(_CURVATURE, because="|p_k(δ - p_l)| <= 1/4")
    weighted = data.train.reshape(data.rows, 1, width) * curvature.reshape(data.rows, len(pairs), 1)
    stacked = weighted.rescaled(FEATURE_BITS).reshape(data.rows, len(pairs) * width)
    blocks = data.train.T.matmul(stacked, fraction_bits=bits, limit=1.04 * limit).reshape(width, len(pairs), width)
    place = {pair: at for at, pair in enumerate(pairs)}
    bands = [
        concatenate([blocks[:, place[min(k, j), max(k, j)], :] for j in range(classes)], axis=1) for k in range(classes)
    ]
    return concatenate(bands)
