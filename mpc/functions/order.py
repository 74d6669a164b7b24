"""Oblivious sort, quantiles, and reading a row at a secret position.

*Sort*: shuffle the rows secretly, then compare shuffled keys and open the answers (Hamada, Kikuchi, Ikarashi, Chida,
Takahashi, ICISC 2012), in few levels and few comparisons (:mod:`mpc.arrays.ordering`). Keys are made distinct by appending the
row number, so the order that is found is a uniformly random permutation of n: it can be simulated from n alone, and says nothing
about keys, ties or positions. The sort is stable. A radix sort would open as little and do two products, a shuffle and an opening for
every bit of the key: more bytes than a comparison by bit slices for each of log2(n) levels (docs/adr/0070).

Rounds: the shuffle's, then about 2·log2(n) levels of C - 1. Bytes per row: the shuffle's of key, distinct key and payload, then about
log2(n) times the tree of a comparison (33 for 51 bits). Exact; failure probability as of three comparisons a row.
"""

from collections.abc import Sequence

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.arrays.operands import fits
from protocol.errors import RangeError


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
    width = distinct.bound.bit_length() + 2
    fits(keys.backend.headroom, 1 << (width + 1), "A comparison")
    order = await keys.backend.order(shuffled[:, 0].shares, rows, width)
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


def _raw(array: SecureArray) -> SecureArray:
    """The same shares read as integers."""
    return SecureArray(array.backend, array.shares, array.shape, 0, array.bound)


def _as(column: SecureArray, like: SecureArray, shape: tuple[int, ...]) -> SecureArray:
    """Undo :func:`_raw`."""
    shaped = column.reshape(*shape)
    return SecureArray(like.backend, shaped.shares, shape, like.fraction_bits, like.bound)
