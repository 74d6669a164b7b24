"""Extremes, their positions, and clipping: exact."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mpc.functions.extremes import argmax, argmax_one_hot, argmin, argmin_one_hot, clip, maximum, minimum
from tests.unit.mpc.functions.runs import Kind, both, computed, rounded

whole = hnp.arrays(np.int64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=6), elements=st.integers(-3, 3))


@settings(max_examples=25)
@given(whole, st.data())
def test_against_numpy_with_many_ties(x: Any, data: Any) -> None:
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))

    def everything(a: Any) -> Any:
        return maximum(a, axis), minimum(a, axis), argmax(a, axis), argmin(a, axis), argmax_one_hot(a, axis)

    largest, smallest, first, last, marks = computed(everything, x, kind="fast", bits=3, limit=3)
    assert np.array_equal(largest, x.max(axis))
    assert np.array_equal(smallest, x.min(axis))
    assert np.array_equal(first, x.argmax(axis))
    assert np.array_equal(last, x.argmin(axis))
    assert np.array_equal(marks, np.moveaxis(np.eye(x.shape[axis])[x.argmax(axis)], -1, axis))


@both
@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9])
def test_on_both_backends(kind: Kind, count: int) -> None:
    x = rounded(np.random.default_rng(count).uniform(-100, 100, (4, count)))
    marks, place, largest = computed(lambda a: (argmin_one_hot(a), argmax(a), maximum(a, axis=1)), x, kind=kind)
    assert np.array_equal(marks, np.eye(count)[x.argmin(1)])
    assert np.array_equal(place, x.argmax(1))
    assert np.array_equal(largest, x.max(1))


@both
def test_clip(kind: Kind) -> None:
    x = rounded(np.concatenate([np.linspace(-9, 9, 41), [-1.5, 2.25]]))
    found = computed(lambda a: clip(a, -1.5, 2.25), x, kind=kind)
    assert np.array_equal(found, np.clip(x, -1.5, 2.25))
