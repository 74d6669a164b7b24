"""Results as pandas objects: every number at its names, whatever the number of axes."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.result_file import NamedOutput, NamedResult
from protocol.axes import Axis
from protocol.errors import RefusedError
from tallystick.frames import Result, frame
from tests.unit.client.fitted import result_of

SHAPES = st.lists(st.integers(1, 4), max_size=4)


@settings(max_examples=30)
@given(SHAPES, st.data())
def test_every_number_stands_at_its_names(shape: list[int], data: st.DataObject) -> None:
    axes = tuple(Axis("column", tuple(f"{at}.{place}" for place in range(size))) for at, size in enumerate(shape))
    cells = list(product(*(axis.names for axis in axes)))
    values = tuple(str(data.draw(st.decimals(-999, 999, places=4))) for _ in cells)
    output = NamedOutput("fit.something", axes, values)
    made = frame(output)
    for names, value in output.cells():
        if isinstance(made, pd.DataFrame):
            found = made.loc[names[0], names[1]]
        elif isinstance(made, pd.Series):
            found = made[names if len(names) > 1 else names[0]]
        else:
            found = made
        assert found == float(value)
    assert type(made) is {0: float, 1: pd.Series, 2: pd.DataFrame}.get(len(shape), pd.Series)


def result(*, checked: bool) -> Result:
    outputs = (
        NamedOutput("judge.auc", (), ("0.75",)),
        NamedOutput("fit.coefficients", (Axis("column", ("bank.age", "shop.cost")),), ("1.5", "-2")),
    )
    return Result(NamedResult("task_1", "run_1", checked, None, outputs))


def test_a_result_is_a_mapping_that_names_what_there_is() -> None:
    found = result(checked=True)
    assert list(found) == ["judge.auc", "fit.coefficients"]
    assert (len(found), found["judge.auc"], "fit.means" in found) == (2, 0.75, False)
    named = found["fit.coefficients"]
    assert isinstance(named, pd.Series)
    assert (named.index.name, named["shop.cost"], named.name) == ("column", -2.0, "fit.coefficients")
    with pytest.raises(RefusedError, match=r"result\.no_output.*judge\.auc"):
        found["fit.means"]


def test_a_result_to_which_not_all_shares_came_says_so() -> None:
    assert "unchecked" in repr(result(checked=False))
    assert "unchecked" not in repr(result(checked=True))
    assert [value for _, value in result(checked=True).exact.outputs[1].cells()] == ["1.5", "-2"]


def test_a_fit_has_its_inference_as_a_frame_and_its_report() -> None:
    opened = {
        "coefficients": np.array([0.5, -1.5]), "intercept": np.float64(0.1), "standard_errors": np.array([0.25, 0.0]),
        "intercept_error": np.float64(0.1), "convergence": np.zeros(3), "fitted_rows": np.array([100.0, 40]),
    }  # fmt: skip
    found = Result(result_of(opened, ("a.x", "b.y"), c="100"))
    table = found.inference("fit")
    assert list(table.index) == ["a.x", "b.y", "intercept"]
    assert table.loc["a.x", "statistic"] == 2
    assert table.loc["a.x", "p"] == pytest.approx(0.0455, abs=1e-4)
    assert np.isnan(table.loc["b.y", ["error", "p", "low"]].to_numpy(dtype=float)).all()
    assert table.attrs["figures"]["events"] == 40
    assert set(table.attrs["withheld"]) == {"none"}
    assert "标准误" in found.report()
    with pytest.raises(RefusedError) as caught:
        found.inference("judge")
    assert caught.value.code == "result.no_fit"
