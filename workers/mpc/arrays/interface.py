"""Secret-shared arrays with numpy's look: ``+ - * @ < ==``, slicing, sums, where.

Every array carries its *fraction bits* f (the raw integer is value·2^f; f = 0 for counts and bits) and a *bound* on
|raw|. Each operation derives the bound of its result and refuses what could leave the headroom (``arrays.overflow``):
nothing overflows silently (I12). Where interval arithmetic is too coarse a program states a tighter bound together with
its proof, through ``limit=``.

The result of ``a * b`` and ``a @ b`` has the larger of the two fraction lengths; the product is truncated by the smaller,
in the same round. Operations return at once and run as their inputs arrive; awaiting :meth:`SecureArray.settled` waits.
All parties must issue the same operations in the same order.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from protocol.errors import RangeError
from workers.mpc.arrays import fixedpoint
from workers.mpc.arrays.backend import Backend, Key, Shares
from workers.mpc.arrays.fixedpoint import Integers, integers

Operand: TypeAlias = "SecureArray | ArrayLike"
CONSTANT_BITS = 24


class SecureArray:
    """An array of which every party holds one share of each entry. Immutable."""

    __array_ufunc__ = None
    __slots__ = ("backend", "bound", "fraction_bits", "shape", "shares")
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self, backend: Backend, shares: Shares, shape: tuple[int, ...], fraction_bits: int, bound: int
    ) -> None:
        self.backend = backend
        self.shares = shares
        self.shape = shape
        self.fraction_bits = fraction_bits
        self.bound = bound
        _fits(backend, bound, "The array")

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
        return self.shape[0]

    def __repr__(self) -> str:
        return f"SecureArray(shape={self.shape}, fraction_bits={self.fraction_bits}, limit={self.limit:g})"

    def __bool__(self) -> bool:
        raise TypeError("a secret has no truth value here; use where()")

    # -- linear, local -------------------------------------------------------------------------------------------

    def __add__(self, other: Operand) -> "SecureArray":
        if not isinstance(other, SecureArray):
            values = self._encoded(other)
            shape = np.broadcast_shapes(self.shape, values.shape)
            return self._with(
                self.backend.add_public(self.shares, values), shape, self.bound + fixedpoint.magnitude(values)
            )
        a, b = _aligned(self, other)
        shape = np.broadcast_shapes(a.shape, b.shape)
        return a._with(a.backend.add(a.shares, b.shares), shape, a.bound + b.bound)

    __radd__ = __add__

    def __neg__(self) -> "SecureArray":
        return self._with(self.backend.scale(self.shares, np.int64(-1)), self.shape, self.bound)

    def __sub__(self, other: Operand) -> "SecureArray":
        if not isinstance(other, SecureArray):
            return self + (-np.asarray(other))
        a, b = _aligned(self, other)
        shape = np.broadcast_shapes(a.shape, b.shape)
        return a._with(a.backend.subtract(a.shares, b.shares), shape, a.bound + b.bound)

    def __rsub__(self, other: ArrayLike) -> "SecureArray":
        return (-self) + other

    def __getitem__(self, key: Key) -> "SecureArray":
        shape = np.empty(self.shape, dtype=np.bool_)[key].shape
        return self._with(self.backend.take(self.shares, key), shape, self.bound)

    def reshape(self, *shape: int) -> "SecureArray":
        """The same entries in another shape (one dimension may be -1)."""
        target = np.empty(self.shape, dtype=np.bool_).reshape(*shape).shape
        return self._with(self.backend.reshape(self.shares, target), target, self.bound)

    def sum(self, axis: int | None = None, *, limit: float | None = None) -> "SecureArray":
        """Sum over one axis, or over all; ``limit`` states a proven bound of |sum|."""
        shape = np.empty(self.shape, dtype=np.bool_).sum(axis=axis).shape
        count = self.size if axis is None else self.shape[axis]
        bound = self.bound * count if limit is None else fixedpoint.raw_bound(limit, self.fraction_bits)
        return self._with(self.backend.sum(self.shares, axis), shape, bound)

    def rescaled(self, fraction_bits: int) -> "SecureArray":
        """The same values with more fraction bits (exact, local) or fewer (one round)."""
        more = fraction_bits - self.fraction_bits
        if more == 0:
            return self
        if more > 0:
            shares = self.backend.scale(self.shares, integers(1, more))
            return SecureArray(self.backend, shares, self.shape, fraction_bits, self.bound << more)
        shares = self.backend.truncate(self.shares, self.shape, integers(1), -more, self.bound)
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

    def __matmul__(self, other: Operand) -> "SecureArray":
        return self.matmul(other)

    def multiply(
        self, other: Operand, *, fraction_bits: int | None = None, scale: int = 1, limit: float | None = None
    ) -> "SecureArray":
        """Elementwise ``self * other * scale`` with ``fraction_bits`` (default: the larger of the two).

        ``limit`` states a proven bound of the result where interval arithmetic is too coarse.
        """
        if not isinstance(other, SecureArray):
            return self._times_public(np.asarray(other), fraction_bits, scale)
        shape = np.broadcast_shapes(self.shape, other.shape)
        target, shift = _target(self, other, fraction_bits)
        bound = self._product_bound(other, 1, scale, shift + target, limit)
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
            values, bits = _constant(np.asarray(other), self)
            return (
                _public_product(values.T, self.T, bits).T if values.ndim > 1 else _public_product(values, self.T, bits)
            )
        shape = _matmul_shape(self.shape, other.shape)
        target, shift = _target(self, other, fraction_bits)
        bound = self._product_bound(other, self.shape[-1], scale, shift + target, limit, down)
        shares = self.backend.matmul(self.shares, other.shares, shape, scale, shift + down, bound)
        return self._product(shares, shape, target, shift + down, bound)

    def __rmatmul__(self, other: ArrayLike) -> "SecureArray":
        values, bits = _constant(np.asarray(other), self)
        return _public_product(values, self, bits)

    # -- comparisons ---------------------------------------------------------------------------------------------

    def at_least(self, thresholds: ArrayLike) -> "SecureArray":
        """Bits [self >= t] for public thresholds, shape ``(len(thresholds), *self.shape)``; one mask serves them all."""
        values = self._encoded(np.atleast_1d(np.asarray(thresholds)))
        bits = (self.bound + fixedpoint.magnitude(values)).bit_length() + 1
        _fits(self.backend, 1 << (bits + 1), "A comparison")
        shares = self.backend.at_least(self.shares, self.shape, values, bits)
        return SecureArray(self.backend, shares, (values.size, *self.shape), 0, 1)

    def __ge__(self, other: Operand) -> "SecureArray":
        return self._difference(other).at_least([0])[0]

    def __lt__(self, other: Operand) -> "SecureArray":
        return 1 - (self >= other)

    def __le__(self, other: Operand) -> "SecureArray":
        return (-self._difference(other)).at_least([0])[0]

    def __gt__(self, other: Operand) -> "SecureArray":
        return 1 - (self <= other)

    def __eq__(self, other: object) -> "SecureArray":  # type: ignore[override]
        difference = self._difference(cast("Operand", other))
        bits = difference.bound.bit_length() + 1
        _fits(self.backend, 1 << (bits + 1), "A comparison")
        shares = self.backend.is_zero(difference.shares, difference.shape, bits)
        return SecureArray(self.backend, shares, difference.shape, 0, 1)

    def __ne__(self, other: object) -> "SecureArray":  # type: ignore[override]
        return 1 - (self == other)

    # -- edges ---------------------------------------------------------------------------------------------------

    async def settled(self) -> "SecureArray":
        """Wait until this party holds its shares (bounds memory and makes progress visible)."""
        await self.backend.settle(self.shares)
        return self

    def _with(self, shares: Shares, shape: tuple[int, ...], bound: int) -> "SecureArray":
        return SecureArray(self.backend, shares, shape, self.fraction_bits, bound)

    def _encoded(self, other: ArrayLike) -> Integers:
        array = np.asarray(other)
        if array.dtype == object or np.issubdtype(array.dtype, np.integer) or array.dtype == np.bool_:
            return integers(array, self.fraction_bits)
        if self.fraction_bits == 0 and bool((array != np.rint(array)).any()):
            raise RangeError(
                "arrays.fraction",
                "A fraction meets an array of integers and would be rounded away.",
                "Rescale the array to the fraction bits that the result needs.",
            )
        return fixedpoint.encode(array, self.fraction_bits, self.backend.headroom.limit / 2**self.fraction_bits)

    def _difference(self, other: Operand) -> "SecureArray":
        return self - other if isinstance(other, SecureArray) else self + (-np.asarray(other))

    def _times_public(self, other: NDArray[Any], fraction_bits: int | None, scale: int) -> "SecureArray":
        values, bits = _constant(other, self)
        values = _scaled(values, scale)
        shape = np.broadcast_shapes(self.shape, values.shape)
        bound = self.bound * fixedpoint.magnitude(values)
        target = self.fraction_bits if fraction_bits is None else fraction_bits
        shift = self.fraction_bits + bits - target
        if shift < 0:
            values, bound, shift = integers(values, -shift), bound << -shift, 0
        if shift == 0:
            return self._product(self.backend.scale(self.shares, values), shape, target, 0, bound)
        shares = self.backend.truncate(self.shares, shape, values, shift, bound)
        return self._product(shares, shape, target, shift, bound)

    def _product_bound(
        self, other: "SecureArray", terms: int, scale: int, bits: int, limit: float | None, down: int = 0
    ) -> int:
        interval = self.bound * other.bound * terms * abs(scale)
        if limit is None:
            return interval
        return min(interval, fixedpoint.raw_bound(limit, bits + down))

    def _product(
        self, shares: Shares, shape: tuple[int, ...], fraction_bits: int, shift: int, bound: int
    ) -> "SecureArray":
        _fits(self.backend, bound, "A product")
        after = (bound >> shift) + self.backend.headroom.slack + 1 if shift else bound
        return SecureArray(self.backend, shares, shape, fraction_bits, after)


def where(condition: SecureArray, yes: Operand, no: Operand) -> SecureArray:
    """``yes`` where the bit is 1, else ``no``: ``no + condition·(yes - no)``, exact and one round."""
    if isinstance(yes, SecureArray):
        return condition * (yes - no) + no
    if isinstance(no, SecureArray):
        return (1 - condition) * (no - yes) + yes
    return condition * (np.asarray(yes) - np.asarray(no)) + np.asarray(no)


def concatenate(parts: Sequence[SecureArray], axis: int = 0) -> SecureArray:
    """Join along an axis; all parts take the largest fraction length."""
    bits = max(part.fraction_bits for part in parts)
    aligned = [part.rescaled(bits) for part in parts]
    shape = np.concatenate([np.empty(part.shape, dtype=np.bool_) for part in aligned], axis=axis).shape
    shares = aligned[0].backend.concatenate([part.shares for part in aligned], axis)
    return SecureArray(aligned[0].backend, shares, shape, bits, max(part.bound for part in aligned))


def maximum(values: SecureArray) -> SecureArray:
    """The largest entry of a one-dimensional array, by a tournament of log2(n) comparison rounds."""
    while values.shape[0] > 1:
        half = values.shape[0] // 2
        left, right, rest = values[:half], values[half : 2 * half], values[2 * half :]
        winners = where(left >= right, left, right).within(values.limit, because="one of the entries compared")
        values = concatenate([winners, rest]) if rest.size else winners
    return values[0]


def constant(backend: Backend, values: ArrayLike, fraction_bits: int) -> SecureArray:
    """A public array as (trivial) shares."""
    array = np.asarray(values)
    encoded = fixedpoint.encode(array, fraction_bits, backend.headroom.limit / 2**fraction_bits)
    return SecureArray(backend, backend.constant(encoded), array.shape, fraction_bits, fixedpoint.magnitude(encoded))


def share(
    backend: Backend,
    values: ArrayLike | None,
    *,
    shape: tuple[int, ...],
    owner: int,
    fraction_bits: int,
    limit: float,
) -> SecureArray:
    """Deal an owner's private numbers; refuses NaN, infinities and |value| > ``limit`` before anything is sent (I12)."""
    encoded = None if values is None else fixedpoint.encode(values, fraction_bits, limit)
    if encoded is not None and encoded.shape != shape:
        raise RangeError(
            "arrays.shape",
            f"The values have shape {encoded.shape}, agreed was {shape}.",
            "Check that all parties run the same program on the same columns.",
        )
    shares = backend.share(encoded, shape, owner)
    return SecureArray(backend, shares, shape, fraction_bits, fixedpoint.raw_bound(limit, fraction_bits))


