"""The logistic function on shares against the exact one, over its whole range."""

import numpy as np

from tests.unit.workers.mpc.simulation import opened, run_arrays
from workers.mpc.arrays.interface import share
from workers.mpc.arrays.mpyc_backend import MpycBackend
from workers.mpc.programs.sigmoid import CLIP, COEFFICIENTS, ERROR, sigmoid

POINTS = np.concatenate(
    [np.linspace(-12, 12, 241), CLIP + np.linspace(-0.6, 0.6, 49), -CLIP - np.linspace(-0.6, 0.6, 49), [-8000, 8000, 0]]
)


def test_error_stays_within_the_declared_budget_everywhere() -> None:
    async def body(backend: MpycBackend) -> None:
        values = POINTS if backend.pid == 0 else None
        z = share(backend, values, shape=POINTS.shape, owner=0, fraction_bits=21, limit=2**13)
        result = sigmoid(z)
        exact = 1 / (1 + np.exp(-np.clip(POINTS, -700, 700)))
        error = np.abs(await opened(result) - exact)
        assert error.max() < ERROR, (error.max(), POINTS[error.argmax()])
        assert result.limit < 1.1

    run_arrays(body)


def test_coefficients_are_the_minimax_fit() -> None:
    """In floating point the polynomial alone keeps 6.1e-5 up to the latest point where it may be chosen."""
    z = np.linspace(-9.85, 9.85, 4001)
    degrees = range(1, 2 * len(COEFFICIENTS), 2)
    fit = sum(c / 2**24 * np.cos(k * np.arccos(z / 10)) for c, k in zip(COEFFICIENTS, degrees, strict=True))
    assert np.abs(fit - (1 / (1 + np.exp(-z)) - 0.5)).max() < 6.1e-5
