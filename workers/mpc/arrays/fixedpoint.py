"""Fixed-point encoding at the edge: real numbers to scaled integers and back, never silently out of range (I12)."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from protocol.errors import RangeError
from workers.mpc.arrays.field import Elements, objects

_EXACT = 1 << 53


def encode(values: ArrayLike, fraction_bits: int, limit: float) -> Elements:
    """``round(value * 2^fraction_bits)`` as Python integers.

    Refuses NaN and infinities (``arrays.not_finite``) and |value| > ``limit`` (``arrays.out_of_range``).
    """
    array = np.asarray(values, dtype=np.float64)
    if not bool(np.isfinite(array).all()):
        raise RangeError(
            "arrays.not_finite",
            f"{int((~np.isfinite(array)).sum())} values are NaN or infinite.",
            "Fill or remove missing values before the computation.",
        )
    if array.size and float(np.abs(array).max()) > limit:
        raise RangeError(
            "arrays.out_of_range",
            f"{int((np.abs(array) > limit).sum())} values exceed the declared limit {limit:g}.",
            "Rescale the values, or declare a larger limit if the program allows one.",
        )
    scaled = np.rint(np.ldexp(array, fraction_bits))
    if array.size and float(np.abs(scaled).max()) < _EXACT:
        return objects(scaled.astype(np.int64))
    return objects(np.array([int(value) for value in scaled.reshape(-1)], dtype=object).reshape(array.shape))


def decode(values: Elements, fraction_bits: int) -> NDArray[np.float64]:
    """Scaled signed integers to floats."""
    return np.asarray(np.ldexp(values.astype(np.float64), -fraction_bits))


def magnitude(values: Elements) -> int:
    """The largest absolute value, 0 for empty arrays."""
    return max((abs(int(value)) for value in values.reshape(-1)), default=0)


def raw_bound(limit: float, fraction_bits: int) -> int:
    """The raw integer bound of |value| <= limit, one unit up for rounding."""
    return math.ceil(math.ldexp(limit, fraction_bits)) + 1
