"""Cut points, and rows as 0 and 1 for each of them: what an owner does with its columns before it shares them.

A column of at most B bins has B - 1 places, each a question "does the row go left?". A value does where it is at most the place's cut
point. Where a number stands for missing values, the first place asks for these alone and all others let them pass, so they are a bin
of their own below all values. Places that a column does not need ask nothing: all rows go left, and no split is made there.

Where columns are split, cut points are quantiles of the training rows, as scikit-learn's histogram trees take them (equal frequency;
midpoints where there are few values), and stay with the owner. Where rows are split, or belong to nobody, they must be common to all:
evenly spaced over the declared range (docs/adr/0085).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpc.workflow.values import Floats

BOUND_BITS: Final = 32
"""Most fraction bits of a cut point."""


@dataclass(frozen=True, slots=True)
class Bins:
    """How every column is cut: ``most`` bins, a number that stands for ``missing`` values or None, |values| <= ``limit``.

    Cut points are multiples of 2^-``bits``.
    """

    most: int
    missing: float | None
    limit: float
    bits: int

    @property
    def places(self) -> int:
        """Questions that a column can be asked."""
        return self.most - 1

    @property
    def cuts(self) -> int:
        """Cut points of a column, at most."""
        return self.places - (self.missing is not None)

    @property
    def only_missing(self) -> float:
        """What is said in place of the cut point that only missing values are below."""
        return -2 * self.limit

    def quantiles(self, column: Floats) -> Floats:
        """Ascending cut points of an owner's training rows."""
        there = column if self.missing is None else column[column != self.missing]
        distinct = np.unique(there)
        if len(distinct) <= self.cuts + 1:
            found = (distinct[:-1] + distinct[1:]) / 2
        else:
            parts = np.linspace(0, 100, self.cuts + 2)[1:-1]
            found = np.percentile(there, parts, method="averaged_inverted_cdf")
        return self._kept(found)

    def even(self) -> Floats:
        """Ascending cut points that are common to all: evenly spaced over the declared range."""
        return self._kept(np.linspace(-self.limit, self.limit, self.cuts + 2)[1:-1])

    def _kept(self, cuts: Floats) -> Floats:
        """As finely as they are told; rounded up, so that a value that is a cut point goes left."""
        return np.unique(np.ldexp(np.ceil(np.ldexp(cuts, self.bits)), -self.bits))

    def answers(self, column: Floats, cuts: Floats) -> NDArray[np.bool_]:
        """Which rows go left, shape (places, rows)."""
        found = np.ones((self.places, len(column)), dtype=np.bool_)
        first = self.places - self.cuts
        np.less_equal(column, cuts[:, None], out=found[first : first + len(cuts)])
        if self.missing is not None:
            gone = column == self.missing
            found[0] = gone
            found[1:] |= gone
        return found

    def bounds(self, cuts: Floats) -> Floats:
        """What the opened model says of each place, shape (places,)."""
        found = np.full(self.places, self.limit)
        first = self.places - self.cuts
        found[first : first + len(cuts)] = cuts
        if first:
            found[0] = self.only_missing
        return found
