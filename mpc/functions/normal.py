"""Secret normalisation: x = m·2^e with m in [1/2, 1), the exponent found by comparisons with public powers of two.

For every power 2^j in the declared range the bit [x >= 2^j] is shared; one mask serves all of them. Sums of the bits with
public weights give, locally, the power of two that scales x into [1/2, 1), its inverse, and the exponent (the bits replace the
most significant bit of Catrina, Saxena, FC 2010, section 3.4). The scaling is one product, truncated once: m keeps x's digits.

Rounds: C + M. Bytes per element: c for as many thresholds as the range has powers of two, + m. Exact up to that truncation.
"""

import math
from dataclasses import dataclass

import numpy as np

from mpc.arrays.interface import SecureArray
from protocol.errors import RangeError

_WORKING_BITS = 28
_LEAST_BITS = 14


@dataclass(frozen=True, slots=True)
class Normal:
    """A normalised array x of raw integers, with x in [2^j, 2^(j + step)) for j the highest power reached.

    ``mantissa``: x·2^(step·i)/2^top in [2^-step, 1), 1 where x is below ``powers[0]``. ``reached``: bits [x >= 2^j] for
    the ascending ``powers``, shape (powers, *shape). ``shift`` = top - x's fraction bits, a multiple of the step.
    """

    mantissa: SecureArray
    reached: SecureArray
    powers: tuple[int, ...]
    shift: int

    def combined(self, weights: list[int]) -> SecureArray:
        """The integer ``weights[i]`` where powers[i] is the highest reached, 0 below all of them; monotonic weights."""
        return _combined(self.reached, weights)

    def down(self, root: int = 1) -> SecureArray:
        """The ``root``-th root of 2^(powers reached - powers[0]): grows with x; 0 below the range."""
        return self.combined([1 << ((power - self.powers[0]) // root) for power in self.powers])

    def up(self, root: int = 1) -> SecureArray:
        """The ``root``-th root of 2^(powers[-1] - power reached): what x was multiplied with; 0 below the range."""
        return self.combined([1 << ((self.powers[-1] - power) // root) for power in self.powers])

    @property
    def span(self) -> int:
        """powers[-1] - powers[0]."""
        return self.powers[-1] - self.powers[0]


def normalised(x: SecureArray, floor: float, *, step: int = 1, root: int | None = 1) -> Normal:
    """Normalise numbers in [floor, x.limit]; what is below the largest power of 2^step that is <= ``floor`` reaches none.

    The mantissa has up to 28 fraction bits: as many as its product with ``up(root)`` leaves room for (None: no such product).
    """
    top = x.bound.bit_length()
    top += (x.fraction_bits - top) % step
    powers = _powers(x, floor, top, step)
    room = x.backend.headroom.length
    later = 0 if root is None else (powers[-1] - powers[0]) // root
    bits = min(_WORKING_BITS, room - 4 - later, (room - 4) // 2)
    if bits < _LEAST_BITS:
        raise RangeError(
            "functions.range",
            f"Numbers from {floor:g} to {x.limit:g} span too many powers of two for this committee.",
            "Declare a larger least value or a smaller limit.",
        )
    thresholds = [math.ldexp(max(1.0, 2.0**power), -x.fraction_bits) for power in powers]
    reached = x.at_least(thresholds)
    up = _combined(reached, [1 << (powers[-1] - power) for power in powers])
    unit = SecureArray(x.backend, x.shares, x.shape, top, x.bound)
    scaled = unit.multiply(up, fraction_bits=min(bits, top), limit=1).rescaled(bits)
    mantissa = (scaled + ~reached[0]).within(1.001, because="x scaled to at most 1, or 1 in place of 0")
    return Normal(mantissa, reached, powers, top - x.fraction_bits)


def scaled_by(value: SecureArray, power: SecureArray, exponent: int, fraction_bits: int, limit: float) -> SecureArray:
    """``value · power · 2^exponent`` for integers ``power``; |result| <= ``limit``. One round."""
    factor = SecureArray(power.backend, power.shares, power.shape, -exponent, power.bound)
    missing = fraction_bits - (value.fraction_bits - exponent)
    if missing > 0:
        value = value.rescaled(value.fraction_bits + missing)
    return value.multiply(factor, fraction_bits=fraction_bits, limit=limit)


def _combined(reached: SecureArray, weights: list[int]) -> SecureArray:
    steps = np.diff(np.array([0, *weights], dtype=np.int64))
    flat = steps @ reached.reshape(len(weights), -1)
    return flat.within(max(weights), because="the sum telescopes to one of the weights").reshape(*reached.shape[1:])


def _powers(x: SecureArray, floor: float, top: int, step: int) -> tuple[int, ...]:
    lowest = math.frexp(floor)[1] - 1 + x.fraction_bits if floor > 0 else -1
    if lowest < 0:
        raise RangeError(
            "functions.floor",
            f"A least value of {floor:g} has no digits among {x.fraction_bits} fraction bits.",
            "Declare a larger least value, or rescale the array.",
        )
    found = [top - step]
    while found[-1] > lowest:
        found.append(found[-1] - step)
    return tuple(reversed(found))
