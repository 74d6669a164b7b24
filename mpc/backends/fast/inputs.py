"""Private numbers from one party, or from an owner outside the committee, to shares of degree 1.

A compute party's input costs one element: one other party takes its share from the key it has in common with the owner,
and the line through that share and the value gives the third party's (PRF-compressed Shamir sharing; Cramer, Damgård, Ishai,
TCC 2005, and as in ABY3 for replicated shares). Each of the two sees a uniform element. Rounds: 1; bytes: 13 per value.

An owner outside deals ordinary Shamir shares (CACM 1979), 13 bytes per value to each compute party. It could deal points on
no line, of which two parties would compute something else than the third; therefore a random combination of the shares,
with weights the owner cannot know, is opened under a uniform mask and checked (batch verification: Bellare, Garay, Rabin,
PODC 1996). Wrong shares pass with probability 2^-104. The committee is taken to follow the protocol here.
"""

from collections.abc import Callable, Mapping
from typing import Final

from mpc.arrays.fixedpoint import Integers
from mpc.backends.fast import kernels
from mpc.backends.fast.kernels import MODULUS, Planes
from mpc.backends.fast.parties import PARTIES, Operation, Party, Purpose, chunks, whole
from mpc.backends.fast.protocols import CommonKey, Running
from protocol.errors import FormatError

_DEALT: Final = 0
_CHECKED: Final = 1


def issued(party: Party, count: int, owner: int) -> Callable[[Integers | None], Running]:
    """See :attr:`mpc.backends.fast.protocols.Protocols.dealing`."""
    operations = party.operations(count)
    party.traffic.rounds += 1

    async def work(values: Integers | None) -> Planes:
        return whole(await dealt(party, operations, values, count, owner))

    return work


def received(party: Party, common: CommonKey, number: int, shape: tuple[int, ...], owner: int) -> Running:
    """See :attr:`mpc.backends.fast.protocols.Protocols.receiving`."""
    operation = party.operation()
    party.traffic.rounds += 2
    return from_outside(party, operation, common, number, shape, owner)


async def dealt(
    party: Party, operations: list[Operation], values: Integers | None, count: int, owner: int
) -> list[Planes]:
    """Shares ``(2, chunk)`` of each chunk of compute party ``owner``'s ``count`` flat values."""
    found: list[Planes] = []
    for operation, part in zip(operations, chunks(count), strict=True):
        shape = (part.stop - part.start,)
        keyed, told = ((owner + 1) % PARTIES, (owner + 2) % PARTIES)
        if operation.number % 2:
            keyed, told = told, keyed
        if party.pid == told:
            found.append(await party.elements(owner, operation.label(_DEALT), shape))
            continue
        drawn = party.key(keyed if party.pid == owner else owner).elements(operation.nonce(Purpose.DEAL), shape)
        if party.pid == keyed:
            found.append(drawn)
            continue
        assert values is not None
        plain = kernels.from_int64(values[part])
        party.send(told, operation.label(_DEALT), kernels.pack(_share(plain, drawn, keyed, told)))
        await party.drained(told)
        found.append(_share(plain, drawn, keyed, owner))
    return found


async def from_outside(
    party: Party, operation: Operation, common: CommonKey, number: int, shape: tuple[int, ...], owner: int
) -> Planes:
    """The ``number``-th input, of an owner outside the committee; refused in its name unless it is a sharing."""
    name = party.session.names[owner]
    data = await party.session.receive(name, f"share/{number}")
    try:
        shares = kernels.unpack(data, shape)
    except FormatError as error:
        raise party.session.refuse(name, error.what) from error
    weights = (await common.key()).elements(operation.nonce(Purpose.CHECK), shape)
    own = kernels.sum_axis(kernels.mul(weights, shares), None)
    nonce = operation.nonce(Purpose.MASK)
    for (
        other,
        key,
    ) in party.keys.items():  # a uniform mask: one element from each pair, on the line that is 0 at the third
        third = PARTIES - party.pid - other
        weight = 1 - (party.pid + 1) * pow(third + 1, -1, MODULUS)
        own = kernels.add(own, kernels.mul_scalar(key.elements(nonce, ()), weight))
    for other in party.keys:
        party.send(other, operation.label(_CHECKED), kernels.pack(own))
    points = {party.pid: own}
    for other in party.keys:
        points[other] = await party.elements(other, operation.label(_CHECKED), ())
    if not on_line(points):
        raise party.session.refuse(name, "its input shares lie on no common polynomial")
    return shares


def on_line(points: Mapping[int, Planes]) -> bool:
    """Whether the three parties' shares lie on lines: s1 - 2·s2 + s3 = 0."""
    return not bool(
        kernels.canonical(kernels.sub(kernels.add(points[0], points[2]), kernels.mul_scalar(points[1], 2))).any()
    )


def _share(plain: Planes, drawn: Planes, keyed: int, at: int) -> Planes:
    """The share of party ``at``, when the value is ``plain`` and party ``keyed`` has ``drawn``."""
    slope = (at + 1) * pow(keyed + 1, -1, MODULUS) % MODULUS
    return kernels.add(kernels.mul_scalar(plain, 1 - slope), kernels.mul_scalar(drawn, slope))
