"""Shuffles: the same rows, in orders that are uniform and that no single pair of parties determines."""

import itertools
from collections import Counter
from typing import Any

import numpy as np
import pytest

from mpc.backends.fast.backend import FastBackend
from tests.unit.mpc.backends.fast.fast_runs import dealt, run


@pytest.mark.parametrize("shape", [(0,), (1,), (7,), (50, 3), (1, 4), (6, 2, 2), (5, 0)])
def test_the_same_rows_come_out(shape: tuple[int, ...]) -> None:
    x = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape) - 5

    async def body(backend: FastBackend) -> Any:
        a = dealt(backend, x, 2)
        return [await backend.open(backend.shuffle(a, shape), shape) for _ in range(3)]

    results = run(body)
    for found in results[0]:
        assert found.shape == shape
        assert sorted(map(str, found)) == sorted(map(str, x))
    assert all(np.array_equal(a, b) for other in results[1:] for a, b in zip(results[0], other, strict=True))


def test_long_arrays_change_their_order_each_time() -> None:
    async def body(backend: FastBackend) -> Any:
        a = dealt(backend, np.arange(100))
        return [tuple(await backend.open(backend.shuffle(a, (100,)), (100,))) for _ in range(3)]

    found = run(body)[0]
    assert len({*found, tuple(range(100))}) == 4


def test_all_orders_are_equally_likely() -> None:
    """720 shuffles of four rows: 24 orders, 30 each; chi-square with 23 degrees of freedom, p > 1e-9."""

    async def body(backend: FastBackend) -> Any:
        a = dealt(backend, np.arange(4))
        return [tuple(await backend.open(backend.shuffle(a, (4,)), (4,))) for _ in range(720)]

    counts = Counter(run(body)[0])
    assert set(counts) <= set(itertools.permutations(range(4)))
    assert sum((counts[order] - 30) ** 2 / 30 for order in itertools.permutations(range(4))) < 93
