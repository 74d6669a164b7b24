"""How field elements lie in memory, and what is checked before a kernel touches them.

An element of GF(p), p = 2^104 - 17, is l0 + l1·2^52 with both limbs below 2^52: any representative below 2^104, so the
residues 0 to 16 have two. An array of shape ``shape`` is a C-contiguous ``np.uint64`` array of shape ``(2, *shape)``: plane 0
holds every l0, plane 1 every l1.
"""

import math
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from protocol.errors import FormatError, RangeError

Planes: TypeAlias = NDArray[np.uint64]
Words: TypeAlias = NDArray[np.uint64]
Integers: TypeAlias = NDArray[np.int64]

MODULUS: Final = 2**104 - 17
LIMB_BITS: Final = 52
LIMB: Final = (1 << LIMB_BITS) - 1
ELEMENT_BYTES: Final = 13
LOWEST_EXCESS: Final = (1 << LIMB_BITS) - 17
"""l0 of p; an element is not canonical exactly when l1 is all ones and l0 is at least this."""
NONCES: Final = 1 << 64
_UINT64: Final = np.dtype(np.uint64)
MOST_PERIOD_BITS: Final = 60
MOST_SCALE_BITS: Final = 28


def limbs(value: int) -> tuple[int, int]:
    """The two limbs of any integer modulo p, canonical."""
    if value < 0 or value > LIMB:
        value %= MODULUS
    return value & LIMB, value >> LIMB_BITS


def planes(a: Planes) -> Planes:
    """``a`` as the kernels need it (copied only where it is not contiguous)."""
    if a.dtype != _UINT64 or a.ndim < 1 or a.shape[0] != 2:
        raise TypeError(f"field elements are uint64 arrays of shape (2, ...), not {a.dtype} {a.shape}")
    return a if a.flags.c_contiguous else np.ascontiguousarray(a)


def alike(*arrays: Planes) -> tuple[Planes, ...]:
    """The arrays, checked to be planes of one shape."""
    shape, plain = arrays[0].shape, True
    for a in arrays:
        if a.shape != shape:
            raise ValueError(f"shapes differ: {[a.shape for a in arrays]}")
        plain = plain and a.dtype is _UINT64 and a.flags.c_contiguous
    if plain and shape and shape[0] == 2:  # by far the most, and short arrays cost as much to check as to compute on
        return arrays
    return tuple([planes(a) for a in arrays])


def integers(values: Integers) -> Integers:
    """``values`` as the kernels need them."""
    if values.dtype != np.int64:
        raise TypeError(f"public integers are int64 arrays, not {values.dtype}")
    return np.ascontiguousarray(values)


def count(shape: tuple[int, ...]) -> int:
    """How many elements a shape holds."""
    return math.prod(shape)


def size(a: NDArray[Any]) -> int:
    """How many elements planes hold."""
    return a.size >> 1


def check_wire(length: int, shape: tuple[int, ...], each: int = ELEMENT_BYTES) -> None:
    """Refuse a message whose length is not that of ``shape`` elements of ``each`` bytes."""
    due = count(shape) * each
    if length != due:
        raise FormatError(
            "arrays.wrong_length",
            f"A peer sent {length} bytes where {due} are due.",
            "Check that all parties run the same program version; otherwise the peer misbehaves.",
        )


def not_canonical() -> FormatError:
    """What a residue at or above p on the wire raises."""
    return FormatError(
        "arrays.not_canonical",
        "A peer sent a field element that is not below the modulus.",
        "Check that all parties run the same program version; otherwise the peer misbehaves.",
    )


def too_large() -> RangeError:
    """What a residue raises that is no integer below 2^62."""
    return RangeError(
        "kernels.too_large",
        "A field element does not stand for an integer below 2^62.",
        "Narrow the declared ranges, or scale the columns down.",
    )


def check_shift(shift: int) -> int:
    """A shift of a whole element."""
    if not 0 <= shift < 2 * LIMB_BITS:
        raise ValueError(f"shift {shift} is not between 0 and 103")
    return shift


def check_low_bytes(low: int) -> int:
    """How many bytes from the bottom of an element."""
    if not 1 <= low <= 8:
        raise ValueError(f"{low} bytes do not fit a word")
    return low


def check_rows(**arrays: Words) -> None:
    """Refuse what is no contiguous array of words."""
    for name, array in arrays.items():
        if array.dtype != _UINT64 or not array.flags.c_contiguous:
            raise TypeError(f"{name}: {array.dtype} {array.shape} is no contiguous array of words")


def check_trees(bits: int, equality: bool, masks: Words, n: int) -> int:
    """The leaves of a tree over so many bits of n elements, of three bits each; refuses masks of other shapes."""
    leaves = max(1, -(-(bits if equality else bits - 1) // 3))
    if not 1 <= bits <= 64 or masks.ndim != 3 or masks.shape[2] != (n + 63) // 64:
        raise ValueError(f"no tree over {bits} bits of {n} elements with masks {masks.shape}")
    return leaves


def check_nonce(nonce: int) -> int:
    """A nonce of the pseudorandom function."""
    if not 0 <= nonce < NONCES:
        raise ValueError("a nonce has 64 bits")
    return nonce


def check_key(key: bytes | bytearray) -> bytes | bytearray:
    """A key of the pseudorandom function."""
    if len(key) != 16:
        raise ValueError("an AES-128 key has 16 bytes")
    return key


def check_sines(period_bits: int, terms: int, scale_bits: int) -> None:
    """The ranges within which :func:`sincos` keeps its error bound."""
    if not (1 <= period_bits <= MOST_PERIOD_BITS and terms >= 0 and 1 <= scale_bits <= MOST_SCALE_BITS):
        raise ValueError(f"no sines for period 2^{period_bits}, {terms} terms, scale 2^{scale_bits}")


def product_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, int, int, tuple[int, ...]]:
    """Rows, inner length, columns and result shape of a product of vectors or matrices (shapes without the planes' axis)."""
    if len(a) not in (1, 2) or len(b) not in (1, 2) or a[-1] != b[0]:
        raise ValueError(f"no matrix product of {a} and {b}")
    rows = a[0] if len(a) == 2 else 1
    columns = b[1] if len(b) == 2 else 1
    return rows, a[-1], columns, a[:-1] + b[1:]
