"""Products and truncation against Python integers; packed layouts; messages in chunks."""

import gc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.backends.fast import parties, shares
from mpc.backends.fast.backend import FastBackend
from mpc.backends.fast.products import offset_for
from mpc.backends.fast.shares import FastShares
from tests.unit.mpc.backends.fast.fast_runs import dealt, run, small_chunks
from tests.unit.mpc.simulation import Wire


async def opened(backend: FastBackend, shares: FastShares, shape: tuple[int, ...]) -> Any:
    return (await backend.open(shares, shape)).astype(object)


@settings(max_examples=25)
@given(
    st.lists(st.integers(-(2**30), 2**30), min_size=1, max_size=6),
    st.integers(-(2**20), 2**20),
    st.integers(1, 58),
    st.integers(-50, 50),
)
def test_truncated_products_are_within_one_unit(values: list[int], factor: int, shift: int, scale: int) -> None:
    x = np.array(values)

    async def body(backend: FastBackend) -> None:
        a, b = dealt(backend, x), dealt(backend, [factor], 1)
        bound = 2**50 * 50
        exact = x.astype(object) * factor * scale
        found = await opened(backend, backend.multiply(a, b, x.shape, scale, shift, bound), x.shape)
        assert all(abs(got - value / 2**shift) < 1 + 1e-9 for got, value in zip(found, exact, strict=True))
        whole = await opened(backend, backend.multiply(a, b, x.shape, scale, 0, bound), x.shape)
        assert (whole == exact).all()

    run(body)


def test_the_error_of_truncation_has_mean_zero_and_variance_of_stochastic_rounding() -> None:
    fraction = 0.3

    async def body(backend: FastBackend) -> Any:
        x = np.full(40_000, round((7 + fraction) * 2**16))
        return await backend.open(backend.truncate(dealt(backend, x), x.shape, np.int64(1), 16, 1 << 20), x.shape)

    found = run(body)[0]
    assert set(np.unique(found)) == {7, 8}
    up = (found == 8).mean()
    assert abs(up - fraction) < 6 * np.sqrt(fraction * (1 - fraction) / found.size)


@pytest.mark.parametrize(
    ("bound", "shift", "offset"), [(5, 2, 8), (8, 2, 8), (9, 2, 16), (3, 10, 1024), (1, 1, 2), (0, 3, 8)]
)
def test_offset_is_the_power_of_two_that_keeps_the_number_positive(bound: int, shift: int, offset: int) -> None:
    assert offset_for(bound, shift) == offset
    assert offset_for(bound, 0) == 0


def test_values_at_their_bound_do_not_wrap() -> None:
    bound = (1 << 61) - 1
    x = np.array([bound, -bound, 0, 1, -1] * 40)

    async def body(backend: FastBackend) -> None:
        for shift in (1, 18, 52, 53, 60):
            found = await opened(
                backend, backend.truncate(dealt(backend, x), x.shape, np.int64(1), shift, bound), x.shape
            )
            assert all(abs((got << shift) - int(value)) < 1 << shift for got, value in zip(found, x, strict=True))

    run(body)


