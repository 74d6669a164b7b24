"""Inverse and reciprocal on shares against numpy."""

import numpy as np
import pytest

from tests.unit.workers.mpc.simulation import opened, run_arrays
from workers.mpc.arrays.interface import share
from workers.mpc.arrays.mpyc_backend import MpycBackend
from workers.mpc.programs.inverse import inverse, iterations, reciprocal


@pytest.mark.parametrize("floor", [0.5, 2**-6, 2**-11])
def test_inverse_of_matrices_down_to_their_declared_floor(floor: float) -> None:
    rng = np.random.default_rng(7)
    basis, _ = np.linalg.qr(rng.normal(size=(9, 9)))
    matrix = (basis * np.geomspace(floor * 1.02, 0.98, 9)) @ basis.T

    async def body(backend: MpycBackend) -> None:
        own = matrix if backend.pid == 0 else None
        shared = share(backend, own, shape=matrix.shape, owner=0, fraction_bits=24, limit=1)
        product = await opened(inverse(shared, floor=floor)) @ matrix
        assert np.abs(product - np.eye(9)).max() < 2e-3

    run_arrays(body)


def test_reciprocals_and_the_reciprocal_of_zero_stay_bounded() -> None:
    x = np.array([1.0, 0.5, 0.1, 1 / 200, 0.0])

    async def body(backend: MpycBackend) -> None:
        own = x if backend.pid == 0 else None
        shared = share(backend, own, shape=x.shape, owner=0, fraction_bits=22, limit=1)
        result = await opened(reciprocal(shared, floor=1 / 200))
        assert np.abs(result[:4] * x[:4] - 1).max() < 2e-3
        assert 0 <= result[4] <= 16 * 200

    run_arrays(body)


def test_iterations_suffice_for_the_smallest_eigenvalue() -> None:
    for floor in (0.9, 0.1, 1e-3, 2**-11):
        assert (1 - floor) ** (2 ** iterations(floor)) < np.exp(-7.9)
