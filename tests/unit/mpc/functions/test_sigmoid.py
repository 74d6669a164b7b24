"""The logistic function on shares against the exact one, over its whole range."""

from typing import Any

import numpy as np
import pytest

from mpc.arrays.interface import SecureArray
from mpc.functions.sigmoid import FITS, Fit, fit_for, sigmoid, sigmoid_product
from protocol.errors import RangeError
from tests.unit.mpc.functions.runs import Kind, both, computed, rounded

ERRORS = [fit.error for fit in FITS]


def exact(z: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(z, -700, 700)))


@both
@pytest.mark.parametrize("error", ERRORS)
def test_error_stays_within_the_budget_everywhere(kind: Kind, error: float) -> None:
    fit = fit_for(error)
    near = fit.clip + np.linspace(-0.6, 0.6, 25)
    z = np.concatenate([np.linspace(-14, 14, 85 if kind == "mpyc" else 2801), near, -near, [-8000, 8000, 0]])
    found = computed(lambda a: sigmoid(a, error=error), z, kind=kind, bits=21)
    assert np.abs(found - exact(z)).max() < error


@both
def test_no_comparison_within_the_proven_reach(kind: Kind) -> None:
    z = np.linspace(-11, 11, 41)
    seen: list[SecureArray] = []

    def applied(a: SecureArray) -> SecureArray:
        def refuse(*_: object) -> None:
            raise AssertionError("a comparison where none is needed")

        a.backend.at_least = refuse  # type: ignore[method-assign, assignment]
        seen.append(a)
        return sigmoid(a)

    assert np.abs(computed(applied, z, kind=kind) - exact(z)).max() < 1e-4
    assert seen


@both
@pytest.mark.parametrize("limit", [8.0, None])
def test_of_a_product(kind: Kind, limit: float | None) -> None:
    rng = np.random.default_rng(3)
    rows, weights = rng.uniform(-1, 1, (60, 5)), np.array([3, -2, 1.5, 1, 0.5])
    found = computed(lambda x, w: sigmoid_product(x, w, limit=limit), rows, weights, kind=kind)
    assert np.abs(found - exact(rounded(rows) @ weights)).max() < 1e-4
    steep = computed(sigmoid_product, 8 * rows, weights, kind=kind)
    assert np.abs(steep - exact(rounded(8 * rows) @ weights)).max() < 1e-4


@pytest.mark.parametrize("fit", FITS)
def test_coefficients_keep_their_error_where_they_may_be_chosen(fit: Fit) -> None:
    """In floating point, without rounding; the tail too, from the earliest point where it may be chosen."""
    z = np.linspace(-fit.reach - 2**-8, fit.reach + 2**-8, 8001)
    waves = [np.sin(2 * np.pi * k * z / 32) for k in range(1, len(fit.coefficients) + 1)]
    series = sum(c / 2**24 * wave for c, wave in zip(fit.coefficients, waves, strict=True))
    assert np.abs(series - (exact(z) - 0.5)).max() < 0.9 * fit.error
    assert fit.clip + 3 / 8 <= fit.reach
    outside = np.array([fit.clip - 3 / 8, 40.0])
    assert np.abs(fit.tail + 0.5 - exact(outside)).max() < 0.9 * fit.error


def test_an_error_out_of_reach_is_refused() -> None:
    assert fit_for(1.0) is FITS[0]
    with pytest.raises(RangeError, match=r"functions\.error"):
        fit_for(1e-7)
