"""The order of distinct shuffled numbers: masked once, then compared in pairs by bit slices alone, the answers opened.

A and B open c = x + offset + r of every number to themselves, r being C's uniform mask, as for a comparison with a public threshold
(:mod:`mpc.backends.fast.comparison`). For rows i and j, c_i - c_j is then known to A and B, and r_i - r_j to C: the difference
is masked already, and its sign needs the tree of Boolean products and nothing else: no opening of its own, no shares of the answer.
Numbers are masked three times, once for each way to sit, so that pairs take turns in who deals.

The answer is b = m ⊕ λ, with m known to A and B and λ to C, which sends λ along with what it deals. When A and B
have m, A tells C, and A and B tell each other, and B tells C, the SHA-256 of the answers: every honest party has the answers that
every other one has, or stops (``functions.no_order``) before it compares another pair. Like every comparison this does not notice an
altered mask that shifts all alike (docs/active-security.md); answers that contradict each other are noticed by the schedule.

Rounds: 1 to open, then for each level of :mod:`mpc.arrays.ordering` those of the tree and one. Bytes, in all parties: 78 a number,
and for each pair those of the tree: 33 for 51 bits. A comparison that is opened afterwards takes 150.

Failure: (|x| + offset) / p for each of three openings, charged. Otherwise exact.

Leaks: of what is opened, the order: that of shuffled distinct numbers is uniform whatever they are. c hides x, and the
differences of c say no more; wires have fresh masks in every pair. C's λ is m ⊕ b, with m uniform to each of A and B.
"""

from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any, Final

import numpy as np

from mpc.arrays import ordering
from mpc.arrays.fixedpoint import Integers
from mpc.arrays.ordering import Answers, Rows
from mpc.backends.fast import kernels
from mpc.backends.fast.comparison import Question, dealt_words, sliced_bytes, tree_dealt, walked
from mpc.backends.fast.kernels import Planes, Words
from mpc.backends.fast.kernels.numpy_trees import unsliced
from mpc.backends.fast.parties import PARTIES, Operation, Party, Purpose, Seat, chunks

_OPEN: Final = 0
_DEALT: Final = 1
_TOLD: Final = 60
_AGREED: Final = 61
_DIGEST: Final = 32


def question(bits: int) -> Question:
    """What is asked of each pair's difference."""
    return Question(bits, np.zeros(1, dtype=np.int64))


def rounds(bits: int) -> int:
    """Rounds of one level: no opening before the tree, no joining after it, but the answers told."""
    return question(bits).rounds - 1


def opened_bytes(rows: int) -> int:
    """What all parties send to mask the numbers."""
    return 26 * PARTIES * rows


