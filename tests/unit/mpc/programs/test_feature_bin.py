"""Local binning against numpy's digitize, and its edges as shares."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mpc.programs.features.bin.run import binned, cuts
from mpc.workflow.values import Aligned
from protocol.errors import TallyError
from tests.unit.mpc.programs import real_data
from tests.unit.mpc.programs.steps import aligned, label, run_step

PROGRAM = "feature.bin@1.0.0"
ROWS = np.random.default_rng(9).normal(size=(50, 3)) * [1, 10, 100]


def run(parameters: dict[str, Any], train: int | None = None, rows: Any = ROWS, **options: Any) -> tuple[Aligned, Any]:
    table = {"bank": ("a", rows[:, :1]), "shop": ("bc", rows[:, 1:])}

    def inputs(me: str, _: Any) -> dict[str, Any]:
        return {"tables": (aligned(me, table, train),), "label": (label(me, "shop", rows[:, 2], "c"),)}

    outcome = run_step(PROGRAM, inputs, parameters, **options)
    found = outcome.values["binned"]
    assert isinstance(found, Aligned)
    return found, outcome


@pytest.mark.parametrize("method", ["equal-frequency", "equal-width"])
def test_equal_numpy_with_edges_from_the_training_rows(method: str) -> None:
    table, outcome = run({"bins": 5, "method": method}, 30)
    train = ROWS[:30]
    points = np.arange(1, 5) / 5
    edges = (
        np.quantile(train, points, axis=0)
        if method == "equal-frequency"
        else train.min(axis=0) + np.outer(points, np.ptp(train, axis=0))
    )
    assert np.abs(outcome.opened["edges"] - edges[:, :2]).max() < 1e-8
    assert [part.columns for part in table.tables] == [("a",), ("b",)]
    assert table.limit == 4
    assert table.train_rows == 30
    assert np.array_equal(table.tables[0].values[:, 0], np.digitize(ROWS[:, 0], edges[:, 0]))
    assert table.tables[1].values is None


def test_one_column_for_each_bin() -> None:
    codes, _ = run({"bins": 4})
    table, _ = run({"bins": 4, "output": "one-hot"})
    assert table.tables[1].columns == ("b[0]", "b[1]", "b[2]", "b[3]")
    values = table.tables[0].values
    assert values is not None
    assert np.array_equal(values @ np.arange(4), codes.tables[0].values[:, 0])
    assert (values.sum(axis=1) == 1).all()


@given(hnp.arrays(np.float64, (20, 2), elements=st.floats(-1e6, 1e6)), st.integers(2, 9), st.booleans())
def test_bins_are_in_range_and_ordered(values: Any, bins: int, width: bool) -> None:
    codes = binned(values, cuts(values, bins, "equal-width" if width else "equal-frequency"))
    assert codes.min() >= 0
    assert codes.max() < bins
    for at in range(2):
        assert (np.diff(codes[np.argsort(values[:, at], kind="stable"), at]) >= 0).all()


def test_bins_of_a_real_table_have_equal_sizes() -> None:
    rows = real_data.numbers("fate/UCI_Credit_Card.csv", ("AGE", "BILL_AMT1", "PAY_AMT1"))[:, [1, 1, 0]]
    table, _ = run({"bins": 10}, rows=rows, wanted=("binned",))
    values = table.tables[0].values
    assert values is not None
    assert (np.abs(np.bincount(values[:, 0].astype(int), minlength=10) - 3000) < 30).sum() >= 8


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(TallyError, match=r"group\.too_small"):
        run({}, minimum_group=51)
