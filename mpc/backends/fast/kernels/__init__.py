"""Arithmetic in GF(2^104 - 17) on arrays, at machine speed: the living contract of the fast backend's kernels.

**Planes.** An array of field elements is a C-contiguous ``np.uint64`` array of shape ``(2, *shape)``; limbs 0 and 1 are below
2^52 and the value is l0 + l1·2^52, any representative below 2^104 (residues 0 to 16 have two). Every function here takes any
representative and gives some representative, except where "canonical" is said; what gets shifted, sliced, decoded or sent is made
canonical first. Results are new arrays; planes that are not contiguous are copied. Wrong shapes or types raise
``ValueError``/``TypeError`` (a bug in the caller); wrong bytes from a peer raise ``FormatError``.

**Variants.** ``avx512ifma`` (AVX-512 IFMA and VAES), ``avx2`` (AVX2 and AES-NI), ``portable`` (C with 128-bit integers) and
``numpy`` (no compiler needed). The fastest usable one is chosen at the first call; the environment variable
``TALLYSTICK_KERNELS`` forces one. All agree bit for bit after :func:`canonical`; :func:`self_test` proves it for the one in
use, and a run starts with it. C calls release the interpreter lock. One thread.

**Pseudorandom function.** AES-128-CTR with the counter block nonce (8 bytes, big-endian) then block number (the same). Element i
is block i: its two little-endian words, each masked to 52 bits; word i is half a block. Elements are 2^-99 close to uniform.
*A nonce must never be used twice with a key*, for elements or words: that is the caller's construction.

**Sines.** Integer arithmetic specified in :mod:`mpc.backends.fast.kernels.sines`; error below 0.75 units of 2^-scale_bits.
"""

from functools import cache
from typing import Final

from mpc.backends.fast.kernels import golden
from mpc.backends.fast.kernels.choice import active, usable
from mpc.backends.fast.kernels.golden import SelfTestError
from mpc.backends.fast.kernels.interface import Kernels, PackedMatrix
from mpc.backends.fast.kernels.memory import keep_freed_memory
from mpc.backends.fast.kernels.orders import Order, check_rows, words_for
from mpc.backends.fast.kernels.planes import MODULUS, Integers, Planes, Words

__all__ = [
    "MODULUS",
    "Integers",
    "Order",
    "Packed",
    "Planes",
    "Prf",
    "SelfTestError",
    "Words",
    "add",
    "add_scalar",
    "both",
    "canonical",
    "chosen",
    "compose_orders",
    "cuts_dealt",
    "dot_int",
    "finish_ab",
    "finish_c",
    "from_int64",
    "gather",
    "halves_dealt",
    "halves_of_a",
    "halves_of_b",
    "join",
    "keep_freed_memory",
    "mask",
    "matmul",
    "mul",
    "mul_scalar",
    "neg",
    "pack",
    "running_sums",
    "self_test",
    "shifted_words",
    "sincos",
    "split_join",
    "split_pack",
    "sub",
    "sum_axis",
    "to_int64",
    "tree_deal",
    "tree_leaves",
    "tree_level",
    "tree_next",
    "unpack",
    "variant",
    "variants",
]


def variant() -> str:
    """The variant in use: ``avx512ifma``, ``avx2``, ``portable`` or ``numpy``; chosen once."""
    return active().name


def variants() -> tuple[str, ...]:
    """The variants usable on this machine, fastest first."""
    return usable()


def self_test() -> None:
    """Check every kernel of the variant in use against golden vectors (milliseconds), once in a process: a run is a process of its own.

    ``SelfTestError`` ``kernels.disagree`` when one is wrong by a single bit: nothing must be computed with it.
    """
    _proven(active())


@cache
def _proven(kernels: Kernels) -> None:
    golden.check(kernels)


def add(a: Planes, b: Planes) -> Planes:
    """Elementwise a + b, same shape."""
    return active().add(a, b)


def sub(a: Planes, b: Planes) -> Planes:
    """Elementwise a - b, same shape."""
    return active().sub(a, b)


def mul(a: Planes, b: Planes) -> Planes:
    """Elementwise a · b, same shape."""
    return active().mul(a, b)


def neg(a: Planes) -> Planes:
    """-a."""
    return active().neg(a)


def add_scalar(a: Planes, k: int) -> Planes:
    """Elementwise a + k for any integer k, taken modulo p."""
    return active().add_scalar(a, k)


def mul_scalar(a: Planes, k: int) -> Planes:
    """Elementwise a · k for any integer k, taken modulo p."""
    return active().mul_scalar(a, k)


def canonical(a: Planes) -> Planes:
    """The representative below p."""
    return active().canonical(a)


def from_int64(values: Integers) -> Planes:
    """Signed integers as canonical elements, shape kept."""
    return active().from_int64(values)


def to_int64(a: Planes) -> Integers:
    """The signed representatives; ``RangeError`` (``kernels.too_large``) when one is 2^62 or more in magnitude."""
    return active().to_int64(a)


