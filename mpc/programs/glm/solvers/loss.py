"""The mean training loss, Σ u·(log(1 + e^z) - y·z)/rows, without the penalty.

log(1 + e^z) = z/2 + log(2·cosh(z/2)). The even part is, for |z| <= 14 and a little beyond, a sum of cosines with odd
multiples of 2π/64 within 2e-5 (14 terms); with alternating signs that is a sine series of z + 16. Beyond, it is |z|/2.
"""

from typing import Final

from mpc.arrays.backend import SineSeries
from mpc.arrays.interface import SecureArray
from mpc.programs.glm.solvers.passes import Data
from mpc.programs.glm.solvers.scaling import times

_COSINES: Final = (
    -6.374059639, -0.629995154, -0.17768827, -0.067974232, -0.026996922, -0.01282724, -0.005146364,
    -0.002935736, -0.001004694, -0.000772074, -0.000172453, -0.000226011, -1.9204e-05, -7.262e-05,
)  # fmt: skip
_CONSTANT: Final = 7.993057517
_CLIP: Final = 14.0
LOSS_BITS: Final = 20
_COARSE_BITS: Final = 4
_PERIOD_LOG: Final = 6


async def mean_loss(data: Data, weights: SecureArray) -> SecureArray:
    """The loss at these weights, shape (1,), 20 fraction bits."""
    problem, total = data.problem, None
    for part in data.parts:
        own = part.weights(weights, problem)
        for block in part.blocks:
            z = block.rows.matmul(own, fraction_bits=LOSS_BITS, limit=problem.logit_limit)
            each = losses(z, block.labels)
            if block.weights is not None:
                each = each.multiply(block.weights, fraction_bits=LOSS_BITS)
            found = await each.sum().reshape(1).settled()
            total = found if total is None else total + found
    assert total is not None
    return times(total, 1 / sum(block.rows.shape[0] for part in data.parts for block in part.blocks), LOSS_BITS)


def losses(z: SecureArray, labels: SecureArray) -> SecureArray:
    """The log loss of each logit, with :data:`LOSS_BITS` fraction bits, and its label, a bit."""
    reached = z.rescaled(_COARSE_BITS).at_least([_CLIP, -_CLIP])
    above, below = reached[0], ~reached[1]
    inside = (1 - above - below).within(1, because="above and below exclude each other")
    coefficients = [0.0] * (2 * len(_COSINES) - 1)
    coefficients[::2] = [(-1) ** place * value for place, value in enumerate(_COSINES)]
    even = (z + 16).sine_series(SineSeries(LOSS_BITS + _PERIOD_LOG, tuple(coefficients), LOSS_BITS)) + _CONSTANT
    sign = (above - below + 1 - 2 * labels).within(2, because="1, -1 or 0, and 1 or -1")
    return inside * even + (sign * z).shifted_down(1).rescaled(LOSS_BITS)
