"""Rows in an order that nobody knows: each pair of parties permutes once, unseen by the third.

The three-party resharing shuffle of Laur, Willemson, Zhang (ISC 2011), with keyed orders as in Araki et al. (CCS 2021): two
parties hold the rows as a sum and put both halves into an order that follows from their common key; then one of them
hands its half, masked with a key of those two, to the third party, and the next pair goes on. Every party misses the order of
the pair that it is not in, so the composition is uniform to it. Orders are uniform: no tie, no bias
(:mod:`mpc.backends.fast.kernels.orders`).

Whoever permutes twice without a message in between composes the two orders, 4 bytes a row, and moves the rows, 16 bytes an
element, once. A mask is added before its own party's order where that party sends, so that it streams from the keystream.

Rounds: 2, since j needs nothing from i for its part. Bytes: 52 per element in all, in messages of :data:`CHUNK` elements, however
many rows and columns there are. Exact.

Leaks: a half that is handed over is masked by a key the receiver lacks, and uniform to it. At the end k and i tell each other their
halves plus a mask of the one's key with j; j's point on the line is the sum of those two masks, of which each knows one.
"""

import math
from collections.abc import Sequence
from typing import Final

from mpc.backends.fast import kernels
from mpc.backends.fast.kernels import MODULUS, Planes
from mpc.backends.fast.parties import PARTIES, Operation, Party, Purpose, chunks, whole
from mpc.backends.fast.protocols import Work

ROUNDS: Final = 2
BYTES: Final = 52
"""An element, sent by all parties together."""
_FIRST: Final = 0
_SECOND: Final = 1
_JOIN: Final = 2


def issued(party: Party, count: int) -> Work:
    """See :attr:`mpc.backends.fast.protocols.Protocols.shuffling`."""
    operations = party.operations(count)
    party.traffic.rounds += ROUNDS
    return lambda own: shuffled(party, operations, own)


async def shuffled(party: Party, operations: Sequence[Operation], own: Planes) -> Planes:
    """Shares ``(2, rows, columns)`` with the rows in a new order.

    i and j begin; i hands its half to k; j hands its half to i; k and i end.
    """
    first, shape, rows = operations[0], own.shape[1:], own.shape[1]
    i = first.number % PARTIES
    j, k = (i + 1) % PARTIES, (i + 2) % PARTIES
    order, mask = first.nonce(Purpose.ORDER), first.nonce(Purpose.DEAL)
    if party.pid == i:
        half = kernels.mul_scalar(own, half_weight(i, j))
        half = kernels.gather(kernels.add(half, party.key(j).elements(mask, shape)), party.key(j).order(order, rows))
        await send(party, k, operations, _FIRST, half)
        half = await receive(party, j, operations, _SECOND, shape)
        return await joined(party, operations, k, j, kernels.gather(half, party.key(k).order(order, rows)))
    if party.pid == j:
        half = kernels.mul_scalar(own, half_weight(j, i))
        both = kernels.compose_orders(party.key(i).order(order, rows), party.key(k).order(order, rows))
        half = kernels.gather(kernels.sub(half, party.key(i).elements(mask, shape)), both)
        half = kernels.add(half, party.key(k).elements(mask, shape))
        await send(party, i, operations, _SECOND, half)
        return joined_at(party, first, i, k, shape)
    one, two = party.key(j).order(order, rows), party.key(i).order(order, rows)
    half = kernels.gather(await receive(party, i, operations, _FIRST, shape), one)
    half = kernels.sub(half, party.key(j).elements(mask, shape))
    return await joined(party, operations, i, j, kernels.gather(half, two))


async def joined(party: Party, operations: Sequence[Operation], peer: int, absent: int, half: Planes) -> Planes:
    """Shares of numbers that this party and ``peer`` hold as halves; 26 bytes an element, one round."""
    shape = half.shape[1:]
    mask = party.key(absent).elements(operations[0].nonce(Purpose.RESHARE), shape)
    await send(party, peer, operations, _JOIN, kernels.add(half, mask))
    other = await receive(party, peer, operations, _JOIN, shape)
    # the line through the number at 0 and, at the absent party, the two masks with the weights of joined_at
    own, theirs = _beside(party.pid, absent), _beside(peer, absent)
    return kernels.finish_ab(half, other, 0, 0, own, mask, theirs * _ratio(party.pid, peer) % MODULUS)


def joined_at(party: Party, operation: Operation, one: int, two: int, shape: tuple[int, ...]) -> Planes:
    """The share of the party that holds no half of what ``one`` and ``two`` join: made of the masks alone."""
    nonce, own = operation.nonce(Purpose.RESHARE), party.pid
    of_one = kernels.mul_scalar(party.key(one).elements(nonce, shape), _beside(two, own) * _ratio(own, two))
    of_two = kernels.mul_scalar(party.key(two).elements(nonce, shape), _beside(one, own) * _ratio(own, one))
    return kernels.add(of_one, of_two)


async def send(party: Party, to: int, operations: Sequence[Operation], step: int, half: Planes) -> None:
    """A half, in one message for each operation."""
    flat = half.reshape(2, -1)
    for operation, part in zip(operations, chunks(flat.shape[1]), strict=True):
        party.send(to, operation.label(step), kernels.pack(flat[:, part]))
        await party.drained(to)


async def receive(
    party: Party, sender: int, operations: Sequence[Operation], step: int, shape: tuple[int, ...]
) -> Planes:
    """What :func:`send` sends; ``sender`` is named where it is malformed."""
    parts = zip(operations, chunks(math.prod(shape)), strict=True)
    found = [await party.elements(sender, op.label(step), (part.stop - part.start,)) for op, part in parts]
    return whole(found).reshape(2, *shape)


def half_weight(own: int, other: int) -> int:
    """The Lagrange coefficient at 0 of party ``own``, when it and ``other`` recombine."""
    return (other + 1) * pow(other - own, -1, MODULUS) % MODULUS


def _ratio(party: int, other: int) -> int:
    """x_party / x_other."""
    return (party + 1) * pow(other + 1, -1, MODULUS) % MODULUS


def _beside(party: int, absent: int) -> int:
    """The share of ``party`` of a 1 on the line that is 0 at ``absent``."""
    return (1 - _ratio(party, absent)) % MODULUS
