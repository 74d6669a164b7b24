"""A curve of an untruncated product inside a range, constants outside it: a whole sigmoid at once.

The curve is an odd trigonometric polynomial (:mod:`~mpc.backends.fast.series`) or a line. It is joined with
:mod:`~mpc.backends.fast.comparison` and the selection by the bits found, with one opening, one dealer and one message from
it. A and B learn c = z + offset + r; C, who knows r, deals B's parts of the tree that compares c >> s with r >> s, of two bits
and two numbers for each element, and of its factors for the series.

*Line*: curve = (c >> f) - ρ - (offset >> f) with ρ = r >> f known to C. *Series*: with the tree's first exchange A and B also open
y = (inner product) + offset' + r', so that curve = (y >> f) - ρ - (offset' >> f) with ρ = r' >> f.

The last wires are i = m_i ⊕ λ_i (z inside) and a = m_a ⊕ λ_a (z above), m known to A and B, λ to C. Let γ be the public part of
curve + tail. Then i·(curve + tail) + a·2·tail is, with sums that C deals,

    m_i = 0: γ·λ_i - λ_i·ρ        m_i = 1: γ·(1 - λ_i) - (1 - λ_i)·ρ        m_a = 0: 2·tail·λ_a        m_a = 1: 2·tail·(1 - λ_a)

which A and B compute from their halves and join to a line (:func:`mpc.backends.fast.products.joined`). λ_i and λ_a are dealt as in
:mod:`~mpc.backends.fast.comparison`, λ_i·ρ and (1 - λ_i)·ρ as field elements.

Rounds: 1 to open, 1 for the leaves, ceil(log3(leaves)) for the tree, 1 to join: 5 for 11 to 28 bits, 6 up to 82.

Bytes per element in all: 92 (26 to open, 14 and 26 dealt, 26 to join) and about 24 for 20 bits compared: the tree's. A series has
26 more for the second opening, and those of C's factors (16·K, or 26·K).

Error: that of the series, or a unit of a line's last place, where z is inside. z / 2^s is compared rounded down or up, so a number
less than 2^s from a threshold may fall on either side of it. Failure: the openings must not wrap, nor halves of bits: charged.

Leaks: c and y are masked with r and r', which A and B do not know; all that C sends is masked with the key of A and C; the
wires of the tree with masks of which A and B know one half each; what A and B join with the part of C's point that the receiver
does not know. C receives nothing. So nothing; of a result that is opened later C learns the rounding of its last place, as for
every truncation.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from mpc.arrays.backend import Clip, Curve, Line
from mpc.backends.fast import comparison, kernels, products, series
from mpc.backends.fast.comparison import HALF_FAILURE, Question
from mpc.backends.fast.kernels import MODULUS, Planes, Words
from mpc.backends.fast.kernels.planes import ELEMENT_BYTES
from mpc.backends.fast.kernels.trees import HALF_BYTES
from mpc.backends.fast.parties import CHUNK, Operation, Party, Purpose, Seat, whole
from mpc.backends.fast.protocols import Work

_OPEN: Final = 0
_DEALT: Final = 1
_JOIN: Final = 3
_CHUNK: Final = CHUNK // 8
"""Elements in one go at most; several goes are about equally long, and roles rotate, so that all parties are equally busy."""
_BITS: Final = 2
_CUTS: Final = 2


@dataclass(frozen=True)
class Plan:
    """What is computed, the same at all parties; |z| <= bound."""

    curve: Curve
    clip: Clip
    bound: int

    @cached_property
    def series(self) -> series.Plan | None:
        """None for a line."""
        return None if isinstance(self.curve, Line) else series.Plan(self.curve, self.bound)

    @cached_property
    def offset(self) -> int:
        """Makes z positive; a multiple of the period or of the line's unit, and of 2^s."""
        least = products.offset_for(self.bound, self.curve.shift) if isinstance(self.curve, Line) else 1
        return max(least if self.series is None else self.series.offset, 1 << self.clip.shift)

    @cached_property
    def question(self) -> Question:
        """Whether z / 2^s, rounded either way, is at least the upper and the lower threshold."""
        largest = (self.bound >> self.clip.shift) + 2 + self.clip.edge
        return Question(largest.bit_length() + 1, np.array([self.clip.edge, -self.clip.edge], dtype=np.int64))

    @cached_property
    def second_offset(self) -> int:
        """Makes the inner product positive; 0 for a line."""
        return 0 if self.series is None else products.offset_for(self.series.product_bound, self.series.shift)

    @cached_property
    def magnitude(self) -> int:
        """Of the values opened under masks, together, and of what halves of bits fail with."""
        second = 0 if self.series is None else self.series.product_bound + self.second_offset
        return self.bound + self.offset + second + _BITS * HALF_FAILURE

    def failure(self, count: int) -> float:
        """The probability that any of ``count`` results is wrong, at most."""
        return count * (self.magnitude / MODULUS)

    def lengths(self, count: int) -> tuple[int, int, int, int]:
        """The bytes of the four pieces of C's message: factors, tree, bits, numbers."""
        words = comparison.dealt_words(self.question, count)
        factors = 0 if self.series is None else series.dealt_bytes(self.series, count)
        return factors, 8 * words, _BITS * HALF_BYTES * count, _CUTS * ELEMENT_BYTES * count

    def sent_bytes(self, count: int) -> int:
        """What all parties send for ``count`` elements."""
        factors, tree, *dealt = self.lengths(count)
        rest = comparison.sliced_bytes(self.question, count) - tree
        exchanged = (4 if self.series is None else 6) * ELEMENT_BYTES * count
        return factors + tree + sum(dealt) + rest + exchanged


