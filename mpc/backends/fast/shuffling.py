"""Rows in an order that nobody knows: each pair of parties permutes once, unseen by the third.

The three-party resharing shuffle of Laur, Willemson, Zhang (ISC 2011), with keyed orders as in Araki et al. (CCS 2021): two
parties hold the rows as a sum and put both halves into an order that follows from their common key; then one of them
hands its half, masked with a key of those two, to the third party, and the next pair goes on. Every party misses the order of
the pair that it is not in, so the composition is uniform to it.

Rounds: 2, since j needs nothing from i for its part. Bytes: 52 per element in all. Exact. Orders come from sorting 128-bit keys: ties have probability n²·2^-129.

Leaks: a half that is handed over is masked by a key the receiver lacks, and uniform to it; the join at the end is that of
:func:`mpc.backends.fast.products.joined`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpc.backends.fast import kernels, products
from mpc.backends.fast.kernels import MODULUS, Planes, Prf
from mpc.backends.fast.parties import PARTIES, Operation, Party, Purpose
from mpc.backends.fast.protocols import Work

_FIRST: Final = 0
_SECOND: Final = 1
_JOIN: Final = 2


def issued(party: Party) -> Work:
    """See :attr:`mpc.backends.fast.protocols.Protocols.shuffling`."""
    operation = party.operation()
    party.traffic.rounds += 2
    return lambda own: shuffled(party, operation, own)


async def shuffled(party: Party, operation: Operation, own: Planes) -> Planes:
    """Shares ``(2, rows, columns)`` with the rows in a new order.

    i and j begin; i hands its half to k; j hands its half to i; k and i end.
    """
    i = operation.number % PARTIES
    j, k = (i + 1) % PARTIES, (i + 2) % PARTIES
    shape, rows = own.shape[1:], own.shape[1]
    order, mask = operation.nonce(Purpose.ORDER), operation.nonce(Purpose.DEAL)
    seat = party.seated(k)  # A = k, B = i, C = j
    if party.pid == i:
        half = _ordered(kernels.mul_scalar(own, _half_weight(i, j)), party.key(j), order)
        half = kernels.add(half, party.key(j).elements(mask, shape))
        party.send(k, operation.label(_FIRST), kernels.pack(half))
        half = _ordered(await party.elements(j, operation.label(_SECOND), shape), party.key(k), order)
    elif party.pid == j:
        half = _ordered(kernels.mul_scalar(own, _half_weight(j, i)), party.key(i), order)
        half = _ordered(kernels.sub(half, party.key(i).elements(mask, shape)), party.key(k), order)
        half = kernels.add(half, party.key(k).elements(mask, shape))
        party.send(i, operation.label(_SECOND), kernels.pack(half))
        return products.joined_at_c(seat, operation, half[0].size).reshape(own.shape)
    else:
        half = _ordered(await party.elements(i, operation.label(_FIRST), shape), party.key(j), order)
        half = _ordered(kernels.sub(half, party.key(j).elements(mask, shape)), party.key(i), order)
    flat = half.reshape(2, rows * shape[1])
    return (await products.joined(party, operation, seat, flat, operation.label(_JOIN))).reshape(own.shape)


def _half_weight(own: int, other: int) -> int:
    """The Lagrange coefficient at 0 of party ``own``, when it and ``other`` recombine."""
    return (other + 1) * pow(other - own, -1, MODULUS) % MODULUS


def _ordered(half: Planes, key: Prf, nonce: int) -> Planes:
    first, second = key.words(nonce, 2 * half.shape[1]).reshape(2, -1)
    order: NDArray[np.intp] = np.argsort(first)
    ranked = first[order]
    if bool((ranked[1:] == ranked[:-1]).any()):  # a fast sort may order equals differently on another machine
        order = np.lexsort((second, first))
    return np.ascontiguousarray(half[:, order])
