"""Standardisation against numpy, and its declared rules."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mpc.programs.features.standardize.run import standardize, training_rows
from protocol.errors import RangeError

NAMES = ("a", "b", "c")


def rows(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(3, 5, (50, 3))


def test_statistics_come_from_the_training_rows_only() -> None:
    values = rows()
    scaled, scaling = standardize(values, NAMES, 35, limit=16, zero_constants=False, clip=False)
    assert np.allclose(scaled[:35].mean(axis=0), 0)
    assert np.allclose(scaled[:35].std(axis=0), 1)
    changed = values.copy()
    changed[35:] += 2
    again, same = standardize(changed, NAMES, 35, limit=16, zero_constants=False, clip=False)
    assert np.array_equal(again[:35], scaled[:35])
    assert np.array_equal(scaling.means, same.means)


def test_constant_columns_follow_the_declared_rule() -> None:
    values = rows()
    values[:35, 1] = 1e6 + 0.1
    with pytest.raises(RangeError, match=r"standardize\.constant_column") as caught:
        standardize(values, NAMES, 35, limit=16, zero_constants=False, clip=True)
    assert caught.value.details["columns"] == ["b"]
    scaled, scaling = standardize(values, NAMES, 35, limit=16, zero_constants=True, clip=False)
    assert not scaled[:, 1].any()
    assert scaling.deviations[1] == 0


def test_values_beyond_the_limit_follow_the_declared_rule() -> None:
    values = rows()
    values[40, 2] = 1e4
    with pytest.raises(RangeError, match=r"standardize\.beyond_limit") as caught:
        standardize(values, NAMES, 35, limit=16, zero_constants=False, clip=False)
    assert caught.value.details["columns"] == ["c"]
    scaled, scaling = standardize(values, NAMES, 35, limit=16, zero_constants=False, clip=True)
    assert scaling.clipped.tolist() == (np.abs((values - scaling.means) / scaling.deviations) > 16).sum(axis=0).tolist()
    assert scaled[40, 2] == 16


@given(hnp.arrays(np.float64, (12, 2), elements=st.floats(-1e6, 1e6, allow_subnormal=False)), st.integers(2, 12))
def test_every_value_is_within_the_limit_and_the_mean_square_at_most_one(values: np.ndarray, train: int) -> None:
    """What glm.logistic's proofs rest on."""
    scaled, _ = standardize(values, ("a", "b"), train, limit=4, zero_constants=True, clip=True)
    assert np.abs(scaled).max() <= 4
    assert (scaled[:train] ** 2).mean(axis=0).max() <= 1 + 1e-6


@pytest.mark.parametrize(("count", "fraction", "expected"), [(100, 0.7, 70), (11, 0.5, 5), (10, 1.0, 10)])
def test_training_rows(count: int, fraction: float, expected: int) -> None:
    assert training_rows(count, fraction) == expected


@pytest.mark.parametrize(("count", "fraction"), [(3, 0.5), (10, 0.95), (2, 0.3)])
def test_parts_with_too_few_rows_are_refused(count: int, fraction: float) -> None:
    with pytest.raises(RangeError, match=r"standardize\.too_few_rows"):
        training_rows(count, fraction)
