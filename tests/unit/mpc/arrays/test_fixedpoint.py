"""Encoding at the edge: exact where it can be, refused where it cannot."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpc.arrays.fixedpoint import decode, encode, magnitude, raw_bound
from protocol.errors import RangeError


@given(st.lists(st.floats(-1000, 1000), max_size=8), st.integers(0, 40))
def test_encoding_rounds_to_the_nearest_unit(values: list[float], bits: int) -> None:
    raw = encode(np.array(values), bits, 1000)
    assert raw.tolist() == [round(math.ldexp(value, bits)) for value in values]
    assert np.abs(decode(raw, bits) - np.array(values)).max(initial=0) <= math.ldexp(0.5, -bits)
    assert magnitude(raw) <= raw_bound(1000, bits)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(RangeError, match=r"arrays\.not_finite"):
        encode([0.0, bad], 18, 10)


@pytest.mark.parametrize("value", [10.0001, -1e300])
def test_what_is_beyond_the_limit_is_refused(value: float) -> None:
    with pytest.raises(RangeError, match=r"arrays\.out_of_range"):
        encode([0.0, value], 18, 10)
