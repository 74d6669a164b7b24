"""The plain half of secure arrays: public operands as integers, shapes, and the checks that nothing leaves its range."""

import math
from functools import lru_cache
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mpc.arrays import fixedpoint
from mpc.arrays.fixedpoint import Integers, integers
from mpc.arrays.headroom import Headroom
from protocol.errors import RangeError

Shape: TypeAlias = tuple[int, ...]
CONSTANT_BITS = 24
_LEAST_BITS = 16


def public(values: ArrayLike) -> NDArray[Any]:
    """Public numbers as an array of integers (int64, or Python integers) or of float64; whole floats become integers.

    A type other than bool, integer or float raises TypeError; NaN and infinities are refused (``arrays.not_finite``).
    """
    array = np.asarray(values)
    if array.dtype == np.bool_:
        return array.astype(np.int64)
    if np.issubdtype(array.dtype, np.integer):
        return array.astype(object) if array.dtype == np.uint64 else array.astype(np.int64)
    if array.dtype == object and all(isinstance(x, int | np.integer) for x in array.flat):
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise TypeError(f"expected numbers, got {array.dtype}")
    floats = fixedpoint.finite(array)
    whole = bool((floats == np.rint(floats)).all()) and bool((np.abs(floats) < 2.0**53).all())
    return floats.astype(np.int64) if whole else floats


def is_whole(array: NDArray[Any]) -> bool:
    """Whether :func:`public` found integers."""
    return array.dtype != np.float64


def encoded(values: ArrayLike, fraction_bits: int, room: Headroom) -> Integers:
    """A public summand in units of 2^-fraction_bits; a fraction that meets integers is refused (``arrays.fraction``)."""
    if type(values) in (int, float):
        return _encoded_scalar(cast("float", values), fraction_bits, room)
    return _encoded(values, fraction_bits, room)


@lru_cache(maxsize=512)
def _encoded_scalar(value: float, fraction_bits: int, room: Headroom) -> Integers:
    """Programs add the same constants in every step; nobody may write to what this returns."""
    found = _encoded(value, fraction_bits, room)
    found.flags.writeable = False
    return found


def _encoded(values: ArrayLike, fraction_bits: int, room: Headroom) -> Integers:
    array = public(values)
    if is_whole(array):
        return integers(array, fraction_bits)
    if fraction_bits == 0:
        raise lost_fraction()
    return fixedpoint.encode(array, fraction_bits, room.limit / 2**fraction_bits)


def factor(array: NDArray[Any], bound: int, room: Headroom) -> tuple[Integers, int]:
    """A public factor (from :func:`public`) of an array within ``bound``: integers and their fraction bits.

    Whole numbers are exact. Others keep 24 significant bits of the largest entry, and 16 of the smallest that is not 0
    as far as the product's headroom allows.
    """
    if is_whole(array):
        return integers(array), 0
    sizes = np.abs(array[array != 0])
    largest, smallest = (int(np.frexp(x)[1]) for x in (sizes.max(), sizes.min()))
    spare = room.length - 2 - bound.bit_length() - largest
    bits = max(0, CONSTANT_BITS - largest, min(_LEAST_BITS - smallest, spare))
    return fixedpoint.encode(array, bits, room.limit), bits


def scaled(values: Integers, scale: int) -> Integers:
    """``values · scale``; refuses what leaves 62 bits."""
    if fixedpoint.magnitude(values) * abs(scale) >= 1 << 62:
        raise fixedpoint.too_large()
    return np.asarray(values * np.int64(scale))


def fits(room: Headroom, bound: int, what: str) -> None:
    """Refuse what could leave the headroom (``arrays.overflow``)."""
    if bound >= room.limit:
        raise RangeError(
            "arrays.overflow",
            f"{what} may reach 2^{bound.bit_length()} where the committee's headroom is 2^{room.length - 1}.",
            "Declare smaller input ranges, or fewer rows; programs state tighter limits with a proof.",
        )


def lost_fraction() -> RangeError:
    """The refusal of a fraction that an array of integers would round away."""
    return RangeError(
        "arrays.fraction",
        "A fraction meets an array of integers and would be rounded away.",
        "Rescale the array, or name the fraction bits that the result needs.",
    )


def target_bits(left: int, right: int, wanted: int | None) -> tuple[int, int]:
    """The fraction bits of a product, and the shift that leads there."""
    target = max(left, right) if wanted is None else wanted
    shift = left + right - target
    if shift < 0:
        raise RangeError("arrays.fraction", "A product cannot gain fraction bits.", "Rescale an operand first.")
    return target, shift


def matmul_shape(left: Shape, right: Shape) -> Shape:
    """Of vectors and matrices; stacks of matrices are not supported."""
    if not left or not right or left[-1] != right[0] or len(left) > 2 or len(right) > 2:
        raise RangeError("arrays.shape", f"Cannot multiply shapes {left} and {right}.", "Transpose or reshape.")
    return (*left[:-1], *right[1:])


def reshaped(shape: Shape, target: Shape) -> Shape:
    """``target`` with its -1, if any, filled in."""
    size, known = math.prod(shape), math.prod(length for length in target if length != -1)
    if target.count(-1) == 1 and known and size % known == 0:
        target = tuple(size // known if length == -1 else length for length in target)
    if min(target, default=0) < 0 or math.prod(target) != size:
        raise RangeError(
            "arrays.shape", f"Cannot reshape {shape} to {target}.", "The number of entries must not change."
        )
    return target


def joined_shape(shapes: list[Shape], axis: int) -> Shape:
    """What numpy's concatenate gives; ``axis`` is not negative."""
    first = shapes[0]
    rest = [(*shape[:axis], *shape[axis + 1 :]) for shape in shapes]
    if any(len(shape) != len(first) or other != rest[0] for shape, other in zip(shapes, rest, strict=True)):
        raise RangeError("arrays.shape", f"Cannot join shapes {shapes} along axis {axis}.", "Reshape the parts.")
    return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])


def order_giver(by: int, parties: int, pid: int, order: object) -> None:
    """Refuse an order of nobody who holds shares, and a giver without one (``arrays.order``)."""
    if not 0 <= by < parties:
        raise RangeError(
            "arrays.order",
            f"Party {by} is no compute party: it cannot give an order.",
            "Let one of the committee give it.",
        )
    if by == pid and order is None:
        raise RangeError("arrays.order", "The party that gives the order gave none.", "Pass it at that party.")


def positive_axis(axis: int, ndim: int) -> int:
    """Numpy's reading of negative axes."""
    if not -ndim <= axis < ndim:
        raise RangeError("arrays.shape", f"An array of {ndim} dimensions has no axis {axis}.", "Check the shape.")
    return axis % ndim


def index(key: Any, shape: Shape) -> tuple[Any, Shape]:  # noqa: ANN401 - numpy's indices
    """The key with public boolean masks replaced by positions, and the shape of what it takes.

    Whatever numpy refuses raises numpy's IndexError.
    """
    parts = key if isinstance(key, tuple) else (key,)
    if any(isinstance(part, bool | np.bool_) for part in parts):
        raise TypeError("a truth value is no index; masks are arrays")
    result = np.broadcast_to(np.False_, shape)[key].shape
    plain: list[Any] = []
    for part in parts:
        array = part if part is None or part is Ellipsis or isinstance(part, slice | int) else np.asarray(part)
        if isinstance(array, np.ndarray) and array.dtype == np.bool_:
            plain.extend(np.nonzero(array))
        else:
            plain.append(array)
    return (plain[0] if len(plain) == 1 else tuple(plain)), result
