"""Public facts of one fit, and the precisions that its ranges leave room for (I12).

The objective is scikit-learn's: F(w) = Σ u_i·loss_i + |w|²/(2C), intercept unpenalised, u_i the class weights. All bounds are
proven from declared facts:

* feature values are within ``value_limit``; columns of ``standardised`` parts have mean square at most 1 over a part's
  training rows, so by Cauchy–Schwarz |Σ x·e| over any of its rows is at most sqrt(rows of the part · rows summed)·max|e|;
* coefficients are clipped to ±``coefficient_limit`` by secure comparison, so |z| <= (columns + 1)·value·coefficient limits;
* pooling factors of a part are within sqrt(rows/part rows): see :mod:`mpc.programs.glm.solvers.pooling`;
* errors are rounded to 2^-22, or 2^-17 where many rows average that out, which lets the fast backend send less;
* sums that are truncated stay below 2^60, or the fit is refused before anything is shared.
"""

import math
from dataclasses import dataclass

from mpc.arrays.headroom import Headroom
from mpc.programs.glm.solvers.links import Link, error_limit
from protocol.errors import RangeError

FEATURE_BITS = 18
WEIGHT_BITS = 24
POOL_BITS = 20
BLOCK = 1 << 15
"""Rows of a block of few columns."""
_BLOCK_CELLS = 1 << 22
_LEAST_BLOCK = 1 << 10
_LEAST_BITS = 14
_FEW_ROWS = 1 << 15
CLIP_SLACK = 0.25


@dataclass(frozen=True, slots=True)
class Problem:
    """What everybody knows of one fit.

    ``parts`` are the training rows of each part; ``levels`` the rows of each part that Newton's method starts on and
    that it takes its last Hessian from, both all rows while they are few.
    """

    parts: tuple[int, ...]
    levels: tuple[tuple[int, ...], tuple[int, ...]]
    columns: int
    inverse_penalty: float
    coefficient_limit: float
    value_limit: float
    weight_limit: float
    standardised: bool
    pooled: bool

    @property
    def rows(self) -> int:
        """Training rows of all parts."""
        return sum(self.parts)

    def level_rows(self, level: int) -> int:
        """Rows of one level."""
        return sum(self.levels[level])

    @property
    def block(self) -> int:
        """Rows of a block at most."""
        return block_rows(self.columns)

    @property
    def mean_square(self) -> float:
        """Bound of a column's mean square over a part's training rows."""
        return 1.0 if self.standardised else self.value_limit**2

    @property
    def pool_limit(self) -> float:
        """Bound of a part's pooling factors."""
        return 1.02 * math.sqrt(self.rows / min(self.parts)) if self.pooled else 1.0

    @property
    def logit_limit(self) -> float:
        """Bound of |z|."""
        weights = (self.coefficient_limit + CLIP_SLACK) * self.pool_limit
        shift = weights * self.columns if self.pooled else 0.0
        return weights * (self.columns * self.value_limit + 1) + shift


@dataclass(frozen=True, slots=True)
class Precision:
    """Fraction bits of errors, of gradient sums and of Hessian sums, and bounds of those sums."""

    error_bits: int
    gradient_bits: int
    hessian_bits: int
    error_limit: float
    gradient_limit: float
    hessian_limit: float

    @classmethod
    def of(cls, problem: Problem, link: Link, headroom: Headroom) -> "Precision":
        """As fine as the headroom allows; refuses (``logistic.headroom``) when too few digits are left."""
        room = headroom.length - 1.6
        largest = max(problem.parts)
        error = error_limit(link, problem.logit_limit) * problem.weight_limit
        block = min(problem.block, largest)
        sums = min(block * problem.value_limit, math.sqrt(block * largest * problem.mean_square)) * error
        pool = POOL_BITS + math.log2(2 * problem.pool_limit) if problem.pooled else 0.0
        part = largest * math.sqrt(problem.mean_square) * error
        curvature = 0.26 * problem.weight_limit
        products = curvature * min(block * problem.value_limit**2, largest * problem.mean_square)
        spread = curvature * problem.rows * problem.mean_square
        trace = (problem.columns + 1) * (spread + 1 / problem.inverse_penalty) + problem.rows
        found = cls(
            error_bits=_bits(22 if problem.rows <= _FEW_ROWS else 17, room - FEATURE_BITS - math.log2(sums)),
            gradient_bits=_bits(24, room - pool - math.log2(part)),
            hessian_bits=_bits(24, room - max(pool + math.log2(spread), math.log2(trace) + 1)),
            error_limit=error,
            gradient_limit=1.02 * problem.rows * math.sqrt(problem.mean_square) * error,
            hessian_limit=spread,
        )
        logits = math.log2(problem.logit_limit) + FEATURE_BITS + WEIGHT_BITS
        least = min(found.error_bits, found.gradient_bits, found.hessian_bits)
        if least < _LEAST_BITS or max(logits, math.log2(products) + 2 * FEATURE_BITS) > room:
            raise RangeError(
                "logistic.headroom",
                f"{problem.rows} rows of {problem.columns} columns leave {least} binary places; logits reach 2^{logits:.1f}.",
                "Use fewer columns or rows, a smaller coefficient_limit or limit, or weaker class weights.",
            )
        return found


def block_rows(columns: int) -> int:
    """A power of two of rows whose cells, the intercept's included, are 64 MB of shares at most: what a pass needs beside the table."""
    rows = BLOCK
    while rows > _LEAST_BLOCK and rows * (columns + 1) > _BLOCK_CELLS:
        rows >>= 1
    return rows


def _bits(most: int, room: float) -> int:
    return min(most, math.floor(room))
