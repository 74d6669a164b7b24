"""Newton's step for many classes: the Hessian is only multiplied with vectors, never formed or inverted as a whole.

With K classes the whole Hessian has ((columns + 1)·K)² entries, and its inverse takes the cube of that; here each step inverts K
matrices of (columns + 1)² entries. The system H·s = g is solved by Chebyshev's iteration (Golub, Varga, Numer. Math. 3, 1961),
preconditioned by the blocks D_k = X'diag(p_k)X + penalty. As diag(p) - p·p' <= diag(p) for each row, H <= D: no eigenvalue
of D^-1·H exceeds 1. The least is unknown; what :data:`_STEPS` steps for eigenvalues from :data:`_LEAST` up leave, the
next gradient brings up again, so the optimum does not depend on it. A product with H is u = X·m, then X'(p∘(u - Σ p·u)).

Full steps of Newton's method may end anywhere for many classes and rare features. So each weight moves by at most 1/2 in the first half
of the steps and 1/4 in the rest. Adding a vector to the weights of all classes changes only the penalty, which is least where they add
up to zero over the classes: they are kept there.

Ranges: every move is clipped to 1, the residual to the gradient's own bound. |u| and |X'v| by Cauchy–Schwarz.
"""

import asyncio
import functools
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.functions.extremes import clip
from mpc.programs.glm.softmax.objective import Objective
from mpc.programs.glm.solvers.preconditioner import Preconditioner, preconditioner
from mpc.programs.linear.design import FEATURE_BITS, WEIGHT_BITS, bits_for
from mpc.workflow.context import StepContext

_STEPS: Final = 6
_LEAST: Final = 0.05
_LARGEST: Final = 1.02
_SHARE_BITS: Final = 16
"""Of the Hessian's probabilities: shorter products fail more rarely, and the gradient, which says where the optimum is, has all."""
_FAR: Final = 0.5
_NEAR: Final = 0.25


async def step(context: StepContext, fit: Objective, weights: SecureArray, *, first_half: bool) -> SecureArray:
    """The weights (columns + 1, classes) after one more step."""
    share = fit.probabilities(weights)
    slope = await fit.gradient(weights, share).settled()
    coarse = await share.rescaled(_SHARE_BITS).settled()
    known = await _blocks(fit, coarse)
    largest = fit.mean_gradient_limit * fit.data.rows
    centre, radius = (_LARGEST + _LEAST) / 2, (_LARGEST - _LEAST) / 2
    ratio = radius / centre
    left = slope.within(largest, because="the gradient's own bound")
    move = await _turned(known, left, 1 / centre).settled()
    found = move
    for _ in range(1, _STEPS):
        image = _image(context, fit, coarse, move)
        left = await clip(left - image, -largest, largest).settled()
        before, ratio = ratio, 1 / (2 * centre / radius - ratio)
        turn = _turned(known, left, 2 * ratio / radius)
        move = await clip(move.multiply(ratio * before) + turn, -1, 1).settled()
        found = found + move
    trust = _FAR if first_half else _NEAR
    moved = weights - clip(found, -trust, trust)
    centred = moved - moved.sum(axis=1).multiply(1 / fit.classes).reshape(-1, 1)
    return await clip(centred, -fit.limit, fit.limit).settled()


async def _blocks(fit: Objective, share: SecureArray) -> list[Preconditioner]:
    """A secret inverse for each class; all inversions share their rounds."""
    data, limit = fit.data, 1.04 * fit.data.rows * fit.data.mean_square
    curves: list[SecureArray] = []
    for k in range(fit.classes):
        curve = await data.train.summed(share[:, k], functools.partial(_curve, fit, limit), limit)
        curves.append(await curve.settled())
    begun = [
        preconditioner(
            curve + np.diag(fit.penalties),
            rows=data.rows,
            gradient_limit=fit.mean_gradient_limit,
            penalty=fit.pull,
            rough=True,
        )
        for curve in curves
    ]
    # each issues all its operations before it waits, so every party issues them in this order
    return list(await asyncio.gather(*begun))


async def _curve(fit: Objective, limit: float, rows: SecureArray, share: SecureArray) -> SecureArray:
    """X'diag(share)X over a block."""
    weighted = rows.multiply(share.reshape(-1, 1), fraction_bits=fit.weighted_bits)
    bits = min(fit.curve_bits, weighted.fraction_bits + FEATURE_BITS)
    return rows.T.matmul(weighted, fraction_bits=bits, limit=limit)


def _turned(known: list[Preconditioner], left: SecureArray, factor: float) -> SecureArray:
    """``factor`` times the blocks' inverses times a residual (columns + 1, classes), within 1."""
    parts = [block.times(left[:, k]).reshape(-1, 1) for k, block in enumerate(known)]
    return clip(clip(concatenate(parts, axis=1), -1, 1).multiply(factor), -1, 1)


def _image(context: StepContext, fit: Objective, share: SecureArray, move: SecureArray) -> SecureArray:
    """H·move; shape of ``move``."""
    data = fit.data
    along = data.train.times(move, FEATURE_BITS)
    own = share.multiply(along, fraction_bits=FEATURE_BITS)
    mean = own.sum(axis=1, limit=1.02 * along.limit)
    change = own - share.multiply(mean.reshape(-1, 1), fraction_bits=FEATURE_BITS)
    # |X·m| <= sqrt(rows · mean square) · Σ|m|, twice that of the difference, and again for X'
    most = 2.1 * data.rows * data.mean_square * (data.columns + 1)
    bits = bits_for(context, most * 2.0**FEATURE_BITS, most=FEATURE_BITS, spare=1)
    image = data.train.turned(change.rescaled(bits), min(fit.slope_bits, bits + FEATURE_BITS), most)
    return image + move.multiply(fit.penalties.reshape(-1, 1), fraction_bits=WEIGHT_BITS)
