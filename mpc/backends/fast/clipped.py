"""An odd trigonometric polynomial of an untruncated product inside a range, constants outside it: a whole sigmoid at once.

It joins :mod:`~mpc.backends.fast.series`, :mod:`~mpc.backends.fast.comparison` and the selection by the bits found, with one
opening, one dealer and one message from it. A and B learn c = z + offset + r; C, who knows r, deals B's parts of its factors
for the series, of the tree that compares c >> s with r >> s, and of four numbers for each element. With the tree's first exchange
A and B also open y = (inner product) + offset' + r', so that curve = (y >> f) - ρ - (offset' >> f) with ρ = r' >> f known to C.

The last wires are i = m_i ⊕ λ_i (z inside) and a = m_a ⊕ λ_a (z above), m known to A and B, λ to C. Let γ be the public part of
curve + tail. Then i·(curve + tail) + a·2·tail is, with sums that C deals,

    m_i = 0: γ·λ_i - λ_i·ρ        m_i = 1: γ·(1 - λ_i) - (1 - λ_i)·ρ        m_a = 0: 2·tail·λ_a        m_a = 1: 2·tail·(1 - λ_a)

which A and B compute from their halves and join to a line (:func:`mpc.backends.fast.products.joined`).

Rounds: 1 to open, 1 for the leaves, ceil(log3(leaves)) for the tree, 1 to join: 5 for 28 to 81 bits, less below.

Bytes per element in all: 130 (26 for each opening, 52 dealt, 26 to join), those of C's factors (16·K, or 26·K), and about 22 for 20 bits compared: the tree's.

Error: that of the series where z is inside. z / 2^s is compared rounded down or up, so a number less than 2^s from a threshold may
fall on either side of it. Failure: both openings must not wrap: charged.

Leaks: c and y are masked with r and r', which A and B do not know; all that C sends is masked with the key of A and C; the
wires of the tree with masks of which A and B know one half each. C receives nothing. So nothing; of a result that is opened
later C learns the rounding of its last place, as for every truncation.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpc.arrays.backend import Clip, SineSeries
from mpc.backends.fast import comparison, kernels, products, series
from mpc.backends.fast.comparison import Question
from mpc.backends.fast.kernels import Planes, Words
from mpc.backends.fast.kernels.planes import ELEMENT_BYTES, LIMB_BITS
from mpc.backends.fast.parties import CHUNK, Operation, Party, Purpose, Seat, whole
from mpc.backends.fast.protocols import Work

_OPEN: Final = 0
_DEALT: Final = 1
_JOIN: Final = 3
_CHUNK: Final = CHUNK // 8
"""Elements in one go at most; several goes are about equally long, and roles rotate, so that all parties are equally busy."""
_NUMBERS: Final = 4
_LIMB: Final = np.uint64((1 << LIMB_BITS) - 1)


@dataclass(frozen=True)
class Plan:
    """What is computed, the same at all parties."""

    curve: series.Plan
    clip: Clip

    @cached_property
    def offset(self) -> int:
        """Makes z positive; a multiple of the period and of 2^s."""
        return max(self.curve.offset, 1 << self.clip.shift)

    @cached_property
    def question(self) -> Question:
        """Whether z / 2^s, rounded either way, is at least the upper and the lower threshold."""
        largest = (self.curve.bound >> self.clip.shift) + 2 + self.clip.edge
        return Question(largest.bit_length() + 1, np.array([self.clip.edge, -self.clip.edge], dtype=np.int64))

    @cached_property
    def second_offset(self) -> int:
        """Makes the inner product positive."""
        return products.offset_for(self.curve.product_bound, self.curve.shift)

    def lengths(self, count: int) -> tuple[int, int, int]:
        """The bytes of the three pieces of C's message."""
        words = comparison.dealt_words(self.question, count)
        return series.dealt_bytes(self.curve, count), 8 * words, _NUMBERS * ELEMENT_BYTES * count