@pytest.mark.parametrize("shape", [(0,), (1,), (64,), (129,), (10, 0), (3, 70)])
def test_arrays_in_several_messages_equal_those_in_one(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    small_chunks(monkeypatch)
    x = np.random.default_rng(1).integers(-1000, 1000, shape)

    async def body(backend: FastBackend) -> None:
        a = dealt(backend, x, 2)
        assert (await backend.open(a, shape) == x).all()
        assert (await backend.open(backend.multiply(a, a, shape, 1, 0, 10**6), shape) == x * x).all()
        found = await backend.open(backend.truncate(a, shape, np.int64(3), 4, 3000), shape)
        assert x.size == 0 or np.abs(found - 3 * x / 16).max() < 1
        await backend.idle()

    run(body)


@pytest.mark.parametrize("room", [shares.PACKED_BYTES, 0])
def test_matrix_products_with_views_slices_and_packed_layouts(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "ROOM", shares.Room(room))
    rng = np.random.default_rng(2)
    x, w, y = rng.integers(-99, 99, (40, 7)), rng.integers(-99, 99, 7), rng.integers(-99, 99, (40, 3))

    async def body(backend: FastBackend) -> None:
        a, v, b = dealt(backend, x), dealt(backend, w, 1), dealt(backend, y, 2)

        async def product(left: FastShares, right: FastShares, expected: Any) -> None:
            made = backend.matmul(left, right, expected.shape, 1, 0, 1 << 30)
            assert (await backend.open(made, expected.shape) == expected).all()

        for _ in range(3):  # from the second time on from packed layouts
            await product(a, v, x @ w)
            await product(backend.transpose(a), b, x.T @ y)
            await product(backend.transpose(a), a, x.T @ x)
            await product(backend.transpose(b), a, y.T @ x)
            await product(v, backend.transpose(a), w @ x.T)
            for start in (0, 16, 32):
                key = slice(start, start + 16)
                rows = backend.take(a, key)
                await product(rows, v, x[key] @ w)
                await product(backend.transpose(rows), backend.take(b, key), x[key].T @ y[key])
        assert backend.take(a, slice(0, 16)) is backend.take(a, slice(0, 16))
        assert backend.take(a, slice(0, 16)).packed() is backend.take(a, slice(0, 16)).packed()
        assert (a.packed() is None) == (room == 0)
        assert backend.transpose(backend.transpose(a)) is a
        assert (await backend.open(backend.transpose(a), (7, 40)) == x.T).all()

    run(body)


def test_packed_layouts_are_kept_while_there_is_room_and_give_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    x, w = np.arange(40).reshape(20, 2), np.array([1, 2])
    room = shares.Room(3 * 2 * 2 * 8 * x.size)  # for three matrices in two layouts, of six that three parties have
    all_held: list[FastShares] = []
    monkeypatch.setattr(shares, "ROOM", room)

    async def body(backend: FastBackend) -> None:
        kept, late, v = dealt(backend, x), dealt(backend, x), dealt(backend, w)

        async def times(a: FastShares) -> None:
            for _ in range(2):
                assert (await backend.open(backend.matmul(a, v, (20,), 1, 0, 1 << 20), (20,)) == x @ w).all()

        await times(kept)
        await times(late)
        all_held.extend((kept, late))
        await backend.idle()

    run(body)
    assert sum(a._packed is not None for a in all_held) == 3
    assert room.taken == room.most
    all_held.clear()
    gc.collect()
    assert room.taken == 0


def test_cached_slices_are_bounded() -> None:
    async def body(backend: FastBackend) -> None:
        a = dealt(backend, np.zeros((100, 2)))
        await backend.settle(a)
        for start in range(90):
            backend.take(a, slice(start, start + 10))
        held = a._slices
        assert held is not None
        assert sum(stop - start for start, stop in held) <= 200

    run(body)


@pytest.mark.parametrize(
    "key",
    [
        3, -1, slice(1, 4), slice(None, None, 2), ..., None, [0, 2], np.array([2, 0, 2]),
        (1, 2), (slice(None), 1), (..., 1), ([0, 1], slice(None), [1, 2]), (0, slice(None), [1, 3]), (None, ..., 0),
    ],
    ids=str,
)  # fmt: skip
def test_every_key_indexes_as_numpy(key: Any) -> None:
    x = np.arange(5 * 4 * 6).reshape(5, 4, 6)

    async def body(backend: FastBackend) -> None:
        found = await backend.open(backend.take(dealt(backend, x), key), x[key].shape)
        assert (found == x[key]).all()

    run(body)


@pytest.mark.slow
def test_two_million_elements_go_in_bounded_messages() -> None:
    x = np.random.default_rng(4).integers(-(2**20), 2**20, 2_000_000)
    wire, longest = Wire(), 0

    def counted(sender: int, receiver: int, label: Any, data: bytes) -> bytes:
        nonlocal longest
        longest = max(longest, len(data))
        wire.seen.clear()
        return data

    wire._tamper = counted

    async def body(backend: FastBackend) -> None:
        a = dealt(backend, x)
        found = await backend.open(backend.multiply(a, a, x.shape, 1, 18, 1 << 40), x.shape)
        assert np.abs(found - (x * x >> 18)).max() <= 1

    run(body, wire)
    assert longest <= 13 * parties.CHUNK
