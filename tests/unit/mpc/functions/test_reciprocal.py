"""Division on shares against numpy, over the declared ranges."""

from fractions import Fraction

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
    assert abs(zero[0]) <= 3 * ULP
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


def ugly(bits: int) -> list[int]:
    """Raw divisors up to 2^bits: all small ones, powers of two with their neighbours, where the start errs most, and random ones."""
    found = {*range(1, 65), *(2**k + d for k in range(bits) for d in (-1, 0, 1)), (1 << bits) - 1}
    found |= {round(2**bits * m) for m in (0.5, 0.5586, 0.7598, 0.9492, 0.9999)}
    found |= set(np.random.default_rng(bits).integers(1, 1 << bits, 500).tolist())
    return sorted(x for x in found if 1 <= x < 1 << bits)


@pytest.mark.parametrize("bits", [12, 20, 28])
def test_the_relative_error_is_below_the_stated_one(bits: int) -> None:
    """Against exact fractions; the result has as many places as the headroom leaves, whose unit comes on top."""
    raw, places = ugly(bits), 26
    x = np.array(raw, dtype=np.float64)
    found = computed(
        lambda a: reciprocal(a, floor=1, fraction_bits=places), x, kind="fast", bits=0, limit=2.0**bits - 1
    )
    for value, divisor in zip(found.tolist(), raw, strict=True):
        error = abs(Fraction(value) - Fraction(1, divisor))
        assert error <= Fraction(1, divisor) / 2**24 + Fraction(2, 2**places), divisor


def test_quotients_are_within_the_stated_error_of_exact_fractions() -> None:
    """Of every pair of numerators and divisors with the ends of both ranges; the units are the result's own."""
    divisors = [d for d in ugly(25) if (1 << 18) <= d <= 100 << 18]
    rng = np.random.default_rng(8)
    numerators = [*rng.integers(-(8 << 18), 8 << 18, len(divisors) - 4).tolist(), 8 << 18, -(8 << 18), 0, 1]
    a, b = (np.array(raw) / 2.0**18 for raw in (numerators, divisors))
    found = computed(lambda x, y: divide(x, y, floor=1, limit=8), a, b, kind="fast", bits=(18, 18), limit=(8, 100))
    for value, n, d in zip(found.tolist(), numerators, divisors, strict=True):
        exact = Fraction(n, d)
        assert abs(Fraction(value) - exact) <= abs(exact) / 2**24 + Fraction(2, 2**18) + Fraction(1, 2**27), (n, d)