def _length(count: int) -> int:
    """Elements of one go: whole words of the tree."""
    goes = max(1, -(-count // _CHUNK))
    return max(64, -(-count // (64 * goes)) * 64)


def issued(party: Party, count: int, curve: SineSeries, clip: Clip, bound: int) -> Work:
    """See :attr:`mpc.backends.fast.protocols.Protocols.clipped`."""
    plan = Plan(series.Plan(curve, bound), clip)
    party.charge(count, plan.curve.bound + plan.offset)
    party.charge(count, plan.curve.product_bound + plan.second_offset)
    party.traffic.rounds += plan.question.rounds
    operations = [party.operation() for _ in range(0, max(count, 1), _length(count))]
    return lambda z: evaluated(party, operations, z, plan)


async def evaluated(party: Party, operations: list[Operation], z: Planes, plan: Plan) -> Planes:
    """Shares for planes ``(2, n)`` of degree-2 (or degree-1) shares of z."""
    size = _length(z.shape[1])
    if z.shape[1] <= size:
        return await _chunk(party, operations[0], z, plan)
    pieces = zip(operations, range(0, z.shape[1], size), strict=True)
    return whole(
        await party.flow.in_turn(
            _chunk(party, operation, np.ascontiguousarray(z[:, start : start + size]), plan)
            for operation, start in pieces
        )
    )


async def _chunk(party: Party, operation: Operation, z: Planes, plan: Plan) -> Planes:
    seat, count = party.seat(operation), z.shape[1]
    own = plan.offset if seat.role == "A" else 0
    masked = kernels.mask(z, seat.weight, seat.plus, seat.minus, operation.nonce(Purpose.MASK), own)
    if seat.role == "C":
        party.send(seat.b, operation.label(_DEALT), _dealt(operation, seat, masked, plan))
        await party.drained(seat.b)
        return products.joined_at_c(seat, operation, count)
    party.send(seat.peer, operation.label(_OPEN), kernels.pack(masked))
    other = await party.elements(seat.peer, operation.label(_OPEN), (count,))
    half = await _evaluated(party, operation, seat, kernels.canonical(kernels.add(masked, other)), plan)
    return await products.joined(party, operation, seat, half, operation.label(_JOIN))


def _dealt(operation: Operation, seat: Seat, masked: Planes, plan: Plan) -> bytes:
    """All that C says, to B."""
    count, question = masked.shape[1], plan.question
    r = kernels.canonical(kernels.neg(masked))
    bits = kernels.bitslice(_split(_low(r, plan.clip.shift)), question.bits)
    tree, (above, least) = comparison.tree_dealt(operation, seat, bits, question)
    again = kernels.mask(np.zeros_like(masked), 1, seat.plus, seat.minus, operation.nonce(Purpose.AGAIN), 0)
    rho = _shifted(kernels.canonical(kernels.neg(again)), plan.curve.shift)
    inside, over = comparison.unsliced(np.stack([above ^ least, above]), count).reshape(2, count)
    numbers = np.zeros((2, _NUMBERS, count), dtype=np.uint64)
    numbers[0, 0] = inside
    numbers[0, 1] = over * np.uint64(2 * plan.clip.tail)
    np.multiply(rho, inside, out=numbers[:, 2])
    np.subtract(rho, numbers[:, 2], out=numbers[:, 3])
    half = seat.plus.elements(operation.nonce(Purpose.BIT), (_NUMBERS, count))
    factors = series.factors_dealt(operation, seat, r, plan.curve)
    return b"".join((factors, tree, kernels.pack(kernels.sub(numbers, half))))


async def _evaluated(party: Party, operation: Operation, seat: Seat, c: Planes, plan: Plan) -> Planes:
    """A's or B's half of the result, ``(2, n)``."""
    count, question = c.shape[1], plan.question
    factors: bytes | memoryview = b""
    if seat.role == "A":
        flat = seat.minus.words(operation.nonce(Purpose.TERMS), comparison.dealt_words(question, count))
        numbers = seat.minus.elements(operation.nonce(Purpose.BIT), (_NUMBERS, count))
    else:
        factors, tree, packed = await party.pieces(seat.c, operation.label(_DEALT), plan.lengths(count))
        flat = party.read_words(seat.c, tree, len(tree) // 8)
        numbers = party.read_elements(seat.c, packed, (_NUMBERS, count))
    product = series.inner_half(party, operation, seat, c, plan.curve, factors)
    own = plan.second_offset if seat.role == "A" else 0
    masked = kernels.mask(product, 1, seat.plus, seat.minus, operation.nonce(Purpose.AGAIN), own)
    centre = (1 << (question.bits - 1)) - (plan.offset >> plan.clip.shift)
    low = _low(c, plan.clip.shift) + np.uint64(centre % (1 << 64))
    (above, least), theirs = await comparison.walked(
        party, operation, seat, low, count, question, flat, kernels.pack(masked)
    )
    other = party.read_elements(seat.peer, theirs, (count,))
    down = plan.curve.shift
    gamma = kernels.finish_ab(masked, other, down, (plan.second_offset >> down) - plan.clip.tail, 1, masked, 0)
    m = comparison.unsliced(np.stack([above ^ least, above]), count).reshape(2, count).astype(np.bool_)
    return _selected(gamma, numbers, m, 2 * plan.clip.tail if seat.role == "A" else None)


def _selected(gamma: Planes, numbers: Planes, m: NDArray[np.bool_], twice: int | None) -> Planes:
    """See the module; ``numbers`` are halves of λ_i, 2·tail·λ_a, λ_i·ρ, (1 - λ_i)·ρ; ``twice``: 2·tail at A."""
    plain = np.ascontiguousarray(numbers[:, :2])
    turned = kernels.neg(plain)
    if twice is not None:
        ones = np.zeros_like(turned)
        ones[0, 0], ones[0, 1] = 1, twice
        turned = kernels.add(turned, ones)
    chosen = np.where(m, turned, plain)
    cut = np.where(m[0], numbers[:, 3], numbers[:, 2])
    return kernels.add(kernels.sub(kernels.mul(gamma, chosen[:, 0]), cut), chosen[:, 1])


def _low(a: Planes, shift: int) -> Words:
    """The low 64 bits of canonical planes ``>> shift``."""
    if shift < LIMB_BITS:
        return (a[0] >> np.uint64(shift)) | (a[1] << np.uint64(LIMB_BITS - shift))
    return a[1] >> np.uint64(shift - LIMB_BITS)


def _shifted(a: Planes, shift: int) -> Planes:
    """Canonical planes ``>> shift``."""
    if shift < LIMB_BITS:
        return np.stack([_low(a, shift) & _LIMB, a[1] >> np.uint64(shift)])
    return np.stack([_low(a, shift), np.zeros_like(a[1])])


def _split(words: Words) -> Planes:
    """Planes of the low 64 bits."""
    return np.stack([words & _LIMB, words >> np.uint64(LIMB_BITS)])