def _length(count: int) -> int:
    """Elements of one go: whole words of the tree."""
    goes = max(1, -(-count // _CHUNK))
    return max(64, -(-count // (64 * goes)) * 64)


def issued(party: Party, count: int, curve: Curve, clip: Clip, bound: int) -> Work:
    """See :attr:`mpc.backends.fast.protocols.Protocols.clipped`."""
    plan = Plan(curve, clip, bound)
    party.charge(count, plan.magnitude)
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
    half = await _evaluated(party, operation, seat, masked, other, plan)
    return await products.joined(party, operation, seat, half, operation.label(_JOIN))


def _dealt(operation: Operation, seat: Seat, masked: Planes, plan: Plan) -> bytes:
    """All that C says, to B."""
    count, question, curve = masked.shape[1], plan.question, plan.series
    r = kernels.shifted_words(masked, plan.clip.shift, negative=True)
    tree, (above, least) = comparison.tree_dealt(operation, seat, r, question)
    last = np.stack([above ^ least, above])
    halves = kernels.halves_dealt(last, seat.plus.words(operation.nonce(Purpose.BIT), _BITS * count), count)
    if curve is None:
        factors, again, shift = b"", masked, _shift_of(plan)
    else:
        factors = series.factors_dealt(operation, seat, kernels.canonical(kernels.neg(masked)), curve)
        zeros = np.zeros_like(masked)
        again = kernels.mask(zeros, 1, seat.plus, seat.minus, operation.nonce(Purpose.AGAIN), 0)
        shift = curve.shift
    cuts = kernels.cuts_dealt(again, shift, last[0], seat.plus, operation.nonce(Purpose.HALF))
    return b"".join((factors, tree, halves, cuts))


async def _evaluated(party: Party, operation: Operation, seat: Seat, own: Planes, other: Planes, plan: Plan) -> Planes:
    """A's or B's half of the result, ``(2, n)``, from the two parts of c."""
    count, question, curve, first = own.shape[1], plan.question, plan.series, seat.role == "A"
    factors = dealt = memoryview(b"")
    pads: Words | None = None
    if first:
        flat = seat.minus.words(operation.nonce(Purpose.TERMS), comparison.dealt_words(question, count))
        pads = seat.minus.words(operation.nonce(Purpose.BIT), _BITS * count)
        cuts = seat.minus.elements(operation.nonce(Purpose.HALF), (_CUTS, count))
    else:
        pieces = await party.pieces(seat.c, operation.label(_DEALT), plan.lengths(count))
        factors, tree, dealt, packed = pieces
        flat = party.read_words(seat.c, tree, len(tree) // 8)
        cuts = party.read_elements(seat.c, packed, (_CUTS, count))
    c, masked, extra = kernels.add(own, other), own, b""
    if curve is not None:
        product = series.inner_half(party, operation, seat, kernels.canonical(c), curve, factors)
        added = plan.second_offset if first else 0
        masked = kernels.mask(product, 1, seat.plus, seat.minus, operation.nonce(Purpose.AGAIN), added)
        extra = kernels.pack(masked)
    centre = (1 << (question.bits - 1)) - (plan.offset >> plan.clip.shift)
    low = kernels.shifted_words(c, plan.clip.shift) + np.uint64(centre % (1 << 64))
    (above, least), theirs = await comparison.walked(party, operation, seat, low, question, flat, extra)
    offset, down = plan.offset, _shift_of(plan)
    if curve is not None:
        other, offset, down = party.read_elements(seat.peer, theirs, (count,)), plan.second_offset, curve.shift
    gamma = kernels.finish_ab(masked, other, down, (offset >> down) - plan.clip.tail, 1, masked, 0)
    m = np.stack([above ^ least, above])
    halves = kernels.halves_of_b(m, dealt, count) if pads is None else kernels.halves_of_a(m, pads, count)
    return kernels.chosen(gamma, halves, cuts, m[0], 2 * plan.clip.tail)


def _shift_of(plan: Plan) -> int:
    return plan.curve.shift if isinstance(plan.curve, Line) else 0
