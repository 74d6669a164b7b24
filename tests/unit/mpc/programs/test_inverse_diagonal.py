"""The diagonal of a secret inverse against numpy's, and that an entry that is not right says so."""

from typing import Any

import numpy as np
import pytest

from mpc.arrays.interface import share
from mpc.programs.inverse_diagonal import inverse_diagonal
from tests.unit.mpc.simulation import opened, run_arrays


def balanced(columns: Any) -> Any:
    """Products of columns with a diagonal in [1/4, 1), by powers of two."""
    products = columns.T @ columns
    scale = np.exp2(-np.floor(np.log2(np.diag(products)) / 2 + 1))
    return products * scale * scale.reshape(-1, 1)


def found(unit: Any, kind: str = "fast") -> tuple[Any, Any]:
    kept: list[tuple[Any, Any]] = []

    async def body(backend: Any) -> None:
        own = unit if backend.pid == 0 else None
        values, right = await inverse_diagonal(
            share(backend, own, shape=unit.shape, owner=0, fraction_bits=30, limit=1.0)
        )
        kept.append((await opened(values), await opened(right)))

    run_arrays(body, kind=kind)
    return kept[0]


@pytest.mark.parametrize("size", [1, 2, 9, 40])
def test_the_diagonal_is_that_of_the_inverse(size: int) -> None:
    unit = balanced(np.random.default_rng(size).normal(size=(300, size)))
    values, right = found(unit)
    assert right.all()
    assert np.abs(values / np.diag(np.linalg.inv(unit)) - 1).max() < 1e-5


@pytest.mark.parametrize("apart", [0.3, 0.05, 0.02])
def test_nearly_collinear_columns_have_their_digits(apart: float) -> None:
    columns = np.random.default_rng(4).normal(size=(500, 12))
    columns[:, 1] = columns[:, 0] + apart * columns[:, 1]
    unit = balanced(columns)
    values, right = found(unit)
    assert right.all()
    assert np.abs(values / np.diag(np.linalg.inv(unit)) - 1).max() < 1e-3


def test_columns_that_depend_on_each_other_are_marked_and_no_others() -> None:
    """Regression: without the ridge's residual a sum of two columns had a standard error like any other."""
    columns = np.random.default_rng(5).normal(size=(500, 12))
    columns[:, 3] = columns[:, 0] - 2 * columns[:, 1] + 0.02 * columns[:, 2]
    unit = balanced(columns)
    values, right = found(unit)
    assert right.tolist() == [0, 0, 0, 0, *[1] * 8]
    rest = np.diag(np.linalg.pinv(unit, rcond=1e-7))[4:]
    assert np.abs(values[4:] / rest - 1).max() < 1e-3


def test_stock_shares_give_the_same() -> None:
    unit = balanced(np.random.default_rng(2).normal(size=(80, 3)))
    values, right = found(unit, "mpyc")
    assert right.all()
    assert np.abs(values / np.diag(np.linalg.inv(unit)) - 1).max() < 1e-5
