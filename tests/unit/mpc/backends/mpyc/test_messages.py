"""What goes over the wire on the ``mpyc`` backend does not depend on the data: every message of every protocol, byte by byte.

Inputs are constants that everyone knows, the least random there are. Chi-square over 16 values of each half byte, 15 degrees
of freedom: above 75 with probability below 1e-9. The highest byte is left out: statistical masks are two bits shorter than the field.
"""

from typing import Any

import numpy as np
import pytest

from mpc.arrays.backend import SineSeries
from mpc.arrays.interface import SecureArray, constant, share
from mpc.backends.mpyc.backend import MpycBackend
from tests.unit.mpc.simulation import Wire, run_arrays

COUNT = 300
LIMIT = 75.0
OPERATIONS: dict[str, Any] = {
    "multiply": lambda a: a * a,
    "exact multiply": lambda a: a.multiply(a, fraction_bits=20),
    "truncate": lambda a: a.rescaled(4),
    "compare": lambda a: a >= 0.5,
    "is_zero": lambda a: a == 0.5,
    "sine": lambda a: a.sine_series(SineSeries(14, (0.9, 0.1), 18)),
    "shuffle": lambda a: a.shuffled(),
}


def chi_square(values: Any) -> float:
    found, expected = np.bincount(values, minlength=16), values.size / 16
    return float(((found - expected) ** 2 / expected).sum())


def sent(name: str, level: float) -> list[tuple[int, int, Any, bytes]]:
    wire = Wire()

    async def body(backend: MpycBackend) -> None:
        a = constant(backend, np.full(COUNT, level), 10)
        result: SecureArray = OPERATIONS[name](SecureArray(backend, a.shares, a.shape, 10, 1 << 12))
        await result.settled()
        await backend.idle()

    run_arrays(body, kind="mpyc", wire=wire)
    return wire.seen


def worst(seen: list[tuple[int, int, Any, bytes]]) -> float:
    figures = [
        chi_square(half)
        for *_, data in seen
        if len(data) >= 13 * COUNT // 2
        for column in np.frombuffer(data, dtype=np.uint8).reshape(-1, 13).T[:12]
        for half in (column & 15, column >> 4)
    ]
    assert figures
    return max(figures)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("level", [0.0, 3.999])
def test_every_message_is_uniform(name: str, level: float) -> None:
    assert worst(sent(name, level)) < LIMIT


def test_what_an_owner_deals_is_uniform_and_the_test_sees_what_is_not() -> None:
    wire, plain = Wire(), Wire()

    async def deal(backend: MpycBackend) -> None:
        own = np.zeros(COUNT) if backend.pid == 1 else None
        await share(backend, own, shape=(COUNT,), owner=1, fraction_bits=10, limit=1).settled()

    async def opened(backend: MpycBackend) -> None:
        a = constant(backend, np.full(COUNT, 0.5), 10)
        await backend.open(a.shares, a.shape)

    run_arrays(deal, kind="mpyc", wire=wire)
    assert worst(wire.seen) < LIMIT
    run_arrays(opened, kind="mpyc", wire=plain)
    assert worst(plain.seen) > 10 * LIMIT
