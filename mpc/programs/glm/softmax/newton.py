"""Newton's step with the whole Hessian: (columns + 1)·classes rows of blocks X'diag(p_k(δ_kl - p_l))X."""

from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.functions.extremes import clip
from mpc.programs.glm.softmax.objective import CURVATURE, Objective
from mpc.programs.glm.solvers.preconditioner import LARGEST_FINE, preconditioner

_WEIGHTED_CELLS: Final = 1 << 24
"""Rows times probabilities that are there at once: 256 MB."""


async def step(fit: Objective, weights: SecureArray, *, solved: bool) -> SecureArray:
    """The weights (columns + 1, classes) after one more step."""
    classes, share = fit.classes, fit.probabilities(weights)
    slope = fit.gradient(weights, share)
    known = await preconditioner(
        await _hessian(fit, share) + np.diag(np.tile(fit.penalties, classes)),
        rows=fit.data.rows,
        gradient_limit=fit.mean_gradient_limit,
        penalty=fit.pull,
        rough=classes * len(fit.penalties) > LARGEST_FINE,
    )
    flat = slope.T.reshape(-1)
    move = await known.solved(flat) if solved else known.times(flat)
    return await clip(weights - move.reshape(classes, -1).T, -fit.limit, fit.limit).settled()


async def _hessian(fit: Objective, share: SecureArray) -> SecureArray:
    """All blocks, shape ((columns + 1)·classes,) twice; those below the diagonal mirror those above."""
    data, classes, width = fit.data, fit.classes, fit.data.columns + 1
    pairs = [(k, j) for k in range(classes) for j in range(k, classes)]
    limit = 1.04 * CURVATURE * data.rows * data.mean_square

    async def of_block(rows: SecureArray, own: SecureArray) -> SecureArray:
        """Shape (columns + 1, pairs · (columns + 1)), a few pairs at a time where the block has many rows."""
        at_once = max(1, _WEIGHTED_CELLS // (rows.shape[0] * width))
        found: list[SecureArray] = []
        for at in range(0, len(pairs), at_once):
            found.append(_products(fit, rows, own, pairs[at : at + at_once], limit))
            if at_once < len(pairs):
                await found[-1].settled()
        return concatenate(found, axis=1)

    blocks = (await data.train.summed(share, of_block, limit)).reshape(width, len(pairs), width)
    place = {pair: at for at, pair in enumerate(pairs)}
    bands = [
        concatenate([blocks[:, place[min(k, j), max(k, j)], :] for j in range(classes)], axis=1) for k in range(classes)
    ]
    return concatenate(bands)


def _products(
    fit: Objective, rows: SecureArray, share: SecureArray, pairs: list[tuple[int, int]], limit: float
) -> SecureArray:
    count, width = rows.shape
    first, second = np.array([k for k, _ in pairs]), np.array([j for _, j in pairs])
    same = (first == second).astype(np.int64)
    products = share[:, first] * share[:, second]
    curvature = (share[:, first] * same - products).within(CURVATURE, because="|p_k(δ - p_l)| <= 1/4")
    weighted = rows.reshape(count, 1, width).multiply(
        curvature.reshape(count, len(pairs), 1), fraction_bits=fit.weighted_bits
    )
    stacked = weighted.reshape(count, len(pairs) * width)
    return rows.T.matmul(stacked, fraction_bits=fit.curve_bits, limit=limit)
