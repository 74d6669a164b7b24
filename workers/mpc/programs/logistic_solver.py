"""L2-regularised logistic regression on shares: Newton's method with a secret Hessian, without opening anything.

Minimise F(w) = sum log(1 + exp(-y·x·w)) + |w|²/(2C), intercept unpenalised (scikit-learn's objective). All is divided by the
public number of training rows n and a public bound τ of the largest eigenvalue, so that matrices have eigenvalues in (0, 1].

1. *Warm-up*: steps with the fixed Hessian bound X'X/4 + 1/C (Böhning, Lindsay, Ann. Inst. Stat. Math. 1988), which descend
   from any point, with momentum 1/2.
2. *Refinement*: each round rebuilds the Hessian X'SX + 1/C, S = s(1 - s), inverts it and takes two steps with it. Plain
   fixed-Hessian descent needs hundreds of steps where classes are well separated; four rounds reach the optimum.

Ranges (I12). Columns have mean square at most 1 over the training rows and values within ``limit``; |e| <= 1.07. By
Cauchy–Schwarz every mean of products of two columns is at most 1, of a column and e at most 1.07. Weights are clipped to
±``coefficient_limit`` by secure comparison after every step, so |z| is bounded whatever the data. The eigenvalues of the
scaled Hessian lie in [floor, 1]: S >= 2^-11 > the sigmoid's negative error, τ bounds the trace, the floor is added.

The intercept's column is 2 rather than 1, which lifts its curvature; the result is doubled back.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from protocol.errors import RangeError
from workers.mpc.arrays.headroom import Headroom
from workers.mpc.arrays.interface import CONSTANT_BITS, SecureArray, concatenate, constant, where
from workers.mpc.functions.sigmoid import OUTPUT_BITS, sigmoid
from workers.mpc.functions.solve import inverse

FEATURE_BITS = 18
_INTERCEPT_COLUMN = 2
_LEAST_CURVATURE = 2.0**-11
_CLIP_BITS = 4
_ERROR_LIMIT = 1.07


@dataclass(frozen=True, slots=True)
class Problem:
    """Public facts of one fit. ``inverse_penalty`` is scikit-learn's C, ``value_limit`` bounds the features."""

    rows: int
    columns: int
    inverse_penalty: float
    coefficient_limit: float
    value_limit: float
    warm_up: int
    refinements: int

    @property
    def scale(self) -> float:
        """τ: no eigenvalue of the mean Hessian, penalty and floor included, is larger."""
        trace = (self.columns + _INTERCEPT_COLUMN**2) * (0.25 + _LEAST_CURVATURE)
        return 1.02 * (trace + 1 / (self.inverse_penalty * self.rows)) / (1 - 2 * _LEAST_CURVATURE)

    @property
    def steps(self) -> int:
        """Evaluations of the gradient."""
        return self.warm_up + 2 * self.refinements


def with_intercept(features: SecureArray) -> SecureArray:
    """Append the intercept's column."""
    column = np.full((features.shape[0], 1), _INTERCEPT_COLUMN)
    return concatenate([features, constant(features.backend, column, FEATURE_BITS)], axis=1)


async def fit(
    rows: SecureArray, labels: SecureArray, problem: Problem, progress: Callable[[int, int], None]
) -> SecureArray:
    """The fitted weights, the last one of the intercept's column; ``rows`` from :func:`with_intercept`."""
    solver = _Solver(rows, labels, problem)
    weights = constant(rows.backend, np.zeros(rows.shape[1]), solver.bits)
    done, point, error = 0, weights, 0.5 - labels.rescaled(OUTPUT_BITS)
    curvature = await solver.inverse_hessian(None)
    for _ in range(problem.warm_up):
        previous, weights = weights, solver.step(point, error, curvature)
        point = (weights + (weights - previous).shifted_down(1)).rescaled(solver.bits)
        error = solver.error(point)[1]
        await weights.settled()
        progress(done := done + 1, problem.steps)
    for _ in range(problem.refinements):
        probability, error = solver.error(weights)
        curvature = await solver.inverse_hessian(probability)
        weights = await solver.step(weights, error, curvature).settled()
        progress(done := done + 1, problem.steps)
        weights = await solver.step(weights, solver.error(weights)[1], curvature).settled()
        progress(done := done + 1, problem.steps)
    return weights


def intercept(weights: SecureArray) -> SecureArray:
    """The intercept in the units of a column of ones."""
    return weights[-1].multiply(_INTERCEPT_COLUMN)


