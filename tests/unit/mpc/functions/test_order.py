"""Sort, quantiles and reading at secret positions against numpy; what a sort opens is independent of the data."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.arrays.interface import share
from mpc.functions.order import median, quantiles, sort, take
from protocol.errors import RangeError, VerificationError
from tests.unit.mpc.functions.runs import Kind, both, computed, rounded
from tests.unit.mpc.simulation import run_arrays


@settings(max_examples=20)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=60))
def test_sort_is_stable_with_many_ties(values: list[int]) -> None:
    keys, rows = np.array(values), np.arange(2 * len(values)).reshape(-1, 2)
    found, payload = computed(sort, keys, rows, kind="fast", bits=(3, 0), limit=(4, 120))
    order = np.argsort(keys, kind="stable")
    assert np.array_equal(found, keys[order])
    assert np.array_equal(payload, rows[order])


@both
def test_sort_and_quantiles(kind: Kind) -> None:
    count = 40 if kind == "mpyc" else 700
    x = rounded(np.random.default_rng(9).normal(size=count) * 30)
    points = [0, 0.1, 0.25, 0.5, 0.731, 1]

    async def both_of(a: Any) -> Any:
        return (await sort(a))[0], await quantiles(a, points), await median(a)

    ordered, found, middle = computed(both_of, x, kind=kind)
    assert np.array_equal(ordered, np.sort(x))
    assert np.abs(found - np.quantile(x, points)).max() < 1e-5
    assert abs(middle - np.median(x)) < 1e-5


def test_payloads_keep_shape_and_precision() -> None:
    keys, images = np.array([3, 1, 2]), np.arange(24).reshape(3, 4, 2) / 8
    _, payload = computed(sort, keys, images, kind="fast", bits=(0, 5))
    assert np.array_equal(payload, images[[1, 2, 0]])


@pytest.mark.parametrize("points", [[-0.1], [1.1], [float("nan")], [[0.5]]])
def test_probabilities_are_probabilities(points: Any) -> None:
    with pytest.raises(RangeError, match=r"functions\.probability"):
        computed(lambda a: quantiles(a, points), [1.0, 2.0], kind="fast")


def test_shapes_and_ranges_that_do_not_fit_are_refused() -> None:
    with pytest.raises(RangeError, match=r"arrays\.shape"):
        computed(sort, [1.0, 2.0], [1.0, 2.0, 3.0], kind="fast")
    with pytest.raises(RangeError, match=r"arrays\.shape"):
        computed(sort, [[1.0, 2.0]], kind="fast")
    with pytest.raises(RangeError, match=r"arrays\.overflow"):
        computed(sort, [1.0] * 64, kind="fast", bits=20, limit=2.0**33)


@both
def test_take_by_secret_one_hot(kind: Kind) -> None:
    table = np.arange(12).reshape(4, 3) / 4
    marks = np.eye(4)[[2, 0]]
    found = computed(take, table, marks, kind=kind, bits=(20, 0))
    assert np.array_equal(found, table[[2, 0]])


def test_what_a_sort_opens_does_not_depend_on_the_data() -> None:
    """Three rows: each of the six orders is opened equally often, for equal keys as for sorted ones."""
    runs = 150
    for keys in ([5, 5, 5], [1, 2, 3]):
        seen: Counter[tuple[int, ...]] = Counter()

        async def body(backend: Any, keys: list[int] = keys, seen: Counter[tuple[int, ...]] = seen) -> None:
            record = backend.order

            async def spy(*given: Any, record: Any = record) -> Any:
                found = await record(*given)
                if backend.pid == 0:
                    seen[tuple(found.tolist())] += 1
                return found

            backend.order = spy
            own = keys if backend.pid == 0 else None
            for _ in range(runs):
                await sort(share(backend, own, shape=(3,), owner=0, fraction_bits=0, limit=9))

        run_arrays(body, kind="fast")
        assert len(seen) == 6
        expected = runs / 6
        assert sum((count - expected) ** 2 / expected for count in seen.values()) < 35  # 5 degrees of freedom: 1.5e-6


def test_a_lie_in_an_opening_of_a_slow_sort_is_detected() -> None:
    """On the ``mpyc`` stack answers are opened as shares; on the fast one see :mod:`tests.unit.mpc.backends.fast.test_ranking`."""

    async def body(backend: Any) -> Any:
        record = backend._opened

        async def lying(operation: int, own: Any) -> Any:
            return await record(operation, own + 1 if backend.pid == 1 else own)

        backend._opened = lying
        x = share(backend, [1, 2, 3] if backend.pid == 0 else None, shape=(3,), owner=0, fraction_bits=0, limit=9)
        with pytest.raises(VerificationError, match=r"arrays\.inconsistent_opening"):
            await sort(x)
        return backend.pid

    assert set(run_arrays(body, kind="mpyc")) == {0, 1, 2}
