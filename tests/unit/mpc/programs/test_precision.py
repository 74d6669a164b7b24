"""Long products, quotients and scaling by secret powers of two against Python's exact integers."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.arrays.headroom import headroom
from mpc.arrays.interface import SecureArray, share
from mpc.programs.precision import finest, product, quotient, scale_up, times
from protocol.errors import RangeError
from tests.unit.mpc.simulation import opened, run_arrays

WHOLE = st.integers(-(2**50), 2**50)


def evaluate(function: Any, *inputs: tuple[Any, int, float]) -> Any:
    """``function`` of shared arrays (values, fraction bits, limit), opened."""

    async def body(backend: Any) -> Any:
        shared = [
            share(
                backend,
                values if backend.pid == 0 else None,
                shape=np.shape(values),
                owner=0,
                fraction_bits=bits,
                limit=limit,
            )
            for values, bits, limit in inputs
        ]
        result = function(*shared)
        return await opened(result) if isinstance(result, SecureArray) else [await opened(item) for item in result]

    return run_arrays(body, kind="fast")[0]


@settings(max_examples=25)
@given(st.lists(st.tuples(WHOLE, WHOLE), min_size=1, max_size=8))
def test_products_keep_all_their_places(pairs: list[tuple[int, int]]) -> None:
    a, b = (np.ldexp(np.array(side, dtype=float), -30) for side in zip(*pairs, strict=True))
    got = evaluate(lambda x, y: product(x, y, 16, limit=2.0**40), (a, 30, 2.0**20), (b, 30, 2.0**20))
    for (left, right), value in zip(pairs, got, strict=True):
        assert abs(Fraction(value) - Fraction(left * right, 2**60)) <= Fraction(8, 2**16)


@settings(max_examples=25)
@given(st.lists(st.integers(0, 2**40 - 2), min_size=1, max_size=12), st.sampled_from([1, 2]))
def test_scaling_brings_every_number_to_one_size(values: list[int], step: int) -> None:
    scale, bit = evaluate(lambda x: scale_up(x, length=40, step=step), (np.array(values, float), 0, 2.0**40 - 2))
    for value, w, positive in zip(values, scale, bit, strict=True):
        assert positive == (value > 0)
        assert value == w == 0 or 2 ** (40 - step) <= value * int(w) ** step < 2**40


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 30_000), st.floats(-100, 100)), min_size=1, max_size=8))
def test_quotients(pairs: list[tuple[int, float]]) -> None:
    counts = np.array([count for count, _ in pairs], dtype=float)
    sums = counts * [mean for _, mean in pairs]
    got = evaluate(
        lambda a, b: quotient(a, b, most=30_000, limit=100, fraction_bits=40),
        (sums, 35, 3e6),
        (counts, 0, 30_000),
    )
    expected = np.where(counts > 0, [mean for _, mean in pairs], 0)
    assert np.abs(got - expected).max() <= 100 * 2.0**-26


def test_public_factors_of_long_numbers() -> None:
    values = np.array([1e9 + 0.125, -3.5, 0.0])
    got = evaluate(lambda x: times(x, 1 / 3, 20), (values, 28, 2.0**31))
    assert np.abs(got - values / 3).max() <= 1e9 * 2.0**-24


def test_limits_without_a_place_are_refused() -> None:
    class Stub:
        headroom = headroom(3, 1)

    assert finest(Stub(), 2.0**20) == 39  # type: ignore[arg-type]
    with pytest.raises(RangeError, match=r"arrays\.overflow"):
        finest(Stub(), 2.0**60)  # type: ignore[arg-type]
