"""``linear.ridge`` over raw columns: the units that owners count in change nothing but the units of the result."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from tests.unit.mpc.programs.steps import run_step, stacked

UNITS = np.array([1, 150, 0.05, 30, 4])
MEANS = np.array([0, 2, 5, 0, 1])


def raw(rows: int = 600) -> tuple[Any, Any]:
    """Columns of very different sizes, means far from zero, two of them alike."""
    rng = np.random.default_rng(21)
    unit = rng.normal(size=(rows, 5))
    unit[:, 4] = 0.9 * unit[:, 0] + 0.4 * unit[:, 4]
    values = (unit + MEANS) * UNITS
    return values, unit @ [1, -2, 0.5, 3, -1] + 7 + rng.normal(size=rows)


@pytest.mark.parametrize("backend", ["fast", "mpyc"])
def test_columns_of_any_units(backend: str) -> None:
    """Regression: small columns beside one of hundreds got coefficients that changed from run to run."""
    values, target = raw()

    def inputs(me: str, _: Any) -> dict[str, Any]:
        both = np.column_stack([values, target])
        table = stacked(me, (*"abcde", "y"), {"bank": both[:200], "shop": both[200:]})
        return {"features": (table,), "label": (table.column("y"),)}

    found = run_step(
        "linear.ridge@1.0.0", inputs, {"alpha": "1", "limit": "1000", "label_limit": "40"}, backend=backend,
        wanted=["coefficients", "intercept"],
    ).opened  # fmt: skip
    oracle = Ridge(1.0).fit(values, target)
    assert np.abs((found["coefficients"] - oracle.coef_) * UNITS).max() < 5e-3
    fitted = values @ found["coefficients"] + found["intercept"]
    assert np.abs(fitted - oracle.predict(values)).max() < 2e-2


def test_a_column_of_zeros_has_no_coefficient() -> None:
    values, target = raw(200)
    values[:, 2] = 0

    def inputs(me: str, _: Any) -> dict[str, Any]:
        both = np.column_stack([values, target])
        table = stacked(me, (*"abcde", "y"), {"bank": both[:99], "shop": both[99:]})
        return {"features": (table,), "label": (table.column("y"),)}

    for alpha in ("0", "1"):
        found = run_step(
            "linear.ridge@1.0.0",
            inputs,
            {"alpha": alpha, "limit": "1000", "label_limit": "40"},
            wanted=["coefficients"],
        ).opened["coefficients"]
        assert abs(found[2]) < 1e-3
        others = [0, 1, 3, 4]
        oracle = Ridge(float(alpha)).fit(values[:, others], target)
        assert np.abs((found[others] - oracle.coef_) * UNITS[others]).max() < 5e-3
