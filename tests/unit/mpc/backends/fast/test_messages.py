"""What goes over the wire is uniform and does not depend on the data: every message of every protocol, byte by byte.

Chi-square over the 256 values of each byte place, 255 degrees of freedom: above 430 with probability below 1e-10.
"""

from typing import Any

import numpy as np
import pytest

from mpc.arrays.backend import SineSeries
from mpc.backends.fast.backend import FastBackend
from tests.unit.mpc.backends.fast.fast_runs import dealt, run
from tests.unit.mpc.simulation import Wire

COUNT = 4096
LIMIT = 430.0
SERIES = SineSeries(20, (0.9, 0.1), 18)
OPERATIONS: dict[str, Any] = {
    "share": lambda b, a: dealt(b, np.zeros(COUNT), 1),
    "multiply": lambda b, a: b.multiply(a, a, (COUNT,), 1, 18, 1 << 40),
    "exact multiply": lambda b, a: b.multiply(a, a, (COUNT,), 1, 0, 1 << 40),
    "truncate": lambda b, a: b.truncate(a, (COUNT,), np.int64(3), 10, 1 << 22),
    "compare": lambda b, a: b.at_least(a, (COUNT,), np.array([1, 5]), 30),
    "is_zero": lambda b, a: b.is_zero(a, (COUNT,), 30),
    "sine": lambda b, a: b.sine_series(a, None, (COUNT,), SERIES, 1 << 21),
    "precise sine": lambda b, a: b.sine_series(a, None, (COUNT,), SineSeries(20, (0.9, 0.1), 30), 1 << 21),
    "shuffle": lambda b, a: b.shuffle(a, (COUNT,)),
}


def chi_square(values: Any) -> float:
    found, expected = np.bincount(values, minlength=256), values.size / 256
    return float(((found - expected) ** 2 / expected).sum())


def sent(name: str, level: int) -> list[tuple[int, int, Any, bytes]]:
    """The operation's messages on shares of a constant that everyone knows: the least random input there is."""
    wire = Wire()

    async def body(backend: FastBackend) -> None:
        await backend.settle(OPERATIONS[name](backend, backend.constant(np.full(COUNT, level))))
        await backend.idle()

    run(body, wire)
    return wire.seen


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("level", [0, (1 << 20) - 1])
def test_every_message_is_uniform(name: str, level: int) -> None:
    seen = sent(name, level)
    assert seen
    for sender, receiver, label, data in seen:
        compact = name == "sine" and len(data) == 8 * 4 * COUNT
        opened = name in ("compare", "is_zero") and len(data) == 8 * COUNT  # the four lowest and the four highest bytes
        width = 8 if compact or opened or len(data) % 13 else 13
        columns = np.frombuffer(data, dtype=np.uint8).reshape(-1, width).T
        # an eight-byte factor is masked with 63 bits: its highest byte has half the values
        for place, column in enumerate(columns[:7] if compact else columns):
            assert chi_square(column) < LIMIT, (name, sender, receiver, label, place)


def test_the_test_sees_what_is_not_masked() -> None:
    """An opening of a public constant sends the same share again and again."""
    wire = Wire()

    async def body(backend: FastBackend) -> None:
        await backend.open(backend.constant(np.full(COUNT, 3)), (COUNT,))

    run(body, wire)
    longest = max((data for *_, data in wire.seen), key=len)
    assert chi_square(np.frombuffer(longest, dtype=np.uint8)) > 100 * LIMIT


def test_the_same_operation_twice_sends_nothing_twice() -> None:
    wire = Wire()

    async def body(backend: FastBackend) -> None:
        a = backend.constant(np.zeros(COUNT, dtype=np.int64))
        for name, operation in OPERATIONS.items():
            if name != "share":
                await backend.settle(operation(backend, a))
                await backend.settle(operation(backend, a))
        await backend.idle()

    run(body, wire)
    blocks = [data[at : at + 104] for *_, data in wire.seen for at in range(0, len(data) - 103, 104)]
    assert len(set(blocks)) == len(blocks)


def test_a_result_user_with_all_exported_shares_learns_the_values_alone() -> None:
    """Without a fresh line the three shares of a truncation would show the mask it was made with."""

    async def body(backend: FastBackend) -> Any:
        return await backend.export(backend.constant(np.full(COUNT, 7)), (COUNT,))

    for data in run(body):
        for column in np.frombuffer(data, dtype=np.uint8).reshape(-1, 13).T:
            assert chi_square(column) < LIMIT
