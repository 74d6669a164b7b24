"""Secret-shared arrays with numpy's look: ``+ - * @ / abs ** < == & | ^ ~``, indexing, sums.

Every array carries its *fraction bits* f (the raw integer is value·2^f; f = 0 for counts and bits) and a *bound* on
|raw|. Each operation derives the bound of its result and refuses what could leave the headroom (``arrays.overflow``):
nothing overflows silently (I12). Where interval arithmetic is too coarse a program states a tighter bound together with
its proof, through ``limit=``.

The result of ``a * b`` and ``a @ b`` has the larger of the two fraction lengths; the product is truncated by the smaller,
in the same round. Operations return at once and run as their inputs arrive; awaiting :meth:`SecureArray.settled` waits.
All parties must issue the same operations in the same order.

A secret has no truth value, is no index and no divisor: those raise TypeError and name what to use.
"""

import math
from collections.abc import Iterator
from types import EllipsisType
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mpc.arrays import fixedpoint, operands
from mpc.arrays.backend import Backend, Clip, Curve, Line, Shares, SineSeries, adding, clipping, stepping
from mpc.arrays.fixedpoint import Integers, integers
from mpc.arrays.headroom import Headroom
from mpc.arrays.operands import Shape, encoded, fits, public
from protocol.errors import RangeError

Operand: TypeAlias = "SecureArray | ArrayLike"
_Index: TypeAlias = "int | slice | EllipsisType | NDArray[np.int64] | NDArray[np.bool_] | list[int] | list[bool] | None"
Index: TypeAlias = "_Index | tuple[_Index, ...]"
"""What numpy indexes with: integers, slices, ``...``, None, integer arrays and public boolean masks."""


