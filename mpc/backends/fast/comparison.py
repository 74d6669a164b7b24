"""Comparison with public thresholds and equality with zero: bits as shares of degree 1.

A and B open c = x + 2^(l-1) + r to themselves, r being C's uniform mask (as in :mod:`mpc.backends.fast.products`); c - t is public
to them for every threshold t, so one opening serves all. With u = [(c - t) mod 2^(l-1) < r mod 2^(l-1)], bit l - 1 of
(c - t) - r is [x >= t] = c_top ⊕ r_top ⊕ u. A tree of Boolean products with C as dealer gives u (:mod:`mpc.backends.fast.circuits`);
everything C sends goes out in the first round, because it knows r and draws all masks.

The last wire b = m ⊕ λ becomes a number as b = m + (1 - 2m)·λ: C deals λ as a sum (A's half from their key, B's sent), A and B
multiply their halves by the public ±1 and join them to a line whose value at C comes from the keys.

Rounds: 1 to open, 1 for the leaves, ceil(log3(leaves)) for the tree, 1 to join: 6 for l = 29 to 81.

Bytes per element in all parties, one threshold: 26 to open, 39 for the result, and for l = 60 a further 40: 105. For l = 45: 95.
Every further threshold: 39 and about 22 (l = 60). Equality, l = 60: 26 + 39 + 29.

Failure: c must not pass p: (|x| + 2^(l-1)) / p per element, charged. Otherwise exact.

Leaks: every message is masked with a key its receiver does not have, and is uniform to it; C receives nothing.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.fixedpoint import Integers
from mpc.backends.fast import circuits, kernels, products
from mpc.backends.fast.circuits import LEAF_BITS, LEAF_TERMS, Tree
from mpc.backends.fast.kernels import Planes, Prf, Words
from mpc.backends.fast.parties import CHUNK, Operation, Party, Purpose, Seat, whole
from mpc.backends.fast.protocols import Work

_OPEN: Final = 0
_DEALT: Final = 1
_BITS: Final = 2
_JOIN: Final = 3
_LEVELS: Final = 4
_LIMB: Final = np.uint64((1 << 52) - 1)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of ``count`` numbers: ``thresholds`` for [x >= t], None for [x = 0]; |x - t| < 2^(bits - 1)."""

    bits: int
    thresholds: Integers | None

    @property
    def tree(self) -> Tree:
        """How the leaves are joined."""
        return circuits.All() if self.thresholds is None else circuits.Carry()

    @property
    def answers(self) -> int:
        """Bits for each number."""
        return 1 if self.thresholds is None else int(self.thresholds.size)

    @property
    def low_bits(self) -> int:
        """How many bits are compared."""
        return self.bits if self.thresholds is None else self.bits - 1

    @property
    def leaves(self) -> int:
        """Blocks of three bits."""
        return max(1, -(-self.low_bits // LEAF_BITS))

    @property
    def magnitude(self) -> int:
        """A bound of |x| + 2^(bits - 1)."""
        largest = 0 if self.thresholds is None or not self.thresholds.size else int(np.abs(self.thresholds).max())
        return (1 << self.bits) + largest

    @property
    def rounds(self) -> int:
        """To open, through the tree, to join."""
        return len(circuits.sizes(self.leaves)) + 2

    @property
    def chunk(self) -> int:
        """Numbers in one go: whole words, and a bounded number of answers."""
        return max(64, CHUNK // max(1, self.answers) // 64 * 64)


def issued(party: Party, count: int, bits: int, thresholds: Integers | None) -> Work:
    """See :attr:`mpc.backends.fast.protocols.Protocols.comparison`."""
    question = Question(bits, thresholds)
    party.charge(count, question.magnitude)
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
    party.send(seat.peer, operation.label(_OPEN), kernels.pack(masked))
    other = await party.elements(seat.peer, operation.label(_OPEN), (count,))
    c = kernels.canonical(kernels.add(masked, other))
    dealt = await _dealt(party, operation, seat, question, count)
    last, _ = await walked(party, operation, seat, low_words(c), count, question, dealt)
    m = unsliced(last, count).astype(np.bool_)
    if seat.role == "A":
        half = seat.minus.elements(operation.nonce(Purpose.BIT), m.shape)
    else:
        half = await party.elements(seat.c, operation.label(_BITS), m.shape)
    # b = m + (1 - 2m)·λ, of which A holds m + (1 - 2m)·λ_A
    turned = kernels.neg(half)
    signed = np.where(m, kernels.add_scalar(turned, 1) if seat.role == "A" else turned, half)
    joined = await products.joined(party, operation, seat, signed, operation.label(_JOIN))
    return joined.reshape(2, question.answers, count)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How many rows of masks and of dealt products a question needs; ``words`` hold one row."""

    question: Question
    words: int

    @property
    def nodes(self) -> list[int]:
        """Nodes of each level below the root."""
        return circuits.sizes(self.question.leaves)[:-1]

    @property
    def rows(self) -> int:
        """Masked wires for each answer."""
        tree = self.question.tree
        return tree.leaf_rows(self.question.leaves) + sum(tree.rows(nodes) for nodes in self.nodes)

    @property
    def leaf_words(self) -> int:
        """Dealt for the leaves, once for all answers."""
        return LEAF_TERMS * self.question.leaves * self.words

    @property
    def terms(self) -> int:
        """Dealt products for each answer."""
        return sum(self.question.tree.terms(nodes) for nodes in self.nodes)

    @property
    def dealt_words(self) -> int:
        """All dealt bits."""
        return self.leaf_words + self.question.answers * self.terms * self.words

    def masks(self, key: Prf, nonce: int) -> Words:
        """One holder's masks of all wires: (answers, rows, words)."""
        shape = (self.question.answers, self.rows, self.words)
        return key.words(nonce, math.prod(shape)).reshape(shape)

    def dealt(self, flat: Words) -> tuple[Words, Words]:
        """Dealt bits as (7, leaves, words) and (answers, terms, words)."""
        leaf = flat[: self.leaf_words].reshape(LEAF_TERMS, self.question.leaves, self.words)
        return leaf, flat[self.leaf_words :].reshape(self.question.answers, self.terms, self.words)

    def low(self, bits: Words) -> Words:
        """The compared bits, (..., 3·leaves, words), with equal zeros below them."""
        missing = self.question.leaves * LEAF_BITS - self.question.low_bits
        zeros = np.zeros((*bits.shape[:-2], missing, self.words), dtype=np.uint64)
        return np.concatenate([zeros, bits[..., : self.question.low_bits, :]], axis=-2)


def _deal(party: Party, operation: Operation, seat: Seat, masked: Planes, question: Question) -> None:
    """All that C says, to B: its halves of the products of masks and of the last masks as numbers."""
    count = masked.shape[1]
    dealt, last = tree_dealt(operation, seat, kernels.bitslice(kernels.neg(masked), question.bits), question)
    party.send(seat.b, operation.label(_DEALT), dealt)
    bits = unsliced(last, count)
    half = seat.plus.elements(operation.nonce(Purpose.BIT), (bits.size,))
    to_b = kernels.sub(np.stack([bits, np.zeros_like(bits)]), half)
    party.send(seat.b, operation.label(_BITS), kernels.pack(to_b))


def tree_dealt(operation: Operation, seat: Seat, r: Words, question: Question) -> tuple[bytes, Words]:
    """C's part of a tree, from the bits ``(bits, words)`` of r: B's dealt bits, and λ of the answers, (answers, words)."""
    tree = question.tree
    plan = _Plan(question, r.shape[1])
    with_a, with_b, nonce = seat.plus, seat.minus, operation.nonce(Purpose.WIRES)
    lam = plan.masks(with_a, nonce) ^ plan.masks(with_b, nonce)
    at = tree.leaf_rows(question.leaves)
    group, terms = tree.split(lam[:, :at], question.leaves), []
    for nodes in plan.nodes:
        terms.append(tree.deal(group))
        rows = tree.rows(nodes)
        group = tree.next(lam[:, at : at + rows], group)
        at += rows
    products_of_masks = [circuits.deal_leaves(~plan.low(r)).reshape(-1)]
    if terms:
        products_of_masks.append(np.concatenate(terms, axis=1).reshape(-1))
    dealt = np.concatenate(products_of_masks) ^ with_a.words(operation.nonce(Purpose.TERMS), plan.dealt_words)
    last = group[0][:, 0] if question.thresholds is None else group[0][:, 0] ^ r[question.bits - 1]
    return dealt.astype("<u8", copy=False).tobytes(), last


def sliced_bytes(question: Question, count: int) -> int:
    """What all parties send for the tree over ``count`` numbers: C's dealt bits, and every wire from A to B and back."""
    plan = _Plan(question, -(-count // 64))
    return 8 * (plan.dealt_words + 2 * question.answers * plan.rows * plan.words)


def dealt_words(question: Question, count: int) -> int:
    """How many words :func:`tree_dealt` deals for ``count`` numbers."""
    return _Plan(question, -(-count // 64)).dealt_words


async def walked(
    party: Party,
    operation: Operation,
    seat: Seat,
    low: Words,
    count: int,
    question: Question,
    flat: Words,
    extra: bytes = b"",
) -> tuple[Words, memoryview]:
    """A's and B's way through the tree, from the low words ``(count,)`` of c and the dealt bits: m of the answers.

    Shape (answers, words). ``extra`` goes along with the leaves, and the peer's comes back.
    """
    tree, first = question.tree, seat.role == "A"
    plan = _Plan(question, -(-count // 64))
    bits = _differences(low, question)
    key = seat.minus if first else seat.plus  # the one in common with C
    masks = plan.masks(key, operation.nonce(Purpose.WIRES))
    leaf, terms = plan.dealt(flat)
    rows = tree.leaves(*circuits.evaluate_leaves(plan.low(bits), leaf, first=first))
    at, above = rows.shape[1], 0
    found, theirs = await _exchanged(party, operation, seat, rows ^ masks[:, :at], 0, extra)
    m = tree.split(found, question.leaves)
    part = tree.split(masks[:, :at], question.leaves)
    for level, nodes in enumerate(plan.nodes, start=1):
        dealt = terms[:, above : above + tree.terms(nodes)]
        above += tree.terms(nodes)
        rows = tree.evaluate(m, part, dealt, first=first)
        own = masks[:, at : at + rows.shape[1]]
        at += rows.shape[1]
        found, _ = await _exchanged(party, operation, seat, rows ^ own, level)
        m = tree.next(found, m)
        part = tree.next(own, part)
    return m[0][:, 0] if question.thresholds is None else m[0][:, 0] ^ bits[:, question.bits - 1], theirs


def low_words(c: Planes) -> Words:
    """The low 64 bits of canonical planes."""
    return c[0] | (c[1] << np.uint64(52))


def _differences(low: Words, question: Question) -> Words:
    """The bits of (c - t) mod 2^bits, (answers, bits, words); for equality of c without its offset."""
    if question.thresholds is None:
        targets = np.array([1 << (question.bits - 1)], dtype=np.uint64)
    else:
        targets = question.thresholds.reshape(-1).view(np.uint64)
    found: list[Words] = []
    for target in targets:
        moved = low - target
        found.append(kernels.bitslice(np.stack([moved & _LIMB, moved >> np.uint64(52)]), question.bits))
    return np.stack(found)


async def _dealt(party: Party, operation: Operation, seat: Seat, question: Question, count: int) -> Words:
    words = dealt_words(question, count)
    if seat.role == "A":
        return seat.minus.words(operation.nonce(Purpose.TERMS), words)
    return await party.words(seat.c, operation.label(_DEALT), words)


async def _exchanged(
    party: Party, operation: Operation, seat: Seat, own: Words, level: int, extra: bytes = b""
) -> tuple[Words, memoryview]:
    label = operation.label(_LEVELS + level)
    party.send(seat.peer, label, own.astype("<u8", copy=False).tobytes() + extra)
    theirs, more = await party.pieces(seat.peer, label, (8 * own.size, len(extra)))
    return own ^ party.read_words(seat.peer, theirs, own.size).reshape(own.shape), more


def unsliced(rows: Words, count: int) -> Words:
    """The bits of rows ``(answers, words)``, flat over answers and elements."""
    raw = np.ascontiguousarray(rows).astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(raw, axis=-1, count=count, bitorder="little").reshape(-1).astype(np.uint64)
