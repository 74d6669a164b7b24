"""What a protocol stack offers to secure arrays. ``mpyc`` implements it for any committee of three or more."""

from collections.abc import Sequence
from types import EllipsisType
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workers.mpc.arrays.field import Elements
from workers.mpc.arrays.headroom import Headroom

Shares: TypeAlias = Any
"""A backend's own representation of one party's shares of an array."""

_Index: TypeAlias = "int | slice | EllipsisType | NDArray[np.int64] | list[int] | None"
Key: TypeAlias = "_Index | tuple[_Index, ...]"
"""What numpy's basic and integer-array indexing takes."""


class Backend(Protocol):
    """What a protocol stack offers to :class:`SecureArray`; ``Shares`` are opaque, bounds are checked by the caller.

    Linear operations are local. ``multiply``, ``matmul`` and ``truncate`` return ``floor(x · scale / 2^shift)`` up to
    ``headroom.slack`` units, exactly when ``shift`` is 0.
    """

    headroom: Headroom

    def constant(self, values: Elements) -> Shares: ...  # noqa: D102
    def add(self, a: Shares, b: Shares) -> Shares: ...  # noqa: D102
    def subtract(self, a: Shares, b: Shares) -> Shares: ...  # noqa: D102
    def add_public(self, a: Shares, values: Elements) -> Shares: ...  # noqa: D102
    def scale(self, a: Shares, factor: Elements) -> Shares: ...  # noqa: D102
    def public_matmul(self, left: Elements, a: Shares) -> Shares: ...  # noqa: D102
    def take(self, a: Shares, key: Key) -> Shares: ...  # noqa: D102
    def reshape(self, a: Shares, shape: tuple[int, ...]) -> Shares: ...  # noqa: D102
    def transpose(self, a: Shares) -> Shares: ...  # noqa: D102
    def concatenate(self, parts: Sequence[Shares], axis: int) -> Shares: ...  # noqa: D102
    def sum(self, a: Shares, axis: int | None) -> Shares: ...  # noqa: D102

    def multiply(self, a: Shares, b: Shares, shape: tuple[int, ...], scale: int, shift: int) -> Shares:
        """Elementwise product with broadcasting, one round."""
        ...

    def matmul(self, a: Shares, b: Shares, shape: tuple[int, ...], scale: int, shift: int) -> Shares:
        """Matrix product, one round for the whole result."""
        ...

    def truncate(self, a: Shares, shape: tuple[int, ...], factor: Elements, shift: int) -> Shares:
        """``a · factor / 2^shift``, one round."""
        ...

    def at_least(self, a: Shares, shape: tuple[int, ...], thresholds: Elements, bits: int) -> Shares:
        """Bits [a >= t], shape ``(thresholds, *shape)``; |a - t| < 2^(bits - 1) for all of them."""
        ...

    def is_zero(self, a: Shares, shape: tuple[int, ...], bits: int) -> Shares:
        """Bits [a = 0]; |a| < 2^(bits - 1)."""
        ...

    async def settle(self, a: Shares) -> None:
        """Wait until this party holds the shares."""
        ...

    async def open(self, a: Shares, shape: tuple[int, ...]) -> Elements:
        """Reveal to the whole committee, as signed integers, after checking that all shares agree."""
        ...

    async def export(self, a: Shares, shape: tuple[int, ...]) -> bytes:
        """The canonical bytes of freshly reshared shares, for release to result users."""
        ...

    def share(self, values: Elements | None, shape: tuple[int, ...], owner: int) -> Shares:
        """Deal party ``owner``'s signed integers; everyone else passes None."""
        ...
