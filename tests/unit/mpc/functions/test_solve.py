"""Inverse and linear solve on shares against numpy."""

from typing import Any

import numpy as np
import pytest

from mpc.arrays.interface import share
from mpc.functions.solve import inverse, iterations, solve
from tests.unit.mpc.functions.runs import Kind, both, computed, rounded
from tests.unit.mpc.simulation import opened, run_arrays


def matrix_with(floor: float, size: int, seed: int = 7) -> np.ndarray:
    basis, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))
    return (basis * np.geomspace(floor * 1.02, 0.98, size)) @ basis.T


@both
@pytest.mark.parametrize("floor", [0.5, 2**-6, 2**-11])
def test_inverse_of_matrices_down_to_their_declared_floor(kind: Kind, floor: float) -> None:
    matrix = matrix_with(floor, 9)
    found = computed(lambda a: inverse(a, floor=floor), matrix, kind=kind, bits=24, limit=1)
    assert np.abs(found @ matrix - np.eye(9)).max() < 2e-3


@both
@pytest.mark.parametrize("floor", [0.5, 2**-6, 2**-11])
@pytest.mark.parametrize("columns", [None, 3])
def test_solutions_down_to_the_floor(kind: Kind, floor: float, columns: int | None) -> None:
    size, rng = 12, np.random.default_rng(1)
    matrix = rounded(matrix_with(floor, size), 24)
    true = rng.uniform(-5, 5, size if columns is None else (size, columns))
    right = rounded(matrix @ true, 24)
    found = computed(lambda a, b: solve(a, b, floor=floor, limit=5), matrix, right, kind=kind, bits=24)
    assert np.abs(found - np.linalg.solve(matrix, right)).max() < 5 * 2.0**-22 / floor * np.sqrt(size) / 2


def test_larger_committees_have_less_room() -> None:
    matrix = matrix_with(2**-11, 5)

    async def body(backend: Any) -> None:
        own = matrix if backend.pid == 0 else None
        shared = share(backend, own, shape=(5, 5), owner=0, fraction_bits=24, limit=1)
        found = inverse(shared, floor=2**-11)
        assert found.fraction_bits == 24
        assert np.abs(await opened(found) @ matrix - np.eye(5)).max() < 5e-3

    run_arrays(body, parties=5, threshold=2)


def test_one_equation_and_two_hundred() -> None:
    assert (
        abs(computed(lambda a, b: solve(a, b, floor=0.2, limit=5), [[0.25]], [1.0], kind="fast", bits=24)[0] - 4) < 1e-5
    )
    matrix = rounded(matrix_with(2**-8, 200), 24)
    true = np.random.default_rng(4).uniform(-2, 2, 200)
    right = rounded(matrix @ true, 24)
    found = computed(lambda a, b: solve(a, b, floor=2**-8, limit=2), matrix, right, kind="fast", bits=24)
    assert np.abs(found - np.linalg.solve(matrix, right)).max() < 2e-3


def test_iterations_suffice_for_the_smallest_eigenvalue() -> None:
    for floor in (0.9, 0.1, 1e-3, 2**-11):
        assert (1 - floor) ** (2 ** iterations(floor)) < np.exp(-7.9)
