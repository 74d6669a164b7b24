"""The public facts of a boosting run, and with how many digits its numbers are held.

Gradients g and Hessians h have ``bits`` fraction bits. Sums over n training rows are exact: |G| <= n·``steepest``, H <= n. For squared loss
h = 1, so |G/(H + λ)| <= ``steepest``. For log loss a child of a split has H >= min_child_weight, so with F the largest power of two up to
min_child_weight + λ, |G/(H + λ)| <= n/F; below F the quotient is 0 (:mod:`mpc.functions.reciprocal`). Products of long numbers go in halves
(:func:`mpc.programs.precision.product`), so that nothing overflows and the relative error of G²/(H + λ) is that of a reciprocal, 2^-24.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from mpc.arrays.backend import Backend
from protocol.errors import RangeError

Loss: TypeAlias = Literal["logistic", "squared"]
_BITS: Final = {"logistic": 20, "squared": 26}
_LEAST_BITS: Final = 12
_GAIN_BITS: Final = 20
_QUOTIENT_BITS: Final = 36
STEEPEST: Final = {"logistic": 1.01, "squared": 4.0}
"""Bounds of |gradient|: a probability within its error, less a bit; residuals beyond 4 times the label's unit count as that."""


@dataclass(frozen=True, slots=True)
class Problem:
    """``rows`` train; there are ``candidates`` splits, the first of which is none. ``least_rows`` every leaf has.

    Labels of squared loss are in units of 2^``unit``.
    """

    loss: Loss
    rows: int
    candidates: int
    trees: int
    depth: int
    rate: float
    penalty: float
    least_weight: float
    least_gain: float
    least_rows: int
    unit: int
    room: int

    @property
    def logistic(self) -> bool:
        """Whether labels are classes."""
        return self.loss == "logistic"

    @property
    def steepest(self) -> float:
        """Bound of |gradient|."""
        return STEEPEST[self.loss]

    @property
    def floor(self) -> float:
        """The least H + λ that is divided by."""
        return 2.0 ** math.floor(math.log2(max(self.least_weight, 0.0 if self.logistic else 1.0) + self.penalty))

    @property
    def heaviest(self) -> float:
        """Bound of |G/(H + λ)|."""
        return self.rows * self.steepest / self.floor if self.logistic else self.steepest

    @property
    def weight(self) -> float:
        """Bound of H + λ."""
        return self.rows + self.penalty

    @property
    def bits(self) -> int:
        """Fraction bits of gradients, leaves and scores: a numerator scaled to its divisor's power of two fits."""
        longest = self.room - 4 - _log(self.heaviest) - _log(self.weight)
        return min(_BITS[self.loss], longest)

    @property
    def quotient_bits(self) -> int:
        """Fraction bits of G/(H + λ)."""
        return min(_QUOTIENT_BITS, self.room - 5 - _log(self.heaviest))

    @property
    def gain(self) -> float:
        """Bound of G²/(H + λ)."""
        return self.rows * self.steepest * self.heaviest

    @property
    def gain_bits(self) -> int:
        """Fraction bits of gains: sums and differences of three can be compared."""
        return min(_GAIN_BITS, self.room - 8 - _log(3 * self.gain))

    def check(self) -> None:
        """Refuse what leaves too few digits (``boost.too_many_rows``)."""
        if self.bits < _LEAST_BITS or self.gain_bits < 0:
            raise RangeError(
                "boost.too_many_rows",
                f"{self.rows} rows with so small a least weight of a leaf leave gradients {max(0, self.bits)} binary places.",
                "Use fewer rows, a larger lambda or a larger min_child_weight.",
            )


def room_of(backend: Backend) -> int:
    """Binary places of a committee's numbers."""
    return backend.headroom.length


def _log(number: float) -> int:
    return math.ceil(math.log2(max(number, 1.0)))
