"""Field arithmetic on short blocks of limbs with numpy alone.

Every function takes and gives pairs (l0, l1) of equally long uint64 arrays; blocks of :data:`BLOCK` elements keep the
temporaries in the cache. B below is 2^52, so B^2 = 17 modulo p.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from numpy.typing import NDArray

from mpc.backends.fast.kernels.planes import LIMB, LIMB_BITS, LOWEST_EXCESS, Integers, Planes, limbs

Limbs: TypeAlias = NDArray[Any]
"""uint64; numpy's type hints call uint64 with a Python integer signed, which it is not."""
Pair: TypeAlias = tuple[Limbs, Limbs]

BLOCK: Final = 1 << 14
_HALF: Final = 26
_HALF_MASK: Final = (1 << _HALF) - 1
_TWICE_P: Final = ((2 << LIMB_BITS) - 34, (2 << LIMB_BITS) - 2)
"""2p in limbs large enough that subtracting any element's limbs leaves both non-negative."""


def blocks(length: int) -> Iterator[slice]:
    """The slices that cover ``length`` elements."""
    return (slice(start, min(start + BLOCK, length)) for start in range(0, length, BLOCK))


def pair(flat: Planes, part: slice) -> Pair:
    """A block of planes of shape (2, n)."""
    return flat[0, part], flat[1, part]


def fold(l0: Limbs, l1: Limbs) -> Pair:
    """An element from limbs below 2^63, in place. The second carry out of l1 leaves l0 so small that a third cannot happen."""
    for _ in range(2):
        l1 += l0 >> LIMB_BITS
        l0 &= LIMB
        carry = l1 >> LIMB_BITS
        l1 &= LIMB
        carry *= 17
        l0 += carry
    return l0, l1


def add(a: Pair, b: Pair) -> Pair:
    """The sum a + b."""
    return fold(a[0] + b[0], a[1] + b[1])


def sub(a: Pair, b: Pair) -> Pair:
    """The difference a - b."""
    return fold(a[0] + (_TWICE_P[0] - b[0]), a[1] + (_TWICE_P[1] - b[1]))


def neg(a: Pair) -> Pair:
    """The negative -a."""
    return fold(_TWICE_P[0] - a[0], _TWICE_P[1] - a[1])


def add_scalar(a: Pair, k: int) -> Pair:
    """The sum a + k."""
    k0, k1 = limbs(k)
    return fold(a[0] + k0, a[1] + k1)


def _halves(a: Pair) -> tuple[Limbs, Limbs, Limbs, Limbs]:
    return a[0] & _HALF_MASK, a[0] >> _HALF, a[1] & _HALF_MASK, a[1] >> _HALF


def mul(a: Pair, b: Pair) -> Pair:
    """The product a · b: schoolbook on 26-bit digits; column sums stay below 2^59 after folding the upper ones back times 17."""
    a0, a1, a2, a3 = _halves(a)
    b0, b1, b2, b3 = _halves(b)
    return _join(
        a0 * b0 + 17 * (a1 * b3 + a2 * b2 + a3 * b1),
        a0 * b1 + a1 * b0 + 17 * (a2 * b3 + a3 * b2),
        a0 * b2 + a1 * b1 + a2 * b0 + 17 * (a3 * b3),
        a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0,
    )


def mul_scalar(a: Pair, k: int) -> Pair:
    """The product a · k."""
    a0, a1, a2, a3 = _halves(a)
    k0, k1 = limbs(k)
    b0, b1, b2, b3 = k0 & _HALF_MASK, k0 >> _HALF, k1 & _HALF_MASK, k1 >> _HALF
    return _join(
        a0 * b0 + 17 * (a1 * b3 + a2 * b2 + a3 * b1),
        a0 * b1 + a1 * b0 + 17 * (a2 * b3 + a3 * b2),
        a0 * b2 + a1 * b1 + a2 * b0 + 17 * (a3 * b3),
        a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0,
    )


def _join(e0: Limbs, e1: Limbs, e2: Limbs, e3: Limbs) -> Pair:
    e1 += e0 >> _HALF
    e2 += e1 >> _HALF
    e3 += e2 >> _HALF
    l0 = (e0 & _HALF_MASK) | ((e1 & _HALF_MASK) << _HALF)
    l0 += 17 * (e3 >> _HALF)
    return fold(l0, (e2 & _HALF_MASK) | ((e3 & _HALF_MASK) << _HALF))


def canonical(a: Pair) -> Pair:
    """The representative below p."""
    excess = (a[1] == LIMB) & (a[0] >= LOWEST_EXCESS)
    return a[0] - LOWEST_EXCESS * excess.astype(a[0].dtype), a[1] * ~excess


def shift_right(a: Pair, shift: int) -> Pair:
    """The shift a >> shift, of the representative given, 0 <= shift < 104."""
    if shift >= LIMB_BITS:
        low = a[1] >> (shift - LIMB_BITS)
        return low, low ^ low
    return (a[0] >> shift) | ((a[1] << (LIMB_BITS - shift)) & LIMB), a[1] >> shift


def from_int64(values: Integers) -> Pair:
    """Canonical elements of signed integers: p is added to negative ones, in limbs."""
    l0 = values.view("u8") & LIMB
    l1 = (values >> LIMB_BITS).view("u8")
    negative = (values < 0).astype(l0.dtype)
    l0 = l0 + LOWEST_EXCESS * negative
    l1 = l1 + LIMB * negative + (l0 >> LIMB_BITS)
    return l0 & LIMB, l1


def low_word(a: Pair) -> Limbs:
    """The low 64 bits of the canonical value."""
    l0, l1 = canonical(a)
    return l0 | (l1 << LIMB_BITS)
