"""Columns of few values: sums over them are counts, so that a value of a few people shows in them.

A sum or a mean over a column of 0 and 1 says how often 1 occurs; with a variance three values are told apart. And where all rows but a
few have one value, a sum is about these few. Owners tally their own columns in the clear (:func:`tallies`). Where one owner has a
column of all rows it refuses, or hides, it alone (:func:`rare`); where rows are split the tallies add up on shares for each view of
the minimum group (:func:`shown`).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpc.arrays.interface import SecureArray
from mpc.programs.minimum_group import by_view, small
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import AlignedTable, Floats, Stacked

_FEW: Final = 3
_TALLIES: Final = 5


def tallies(values: Floats) -> Floats:
    """An owner's columns, shape (rows, columns), as counts (5, columns): rows that have not the most frequent value, rows of each of up
    to three values, and 1 for a column of more.

    Values 0, 1, 2 have places of their own, so that owners' counts of the same value add up; of others their rank decides.
    """
    found = np.zeros((_TALLIES, values.shape[1]))
    for at in range(values.shape[1]):
        there, times = np.unique(values[:, at], return_counts=True)
        found[0, at] = len(values) - times.max(initial=0)
        if len(there) > _FEW:
            found[4, at] = 1
            continue
        places = there.astype(np.int64) if bool(np.isin(there, (0.0, 1.0, 2.0)).all()) else np.arange(len(there))
        found[1 + places, at] = times
    return found


def rare(values: Floats, least: int) -> NDArray[np.bool_]:
    """Which columns have a value of fewer than ``least`` of these rows that sums over the column are about."""
    found = tallies(values)
    between = (found > 0) & (found < least)
    return between[0] | (between[1:4].any(axis=0) & (found[4] == 0))


def own_few(context: StepContext, part: AlignedTable) -> SecureArray:
    """Bits (columns,), of columns that one owner has of all rows: they have few values."""
    bits = None if part.values is None else 1 - tallies(part.values)[_TALLIES - 1]
    return share_from(context, bits, part.owner, (len(part.columns),), 0, 1)


class Tallied:
    """The tallies of stacked rows on shares, for each view of the minimum group."""

    def __init__(self, context: StepContext, table: Stacked) -> None:
        shape = (_TALLIES, len(table.columns))
        parts = [
            share_from(
                context, None if part.values is None else tallies(part.values), part.owner, shape, 0, max(1, part.rows)
            )
            for part in table.tables
        ]
        self._counts, self._least = by_view(context, table.owned, parts), context.minimum_group

    def shown(self) -> SecureArray:
        """Bits (columns,): sums over the column are about nobody's rare value, in any view."""
        wrong = small(self._counts[:, :4], self._least)
        few = self._counts[:, 4] < 1
        found = wrong[:, 0] + wrong[:, 1:].sum(axis=1) * few
        return found.sum(axis=0) < 1

    def few(self) -> SecureArray:
        """Bits (columns,): in some view the column has few values."""
        return (self._counts[:, 4] < 1).sum(axis=0) >= 1
