"""Newton's step with the whole Hessian: (columns + 1)·classes rows of blocks X'diag(p_k(δ_kl - p_l))X."""

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.functions.extremes import clip
from mpc.programs.glm.softmax.objective import CURVATURE, Objective
from mpc.programs.glm.solvers.preconditioner import preconditioner


async def step(fit: Objective, weights: SecureArray, *, solved: bool) -> SecureArray:
    """The weights (columns + 1, classes) after one more step."""
    classes, share = fit.classes, fit.probabilities(weights)
    slope = fit.gradient(weights, share)
    known = await preconditioner(
        _hessian(fit, share) + np.diag(np.tile(fit.penalties, classes)),
        rows=fit.data.rows,
        gradient_limit=fit.mean_gradient_limit,
        penalty=fit.pull,
    )
    flat = slope.T.reshape(-1)
    move = await known.solved(flat) if solved else known.times(flat)
    return await clip(weights - move.reshape(classes, -1).T, -fit.limit, fit.limit).settled()


def _hessian(fit: Objective, share: SecureArray) -> SecureArray:
    """All blocks, shape ((columns + 1)·classes,) twice; those below the diagonal mirror those above."""
    data, classes, width = fit.data, fit.classes, fit.data.columns + 1
    pairs = [(k, j) for k in range(classes) for j in range(k, classes)]
    first, second = np.array([k for k, _ in pairs]), np.array([j for _, j in pairs])
    same = (first == second).astype(np.int64)
    products = share[:, first] * share[:, second]
    curvature = (share[:, first] * same - products).within(CURVATURE, because="|p_k(δ - p_l)| <= 1/4")
    weighted = data.train.reshape(data.rows, 1, width).multiply(
        curvature.reshape(data.rows, len(pairs), 1), fraction_bits=fit.weighted_bits
    )
    stacked = weighted.reshape(data.rows, len(pairs) * width)
    limit = 1.04 * CURVATURE * data.rows * data.mean_square
    blocks = fit.turned.matmul(stacked, fraction_bits=fit.curve_bits, limit=limit).reshape(width, len(pairs), width)
    place = {pair: at for at, pair in enumerate(pairs)}
    bands = [
        concatenate([blocks[:, place[min(k, j), max(k, j)], :] for j in range(classes)], axis=1) for k in range(classes)
    ]
    return concatenate(bands)
