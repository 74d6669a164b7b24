"""The variant that needs no compiler: numpy for arithmetic, BLAS for products, ``cryptography`` for AES."""

from collections.abc import Callable
from typing import Final

import numpy as np

from mpc.backends.fast.kernels import numpy_field as field
from mpc.backends.fast.kernels import orders, sines
from mpc.backends.fast.kernels.aes import OpensslKeystream
from mpc.backends.fast.kernels.interface import Keystream
from mpc.backends.fast.kernels.numpy_field import Pair
from mpc.backends.fast.kernels.numpy_products import NumpyPacked, matmul
from mpc.backends.fast.kernels.numpy_trees import NumpyTrees
from mpc.backends.fast.kernels.orders import Order, check_order, check_rows, no_row
from mpc.backends.fast.kernels.planes import (
    ELEMENT_BYTES,
    LIMB,
    LIMB_BITS,
    LOWEST_EXCESS,
    Integers,
    Planes,
    Words,
    alike,
    check_shift,
    check_sines,
    check_wire,
    integers,
    not_canonical,
    planes,
    size,
    too_large,
)
from mpc.backends.fast.kernels.sums import running_sums, sum_axis

_SIGN_LIMB: Final = 1 << (LIMB_BITS - 1)
_TOP: Final = 1 << (62 - LIMB_BITS)