def level_bytes(bits: int, pairs: int) -> int:
    """What all parties send for one level."""
    sizes = [part.stop - part.start for part in chunks(pairs)]
    return sum(sliced_bytes(question(bits), size) + 3 * 8 * -(-size // 64) + 3 * _DIGEST for size in sizes)


def issued(party: Party, count: int, bits: int) -> "Callable[[Planes], Coroutine[Any, Any, Integers]]":
    """See :attr:`mpc.backends.fast.protocols.Protocols.ordering`."""
    party.charge(PARTIES * count, 1 << (bits - 1))
    operations = [party.operations(count) for _ in range(PARTIES)]
    party.traffic.rounds += 1
    return lambda own: ordered(party, operations, own, bits)


async def ordered(party: Party, operations: list[list[Operation]], own: Planes, bits: int) -> Integers:
    """Positions of the numbers in planes ``(2, n)`` in ascending order; |number| < 2^(bits - 2)."""
    masked = [_sent(party, turn, operations[turn], own, bits) for turn in range(PARTIES)]
    known = [await _known(party, turn, operations[turn], masked[turn]) for turn in range(PARTIES)]

    async def reached(left: Rows, right: Rows) -> Answers:
        pairs = len(left)
        party.traffic.rounds += rounds(bits)
        party.traffic.elements_opened += pairs
        works = [
            _compared(party, operation, known, left[part], right[part], bits)
            for operation, part in zip(party.operations(pairs), chunks(pairs), strict=True)
        ]
        return np.concatenate(await party.flow.in_turn(works))

    return await ordering.order(own.shape[1], reached)


def _sent(party: Party, turn: int, operations: list[Operation], own: Planes, bits: int) -> list[Planes]:
    """Masked parts of the numbers, one for each chunk; A and B send theirs to each other, and nobody waits before all are sent."""
    seat, found = party.seated(turn), list[Planes]()
    offset = 1 << (bits - 2) if seat.role == "A" else 0
    for operation, part in zip(operations, chunks(own.shape[1]), strict=True):
        nonce = operation.nonce(Purpose.MASK)
        found.append(kernels.mask(own[:, part], seat.weight, seat.plus, seat.minus, nonce, offset))
        if seat.role != "C":
            party.send(seat.peer, operation.label(_OPEN), kernels.pack(found[-1]))
    return found


async def _known(party: Party, turn: int, operations: list[Operation], masked: list[Planes]) -> Words:
    """The low words of c at A and B, of r at C."""
    seat, found = party.seated(turn), list[Words]()
    for operation, own in zip(operations, masked, strict=True):
        if seat.role == "C":
            found.append(kernels.shifted_words(own, 0, negative=True))
        else:
            other = await party.elements(seat.peer, operation.label(_OPEN), own.shape[1:])
            found.append(kernels.shifted_words(kernels.add(own, other), 0))
    return np.concatenate(found)


async def _compared(
    party: Party, operation: Operation, known: list[Words], left: Rows, right: Rows, bits: int
) -> Answers:
    """For each pair whether the left number is at least the right one, at all three parties."""
    turn = operation.number % PARTIES
    seat, count = party.seated(turn), len(left)
    difference = known[turn][left] - known[turn][right]
    if seat.role == "C":
        return await _dealer(party, operation, seat, difference, bits)
    words, asked = -(-count // 64), question(bits)
    dealt, told = dealt_words(asked, count), operation.label(_DEALT)
    if seat.role == "A":
        flat, lam = seat.minus.words(operation.nonce(Purpose.TERMS), dealt), await party.words(seat.c, told, words)
    else:
        both = await party.words(seat.c, told, dealt + words)
        flat, lam = both[:dealt], both[dealt:]
    low = difference + np.uint64(1 << (bits - 1))
    m, _ = await walked(party, operation, seat, low, asked, flat)
    if seat.role == "A":
        party.send(seat.c, operation.label(_TOLD), m.astype("<u8", copy=False).tobytes())
    answers = unsliced(m ^ lam, count).astype(np.bool_)
    digest = _digest(answers)
    party.send(seat.peer, operation.label(_AGREED), digest)
    if seat.role == "B":
        party.send(seat.c, operation.label(_AGREED), digest)
    await _agree(party, operation, seat.peer, digest)
    return answers


async def _dealer(party: Party, operation: Operation, seat: Seat, difference: Words, bits: int) -> Answers:
    dealt, last = tree_dealt(operation, seat, difference, question(bits))
    lam = last.astype("<u8", copy=False).tobytes()
    party.send(seat.b, operation.label(_DEALT), dealt + lam)
    party.send(seat.a, operation.label(_DEALT), lam)
    m = await party.words(seat.a, operation.label(_TOLD), last.size)
    answers = unsliced(m.reshape(last.shape) ^ last, len(difference)).astype(np.bool_)
    await _agree(party, operation, seat.b, _digest(answers))
    return answers


async def _agree(party: Party, operation: Operation, peer: int, digest: bytes) -> None:
    (theirs,) = await party.pieces(peer, operation.label(_AGREED), (_DIGEST,))
    if bytes(theirs) != digest:
        raise ordering.no_order()


def _digest(answers: Answers) -> bytes:
    return sha256(np.packbits(answers).tobytes()).digest()
