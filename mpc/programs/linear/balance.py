"""Normal equations of columns in any units, brought to one size by secret powers of two before they are solved.

S·w = b becomes (D·S·D)·w' = D·b, w = D·w', with D the powers of two that bring every diagonal entry of S into [1/4, 1) (Jacobi's
scaling, van der Sluis, Numer. Math. 1969). By Cauchy–Schwarz no entry of D·S·D is beyond 1, whatever the columns' ranges,
so the solution keeps its places where one column counts children and another one income.

Rounds: C + 5M (:mod:`mpc.functions.normal`). Bytes: a comparison of each column with about 20 powers of four, 3m for each entry
of S. Nothing leaks. A column whose mean square is below :data:`LEAST` has the coefficient 0.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray
from mpc.functions.normal import normalised, scaled_by

LEAST: Final = 2.0**-20
"""Mean squares below it count as 0: sums of squares have 30 places."""
_SLACK: Final = 1.01


@dataclass(frozen=True, slots=True)
class Balance:
    """D is ``up`` · 2^-``shift``; no entry of it is beyond ``largest``."""

    up: SecureArray
    shift: int
    largest: float

    def matrix(self, moments: SecureArray, fraction_bits: int) -> SecureArray:
        """D·S·D."""
        pairs = self.up.reshape(-1, 1) * self.up.reshape(1, -1)
        return scaled_by(moments, pairs, -2 * self.shift, fraction_bits, _SLACK)

    def vector(self, cross: SecureArray, fraction_bits: int) -> SecureArray:
        """D·b, within 1 for targets within 1."""
        return scaled_by(cross, self.up, -self.shift, fraction_bits, _SLACK)

    def undone(self, weights: SecureArray, fraction_bits: int) -> SecureArray:
        """D·w'."""
        return scaled_by(weights, self.up, -self.shift, fraction_bits, weights.limit * self.largest)


def balance(moments: SecureArray) -> Balance:
    """The powers of two for a positive semidefinite matrix, shape (d, d)."""
    size = moments.shape[0]
    diagonal = (moments * np.eye(size, dtype=np.int64)).sum(axis=0, limit=moments.limit)
    normal = normalised(diagonal, LEAST, step=2, root=2)
    shift = normal.shift // 2
    return Balance(normal.up(2), shift, 2.0 ** (normal.span // 2 - shift))
