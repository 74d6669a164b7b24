"""Matrix products in float64 matrix multiplications, exactly.

An element is split into five digits of 21 bits in [-2^20, 2^20]. Digit products with equal weight 2^(21 s) are summed by one
product whose inner length is up to 5·1600: at most 8000·2^40 < 2^53, so every float64 partial sum is an integer without
rounding, whatever the order in which the BLAS library adds. The nine sums are put together in 64-bit integers.
"""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mpc.backends.fast.kernels import numpy_field as field
from mpc.backends.fast.kernels.planes import Integers, Planes, planes, product_shape

_Floats: TypeAlias = NDArray[np.float64]

_DIGITS: Final = 5
_WIDTH: Final = 21
_DIGIT_MASK: Final = (1 << _WIDTH) - 1
_MIDDLE: Final = 1 << (_WIDTH - 1)
_INNER: Final = 1600
_ROWS: Final = 8192


def matmul(a: Planes, b: Planes) -> Planes:
    """See the package; rows are handled in blocks so that the digits of a tall matrix never exist at once."""
    a, b = planes(a), planes(b)
    rows, inner, columns, shape = product_shape(a.shape[1:], b.shape[1:])
    left, right = a.reshape(2, rows, inner), b.reshape(2, inner, columns)
    out = np.empty((2, rows, columns), dtype=np.uint64)
    for start in range(0, rows, _ROWS):
        part = slice(start, start + _ROWS)
        block = left[:, part]
        out[:, part] = _product(block.shape[1], [_left(block[:, :, at : at + _INNER]) for at in _starts(inner)], right)
    return out.reshape(2, *shape)


class NumpyPacked:
    """The digits of a matrix, 40 bytes an element for each layout that was used."""

    def __init__(self, a: Planes) -> None:
        self._a = planes(a)
        if self._a.ndim != 3:
            raise ValueError(f"planes of shape {self._a.shape} are no matrix")
        self._rows: list[_Floats] | None = None
        self._columns: list[_Floats] | None = None

    def matmul(self, b: Planes) -> Planes:
        """The product a @ b."""
        if self._rows is None:
            self._rows = [_left(self._a[:, :, at : at + _INNER]) for at in _starts(self._a.shape[2])]
        return self._times(self._rows, (self._a.shape[1], self._a.shape[2]), b)

    def t_matmul(self, b: Planes) -> Planes:
        """The product a.T @ b."""
        if self._columns is None:
            turned = self._a.transpose(0, 2, 1)
            self._columns = [_left(turned[:, :, at : at + _INNER]) for at in _starts(self._a.shape[1])]
        return self._times(self._columns, (self._a.shape[2], self._a.shape[1]), b)

    def gram(self) -> Planes:
        """The product a.T @ a."""
        return self.t_matmul(self._a)

    @staticmethod
    def _times(left: list[_Floats], shape: tuple[int, int], b: Planes) -> Planes:
        b = planes(b)
        rows, inner, columns, result = product_shape(shape, b.shape[1:])
        return _product(rows, left, b.reshape(2, inner, columns)).reshape(2, *result)


def _starts(inner: int) -> range:
    return range(0, inner, _INNER)


def _left(a: Planes) -> _Floats:
    """(rows, 5·inner): the digits beside each other, lowest first."""
    rows, inner = a.shape[1:]
    out = np.empty((rows, _DIGITS, inner), dtype=np.float64)
    _digits(a, out.transpose(1, 0, 2))
    return out.reshape(rows, _DIGITS * inner)


def _right(b: Planes) -> _Floats:
    """(5·inner, columns): the digits below each other, highest first."""
    inner, columns = b.shape[1:]
    out = np.empty((_DIGITS, inner, columns), dtype=np.float64)
    _digits(b, out[::-1])
    return out.reshape(_DIGITS * inner, columns)


def _digits(a: Planes, out: _Floats) -> None:
    """Balanced digits: a digit of 2^20 or more takes 2^21 from the next one; the last has 20 bits and absorbs its carry."""
    parts = (
        a[0] & _DIGIT_MASK,
        (a[0] >> 21) & _DIGIT_MASK,
        (a[0] >> 42) | ((a[1] & 0x7FF) << 10),
        (a[1] >> 11) & _DIGIT_MASK,
        a[1] >> 32,
    )
    carry = np.zeros(a.shape[1:], dtype=np.int64)
    for place, part in enumerate(parts):
        digit = part.astype(np.int64) + carry
        carry = (digit >= _MIDDLE).astype(np.int64) if place < _DIGITS - 1 else np.zeros_like(carry)
        out[place] = digit - (carry << _WIDTH)


def _product(rows: int, left: list[_Floats], b: Planes) -> Planes:
    columns = b.shape[2]
    total = np.zeros((2, rows * columns), dtype=np.uint64)
    for number, lefts in enumerate(left):
        start = number * _INNER
        sums = _sums(lefts, _right(b[:, start : start + _INNER]))
        for part in field.blocks(rows * columns):
            here = _element([one[part] for one in sums])
            total[0, part], total[1, part] = field.add(field.pair(total, part), here)
    return total.reshape(2, rows, columns)


def _sums(left: _Floats, right: _Floats) -> list[_Floats]:
    """For s = 0..8 the flat sum of all digit products of weight 2^(21 s), as exact float64 integers."""
    inner = right.shape[0] // _DIGITS
    found: list[_Floats] = []
    for s in range(2 * _DIGITS - 1):
        first, last = max(0, s - _DIGITS + 1), min(_DIGITS - 1, s)
        # left digits first..last meet right digits s - first down to s - last: neighbours in both layouts
        top = _DIGITS - 1 - (s - first)
        product = left[:, first * inner : (last + 1) * inner] @ right[top * inner : (top + last - first + 1) * inner]
        found.append(product.reshape(-1))
    return found


def _element(sums: list[_Floats]) -> field.Pair:
    """Weight 2^105 is 34 modulo p; signed carries are propagated until the value lies in [0, 2^105)."""
    low = [one.astype(np.int64) for one in sums]
    digits: list[Integers] = [
        low[place] + 34 * low[place + _DIGITS] if place < _DIGITS - 1 else low[place] for place in range(_DIGITS)
    ]
    for _ in range(3):
        for place in range(_DIGITS - 1):
            digits[place + 1] += digits[place] >> _WIDTH
            digits[place] &= _DIGIT_MASK
        digits[0] += 34 * (digits[-1] >> _WIDTH)
        digits[-1] &= _DIGIT_MASK
    d0, d1, d2, d3, d4 = (digit.view(np.uint64) for digit in digits)
    return field.fold(d0 + (d1 << 21) + ((d2 & 0x3FF) << 42), (d2 >> 10) + (d3 << 11) + (d4 << 32))
