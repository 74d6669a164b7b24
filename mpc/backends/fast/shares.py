"""One party's shares of an array: planes, layouts packed for repeated products, and cached row slices."""

from collections.abc import Callable
from typing import Final

import numpy as np

from mpc.arrays.backend import Key
from mpc.backends.fast import kernels
from mpc.backends.fast.flow import Pending
from mpc.backends.fast.kernels import Planes

_SLICES_HELD: Final = 2
"""Cached row slices hold at most this many times the rows of their matrix."""


class FastShares(Pending[Planes]):
    """Planes ``(2, *shape)``; of a matrix that is used in several products also the packed layouts, built once."""

    __slots__ = ("_packed", "_slices", "_used")

    def __init__(self) -> None:
        super().__init__()
        self._packed: kernels.Packed | None = None
        self._slices: dict[tuple[int, int], FastShares] | None = None
        self._used = False

    @property
    def base(self) -> "FastShares":
        """What must be there before :meth:`times`."""
        return self

    def times(self, other: "FastShares") -> Planes:
        """The local product ``self @ other``; both are there. A matrix is packed from its second product on."""
        planes = self.get()
        if planes.ndim == 3 and self._used:
            return self.packed().matmul(other.get())
        self._used = True
        return kernels.matmul(planes, other.get())

    def packed(self) -> kernels.Packed:
        """The packed layouts."""
        if self._packed is None:
            self._packed = kernels.Packed(self.get())
        return self._packed

    def rows(self, start: int, stop: int, length: int, cut: "Callable[[], FastShares]") -> "FastShares":
        """The cached slice of rows, so that a batch seen again in the next epoch is packed already.

        ``cut`` makes a new one; the oldest go when more than :data:`_SLICES_HELD` times ``length`` rows are held.
        """
        held = self._slices = self._slices if self._slices is not None else {}
        found = held.get((start, stop))
        if found is None:
            found = held[start, stop] = cut()
            while sum(end - begin for begin, end in held) > _SLICES_HELD * length and len(held) > 1:
                del held[next(iter(held))]
        return found


class Transposed(FastShares):
    """The transpose of a matrix: products use the matrix's own packed layouts, everything else a copy made on demand."""

    __slots__ = ("_copy", "of")

    def __init__(self, of: FastShares) -> None:
        super().__init__()
        self.of: Final = of
        self._copy: Planes | None = None

    @property
    def base(self) -> FastShares:
        """The matrix."""
        return self.of

    @property
    def done(self) -> bool:
        """As the matrix's."""
        return self.of.done

    def get(self) -> Planes:
        """The transposed planes."""
        if self._copy is None:
            self._copy = np.ascontiguousarray(self.of.get().transpose(0, *range(self.of.get().ndim - 1, 0, -1)))
        return self._copy

    def when_done(self, callback: Callable[[], None]) -> None:
        """As the matrix's."""
        self.of.when_done(callback)

    def times(self, other: FastShares) -> Planes:
        """``of.T @ other``; ``of.T @ of`` at half the price."""
        if self.of.get().ndim != 3:
            return kernels.matmul(self.get(), other.get())
        return self.of.packed().gram() if other is self.of else self.of.packed().t_matmul(other.get())


def taken(planes: Planes, key: Key) -> Planes:
    """``a[key]`` of planes, contiguous; every key numpy takes, whatever its axes become."""
    if isinstance(key, int | slice):
        return np.ascontiguousarray(planes[:, key])
    return np.stack([planes[0][key], planes[1][key]])


def broadcast(planes: Planes, shape: tuple[int, ...]) -> Planes:
    """Planes of the broadcast shape."""
    own = planes.shape[1:]
    if own == shape:
        return planes
    wide = planes.reshape(2, *(1,) * (len(shape) - len(own)), *own)
    return np.ascontiguousarray(np.broadcast_to(wide, (2, *shape)))
