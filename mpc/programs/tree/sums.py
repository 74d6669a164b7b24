"""Histograms on shares: for each candidate split and node what the rows add up to that would go left.

The answers of the rows times their gradients, one exact matrix product for all nodes of a level (XGBoost's histograms: Chen, Guestrin, KDD
2016, as matrix products). Only left children's are computed; those of right ones are their parent's less these.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mpc.arrays.interface import SecureArray, stack


@dataclass(frozen=True, slots=True)
class Sums:
    """``gradients`` and ``weights`` have shape (candidates, nodes); ``rows``, and ``positives`` where classes are counted, (views,
    candidates, nodes), of integers: the rows that each view of the minimum group counts.
    """

    gradients: SecureArray
    weights: SecureArray
    rows: SecureArray
    positives: SecureArray | None

    def minus(self, other: "Sums") -> "Sums":
        """What is left; never more than there was, since these are sums over disjoint sets of rows."""
        return self._with(other, lambda all_, some: (all_ - some).within(all_.limit, because="a sum over fewer rows"))

    def beside(self, other: "Sums") -> "Sums":
        """Two children for each node: these at even places, the others' at odd ones."""

        def joined(left: SecureArray, right: SecureArray) -> SecureArray:
            return stack([left, right], left.ndim).reshape(*left.shape[:-1], 2 * left.shape[-1])

        return self._with(other, joined)

    def whole(self) -> "Sums":
        """The nodes' own, (1, nodes): the first candidate sends all rows left."""
        return Sums(
            self.gradients[:1],
            self.weights[:1],
            self.rows[:, :1],
            None if self.positives is None else self.positives[:, :1],
        )

    def _with(self, other: "Sums", work: Callable[[SecureArray, SecureArray], SecureArray]) -> "Sums":
        own, others = self.positives, other.positives
        return Sums(
            work(self.gradients, other.gradients),
            work(self.weights, other.weights),
            work(self.rows, other.rows),
            None if own is None or others is None else work(own, others),
        )
