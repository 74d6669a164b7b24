"""Secret scores in order, with the classes' running counts: everything that a ROC curve says, exactly.

Rows are sorted by score on shares (:mod:`mpc.functions.order`), the labels with them. Equal scores form a group: only a group's last
row is a point of the curve. Counts before a row's group are the value at the last group end before it: a segmented copy,
by a tree of products (Blelloch, "Prefix sums and their applications", 1990): (a, v)∘(b, w) = (a·b, w + b·v), where a bit is 0 at
an end. Nothing is opened but the order of shuffled rows; neither ties nor places are.

What a product on shares gives is random in its last places, so equal rows need not have equal scores: with fraction
bits, neighbours no further apart than :data:`NOISE` units of the last place count as equal.

Rounds: the sort's, C, and 2·⌈log2 n⌉ products. Bytes per row: the sort's, c, 6m.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.functions.order import sort
from mpc.programs.precision import comparable, cut_off
from protocol.errors import RangeError

MOST_ROWS: Final = 1 << 20
NOISE: Final = 3
_MOST_BITS: Final = 24

Marks: TypeAlias = NDArray[np.int64]
"""1 for the rows that belong to a part, 0 for others."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows in ascending order of their scores, shape (n,) each: ``positives`` up to and including a row; ``ends`` the bits of the
    last rows of groups; ``before`` the positives and ``rows_before`` the rows before a row's group. ``parts_before``, shape (2·parts, n),
    are the same of some rows alone: each part's positives, then its rows. ``scores`` are the sorted ones.
    """

    scores: SecureArray
    positives: SecureArray
    ends: SecureArray
    before: SecureArray
    rows_before: SecureArray
    parts_before: SecureArray | None

    def sum_before(self, values: SecureArray) -> SecureArray:
        """For values of the sorted rows, from 0 up, shape (n,): their sum over the rows before each row's group."""
        # as whole numbers of last places: beside fractions the tree's bits would have fractions, and its products errors
        whole, bits = values.shifted_down(-values.fraction_bits), values.fraction_bits
        most = whole.limit * self.rows
        at_ends = (self.ends * whole.cumsum(limit=most)).within(most, because="a sum or 0")
        return _before(~self.ends, at_ends.reshape(1, -1))[0].shifted_down(bits)

    @property
    def rows(self) -> int:
        """All rows."""
        return self.positives.shape[0]

    @property
    def positive(self) -> SecureArray:
        """How many rows are positive, shape ()."""
        return self.positives[self.rows - 1]


async def ranked(scores: SecureArray, labels: SecureArray, parts: Sequence[Marks] = ()) -> Ranking:
    """Sort bits by scores; scores that leave no room for a sort are cut off where they do (beyond ±2^11 of 2^20 rows).

    ``parts`` are public marks of rows that are counted for themselves as well: they go along in the sort, where nobody sees them.
    """
    rows = scores.shape[0]
    if rows > MOST_ROWS:
        raise RangeError(
            "evaluation.too_many_rows",
            f"{rows} rows are more than the {MOST_ROWS} that are sorted on shares.",
            "Evaluate fewer test rows: a larger train_fraction.",
        )
    marked = [column for marks in parts for column in (labels * marks, constant(scores.backend, marks, 0))]
    payload = concatenate([column.reshape(rows, 1) for column in (labels, *marked)], axis=1)
    keys, ordered = await sort(_fitting(scores, rows), payload.within(1, because="bits"))
    assert ordered is not None
    places = np.arange(1, rows + 1)
    counts = ordered.T.cumsum(axis=1).within(rows, because="counts of rows")
    positives = counts[0]
    noise = NOISE if keys.fraction_bits else 0
    gaps = (keys[1:] - keys[:-1]).shifted_down(-keys.fraction_bits)
    last = constant(keys.backend, np.ones(1), 0)
    ends = concatenate([gaps.at_least([noise + 1])[0], last]) if rows > 1 else last
    values = concatenate([(ends * places).reshape(1, -1), ends * counts])
    filled = _before(~ends, values.within(rows, because="counts of rows, or 0"))
    return Ranking(keys, positives, ends, filled[1], filled[0], filled[2:] if marked else None)


def _fitting(scores: SecureArray, rows: int) -> SecureArray:
    """Scores short enough that a row number can be appended and two such keys compared."""
    scores = scores.rescaled(min(scores.fraction_bits, _MOST_BITS))
    room = comparable(scores.backend) - 1 - (rows - 1).bit_length()
    if scores.bound < 1 << room:
        return scores
    return cut_off(scores, 2.0 ** (room - 1 - scores.fraction_bits))[0]


def _before(inner: SecureArray, values: SecureArray) -> SecureArray:
    """For each place the value at the last end before it, 0 before the first: ``values`` (k, n) are 0 but at ends.

    ``inner`` are the bits of the places that are no ends.
    """
    size, kinds, limit = inner.shape[0], values.shape[0], values.limit
    if size == 1:
        return constant(values.backend, np.zeros((kinds, 1)), 0).within(0, because="nothing is before the first")
    if size % 2:
        inner = concatenate([inner, constant(inner.backend, np.ones(1), 0)])
        values = concatenate([values, constant(values.backend, np.zeros((kinds, 1)), 0)], axis=1)
    left, right = inner[0::2], inner[1::2]
    carried = right * concatenate([left.reshape(1, -1), values[:, 0::2]])
    pair = (values[:, 1::2] + carried[1:]).within(limit, because="at most one of a pair is carried on")
    above = _before(carried[0].within(1, because="a product of bits"), pair)
    second = (values[:, 0::2] + left * above).within(limit, because="a value at an end, or the one before")
    half = second.shape[1]
    both = concatenate([above.reshape(kinds, half, 1), second.reshape(kinds, half, 1)], axis=2)
    return both.reshape(kinds, 2 * half)[:, :size].within(limit, because="values at ends")
