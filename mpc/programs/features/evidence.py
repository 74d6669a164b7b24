"""Weights of evidence and what columns tell in all, from secret counts by bin: of a label's two values, or of two tables.

With counts p_b and q_b of a bin, their totals P and Q, B bins and the smoothing s:

    woe_b = ln((p_b + s) / (P + s·B)) - ln((q_b + s) / (Q + s·B)),    iv = sum_b (share_p - share_q) · woe_b.

Of positives and negatives these are weight of evidence and information value; of two tables, iv is the population stability index.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, stack, where
from mpc.functions.exponential import log
from mpc.programs.features.monotone import pooled
from mpc.programs.minimum_group import added, by_view, cells, guarded
from mpc.programs.precision import quotient
from mpc.workflow.context import StepContext
from mpc.workflow.values import Floats, Owned

WOE_BITS: Final = 24
GRAIN: Final = 10
"""The smoothing is rounded to 2^-10 rows, so that smoothed counts are whole in that unit."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of some columns: ``woe`` (columns, bins), ``iv`` (columns,), ``rows`` (rows, columns) or None if not wanted."""

    woe: SecureArray
    iv: SecureArray
    rows: SecureArray | None


@dataclass(frozen=True, slots=True)
class Rule:
    """How counts are weighed. ``monotone``: neighbouring bins are pooled until the weights rise or fall."""

    bins: int
    smoothing: float
    context: StepContext
    owned: Owned
    transformed: bool
    monotone: bool = False
    figures: frozenset[str] = frozenset({"woe", "iv"})
    """Outputs that show something of single bins."""

    @property
    def least(self) -> int:
        """The minimum group."""
        return self.context.minimum_group

    @property
    def leaves(self) -> bool:
        """Whether weights or values are outputs, and a group was agreed for them."""
        return guarded(self.context) and bool(self.context.wanted & self.figures)

    def limit(self, rows: int) -> float:
        """A bound of every weight: a share lies between s/(n + s·B) and 1."""
        return float(np.log((rows + self.smoothing * self.bins) / self.smoothing)) + 0.01


def weigh(positives: Floats, totals: Floats, smoothing: float, least: int) -> tuple[Floats, Floats]:
    """(woe, iv) of known counts, both of shape (columns, bins)."""
    negatives, size = totals - positives, totals.shape[1] * smoothing
    p = (positives + smoothing) / (positives.sum(axis=1, keepdims=True) + size)
    q = (negatives + smoothing) / (negatives.sum(axis=1, keepdims=True) + size)
    woe = np.where(totals >= least, np.log(p / q), 0.0)
    return woe, ((p - q) * woe).sum(axis=1)


def weighed(
    counts: list[SecureArray], positive: SecureArray, rows: int, bits: SecureArray | None, rule: Rule
) -> Figures:
    """Figures from each owner's counts of positives and of rows, (2, columns, bins), the positives' total (1,) and, if wanted, the
    rows' bits.
    """
    whole_table = added(counts).within(rows, because="counts of rows")
    positives, totals = whole_table[0], whole_table[1]
    shape, most = positives.shape, rows + rule.smoothing * rule.bins
    both = concatenate([positives.reshape(1, *shape), (totals - positives).reshape(1, *shape)])
    both = both.within(rows, because="counts of rows")
    classes = concatenate([positive, rows - positive]).within(rows, because="counts of rows")
    smoothed = both.rescaled(GRAIN) + rule.smoothing
    sums = (classes.rescaled(GRAIN) + rule.smoothing * rule.bins).reshape(2, 1)
    share = quotient(
        smoothed.reshape(2, -1).shifted_down(-GRAIN), sums.shifted_down(-GRAIN), most=round(most * (1 << GRAIN)), limit=1,
        fraction_bits=WOE_BITS,
    )  # fmt: skip
    apart = (share[0] - share[1]).reshape(*shape)
    shows = _shown(counts, rule) if rule.leaves else totals >= rule.least if rule.least > 0 else None
    woe, iv = (_risen if rule.monotone else _figures)(smoothed, sums, apart, shows, rows, rule)
    return Figures(woe, iv, None if bits is None else _transformed(bits, woe))


def _figures(
    counts: SecureArray, sums: SecureArray, apart: SecureArray, shows: SecureArray | None, rows: int, rule: Rule
) -> tuple[SecureArray, SecureArray]:
    """Weights and information of smoothed ``counts`` (2, columns, bins) with totals ``sums`` (2, 1)."""
    shape, most = counts.shape[1:], rows + rule.smoothing * rule.bins
    whole = concatenate([counts.reshape(2, -1), sums], axis=1).within(
        most, because="a bin's or a class's rows, smoothed"
    )
    logs = log(whole, floor=rule.smoothing, fraction_bits=WOE_BITS)
    parts = logs[:, :-1] - logs[:, -1:]
    woe = (parts[0] - parts[1]).reshape(*shape).within(rule.limit(rows), because="differences of logarithms of shares")
    if shows is not None:
        woe = woe.multiply(shows, fraction_bits=WOE_BITS)
    return woe, apart.multiply(woe, fraction_bits=WOE_BITS).sum(axis=1, limit=2 * rule.limit(rows))


def _risen(
    counts: SecureArray, sums: SecureArray, apart: SecureArray, shows: SecureArray | None, rows: int, rule: Rule
) -> tuple[SecureArray, SecureArray]:
    """The same of bins pooled until weights rise, or fall, whichever tells more of a column."""
    most = round((rows + 2 * rule.smoothing * rule.bins) * (1 << GRAIN))
    pools = pooled(counts.shifted_down(-GRAIN), most).shifted_down(GRAIN)
    (rising, more), (falling, less) = (_figures(pools[at], sums, apart, shows, rows, rule) for at in (0, 1))
    better = more >= less
    limit = rule.limit(rows)
    woe = where(better.reshape(-1, 1), rising, falling).within(limit, because="one of both")
    return woe, where(better, more, less).within(2 * limit, because="one of both")


def _shown(counts: list[SecureArray], rule: Rule) -> SecureArray:
    """Bits (columns, bins): of which positives and negatives are enough in every view."""
    seen = by_view(rule.context, rule.owned, counts)
    found: list[SecureArray] = []
    for at in range(seen.shape[2]):
        positives, sizes = seen[:, 0, at], seen[:, 1, at]
        both = stack([positives, (sizes - positives).within(sizes.bound, because="rows that are not positive")], axis=2)
        found.append(cells(both, sizes, rule.least).reshape(1, -1))
    return concatenate(found)


def _transformed(bits: SecureArray, woe: SecureArray) -> SecureArray:
    """Every row's weight of its bin: a product of bits and weights per column, exact."""
    width, bins = woe.shape
    columns = [
        bits[:, at * bins : (at + 1) * bins].matmul(woe[at], fraction_bits=WOE_BITS, limit=woe.limit)
        for at in range(width)
    ]
    return concatenate([column.reshape(-1, 1) for column in columns], axis=1)
