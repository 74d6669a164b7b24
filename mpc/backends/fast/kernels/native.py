"""The compiled variants behind the same interface: arrays are checked here, addresses go to C, the interpreter lock is released."""

import ctypes
import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpc.backends.fast.kernels.aes import OpensslKeystream
from mpc.backends.fast.kernels.interface import Keystream
from mpc.backends.fast.kernels.native_calls import NativeCalls, address
from mpc.backends.fast.kernels.native_keystream import NativeKeystream
from mpc.backends.fast.kernels.native_products import NativePacked, matmul
from mpc.backends.fast.kernels.native_trees import NativeTrees, fresh_bytes
from mpc.backends.fast.kernels.orders import Order, check_order, check_rows, no_row
from mpc.backends.fast.kernels.planes import (
    ELEMENT_BYTES,
    Integers,
    Planes,
    Words,
    alike,
    check_nonce,
    check_shift,
    check_sines,
    check_wire,
    integers,
    limbs,
    not_canonical,
    planes,
    size,
    too_large,
)
from mpc.backends.fast.kernels.sums import running_sums, sum_axis


class NativeKernels(NativeTrees):
    """See :mod:`mpc.backends.fast.kernels`. Variants without AES instructions of their own take OpenSSL's keystream."""

    def __init__(self, name: str, library: ctypes.CDLL) -> None:
        super().__init__(NativeCalls(name, library))
        self.name: Final = name

    def add(self, a: Planes, b: Planes) -> Planes:  # noqa: D102
        return self._two(self._c.add, a, b)

    def sub(self, a: Planes, b: Planes) -> Planes:  # noqa: D102
        return self._two(self._c.sub, a, b)

    def mul(self, a: Planes, b: Planes) -> Planes:  # noqa: D102
        return self._two(self._c.mul, a, b)

    def neg(self, a: Planes) -> Planes:  # noqa: D102
        return self._one(self._c.neg, a)

    def add_scalar(self, a: Planes, k: int) -> Planes:  # noqa: D102
        return self._one(self._c.add_scalar, a, *limbs(k))

    def mul_scalar(self, a: Planes, k: int) -> Planes:  # noqa: D102
        return self._one(self._c.mul_scalar, a, *limbs(k))

    def canonical(self, a: Planes) -> Planes:  # noqa: D102
        return self._one(self._c.canonical, a)

    def from_int64(self, values: Integers) -> Planes:  # noqa: D102
        values = integers(values)
        out = np.empty((2, *values.shape), dtype=np.uint64)
        self._c.from_int64(address(values), address(out), values.size)
        return out

    def to_int64(self, a: Planes) -> Integers:  # noqa: D102
        a = planes(a)
        out = np.empty(a.shape[1:], dtype=np.int64)
        if self._c.to_int64(address(a), address(out), out.size):
            raise too_large()
        return out

    def pack(self, a: Planes) -> bytes:  # noqa: D102
        a = planes(a)
        n = size(a)
        if n == 0:
            return b""
        data, where = fresh_bytes(ELEMENT_BYTES * n)
        self._c.pack(address(a), where, n)
        return data

    def unpack(self, data: bytes | bytearray | memoryview, shape: tuple[int, ...]) -> Planes:  # noqa: D102
        raw = np.frombuffer(data, dtype=np.uint8)
        check_wire(raw.size, shape)
        out = np.empty((2, *shape), dtype=np.uint64)
        if self._c.unpack(address(raw), address(out), size(out)):
            raise not_canonical()
        return out

    def sum_axis(self, a: Planes, axis: int | None) -> Planes:  # noqa: D102
        return sum_axis(a, axis)

    def running_sums(self, a: Planes, axis: int) -> Planes:  # noqa: D102
        return running_sums(a, axis)

    def matmul(self, a: Planes, b: Planes) -> Planes:  # noqa: D102
        return matmul(self._c, planes(a), planes(b))

    def packed(self, a: Planes) -> NativePacked:  # noqa: D102
        return NativePacked(self._c, planes(a))

    def keystream(self, key: bytes | bytearray) -> Keystream:  # noqa: D102
        return NativeKeystream(self._c, key) if self._c.has_aes else OpensslKeystream(key)

    def mask(self, d: Planes, lam: int, plus: Keystream, minus: Keystream, nonce: int, offset: int) -> Planes:  # noqa: D102
        d = planes(d)
        out = np.empty_like(d)
        given = (address(d), *limbs(lam))
        rest = (*limbs(offset), address(out), size(d))
        if isinstance(plus, NativeKeystream) and isinstance(minus, NativeKeystream):
            self._c.mask(*given, plus.schedule(), minus.schedule(), check_nonce(nonce), *rest)
        else:
            p, m = plus.elements(nonce, d.shape[1:]), minus.elements(nonce, d.shape[1:])
            self._c.mask_planes(*given, address(p), address(m), *rest)
        return out

    def finish_ab(  # noqa: D102
        self, own: Planes, other: Planes, shift: int, offset: int, k: int, w: Planes, g: int
    ) -> Planes:
        own, other, w = alike(own, other, w)
        out = np.empty_like(own)
        factors = (*limbs(-offset * k), *limbs(k), address(w), *limbs(g))
        self._c.finish_ab(address(own), address(other), check_shift(shift), *factors, address(out), size(own))
        return out

    def finish_c(  # noqa: D102
        self, masked: Planes, shift: int, prf: Keystream, nonce: int, ka: int, kb: int
    ) -> tuple[Planes, Planes]:
        masked = planes(masked)
        rb, y = np.empty_like(masked), np.empty_like(masked)
        given = (address(masked), check_shift(shift))
        rest = (*limbs(ka), *limbs(kb), address(rb), address(y), size(masked))
        if isinstance(prf, NativeKeystream):
            self._c.finish_c(*given, prf.schedule(), check_nonce(nonce), *rest)
        else:
            ra = prf.elements(nonce, masked.shape[1:])
            self._c.finish_c_planes(*given, address(ra), *rest)
        return rb, y

    def join(  # noqa: D102
        self, half: Planes, stream: Keystream, nonce: int, sent: int, own: int, masked: int
    ) -> tuple[bytes, Planes]:
        half = planes(half)
        out = np.empty_like(half)
        data, where = fresh_bytes(ELEMENT_BYTES * size(half))
        rest = (*limbs(sent), *limbs(own), *limbs(masked), where, address(out), size(half))
        if isinstance(stream, NativeKeystream):
            self._c.join(address(half), stream.schedule(), check_nonce(nonce), *rest)
        else:
            mask = stream.elements(nonce, half.shape[1:])
            self._c.join_planes(address(half), address(mask), *rest)
        return data, out

    def both(  # noqa: D102
        self, plus: Keystream, kp: int, minus: Keystream, km: int, nonce: int, shape: tuple[int, ...]
    ) -> Planes:
        out = np.empty((2, *shape), dtype=np.uint64)
        if isinstance(plus, NativeKeystream) and isinstance(minus, NativeKeystream):
            given = (plus.schedule(), *limbs(kp), minus.schedule(), *limbs(km), check_nonce(nonce))
            self._c.both(*given, address(out), size(out))
        else:
            p, m = plus.elements(nonce, shape), minus.elements(nonce, shape)
            self._c.both_planes(address(p), *limbs(kp), address(m), *limbs(km), address(out), size(out))
        return out

    def sincos(self, c: Planes, period_bits: int, terms: int, scale_bits: int) -> tuple[Integers, Integers]:  # noqa: D102
        check_sines(period_bits, terms, scale_bits)
        c = planes(c)
        sine = np.empty((terms, size(c)), dtype=np.int64)
        cosine = np.empty_like(sine)
        self._c.sincos(address(c), period_bits, terms, scale_bits, address(sine), address(cosine), size(c))
        return sine, cosine

    def dot_int(self, u: Integers, v: Planes) -> Planes:  # noqa: D102
        u, v = integers(u), planes(v)
        if v.shape[1:] != u.shape or u.ndim != 2:
            raise ValueError(f"shapes differ: {u.shape} and {v.shape}")
        out = np.empty((2, u.shape[1]), dtype=np.uint64)
        self._c.dot_int(address(u), address(v), u.shape[0], address(out), u.shape[1])
        return out

    def draw_order(self, words: Words, rows: int) -> Order | None:  # noqa: D102
        words = np.ascontiguousarray(words, dtype=np.uint64)
        order = np.empty(check_rows(rows), dtype=np.uint32)
        return None if self._c.draw_order(address(words), words.size, address(order), rows) else order

    def compose_orders(self, first: Order, second: Order) -> Order:  # noqa: D102
        first, second = check_order(first), check_order(second)
        out = np.empty_like(second)
        if self._c.compose_orders(address(first), first.size, address(second), address(out), out.size):
            raise no_row()
        return out

    def gather(self, a: Planes, order: Order) -> Planes:  # noqa: D102
        a, order = planes(a), check_order(order)
        out = np.empty((2, order.size, *a.shape[2:]), dtype=np.uint64)
        rows = a.shape[1]
        columns = math.prod(a.shape[2:])
        if self._c.gather(address(a), rows, address(order), columns, address(out), order.size):
            raise no_row()
        return out

    @staticmethod
    def _one(kernel: Callable[..., int], a: Planes, *arguments: int) -> Planes:
        a = planes(a)
        out: NDArray[np.uint64] = np.empty_like(a)
        kernel(address(a), *arguments, address(out), size(a))
        return out

    @staticmethod
    def _two(kernel: Callable[..., int], a: Planes, b: Planes) -> Planes:
        a, b = alike(a, b)
        out: NDArray[np.uint64] = np.empty_like(a)
        kernel(address(a), address(b), address(out), size(a))
        return out
