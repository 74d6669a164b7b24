"""Correlations against numpy, for columns and for rows split, on real tables."""

from typing import Any

import numpy as np
import pytest

from protocol.errors import TallyError
from tests.unit.mpc.programs import real_data
from tests.unit.mpc.programs.steps import PARTIES, aligned, run_step, stacked

PROGRAM = "stats.correlation@1.0.0"
MIX = np.random.default_rng(2).normal(size=(4, 4))
ROWS = np.random.default_rng(1).normal(size=(31, 4)) @ MIX * [1, 20, 300, 0.5] + [0, 50, -999, 3]


def by_columns(values: Any, names: Any, at: int, **options: Any) -> Any:
    table = {"bank": (names[:at], values[:, :at]), "shop": (names[at:], values[:, at:])}
    return run_step(PROGRAM, lambda me, _: {"tables": (aligned(me, table),)}, **options).opened["correlation"]


def by_rows(values: Any, names: Any, cuts: tuple[int, int], **options: Any) -> Any:
    first, second = cuts
    table = {"bank": values[:first], "neutral": values[first:second], "shop": values[second:]}
    return run_step(PROGRAM, lambda me, _: {"tables": (stacked(me, names, table),)}, **options).opened["correlation"]


@pytest.mark.parametrize("backend", ["fast", "mpyc"])
def test_equal_numpy(backend: str) -> None:
    expected = np.corrcoef(ROWS.T)
    assert np.abs(by_columns(ROWS, "abcd", 1, backend=backend) - expected).max() < 1e-8
    got = by_rows(ROWS, "abcd", (4, 20), backend=backend, parameters={"limit": "100000000"})
    assert np.abs(got - expected).max() < 1e-7
    # both of a pair are rounded by themselves, to 2^-28
    assert np.abs(got - got.T).max() < 2.0**-24


def test_a_committee_of_five() -> None:
    names = (*PARTIES, "clinic", "museum")
    got = by_rows(ROWS, "abcd", (4, 20), backend="mpyc", parties=names)
    assert np.abs(got - np.corrcoef(ROWS.T)).max() < 1e-7


def test_three_owners_one_outside() -> None:
    table = {"bank": ("a", ROWS[:, :1]), "clinic": ("bc", ROWS[:, 1:3]), "shop": ("d", ROWS[:, 3:])}
    outcome = run_step(
        PROGRAM, lambda me, _: {"tables": (aligned(me, table),)}, parties=(*PARTIES, "clinic"), outside=1
    )
    assert np.abs(outcome.opened["correlation"] - np.corrcoef(ROWS.T)).max() < 1e-8


def test_columns_that_do_not_vary() -> None:
    flat = ROWS.copy()
    flat[:, 2] = 7.25
    with pytest.raises(TallyError, match=r"standardize\.constant_column"):
        by_columns(flat, "abcd", 1)
    others = [0, 1, 3]
    for got in (
        by_columns(flat, "abcd", 1, parameters={"constant_columns": "zero"}),
        by_rows(flat, "abcd", (9, 20), parameters={"limit": "1024"}),
    ):
        assert np.abs(got[2]).max() < 1e-8
        assert np.abs(got[np.ix_(others, others)] - np.corrcoef(ROWS[:, others].T)).max() < 1e-7


def test_rows_beyond_the_limit_and_small_groups_are_refused() -> None:
    with pytest.raises(TallyError, match=r"stats\.beyond_limit"):
        by_rows(ROWS, "abcd", (4, 20), parameters={"limit": "100"})
    with pytest.raises(TallyError, match=r"group\.too_small"):
        by_columns(ROWS, "abcd", 2, minimum_group=32)


X = tuple(f"x{i}" for i in range(20))


def test_breast_cancer_by_columns_and_by_rows() -> None:
    guest = real_data.numbers("fate/breast_hetero_guest.csv", ("y", *X[:10]))
    host = real_data.numbers("fate/breast_hetero_host.csv", X)
    order = np.argsort(real_data.numbers("fate/breast_hetero_guest.csv", ("id",))[:, 0])
    there = np.argsort(real_data.numbers("fate/breast_hetero_host.csv", ("id",))[:, 0])
    values = np.column_stack([guest[order], host[there]])
    names = [f"c{i}" for i in range(values.shape[1])]
    expected = np.corrcoef(values.T)
    assert np.abs(by_columns(values, names, 11) - expected).max() < 1e-8
    got = by_rows(values, names, (100, 300), parameters={"limit": "16"})
    assert np.abs(got - expected).max() < 1e-7


@pytest.mark.parametrize(
    ("name", "columns", "limit", "error"),
    [
        ("fate/UCI_Credit_Card.csv", ("LIMIT_BAL", "SEX", "BILL_AMT6", "AGE"), "2097152", 1e-7),
        ("fate/motor_hetero_guest.csv", ("motor_speed", "pm", "stator_yoke", "stator_winding"), "16", 1e-7),
        ("bank_marketing/bank_additional_full_encoded.csv", ("age", "emp.var.rate", "nr.employed", "y"), "8192", 1e-7),
    ],
)
def test_real_tables(name: str, columns: tuple[str, ...], limit: str, error: float) -> None:
    values = real_data.numbers(name, columns)
    expected = np.corrcoef(values.T)
    cut = len(values) // 3
    assert np.abs(by_columns(values, columns, 2) - expected).max() < 1e-8
    got = by_rows(values, columns, (cut, 2 * cut), parameters={"limit": limit})
    assert np.abs(got - expected).max() < error


@pytest.mark.parametrize("layout", ["aligned", "stacked"])
def test_inflation_factors_equal_the_inverse_of_numpys_matrix(layout: str) -> None:
    """And statsmodels' definition, 1/(1 - R²); columns that depend on others, and constant ones, are told apart from all that is finite."""
    rng = np.random.default_rng(8)
    rows = rng.normal(size=(200, 5)) * [1, 20, 3, 0.5, 1]
    rows[:, 2] = rows[:, 0] + rows[:, 1] / 20 + 0.05 * rng.normal(size=200)
    rows[:, 4] = 7.0

    def found(values: Any) -> Any:
        def inputs(me: str, _: Any) -> dict[str, Any]:
            split = {"bank": ("ab", values[:, :2]), "shop": ("cde", values[:, 2:])}
            down = {"bank": values[:80], "shop": values[80:]}
            return {"tables": (aligned(me, split) if layout == "aligned" else stacked(me, "abcde", down),)}

        given = {"constant_columns": "zero", "limit": "1000"}
        return run_step(PROGRAM, inputs, given, wanted=("vif",)).opened["vif"]

    expected = np.diag(np.linalg.inv(np.corrcoef(rows[:, :4].T)))
    others = np.column_stack([np.ones(200), rows[:, [0, 1, 3]]])
    rest = rows[:, 2] - others @ np.linalg.lstsq(others, rows[:, 2], rcond=None)[0]
    assert np.isclose(expected[2], rows[:, 2].var() / rest.var())
    got = found(rows)
    assert np.allclose(got[:4], expected, rtol=5e-4)
    assert got[4] == 0
    rows[:, 2] = rows[:, 0] - rows[:, 1]
    assert found(rows)[:3].tolist() == [2**14] * 3