def pack(a: Planes) -> bytes:
    """13 bytes little-endian for each element, canonical, in C order."""
    return active().pack(a)


def unpack(data: bytes | bytearray | memoryview, shape: tuple[int, ...]) -> Planes:
    """Read exactly ``shape`` elements; ``FormatError`` ``arrays.wrong_length`` or, for a residue >= p, ``arrays.not_canonical``."""
    return active().unpack(data, shape)


def sum_axis(a: Planes, axis: int | None) -> Planes:
    """The sum along an axis of ``shape`` (the planes' own axis does not count); all elements for None, shape ``(2,)``."""
    return active().sum_axis(a, axis)


def running_sums(a: Planes, axis: int) -> Planes:
    """For every place along an axis of ``shape`` the sum up to it, itself included; exact modulo p, one pass."""
    return active().running_sums(a, axis)


def matmul(a: Planes, b: Planes) -> Planes:
    """(2, m, k) @ (2, k, n), (2, m, k) @ (2, k), (2, k) @ (2, k, n), (2, k) @ (2, k); any sizes, 0 included."""
    return active().matmul(a, b)


class Packed:
    """A matrix (2, m, k) packed for repeated products; each of the two layouts is built when first needed and kept.

    Keeps ``a`` itself too (not copied: do not write to it afterwards).
    """

    def __init__(self, a: Planes) -> None:
        self._matrix: Final[PackedMatrix] = active().packed(a)

    def matmul(self, b: Planes) -> Planes:
        """The product a @ b for b of shape (2, k) or (2, k, n)."""
        return self._matrix.matmul(b)

    def t_matmul(self, b: Planes) -> Planes:
        """The product a.T @ b for b of shape (2, m) or (2, m, n)."""
        return self._matrix.t_matmul(b)

    def gram(self) -> Planes:
        """The Gram matrix a.T @ a, at about half the price of a product."""
        return self._matrix.gram()


class Prf:
    """AES-128-CTR under a 16-byte key; see the package for its exact output.

    The key schedule lives in this object's memory alone and is overwritten by :meth:`close` and when the object dies (the numpy and
    portable variants can only drop it: it is OpenSSL's). The caller's own copy of the key is the caller's.
    """

    def __init__(self, key: bytes | bytearray) -> None:
        self.stream: Final = active().keystream(key)

    def elements(self, nonce: int, shape: tuple[int, ...]) -> Planes:
        """Pseudorandom field elements; nonce < 2^64."""
        return self.stream.elements(nonce, shape)

    def words(self, nonce: int, count: int) -> Words:
        """``count`` pseudorandom 64-bit words; nonce < 2^64."""
        return self.stream.words(nonce, count)

    def order(self, nonce: int, rows: int) -> Order:
        """A uniform order of ``rows`` rows (:mod:`mpc.backends.fast.kernels.orders`); nonce < 2^64."""
        count = words_for(check_rows(rows))
        while (found := active().draw_order(self.stream.words(nonce, count), rows)) is None:
            count *= 2
        return found

    def close(self) -> None:
        """Wipe the key; further use raises ``ValueError``."""
        self.stream.close()


def mask(d: Planes, lam: int, plus: Prf, minus: Prf, nonce: int, offset: int) -> Planes:
    """lam·d + plus(nonce) - minus(nonce) + offset."""
    return active().mask(d, lam, plus.stream, minus.stream, nonce, offset)


def finish_ab(own: Planes, other: Planes, shift: int, offset: int, k: int, w: Planes, g: int) -> Planes:
    """((canonical(own + other) >> shift) - offset)·k + w·g; 0 <= shift < 104."""
    return active().finish_ab(own, other, shift, offset, k, w, g)


def finish_c(masked: Planes, shift: int, prf: Prf, nonce: int, ka: int, kb: int) -> tuple[Planes, Planes]:
    """(rb, y) with r = canonical(-masked) >> shift, ra = prf(nonce), rb = r - ra, y = ra·ka + rb·kb."""
    return active().finish_c(masked, shift, prf.stream, nonce, ka, kb)


def sincos(c: Planes, period_bits: int, terms: int, scale_bits: int) -> tuple[Integers, Integers]:
    """2^scale_bits·sin and cos of 2πk·c/2^period_bits, rounded, for k = 1..terms: two arrays (terms, n), ``c`` read flat.

    Only the low period_bits (<= 60) of the canonical value count; scale_bits <= 28; exact to the bit on every variant.
    """
    return active().sincos(c, period_bits, terms, scale_bits)


def dot_int(u: Integers, v: Planes) -> Planes:
    """The sum over k of u[k]·v[k] for public integers u (k, n) and planes v (2, k, n): planes (2, n)."""
    return active().dot_int(u, v)


def join(half: Planes, prf: Prf, nonce: int, sent: int, own: int, masked: int) -> tuple[bytes, Planes]:
    """The packed half·sent + prf(nonce), and half·own + prf(nonce)·masked."""
    return active().join(half, prf.stream, nonce, sent, own, masked)


