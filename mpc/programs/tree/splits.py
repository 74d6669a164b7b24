"""The best split of every node of a level, as a secret one-hot choice among all candidates; nothing is opened.

A split's gain is G_L²/(H_L + λ) + G_R²/(H_R + λ) - G²/(H + λ) (Chen, Guestrin, KDD 2016, equation 7, twice). It counts where both children
have the least weight, the least rows and, in every view of the minimum group, enough rows and no class of a few; else it is 0. The
first candidate sends every row left: no split, of gain 0. Where gains are equal the first one wins, and equal is what differs by less than
rounding can: 2^-21 of G²/(H + λ).

Rounds a level: two comparisons, two divisions, a tournament of comparisons (:mod:`mpc.functions.extremes`). Bytes: about 1.5 kB a candidate
and node.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.functions.extremes import argmax_one_hot
from mpc.functions.normal import normalised, scaled_by
from mpc.functions.reciprocal import of_mantissa
from mpc.programs.minimum_group import small
from mpc.programs.precision import product
from mpc.programs.tree.problem import Problem
from mpc.programs.tree.sums import Sums

_SLACK: Final = 1 + 2.0**-9
_TIE_BITS: Final = 21
_UNITS: Final = 16


@dataclass(frozen=True, slots=True)
class Splits:
    """``choice``: one-hot columns, (candidates, nodes). ``gains``: of all candidates, 0 where one does not count."""

    choice: SecureArray
    gains: SecureArray


def best_splits(problem: Problem, left: Sums, group: int) -> Splits:
    """Choose for every node; ``group`` is the minimum group that every view must reach, 0 or 1 for none."""
    whole = left.whole()
    right = whole.minus(left)
    count = left.gradients.shape[0]
    both = concatenate([left.gradients, right.gradients]), concatenate([left.weights, right.weights])
    scores = scored(problem, *both)
    parent = scores[:1]
    gains = (scores[:count] + scores[count:] - parent).within(3 * problem.gain, because="three scores")
    if problem.least_gain:
        gains = gains - problem.least_gain
    gains = gains * _counts(problem, left, right, group)
    unit = 2.0**-problem.gain_bits
    margin = parent.shifted_down(_TIE_BITS).rescaled(problem.gain_bits) + _UNITS * unit
    return Splits(argmax_one_hot(gains, 0, margin=margin), gains)


def scored(problem: Problem, gradients: SecureArray, weights: SecureArray) -> SecureArray:
    """G²/(H + λ)."""
    steps = quotients(problem, gradients, weights)
    return product(gradients, steps, problem.gain_bits, limit=problem.gain * _SLACK)


def quotients(problem: Problem, gradients: SecureArray, weights: SecureArray) -> SecureArray:
    """G/(H + λ), 0 where H + λ is below the floor."""
    divisor = (weights + problem.penalty).within(problem.weight, because="a weight of 1 a row at most")
    return long_quotient(gradients, divisor, problem.floor, problem.heaviest, problem.quotient_bits)


def long_quotient(a: SecureArray, b: SecureArray, floor: float, limit: float, fraction_bits: int) -> SecureArray:
    """a/b for b >= floor, a power of two, and |a/b| <= ``limit``; 0 where b is below it.

    As :func:`mpc.functions.reciprocal.divide`, with a last product in halves: the relative error is 2^-24 however large the limit.
    """
    normal, most = normalised(b, floor, root=None), limit * _SLACK
    scaled = scaled_by(a, normal.up(), -normal.shift, fraction_bits, most)
    return product(scaled, of_mantissa(normal.mantissa), fraction_bits, limit=most)


def _counts(problem: Problem, left: Sums, right: Sums, group: int) -> SecureArray:
    """Bits (candidates, nodes): which splits may be made."""
    conditions: list[SecureArray] = []
    for side in (left, right):
        if problem.logistic:
            conditions.append(side.weights >= problem.least_weight)
        least = max(problem.least_rows, group)
        conditions.extend(side.rows[view] >= least for view in range(side.rows.shape[0]))
        if side.positives is not None:
            negatives = (side.rows - side.positives).within(side.rows.limit, because="rows that are not positive")
            for counts in (side.positives, negatives):
                conditions.extend(1 - small(counts[view], group) for view in range(counts.shape[0]))
    return _all(conditions)


def _all(conditions: list[SecureArray]) -> SecureArray:
    while len(conditions) > 1:
        pairs = [
            one.within(1, because="a bit") & other.within(1, because="a bit")
            for one, other in zip(conditions[::2], conditions[1::2], strict=False)
        ]
        conditions = pairs + conditions[2 * len(pairs) :]
    return conditions[0]


def named(choice: SecureArray, columns: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> SecureArray:
    """The number of each node's column, from 1; 0 for no split. ``columns`` are those of the candidates."""
    return (columns @ choice).within(max(1, int(columns.max())), because="one of the columns' numbers")
