"""The compiled variants behind the same interface: arrays are checked here, addresses go to C, the interpreter lock is released."""

import ctypes
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mpc.backends.fast.kernels.aes import OpensslKeystream
from mpc.backends.fast.kernels.interface import Keystream
from mpc.backends.fast.kernels.native_calls import NativeCalls, address
from mpc.backends.fast.kernels.native_keystream import NativeKeystream
from mpc.backends.fast.kernels.native_products import NativePacked, matmul
from mpc.backends.fast.kernels.planes import (
    ELEMENT_BYTES,
    Integers,
    Planes,
    Words,
    alike,
    check_bits,
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
from mpc.backends.fast.kernels.sums import sum_axis

_new_bytes: Final[Any] = ctypes.pythonapi.PyBytes_FromStringAndSize
_new_bytes.restype, _new_bytes.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_ssize_t)
_bytes_address: Final[Any] = ctypes.pythonapi.PyBytes_AsString
_bytes_address.restype, _bytes_address.argtypes = ctypes.c_void_p, (ctypes.py_object,)


class NativeKernels:
    """See :mod:`mpc.backends.fast.kernels`. Variants without AES instructions of their own take OpenSSL's keystream."""

    def __init__(self, name: str, library: ctypes.CDLL) -> None:
        self.name: Final = name
        self._c: Final = NativeCalls(name, library)

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
        # a bytes object that nobody else has seen yet may be written to (C API: PyBytes_FromStringAndSize with NULL)
        data: bytes = _new_bytes(None, ELEMENT_BYTES * n)
        self._c.pack(address(a), _bytes_address(data), n)
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

    def bitslice(self, a: Planes, bits: int) -> Words:  # noqa: D102
        a = planes(a)
        n = size(a)
        out = np.empty((check_bits(bits), (n + 63) // 64), dtype=np.uint64)
        self._c.bitslice(address(a), bits, address(out), n)
        return out

    def unbitslice(self, words: Words, n: int) -> Words:  # noqa: D102
        bits = check_bits(words.shape[0])
        if words.dtype != np.uint64 or words.shape != (bits, (n + 63) // 64):
            raise ValueError(f"{words.dtype} {words.shape} is no bit slice of {n} elements")
        words = np.ascontiguousarray(words)
        out = np.empty(n, dtype=np.uint64)
        self._c.unbitslice(address(words), bits, address(out), n)
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
