"""The order of distinct numbers from few comparisons in few rounds, whoever compares: sample sort, level by level.

Of every segment of rows, which together lie between two known rows, a sample of k = 2^j - 1 rows is ordered by comparing all of
its pairs at once; the other rows find their place in it by j halvings; what lies between two rows of the sample is a segment of
the next stage (Frazer, McKellar, JACM 1970). Segments of at most :data:`_ALL_PAIRS` rows are ordered by all of their pairs. k is
about the root of the segment's length, so that ordering samples stays half a comparison for each row. n rows take
little more than log2(n) comparisons each (quicksort: 1.39·log2 n) in about 1.3·log2(n) levels (quicksort: 3·log2 n): 18.3
comparisons a row and 22 levels for 100,000 rows.

The first rows of a segment are its sample: callers shuffle. Which rows are compared follows from the answers alone.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from protocol.errors import VerificationError

Rows: TypeAlias = NDArray[np.int64]
Answers: TypeAlias = NDArray[np.bool_]
Reached: TypeAlias = Callable[[Rows, Rows], Awaitable[Answers]]
"""(left, right): for each pair of rows whether the left number is at least the right one; one level."""

_ALL_PAIRS: Final = 10


async def order(rows: int, reached: Reached) -> Rows:
    """Positions of ``rows`` distinct numbers in ascending order; ``VerificationError`` ``functions.no_order`` if there is none."""
    at: Rows = np.arange(rows)
    starts, sizes = np.zeros(1, dtype=np.int64), np.full(1, rows, dtype=np.int64)
    while (open_ := sizes > 1).any():
        starts, sizes = await _stage(at, starts[open_], sizes[open_], reached)
    return at


async def _stage(at: Rows, starts: Rows, sizes: Rows, reached: Reached) -> tuple[Rows, Rows]:
    """Rearrange the segments in ``at``; the new segments' starts and sizes."""
    samples = _sample_sizes(sizes)
    await _order_samples(at, starts, samples, reached)
    rest = sizes - samples
    segment = np.repeat(np.arange(len(sizes)), rest)
    place = starts[segment] + samples[segment] + _within(rest)
    slot = await _slots(at, starts[segment], samples[segment], place, reached)
    # slots and sample rows take turns: of segment s, slot i is part first[s] + 2i, sample row i the part after it
    parts = 2 * samples + 1
    first = np.cumsum(parts) - parts
    of_sample = np.repeat(first, samples) + 2 * _within(samples) + 1
    sampled = np.repeat(starts, samples) + _within(samples)
    part = np.concatenate([first[segment] + 2 * slot, of_sample])
    held = at[np.concatenate([place, sampled])]
    lengths = np.bincount(part, minlength=int(parts.sum()))
    begins = np.repeat(starts, parts) + np.cumsum(lengths) - lengths - np.repeat(np.cumsum(sizes) - sizes, parts)
    places = np.repeat(begins, lengths) + _within(lengths)
    at[places] = held[np.argsort(part, kind="stable")]
    return begins, lengths


def _sample_sizes(sizes: Rows) -> Rows:
    """All rows of a short segment; else the largest 2^j - 1 whose pairs are at most half the rows."""
    root = np.sqrt(sizes) + 1.5
    return np.where(sizes <= _ALL_PAIRS, sizes, (1 << np.floor(np.log2(root)).astype(np.int64)) - 1)


async def _order_samples(at: Rows, starts: Rows, samples: Rows, reached: Reached) -> None:
    """Put the first ``samples`` rows of every segment into their order: all pairs, one level."""
    kinds = [(int(k), starts[samples == k][:, None]) for k in np.unique(samples) if k > 1]
    pairs = [np.triu_indices(k, 1) for k, _ in kinds]
    left = [at[of + second] for (_, of), (_, second) in zip(kinds, pairs, strict=True)]
    right = [at[of + first] for (_, of), (first, _) in zip(kinds, pairs, strict=True)]
    if not kinds:
        return
    answers = await reached(np.concatenate([x.ravel() for x in left]), np.concatenate([x.ravel() for x in right]))
    ends = np.cumsum([x.size for x in left])[:-1]
    for (k, of), (first, second), larger in zip(kinds, pairs, np.split(answers, ends), strict=True):
        above = np.zeros((len(of), k, k), dtype=np.bool_)
        above[:, second, first] = larger.reshape(len(of), -1)
        above[:, first, second] = ~above[:, second, first]
        rank = above.sum(axis=2)
        if not np.array_equal(np.sort(rank, axis=1), np.broadcast_to(np.arange(k), rank.shape)):
            raise no_order()
        at[of + rank] = at[of + np.arange(k)]


async def _slots(at: Rows, starts: Rows, samples: Rows, place: Rows, reached: Reached) -> Rows:
    """Between which rows of its segment's ordered sample the row at each place belongs: halving, a level at a time."""
    slot = np.zeros(len(place), dtype=np.int64)
    step = (samples + 1) >> 1
    searching = np.arange(len(place))
    while len(searching):
        middle = slot[searching] + step[searching]
        larger = await reached(at[place[searching]], at[starts[searching] + middle - 1])
        slot[searching] = np.where(larger, middle, slot[searching])
        step >>= 1
        searching = searching[step[searching] > 0]
    return slot


def _within(lengths: Rows) -> Rows:
    """0, 1, ... for each run of these lengths."""
    return np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def no_order() -> VerificationError:
    """What answers raise that contradict each other, or differ between the parties."""
    return VerificationError(
        "functions.no_order",
        "The opened comparisons of a sort contradict each other.",
        "At least one compute party deviated: the run is void; agree on other parties before a retry.",
    )
