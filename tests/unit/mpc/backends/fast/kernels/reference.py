"""The kernels' meaning in Python integers (and AES from pycryptodome): slow, plain, and written from the contract alone."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
from Crypto.Cipher import AES

from protocol.errors import FormatError, RangeError
from tests.unit.mpc.backends.fast.kernels.reference_trees import ReferenceTrees, bits_of

P = 2**104 - 17
LIMB = 2**52 - 1


def encode(values: list[int], shape: tuple[int, ...] | None = None) -> np.ndarray:
    planes = np.array([[v & LIMB for v in values], [v >> 52 for v in values]], dtype=np.uint64)
    return planes.reshape(2, *(shape if shape is not None else (len(values),)))


def decode(planes: np.ndarray) -> list[int]:
    low, high = planes.reshape(2, -1).tolist()
    return [a + (b << 52) for a, b in zip(low, high, strict=True)]


def signed(x: int) -> int:
    return x if x <= P // 2 else x - P


class ReferenceKeystream:
    def __init__(self, key: bytes) -> None:
        self._key = bytes(key)

    def _stream(self, nonce: int, length: int) -> bytes:
        cipher = AES.new(self._key, AES.MODE_CTR, nonce=nonce.to_bytes(8, "big"), initial_value=0)
        return cipher.encrypt(bytes(length))

    def elements(self, nonce: int, shape: tuple[int, ...]) -> np.ndarray:
        data = self._stream(nonce, 16 * math.prod(shape))
        halves = [int.from_bytes(data[i : i + 8], "little") & LIMB for i in range(0, len(data), 8)]
        return encode([a + (b << 52) for a, b in zip(halves[::2], halves[1::2], strict=True)], shape)

    def words(self, nonce: int, count: int) -> np.ndarray:
        data = self._stream(nonce, 8 * count)
        return np.array([int.from_bytes(data[i : i + 8], "little") for i in range(0, len(data), 8)], dtype=np.uint64)

    def close(self) -> None:
        self._key = b""


class ReferencePacked:
    def __init__(self, kernels: "Reference", a: np.ndarray) -> None:
        self._k, self._a = kernels, a
        self._t = np.ascontiguousarray(a.transpose(0, 2, 1))

    def matmul(self, b: np.ndarray) -> np.ndarray:
        return self._k.matmul(self._a, b)

    def t_matmul(self, b: np.ndarray) -> np.ndarray:
        return self._k.matmul(self._t, b)

    def gram(self) -> np.ndarray:
        return self._k.matmul(self._t, self._a)


class Reference(ReferenceTrees):
    """Every answer is canonical."""

    name = "reference"

    def _map(self, function: Any, *arrays: np.ndarray) -> np.ndarray:
        values = zip(*(decode(a) for a in arrays), strict=True)
        return encode([function(*each) % P for each in values], arrays[0].shape[1:])

    def add(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self._map(lambda x, y: x + y, a, b)

    def sub(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self._map(lambda x, y: x - y, a, b)

    def mul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self._map(lambda x, y: x * y, a, b)

    def neg(self, a: np.ndarray) -> np.ndarray:
        return self._map(lambda x: -x, a)

    def add_scalar(self, a: np.ndarray, k: int) -> np.ndarray:
        return self._map(lambda x: x + k, a)

    def mul_scalar(self, a: np.ndarray, k: int) -> np.ndarray:
        return self._map(lambda x: x * k, a)

    def canonical(self, a: np.ndarray) -> np.ndarray:
        return self._map(lambda x: x, a)

    def from_int64(self, values: np.ndarray) -> np.ndarray:
        return encode([x % P for x in values.reshape(-1).tolist()], values.shape)

    def to_int64(self, a: np.ndarray) -> np.ndarray:
        found = [signed(x % P) for x in decode(a)]
        if any(abs(x) >= 2**62 for x in found):
            raise RangeError("kernels.too_large", "", "")
        return np.array(found, dtype=np.int64).reshape(a.shape[1:])

    def pack(self, a: np.ndarray) -> bytes:
        return b"".join((x % P).to_bytes(13, "little") for x in decode(a))

    def unpack(self, data: bytes, shape: tuple[int, ...]) -> np.ndarray:
        if len(data) != 13 * math.prod(shape):
            raise FormatError("arrays.wrong_length", "", "")
        values = [int.from_bytes(data[i : i + 13], "little") for i in range(0, len(data), 13)]
        if any(x >= P for x in values):
            raise FormatError("arrays.not_canonical", "", "")
        return encode(values, shape)

    def sum_axis(self, a: np.ndarray, axis: int | None) -> np.ndarray:
        whole = np.array(decode(a), dtype=object).reshape(a.shape[1:])
        found = np.asarray(whole.sum(axis=axis), dtype=object)
        return encode([x % P for x in found.reshape(-1).tolist()], found.shape)

    def running_sums(self, a: np.ndarray, axis: int) -> np.ndarray:
        found = np.array(decode(a), dtype=object).reshape(a.shape[1:]).cumsum(axis=axis)
        return encode([x % P for x in found.reshape(-1).tolist()], found.shape)

    def matmul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        x, y, inner = decode(a), decode(b), b.shape[1]
        m, n = math.prod(a.shape[1:-1]), math.prod(b.shape[2:])
        rows, columns = [x[i * inner : (i + 1) * inner] for i in range(m)], [y[j::n] for j in range(n)]
        found = [sum(map(int.__mul__, row, column)) % P for row in rows for column in columns]
        return encode(found, a.shape[1:-1] + b.shape[2:])

    def packed(self, a: np.ndarray) -> ReferencePacked:
        return ReferencePacked(self, a)

    def keystream(self, key: bytes) -> ReferenceKeystream:
        return ReferenceKeystream(key)

    def mask(self, d: np.ndarray, lam: int, plus: Any, minus: Any, nonce: int, offset: int) -> np.ndarray:
        shape = d.shape[1:]
        p, m = plus.elements(nonce, shape), minus.elements(nonce, shape)
        return self._map(lambda x, y, z: lam * x + y - z + offset, d, p, m)

    def finish_ab(
        self, own: np.ndarray, other: np.ndarray, shift: int, offset: int, k: int, w: np.ndarray, g: int
    ) -> np.ndarray:
        return self._map(lambda x, y, z: (((x + y) % P >> shift) - offset) * k + z * g, own, other, w)

    def finish_c(
        self, masked: np.ndarray, shift: int, prf: Any, nonce: int, ka: int, kb: int
    ) -> tuple[np.ndarray, np.ndarray]:
        ra = prf.elements(nonce, masked.shape[1:])
        rb = self._map(lambda x, a: (-x % P >> shift) - a, masked, ra)
        return rb, self._map(lambda a, b: a * ka + b * kb, ra, rb)

    def sincos(self, c: np.ndarray, period_bits: int, terms: int, scale_bits: int) -> tuple[np.ndarray, np.ndarray]:
        """The steps of the specification with unbounded integers."""
        values = [x % P % 2**period_bits for x in decode(c)]
        pairs = [[harmonic(k * v, period_bits, scale_bits) for v in values] for k in range(1, terms + 1)]
        found = np.array(pairs, dtype=np.int64).reshape(terms, len(values), 2)
        return np.ascontiguousarray(found[:, :, 0]), np.ascontiguousarray(found[:, :, 1])

    def dot_int(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        weights, rows = u.tolist(), [decode(v[:, k]) for k in range(u.shape[0])]
        found = [sum(weights[k][j] * rows[k][j] for k in range(u.shape[0])) % P for j in range(u.shape[1])]
        return encode(found)

    def join(
        self, half: np.ndarray, stream: Any, nonce: int, sent: int, own: int, masked: int
    ) -> tuple[bytes, np.ndarray]:
        mask = stream.elements(nonce, half.shape[1:])
        told = self._map(lambda h, m: h * sent + m, half, mask)
        return self.pack(told), self._map(lambda h, m: h * own + m * masked, half, mask)

    def both(self, plus: Any, kp: int, minus: Any, km: int, nonce: int, shape: tuple[int, ...]) -> np.ndarray:
        p, m = plus.elements(nonce, shape), minus.elements(nonce, shape)
        return self._map(lambda x, y: x * kp + y * km, p, m)

    def shifted_words(self, a: np.ndarray, shift: int, *, negative: bool) -> np.ndarray:
        values = [((-x if negative else x) % P >> shift) % 2**64 for x in decode(a)]
        return np.array(values, dtype=np.uint64)

    def split_pack(self, a: np.ndarray, low: int) -> bytes:
        whole = [(x % P).to_bytes(13, "little") for x in decode(a)]
        return b"".join(x[:low] + x[9:] for x in whole)

    def split_join(self, a: np.ndarray, data: bytes, low: int) -> tuple[np.ndarray, np.ndarray]:
        """Where the highest bits decide, they decide rightly: the sum of their numbers, and at most one carried."""
        words, doubtful = [], []
        for i, x in enumerate(decode(a)):
            mine, theirs = (x % P).to_bytes(13, "little"), data[i * (low + 4) : (i + 1) * (low + 4)]
            top = int.from_bytes(mine[9:], "little") + int.from_bytes(theirs[low:], "little")
            least = top * 2**72
            if least < P <= least + 2 * (2**72 - 1):
                doubtful.append(i)
            total = int.from_bytes(mine[:low] if low < 9 else mine, "little") + int.from_bytes(theirs[:low], "little")
            words.append((total - (P if least >= P else 0)) % 2 ** (8 * low))
        return np.array(words, dtype=np.uint64), np.array(doubtful, dtype=np.int64)

    def cuts_dealt(self, masked: np.ndarray, shift: int, row: np.ndarray, stream: Any, nonce: int) -> bytes:
        r = [-x % P >> shift for x in decode(masked)]
        bits, pads = bits_of(row[None], len(r)), decode(stream.elements(nonce, (2, len(r))))
        kept = [bit * x for bit, x in zip(bits, r, strict=True)] + [
            (1 - bit) * x for bit, x in zip(bits, r, strict=True)
        ]
        return self.pack(encode([(x - pad) % P for x, pad in zip(kept, pads, strict=True)]))

    def chosen(
        self, gamma: np.ndarray, halves: np.ndarray, cuts: np.ndarray, row: np.ndarray, twice: int
    ) -> np.ndarray:
        g, n = decode(gamma), gamma.shape[1]
        h, c, bits = decode(halves), decode(cuts), bits_of(row[None], n)
        return encode([(g[i] * h[i] + twice * h[n + i] - c[n * bits[i] + i]) % P for i in range(n)])

    def halves_dealt(self, last: np.ndarray, pads: np.ndarray, n: int) -> bytes:
        pairs = zip(bits_of(last, n), pads.tolist(), strict=True)
        return b"".join(((bit - (pad >> 8)) % 2**56).to_bytes(7, "little") for bit, pad in pairs)

    def halves_of_a(self, m: np.ndarray, pads: np.ndarray, n: int) -> np.ndarray:
        pairs = zip(bits_of(m, n), (pad >> 8 for pad in pads.tolist()), strict=True)
        return encode([(1 - v if bit else v) % P for bit, v in pairs], (m.shape[0], n))

    def halves_of_b(self, m: np.ndarray, data: bytes, n: int) -> np.ndarray:
        values = [int.from_bytes(data[i : i + 7], "little") - 2**56 for i in range(0, len(data), 7)]
        return encode([(-v if bit else v) % P for bit, v in zip(bits_of(m, n), values, strict=True)], (m.shape[0], n))

    def draw_order(self, words: np.ndarray, rows: int) -> np.ndarray | None:
        halves = [word >> shift & 0xFFFFFFFF for word in words.tolist() for shift in (0, 32)]
        order = list(range(rows))
        for bound in range(rows, 1, -1):
            while halves and halves[0] * bound % 2**32 < 2**32 % bound:
                del halves[0]
            if not halves:
                return None
            place = halves.pop(0) * bound // 2**32
            order[bound - 1], order[place] = order[place], order[bound - 1]
        return np.array(order, dtype=np.uint32)

    def compose_orders(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.array([first.tolist()[i] for i in second.tolist()], dtype=np.uint32)

    def gather(self, a: np.ndarray, order: np.ndarray) -> np.ndarray:
        rows = [a[:, i] for i in order.tolist()]
        return np.stack(rows, axis=1) if rows else a[:, :0]


def harmonic(c: int, period_bits: int, scale_bits: int) -> tuple[int, int]:
    """One phase by the written specification (exact fractions where it speaks of shifts rounding down)."""
    phi = c * 2 ** (64 - period_bits) % 2**64
    q = (phi + 2**61) // 2**62 % 4
    rest = phi - q * 2**62
    rest = rest - 2**64 if rest >= 2**63 else rest
    t = math.floor(Fraction(rest + 2**30, 2**31))
    u = math.floor(Fraction(t * t + 2**29, 2**30))
    s = _polynomial(u, 1686629713, (1387197334, -42784630, 628309, -5309), 33)
    d = _polynomial(u, 1324675879, (1089502240, -22401986, 246745, -1672), 34)
    sine = math.floor(Fraction(t * s + 2 ** (60 - scale_bits), 2 ** (61 - scale_bits)))
    cosine = math.floor(Fraction(2**62 - u * d + 2 ** (61 - scale_bits), 2 ** (62 - scale_bits)))
    return ((sine, cosine), (cosine, -sine), (-sine, -cosine), (-cosine, sine))[q]


def _polynomial(u: int, first: int, rest: tuple[int, ...], shift: int) -> int:
    value = rest[3]
    for coefficient in (rest[2], rest[1], rest[0]):
        value = coefficient + math.floor(Fraction(value * u, 2**30))
    return first - math.floor(Fraction(value * u + 2 ** (shift - 1), 2**shift))
