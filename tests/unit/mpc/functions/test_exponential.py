"""Exponential, logarithm and softmax on shares against numpy and scipy, over the declared ranges."""

import numpy as np
import pytest
from scipy.special import softmax as exact_softmax

from mpc.functions.exponential import digits_for, exp, log, softmax
from protocol.errors import RangeError
from tests.unit.mpc.functions.runs import ULP, Kind, both, computed, rounded


def points(kind: Kind, low: float, high: float) -> np.ndarray:
    return rounded(np.linspace(low, high, 50 if kind == "mpyc" else 2001))


@both
@pytest.mark.parametrize("limit", [0.25, 1, 4, 8, 20])
def test_exp_over_the_whole_range(kind: Kind, limit: float) -> None:
    x = points(kind, -limit, limit)
    n = int(np.ceil(np.log2(limit))) + 1
    digits = min(28, np.floor(30 - 0.73 * limit))
    budget = np.exp(x) * 2.0 ** (max(n, 0) - 24) + np.exp(x / 2) * 2.0 ** (3 - digits) + 3 * ULP
    found = computed(exp, x, kind=kind, limit=limit)
    assert np.all(np.abs(found - np.exp(x)) <= budget)


def test_fewer_digits_are_as_good_where_many_numbers_are_added_up() -> None:
    assert [digits_for(count) for count in (1, 1 << 16, (1 << 16) + 1)] == [28, 28, 25]
    x = points("fast", -20, 0)
    found = computed(lambda a: exp(a, high=0, digits=25, fraction_bits=18), x, kind="fast", limit=20)
    assert np.abs(found - np.exp(x)).max() < 2.0**-16
    assert abs((found - np.exp(x)).mean()) < 2.0**-20
    z = np.random.default_rng(3).uniform(-20, 20, (4000, 3))
    found = computed(lambda a: softmax(a, digits=25), z, kind="fast", limit=20)
    error = found - exact_softmax(z, axis=1)
    assert np.abs(error).max() < 1e-5
    assert np.abs(error.mean(axis=0)).max() < 2e-7  # no bias: sums over rows are righter than any of them


@both
def test_exp_is_clipped_at_given_ends(kind: Kind) -> None:
    x = points(kind, -50, 50)
    found = computed(lambda a: exp(a, low=-6, high=4.5), x, kind=kind)
    exact = np.exp(np.clip(x, -6, 4.5))
    assert np.abs(found - exact).max() < 90 * 2.0**-19
    assert np.abs(found / exact - 1).max() < 1e-3
    down = computed(lambda a: exp(a, high=0), x, kind=kind)
    assert np.abs(down - np.exp(np.minimum(x, 0))).max() < 1e-5


def test_exp_beyond_the_headroom_is_refused() -> None:
    with pytest.raises(RangeError, match=r"functions\.range|arrays\.overflow"):
        computed(exp, [1.0], kind="fast", limit=60)
    with pytest.raises(RangeError, match=r"functions\.range"):
        computed(lambda a: exp(a, low=3, high=3), [1.0], kind="fast", limit=5)


@both
@pytest.mark.parametrize(("low", "high"), [(2.0**-16, 16.0), (0.4, 0.9), (1.0, 1e6)])
def test_log_over_the_whole_range(kind: Kind, low: float, high: float) -> None:
    x = rounded(np.geomspace(low, high, 50 if kind == "mpyc" else 2001))
    x = np.clip(x, low, high)
    found = computed(lambda a: log(a, floor=low), x, kind=kind, limit=high)
    assert np.abs(found - np.log(x)).max() < 2.0**-21 + 3 * ULP


@both
def test_log_below_its_floor_is_that_of_the_floor(kind: Kind) -> None:
    found = computed(lambda a: log(a, floor=0.3), [0, -5, 0.25 - ULP, 0.25, 7], kind=kind)
    assert np.abs(found - np.log([0.25, 0.25, 0.25, 0.25, 7])).max() < 2.0**-18


@both
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax(kind: Kind, axis: int) -> None:
    z = np.random.default_rng(2).normal(size=(7, 5)) * 15
    z[0], z[1, :2] = 64, -64
    found = computed(lambda a: softmax(a, axis=axis), z, kind=kind, limit=64)
    assert np.abs(found - exact_softmax(z, axis=axis)).max() < 1e-5
    assert np.abs(found.sum(axis=axis) - 1).max() < 2e-5


@both
def test_softmax_of_one_class_and_of_many(kind: Kind) -> None:
    assert np.abs(computed(softmax, [[3.0], [-2.0]], kind=kind) - 1).max() < 1e-5
    z = np.linspace(-3, 3, 40)
    assert np.abs(computed(softmax, z, kind=kind) - exact_softmax(z)).max() < 1e-5
