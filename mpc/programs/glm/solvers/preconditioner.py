"""Newton's step on shares: a Hessian inverted to a few digits, and solved with to as many as the gradient has.

The secret Hessian H is divided by the power of two T just above its own trace, found by comparison
(:mod:`mpc.functions.normal`), so the eigenvalues of B = H/T lie in [0, 1) whatever the data; a ridge of 2^-15 bounds the inverse V.

:meth:`Preconditioner.times` is V·g/T with 28 places: a step for far from the optimum. There is a floor to it where columns nearly
depend on each other (dummies of one category, which only the penalty holds): g/T has no digits left once g is below T·2^-28, and
along such a direction V is up to T·2^-15 times too small, so every step moves little.

:meth:`Preconditioner.solved` is H^-1·g. The residual b - B·s is kept in double length (44 places; factors multiplied in halves), as
iterative refinement does (Wilkinson, Rounding Errors in Algebraic Processes, 1963), and reduced by Chebyshev's iteration (Golub,
Varga, Numer. Math. 3, 1961) with V: the eigenvalues of V·B are h/(h + T·2^-15) for h of H, so they lie between a public
number, as h is at least the penalty, and 1. No secret decides how many steps are made.

Ranges of :meth:`~Preconditioner.solved`. It begins with V·b; the residual of that is clipped to 2^-8 by comparison: near an optimum it is
far smaller, and of a larger one this is a direction still. The residual's polynomial is within 1 on [0, 1], so |r| <= |b|, and the solution's, (1 - p(λ))/λ, is at most its
value at 0 or 2/least: the sum of the inverse roots of p, below steps/sqrt(least), or that.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray
from mpc.functions.extremes import clip
from mpc.functions.normal import normalised, scaled_by
from mpc.functions.solve import inverse
from mpc.programs.glm.solvers.problem import WEIGHT_BITS
from mpc.programs.precision import Halves, matrix_product

SOLVED_STEPS: Final = 2
"""Of a Newton iteration, the last: only they say where the optimum is."""
_MORE_SOLVED_STEPS: Final = 4
LARGEST_FINE: Final = 320
"""Unknowns up to which a fit that inverts in every step takes fine inverses: a dozen of 1,000 unknowns would fail more often than a run may."""
RIDGE: Final = 2.0**-15
_MATRIX_BITS: Final = 22
_ROUGH_RIDGE: Final = 2.0**-13
_ROUGH_BITS: Final = 20
_INVERSE_BITS: Final = 16
_STEP_BITS: Final = 28
_HIGH_BITS: Final = 10
_LEAST_TRACE: Final = 2.0**-4
"""Of the mean Hessian: added to the trace, so that its power of two is bounded."""
_RESIDUAL_BITS: Final = 44
_FACTOR_BITS: Final = 14
_NEAR: Final = 2.0**-8
_LARGEST: Final = 1.02
"""Of the eigenvalues of V·B, the rounding of both included."""
_REDUCTION: Final = 1e-2
"""Of the error by one solution."""
_MOST_STEPS: Final = 40


@dataclass(frozen=True, slots=True)
class Preconditioner:
    """The secret inverse of a Hessian divided by a secret power of two, ``up``/2^``shift`` (fraction bits ``shift``).

    ``limit`` bounds |gradient| so divided, ``least`` the least eigenvalue of V·B; ``ridge`` was added before the inversion.
    """

    inverse: SecureArray
    hessian: SecureArray
    up: SecureArray
    shift: int
    limit: float
    least: float
    ridge: float

    def times(self, gradient: SecureArray) -> SecureArray:
        """The inverse Hessian times a gradient in the Hessian's units; products in two parts, to keep 28 places."""
        small = self._divided(gradient, _STEP_BITS)
        high = small.rescaled(_HIGH_BITS)
        rest = (small - high.rescaled(_STEP_BITS)).within(
            (small.backend.headroom.slack + 1) * 2.0**-_HIGH_BITS, because="what a truncation drops, and its slack"
        )
        parts = [
            self.inverse.matmul(
                part, fraction_bits=WEIGHT_BITS, limit=1.05 / self.ridge * part.limit * len(gradient) ** 0.5
            )
            for part in (high, rest)
        ]
        return parts[0] + parts[1]

    async def solved(self, gradient: SecureArray) -> SecureArray:
        """The solution of H·s = gradient: :meth:`times`, and what it leaves; some 4 rounds for each of up to 40 steps."""
        headroom, size = gradient.backend.headroom, math.sqrt(len(gradient))
        first = self.times(gradient)
        matrix, inverted = Halves.of(self._scaled_hessian(first)), Halves.of(self.inverse)
        whole = 1.05 * self.limit * size
        # what the halves' rounding adds to a product of these two, of four terms
        rest = (headroom.slack + 1) * 2.0 ** (first.bound.bit_length() // 2 - first.fraction_bits)
        rest = len(gradient) * (matrix.low.limit * first.limit + rest)
        places = min(_RESIDUAL_BITS, headroom.length - 6 - math.ceil(math.log2(4 * (whole + rest))))
        image = matrix_product(matrix, first, places, limit=whole)
        left = (self._divided(gradient, places) - image).within(whole, because="I - B·V shortens")
        left = clip(left, -_NEAR, _NEAR)
        steps, least = _steps(self.least)
        norm = 1.05 * _NEAR * size
        turned = 1.05 / self.ridge * norm
        reach = max(steps / math.sqrt(least), 2 / least) / self.ridge * norm
        centre, radius = (_LARGEST + least) / 2, (_LARGEST - least) / 2
        ratio = radius / centre
        room = headroom.length - 3 - WEIGHT_BITS - math.ceil(math.log2(2 * reach))
        digits = min(_FACTOR_BITS, room)
        move = _part(matrix_product(inverted, left, WEIGHT_BITS, limit=turned), 1 / centre, digits)
        found = move
        for _ in range(1, steps):
            image = matrix_product(matrix, move, places, limit=2.1 * norm)
            left = (left - image).within(norm, because="the residual's polynomial is within 1")
            before, ratio = ratio, 1 / (2 * centre / radius - ratio)
            turn = matrix_product(inverted, left, WEIGHT_BITS, limit=turned)
            move = _part(move, ratio * before, digits) + _part(turn, 2 * ratio / radius, digits)
            move = await move.within(2 * reach, because="the difference of two solutions").settled()
            found = (found + move).within(reach, because="the solution's polynomial")
        return first + found

    def _divided(self, gradient: SecureArray, bits: int) -> SecureArray:
        """The gradient over T, with no more places than its product with a power of two has room for."""
        room = gradient.backend.headroom.length - 2 - self.shift - math.ceil(math.log2(self.limit))
        short = gradient.rescaled(min(gradient.fraction_bits, room))
        fine = min(bits, short.fraction_bits + self.shift)
        return scaled_by(short, self.up, -self.shift, fine, self.limit).rescaled(bits)

    def _scaled_hessian(self, longest: SecureArray) -> SecureArray:
        """As fine as products of the lower halves of it and of ``longest`` leave room for."""
        headroom = self.hessian.backend.headroom
        short = self.hessian.rescaled(min(self.hessian.fraction_bits, headroom.length - 3 - self.shift))
        lost = math.ceil(math.log2((headroom.slack + 1) ** 2 * len(longest))) + longest.bound.bit_length() // 2
        bits = min(_RESIDUAL_BITS, 2 * (headroom.length - 3 - lost), short.fraction_bits + self.shift)
        return scaled_by(short, self.up, -self.shift, bits, 1.001)


async def preconditioner(
    hessian: SecureArray, *, rows: int, gradient_limit: float, penalty: float = 0.0, rough: bool = False
) -> Preconditioner:
    """Invert a secret Hessian that is a sum over ``rows`` rows; ``gradient_limit`` bounds |gradient|/rows, ``penalty`` is
    what every eigenvalue is at least, up to directions that the intercept alone decides. A ``rough`` inverse has a larger ridge and
    fewer places: its products are so much shorter that hundreds of inversions are as safe as a few.
    """  # fmt: skip
    size = hessian.shape[0]
    trace = (hessian * np.eye(size, dtype=np.int64)).sum(limit=size * hessian.limit) + rows * _LEAST_TRACE
    normal = normalised(trace, 0.99 * rows * _LEAST_TRACE, root=None)
    up, shift = normal.up(), normal.shift
    ridge, bits = (_ROUGH_RIDGE, _ROUGH_BITS) if rough else (RIDGE, _MATRIX_BITS)
    scaled = scaled_by(hessian, up, -shift, bits, 1.001)
    ridged = scaled + np.eye(size) * ridge
    found = inverse(ridged.within(1.01, because="a semidefinite matrix over its trace, and the ridge"), floor=ridge)
    limit = 1.01 * gradient_limit / _LEAST_TRACE
    least = penalty / (penalty + math.ldexp(ridge, shift))
    return Preconditioner(await found.rescaled(_INVERSE_BITS).settled(), hessian, up, shift, limit, least, ridge)


def solved_steps(size: int) -> int:
    """:data:`SOLVED_STEPS` of a fit of so many unknowns, more where its inverses are rough (beyond :data:`LARGEST_FINE`)."""
    return SOLVED_STEPS if size <= LARGEST_FINE else _MORE_SOLVED_STEPS


def _steps(least: float) -> tuple[int, float]:
    """Steps that reduce the error to :data:`_REDUCTION` for eigenvalues from ``least`` up, as far as there may be so many: else from where."""
    for steps in range(3, _MOST_STEPS + 1):
        # the factor after k steps is 1/T_k(m), m = (1 + a)/(1 - a) for eigenvalues in [a, 1]: the least such a
        top = math.cosh(math.acosh(1 / _REDUCTION) / steps)
        reached = (top - 1) / (top + 1)
        if reached <= least or steps == _MOST_STEPS:
            return steps, max(reached, min(least, 0.5))
    raise AssertionError


def _part(values: SecureArray, factor: float, digits: int) -> SecureArray:
    """Times a public factor of few digits: what the rounding of a step leaves out stays in the residual."""
    return values.multiply(round(math.ldexp(factor, digits))).shifted_down(digits).rescaled(WEIGHT_BITS)
