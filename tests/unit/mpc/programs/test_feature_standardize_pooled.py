"""Pooled standardisation against numpy, for split and for shared rows, on real tables of very different scales."""

from typing import Any

import numpy as np
import pytest

from mpc.arrays.interface import share
from mpc.workflow.values import SharedTable
from protocol.errors import TallyError
from tests.unit.mpc.programs import real_data
from tests.unit.mpc.programs.steps import run_step, stacked

PROGRAM = "feature.standardize_pooled@1.0.0"
ROWS = np.random.default_rng(5).normal(size=(41, 3)) * [1, 30, 400] + [0, 200, -500]


def scaled(kind: str, rows: Any, limit: float, deviations: str = "16", **options: Any) -> Any:
    names = tuple(f"c{at}" for at in range(rows.shape[1]))
    cut = len(rows) // 3

    def inputs(me: str, backend: Any) -> dict[str, Any]:
        if kind == "stacked":
            return {"tables": (stacked(me, names, {"bank": rows[:cut], "shop": rows[cut:]}),)}
        own = rows if me == "bank" else None
        return {
            "tables": (
                SharedTable(names, share(backend, own, shape=rows.shape, owner=0, fraction_bits=22, limit=limit)),
            )
        }

    parameters = {"limit": str(limit), "deviations": deviations}
    return run_step(PROGRAM, inputs, parameters, wanted=("features",), **options).opened["features"]


def expected(rows: Any, deviations: float = 16) -> Any:
    return np.clip((rows - rows.mean(axis=0)) / rows.std(axis=0), -deviations, deviations)


@pytest.mark.parametrize("kind", ["stacked", "shared"])
@pytest.mark.parametrize("backend", ["fast", "mpyc"])
def test_equal_numpy(kind: str, backend: str) -> None:
    assert np.abs(scaled(kind, ROWS, 2048, backend=backend) - expected(ROWS)).max() < 1e-5


def test_values_beyond_the_limit_are_clipped_and_constant_columns_are_zero() -> None:
    rows = ROWS.copy()
    rows[:, 1] = 3.5
    rows[7, 0] = 40
    got = scaled("stacked", rows, 2048, "2")
    assert not got[:, 1].any()
    others = [0, 2]
    assert np.abs(got[:, others] - expected(rows[:, others], 2)).max() < 1e-5
    assert got[7, 0] == 2


def test_values_out_of_range_are_refused() -> None:
    with pytest.raises(TallyError, match=r"stats\.beyond_limit"):
        scaled("stacked", ROWS, 100)


@pytest.mark.parametrize(
    ("name", "columns", "limit"),
    [
        ("fate/UCI_Credit_Card.csv", ("LIMIT_BAL", "AGE", "SEX", "PAY_AMT2"), 2**21),
        ("ev_acn/california_ev_sessions.csv.gz", ("Power", "Energy", "ConnectionHours"), 256),
    ],
)
def test_real_tables(name: str, columns: tuple[str, ...], limit: int) -> None:
    rows = real_data.numbers(name, columns)
    got = scaled("stacked", rows, limit)
    wanted = expected(rows)
    assert np.abs(got - wanted).max() < 1e-4
    assert np.abs(got - wanted).mean() < 2e-6
