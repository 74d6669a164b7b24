"""Orders of rows: what drawing one means, to the bit, and the numpy variant of it.

An order of n rows is an array of n different 32-bit numbers; applied to rows x it gives x[order]. It is drawn by Fisher's and
Yates' shuffle: for ``bound`` from n down to 2, place bound - 1 is exchanged with a place below ``bound``, which the next 32 bits
u of the keystream choose as u·bound >> 32 (Lemire, ACM TOMACS 2019). Where u·bound mod 2^32 is below 2^32 mod bound, u is passed over
and the next one taken: so all places are equally likely, and all n! orders are. The halves of a word are used low one first.
"""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mpc.backends.fast.kernels.planes import Words

Order: TypeAlias = NDArray[np.uint32]

MOST_ROWS: Final = 1 << 32
_HALF: Final = MOST_ROWS - 1
_SPARE: Final = 64


def words_for(rows: int) -> int:
    """How many words nearly always suffice: about n²/2^33 of n draws are passed over."""
    return (rows + (rows * rows >> 32)) // 2 + _SPARE


def drawn(words: Words, rows: int) -> Order | None:
    """The order that the words make; None when they do not suffice."""
    halves = iter(words.astype("<u8", copy=False).view("<u4").tolist())
    order = list(range(rows))
    for bound in range(rows, 1, -1):
        while True:
            half = next(halves, None)
            if half is None:
                return None
            product = half * bound
            low = product & _HALF
            if low >= bound or low >= MOST_ROWS % bound:
                break
        order[product >> 32], order[bound - 1] = order[bound - 1], order[product >> 32]
    return np.array(order, dtype=np.uint32)


def check_order(order: Order) -> Order:
    """``order`` as the kernels need it."""
    if order.dtype != np.uint32 or order.ndim != 1:
        raise TypeError(f"an order is a vector of 32-bit numbers, not {order.dtype} {order.shape}")
    return np.ascontiguousarray(order)


def check_rows(rows: int) -> int:
    """How many rows an order can have."""
    if not 0 <= rows < MOST_ROWS:
        raise ValueError(f"{rows} rows have no order of 32-bit numbers")
    return rows


def no_row() -> IndexError:
    """What an order raises that names a row that is not there."""
    return IndexError("an order names a row that is not there")