@dataclass(frozen=True, slots=True)
class Scales:
    """Public scalings and limits of one fit; :meth:`of` refuses what does not fit before anything is shared (I12).

    A mean is a sum times an integer over a power of two. Gradient and penalty take the same rounded factor, so rounding
    moves no optimum; factors are rounded down, so that no eigenvalue exceeds 1.
    """

    bits: int
    gradient: tuple[int, int]
    hessian: tuple[int, int]
    penalty: float
    ridge: float
    floor: float
    ratio: float
    step_limit: float

    @classmethod
    def of(cls, problem: Problem, headroom: Headroom) -> "Scales":
        """As many digits as the headroom lets the products have: 24, 20 and 22 for three parties."""
        bits, room = (headroom.length - 14) // 2, headroom.length
        gradient = _mean(problem.rows, room - 42)
        hessian = _mean(problem.rows * problem.scale, room - 40)
        gradient_factor, hessian_factor = (math.ldexp(scale, -down) for scale, down in (gradient, hessian))
        curvature = hessian_factor / problem.inverse_penalty
        ridge, ratio = max(curvature, _LEAST_CURVATURE), hessian_factor / gradient_factor
        # V approximates the inverse of B from below, B >= floor, and B >= the penalty R alone. So |V·X'e/n| is at most
        # 1.07·sqrt(trace of X'X/n)/floor by Cauchy-Schwarz, and |V·R·w| at most sqrt(R/floor)·|w|.
        data = _ERROR_LIMIT * math.sqrt(problem.columns + _INTERCEPT_COLUMN**2) * ratio / _LEAST_CURVATURE
        weights = problem.coefficient_limit + 0.25
        shrink = math.sqrt(problem.columns) * 2 * weights * math.sqrt(max(1.0, curvature / _LEAST_CURVATURE))
        found = cls(
            bits, gradient, hessian, gradient_factor / problem.inverse_penalty, ridge, _LEAST_CURVATURE, ratio,
            1.1 * (data + shrink),
        )  # fmt: skip
        products = (
            math.log2(found.step_limit) + 2 * bits,
            math.log2(problem.value_limit * (problem.columns + 1) * 2 * weights) + bits + FEATURE_BITS,
            math.log2(_ERROR_LIMIT * _INTERCEPT_COLUMN + 2 * weights * found.penalty) + bits + CONSTANT_BITS,
        )
        if max(products) >= room - 1.01:
            raise RangeError(
                "logistic.headroom",
                f"Products may reach 2^{max(products):.1f}; this committee has room for 2^{room - 1}.",
                "Use fewer columns, a smaller coefficient_limit or limit, or a weaker penalty (larger c).",
            )
        return found


class _Solver:
    """One fit's secret data."""

    def __init__(self, rows: SecureArray, labels: SecureArray, problem: Problem) -> None:
        self.rows, self.labels, self.problem = rows, labels, problem
        self.scales = Scales.of(problem, rows.backend.headroom)
        self.bits = self.scales.bits
        penalised = np.array([1.0] * problem.columns + [0.0])
        self.penalty = penalised * self.scales.penalty
        self.ridge = np.diag(np.where(penalised > 0, self.scales.ridge, self.scales.floor))

    def error(self, weights: SecureArray) -> tuple[SecureArray, SecureArray]:
        """Predicted probabilities and their difference from the labels."""
        probability = sigmoid(self.rows.matmul(weights, fraction_bits=21))
        return probability, (probability - self.labels).within(_ERROR_LIMIT, because="a probability less a bit")

    async def inverse_hessian(self, probability: SecureArray | None) -> SecureArray:
        """The inverse of the Hessian at these probabilities (None: all 1/2, the bound), times n."""
        rows = self.rows
        if probability is None:
            weighted, down = rows, self.scales.hessian[1] + 2  # S = 1/4
        else:
            curvature = (probability - probability * probability).within(0.2501, because="s(1 - s) <= 1/4")
            curvature = curvature + _LEAST_CURVATURE
            weighted = rows.multiply(curvature.reshape(-1, 1), fraction_bits=FEATURE_BITS)
            down = self.scales.hessian[1]
        mean = rows.T.matmul(
            weighted,
            fraction_bits=self.bits,
            scale=self.scales.hessian[0],
            down=down,
            limit=1.05 * _INTERCEPT_COLUMN**2 * 0.25 / self.problem.scale,
        )
        inverted = inverse((mean + self.ridge).within(1.0, because="τ bounds the trace"), floor=self.scales.floor)
        return await inverted.multiply(self.scales.ratio).settled()

    def step(self, weights: SecureArray, error: SecureArray, curvature: SecureArray) -> SecureArray:
        """``weights`` less the curvature's inverse times the gradient, clipped."""
        gradient = self.rows.T.matmul(
            error,
            fraction_bits=self.bits,
            scale=self.scales.gradient[0],
            down=self.scales.gradient[1],
            limit=_INTERCEPT_COLUMN * _ERROR_LIMIT,
        )
        gradient = gradient + weights * self.penalty
        return self._clipped(weights - curvature.matmul(gradient, limit=self.scales.step_limit))

    def _clipped(self, weights: SecureArray) -> SecureArray:
        limit = self.problem.coefficient_limit
        beyond = weights.rescaled(_CLIP_BITS).at_least([limit, -limit])
        above, below = beyond[0], 1 - beyond[1]
        clipped = where(above + below, 0, weights) + (above - below).multiply(limit, fraction_bits=self.bits)
        return clipped.within(limit + 0.25, because="clipped, decided on a value within 3/16 of the weight")


def _mean(count: float, bits: int) -> tuple[int, int]:
    """1/count as an integer over 2^bits, rounded down; refuses when too few digits are left."""
    scale = math.floor(math.ldexp(1 / count, bits))
    if scale < 8:
        raise RangeError(
            "logistic.too_many_rows",
            f"Means over {count:.0f} leave too few digits on this backend.",
            "Use fewer training rows or columns, or a weaker penalty (larger c).",
        )
    return scale, bits
