"""Neighbouring bins pooled until a rate rises (or falls) from bin to bin, on shares and without telling which.

The isotonic regression of rates p_i/n_i with weights n_i is  g_i = max over s <= i of min over t >= i of  P(s..t)/N(s..t)  (Barlow,
Bartholomew, Bremner, Brunk, Statistical Inference under Order Restrictions, 1972, ch. 1), the same that pooling adjacent violators
gives. All B·(B+1)/2 quotients are taken at once; minima and maxima choose among them, so that bins of a pool have equal g to the last
place. Bins are then pooled by these equalities: what comes out are exact sums of counts. Assumption: none beyond those of comparison and
division. B minima, as many maxima and B products that wait for each other.
"""

from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, stack, where
from mpc.functions.extremes import maximum
from mpc.programs.precision import quotient

MOST_BINS: Final = 20
_BITS: Final = 26


def pooled(counts: SecureArray, most: int) -> SecureArray:
    """Whole positive ``counts`` (2, columns, bins) of two classes, whose sum over bins is at most ``most``, as sums over pools, shape (2,
    2, columns, bins): first pooled until the first class's part rises, then until it falls.
    """
    _, width, bins = counts.shape
    shares = _rates(counts, most)
    low: SecureArray | None = None
    rates: list[SecureArray] = []
    for end in reversed(range(bins)):
        now = stack([shares[start, end] for start in range(end + 1)])
        low = now if low is None else _least(now, low[: end + 1])
        rates.insert(0, maximum(low, axis=0))
    joined = stack([rates[at] >= rates[at + 1] for at in range(bins - 1)], axis=2)  # equal, as they rise
    both = counts.reshape(1, 2, width, bins)
    total = concatenate([both, both])
    same = joined
    for distance in range(1, bins):
        if distance > 1:
            same = same[:, :, :-1] & joined[:, :, distance - 1 :]
        bits = same.reshape(2, 1, width, bins - distance)
        right, left = bits * both[:, :, :, distance:], bits * both[:, :, :, :-distance]
        nothing = total[:, :, :, :distance] * 0
        total = total + concatenate([right, nothing], axis=3) + concatenate([nothing, left], axis=3)
    return total.within(most, because="sums over some of the bins")


def _rates(counts: SecureArray, most: int) -> dict[tuple[int, int], SecureArray]:
    """Each class's part of the rows from one bin to another, (2, columns)."""
    _, width, bins = counts.shape
    starts, ends = np.triu_indices(bins)
    places = np.arange(bins)[:, None]
    pairs = ((places >= starts) & (places <= ends)).astype(np.int64)
    sums = (counts.reshape(-1, bins) @ pairs).within(most, because="rows of some bins").reshape(2, width, len(starts))
    rows = (sums[0] + sums[1]).within(most, because="rows of some bins")
    found = quotient(sums, stack([rows, rows]), most=most, limit=1, fraction_bits=_BITS)
    return {(int(s), int(t)): found[:, :, at] for at, (s, t) in enumerate(zip(starts, ends, strict=True))}


def _least(a: SecureArray, b: SecureArray) -> SecureArray:
    return where(a >= b, b, a)
