"""The secret shuffle: a permutation, uniformly random, fresh every time, with fresh shares."""

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest

from mpc.arrays.interface import share
from tests.unit.mpc.functions.runs import Kind, both, computed
from tests.unit.mpc.simulation import opened, run_arrays


@both
def test_rows_stay_together(kind: Kind) -> None:
    x = np.arange(60).reshape(20, 3) / 8
    found = computed(lambda a: a.shuffled(), x, kind=kind)
    assert not np.array_equal(found, x)  # 1/20! by chance
    assert np.array_equal(found[np.argsort(found[:, 0])], x)


@pytest.mark.parametrize(("parties", "threshold"), [(4, 1), (5, 2)])
def test_larger_committees(parties: int, threshold: int) -> None:
    async def body(backend: Any) -> None:
        own = np.arange(30) if backend.pid == 0 else None
        found = await opened(share(backend, own, shape=(30,), owner=0, fraction_bits=0, limit=30).shuffled())
        assert not np.array_equal(found, np.arange(30))
        assert np.array_equal(np.sort(found), np.arange(30))

    run_arrays(body, parties=parties, threshold=threshold)


@both
def test_all_orders_are_equally_likely(kind: Kind) -> None:
    rows, runs = 4, 480 if kind == "fast" else 240
    seen: Counter[tuple[int, ...]] = Counter()

    async def body(backend: Any) -> None:
        own = np.arange(rows) if backend.pid == 0 else None
        a = share(backend, own, shape=(rows,), owner=0, fraction_bits=0, limit=rows)
        for _ in range(runs):
            found = await opened(a.shuffled())
            if backend.pid == 0:
                seen[tuple(int(x) for x in found)] += 1

    run_arrays(body, kind=kind)
    orders = math.factorial(rows)
    expected = runs / orders
    assert sum(seen.values()) == runs
    chi = sum((count - expected) ** 2 / expected for count in seen.values()) + expected * (orders - len(seen))
    assert chi < 75  # 23 degrees of freedom: 2e-7
