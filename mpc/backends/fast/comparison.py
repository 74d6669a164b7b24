"""Comparison with public thresholds and equality with zero: bits as shares of degree 1.

A and B open c = x + 2^(l-1) + r to themselves, r being C's uniform mask (as in :mod:`mpc.backends.fast.products`); c - t is public
to them for every threshold t, so one opening serves all. With u = [(c - t) mod 2^(l-1) < r mod 2^(l-1)], bit l - 1 of
(c - t) - r is [x >= t] = c_top ⊕ r_top ⊕ u. A tree of Boolean products with C as dealer gives u (:mod:`mpc.backends.fast.circuits`);
everything C sends goes out in the first round, in one message, because it knows r and draws all masks.

*Opening.* Only the low l bits of c are needed. They follow from the low bits of the two uniform parts α + β = c (mod p) and from
whether α + β passes p; with p just below 2^104 the parts' highest 32 bits say so unless their sum is all ones, or one less. Both
parties see that (probability 2^-31) and then tell each other these elements whole, in a round more.

*Result.* The last wire b = m ⊕ λ becomes a number as b = m + (1 - 2m)·λ. C deals λ as h_A + h_B - 2^56 with h_A < 2^56 from A's
key and h_B = (λ - h_A) mod 2^56, which is uniform to B whatever λ is: a bit injection over a dealer (the sum of two sharings of
one bit: daBits, Rotaru, Wood, INDOCRYPT 2019), but over the integers, so that 7 bytes do where a field element takes 13. A and B
multiply their halves by the public ±1 and join them to a line whose value at C comes from the keys.

Rounds: 1 to open, 1 for the leaves, ceil(log3(leaves)) for the tree, 1 to join: 5 for l = 11 to 28, 6 for l = 29 to 81.

Bytes per element in all parties, with one threshold: 2·(ceil(l/8) + 4) to open, 7 + 26 for the result, and the tree's 5.5 bits for
each compared bit: 65 for l = 25, 82 for l = 45, 96 for l = 60. Every further threshold: 33 and the part of the tree above the leaves'
dealt bits. 26 is the least for the join: A and B each lack one of the keys that make the other's and C's point uniform.

Failure: c must not pass p: (|x| + 2^(l-1)) / p per element; and h_A + h_B passes 2^56 unless h_A <= λ: 2^-55 per answer. Charged.
Otherwise exact.

Leaks: every message is masked with a key its receiver does not have, and is uniform to it; C receives nothing. Whether there is
a round more depends on c, which is uniform and independent of x.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.fixedpoint import Integers
from mpc.backends.fast import kernels, products
from mpc.backends.fast.circuits import Tree, tree
from mpc.backends.fast.kernels import MODULUS, Planes, Words
from mpc.backends.fast.kernels.planes import ELEMENT_BYTES
from mpc.backends.fast.kernels.trees import HALF_BYTES, TOP_BYTES
from mpc.backends.fast.parties import CHUNK, Operation, Party, Purpose, Seat, whole
from mpc.backends.fast.protocols import Work
from protocol.errors import FormatError

_OPEN: Final = 0
_DEALT: Final = 1
_JOIN: Final = 3
_LEVELS: Final = 4
_DOUBT: Final = 32
HALF_FAILURE: Final = MODULUS >> (8 * HALF_BYTES - 1)
"""A bit's halves do not pass 2^56 with this probability, in units of 1/p."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of ``count`` numbers: ``thresholds`` for [x >= t], None for [x = 0]; |x - t| < 2^(bits - 1)."""

    bits: int
    thresholds: Integers | None

    @property
    def tree(self) -> Tree:
        """How the bits are compared."""
        return tree(self.bits, equality=self.thresholds is None)

    @property
    def answers(self) -> int:
        """Bits for each number."""
        return 1 if self.thresholds is None else int(self.thresholds.size)

    @property
    def targets(self) -> Words:
        """What is taken from c: the thresholds; for equality its offset."""
        if self.thresholds is None:
            return np.array([1 << (self.bits - 1)], dtype=np.uint64)
        return np.ascontiguousarray(self.thresholds.reshape(-1), dtype=np.int64).view(np.uint64)

    @property
    def magnitude(self) -> int:
        """A bound of |x| + 2^(bits - 1)."""
        largest = 0 if self.thresholds is None or not self.thresholds.size else int(np.abs(self.thresholds).max())
        return (1 << self.bits) + largest

    @property
    def low_bytes(self) -> int:
        """Bytes of c that are opened."""
        return -(-self.bits // 8)

    @property
    def opened_bytes(self) -> int:
        """What A and B send to open one c."""
        return 2 * (self.low_bytes + TOP_BYTES)

    @property
    def rounds(self) -> int:
        """To open, through the tree, to join."""
        return len(self.tree.below) + 3

    @property
    def chunk(self) -> int:
        """Numbers in one go: whole words, and a bounded number of answers."""
        return max(64, CHUNK // max(1, self.answers) // 64 * 64)

    def failure(self, count: int) -> float:
        """The probability that any of the answers for ``count`` numbers is wrong, at most."""
        return count * ((self.magnitude + self.answers * HALF_FAILURE) / MODULUS)


def issued(party: Party, count: int, bits: int, thresholds: Integers | None) -> Work:
    """See :attr:`mpc.backends.fast.protocols.Protocols.comparison`."""
    question = Question(bits, thresholds)
    party.charge(count, question.magnitude + question.answers * HALF_FAILURE)
    party.traffic.rounds += question.rounds
    operations = [party.operation() for _ in range(0, max(count, 1), question.chunk)]
    return lambda x: answered(party, operations, x, question)


async def answered(party: Party, operations: list[Operation], x: Planes, question: Question) -> Planes:
    """The bits ``(2, answers, n)`` for shares ``(2, n)``."""
    size = question.chunk
    if x.shape[1] <= size:
        return await _chunk(party, operations[0], x, question)
    pieces = zip(operations, range(0, x.shape[1], size), strict=True)
    return whole(
        await party.flow.in_turn(
            _chunk(party, operation, np.ascontiguousarray(x[:, start : start + size]), question)
            for operation, start in pieces
        )
    )


async def _chunk(party: Party, operation: Operation, x: Planes, question: Question) -> Planes:
    seat, count = party.seat(operation), x.shape[1]
    own = 1 << (question.bits - 1) if seat.role == "A" else 0
    masked = kernels.mask(x, seat.weight, seat.plus, seat.minus, operation.nonce(Purpose.MASK), own)
    if seat.role == "C":
        _deal(party, operation, seat, masked, question)
        await party.drained(seat.b)
        return products.joined_at_c(seat, operation, question.answers * count).reshape(2, question.answers, count)
    low = await opened(party, operation, seat, masked, question)
    words, size = dealt_words(question, count), HALF_BYTES * question.answers * count
    if seat.role == "A":
        pads = seat.minus.words(operation.nonce(Purpose.BIT), question.answers * count)
        flat = seat.minus.words(operation.nonce(Purpose.TERMS), words)
        m, _ = await walked(party, operation, seat, low, question, flat)
        half = kernels.halves_of_a(m, pads, count)
    else:
        bits, halves = await party.pieces(seat.c, operation.label(_DEALT), (8 * words, size))
        m, _ = await walked(party, operation, seat, low, question, party.read_words(seat.c, bits, words))
        half = kernels.halves_of_b(m, halves, count)
    return await products.joined(party, operation, seat, half, operation.label(_JOIN))


async def opened(party: Party, operation: Operation, seat: Seat, masked: Planes, question: Question) -> Words:
    """At A and B the low words ``(n,)`` of c, which takes a round."""
    low_bytes = question.low_bytes
    party.send(seat.peer, operation.label(_OPEN), kernels.split_pack(masked, low_bytes))
    data = await party.receive(seat.peer, operation.label(_OPEN))
    try:
        low, doubtful = kernels.split_join(masked, data, low_bytes)
    except FormatError as error:
        raise party.refused(seat.peer, error.what) from error
    if doubtful.size:
        own = np.ascontiguousarray(masked[:, doubtful])
        party.send(seat.peer, operation.label(_DOUBT), kernels.pack(own))
        other = await party.elements(seat.peer, operation.label(_DOUBT), doubtful.shape)
        low[doubtful] = kernels.shifted_words(kernels.add(own, other), 0)
    return low


def _masks(question: Question, words: int, key: kernels.Prf, nonce: int) -> Words:
    """One holder's masks of all wires: (answers, rows, words)."""
    shape = (question.answers, question.tree.rows, words)
    return key.words(nonce, math.prod(shape)).reshape(shape)


def _deal(party: Party, operation: Operation, seat: Seat, masked: Planes, question: Question) -> None:
    """All that C says, to B: its halves of the products of masks and of the last masks as numbers."""
    count = masked.shape[1]
    dealt, last = tree_dealt(operation, seat, kernels.shifted_words(masked, 0, negative=True), question)
    pads = seat.plus.words(operation.nonce(Purpose.BIT), question.answers * count)
    party.send(seat.b, operation.label(_DEALT), dealt + kernels.halves_dealt(last, pads, count))


def tree_dealt(operation: Operation, seat: Seat, r: Words, question: Question) -> tuple[bytes, Words]:
    """C's part of a tree, from the low words ``(n,)`` of r: B's dealt bits, and λ of the answers, (answers, words)."""
    words, nonce = -(-r.size // 64), operation.nonce(Purpose.WIRES)
    lam = _masks(question, words, seat.plus, nonce)
    lam ^= _masks(question, words, seat.minus, nonce)
    pads = seat.plus.words(operation.nonce(Purpose.TERMS), dealt_words(question, r.size))
    dealt, last = kernels.tree_deal(r, question.bits, lam, pads, equality=question.thresholds is None)
    return dealt.astype("<u8", copy=False).tobytes(), last


def dealt_words(question: Question, count: int) -> int:
    """How many words :func:`tree_dealt` deals for ``count`` numbers."""
    return (question.tree.leaf_terms + question.answers * question.tree.terms) * -(-count // 64)


def sliced_bytes(question: Question, count: int) -> int:
    """What all parties send for the tree over ``count`` numbers: C's dealt bits, and every wire from A to B and back."""
    return 8 * (dealt_words(question, count) + 2 * question.answers * question.tree.rows * -(-count // 64))


def sent_bytes(question: Question, count: int) -> int:
    """What all parties send for ``count`` numbers."""
    answer = HALF_BYTES + 2 * ELEMENT_BYTES
    open_and_join = question.opened_bytes + question.answers * answer
    return open_and_join * count + sliced_bytes(question, count)


async def walked(
    party: Party,
    operation: Operation,
    seat: Seat,
    low: Words,
    question: Question,
    flat: Words,
    extra: bytes = b"",
) -> tuple[Words, memoryview]:
    """A's and B's way through the tree, from the low words ``(count,)`` of c and the dealt bits: m of the answers.

    Shape (answers, words). ``extra`` goes along with the leaves, and the peer's comes back.
    """
    shape, first, words = question.tree, seat.role == "A", -(-low.size // 64)
    equality = shape.equality
    key = seat.minus if first else seat.plus  # the one in common with C
    masks = _masks(question, words, key, operation.nonce(Purpose.WIRES))
    rows, top = kernels.tree_leaves(low, question.targets, shape.bits, flat, masks, equality=equality, first=first)
    terms = flat[shape.leaf_terms * words :].reshape(question.answers, shape.terms, words)
    theirs, more = await _exchanged(party, operation, seat, rows, 0, extra)
    m, part = rows ^ theirs, np.ascontiguousarray(masks[:, : shape.leaf_rows])
    at, above = shape.leaf_rows, 0
    for level, nodes in enumerate(shape.below, start=1):
        rows = kernels.tree_level(m, part, nodes, terms, above, masks, at, equality=equality, first=first)
        theirs, _ = await _exchanged(party, operation, seat, rows, level)
        m = kernels.tree_next(rows, 0, theirs, m, nodes, equality=equality)
        if nodes != shape.below[-1]:
            part = kernels.tree_next(masks, at, None, part, nodes, equality=equality)
        at, above = at + shape.rows_above(nodes), above + shape.terms_above(nodes)
    return np.ascontiguousarray(m[:, 0]) if equality else m[:, 0] ^ top, more


async def _exchanged(
    party: Party, operation: Operation, seat: Seat, own: Words, level: int, extra: bytes = b""
) -> tuple[Words, memoryview]:
    label = operation.label(_LEVELS + level)
    party.send(seat.peer, label, own.astype("<u8", copy=False).tobytes() + extra)
    theirs, more = await party.pieces(seat.peer, label, (8 * own.size, len(extra)))
    return party.read_words(seat.peer, theirs, own.size).reshape(own.shape), more
