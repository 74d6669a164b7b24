"""Contingency tables and chi-square against scipy, for one owner, two owners and split rows, on real tables."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from protocol.errors import TallyError
from tests.unit.mpc.programs import real_data
from tests.unit.mpc.programs.group_rule import is_small, shown_rows
from tests.unit.mpc.programs.steps import label, run_step, stacked

PROGRAM = "stats.crosstab@1.0.0"
RNG = np.random.default_rng(4)
LEFT = RNG.integers(0, 3, 61)
RIGHT = np.minimum(LEFT * (RNG.random(61) < 0.5) + RNG.integers(0, 3, 61), 3)


def counted(left: Any, right: Any, shape: tuple[int, int]) -> Any:
    table = np.zeros(shape)
    np.add.at(table, (left.astype(int), right.astype(int)), 1)
    return table


def crosstab(
    left: Any, right: Any, shape: tuple[int, int], kind: str = "two", group: int = 0, backend: str = "fast"
) -> dict[str, Any]:
    cut = len(left) // 3

    def inputs(me: str, _: Any) -> dict[str, Any]:
        if kind == "stacked":
            both = np.column_stack([left, right])
            table = stacked(me, ("l", "r"), {"bank": both[:cut], "shop": both[cut:]})
            return {"row": (table.column("l"),), "column": (table.column("r"),)}
        other = "bank" if kind == "one" else "shop"
        return {"row": (label(me, "bank", left, "l"),), "column": (label(me, other, right, "r"),)}

    parameters = {"row_levels": shape[0], "column_levels": shape[1]}
    return run_step(PROGRAM, inputs, parameters, minimum_group=group, backend=backend).opened


def check(got: dict[str, Any], expected: Any) -> None:
    used = expected[expected.any(axis=1)][:, expected.any(axis=0)]
    statistic, _, degrees, _ = chi2_contingency(used, correction=False)
    assert got["chi_square"] == pytest.approx(statistic, rel=1e-5)
    assert got["degrees"] == degrees


@pytest.mark.parametrize("kind", ["one", "two", "stacked"])
@pytest.mark.parametrize("backend", ["fast", "mpyc"])
def test_equal_scipy(kind: str, backend: str) -> None:
    expected = counted(LEFT, RIGHT, (3, 5))  # the last category is empty
    got = crosstab(LEFT, RIGHT, (3, 5), kind, backend=backend)
    assert np.array_equal(got["table"], expected)
    assert np.array_equal(got["shown"], expected > 0)
    check(got, expected)


def test_cells_below_the_minimum_group_are_hidden_and_no_total_gives_one_away() -> None:
    expected = counted(LEFT, RIGHT, (3, 4))
    for group in (2, 3, 6, 9, 12):
        got = crosstab(LEFT, RIGHT, (3, 4), group=group)
        assert np.array_equal(got["shown"], shown_rows([expected], group).reshape(-1, 1) * (expected > 0))
        assert np.array_equal(got["table"], expected * got["shown"])
        if is_small(expected, group).any():  # both come from all cells
            assert (got["chi_square"], got["degrees"]) == (0, 0)
        else:
            check(got, expected)


@pytest.mark.parametrize("kind", ["one", "two", "stacked"])
@pytest.mark.parametrize("wrong", [3.0, -1.0, 0.5])
def test_other_categories_are_refused(kind: str, wrong: float) -> None:
    left = LEFT.astype(float)
    left[7] = wrong
    with pytest.raises(TallyError, match=r"stats\.category"):
        crosstab(left, RIGHT, (3, 4), kind)


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(TallyError, match=r"group\.too_small"):
        crosstab(LEFT, RIGHT, (3, 4), group=62)


@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("fate/UCI_Credit_Card.csv", "EDUCATION", "PAY_0"),
        ("bank_marketing/bank_additional_full_encoded.csv", "job", "y"),
        ("german_credit/germancredit.csv", "purpose", "creditability"),
    ],
)
@pytest.mark.parametrize("kind", ["two", "stacked"])
def test_real_tables(name: str, left: str, right: str, kind: str) -> None:
    rows, columns = real_data.codes(name, left), real_data.codes(name, right)
    shape = int(rows.max()) + 1, int(columns.max()) + 1
    expected = counted(rows, columns, shape)
    got = crosstab(rows, columns, shape, kind, group=10)
    assert np.array_equal(got["table"], expected * got["shown"])
    assert not (got["shown"] * (expected < 10)).any()
    assert np.array_equal(got["shown"], shown_rows([expected], 10).reshape(-1, 1) * (expected > 0)) or kind == "stacked"
    check(crosstab(rows, columns, shape, kind), expected)
