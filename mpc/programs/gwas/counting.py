"""How many people have which dosage, of many variants at once, from packed dosages in the clear at their owner.

A dosage's two bits (:mod:`protocol.variants`) are counted as bits: with L people whose low bit is set, H whose high bit is and B who have
both, B have no copy, H - B one, L - B are missing and the rest have two. Bytes are added as bytes, 255 people at a time, so that a
billion dosages take seconds.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from protocol.variants import EACH

_PEOPLE: Final = 255
"""Ones that a byte can add up."""
_LOW: Final = np.uint8(0b01010101)


def copies(packed: NDArray[np.uint8]) -> NDArray[np.int64]:
    """People with none, one and two copies of the counted allele, shape (variants, 3); ``packed`` has shape (people, bytes), four
    variants in a byte.
    """
    totals = np.zeros((3, packed.shape[1], EACH), dtype=np.int64)
    for start in range(0, len(packed), _PEOPLE):
        rows = packed[start : start + _PEOPLE]
        low, high = rows & _LOW, (rows >> np.uint8(1)) & _LOW
        for at, bits in enumerate((low, high, low & high)):
            for place in range(EACH):
                ones = (bits >> np.uint8(2 * place)) & np.uint8(1)
                totals[at, :, place] += ones.sum(axis=0, dtype=np.uint8)
    low_set, high_set, both = totals.reshape(3, -1)
    return np.column_stack([both, high_set - both, len(packed) - low_set - high_set + both])
