"""Oblivious sort, quantiles, and reading a row at a secret position.

*Sort*: shuffle the rows secretly, then run quicksort on comparison bits that are opened (Hamada, Kikuchi, Ikarashi, Chida,
Takahashi, ICISC 2012). Keys are made distinct by appending the row number, so the opened bits are those of a uniformly
random permutation of n distinct numbers: they can be simulated from n alone, and say nothing about keys, ties or positions. The
sort is stable. A bitonic network would open nothing and compare n·log²(n)/4 times, where this does 1.4·n·log2(n); the programs
here have no use for it.

Rounds: the shuffle's, then for each of about 3·log2(n/16) + 1 levels C + 1. Bytes per row: the shuffle's, and (c + 39)·1.4·log2(n).
Exact; failure probability as of the comparisons.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mpc.arrays.interface import SecureArray, concatenate
from protocol.errors import RangeError, VerificationError

_ALL_PAIRS = 16
"""Segments of at most so many rows are ordered in one level, every pair compared."""


async def sort(keys: SecureArray, payload: SecureArray | None = None) -> tuple[SecureArray, SecureArray | None]:
    """The keys, shape (n,), ascending, and the payload's rows, shape (n, …), in the same order; stable.

    Needs |key|·2^f·n below a quarter of the comparisons' headroom (``arrays.overflow``).
    """
    rows = keys.size
    if keys.ndim != 1 or (payload is not None and payload.shape[:1] != keys.shape):
        raise RangeError(
            "arrays.shape",
            f"Keys of shape {keys.shape} do not order a payload of shape {None if payload is None else payload.shape}.",
            "Give one key for each row.",
        )
    if rows < 2:
        return keys, payload
    bits = (rows - 1).bit_length()
    distinct = _raw(keys) * (1 << bits) + np.arange(rows)
    columns = [distinct.reshape(-1, 1), _raw(keys).reshape(-1, 1)]
    if payload is not None:
        columns.append(_raw(payload).reshape(rows, -1))
    shuffled = concatenate(columns, axis=1).shuffled()
    order = await _order(SecureArray(keys.backend, shuffled[:, 0].shares, (rows,), 0, distinct.bound))
    ordered = shuffled[order]
    result = _as(ordered[:, 1], keys, keys.shape)
    return result, None if payload is None else _as(ordered[:, 2:], payload, payload.shape)


async def quantiles(values: SecureArray, probabilities: Sequence[float]) -> SecureArray:
    """Quantiles of a vector by linear interpolation between order statistics, as ``numpy.quantile``; one shared value each."""
    points = np.asarray(probabilities, dtype=np.float64)
    if not values.size or points.ndim != 1 or not bool(((points >= 0) & (points <= 1)).all()):
        raise RangeError(
            "functions.probability", "Quantiles need values and probabilities in [0, 1].", "Check the probabilities."
        )
    ordered, _ = await sort(values)
    places = points * (values.size - 1)
    lower = np.floor(places).astype(np.int64)
    upper = np.minimum(lower + 1, values.size - 1)
    below = ordered[lower]
    if bool((places == lower).all()):
        return below
    gap = (ordered[upper] - below).within(2 * values.limit, because="both within the limit")
    return (below + gap * (places - lower)).within(values.limit, because="between two of the values")


async def median(values: SecureArray) -> SecureArray:
    """The median of a vector, without dimensions."""
    return (await quantiles(values, [0.5]))[0]


def take(values: SecureArray, one_hot: SecureArray) -> SecureArray:
    """The rows of ``values`` (n,) or (n, k) that secret one-hot bits (n,) or (j, n) name: one product, exact."""
    return one_hot.matmul(values, limit=values.limit)


async def _order(keys: SecureArray) -> NDArray[np.int64]:
    """Positions of distinct keys in ascending order, from opened comparison bits."""
    order = np.empty(keys.size, dtype=np.int64)
    segments = [_Segment(0, np.arange(keys.size))]
    while segments:
        pairs = [segment.pairs() for segment in segments]
        left, right = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
        larger = await _opened_bits(keys[left] >= keys[right])
        ends = np.cumsum([len(pair[0]) for pair in pairs])
        found: list[_Segment] = []
        for segment, bits in zip(segments, np.split(larger, ends[:-1]), strict=True):
            parts = segment.split(bits)
            for part in parts:
                order[part.start : part.start + len(part.rows)] = part.rows
            found.extend(part for part in parts if not part.ordered and len(part.rows) > 1)
        segments = found
    return order


@dataclass(frozen=True, slots=True)
class _Segment:
    """Rows that take the places from ``start`` on, in an order not known yet unless ``ordered``."""

    start: int
    rows: NDArray[np.int64]
    ordered: bool = False

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """What is compared next: all pairs of a short segment, everything with the first (random) row of a long one."""
        if len(self.rows) > _ALL_PAIRS:
            return self.rows[1:], np.repeat(self.rows[:1], len(self.rows) - 1)
        first, second = np.triu_indices(len(self.rows), 1)
        return self.rows[second], self.rows[first]

    def split(self, larger: NDArray[np.bool_]) -> list["_Segment"]:
        """The segment in parts, each wholly below the next."""
        if len(self.rows) > _ALL_PAIRS:
            pivot, rest = self.rows[:1], self.rows[1:]
            low, high = rest[~larger], rest[larger]
            place = self.start + len(low)
            return [_Segment(self.start, low), _Segment(place, pivot, ordered=True), _Segment(place + 1, high)]
        first, second = np.triu_indices(len(self.rows), 1)
        rank = np.bincount(np.where(larger, second, first), minlength=len(self.rows))
        if len(np.unique(rank)) != len(self.rows):
            raise _deviation()
        return [_Segment(self.start, self.rows[np.argsort(rank)], ordered=True)]


async def _opened_bits(bits: SecureArray) -> NDArray[np.bool_]:
    values = await bits.backend.open(bits.shares, bits.shape)
    if bool(((values != 0) & (values != 1)).any()):
        raise _deviation()
    return values == 1


def _deviation() -> VerificationError:
    return VerificationError(
        "functions.no_order",
        "The opened comparisons of a sort contradict each other.",
        "At least one compute party deviated: the run is void; agree on other parties before a retry.",
    )


def _raw(array: SecureArray) -> SecureArray:
    """The same shares read as integers."""
    return SecureArray(array.backend, array.shares, array.shape, 0, array.bound)


def _as(column: SecureArray, like: SecureArray, shape: tuple[int, ...]) -> SecureArray:
    """Undo :func:`_raw`."""
    shaped = column.reshape(*shape)
    return SecureArray(like.backend, shaped.shares, shape, like.fraction_bits, like.bound)
