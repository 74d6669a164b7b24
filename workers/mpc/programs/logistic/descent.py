"""Gradient descent on shares: full batch with Nesterov's momentum, or mini-batches as peers do it.

``w <- p - step·(mean gradient at p + p/(C·rows))`` with p = w + momentum·(w - previous w). Each step moves a weight by a
public bound at most, so weights need no comparison as long as the bounds add up to less than :data:`ROAM` times the
declared limit. Only then they are clipped to the limit itself.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from protocol.errors import RangeError
from workers.mpc.arrays.interface import SecureArray
from workers.mpc.programs.logistic.links import Link
from workers.mpc.programs.logistic.passes import Data, gradient
from workers.mpc.programs.logistic.problem import CLIP_SLACK, WEIGHT_BITS, Problem
from workers.mpc.programs.logistic.scaling import times
from workers.mpc.programs.logistic.weights import Progress, Stop, clipped, penalties, zero_weights

ROAM: Final = 4.0


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


def roaming(problem: Problem) -> Problem:
    """The same fit with ranges that hold :data:`ROAM` times the declared coefficients."""
    return replace(problem, coefficient_limit=ROAM * problem.coefficient_limit)


async def fit(data: Data, descent: Descent, progress: Progress, stop: Stop) -> SecureArray:
    """The weights after all steps, the intercept last; ``data`` has :func:`roaming` ranges."""
    problem, far, momentum = data.problem, data.problem.coefficient_limit, descent.momentum
    home = replace(problem, coefficient_limit=far / ROAM)
    pull = penalties(data) * (descent.step / problem.rows)
    weights = previous = zero_weights(data)
    reach = change = 0.0  # bounds of |weights| and of |weights - previous|
    for step in range(descent.steps):
        batch = step % descent.batches if descent.batches else None
        rows = problem.rows if batch is None else sum(part.blocks[batch].rows.shape[0] for part in data.parts)
        jump = 1.01 * descent.step * data.precision.gradient_limit / math.sqrt(problem.rows * rows)
        if reach + momentum * change + jump > far:
            weights, previous = clipped(weights, home), clipped(previous, home)
            reach, change = far / ROAM + CLIP_SLACK, change + 2 * CLIP_SLACK
        point = weights
        if momentum:
            point = weights + (weights - previous).multiply(momentum)
            point = point.within(min(far, reach + momentum * change + 0.01), because="a bound of its two terms")
        slope = await gradient(data, point, descent.link, batch=batch)
        moved = point - point.multiply(pull) - times(slope, descent.step / rows, WEIGHT_BITS)
        change = momentum * change + jump + pull[0] * (reach + momentum * change)
        reach = min(far, reach + momentum * change + jump)
        previous, weights = weights, moved.within(far, because="the penalty shrinks, the gradient adds its bound")
        await weights.settled()
        progress(step + 1, descent.steps)
        if await stop(step + 1, weights - previous):
            break
    return clipped(weights, home)
