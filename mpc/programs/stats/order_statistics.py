"""Exact order statistics of columns whose rows are split, without sorting on shares.

Every owner sorts its own columns and shares them. The committee searches the value of each rank over the raw integers, four
ways at a time, under secret thresholds T: the smallest T with #{x <= T} >= rank (Aggarwal, Mishra, Pinkas, EUROCRYPT 2004,
search for the k-th element; there the outcome of every comparison is opened, here none is). An owner's count under a secret T
costs about 2·sqrt(n) comparisons, not n: its sorted column lies in a matrix of sqrt(n) rows; the comparisons with the
rows' last entries say how many rows lie below T, their differences are the one-hot number of the row that T cuts, one matrix
product fetches that row, and comparing its entries completes the count.

Per step and rank: 3·2·sqrt(n) comparisons per owner and one matrix product; ``_STEPS`` steps. What is exact: the result is the
order statistic of the encoded values, so within 2^-(fraction bits + 1) of the true one. Nothing is opened.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.programs.precision import product
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Floats, Stacked

_VALUE_BITS = 47
_STEPS = 24
_WEIGHT_BITS = 44
_WAYS = 4
_PAD = 1 << (_VALUE_BITS + 1)


@dataclass(frozen=True, slots=True)
class _Sorted:
    """One owner's sorted column as raw integers, shape (height, width), padded beyond every threshold."""

    cells: SecureArray

    @property
    def height(self) -> int:
        return self.cells.shape[0]

    @property
    def width(self) -> int:
        return self.cells.shape[1]


def positions(rows: int, probabilities: Sequence[float]) -> tuple[list[int], list[tuple[int, int, float]]]:
    """The ranks (from 1) that linear interpolation needs, and per probability (index, index, weight of the second)."""
    places = [(rows - 1) * probability for probability in probabilities]
    ends = [(math.floor(place), math.ceil(place), place - math.floor(place)) for place in places]
    ranks = sorted({1 + end for low, high, _ in ends for end in (low, high)})
    return ranks, [(ranks.index(1 + low), ranks.index(1 + high), weight) for low, high, weight in ends]


async def quantiles(context: StepContext, table: Stacked, probabilities: Sequence[float], limit: float) -> SecureArray:
    """Quantiles with numpy's linear interpolation, shape (len(probabilities), columns), for |values| <= limit."""
    ranks, ends = positions(table.rows, probabilities)
    found = await order_statistics(context, table, ranks, limit)
    low, high = found[[low for low, _, _ in ends]], found[[high for _, high, _ in ends]]
    weights = constant(context.backend, np.array([[weight] for _, _, weight in ends]), _WEIGHT_BITS)
    return low + product(high - low, weights, found.fraction_bits, limit=2 * limit)


async def order_statistics(context: StepContext, table: Stacked, ranks: Sequence[int], limit: float) -> SecureArray:
    """The values of these ranks (1 is the smallest) in every column, shape (ranks, columns)."""
    bits = _VALUE_BITS - math.ceil(math.log2(limit))
    columns = [
        [_share_sorted(context, part.values, part.owner, part.rows, at, bits, limit) for part in table.tables]
        for at in range(len(table.columns))
    ]
    shape = (len(columns), len(ranks))
    low = constant(context.backend, np.full(shape, -(1 << _VALUE_BITS) - 1), 0)
    wanted = np.array(ranks, dtype=np.int64).reshape(1, -1, 1) - 1
    for step in range(_STEPS):
        stride = _WAYS ** (_STEPS - 1 - step)
        offsets = stride * np.arange(1, _WAYS, dtype=np.int64)
        thresholds = (low.reshape(*shape, 1) + offsets.reshape(1, 1, -1)).within(
            _PAD / 2, because="the search never leaves the values' range"
        )
        counts = _counts(columns, thresholds)
        below = (wanted - counts).at_least([0])[0]
        low = (low + below.sum(axis=2) * stride).within(_PAD / 2, because="the search never leaves the values' range")
        await low.settled()
        context.progress(step + 1, _STEPS)
    return (low + 1).T.shifted_down(bits).within(limit * 1.001, because="one of the values")


def _share_sorted(
    context: StepContext, values: Floats | None, owner: str, rows: int, column: int, bits: int, limit: float
) -> _Sorted:
    """The last cell is always padding, so that every threshold cuts some row."""
    width = math.isqrt(rows) + 1
    height = rows // width + 1
    own = None if values is None else np.sort(values[:, column])
    shared = share_from(context, own, owner, (rows,), bits, limit).shifted_down(-bits)
    padding = constant(context.backend, np.full(height * width - rows, _PAD), 0)
    return _Sorted(concatenate([shared, padding]).reshape(height, width))


def _counts(columns: list[list[_Sorted]], thresholds: SecureArray) -> SecureArray:
    """How many values of all owners are at most each threshold; thresholds and result of shape (columns, ranks, ways)."""
    _, ranks, ways = thresholds.shape
    flat = [thresholds[at].reshape(ranks * ways, 1) for at in range(len(columns))]
    parts = [(flat[at], part) for at, owners in enumerate(columns) for part in owners]
    whole = _at_most([(limits, part.cells[:, -1]) for limits, part in parts])
    cut = [_cut(bits).matmul(part.cells, limit=_PAD) for bits, (_, part) in zip(whole, parts, strict=True)]
    inside = _at_most([(limits, row) for row, (limits, _) in zip(cut, parts, strict=True)])
    counts = [
        bits.sum(axis=1) * part.width + rest.sum(axis=1)
        for bits, rest, (_, part) in zip(whole, inside, parts, strict=True)
    ]
    owners = len(columns[0])
    sums = [_total(counts[at * owners : (at + 1) * owners]) for at in range(len(columns))]
    return concatenate([found.reshape(1, ranks, ways) for found in sums])


def _at_most(pairs: list[tuple[SecureArray, SecureArray]]) -> list[SecureArray]:
    """Bits [value <= limit], limits of shape (k, 1), values (n,) or (k, n): one comparison for all pairs."""
    differences = [limits - values for limits, values in pairs]
    together = concatenate([item.reshape(-1) for item in differences]).at_least([0])[0]
    edges = [0, *np.cumsum([item.size for item in differences])]
    slices = [together[int(start) : int(end)] for start, end in pairwise(edges)]
    return [bits.reshape(*item.shape) for bits, item in zip(slices, differences, strict=True)]


def _cut(whole: SecureArray) -> SecureArray:
    """One-hot number of the first row whose last entry exceeds the threshold, from the bits that say it does not."""
    ones = constant(whole.backend, np.ones((whole.shape[0], 1)), 0)
    return (concatenate([ones, whole[:, :-1]], axis=1) - whole).within(1, because="the bits fall from 1 to 0 once")


def _total(parts: list[SecureArray]) -> SecureArray:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total