class SecureArray:
    """An array of which every party holds one share of each entry. Immutable."""

    __array_ufunc__ = None
    __slots__ = ("backend", "bound", "fraction_bits", "shape", "shares")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, backend: Backend, shares: Shares, shape: Shape, fraction_bits: int, bound: int) -> None:
        self.backend = backend
        self.shares = shares
        self.shape = shape
        self.fraction_bits = fraction_bits
        self.bound = bound
        fits(backend.headroom, bound, "The array")

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def limit(self) -> float:
        """The declared bound of |value| as a real number."""
        return self.bound / 2**self.fraction_bits

    @property
    def T(self) -> "SecureArray":
        """Transpose."""
        return self._with(self.backend.transpose(self.shares), self.shape[::-1], self.bound)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array without dimensions has no length")
        return self.shape[0]

    def __iter__(self) -> "Iterator[SecureArray]":
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"SecureArray(shape={self.shape}, fraction_bits={self.fraction_bits}, limit={self.limit:g})"

    def __bool__(self) -> bool:
        raise TypeError("a secret has no truth value here; use where()")

    def __index__(self) -> int:
        raise TypeError("a secret is no index; use mpc.functions.order.take with a one-hot vector")

    def __float__(self) -> float:
        raise TypeError("a secret is no number here; programs open what they declare through the step's context")

    # -- linear, local -------------------------------------------------------------------------------------------

    def __add__(self, other: Operand) -> "SecureArray":
        if not isinstance(other, SecureArray):
            return self._plus(encoded(other, self.fraction_bits, self.backend.headroom))
        a, b = _aligned(self, other)
        shape = np.broadcast_shapes(a.shape, b.shape)
        return a._with(a.backend.add(a.shares, b.shares), shape, a.bound + b.bound)

    __radd__ = __add__

    def __neg__(self) -> "SecureArray":
        return self._with(self.backend.scale(self.shares, integers(-1)), self.shape, self.bound)

    def __pos__(self) -> "SecureArray":
        return self

    def __sub__(self, other: Operand) -> "SecureArray":
        if not isinstance(other, SecureArray):
            return self._plus(-encoded(other, self.fraction_bits, self.backend.headroom))
        a, b = _aligned(self, other)
        shape = np.broadcast_shapes(a.shape, b.shape)
        return a._with(a.backend.subtract(a.shares, b.shares), shape, a.bound + b.bound)

    def __rsub__(self, other: ArrayLike) -> "SecureArray":
        return (-self) + other

    def __getitem__(self, key: Index) -> "SecureArray":
        if isinstance(key, SecureArray) or (isinstance(key, tuple) and any(isinstance(k, SecureArray) for k in key)):
            raise TypeError("a secret is no index; use mpc.functions.order.take with a one-hot vector")
        plain, shape = operands.index(key, self.shape)
        return self._with(self.backend.take(self.shares, plain), shape, self.bound)

    def reshape(self, *shape: int | Shape) -> "SecureArray":
        """The same entries in another shape (one dimension may be -1)."""
        wanted = cast("Shape", shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape)
        target = operands.reshaped(self.shape, wanted)
        return self._with(self.backend.reshape(self.shares, target), target, self.bound)

    def ravel(self) -> "SecureArray":
        """All entries in one dimension."""
        return self.reshape(-1)

    def sum(self, axis: int | None = None, *, limit: float | None = None) -> "SecureArray":
        """Sum over one axis, or over all; ``limit`` states a proven bound of |sum|."""
        if axis is not None:
            axis = operands.positive_axis(axis, self.ndim)
        shape = () if axis is None else (*self.shape[:axis], *self.shape[axis + 1 :])
        count = self.size if axis is None else self.shape[axis]
        bound = self.bound * count if limit is None else fixedpoint.raw_bound(limit, self.fraction_bits)
        return self._with(self.backend.sum(self.shares, axis), shape, bound)

    def mean(self, axis: int | None = None, *, fraction_bits: int | None = None) -> "SecureArray":
        """Mean over one axis, or over all, one round; integers need ``fraction_bits`` for the result."""
        total = self.sum(axis)
        count = self.size if axis is None else self.shape[axis]
        if count == 0:
            raise RangeError("arrays.shape", "The mean of no entries is not defined.", "Check the shape.")
        return total.multiply(1 / count, fraction_bits=fraction_bits, limit=self.limit * (1 + 2.0**-16))

    def cumsum(self, axis: int = 0, *, limit: float | None = None) -> "SecureArray":
        """Running sums along an axis, local; ``limit`` states a proven bound of every one of them.

        Exact modulo p: sums on the way to what is kept in the end may be of any size.
        """
        axis = operands.positive_axis(axis, self.ndim)
        bound = self.bound * max(1, self.shape[axis])
        bound = bound if limit is None else fixedpoint.raw_bound(limit, self.fraction_bits)
        return self._with(self.backend.running_sums(self.shares, axis), self.shape, bound)

    def rescaled(self, fraction_bits: int) -> "SecureArray":
        """The same values with more fraction bits (exact, local) or fewer (one round)."""
        more = fraction_bits - self.fraction_bits
        if more == 0:
            return self
        if more > 0:
            shares = self.backend.scale(self.shares, fixedpoint.power(more))
            return SecureArray(self.backend, shares, self.shape, fraction_bits, self.bound << more)
        shares = self.backend.truncate(self.shares, self.shape, fixedpoint.power(0), -more, self.bound)
        bound = (self.bound >> -more) + self.backend.headroom.slack + 1
        return SecureArray(self.backend, shares, self.shape, fraction_bits, bound)

    def shifted_down(self, bits: int) -> "SecureArray":
        """``self / 2^bits``, exactly and locally: only the position of the point changes."""
        return SecureArray(self.backend, self.shares, self.shape, self.fraction_bits + bits, self.bound)

    def within(self, limit: float, *, because: str) -> "SecureArray":
        """The same array with a tighter declared limit; ``because`` is the proof, for the reader."""
        if not because:
            raise RangeError("arrays.no_proof", "A tighter limit was declared without a reason.", "State the proof.")
        bound = min(self.bound, fixedpoint.raw_bound(limit, self.fraction_bits))
        return self._with(self.shares, self.shape, bound)

    # -- products ------------------------------------------------------------------------------------------------

    def __mul__(self, other: Operand) -> "SecureArray":
        return self.multiply(other)

    __rmul__ = __mul__

    def __truediv__(self, other: ArrayLike) -> "SecureArray":
        if isinstance(other, SecureArray):
            raise TypeError("division by a secret needs its range: use mpc.functions.reciprocal.divide")
        divisor = public(other).astype(np.float64)
        if bool((divisor == 0).any()):
            raise RangeError("arrays.division_by_zero", "A public divisor is zero.", "Check the divisor.")
        return self.multiply(1 / divisor)

    def __rtruediv__(self, other: ArrayLike) -> "SecureArray":
        raise TypeError("division by a secret needs its range: use mpc.functions.reciprocal.reciprocal")

    def __pow__(self, exponent: int) -> "SecureArray":
        if not isinstance(exponent, int) or exponent < 1:
            raise TypeError("powers of secrets are whole and at least 1; see mpc.functions.roots and .exponential")
        half = self if exponent < 4 else self ** (exponent // 2)
        if exponent == 1:
            return self
        square = half * half
        return square * self if exponent % 2 else square

    def __matmul__(self, other: Operand) -> "SecureArray":
        return self.matmul(other)

    def dot(self, other: Operand) -> "SecureArray":
        """``self @ other`` for vectors and matrices."""
        return self.matmul(other)

    def __rmatmul__(self, other: ArrayLike) -> "SecureArray":
        values, bits = operands.factor(public(other), self.bound, self.backend.headroom)
        return _public_product(values, self, bits, self.fraction_bits, None)

    def multiply(
        self, other: Operand, *, fraction_bits: int | None = None, scale: int = 1, limit: float | None = None
    ) -> "SecureArray":
        """Elementwise ``self * other * scale`` with ``fraction_bits`` (default: the larger of the two).

        ``limit`` states a proven bound of the result where interval arithmetic is too coarse.
        """
        if not isinstance(other, SecureArray):
            return self._times_public(other, fraction_bits, scale, limit)
        shape = np.broadcast_shapes(self.shape, other.shape)
        target, shift = operands.target_bits(self.fraction_bits, other.fraction_bits, fraction_bits)
        bound = _bound(self.bound * other.bound * abs(scale), limit, shift + target)
        fits(self.backend.headroom, bound, "A product")
        shares = self.backend.multiply(self.shares, other.shares, shape, scale, shift, bound)
        return self._product(shares, shape, target, shift, bound)

    def matmul(
        self,
        other: Operand,
        *,
        fraction_bits: int | None = None,
        scale: int = 1,
        limit: float | None = None,
        down: int = 0,
    ) -> "SecureArray":
        """Matrix product ``self @ other * scale / 2^down``; other arguments as for :meth:`multiply`.

        Scaling inside the one truncation keeps the precision of means: ``scale/2^down`` ~ 1/rows.
        """
        if not isinstance(other, SecureArray):
            values, bits = operands.factor(public(other), self.bound, self.backend.headroom)
            operands.matmul_shape(self.shape, values.shape)
            target = self.fraction_bits if fraction_bits is None else fraction_bits
            left = operands.scaled(values.T, scale)
            return _public_product(left, self.T, bits + down, target, limit).T
        shape = operands.matmul_shape(self.shape, other.shape)
        target, shift = operands.target_bits(self.fraction_bits, other.fraction_bits, fraction_bits)
        interval = self.bound * other.bound * self.shape[-1] * abs(scale)
        bound = _bound(interval, limit, shift + target + down)
        fits(self.backend.headroom, bound, "A product")
        shares = self.backend.matmul(self.shares, other.shares, shape, scale, shift + down, bound)
        return self._product(shares, shape, target, shift + down, bound)

    def matmul_add(
        self, other: "SecureArray", addend: "SecureArray", factors: Integers, *, scale: int, down: int, limit: float
    ) -> "SecureArray":
        """``(self @ other · scale + addend · factors) / 2^down`` in raw integers, read with the addend's fraction bits.

        ``limit`` states a proven bound of the result. On three parties one round, else two.
        """
        backend, shape = self.backend, operands.matmul_shape(self.shape, other.shape)
        bound = fixedpoint.raw_bound(limit, addend.fraction_bits) << down
        fits(backend.headroom, bound, "A product")
        if (at_once := adding(backend)) is not None:
            shares = at_once.matmul_add(self.shares, other.shares, addend.shares, shape, scale, factors, down, bound)
        else:
            product = backend.matmul(self.shares, other.shares, shape, scale, 0, bound)
            total = backend.add(product, backend.scale(addend.shares, factors))
            shares = backend.truncate(total, shape, fixedpoint.power(0), down, bound)
        return SecureArray(backend, shares, shape, addend.fraction_bits, (bound >> down) + backend.headroom.slack + 1)

    # -- comparisons and bits ------------------------------------------------------------------------------------

    def at_least(self, thresholds: ArrayLike) -> "SecureArray":
        """Bits [self >= t] for public thresholds, shape ``(len(thresholds), *self.shape)``; one mask serves them all."""
        values = encoded(np.ravel(np.asarray(thresholds)), self.fraction_bits, self.backend.headroom)
        bits = self._compared_bits(fixedpoint.magnitude(values))
        shares = self.backend.at_least(self.shares, self.shape, values, bits)
        return SecureArray(self.backend, shares, (values.size, *self.shape), 0, 1)

    def step_functions(self, thresholds: ArrayLike, weights: Integers) -> "SecureArray":
        """``weights @ [self >= thresholds]`` for ascending public thresholds, as integers; shape ``(len(weights), *self.shape)``.

        Weights have shape (functions, thresholds), each row of one sign or with partial sums below its largest.
        """
        values = encoded(np.ravel(np.asarray(thresholds)), self.fraction_bits, self.backend.headroom)
        if weights.shape[1:] != values.shape or not bool((values[1:] > values[:-1]).all()):
            raise RangeError("arrays.shape", "Thresholds ascend, and each has a weight.", "Check the step function.")
        backend, shape = self.backend, (len(weights), *self.shape)
        bound = max(1, fixedpoint.magnitude(np.cumsum(weights, axis=1)))
        bits = self._compared_bits(fixedpoint.magnitude(values))
        if (at_once := stepping(backend)) is not None:
            shares = at_once.step_functions(self.shares, self.shape, values, weights, bits)
        else:
            reached = backend.at_least(self.shares, self.shape, values, bits)
            flat = backend.public_matmul(weights, backend.reshape(reached, (values.size, self.size)))
            shares = backend.reshape(flat, shape)
        return SecureArray(backend, shares, shape, 0, bound)

    def __ge__(self, other: Operand) -> "SecureArray":
        return (self - other).at_least([0])[0]

    def __lt__(self, other: Operand) -> "SecureArray":
        return ~(self >= other)

    def __le__(self, other: Operand) -> "SecureArray":
        return (-(self - other)).at_least([0])[0]

    def __gt__(self, other: Operand) -> "SecureArray":
        return ~(self <= other)

    def __eq__(self, other: object) -> "SecureArray":  # type: ignore[override]
        difference = self - cast("Operand", other)
        bits = difference._compared_bits(0)
        shares = self.backend.is_zero(difference.shares, difference.shape, bits)
        return SecureArray(self.backend, shares, difference.shape, 0, 1)

    def __ne__(self, other: object) -> "SecureArray":  # type: ignore[override]
        return ~(self == other)

    @property
    def is_bits(self) -> bool:
        """Whether the entries are bits: integers declared within 1, as comparisons return."""
        return self.fraction_bits == 0 and self.bound <= 1

    def __invert__(self) -> "SecureArray":
        _require_bits(self)
        return _as_bits(1 - self)

    def __and__(self, other: Operand) -> "SecureArray":
        _require_bits(self, other)
        return _as_bits(self * other)

    def __or__(self, other: Operand) -> "SecureArray":
        _require_bits(self, other)
        return _as_bits(self + other - self * other)

    def __xor__(self, other: Operand) -> "SecureArray":
        _require_bits(self, other)
        return _as_bits(self + other - 2 * (self * other))

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __abs__(self) -> "SecureArray":
        sign = 2 * (self >= 0) - 1
        return self._with((sign * self).shares, self.shape, self.bound)

    # -- sine series, shuffle --------------------------------------------------------------------------------------

    def sine_series(self, series: SineSeries) -> "SecureArray":
        """``sum_k coefficients[k-1] · sin(2πk·raw / 2^period_bits)`` elementwise, for any values."""
        return self._series(None, self.shape, series, self.bound)

    def matmul_sine(self, other: "SecureArray", series: SineSeries, *, limit: float | None = None) -> "SecureArray":
        """:meth:`sine_series` of ``self @ other`` untruncated, with as many fraction bits as both have together.

        ``limit`` states a proven bound of |self @ other|.
        """
        shape = operands.matmul_shape(self.shape, other.shape)
        bits = self.fraction_bits + other.fraction_bits
        bound = _bound(self.bound * other.bound * self.shape[-1], limit, bits)
        return self._series(other, shape, series, bound)

    def matmul_clipped(
        self, other: "SecureArray", curve: Curve, clip: Clip, *, limit: float | None = None, plus: float = 0
    ) -> "SecureArray":
        """The curve of ``self @ other`` untruncated where the argument is within ``clip``, ±``clip.tail`` beyond; and ``plus``.

        An argument closer than 2^clip.shift to the edge may count as inside or beyond. A line needs as many fraction bits as both
        have together at most, and ``shift`` at least as large as the difference.
        """
        backend, fraction = self.backend, curve.fraction_bits
        bits = self.fraction_bits + other.fraction_bits
        tail = math.ldexp(clip.tail, -fraction)
        if (at_once := clipping(backend)) is not None:
            shape = operands.matmul_shape(self.shape, other.shape)
            bound = _bound(self.bound * other.bound * self.shape[-1], limit, bits)
            _check_curve(backend.headroom, curve, bound)
            shares = at_once.clipped(self.shares, other.shares, shape, curve, clip, bound)
            largest = max(_largest(curve, backend.headroom, clip) + clip.tail, 2 * clip.tail)
            return SecureArray(backend, shares, shape, fraction, largest) + (plus - tail)
        edge = math.ldexp(clip.edge, clip.shift - bits)
        if isinstance(curve, Line):
            within = None if limit is None else math.ldexp(limit, bits - curve.shift - fraction)
            value = self.matmul(other, fraction_bits=fraction, down=curve.shift - bits + fraction, limit=within)
        else:
            value = self.matmul_sine(other, curve, limit=limit)
        above, least = self.matmul(other, fraction_bits=bits - clip.shift, limit=limit).at_least([edge, -edge])
        inside = (least - above).within(1, because="what reaches the edge reaches minus the edge")
        most = math.ldexp(_largest(curve, backend.headroom, clip), -fraction)
        chosen = (inside * value).within(most, because="the curve between its ends")
        return chosen + ((above + least).multiply(tail, fraction_bits=fraction) + (plus - tail))

    def shuffled(self) -> "SecureArray":
        """The entries along axis 0 in a uniformly random order that no party knows."""
        if not self.shape:
            raise RangeError("arrays.shape", "An array without dimensions has no order.", "Check the shape.")
        return self._with(self.backend.shuffle(self.shares, self.shape), self.shape, self.bound)

    def permuted(self, by: int, order: Integers | None) -> "SecureArray":
        """The entries along axis 0 in an order, ``self[order]``, that compute party ``by`` alone knows; the others give None.

        An ``order`` that is none of all entries is refused at its owner before anything is sent (``arrays.order``).
        """
        if not self.shape or (order is not None and not np.array_equal(np.sort(order), np.arange(self.shape[0]))):
            raise RangeError(
                "arrays.order",
                f"That is no order of the rows of an array of shape {self.shape}.",
                "Name every row once, counted from 0.",
            )
        return self._with(self.backend.permute(self.shares, self.shape, by, order), self.shape, self.bound)

    # -- edges ---------------------------------------------------------------------------------------------------

    async def settled(self) -> "SecureArray":
        """Wait until this party holds its shares (bounds memory and makes progress visible)."""
        await self.backend.settle(self.shares)
        return self

    def _with(self, shares: Shares, shape: Shape, bound: int) -> "SecureArray":
        return SecureArray(self.backend, shares, shape, self.fraction_bits, bound)

    def _plus(self, values: Integers) -> "SecureArray":
        shape = np.broadcast_shapes(self.shape, values.shape)
        bound = self.bound + fixedpoint.magnitude(values)
        return self._with(self.backend.add_public(self.shares, values), shape, bound)

    def _compared_bits(self, offset: int) -> int:
        bits = (self.bound + offset).bit_length() + 1
        fits(self.backend.headroom, 1 << (bits + 1), "A comparison")
        return bits

    def _times_public(
        self, other: ArrayLike, fraction_bits: int | None, scale: int, limit: float | None
    ) -> "SecureArray":
        array = public(other)
        target = self.fraction_bits if fraction_bits is None else fraction_bits
        if self.fraction_bits == 0 and target == 0 and not operands.is_whole(array):
            raise operands.lost_fraction()
        if self.fraction_bits == 0 and self.bound <= 2:  # bits and their sums: the product is exact at any precision
            values, bits = encoded(array, target, self.backend.headroom), target
        else:
            values, bits = operands.factor(array, self.bound * abs(scale), self.backend.headroom)
        values = operands.scaled(values, scale)
        shape = np.broadcast_shapes(self.shape, values.shape)
        shift = self.fraction_bits + bits - target
        if shift < 0:
            values, shift = integers(values, -shift), 0
        bound = _bound(self.bound * fixedpoint.magnitude(values), limit, shift + target)
        fits(self.backend.headroom, bound, "A product")
        if shift == 0:
            shares = self.backend.scale(self.shares, values)
        else:
            shares = self.backend.truncate(self.shares, shape, values, shift, bound)
        return self._product(shares, shape, target, shift, bound)

    def _product(self, shares: Shares, shape: Shape, fraction_bits: int, shift: int, bound: int) -> "SecureArray":
        after = (bound >> shift) + self.backend.headroom.slack + 1 if shift else bound
        return SecureArray(self.backend, shares, shape, fraction_bits, after)

    def _series(self, other: "SecureArray | None", shape: Shape, series: SineSeries, bound: int) -> "SecureArray":
        _check_curve(self.backend.headroom, series, bound)
        right = None if other is None else other.shares
        shares = self.backend.sine_series(self.shares, right, shape, series, bound)
        return SecureArray(self.backend, shares, shape, series.fraction_bits, _largest(series, self.backend.headroom))


def _check_curve(room: Headroom, curve: Curve, bound: int) -> None:
    if isinstance(curve, SineSeries) and not 2 <= curve.period_bits <= 60:
        raise RangeError("arrays.period", "The period of a sine series lies between 2^2 and 2^60.", "Change it.")
    fits(room, bound, "The argument of a curve")


def _largest(curve: Curve, room: Headroom, clip: Clip | None = None) -> int:
    """A raw bound of the curve, of a line within its clip."""
    if isinstance(curve, Line):
        assert clip is not None, "a line is bounded by its ends"
        return (((clip.edge + 2) << clip.shift) >> curve.shift) + room.slack + 1
    total = sum(abs(c) for c in curve.coefficients) * (1 + 2.0**-16)
    return fixedpoint.raw_bound(total, curve.fraction_bits) + room.slack


def _public_product(left: Integers, right: SecureArray, bits: int, target: int, limit: float | None) -> SecureArray:
    """``left @ right / 2^bits`` with ``target`` fraction bits."""
    backend, shape = right.backend, operands.matmul_shape(left.shape, right.shape)
    interval = right.bound * fixedpoint.magnitude(left) * left.shape[-1]
    bound = _bound(interval, limit, right.fraction_bits + bits)
    fits(backend.headroom, bound, "A product")
    shares = backend.public_matmul(left, right.shares)
    return SecureArray(backend, shares, shape, right.fraction_bits + bits, bound).rescaled(target)


def _aligned(a: SecureArray, b: SecureArray) -> tuple[SecureArray, SecureArray]:
    bits = max(a.fraction_bits, b.fraction_bits)
    return a.rescaled(bits), b.rescaled(bits)


def _require_bits(*values: Operand) -> None:
    for value in values:
        bits = value.is_bits if isinstance(value, SecureArray) else bool(np.isin(value, (0, 1)).all())
        if not bits:
            raise TypeError("& | ^ ~ work on bits: what comparisons return, 0, 1, False and True")


def _as_bits(array: SecureArray) -> SecureArray:
    """A bit by construction, where interval arithmetic does not see it."""
    return SecureArray(array.backend, array.shares, array.shape, 0, 1)


def _bound(interval: int, limit: float | None, bits: int) -> int:
    """The interval's bound, or a stated and tighter one."""
    return interval if limit is None else min(interval, fixedpoint.raw_bound(limit, bits))
