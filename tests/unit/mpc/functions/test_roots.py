"""Square roots on shares against numpy, over the declared ranges."""

import numpy as np
import pytest

from mpc.functions.roots import inverse_sqrt, sqrt
from tests.unit.mpc.functions.runs import ULP, Kind, both, computed, rounded


@both
@pytest.mark.parametrize("bits", [19, 20])
@pytest.mark.parametrize(("low", "high"), [(2.0**-12, 200.0), (0.2, 0.7), (1.0, 4.0)])
def test_roots_over_the_range(kind: Kind, low: float, high: float, bits: int) -> None:
    count = 20 if kind == "mpyc" else 1000
    x = rounded(np.concatenate([np.geomspace(low, high, count), [low, high]]), bits)
    x = x[(x >= low) & (x <= high)]
    ulp = 2.0**-bits
    found = computed(lambda a: sqrt(a, floor=low), x, kind=kind, bits=bits, limit=high)
    assert np.all(np.abs(found - np.sqrt(x)) <= 2.0**-22 * np.sqrt(x) + 3 * ulp)
    found = computed(lambda a: inverse_sqrt(a, floor=low), x, kind=kind, bits=bits, limit=high)
    assert np.all(np.abs(found - 1 / np.sqrt(x)) <= 2.0**-22 / np.sqrt(x) + 3 * ulp)


@both
def test_edges(kind: Kind) -> None:
    x = np.array([0, ULP, 2 * ULP, 4 * ULP, 1, -1, -ULP, 1000])
    found = computed(sqrt, x, kind=kind)
    assert np.abs(found - np.sqrt(np.maximum(x, 0))).max() <= 2.0**-22 * 32 + 3 * ULP
    assert np.abs(found[[0, 5, 6]]).max() <= 2 * ULP
    below = computed(lambda a: inverse_sqrt(a, floor=0.25), [0, -2, 0.25 - ULP, 0.25], kind=kind)
    assert np.abs(below[:3]).max() <= 2 * ULP
    assert abs(below[3] - 2) < 8 * ULP


@both
def test_of_integers_with_fractions_in_the_result(kind: Kind) -> None:
    x = np.array([0, 1, 2, 3, 10**6])
    found = computed(lambda a: sqrt(a, fraction_bits=16), x, kind=kind, bits=0)
    assert np.abs(found - np.sqrt(x)).max() < 1000 * 2**-22 + 3 * 2**-16
