"""Division on shares against numpy, over the declared ranges."""

import numpy as np
import pytest

from mpc.functions.reciprocal import divide, reciprocal
from protocol.errors import RangeError
from tests.unit.mpc.functions.runs import ULP, Kind, both, computed, rounded


@both
@pytest.mark.parametrize(("low", "high"), [(2.0**-10, 2.0**7), (0.3, 0.9), (1.0, 5e5), (2.0**-18, 2.0**-6)])
def test_reciprocals_over_the_range(kind: Kind, low: float, high: float) -> None:
    count = 40 if kind == "mpyc" else 2000
    x = rounded(np.concatenate([np.geomspace(low, high, count), 2.0 ** np.arange(-9, 3), [low, high]]))
    x = x[(x >= low) & (x <= high)]
    bits = 26 if high > 1e5 else 20
    found = computed(lambda a: reciprocal(a, floor=low, fraction_bits=bits), x, kind=kind, limit=high)
    assert np.all(np.abs(found * x - 1) <= 2.0**-22 + 3 * 2.0**-bits * x)


@both
def test_below_the_floor_the_result_is_zero(kind: Kind) -> None:
    x = np.array([0, -3, 1 / 16 - ULP, 1 / 16, -ULP, 4])
    found = computed(lambda a: reciprocal(a, floor=0.1), x, kind=kind)
    assert np.abs(found[[0, 1, 2, 4]]).max() <= 2 * ULP
    assert np.abs(found[[3, 5]] - [16, 0.25]).max() < 2**-16
    zero = computed(lambda a, b: divide(a, b, floor=1, limit=2), [0, 2.0], [0, 4.0], kind=kind)
    assert abs(zero[0]) <= 2 * ULP
    assert abs(zero[1] - 0.5) < 4 * ULP


@both
def test_counts_of_rows_divide_exactly_enough(kind: Kind) -> None:
    """Integers up to 2^40 over a range of 2^40: rates for n² pairs."""
    a, b = np.array([1, 3, 10**12 // 3, 7e11, 0]), np.array([1, 7, 10**12, 9e11, 10**12])
    found = computed(lambda x, y: divide(x, y, floor=1, limit=1, fraction_bits=22), a, b, kind=kind, bits=0, limit=1e12)
    assert np.abs(found - a / b).max() < 4 * 2**-22


@both
def test_division_broadcasts(kind: Kind) -> None:
    rng = np.random.default_rng(5)
    a, b = rng.uniform(-50, 50, (6, 4)), rng.uniform(0.5, 80, 4)
    found = computed(lambda x, y: divide(x, y, floor=0.5, limit=100), a, b, kind=kind)
    assert np.abs(found - rounded(a) / rounded(b)).max() < 100 * 2**-22 + 4 * ULP


@pytest.mark.parametrize(
    ("floor", "code"), [(0.0, "functions.floor"), (-1, "functions.floor"), (2.0**-21, "functions.floor")]
)
def test_a_floor_without_digits_is_refused(floor: float, code: str) -> None:
    with pytest.raises(RangeError, match=code):
        computed(lambda a: reciprocal(a, floor=floor), [1.0], kind="fast")


def test_ranges_too_wide_are_refused() -> None:
    with pytest.raises(RangeError, match=r"functions\.range"):
        computed(lambda a: reciprocal(a, floor=2.0**-40), [1.0], kind="fast", bits=40, limit=2.0**12)
    with pytest.raises(RangeError, match=r"functions\.range"):
        computed(lambda a: divide(a, a, floor=1, limit=2.0**40), [1.0], kind="fast")
