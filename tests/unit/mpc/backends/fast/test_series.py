"""Trigonometric polynomials against numpy's sines."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.arrays.backend import SineSeries
from mpc.backends.fast.backend import FastBackend
from mpc.backends.fast.series import Plan
from tests.unit.mpc.backends.fast.fast_runs import dealt, run, small_chunks


def expected(z: Any, series: SineSeries) -> Any:
    turns = (np.asarray(z) % (1 << series.period_bits)).astype(float) / 2.0**series.period_bits
    return sum((b * np.sin(2 * np.pi * k * turns) for k, b in enumerate(series.coefficients, start=1)), 0 * turns)


def allowed(series: SineSeries, plan: Plan) -> float:
    """The module's stated error, in units of the last place."""
    fraction, total = series.fraction_bits, sum(abs(b) for b in series.coefficients)
    factors = plan.terms * 2**-0.5 * 2.0 ** (fraction - plan.factor_bits)
    return 1 + factors + total * 1.07 * 2.0 ** (fraction - plan.sine_bits)


async def checked(backend: FastBackend, z: Any, series: SineSeries, bound: int) -> None:
    found = await backend.open(backend.sine_series(dealt(backend, z), None, z.shape, series, bound), z.shape)
    error = np.abs(found - expected(z, series) * 2.0**series.fraction_bits)
    assert error.size == 0 or error.max() <= allowed(series, Plan(series, bound)) + 1e-6


@settings(max_examples=20)
@given(
    st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=20),
    st.lists(st.floats(-4, 4, width=32), min_size=1, max_size=9),
    st.integers(3, 45),
    st.integers(8, 30),
)
def test_series_equal_numpy_within_the_stated_error(
    values: list[int], coefficients: list[float], period: int, fraction: int
) -> None:
    series = SineSeries(period, tuple(coefficients), fraction)
    run(lambda backend: checked(backend, np.array(values), series, 2**40))


def test_both_encodings_of_factors_are_used() -> None:
    assert Plan(SineSeries(41, (0.6, 0.1) * 4, 18), 1 << 40).compact
    assert not Plan(SineSeries(41, (0.6, 0.1) * 4, 24), 1 << 40).compact
    assert not Plan(SineSeries(41, (600.0,), 18), 1 << 40).compact


@pytest.mark.parametrize("largest", [1e-6, 0.24, 0.25, 0.4999, 0.5, 0.99, 1.0, 1.01])
def test_eight_byte_factors_hide_with_forty_bits(largest: float) -> None:
    """|factor| <= 2^22, so that a 63-bit mask leaves a statistical distance of at most 2^-40."""
    plan = Plan(SineSeries(41, (largest, -largest / 2), 10), 1 << 40)
    assert plan.compact
    assert largest * 2.0**plan.factor_bits <= 2**22


def test_a_product_is_never_truncated() -> None:
    """At 2·18 fraction bits a truncation to 18 would move the phase; the result shows none of it."""
    rng = np.random.default_rng(5)
    x, w = rng.integers(-(2**18), 2**18, (300, 12)), rng.integers(-(2**18), 2**18, 12)
    series = SineSeries(36, (1.0, 0.5, -0.25), 20)

    async def body(backend: FastBackend) -> None:
        shares = backend.sine_series(dealt(backend, x), dealt(backend, w, 1), (300,), series, 12 * 2**36)
        error = await backend.open(shares, (300,)) - expected(x @ w, series) * 2.0**20
        assert np.abs(error).max() <= allowed(series, Plan(series, 12 * 2**36))
        assert abs(error.mean()) < 0.2

    run(body)


def test_the_largest_arguments_and_long_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    small_chunks(monkeypatch)
    bound = (1 << 61) - 1
    z = np.concatenate([[bound, -bound, 0, 1, -1], np.random.default_rng(6).integers(-bound, bound, 195)])

    async def body(backend: FastBackend) -> None:
        await checked(backend, z, SineSeries(60, (0.7, 0.2), 18), bound)
        await checked(backend, z[:0], SineSeries(60, (0.7, 0.2), 18), bound)
        await backend.idle()

    run(body)


def test_cost_per_element() -> None:
    count, series = 640, SineSeries(30, (0.1,) * 8, 18)

    async def body(backend: FastBackend) -> int:
        a = dealt(backend, np.arange(count))
        await backend.settle(a)
        before = backend.traffic.bytes_sent
        await backend.settle(backend.sine_series(a, None, (count,), series, 1 << 30))
        await backend.idle()
        return backend.traffic.bytes_sent - before

    assert sum(run(body)) == count * (26 + 16 * 8 + 39)