def _fits(backend: Backend, bound: int, what: str) -> None:
    if bound >= backend.headroom.limit:
        raise RangeError(
            "arrays.overflow",
            f"{what} may reach 2^{bound.bit_length()} where the committee's headroom is 2^{backend.headroom.length - 1}.",
            "Declare smaller input ranges, or fewer rows; programs state tighter limits with a proof.",
        )


def _aligned(a: SecureArray, b: SecureArray) -> tuple[SecureArray, SecureArray]:
    bits = max(a.fraction_bits, b.fraction_bits)
    return a.rescaled(bits), b.rescaled(bits)


def _target(a: SecureArray, b: SecureArray, fraction_bits: int | None) -> tuple[int, int]:
    target = max(a.fraction_bits, b.fraction_bits) if fraction_bits is None else fraction_bits
    shift = a.fraction_bits + b.fraction_bits - target
    if shift < 0:
        raise RangeError("arrays.fraction", "A product cannot gain fraction bits.", "Rescale an operand first.")
    return target, shift


def _constant(values: NDArray[Any], array: SecureArray) -> tuple[Integers, int]:
    """A public factor as integers and their fraction bits: 24 significant bits, none for integers."""
    if values.dtype == object or np.issubdtype(values.dtype, np.integer) or values.dtype == np.bool_:
        return integers(values), 0
    largest = float(np.abs(values).max()) if values.size else 0.0
    bits = CONSTANT_BITS - (int(np.frexp(largest)[1]) if largest else 0)
    encoded = fixedpoint.encode(values, max(0, bits), array.backend.headroom.limit)
    return encoded, max(0, bits)


def _public_product(left: Integers, right: SecureArray, bits: int) -> SecureArray:
    shape = _matmul_shape(left.shape, right.shape)
    bound = right.bound * fixedpoint.magnitude(left) * left.shape[-1]
    shares = right.backend.public_matmul(left, right.shares)
    _fits(right.backend, bound, "A product")
    wide = SecureArray(right.backend, shares, shape, right.fraction_bits + bits, bound)
    return wide.rescaled(right.fraction_bits)


def _scaled(values: Integers, scale: int) -> Integers:
    if fixedpoint.magnitude(values) * abs(scale) >= 1 << 62:
        raise fixedpoint.too_large()
    return np.asarray(values * np.int64(scale))


def _matmul_shape(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    if not left or not right or left[-1] != right[0] or len(left) > 2 or len(right) > 2:
        raise RangeError("arrays.shape", f"Cannot multiply shapes {left} and {right}.", "Transpose or reshape.")
    return (*left[:-1], *right[1:])
