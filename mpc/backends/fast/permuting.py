"""Rows in an order that one party knows and nobody else learns: the shuffle with all its orders known to that party.

P knows ``order``. P and Q draw a uniform order ω from their key; P computes τ with ω[τ] = order and tells R. Then, as in
:mod:`mpc.backends.fast.shuffling`, P and Q hold the rows as a sum, Q hands its half, in the order ω and masked with the key of P and Q,
to R, and P and R, which both put their halves into the order that is still missing, join them to shares.

Rounds: 2. Bytes: 39 an element and 4 a row, in all parties (Mohassel, Rindal, Rosulek, CCS 2020, on Shamir shares; three parties make
an oblivious switching network needless). Exact.

Leaks: Q sees ω alone, R sees τ alone; each is uniform whatever the order is, and P learns nothing but masked halves. τ is refused in P's
name unless it is an order: with a row named twice P could read off equal rows what it must not know.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from mpc.arrays.operands import order_giver
from mpc.backends.fast import kernels
from mpc.backends.fast.kernels import Order, Planes
from mpc.backends.fast.parties import PARTIES, Operation, Party, Purpose
from mpc.backends.fast.protocols import Work
from mpc.backends.fast.shuffling import half_weight, joined, joined_at, receive, send

ROUNDS: Final = 2
_ORDER: Final = 1
_HALVES: Final = 40
_ROW_BYTES: Final = 4


def sent_bytes(rows: int, elements: int) -> int:
    """What all parties send."""
    return 39 * elements + _ROW_BYTES * rows


def issued(party: Party, count: int, by: int, order: Order | None) -> Work:
    """See :attr:`mpc.backends.fast.protocols.Protocols.permuting`."""
    order_giver(by, PARTIES, party.pid, order)
    operations = party.operations(count)
    party.traffic.rounds += ROUNDS
    return lambda own: permuted(party, operations, own, by, order)


async def permuted(party: Party, operations: Sequence[Operation], own: Planes, p: int, order: Order | None) -> Planes:
    """Shares ``(2, rows, columns)`` of the rows ``order``, which party ``p`` gives and the others give as None."""
    first, shape, rows = operations[0], own.shape[1:], own.shape[1]
    q = (p + 1 + first.number % 2) % PARTIES
    r = PARTIES - p - q
    mask, drawn = first.nonce(Purpose.DEAL), first.nonce(Purpose.ORDER)
    if party.pid == p:
        assert order is not None
        party.send(r, first.label(_ORDER), _missing(party.key(q).order(drawn, rows), order))
        half = kernels.sub(kernels.mul_scalar(own, half_weight(p, q)), party.key(q).elements(mask, shape))
        return await joined(party, operations, r, q, kernels.gather(half, order))
    if party.pid == q:
        half = kernels.add(kernels.mul_scalar(own, half_weight(q, p)), party.key(p).elements(mask, shape))
        await send(party, r, operations, _HALVES, kernels.gather(half, party.key(p).order(drawn, rows)))
        return joined_at(party, first, p, r, shape)
    (data,) = await party.pieces(p, first.label(_ORDER), (_ROW_BYTES * rows,))
    missing = np.frombuffer(data, dtype="<u4").astype(np.uint32, copy=False)
    if not np.array_equal(np.sort(missing), np.arange(rows)):
        raise party.refused(p, "A peer sent an order that names a row twice.")
    half = kernels.gather(await receive(party, q, operations, _HALVES, shape), missing)
    return await joined(party, operations, p, q, half)


def _missing(drawn: Order, order: Order) -> bytes:
    """τ with drawn[τ] = order, on the wire."""
    inverse = np.empty_like(drawn)
    inverse[drawn] = np.arange(len(drawn), dtype=np.uint32)
    return kernels.compose_orders(inverse, order).astype("<u4", copy=False).tobytes()
