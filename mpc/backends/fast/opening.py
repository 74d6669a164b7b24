"""Openings that one cheating party cannot bend unnoticed, and the release of shares to result users.

Two shares give the value; the third must lie on their line (s1 - 2·s2 + s3 = 0). Party i gets all shares of party i - 1,
and of party i + 1 one random combination of them, with weights from the key that i and i + 1 have in common. Party i - 1 does
not know those weights, whenever it sends: if it altered any share, the combinations agree with probability 1/p. If party
i + 1 alters its combination the run aborts over values that were right. So one cheating party is detected by each honest one
that it lied to, though not named (batched check with secret coefficients: Bellare, Garay, Rabin, PODC 1996).

Rounds: 1. Bytes: 13 per value and 13 more, from each party. Leaks: a line is fixed by one share and the value, so nothing
but the value. Owners outside the committee get all three shares (39 bytes per value) and check every one.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final

import numpy as np

from mpc.arrays.dealing import inconsistent
from mpc.arrays.fixedpoint import Integers
from mpc.backends.fast import kernels
from mpc.backends.fast.inputs import on_line
from mpc.backends.fast.kernels import MODULUS, Planes
from mpc.backends.fast.parties import PARTIES, Operation, Party, Purpose
from mpc.backends.fast.protocols import CommonKey
from protocol.errors import RangeError, VerificationError

_SHARES: Final = 0
_COMBINED: Final = 1


def issued(party: Party, count: int, number: int) -> "Callable[[Planes], Coroutine[Any, Any, Integers]]":
    """See :attr:`mpc.backends.fast.protocols.Protocols.opening`."""
    operations = party.operations(count)

    async def work(own: Planes) -> Integers:
        await told_outside(party, number, own)
        return await opened(party, operations, own)

    return work


def released(party: Party, common: CommonKey) -> "Callable[[Planes], Coroutine[Any, Any, bytes]]":
    """See :attr:`mpc.backends.fast.protocols.Protocols.release`."""
    operation = party.operation()
    return lambda own: exported(operation, common, own, party.pid + 1)


async def opened(party: Party, operations: list[Operation], own: Planes) -> Integers:
    """The signed values of planes ``(2, n)`` of shares.

    ``arrays.inconsistent_opening`` when the shares lie on no line, ``arrays.opened_out_of_range`` beyond 62 bits.
    """

    async def one(operation: Operation, piece: Planes) -> Integers:
        weights = await _sent(party, operation, piece)
        return await _checked(party, operation, piece, weights)

    found = await party.by_chunks(operations, own, one)
    party.traffic.elements_opened += own.shape[1]
    party.traffic.rounds += 1
    return found[0] if len(found) == 1 else np.concatenate(found)


async def told_outside(party: Party, number: int, own: Planes) -> None:
    """Send the shares of the run's ``number``-th opening to every owner outside the committee."""
    data = kernels.pack(own) if len(party.session.names) > PARTIES else b""
    for name in party.session.names[PARTIES:]:
        await party.session.send(name, f"open/{number}", data)
        party.traffic.bytes_sent += len(data)


async def exported(operation: Operation, common: CommonKey, own: Planes, point: int) -> bytes:
    """The canonical bytes of the shares on fresh lines through the same values (``point``: this party's).

    The slopes come from a key that only the committee knows, so whoever collects all three shares learns the values alone.
    Rounds: 1 for the key, once; no bytes besides.
    """
    slopes = (await common.key()).elements(operation.nonce(Purpose.RESHARE), own.shape[1:])
    return kernels.pack(kernels.add(own, kernels.mul_scalar(slopes, point)))


async def _sent(party: Party, operation: Operation, piece: Planes) -> Planes:
    """Send; returns this party's combination with the weights by which it checks."""
    before, after = (party.pid - 1) % PARTIES, (party.pid + 1) % PARTIES
    party.send(after, operation.label(_SHARES), kernels.pack(piece))
    nonce, shape = operation.nonce(Purpose.CHECK), piece.shape[1:]
    told = kernels.mul(party.key(before).elements(nonce, shape), piece)
    party.send(before, operation.label(_COMBINED), kernels.pack(kernels.sum_axis(told, None)))
    weights = party.key(after).elements(nonce, shape)
    await party.drained(after)
    return weights


async def _checked(party: Party, operation: Operation, own: Planes, weights: Planes) -> Integers:
    before, after = (party.pid - 1) % PARTIES, (party.pid + 1) % PARTIES
    theirs = await party.elements(before, operation.label(_SHARES), own.shape[1:])
    points = {
        party.pid: kernels.sum_axis(kernels.mul(weights, own), None),
        before: kernels.sum_axis(kernels.mul(weights, theirs), None),
        after: await party.elements(after, operation.label(_COMBINED), ()),
    }
    if not on_line(points):
        raise inconsistent()
    x, y = party.pid + 1, before + 1
    weight = pow(y - x, -1, MODULUS)
    values = kernels.add(kernels.mul_scalar(own, y * weight), kernels.mul_scalar(theirs, -x * weight))
    try:
        return kernels.to_int64(values)
    except RangeError as error:
        raise VerificationError(
            "arrays.opened_out_of_range",
            "An opened value lies outside every declared range.",
            "At least one compute party deviated, or a program's proof of its ranges is wrong: the run is void.",
        ) from error
