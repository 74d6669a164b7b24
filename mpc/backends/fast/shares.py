"""One party's shares of an array: planes, layouts packed for repeated products, and cached row slices.

Packed layouts are twice as large as the matrix, for a product with a vector that is up to three times as fast. So a process keeps them up to
:data:`PACKED_BYTES` for all its matrices together; beyond, products with vectors read the planes, and others pack for one product.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from mpc.arrays.backend import Key
from mpc.backends.fast import kernels
from mpc.backends.fast.flow import Pending
from mpc.backends.fast.kernels import Planes

_SLICES_HELD: Final = 2
"""Cached row slices hold at most this many times the rows of their matrix."""


PACKED_BYTES: Final = 1 << 29
_LAYOUTS: Final = 2


class Room:
    """How many bytes of packed layouts are kept, of ``most``."""

    __slots__ = ("most", "taken")

    def __init__(self, most: int) -> None:
        self.most, self.taken = most, 0


class _Kept:
    """A matrix with both its layouts, whose bytes are taken while it lives (as AVX-512 packs; other variants take up to 2.25 times that)."""

    __slots__ = ("_bytes", "_room", "matrix")

    def __init__(self, planes: Planes, room: Room) -> None:
        self._bytes, self._room = _LAYOUTS * planes.nbytes, room
        self.matrix: Final = kernels.Packed(planes)
        room.taken += self._bytes

    def __del__(self) -> None:
        self._room.taken -= self._bytes

    @staticmethod
    def fits(planes: Planes, room: Room) -> bool:
        """Whether there is room for one more."""
        return room.taken + _LAYOUTS * planes.nbytes <= room.most


ROOM: Final = Room(PACKED_BYTES)
"""This process's."""


class FastShares(Pending[Planes]):
    """Planes ``(2, *shape)``; of a matrix that is used in several products also the packed layouts, built once."""

    __slots__ = ("_packed", "_slices", "_used")

    def __init__(self) -> None:
        super().__init__()
        self._packed: _Kept | None = None
        self._slices: dict[tuple[int, int], FastShares] | None = None
        self._used = False

    @property
    def base(self) -> "FastShares":
        """What must be there before :meth:`times`."""
        return self

    def times(self, other: "FastShares") -> Planes:
        """The local product ``self @ other``; both are there. A matrix is packed from its second product on."""
        planes = self.get()
        packed = self.packed() if planes.ndim == 3 and self._used else None
        self._used = True
        return kernels.matmul(planes, other.get()) if packed is None else packed.matmul(other.get())

    def packed(self) -> kernels.Packed | None:
        """The packed layouts, once there is room for them; None while there is not."""
        if self._packed is None and _Kept.fits(self.get(), ROOM):
            self._packed = _Kept(self.get(), ROOM)
        return None if self._packed is None else self._packed.matrix

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
        planes = self.of.get()
        if planes.ndim != 3:
            return kernels.matmul(self.get(), other.get())
        right, packed = other.get(), self.of.packed()
        if packed is None and right.ndim == 2:
            return kernels.matmul(right, planes)
        packed = kernels.Packed(planes) if packed is None else packed
        return packed.gram() if other is self.of else packed.t_matmul(right)


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
