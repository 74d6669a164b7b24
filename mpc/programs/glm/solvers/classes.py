"""Class weights, scikit-learn's: given, or balanced on shares without anybody learning the classes' sizes.

Balanced weights are rows/(2·rows of the class). A class with less than 1/128 of the rows counts as that many.
"""

from dataclasses import dataclass
from typing import Final, Literal

from mpc.arrays.interface import SecureArray
from mpc.functions.extremes import clip
from mpc.functions.reciprocal import reciprocal

_LEAST_SHARE: Final = 2.0**-7
_BITS: Final = 16
_SHARE_BITS: Final = 26
_BALANCED_LIMIT: Final = 64.1


@dataclass(frozen=True, slots=True)
class ClassWeights:
    """``kind`` none, given (with the two weights) or balanced."""

    kind: Literal["none", "given", "balanced"]
    negative: float = 1.0
    positive: float = 1.0

    @property
    def limit(self) -> float:
        """The largest weight."""
        return {"none": 1.0, "given": max(self.negative, self.positive), "balanced": _BALANCED_LIMIT}[self.kind]

    def of(self, labels: list[SecureArray], rows: int) -> list[SecureArray] | None:
        """A weight for every row, given the labels of all blocks; None where all are 1."""
        if self.kind == "none":
            return None
        if self.kind == "given":
            return [
                label.multiply(self.positive - self.negative, fraction_bits=_BITS) + self.negative for label in labels
            ]
        positives = labels[0].sum()
        for label in labels[1:]:
            positives = positives + label.sum()
        share = positives.within(rows, because="a count of rows").multiply(1 / rows, fraction_bits=_SHARE_BITS)
        share = clip(share.within(1.001, because="a share of the rows"), _LEAST_SHARE, 1 - _LEAST_SHARE)
        floor = _LEAST_SHARE * 0.99
        high = reciprocal(share, floor=floor, fraction_bits=_BITS + 1).shifted_down(1).rescaled(_BITS)
        low = reciprocal(1 - share, floor=floor, fraction_bits=_BITS + 1).shifted_down(1).rescaled(_BITS)
        return [(label * (high - low) + low).within(self.limit, because="one of the two weights") for label in labels]