def both(plus: Prf, kp: int, minus: Prf, km: int, nonce: int, shape: tuple[int, ...]) -> Planes:
    """The sum plus(nonce)·kp + minus(nonce)·km."""
    return active().both(plus.stream, kp, minus.stream, km, nonce, shape)


def tree_leaves(
    low: Words, targets: Words, bits: int, dealt: Words, masks: Words, *, equality: bool, first: bool
) -> tuple[Words, Words]:
    """A's (``first``) or B's masked shares of all leaves' results, (answers, rows, words), for low words ``(n,)`` of c.

    Of c - t for each of ``targets``, bits - 1 bits are compared, all where ``equality`` is asked; bit bits - 1 comes back as
    (answers, words). ``dealt`` begins with the leaves' terms, ``masks`` (answers, rows, words) with theirs. See
    :mod:`~mpc.backends.fast.kernels.numpy_trees` for the rows.
    """
    return active().tree_leaves(low, targets, bits, dealt, masks, equality=equality, first=first)


def tree_deal(low: Words, bits: int, masks: Words, pads: Words, *, equality: bool) -> tuple[Words, Words]:
    """All that the dealer deals, from the low words ``(n,)`` of r, onto ``pads``; and the answers' masks, (answers, words).

    ``masks`` (answers, rows, words) are those of all wires.
    """
    return active().tree_deal(low, bits, masks, pads, equality=equality)


def tree_level(
    m: Words,
    part: Words,
    nodes: int,
    dealt: Words,
    above: int,
    masks: Words,
    at: int,
    *,
    equality: bool,
    first: bool,
) -> Words:
    """A's or B's masked shares of the level above ``nodes``, whose wires are m ⊕ (both parties' ``part``).

    ``dealt`` (answers, terms, words) from term ``above`` on, ``masks`` (answers, rows, words) from row ``at`` on.
    """
    return active().tree_level(m, part, nodes, dealt, above, masks, at, equality=equality, first=first)


def tree_next(own: Words, at: int, theirs: Words | None, below: Words, nodes: int, *, equality: bool) -> Words:
    """The wires of the level above ``nodes``: ``own`` from row ``at`` on ⊕ ``theirs``, and what passes from ``below``."""
    return active().tree_next(own, at, theirs, below, nodes, equality=equality)


def split_pack(a: Planes, low: int) -> bytes:
    """The ``low`` lowest bytes (1 to 8) and the four highest of every canonical element."""
    return active().split_pack(a, low)


def split_join(a: Planes, data: bytes | memoryview, low: int) -> tuple[Words, Integers]:
    """The low bytes of a + b mod p, of b what :func:`split_pack` made, and where they are in doubt.

    There (with probability 2^-31) b's highest bits do not say whether the sum passes p. ``FormatError`` for another length.
    """
    return active().split_join(a, data, low)


def halves_dealt(last: Words, pads: Words, n: int) -> bytes:
    """(bit - (pad >> 8)) mod 2^56 for the bits of rows (answers, words), 7 bytes each."""
    return active().halves_dealt(last, pads, n)


def halves_of_a(m: Words, pads: Words, n: int) -> Planes:
    """V or, where the bit of m is set, 1 - v for v = pad >> 8: planes (2, answers, n)."""
    return active().halves_of_a(m, pads, n)


def halves_of_b(m: Words, data: bytes | memoryview, n: int) -> Planes:
    """V or, where the bit of m is set, -v for v = seven bytes of ``data`` - 2^56; ``FormatError`` for another length."""
    return active().halves_of_b(m, data, n)


def shifted_words(a: Planes, shift: int, *, negative: bool = False) -> Words:
    """The low 64 bits of canonical a (or -a) >> shift, read flat; 0 <= shift < 104."""
    return active().shifted_words(a, shift, negative=negative)


def cuts_dealt(masked: Planes, shift: int, row: Words, prf: Prf, nonce: int) -> bytes:
    """The packed bit·r - prf(nonce) and (1 - bit)·r - prf(nonce), (2, n), for r = canonical(-masked) >> shift, bits of row."""
    return active().cuts_dealt(masked, shift, row, prf.stream, nonce)


def chosen(gamma: Planes, halves: Planes, cuts: Planes, row: Words, twice: int) -> Planes:
    """The sum gamma·halves[0] + twice·halves[1] - cuts[bit of row], for halves and cuts (2, 2, n): planes (2, n)."""
    return active().chosen(gamma, halves, cuts, row, twice)


def compose_orders(first: Order, second: Order) -> Order:
    """The order ``first[second]``: first the one, then the other. ``IndexError`` where second names no row of first."""
    return active().compose_orders(first, second)


def gather(a: Planes, order: Order) -> Planes:
    """The rows ``a[order]`` of planes (2, rows, ...); ``IndexError`` where a row is not there."""
    return active().gather(a, order)
