"""Training rows as the solvers see them: parts (one owner's rows, or all), cut into blocks that fit in memory.

A part's design matrix is [Z 1] with secret Z. Where rows of several owners are pooled, the model's columns are
``factor·z + shift`` with secret factors of the part (:mod:`mpc.programs.glm.solvers.pooling`): instead of changing the
rows, weights are mapped forth and sums over rows mapped back, which are as small as the model.
"""

from dataclasses import dataclass

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.programs.glm.solvers.problem import FEATURE_BITS, POOL_BITS, WEIGHT_BITS, Precision, Problem


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows: the design matrix (n, columns + 1), its transpose, labels (n,) as bits, weights (n,) unless all are 1."""

    rows: SecureArray
    turned: SecureArray
    labels: SecureArray
    weights: SecureArray | None


@dataclass(frozen=True, slots=True)
class Pool:
    """Secret ``factor`` and ``shift`` of each column of a part: model column = factor·z + shift."""

    factor: SecureArray
    shift: SecureArray


@dataclass(frozen=True, slots=True)
class Part:
    """One owner's rows, or all; ``levels`` counts the first blocks that make up each level of the problem."""

    blocks: tuple[Block, ...]
    levels: tuple[int, int]
    rows: int
    pool: Pool | None = None

    def weights(self, weights: SecureArray, problem: Problem) -> SecureArray:
        """The model's weights in terms of this part's own columns."""
        if self.pool is None:
            return weights
        slopes, limit = weights[:-1], problem.coefficient_limit * problem.pool_limit * 1.02
        own = slopes.multiply(self.pool.factor, fraction_bits=WEIGHT_BITS, limit=limit)
        moved = self.pool.shift.reshape(1, -1).matmul(slopes, fraction_bits=WEIGHT_BITS, limit=limit * problem.columns)
        return concatenate([own, moved + weights[-1:]])

    def gradient(self, sums: SecureArray, problem: Problem, precision: Precision) -> SecureArray:
        """Sums over this part's rows of (own column · error) as sums of (model column · error)."""
        if self.pool is None:
            return sums
        limit = 2.1 * problem.pool_limit * self.rows * precision.error_limit
        moved = sums[:-1].multiply(self.pool.factor, limit=limit, fraction_bits=sums.fraction_bits)
        shifted = self.pool.shift.multiply(sums[-1:], limit=limit, fraction_bits=sums.fraction_bits)
        return concatenate([moved + shifted, sums[-1:]])

    def hessian(self, sums: SecureArray, precision: Precision) -> SecureArray:
        """The same for weighted products of columns: T'·sums·T with T = [[diag factor, 0], [shift', 1]]."""
        if self.pool is None:
            return sums
        columns, backend = self.pool.factor.shape[0], sums.backend
        diagonal = self.pool.factor.reshape(-1, 1) * np.eye(columns, dtype=np.int64)
        slopes = concatenate([diagonal, self.pool.shift.reshape(1, -1)])
        last = constant(backend, np.eye(columns + 1)[:, -1:], POOL_BITS)
        turn, bits = concatenate([slopes, last], axis=1), sums.fraction_bits
        half = sums.matmul(turn, fraction_bits=bits, limit=precision.hessian_limit)
        return turn.T.matmul(half, fraction_bits=bits, limit=precision.hessian_limit)


def block(rows: SecureArray, labels: SecureArray, weights: SecureArray | None) -> Block:
    """Append the intercept's column of ones and keep both layouts."""
    ones = constant(rows.backend, np.ones((rows.shape[0], 1)), FEATURE_BITS)
    design = concatenate([rows, ones], axis=1)
    return Block(design, design.T, labels, weights)