class NumpyKernels(NumpyTrees):
    """See :mod:`mpc.backends.fast.kernels`."""

    @property
    def name(self) -> str:  # noqa: D102
        return "numpy"

    def add(self, a: Planes, b: Planes) -> Planes:  # noqa: D102
        return _by_block(field.add, *alike(a, b))

    def sub(self, a: Planes, b: Planes) -> Planes:  # noqa: D102
        return _by_block(field.sub, *alike(a, b))

    def mul(self, a: Planes, b: Planes) -> Planes:  # noqa: D102
        return _by_block(field.mul, *alike(a, b))

    def neg(self, a: Planes) -> Planes:  # noqa: D102
        return _by_block(field.neg, planes(a))

    def add_scalar(self, a: Planes, k: int) -> Planes:  # noqa: D102
        return _by_block(lambda x: field.add_scalar(x, k), planes(a))

    def mul_scalar(self, a: Planes, k: int) -> Planes:  # noqa: D102
        return _by_block(lambda x: field.mul_scalar(x, k), planes(a))

    def canonical(self, a: Planes) -> Planes:  # noqa: D102
        return _by_block(field.canonical, planes(a))

    def from_int64(self, values: Integers) -> Planes:  # noqa: D102
        flat = integers(values).reshape(-1)
        out = np.empty((2, flat.size), dtype=np.uint64)
        for part in field.blocks(flat.size):
            out[0, part], out[1, part] = field.from_int64(flat[part])
        return out.reshape(2, *values.shape)

    def to_int64(self, a: Planes) -> Integers:  # noqa: D102
        flat = planes(a).reshape(2, -1)
        out = np.empty(flat.shape[1], dtype=np.int64)
        for part in field.blocks(flat.shape[1]):
            x = field.canonical(field.pair(flat, part))
            minus = field.canonical(field.neg(x))
            negative = x[1] >= _SIGN_LIMB
            high = np.where(negative, minus[1], x[1])
            if bool((high >= _TOP).any()):
                raise too_large()
            magnitude = (np.where(negative, minus[0], x[0]) | (high << LIMB_BITS)).view(np.int64)
            out[part] = np.where(negative, -magnitude, magnitude)
        return out.reshape(a.shape[1:])

    def unpack(self, data: bytes | bytearray | memoryview, shape: tuple[int, ...]) -> Planes:  # noqa: D102
        raw = np.frombuffer(data, dtype=np.uint8)
        check_wire(raw.size, shape)
        raw = raw.reshape(-1, ELEMENT_BYTES)
        out = np.empty((2, raw.shape[0]), dtype=np.uint64)
        for part in field.blocks(raw.shape[0]):
            padded = np.zeros((raw[part].shape[0], 16), dtype=np.uint8)
            padded[:, :ELEMENT_BYTES] = raw[part]
            words = padded.view("<u8")
            l0 = words[:, 0] & LIMB
            l1 = (words[:, 0] >> LIMB_BITS) | (words[:, 1] << (64 - LIMB_BITS))
            if bool(((l1 == LIMB) & (l0 >= LOWEST_EXCESS)).any()):
                raise not_canonical()
            out[0, part], out[1, part] = l0, l1
        return out.reshape(2, *shape)

    def sum_axis(self, a: Planes, axis: int | None) -> Planes:  # noqa: D102
        return sum_axis(a, axis)

    def running_sums(self, a: Planes, axis: int) -> Planes:  # noqa: D102
        return running_sums(a, axis)

    def matmul(self, a: Planes, b: Planes) -> Planes:  # noqa: D102
        return matmul(a, b)

    def packed(self, a: Planes) -> NumpyPacked:  # noqa: D102
        return NumpyPacked(a)

    def keystream(self, key: bytes | bytearray) -> OpensslKeystream:  # noqa: D102
        return OpensslKeystream(key)

    def mask(self, d: Planes, lam: int, plus: Keystream, minus: Keystream, nonce: int, offset: int) -> Planes:  # noqa: D102
        shape = d.shape[1:]

        def one(x: Pair, p: Pair, m: Pair) -> Pair:
            return field.add_scalar(field.sub(field.add(field.mul_scalar(x, lam), p), m), offset)

        return _by_block(one, planes(d), plus.elements(nonce, shape), minus.elements(nonce, shape))

    def finish_ab(  # noqa: D102
        self, own: Planes, other: Planes, shift: int, offset: int, k: int, w: Planes, g: int
    ) -> Planes:
        check_shift(shift)

        def one(x: Pair, y: Pair, z: Pair) -> Pair:
            opened = field.shift_right(field.canonical(field.add(x, y)), shift)
            scaled = field.mul_scalar(field.add_scalar(opened, -offset), k)
            return field.add(scaled, field.mul_scalar(z, g))

        return _by_block(one, *alike(own, other, w))

    def finish_c(  # noqa: D102
        self, masked: Planes, shift: int, prf: Keystream, nonce: int, ka: int, kb: int
    ) -> tuple[Planes, Planes]:
        check_shift(shift)
        ra = prf.elements(nonce, masked.shape[1:])
        rb = _by_block(
            lambda x, a: field.sub(field.shift_right(field.canonical(field.neg(x)), shift), a), planes(masked), ra
        )
        return rb, _by_block(lambda a, b: field.add(field.mul_scalar(a, ka), field.mul_scalar(b, kb)), ra, rb)

    def join(  # noqa: D102
        self, half: Planes, stream: Keystream, nonce: int, sent: int, own: int, masked: int
    ) -> tuple[bytes, Planes]:
        mask = stream.elements(nonce, half.shape[1:])
        to_peer = _by_block(lambda h, m: field.add(field.mul_scalar(h, sent), m), planes(half), mask)
        kept = _by_block(lambda h, m: field.add(field.mul_scalar(h, own), field.mul_scalar(m, masked)), half, mask)
        return self.pack(to_peer), kept

    def both(  # noqa: D102
        self, plus: Keystream, kp: int, minus: Keystream, km: int, nonce: int, shape: tuple[int, ...]
    ) -> Planes:
        p, m = plus.elements(nonce, shape), minus.elements(nonce, shape)
        return _by_block(lambda x, y: field.add(field.mul_scalar(x, kp), field.mul_scalar(y, km)), p, m)

    def sincos(self, c: Planes, period_bits: int, terms: int, scale_bits: int) -> tuple[Integers, Integers]:  # noqa: D102
        check_sines(period_bits, terms, scale_bits)
        flat = planes(c).reshape(2, -1)
        sine = np.empty((terms, flat.shape[1]), dtype=np.int64)
        cosine = np.empty_like(sine)
        for part in field.blocks(flat.shape[1]):
            low = field.low_word(field.pair(flat, part))
            sine[:, part], cosine[:, part] = sines.sincos(low, period_bits, terms, scale_bits)
        return sine, cosine

    def dot_int(self, u: Integers, v: Planes) -> Planes:  # noqa: D102
        u, v = integers(u), planes(v)
        if v.shape[1:] != u.shape or u.ndim != 2:
            raise ValueError(f"shapes differ: {u.shape} and {v.shape}")
        out = np.zeros((2, u.shape[1]), dtype=np.uint64)
        for part in field.blocks(u.shape[1]):
            for k in range(u.shape[0]):
                product = field.mul(field.from_int64(u[k, part]), (v[0, k, part], v[1, k, part]))
                out[0, part], out[1, part] = field.add(field.pair(out, part), product)
        return out

    def draw_order(self, words: Words, rows: int) -> Order | None:  # noqa: D102
        return orders.drawn(words, check_rows(rows))

    def compose_orders(self, first: Order, second: Order) -> Order:  # noqa: D102
        first, second = check_order(first), check_order(second)
        return first[_known(second, first.size)]

    def gather(self, a: Planes, order: Order) -> Planes:  # noqa: D102
        return np.ascontiguousarray(planes(a)[:, _known(check_order(order), a.shape[1])])


def _known(order: Order, rows: int) -> Order:
    if order.size and int(order.max()) >= rows:
        raise no_row()
    return order


def _by_block(kernel: Callable[..., Pair], *arrays: Planes) -> Planes:
    """``kernel`` on every block of planes of one shape."""
    flat = [a.reshape(2, size(a)) for a in arrays]
    out = np.empty_like(flat[0])
    for part in field.blocks(out.shape[1]):
        out[0, part], out[1, part] = kernel(*(field.pair(a, part) for a in flat))
    return out.reshape(arrays[0].shape)
