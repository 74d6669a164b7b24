"""Fixed-point encoding at the edge: real numbers to scaled integers and back, never silently out of range (I12).

Public numbers are signed 64-bit integers: every committee's headroom is below 2^61.
"""

import math
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mpc import faults
from protocol.data_faults import DataFault
from protocol.errors import RangeError

Integers: TypeAlias = NDArray[np.int64]
_LIMIT = 1 << 62


def encode(values: ArrayLike, fraction_bits: int, limit: float) -> Integers:
    """``round(value * 2^fraction_bits)``.

    Refuses NaN and infinities (``arrays.not_finite``) and |value| > ``limit`` (``arrays.out_of_range``). Truth values are 0 and 1.
    """
    if isinstance(values, np.ndarray) and values.dtype == np.bool_ and limit >= 1:
        return integers(values, fraction_bits)  # nothing to check: tables of indicators are large
    array = finite(values)
    if array.size and float(np.abs(array).max()) > limit:
        beyond = int((np.abs(array) > limit).sum())
        faults.refuse(DataFault("arrays.out_of_range", rows=beyond, limit=f"{limit:g}"))
        array = np.clip(array, -limit, limit)
    scaled = np.rint(np.ldexp(array, fraction_bits))
    if array.size and float(np.abs(scaled).max()) >= _LIMIT:
        raise too_large()
    return np.asarray(scaled.astype(np.int64))


def finite(values: ArrayLike) -> NDArray[np.float64]:
    """The values as floats; refuses NaN and infinities (``arrays.not_finite``)."""
    array = np.asarray(values, dtype=np.float64)
    if not bool(np.isfinite(array).all()):
        raise RangeError(
            "arrays.not_finite",
            f"{int((~np.isfinite(array)).sum())} values are NaN or infinite.",
            "Fill or remove missing values before the computation.",
        )
    return array


def integers(values: ArrayLike, shift: int = 0) -> Integers:
    """Whole numbers times 2^shift; refuses what leaves 62 bits (``arrays.overflow``)."""
    array = np.asarray(values)
    if array.size and max(abs(int(array.max())), abs(int(array.min()))) << shift >= _LIMIT:
        raise too_large()
    return np.asarray(array.astype(np.int64) << np.int64(shift))


@lru_cache(maxsize=128)
def power(exponent: int) -> Integers:
    """2^exponent, as :func:`integers`; not to be written to."""
    found = integers(1, exponent)
    found.flags.writeable = False
    return found


def too_large() -> RangeError:
    """The refusal of a public number that no committee can hold."""
    return RangeError("arrays.overflow", "A public number exceeds 2^62.", "Rescale it, or use fewer fraction bits.")


def decode(values: Integers, fraction_bits: int) -> NDArray[np.float64]:
    """Scaled signed integers to floats."""
    return np.asarray(np.ldexp(values.astype(np.float64), -fraction_bits))


def magnitude(values: Integers) -> int:
    """The largest absolute value, 0 for empty arrays."""
    return int(np.abs(values).max()) if values.size else 0


def raw_bound(limit: float, fraction_bits: int) -> int:
    """The raw integer bound of |value| <= limit, one unit up for rounding; integers are not rounded."""
    return math.ceil(math.ldexp(limit, fraction_bits)) + (1 if fraction_bits else 0)
