"""What all solvers do with coefficients: start, look ahead, stay within the declared range, stop."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from mpc.arrays.interface import SecureArray, constant, where
from mpc.programs.glm.solvers.passes import Data
from mpc.programs.glm.solvers.problem import CLIP_SLACK, WEIGHT_BITS, Problem
from mpc.workflow.values import Floats

Progress: TypeAlias = Callable[[int, int], None]
Stop: TypeAlias = Callable[[int, SecureArray], Awaitable[bool]]
"""Given the steps made and the last change of the weights, whether to end."""
_CLIP_BITS = 4


@dataclass(frozen=True, slots=True)
class Fitted:
    """Where a solver ended, and by how much the last step had changed each weight."""

    weights: SecureArray
    change: SecureArray


def zero_weights(data: Data) -> SecureArray:
    """Where every solver starts."""
    return constant(data.parts[0].blocks[0].rows.backend, np.zeros(data.problem.columns + 1), WEIGHT_BITS)


def penalties(data: Data) -> Floats:
    """1/C for each coefficient, 0 for the intercept."""
    found = np.full(data.problem.columns + 1, 1 / data.problem.inverse_penalty)
    found[-1] = 0
    return found


def clipped(weights: SecureArray, problem: Problem) -> SecureArray:
    """The weights within ±``coefficient_limit``, decided by secure comparison on values rounded to sixteenths."""
    limit = problem.coefficient_limit
    beyond = weights.rescaled(_CLIP_BITS).at_least([limit, -limit])
    above, below = beyond[0], ~beyond[1]
    edge = (above - below).multiply(limit, fraction_bits=weights.fraction_bits)
    inside = where(above + below, 0, weights)
    return (inside + edge).within(limit + CLIP_SLACK, because="clipped, decided on a value within 3/16 of the weight")


def ahead(weights: SecureArray, previous: SecureArray, momentum: float, problem: Problem) -> SecureArray:
    """Nesterov's look-ahead point ``weights + momentum·(weights - previous)``, clipped."""
    if momentum == 0:
        return weights
    return clipped(weights + (weights - previous).multiply(momentum), problem)
