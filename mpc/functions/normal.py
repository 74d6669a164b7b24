"""Secret normalisation: x = m·2^e with m in [1/2, 1), the exponent found by comparisons with public powers of two.

For every power 2^j in the declared range the bit [x >= 2^j] is found in masked form; one mask serves all of them. Sums of the bits
with public weights are the power of two that scales x into [1/2, 1), its inverse, or the exponent (the bits replace the
most significant bit of Catrina, Saxena, FC 2010, section 3.4): step functions of x, of which those that are named together take
one protocol (:meth:`~mpc.arrays.interface.SecureArray.step_functions`). The scaling is one product, truncated once: m keeps x's digits.

Rounds: C + M. Bytes per element, on the ``fast`` backend: 34 and 15 to 28 for each power of two in the range, 26 for each step
function, + m. Exact up to that truncation.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from mpc.arrays.interface import SecureArray
from protocol.errors import RangeError

WORKING_BITS = 28
_LEAST_BITS = 14

Weights: TypeAlias = tuple[int, ...]
"""Of ascending powers of two: the result where that power is the highest one reached."""
Also: TypeAlias = Callable[[tuple[int, ...], int], Sequence[Weights]]
"""The weights that are wanted for given powers and fraction bits of the mantissa."""


@dataclass(frozen=True, slots=True)
class Normal:
    """A normalised array x of raw integers, with x in [2^j, 2^(j + step)) for j the highest power reached.

    ``mantissa``: x·2^(step·i)/2^top in [2^-step, 1); where x is below ``powers[0]`` 0, or 1 if it was to be filled.
    ``shift`` = top - x's fraction bits, a multiple of the step.
    """

    x: SecureArray
    mantissa: SecureArray
    powers: tuple[int, ...]
    shift: int
    found: dict[Weights, SecureArray]

    def combined(self, weights: Weights) -> SecureArray:
        """The integer ``weights[i]`` where powers[i] is the highest reached, 0 below all of them; monotonic weights.

        Costs nothing when :func:`normalised` was told of it, else a step function of its own.
        """
        if weights not in self.found:
            (self.found[weights],) = _combined(self.x, self.powers, [weights])
        return self.found[weights]

    def down(self, root: int = 1) -> SecureArray:
        """The ``root``-th root of 2^(powers reached - powers[0]): grows with x; 0 below the range."""
        return self.combined(downwards(self.powers, root))

    def up(self, root: int = 1) -> SecureArray:
        """The ``root``-th root of 2^(powers[-1] - power reached): what x was multiplied with; 0 below the range."""
        return self.combined(upwards(self.powers, root))

    @property
    def span(self) -> int:
        """powers[-1] - powers[0]."""
        return self.powers[-1] - self.powers[0]


def upwards(powers: tuple[int, ...], root: int = 1) -> Weights:
    """The weights of :meth:`Normal.up`."""
    return tuple(1 << ((powers[-1] - power) // root) for power in powers)


def downwards(powers: tuple[int, ...], root: int = 1) -> Weights:
    """The weights of :meth:`Normal.down`."""
    return tuple(1 << ((power - powers[0]) // root) for power in powers)


def normalised(
    x: SecureArray,
    floor: float,
    *,
    step: int = 1,
    root: int | None = 1,
    also: Also | None = None,
    filled: bool = False,
    digits: int = WORKING_BITS,
) -> Normal:
    """Normalise numbers in [floor, x.limit]; what is below the largest power of 2^step that is <= ``floor`` reaches none.

    The mantissa has up to ``digits`` fraction bits: as many as its product with ``up(root)`` leaves room for (None: no such product).
    ``also`` names what else will be combined, apart from ``up()``: together they take one protocol.
    """
    top = x.bound.bit_length()
    top += (x.fraction_bits - top) % step
    powers = _powers(x, floor, top, step)
    room = x.backend.headroom.length
    later = 0 if root is None else (powers[-1] - powers[0]) // root
    bits = min(digits, room - 4 - later, (room - 5) // 2)
    if bits < _LEAST_BITS:
        raise RangeError(
            "functions.range",
            f"Numbers from {floor:g} to {x.limit:g} span too many powers of two for this committee.",
            "Declare a larger least value or a smaller limit.",
        )
    wanted = [upwards(powers), *(also(powers, bits) if also else ())]
    reached = (1,) * len(powers)
    wanted = [*dict.fromkeys([*wanted, reached] if filled else wanted)]
    found = dict(zip(wanted, _combined(x, powers, wanted), strict=True))
    unit = SecureArray(x.backend, x.shares, x.shape, top, x.bound)
    mantissa = unit.multiply(found[wanted[0]], fraction_bits=min(bits, top), limit=1).rescaled(bits)
    if filled:
        mantissa = (mantissa + ~found[reached]).within(1.001, because="x scaled to at most 1, or 1 in place of 0")
    return Normal(x, mantissa, powers, top - x.fraction_bits, found)


def scaled_by(value: SecureArray, power: SecureArray, exponent: int, fraction_bits: int, limit: float) -> SecureArray:
    """``value · power · 2^exponent`` for integers ``power``; |result| <= ``limit``. One round."""
    factor = SecureArray(power.backend, power.shares, power.shape, -exponent, power.bound)
    missing = fraction_bits - (value.fraction_bits - exponent)
    if missing > 0:
        value = value.rescaled(value.fraction_bits + missing)
    return value.multiply(factor, fraction_bits=fraction_bits, limit=limit)


def _combined(x: SecureArray, powers: tuple[int, ...], weights: Sequence[Weights]) -> list[SecureArray]:
    thresholds = [math.ldexp(max(1.0, 2.0**power), -x.fraction_bits) for power in powers]
    found = x.step_functions(thresholds, np.diff(np.array([(0, *row) for row in weights], dtype=np.int64), axis=1))
    return [
        found[at].within(max(1, *row), because="the sum telescopes to one of the weights")
        for at, row in enumerate(weights)
    ]


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
