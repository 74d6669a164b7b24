"""Descent with the linear link: the objective is quadratic, and a step is one product with a matrix of the model's size.

With p = 1/2 + z/8 the gradient of a batch of n rows is H·w + g, H = Σ u·x·x'/8 and g = Σ u·x·(1/2 - y). So
``w <- M·w - v`` with M = 1 - B, B = step·(H/n + 1/(C·rows)) and v = step·g/n, both computed once for each batch.

Steps that would overshoot. Where an eigenvalue of B exceeds 2 the descent diverges. Then a batch's step is halved until none
does, on shares: nobody learns whether. The test is ||(B/2)²||_F <= 1, which implies it, and which says so too early by a
factor of at most (columns + 1)^(1/4). With t a public power of two above trace(B)/2 the comparison is of (B/2t)² with 4^-j.

Ranges: 0 <= B <= 2, so |M·w| <= |w| (Euclidean). ``step·Σ u·x·x'/(8·n) <= 2`` means |X'·sqrt(u)| <= 4·sqrt(n/step), so
|v| <= step/n · 4·sqrt(n/step) · sqrt(n·u)/2 = 2·sqrt(step·u): the norm grows by that much in a step, and weights are
clipped when it could leave its range.

Rounds: 1 a step, and some 15 before the first. Bytes: 39 for each entry of H and of its square, and for each weight and step.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray
from mpc.programs.glm.solvers.passes import Data, linear_terms, rows_of
from mpc.programs.glm.solvers.problem import CLIP_SLACK, WEIGHT_BITS, Problem
from mpc.programs.glm.solvers.scaling import times
from mpc.programs.glm.solvers.weights import Fitted, Progress, Stop, clipped, penalties, zero_weights

_MATRIX_BITS: Final = 26
_LEAST_BITS: Final = 22
_SQUARE_BITS: Final = 28
"""Twice as many are the most that a comparison holds."""
_NORM: Final = 512.0
_MOST_HALVINGS: Final = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """The public side of a fit: a batch's step is halved at most ``halvings`` times; the norm stays below ``norm``."""

    data: Data
    home: Problem
    step: float
    batches: int
    halvings: int
    norm: float
    matrix_bits: int

    @property
    def size(self) -> int:
        """Columns and the intercept."""
        return self.home.columns + 1

    @property
    def clipped_norm(self) -> float:
        """The norm of weights within the declared limit."""
        return math.sqrt(self.size) * (self.home.coefficient_limit + CLIP_SLACK)

    @property
    def push(self) -> float:
        """How much the norm grows in a step, apart from the matrix' rounding."""
        return 2.02 * math.sqrt(self.step * self.home.weight_limit) + 2.0**-8

    @property
    def growth(self) -> float:
        """What rounding adds to 1 = |M|: a few units in each entry."""
        return 1 + 8 * self.size * 2.0**-self.matrix_bits


@dataclass(frozen=True, slots=True)
class _Batch:
    """``w <- matrix·w - vector``."""

    matrix: SecureArray
    vector: SecureArray


def planned(data: Data, home: Problem, step: float, batches: int) -> Plan | None:
    """None where batches have fewer rows than there are weights, or ranges are too wide for the test: go by rows then."""
    least = min(rows_of(data, batch) for batch in (range(batches) if batches else (None,)))
    spread = home.weight_limit * home.mean_square * home.rows / least / 8 + 1 / (home.inverse_penalty * home.rows)
    trace = step * (home.columns + 1) * spread
    halvings = max(0, math.ceil(math.log2(1.02 * trace / 2)))
    plan = Plan(data, home, step, batches, halvings, _NORM, _MATRIX_BITS)
    norm = max(_NORM, 2 * (plan.clipped_norm + plan.push))
    room = data.parts[0].blocks[0].rows.backend.headroom.length - 2
    bits = min(_MATRIX_BITS, math.floor(room - WEIGHT_BITS - math.log2(norm)))
    fine = halvings <= _MOST_HALVINGS and plan.size << (2 * halvings) <= 1 << (_SQUARE_BITS - 4)
    if plan.size > least or not fine or bits < _LEAST_BITS or room < 2 * _SQUARE_BITS + 3:
        return None
    return replace(plan, norm=norm, matrix_bits=bits)


async def fit(plan: Plan, steps: int, progress: Progress, stop: Stop) -> Fitted:
    """The weights after all steps, the intercept last."""
    each = [await _batch(plan, batch) for batch in (range(plan.batches) if plan.batches else (None,))]
    previous = weights = zero_weights(plan.data)
    norm = 0.0
    for step in range(steps):
        if plan.growth * norm + plan.push > plan.norm:
            weights, norm = clipped(weights, plan.home), plan.clipped_norm
        batch, norm, previous = each[step % len(each)], plan.growth * norm + plan.push, weights
        product = batch.matrix.matmul(weights, fraction_bits=WEIGHT_BITS, limit=norm)
        weights = await (product - batch.vector).within(norm, because="M does not lengthen, v adds its bound").settled()
        progress(step + 1, steps)
        if await stop(step + 1, weights - previous):
            break
    change = weights - previous
    return Fitted(clipped(weights, plan.home) if norm > plan.home.coefficient_limit else weights, change)


async def _batch(plan: Plan, batch: int | None) -> _Batch:
    data, bits = plan.data, plan.matrix_bits
    rate = plan.step / rows_of(data, batch)
    slope, hessian = await linear_terms(data, batch)
    curvature = times(hessian, rate, bits) + np.diag(penalties(data) * (plan.step / plan.home.rows))
    vector = times(slope, rate, WEIGHT_BITS)
    if plan.halvings:
        factor = _factor(plan, curvature)
        curvature = curvature.multiply(factor, fraction_bits=bits, limit=2.02)
        vector = vector.multiply(factor, fraction_bits=WEIGHT_BITS, limit=plan.push)
    curvature = curvature.within(2.02, because="no eigenvalue exceeds 2")
    matrix = (np.eye(plan.size) - curvature).within(1.02, because="eigenvalues lie in [-1, 1]")
    return _Batch(matrix, vector.within(plan.push, because="see the module: |v| <= 2·sqrt(step·u)"))


def _factor(plan: Plan, curvature: SecureArray) -> SecureArray:
    """2^-j, j the least number of halvings after which no eigenvalue of B exceeds 2."""
    half = curvature.shifted_down(1 + plan.halvings).within(1.02, because="the trace bounds a semidefinite matrix")
    square = half.matmul(half, fraction_bits=_SQUARE_BITS, limit=1.05)
    size = square.multiply(square, fraction_bits=2 * _SQUARE_BITS, limit=1.1).sum(limit=1.1)
    slack = plan.size * 2.0 ** (2 - _SQUARE_BITS)
    tops = [(4.0 ** (halving - plan.halvings) - slack) ** 2 for halving in range(plan.halvings)]
    halved = (size.at_least(tops) * np.array([1 << (plan.halvings - 1 - i) for i in range(plan.halvings)])).sum()
    whole = (1 << plan.halvings) - halved
    return whole.shifted_down(plan.halvings).within(1, because="a power of two up to 1")
