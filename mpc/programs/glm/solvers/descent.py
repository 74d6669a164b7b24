"""Gradient descent on shares: full batch with Nesterov's momentum, or mini-batches as peers do it.

``w <- p - step·(mean gradient at p + p/(C·rows))`` with p = w + momentum·(w - previous w). Each step moves a weight by a
public bound at most, so weights need no comparison as long as the bounds add up to less than :data:`ROAM` times the
declared limit. Only then they are clipped to the limit itself. With the linear link and no momentum a step is one small
matrix product instead: :mod:`mpc.programs.glm.solvers.quadratic`.

Rounds of a step: those of the link, one for the gradient, one for the new w and p, which are public combinations of p, w
and the gradient. Where step/rows is a whole multiple of the last place of these sums (batches of 2^k rows), and without momentum,
the gradient is never truncated: one round for both. Error of a step: 2 units of 2^-24 in each weight, and factors rounded to 2^-27 or better.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.programs.glm.solvers import quadratic
from mpc.programs.glm.solvers.links import Link, value_bits
from mpc.programs.glm.solvers.passes import Data, block_error, gradient, only_block, rows_of
from mpc.programs.glm.solvers.problem import CLIP_SLACK, WEIGHT_BITS, Problem
from mpc.programs.glm.solvers.rows import Block
from mpc.programs.glm.solvers.weights import Fitted, Progress, Stop, clipped, penalties, zero_weights
from mpc.workflow.values import Floats
from protocol.errors import RangeError

ROAM: Final = 4.0
_GUARD: Final = 3
"""Bits between the largest sum in a step and the headroom."""


@dataclass(frozen=True, slots=True)
class Descent:
    """``batches`` of 0: full batch. ``steps`` in all; a mini-batch is one block of each part, in turn."""

    link: Link
    steps: int
    step: float
    momentum: float
    batches: int

    def check(self, problem: Problem) -> None:
        """Refuse a step that would overshoot the penalty alone: the ranges assume that it shrinks weights."""
        if self.step > problem.inverse_penalty * problem.rows:
            raise RangeError(
                "logistic.step",
                f"A step of {self.step:g} exceeds c times the training rows.",
                "Use a smaller step or a weaker penalty (larger c).",
            )

    def batch(self, step: int) -> int | None:
        """The block that a step takes; None: all rows."""
        return step % self.batches if self.batches else None


@dataclass(frozen=True, slots=True)
class _Move:
    """The public side of one step: ``rate`` is step/rows of the batch, ``jump`` bounds rate·|gradient|."""

    rate: float
    jump: float
    momentum: float

    def gradient_bits(self, most: int) -> int:
        """So that a unit in the gradient's last place is a quarter of one in the weights'."""
        return max(0, min(most, WEIGHT_BITS + 2 + math.ceil(math.log2(self.rate))))

    def made(
        self, weights: SecureArray, point: SecureArray, slope: SecureArray, penalty: "_Penalty"
    ) -> tuple[SecureArray, SecureArray]:
        """The next weights, and the point ahead of them: one truncation of exact sums."""
        momentum = self.momentum
        bits = self._spare_bits(weights, point)
        slope = slope.within(self.jump / self.rate, because="Cauchy–Schwarz over the batch")
        shrink = 1 - penalty.due(bits)
        rate = math.ldexp(self.rate, WEIGHT_BITS - slope.fraction_bits + bits)
        moved = _times(point, np.ldexp(shrink, bits)) - _aligned(_times(slope, rate), point)
        if not momentum:
            found = moved.shifted_down(bits).rescaled(WEIGHT_BITS)
            return found, found
        ahead = _times(point, np.ldexp((1 + momentum) * shrink, bits))
        ahead = ahead - _aligned(_times(slope, (1 + momentum) * rate), point)
        ahead = ahead - _times(weights, math.ldexp(momentum, bits))
        both = concatenate([moved, ahead]).shifted_down(bits).rescaled(WEIGHT_BITS)
        return both[: len(weights)], both[-len(weights) :]

    def made_at_once(
        self, data: Data, point: SecureArray, link: Link, block: Block, penalty: "_Penalty"
    ) -> SecureArray | None:
        """:meth:`made` without momentum, the gradient inside its truncation; None where ``rate`` is no whole factor there."""
        bits = self._spare_bits(point, point)
        error_bits = value_bits(link, data.precision.error_bits)
        rate = math.ldexp(self.rate, bits + WEIGHT_BITS - block.turned.fraction_bits - error_bits)
        if self.momentum or rate != int(rate):
            return None
        error = block_error(data, block, point, link)
        kept = np.rint(np.ldexp(1 - penalty.due(bits), bits)).astype(np.int64)
        return block.turned.matmul_add(error, point, kept, scale=-int(rate), down=bits, limit=point.limit + self.jump)

    def _spare_bits(self, weights: SecureArray, point: SecureArray) -> int:
        """How many bits more than the weights have the sums of a step may carry."""
        largest = (1 + self.momentum) * (point.limit + self.jump) + self.momentum * weights.limit + 1
        return point.backend.headroom.length - _GUARD - WEIGHT_BITS - math.ceil(math.log2(largest))


class _Penalty:
    """step/(C·rows) for each weight, in each step rounded so that the sum over all steps is exact."""

    def __init__(self, pull: Floats) -> None:
        self.pull: Final = pull
        self._owed = np.zeros_like(pull)

    def due(self, bits: int) -> Floats:
        """What this step takes, a multiple of 2^-bits."""
        self._owed += self.pull
        taken = np.ldexp(np.maximum(np.rint(np.ldexp(self._owed, bits)), 0), -bits)
        self._owed -= taken
        return taken


def roaming(problem: Problem) -> Problem:
    """The same fit with ranges that hold :data:`ROAM` times the declared coefficients."""
    return replace(problem, coefficient_limit=ROAM * problem.coefficient_limit)


async def fit(data: Data, descent: Descent, progress: Progress, stop: Stop) -> Fitted:
    """The weights after all steps, the intercept last; ``data`` has :func:`roaming` ranges."""
    far = data.problem.coefficient_limit
    home = replace(data.problem, coefficient_limit=far / ROAM)
    if descent.link == "linear" and not descent.momentum:
        plan = quadratic.planned(data, home, descent.step, descent.batches)
        if plan is not None:
            return await quadratic.fit(plan, descent.steps, progress, stop)
    penalty = _Penalty(penalties(data) * (descent.step / data.problem.rows))
    pull = float(penalty.pull[0])
    previous = weights = point = zero_weights(data)
    reach = ahead = 0.0  # bounds of |weights| and of |point - weights|
    for step in range(descent.steps):
        move = _move(data, descent, step, reach + ahead)
        change = ahead + pull * (reach + ahead) + move.jump
        if reach + ahead + move.jump + descent.momentum * change > far:
            weights, point = _both_clipped(weights, point, home, apart=descent.momentum > 0)
            reach = home.coefficient_limit + CLIP_SLACK
            ahead = min(ahead + 2 * CLIP_SLACK, 2 * reach) if descent.momentum else 0.0
            move = _move(data, descent, step, reach)
            change = ahead + pull * reach + move.jump
        previous = weights
        batch = descent.batch(step)
        block = only_block(data, batch)
        found = None if block is None else move.made_at_once(data, point, descent.link, block, penalty)
        if found is None:
            bits = move.gradient_bits(data.precision.gradient_bits)
            slope = await gradient(data, point, descent.link, batch=batch, fraction_bits=bits)
            weights, point = move.made(weights, point, slope, penalty)
        else:
            weights = point = found
        reach, ahead = reach + ahead + move.jump, descent.momentum * change
        weights = weights.within(reach, because="the penalty shrinks, the gradient adds its bound")
        point = point.within(reach + ahead, because="momentum adds its part of the last change")
        await previous.settled()  # this step is on its way while the last one ends
        progress(step + 1, descent.steps)
        if await stop(step + 1, weights - previous):
            break
    change = weights - previous
    return Fitted(clipped(weights, home) if reach > home.coefficient_limit else weights, change)


def _move(data: Data, descent: Descent, step: int, reach: float) -> _Move:
    """``reach`` bounds |point|; what the link says of errors there is bounded, too, by the mean squares of the columns."""
    problem, rows = data.problem, rows_of(data, descent.batch(step))
    rate, spread = descent.step / rows, math.sqrt(problem.mean_square * problem.rows / rows)
    jump = 1.01 * rate * data.precision.gradient_limit * math.sqrt(rows / problem.rows)
    if descent.link == "linear":  # root mean square of z/8 + 1/2 - y, by Minkowski
        error = 0.5 + spread * (problem.columns + 1) * reach / 8
        jump = min(jump, 1.01 * descent.step * spread * problem.weight_limit * error)
    return _Move(rate, jump + 2.0**-10, descent.momentum)


def _both_clipped(
    weights: SecureArray, point: SecureArray, home: Problem, *, apart: bool
) -> tuple[SecureArray, SecureArray]:
    if not apart:
        found = clipped(weights, home)
        return found, found
    both = clipped(concatenate([weights, point]), home)
    return both[: len(weights)], both[len(weights) :]


def _times(values: SecureArray, factors: Floats | float) -> SecureArray:
    """Exactly, with whole factors."""
    return values.multiply(np.rint(factors).astype(np.int64))


def _aligned(slope: SecureArray, point: SecureArray) -> SecureArray:
    """The same integers, read with the point's fraction bits."""
    return slope.shifted_down(point.fraction_bits - slope.fraction_bits)
