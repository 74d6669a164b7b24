"""Matrix products of the compiled variants: which operand is packed how, in blocks that bound the memory used beside the result."""

from typing import Final

import numpy as np

from mpc.backends.fast.kernels.native_calls import NativeCalls, address
from mpc.backends.fast.kernels.planes import Planes, Words, product_shape

_ROWS: Final = 1024
_INNER: Final = 2048
_COLUMNS: Final = 1024
_WORD: Final = 8


def matmul(c: NativeCalls, a: Planes, b: Planes) -> Planes:
    """See the package; packs blocks of at most 2048 by 1024 elements of each operand."""
    rows, inner, columns, shape = product_shape(a.shape[1:], b.shape[1:])
    if not rows * inner * columns:
        return np.zeros((2, *shape), dtype=np.uint64)
    out = np.empty((2, rows, columns), dtype=np.uint64)
    if columns == 1:
        c.rows_vector(address(a), address(b), address(out), rows, inner)
    elif rows == 1:
        c.vector_rows(address(a), address(b), address(out), inner, columns)
    else:
        _blocks(c, a.reshape(2, rows, inner), b.reshape(2, inner, columns), out)
    return out.reshape(2, *shape)


def _blocks(c: NativeCalls, a: Planes, b: Planes, out: Planes) -> None:
    rows, inner, columns = a.shape[1], a.shape[2], b.shape[2]
    deep, high, wide = min(inner, _INNER), min(rows, _ROWS), min(columns, _COLUMNS)
    left, right = _aligned(c.panel_words(deep, high)), _aligned(c.panel_words(deep, wide))
    for column in range(0, columns, wide):
        width = min(wide, columns - column)
        for start in range(0, inner, deep):
            depth = min(deep, inner - start)
            from_b = address(b) + _WORD * (start * columns + column)
            c.pack_panels(from_b, inner * columns, columns, 1, depth, width, address(right))
            for row in range(0, rows, high):
                height = min(high, rows - row)
                from_a = address(a) + _WORD * (row * inner + start)
                c.pack_panels(from_a, rows * inner, 1, inner, depth, height, address(left))
                to = address(out) + _WORD * (row * columns + column)
                operands = (address(left), height, address(right), width, depth)
                c.product(*operands, 0, to, rows * columns, columns, int(start > 0))


class NativePacked:
    """A matrix (2, m, k) and, once needed, its panels by columns (for products with a.T) and by rows (for products with a)."""

    def __init__(self, c: NativeCalls, a: Planes) -> None:
        if a.ndim != 3:
            raise ValueError(f"planes of shape {a.shape} are no matrix")
        self._c: Final = c
        self._a: Final = a
        self._by_row: Words | None = None
        self._by_column: Words | None = None

    def matmul(self, b: Planes) -> Planes:
        """The product a @ b."""
        rows, inner = self._a.shape[1:]
        columns, shape = self._check(rows, inner, b)
        b = np.ascontiguousarray(b)
        if not rows * inner * columns:
            return np.zeros((2, *shape), dtype=np.uint64)
        out = np.empty((2, *shape), dtype=np.uint64)
        if columns == 1 and not self._c.has_vector_product:
            self._c.rows_vector(address(self._a), address(b), address(out), rows, inner)
            return out
        if self._by_row is None:
            self._by_row = self._panels(inner, rows, 1, inner)
        self._times(self._by_row, rows, inner, b, columns, out)
        return out

    def t_matmul(self, b: Planes) -> Planes:
        """The product a.T @ b."""
        inner, rows = self._a.shape[1:]
        columns, shape = self._check(rows, inner, b)
        b = np.ascontiguousarray(b)
        if not rows * inner * columns:
            return np.zeros((2, *shape), dtype=np.uint64)
        out = np.empty((2, *shape), dtype=np.uint64)
        if columns == 1 and not self._c.has_vector_product:
            self._c.vector_rows(address(b), address(self._a), address(out), inner, rows)
            return out
        self._times(self._columns(), rows, inner, b, columns, out)
        return out

    def gram(self) -> Planes:
        """The product a.T @ a, only its upper half computed."""
        inner, side = self._a.shape[1:]
        out = np.zeros((2, side, side), dtype=np.uint64)
        if side and inner:
            panels = address(self._columns())
            self._c.product(panels, side, panels, side, inner, 1, address(out), side * side, side, 0)
        return out

    @staticmethod
    def _check(rows: int, inner: int, b: Planes) -> tuple[int, tuple[int, ...]]:
        if b.dtype != np.uint64 or b.shape[0] != 2:
            raise TypeError(f"field elements are uint64 arrays of shape (2, ...), not {b.dtype} {b.shape}")
        _, _, columns, shape = product_shape((rows, inner), b.shape[1:])
        return columns, shape

    def _columns(self) -> Words:
        if self._by_column is None:
            inner, side = self._a.shape[1:]
            self._by_column = self._panels(inner, side, side, 1)
        return self._by_column

    def _panels(self, depth: int, width: int, row: int, column: int) -> Words:
        panels = _aligned(self._c.panel_words(depth, width))
        plane = self._a.shape[1] * self._a.shape[2]
        self._c.pack_panels(address(self._a), plane, row, column, depth, width, address(panels))
        return panels

    def _times(self, panels: Words, rows: int, inner: int, b: Planes, columns: int, out: Planes) -> None:
        """Set out to (matrix of the panels, inner by rows, transposed) @ b."""
        c = self._c
        if columns == 1:
            c.vector_product(address(b), address(panels), rows, inner, address(out))
            return
        wide = min(columns, _COLUMNS)
        right = _aligned(c.panel_words(inner, wide))
        for column in range(0, columns, wide):
            width = min(wide, columns - column)
            from_b = address(b) + _WORD * column
            c.pack_panels(from_b, inner * columns, columns, 1, inner, width, address(right))
            to = address(out) + _WORD * column
            c.product(address(panels), rows, address(right), width, inner, 0, to, rows * columns, columns, 0)


def _aligned(words: int) -> Words:
    """Uninitialised words from a cache line's start on."""
    raw = np.empty(words + 7, dtype=np.uint64)
    skip = -(raw.ctypes.data // 8) % 8
    return raw[skip : skip + words]
