"""Step functions: sums of public weights over the thresholds that a number reaches, without shares of the single answers.

As a comparison with several thresholds (:mod:`mpc.backends.fast.comparison`), up to the tree's answers b_i = m_i ⊕ λ_i, with m_i known to
A and B and λ_i to C. What is wanted is sum w_i·b_i, and b_i = m_i + (1 - 2·m_i)·λ_i. C deals λ_i as a difference of integers:
t_i to A, from their key, and s_i = λ_i + t_i to B. Then A holds sum w_i·(m_i - (1 - 2·m_i)·t_i), B sum w_i·(1 - 2·m_i)·s_i, and
the two are joined to a line once for each function, however many thresholds there are.

s_i takes six bytes: t_i is uniform in [0, 2^47), so the distributions of s_i for λ_i = 0 and 1 differ by 2^-47, less than the 2^-40
of all masks in :mod:`mpc.arrays.headroom`; and b_i would need both λ_i and m_i, of which s_i hides the one.

Rounds: those of a comparison. Bytes per element, in all parties: a comparison's to open (16 for 26 bits), 26 for each function, for each threshold 6 and the tree's (8
for 26 bits, 22 for 60), and once the leaves' (8 for 26 bits).

Failure: as a comparison's. Otherwise exact.

Leaks: every message is masked with a key its receiver does not have; C receives nothing.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.fixedpoint import Integers
from mpc.backends.fast import comparison, kernels, products
from mpc.backends.fast.comparison import Question
from mpc.backends.fast.kernels import Planes, Words
from mpc.backends.fast.kernels.numpy_trees import unsliced
from mpc.backends.fast.parties import CHUNK, Operation, Party, Purpose, Seat, whole
from mpc.backends.fast.protocols import Work

_DEALT: Final = 1
_JOIN: Final = 2
_HALF_BITS: Final = 47
_HALF_BYTES: Final = 6
_SIGNED_BITS: Final = _HALF_BITS + 2
_WORD_BITS: Final = 62


@dataclass(frozen=True, slots=True)
class Steps:
    """``weights`` (functions, thresholds) of what ``question`` asks."""

    question: Question
    weights: Integers

    @property
    def functions(self) -> int:
        """How many sums."""
        return len(self.weights)

    @property
    def chunk(self) -> int:
        """Numbers in one go."""
        return max(64, 2 * CHUNK // max(1, self.question.answers) // 64 * 64)

    def sent_bytes(self, count: int) -> int:
        """What all parties send for ``count`` numbers."""
        whole_goes, rest = divmod(count, self.chunk)
        tree = whole_goes * comparison.sliced_bytes(self.question, self.chunk)
        tree += comparison.sliced_bytes(self.question, rest) if rest else 0
        return tree + (self.question.opened_bytes + 26 * self.functions + _HALF_BYTES * self.question.answers) * count

    def summed(self, numbers: Integers) -> Planes:
        """The sums ``weights @ numbers`` as elements (2, functions·n), for |numbers| <= 2^47 + 1 of shape (thresholds, n).

        In digits whose sums fit a word; the highest one keeps the sign.
        """
        total = int(np.abs(self.weights).sum(axis=1).max(initial=1))
        digit = min(_WORD_BITS - total.bit_length(), _SIGNED_BITS)
        found = self._digits(numbers, digit)
        for at in range(digit, _SIGNED_BITS, digit):
            more = self._digits(numbers >> at, digit if at + digit < _SIGNED_BITS else _SIGNED_BITS)
            found = kernels.add(found, kernels.mul_scalar(more, 1 << at))
        return found

    def _digits(self, numbers: Integers, bits: int) -> Planes:
        low = numbers if bits >= _SIGNED_BITS else numbers & ((1 << bits) - 1)
        return kernels.from_int64((self.weights @ low).reshape(-1))


def issued(party: Party, count: int, bits: int, thresholds: Integers, weights: Integers) -> Work:
    """See :attr:`mpc.backends.fast.protocols.Protocols.steps`."""
    steps = Steps(Question(bits, thresholds), weights)
    party.charge(count, steps.question.magnitude)
    party.traffic.rounds += steps.question.rounds
    operations = [party.operation() for _ in range(0, max(count, 1), steps.chunk)]
    return lambda x: summed(party, operations, x, steps)


async def summed(party: Party, operations: list[Operation], x: Planes, steps: Steps) -> Planes:
    """The sums ``(2, functions, n)`` for shares ``(2, n)``."""
    size = steps.chunk
    pieces = zip(operations, range(0, max(x.shape[1], 1), size), strict=True)
    works = (
        _chunk(party, operation, np.ascontiguousarray(x[:, start : start + size]), steps) for operation, start in pieces
    )
    return whole(await party.flow.in_turn(works))


async def _chunk(party: Party, operation: Operation, x: Planes, steps: Steps) -> Planes:
    seat, count, question = party.seat(operation), x.shape[1], steps.question
    own = 1 << (question.bits - 1) if seat.role == "A" else 0
    masked = kernels.mask(x, seat.weight, seat.plus, seat.minus, operation.nonce(Purpose.MASK), own)
    if seat.role == "C":
        party.send(seat.b, operation.label(_DEALT), _dealt(operation, seat, masked, question))
        await party.drained(seat.b)
        return products.joined_at_c(seat, operation, steps.functions * count).reshape(2, steps.functions, count)
    low = await comparison.opened(party, operation, seat, masked, question)
    words, shape = comparison.dealt_words(question, count), (question.answers, count)
    if seat.role == "A":
        flat = seat.minus.words(operation.nonce(Purpose.TERMS), words)
        halves = _masks(seat.minus.words(operation.nonce(Purpose.BIT), math.prod(shape)))
    else:
        lengths = (8 * words, _HALF_BYTES * math.prod(shape))
        tree, data = await party.pieces(seat.c, operation.label(_DEALT), lengths)
        flat, halves = party.read_words(seat.c, tree, words), _unpacked(data)
    m, _ = await comparison.walked(party, operation, seat, low, question, flat)
    reached = unsliced(m, count).view(np.int64).reshape(shape)
    signed = (1 - 2 * reached) * halves.reshape(shape)
    half = steps.summed(reached - signed if seat.role == "A" else signed)
    joined = await products.joined(party, operation, seat, half, operation.label(_JOIN))
    return joined.reshape(2, steps.functions, count)


def _dealt(operation: Operation, seat: Seat, masked: Planes, question: Question) -> bytes:
    """All that C says, to B: its halves of the products of masks, and s of every answer."""
    r = kernels.shifted_words(masked, 0, negative=True)
    tree, last = comparison.tree_dealt(operation, seat, r, question)
    lam = unsliced(last, masked.shape[1]).view(np.int64)
    return tree + _packed(lam + _masks(seat.plus.words(operation.nonce(Purpose.BIT), lam.size)))


def _masks(words: Words) -> Integers:
    return (words >> np.uint64(64 - _HALF_BITS)).view(np.int64)


def _packed(numbers: Integers) -> bytes:
    """Six bytes each, little-endian."""
    return numbers.astype("<i8", copy=False).view(np.uint8).reshape(-1, 8)[:, :_HALF_BYTES].tobytes()


def _unpacked(data: memoryview) -> Integers:
    """Any six bytes are a number: one that is no λ + t makes the sum wrong, as an altered half would."""
    raw = np.zeros((len(data) // _HALF_BYTES, 8), dtype=np.uint8)
    raw[:, :_HALF_BYTES] = np.frombuffer(data, dtype=np.uint8).reshape(-1, _HALF_BYTES)
    return raw.view("<i8").reshape(-1).astype(np.int64, copy=False)
