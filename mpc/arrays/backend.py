"""What a protocol stack offers to secure arrays.

Those of this release are in :mod:`mpc.backends.choice`. Programs do not know which one runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import EllipsisType
from typing import Any, Protocol, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from mpc.arrays.fixedpoint import Integers
from mpc.arrays.headroom import Headroom
from protocol.backends import BackendFacts
from protocol.statements import MpcParameters

Shares: TypeAlias = Any
"""A backend's own representation of one party's shares of an array."""

_Index: TypeAlias = "int | slice | EllipsisType | NDArray[np.int64] | list[int] | None"
Key: TypeAlias = "_Index | tuple[_Index, ...]"
"""What numpy's basic and integer-array indexing takes."""


@dataclass(frozen=True, slots=True)
class SineSeries:
    """An odd trigonometric polynomial on raw integers; everything in it is public."""

    period_bits: int
    coefficients: tuple[float, ...]
    fraction_bits: int


@dataclass(frozen=True, slots=True)
class Line:
    """``z / 2^shift`` of raw integers, read with so many fraction bits: a curve that is straight."""

    shift: int
    fraction_bits: int


Curve: TypeAlias = SineSeries | Line


@dataclass(frozen=True, slots=True)
class Clip:
    """Where a curve gives way to constants: raw arguments z with z / 2^shift, rounded either way, beyond ±``edge``.

    ``tail``, in units of the result, is what stands for the curve above; below it is ``-tail``.
    """

    shift: int
    edge: int
    tail: int


@dataclass(slots=True)
class Traffic:
    """What this party has sent so far, payload only, and what may have gone wrong.

    ``failure`` is the probability that any truncation or comparison so far came out wrong, summed over elements.
    """

    bytes_sent: int = 0
    elements_opened: int = 0
    operations: int = 0
    rounds: int = 0
    failure: float = 0.0


class Backend(Protocol):
    """What a protocol stack offers to :class:`SecureArray`; ``Shares`` are opaque, bounds are checked by the caller.

    Linear operations are local. ``multiply``, ``matmul`` and ``truncate`` return ``floor(x · scale / 2^shift)`` up to
    ``headroom.slack`` units, exactly when ``shift`` is 0; ``bound`` is a proven bound of |x · scale| before the shift.
    """

    @property
    def facts(self) -> BackendFacts:
        """Which stack the committee computes with."""
        ...

    @property
    def parameters(self) -> MpcParameters:
        """What secrecy rests on in this run, for evidence: what the code computes with, not what it was meant to."""
        ...

    headroom: Headroom
    traffic: Traffic

    def constant(self, values: Integers) -> Shares: ...  # noqa: D102
    def add(self, a: Shares, b: Shares) -> Shares: ...  # noqa: D102
    def subtract(self, a: Shares, b: Shares) -> Shares: ...  # noqa: D102
    def add_public(self, a: Shares, values: Integers) -> Shares: ...  # noqa: D102
    def scale(self, a: Shares, factor: Integers) -> Shares: ...  # noqa: D102
    def public_matmul(self, left: Integers, a: Shares) -> Shares: ...  # noqa: D102
    def take(self, a: Shares, key: Key) -> Shares: ...  # noqa: D102
    def reshape(self, a: Shares, shape: tuple[int, ...]) -> Shares: ...  # noqa: D102
    def transpose(self, a: Shares) -> Shares: ...  # noqa: D102
    def concatenate(self, parts: Sequence[Shares], axis: int) -> Shares: ...  # noqa: D102
    def sum(self, a: Shares, axis: int | None) -> Shares: ...  # noqa: D102
    def running_sums(self, a: Shares, axis: int) -> Shares: ...  # noqa: D102

    def multiply(self, a: Shares, b: Shares, shape: tuple[int, ...], scale: int, shift: int, bound: int) -> Shares:
        """Elementwise product with broadcasting, one round."""
        ...

    def matmul(self, a: Shares, b: Shares, shape: tuple[int, ...], scale: int, shift: int, bound: int) -> Shares:
        """Matrix product, one round for the whole result."""
        ...

    def truncate(self, a: Shares, shape: tuple[int, ...], factor: Integers, shift: int, bound: int) -> Shares:
        """``a · factor / 2^shift``, one round."""
        ...

    def at_least(self, a: Shares, shape: tuple[int, ...], thresholds: Integers, bits: int) -> Shares:
        """Bits [a >= t], shape ``(thresholds, *shape)``; |a - t| < 2^(bits - 1) for all of them."""
        ...

    def sine_series(
        self, a: Shares, b: Shares | None, shape: tuple[int, ...], series: SineSeries, bound: int
    ) -> Shares:
        """``sum_k coefficients[k-1] · sin(2πk·z / 2^period_bits)`` for raw integers z = a @ b (b None: z = a), |z| <= bound.

        The result is a fixed-point array with ``series.fraction_bits``; z itself is never truncated.
        """
        ...

    def shuffle(self, a: Shares, shape: tuple[int, ...]) -> Shares:
        """The entries along axis 0 in a uniformly random order that no party knows."""
        ...

    def permute(self, a: Shares, shape: tuple[int, ...], by: int, order: Integers | None) -> Shares:
        """The rows a[order], an order of all rows that compute party ``by`` alone knows; the others give None."""
        ...

    async def order(self, a: Shares, count: int, bits: int) -> Integers:
        """The positions of ``count`` distinct numbers |a| < 2^(bits - 2) in ascending order, known to the whole committee.

        Only for numbers in an order that nobody knows: what is opened is as uniform as that. An owner outside learns nothing and
        gets any order.
        """
        ...

    def is_zero(self, a: Shares, shape: tuple[int, ...], bits: int) -> Shares:
        """Bits [a = 0]; |a| < 2^(bits - 1)."""
        ...

    async def settle(self, a: Shares) -> None:
        """Wait until this party holds the shares."""
        ...

    async def open(self, a: Shares, shape: tuple[int, ...]) -> Integers:
        """Reveal to the whole committee, as signed integers, after checking that all shares agree."""
        ...

    async def export(self, a: Shares, shape: tuple[int, ...]) -> bytes:
        """The canonical bytes of freshly reshared shares, for release to result users."""
        ...

    def restore(self, data: bytes, shape: tuple[int, ...]) -> Shares:
        """The shares of this party from what :meth:`export` gave it in an earlier run of the same committee."""
        ...

    def share(self, values: Integers | None, shape: tuple[int, ...], owner: int) -> Shares:
        """Deal party ``owner``'s signed integers; everyone else passes None."""
        ...


