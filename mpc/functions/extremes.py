"""Largest and smallest entries along an axis, where they are, and clipping to a public interval.

n entries play ⌈log2 n⌉ levels of neighbouring pairs, a tournament (as in CrypTen: Knott et al., NeurIPS 2021); positions come
back down the tree of comparison bits, one product for each inner node. Exact; nothing leaks. Ties go to the first entry.

Rounds: ⌈log2 n⌉·(C + M), for positions ⌈log2 n⌉ - 1 more M. Bytes per entry: c + m, for positions c + 2m.
"""

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant, stack, where
from mpc.arrays.operands import positive_axis


def maximum(values: SecureArray, axis: int = -1) -> SecureArray:
    """The largest entries along an axis of at least one entry."""
    return _tournament(values, positive_axis(axis, values.ndim))[0]


def minimum(values: SecureArray, axis: int = -1) -> SecureArray:
    """The smallest entries along an axis of at least one entry."""
    return -maximum(-values, axis)


def argmax_one_hot(values: SecureArray, axis: int = -1, *, margin: SecureArray | None = None) -> SecureArray:
    """Bits of the shape of ``values``: 1 at the first largest entry along the axis.

    With a ``margin`` >= 0, of the shape of ``values`` with a 1 at the axis, a later entry wins only where it is larger by more than
    that: entries that differ by rounding alone are a tie.
    """
    axis = positive_axis(axis, values.ndim)
    if values.shape[axis] == 1:
        return constant(values.backend, np.ones(values.shape), 0)
    *lower, final = _tournament(values, axis, margin)[1]
    marks = _interleaved(final, ~final, axis)
    for won in reversed(lower):
        half = won.shape[axis]
        pairs, rest = _part(marks, axis, slice(half)), _part(marks, axis, slice(half, None))
        left = pairs & won
        right = (pairs - left).within(1, because="a bit less its product with a bit")
        marks = concatenate([_interleaved(left, right, axis), rest], axis)
    return marks


def argmin_one_hot(values: SecureArray, axis: int = -1) -> SecureArray:
    """Bits of the shape of ``values``: 1 at the first smallest entry along the axis."""
    return argmax_one_hot(-values, axis)


def argmax(values: SecureArray, axis: int = -1) -> SecureArray:
    """The position of the first largest entry along the axis, as integers."""
    return _positions(argmax_one_hot(values, axis), positive_axis(axis, values.ndim))


def argmin(values: SecureArray, axis: int = -1) -> SecureArray:
    """The position of the first smallest entry along the axis, as integers."""
    return argmax(-values, axis)


def clip(values: SecureArray, low: float, high: float) -> SecureArray:
    """Entries limited to [low, high]: C + M rounds, c + m bytes per entry (one mask serves both thresholds)."""
    reached = values.at_least([low, high])
    above, below = reached[1], ~reached[0]
    bits = values.fraction_bits
    ends = above.multiply(high, fraction_bits=bits) + below.multiply(low, fraction_bits=bits)
    clipped = where(reached[0] - above, values, 0) + ends
    return clipped.within(max(abs(low), abs(high)), because="values outside [low, high] were replaced by its ends")


def _tournament(
    values: SecureArray, axis: int, margin: SecureArray | None = None
) -> tuple[SecureArray, list[SecureArray]]:
    """The winners, and for each level from the entries up the bits [the left one of a pair won]."""
    wins: list[SecureArray] = []
    while values.shape[axis] > 1:
        even = values.shape[axis] // 2 * 2
        left, right = _part(values, axis, slice(0, even, 2)), _part(values, axis, slice(1, even, 2))
        rest = _part(values, axis, slice(even, None))
        wins.append(left >= right if margin is None else left + margin >= right)
        winners = where(wins[-1], left, right)
        values = concatenate([winners, rest], axis) if rest.size else winners
    return _part(values, axis, 0), wins


def _positions(marks: SecureArray, axis: int) -> SecureArray:
    count = marks.shape[axis]
    weights = np.arange(count).reshape((-1,) + (1,) * (marks.ndim - axis - 1))
    return (marks * weights).sum(axis).within(max(count - 1, 1), because="exactly one mark along the axis")


def _interleaved(left: SecureArray, right: SecureArray, axis: int) -> SecureArray:
    joined = stack([left, right], axis + 1)
    return joined.reshape(*left.shape[:axis], 2 * left.shape[axis], *left.shape[axis + 1 :])


def _part(values: SecureArray, axis: int, part: slice | int) -> SecureArray:
    return values[(*(slice(None),) * axis, part)]
