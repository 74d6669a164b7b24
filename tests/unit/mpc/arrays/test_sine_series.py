"""Trigonometric polynomials of untruncated products on both backends against numpy; the integer sine against math."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpc.arrays.backend import SineSeries
from mpc.arrays.field import objects
from mpc.arrays.interface import share
from mpc.backends.mpyc.integer_sine import sincos
from protocol.errors import RangeError
from tests.unit.mpc.functions.runs import Kind, both, computed, rounded
from tests.unit.mpc.simulation import opened, run_arrays

GOLDEN = (
    [0, 6434, 79355087, 1073741824, -6434],
    [1073741824, 1073741824, 1070805433, 0, 1073741824],
)
WAVES = (0.75, -0.5, 0.25, 0.125, -1.5)


def series(z: Any, period: float, coefficients: tuple[float, ...] = WAVES) -> Any:
    return sum(c * np.sin(2 * np.pi * k * z / period) for k, c in enumerate(coefficients, 1))


@both
def test_of_products_far_beyond_the_period(kind: Kind) -> None:
    rng = np.random.default_rng(6)
    rows, weights = rounded(rng.uniform(-10, 10, (50, 6)), 18), rounded(rng.uniform(-30, 30, 6), 18)
    plan = SineSeries(5 + 36, WAVES, 20)
    found = computed(lambda a, b: a.matmul_sine(b, plan), rows, weights, kind=kind, bits=18)
    assert np.abs(found - series(rows @ weights, 32)).max() < 1e-5
    wide = computed(lambda a, b: a.matmul_sine(b.reshape(2, 3).T, plan), rows[:, :3], weights, kind=kind, bits=18)
    assert np.abs(wide - series(rows[:, :3] @ weights.reshape(2, 3).T, 32)).max() < 1e-5


@both
@pytest.mark.parametrize("period_bits", [2, 20, 24, 60])
def test_elementwise_at_the_edges_of_the_period(kind: Kind, period_bits: int) -> None:
    quarter = 1 << (period_bits - 2)
    raw = np.array([0, 1, -1, quarter, -quarter, 2 * quarter, 4 * quarter - 1, 3 * quarter])
    raw = raw[np.abs(raw) < 2**40]
    plan = SineSeries(period_bits, WAVES, 20)
    found = computed(lambda a: a.sine_series(plan), raw, kind=kind, bits=0, limit=2.0**40)
    assert np.abs(found - series(raw.astype(float), 2.0**period_bits)).max() < 1e-5


@pytest.mark.parametrize(("parties", "threshold"), [(4, 1), (5, 2)])
def test_larger_committees(parties: int, threshold: int) -> None:
    z = rounded(np.linspace(-40, 40, 21), 16)

    async def body(backend: Any) -> None:
        own = z if backend.pid == 0 else None
        a = share(backend, own, shape=z.shape, owner=0, fraction_bits=16, limit=40)
        found = await opened(a.sine_series(SineSeries(5 + 16, WAVES, 20)))
        assert np.abs(found - series(z, 32)).max() < 3e-5

    run_arrays(body, parties=parties, threshold=threshold)


@pytest.mark.parametrize("period_bits", [1, 61])
def test_periods_out_of_reach_are_refused(period_bits: int) -> None:
    with pytest.raises(RangeError, match=r"arrays\.period"):
        computed(lambda a: a.sine_series(SineSeries(period_bits, WAVES, 20)), [1.0], kind="fast")


@given(st.integers(2, 60), st.lists(st.integers(-(2**80), 2**80), min_size=1, max_size=8), st.integers(1, 44))
def test_integer_sines_are_within_a_unit(period_bits: int, angles: list[int], scale: int) -> None:
    sine, cosine = sincos(np.array(angles, dtype=object), period_bits, scale)
    for angle, s, c in zip(angles, sine, cosine, strict=True):
        turn = 2 * math.pi * (angle % (1 << period_bits)) / (1 << period_bits)
        slack = 1 + 2.0 ** (scale - 48)
        assert abs(s - math.sin(turn) * 2**scale) <= slack
        assert abs(c - math.cos(turn) * 2**scale) <= slack


def test_golden_integer_sines() -> None:
    """The same on every machine: parties would otherwise hold shares of nothing."""
    sine, cosine = sincos(objects([0, 1, 12345, 1 << 18, (1 << 20) - 1]), 20, 30)
    assert [int(x) for x in sine] == GOLDEN[0]
    assert [int(x) for x in cosine] == GOLDEN[1]