class ClippingBackend(Protocol):
    """A backend that has a curve with its tails as one protocol; for others it is put together from the operations above."""

    def clipped(self, a: Shares, b: Shares, shape: tuple[int, ...], curve: Curve, clip: Clip, bound: int) -> Shares:
        """``tail`` more than the curve of z = a @ b where it is inside, 2·tail above, 0 below; |z| <= bound."""
        ...


def clipping(backend: Backend) -> ClippingBackend | None:
    """The backend, if it has that protocol. (``isinstance`` of a protocol class costs more than a small kernel.)"""
    return cast("ClippingBackend", backend) if getattr(backend, "clipped", None) is not None else None


class SteppingBackend(Protocol):
    """A backend that sums weights of the thresholds a number reaches without sharing each answer; others share and add up."""

    def step_functions(
        self, a: Shares, shape: tuple[int, ...], thresholds: Integers, weights: Integers, bits: int
    ) -> Shares:
        """``weights @ [a >= thresholds]``, shape ``(len(weights), *shape)``; |a - t| < 2^(bits - 1), and sums of |weights| below 2^61."""
        ...


def stepping(backend: Backend) -> SteppingBackend | None:
    """The backend, if it has that protocol."""
    return cast("SteppingBackend", backend) if getattr(backend, "step_functions", None) is not None else None


class AddingBackend(Protocol):
    """A backend that adds an array to a matrix product before the one truncation of both; for others that takes a round more."""

    def matmul_add(
        self,
        a: Shares,
        b: Shares,
        c: Shares,
        shape: tuple[int, ...],
        scale: int,
        factor: Integers,
        shift: int,
        bound: int,
    ) -> Shares:
        """``floor(((a @ b) · scale + c · factor) / 2^shift)`` as other products, one round; ``bound`` is that of the sum."""
        ...


def adding(backend: Backend) -> AddingBackend | None:
    """The backend, if it has that protocol."""
    return cast("AddingBackend", backend) if getattr(backend, "matmul_add", None) is not None else None
