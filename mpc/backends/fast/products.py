"""Multiplication, matrix product and truncation: one round, three elements sent in all.

Every party holds d_i with x = sum λ_i·d_i (its local product of Shamir shares, a polynomial of degree 2). With a zero share
from pairwise keys (Cramer, Damgård, Ishai, TCC 2005) added, A and B exchange theirs, so both know c = x + offset + r mod p,
where r = -(C's masked part) is uniform and known to C alone. Then x / 2^f is (c >> f) - (r >> f) - (offset >> f) up to one
unit, and C deals r >> f: its half for A comes from their common key, the other half goes to B (the dealer-by-role
truncation of ABY3: Mohassel, Rindal, CCS 2018, here on Shamir shares; the opening under a mask as in Damgård, Nielsen,
CRYPTO 2007). C waits for nobody.

Rounds: 1. Bytes: 39 per element in all (13 from each party; roles rotate from operation to operation).

Error: (c >> f) - (r >> f) is x / 2^f rounded down or up, up with the probability of the fraction cut off: within one unit,
mean zero. With f = 0 the product is exact.

Failure: for f > 0 the sum x + offset + r must not pass p, which happens with probability (x + offset) / p at most; charged to
:attr:`~mpc.arrays.backend.Traffic.failure`. offset is the smallest power of two that is at least the bound of |x|,
and a multiple of 2^f.

Leaks: A's view is B's part under a key of B and C; B's the same under a key of A and C; both are uniform. B's half of r is
uniform. C receives nothing. When x / 2^f is opened later, C, who knows r, learns whether it was rounded up: something
about the bits that were cut off. A and B learn r >> f and so the unit in which x lay, as with every truncation.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from mpc.backends.fast import kernels
from mpc.backends.fast.kernels import MODULUS, Planes
from mpc.backends.fast.parties import Operation, Party, Purpose, Seat, whole
from mpc.backends.fast.protocols import Work

MASKED: Final = 0
HALF: Final = 1


def offset_for(bound: int, shift: int) -> int:
    """The smallest power of two >= bound that is a multiple of 2^shift; 0 for exact products."""
    return max(1 << (bound - 1).bit_length() if bound > 1 else 1, 1 << shift) if shift else 0


def charge(party: Party, count: int, shift: int, bound: int) -> None:
    """Account for ``count`` truncations, before anything is sent."""
    if shift:
        party.charge(count, bound + offset_for(bound, shift))
    party.traffic.rounds += 1


def issued(party: Party, count: int, scale: int, shift: int, bound: int) -> Work:
    """See :attr:`mpc.backends.fast.protocols.Protocols.product`."""
    charge(party, count, shift, bound)
    operations, offset = party.operations(count), offset_for(bound, shift)
    return lambda local: reduced(party, operations, local, scale, shift, offset)


@dataclass(frozen=True, slots=True)
class _Begun:
    """What a party keeps between sending and receiving: its masked part, or at C its result."""

    operation: Operation
    seat: Seat
    masked: Planes


async def reduced(
    party: Party, operations: list[Operation], local: Planes, scale: int, shift: int, offset: int
) -> Planes:
    """Degree-1 shares of ``floor(sum λ_i·local_i·scale / 2^shift)``, from planes ``(2, n)`` of degree-2 shares."""

    async def one(operation: Operation, piece: Planes) -> Planes:
        seat = party.seat(operation)
        begun = _begin(party, operation, seat, piece, scale * seat.weight, shift, offset)
        await party.drained(seat.b if seat.role == "C" else seat.peer)
        return await _finish(party, begun, shift, offset)

    return whole(await party.by_chunks(operations, local, one))


async def reduced_halves(
    party: Party, seat: Seat, operation: Operation, half: Planes, shift: int, offset: int
) -> Planes:
    """The same for numbers that A and B of ``seat`` hold as a sum; C's ``half`` is zeros."""
    return await _finish(party, _begin(party, operation, seat, half, 1, shift, offset), shift, offset)


def _begin(
    party: Party, operation: Operation, seat: Seat, local: Planes, weight: int, shift: int, offset: int
) -> _Begun:
    """Mask and send; nobody waits for anything before this."""
    own = offset if seat.role == "A" else 0
    masked = kernels.mask(local, weight, seat.plus, seat.minus, operation.nonce(Purpose.MASK), own)
    if seat.role != "C":
        party.send(seat.peer, operation.label(MASKED), kernels.pack(masked))
        return _Begun(operation, seat, masked)
    # A's half lies on the line that is 0 at B's point, B's on the one that is 0 at A's
    to_b, result = kernels.finish_c(
        masked, shift, seat.plus, operation.nonce(Purpose.HALF), -seat.without[seat.b], -seat.without[seat.a]
    )
    party.send(seat.b, operation.label(HALF), kernels.pack(to_b))
    return _Begun(operation, seat, result)


async def _finish(party: Party, begun: _Begun, shift: int, offset: int) -> Planes:
    operation, seat, masked = begun.operation, begun.seat, begun.masked
    if seat.role == "C":
        return masked
    shape = masked.shape[1:]
    if seat.role == "A":
        half, foreign = seat.minus.elements(operation.nonce(Purpose.HALF), shape), seat.b
    else:
        half, foreign = await party.elements(seat.c, operation.label(HALF), shape), seat.a
    other = await party.elements(seat.peer, operation.label(MASKED), shape)
    return kernels.finish_ab(masked, other, shift, offset >> shift, seat.without[seat.c], half, -seat.without[foreign])


async def joined(party: Party, operation: Operation, seat: Seat, half: Planes, label: int) -> Planes:
    """A's or B's degree-1 shares of numbers that the two hold as sums of halves; 26 bytes an element, one round.

    C's point on the line comes from its keys with A and with B, one part of it known to each of them: what A and B tell each
    other is masked with the part that its receiver does not know.
    """
    key = seat.minus if seat.role == "A" else seat.plus
    factors = _known(seat.peer, seat.c), seat.without[seat.c], _ratio(party.pid, seat.peer)
    data, own = kernels.join(half, key, operation.nonce(Purpose.RESHARE), *factors)
    party.send(seat.peer, label, data)
    return kernels.add(own, await party.elements(seat.peer, label, half.shape[1:]))


def joined_at_c(seat: Seat, operation: Operation, count: int) -> Planes:
    """C's shares ``(2, count)`` of what A and B join."""
    ratios = _ratio(seat.c, seat.b), _ratio(seat.c, seat.a)
    return kernels.both(seat.plus, ratios[0], seat.minus, ratios[1], operation.nonce(Purpose.RESHARE), (count,))


def _known(party: int, zero: int) -> int:
    """The share of ``party`` of a 1 on the line that is 0 at party ``zero``."""
    return (1 - _ratio(party, zero)) % MODULUS


@cache
def _ratio(party: int, other: int) -> int:
    """x_party / x_other."""
    return (party + 1) * pow(other + 1, -1, MODULUS) % MODULUS
