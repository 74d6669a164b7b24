"""Openings without their check, to measure what it costs. Patched from outside; the product has no switch for it."""

import contextlib
from collections.abc import Generator
from unittest import mock

from mpc.arrays.fixedpoint import Integers
from mpc.backends.fast import kernels, opening
from mpc.backends.fast.kernels import MODULUS, Planes
from mpc.backends.fast.parties import PARTIES, Operation, Party

_SHARES = 0


@contextlib.contextmanager
def installed() -> Generator[None]:
    """Openings begun inside are not checked."""
    with mock.patch.object(opening, "_sent", _sent), mock.patch.object(opening, "_checked", _trusted):
        yield


async def _sent(party: Party, operation: Operation, piece: Planes) -> Planes:
    after = (party.pid + 1) % PARTIES
    party.send(after, operation.label(_SHARES), kernels.pack(piece))
    await party.drained(after)
    return piece


async def _trusted(party: Party, operation: Operation, own: Planes, weights: Planes) -> Integers:
    del weights
    before = (party.pid - 1) % PARTIES
    theirs = await party.elements(before, operation.label(_SHARES), own.shape[1:])
    x, y = party.pid + 1, before + 1
    weight = pow(y - x, -1, MODULUS)
    values = kernels.add(kernels.mul_scalar(own, y * weight), kernels.mul_scalar(theirs, -x * weight))
    return kernels.to_int64(values)
