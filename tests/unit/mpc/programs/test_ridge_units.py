"""``linear.ridge`` over raw columns: the units that owners count in change nothing but the units of the result."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from mpc.arrays.interface import share
from mpc.workflow.values import SharedTable
from protocol.errors import TallyError
from tests.unit.mpc.programs.steps import aligned, label, run_step, stacked

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
        "linear.ridge@1.0.0", inputs, {"alpha": "1", "limit": "1000", "label_limit": "40", "train_fraction": "1"}, backend=backend,
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
            {"alpha": alpha, "limit": "1000", "label_limit": "40", "train_fraction": "1"},
            wanted=["coefficients"],
        ).opened["coefficients"]
        assert abs(found[2]) < 1e-3
        others = [0, 1, 3, 4]
        oracle = Ridge(float(alpha)).fit(values[:, others], target)
        assert np.abs((found[others] - oracle.coef_) * UNITS[others]).max() < 5e-3


def over_rows(values: Any, target: Any, limit: str, label_limit: str, fraction: float = 1.0, **given: str) -> Any:
    """Outputs over rows of two owners, and scikit-learn's fit of the training rows."""
    both, cut = np.column_stack([values, target]), len(target) // 3
    names = (*(f"x{at}" for at in range(values.shape[1])), "y")

    def inputs(me: str, _: Any) -> dict[str, Any]:
        table = stacked(me, names, {"bank": both[:cut], "shop": both[cut:]})
        return {"features": (table,), "label": (table.column("y"),)}

    parameters = {"limit": limit, "label_limit": label_limit, "train_fraction": str(fraction), **given}
    wanted = ["coefficients", "intercept", "flagged"]
    found = run_step("linear.ridge@1.0.0", inputs, parameters, wanted=wanted).opened
    train = np.r_[0 : int(cut * fraction), cut : cut + int((len(target) - cut) * fraction)]
    return found, Ridge(float(given.get("alpha", "1"))).fit(values[train], target[train])


def ugly(kind: str, rows: int = 500) -> tuple[Any, Any, str, str]:
    """Values, target, and the limits that a contract would name."""
    rng = np.random.default_rng(7)
    unit = rng.normal(size=(rows, 2))
    noise = rng.normal(size=rows)
    match kind:
        case "900 +- 1":
            return unit + np.array([900, 0]), -0.103 * unit[:, 0] + 0.1 * noise, "1024", "4"
        case "years and temperatures":
            values = np.column_stack([rng.integers(1950, 2024, rows), 300 + 5 * unit[:, 0]])
            return values, 0.02 * values[:, 0] - values[:, 1] + noise, "4096", "1000"
        case "a thousandth under a million":
            return unit * [1e-3, 1e5], unit @ [1, 2] + noise, "1000000", "20"
        case "labels of a thousandth under a thousand":
            return unit, 1e-3 * (unit @ [1, -2] + noise), "8", "1000"
        case "labels far from zero":
            return unit, 2000 + unit @ [1, -2] + noise, "8", "4096"
        case _:
            return (rng.random((rows, 2)) < 0.02).astype(float), unit @ [1, 1] + noise, "1", "16"


KINDS = (
    "900 +- 1", "years and temperatures", "a thousandth under a million", "labels of a thousandth under a thousand",
    "labels far from zero", "rare",
)  # fmt: skip


@pytest.mark.parametrize("fraction", [1.0, 0.5])
@pytest.mark.parametrize("kind", KINDS)
def test_means_and_units_lose_nothing(kind: str, fraction: float) -> None:
    """Regression: uncentred sums gave a slope of -0.0004 for -0.103 at 900 +- 1, and all rows trained whatever the contract said."""
    values, target, limit, label_limit = ugly(kind)
    found, oracle = over_rows(values, target, limit, label_limit, fraction)
    assert np.abs((found["coefficients"] - oracle.coef_) * values.std(0)).max() < 1e-3 * target.std()
    fitted = values @ found["coefficients"] + found["intercept"]
    assert np.abs(fitted - oracle.predict(values)).max() < 1e-3 * target.std()
    assert found["flagged"] == 0


def test_what_cannot_be_told_is_refused_or_counted() -> None:
    rng = np.random.default_rng(1)
    unit = rng.normal(size=(300, 2))
    with pytest.raises(TallyError, match=r"values\.narrow"):
        over_rows(unit + np.array([1e8, 0]), unit @ [1, 1], "1000000000", "16")
    with pytest.raises(TallyError, match=r"values\.too_fine"):
        over_rows(unit * [1e-6, 1], unit @ [1, 1], "1000000000", "16")
    found, _ = over_rows(unit * [1, 0] + [0, 3], unit @ [1, 0], "16", "16", alpha="0")
    assert (found["coefficients"][1], found["flagged"]) == (0, 1)
    steep, _ = over_rows(unit[:, :1] * [1e-3], unit[:, 0] * 100, "1000000", "512", alpha="0")
    assert steep["flagged"] > 0, "a slope of 1e5 at a limit of 1e6 is beyond what scores may reach"


@pytest.mark.parametrize(("scale", "limit"), [(0.01, 8192), (1.0, 1024), (300.0, 131072)])
def test_rows_on_shares_are_centred_there(scale: float, limit: int) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(400, 3)) * [1, 2, 0.01] + [0, 12, -9]
    target = scale * (values @ [1, -1, 30] + rng.normal(size=400))

    def inputs(_: str, backend: Any) -> dict[str, Any]:
        def given(array: Any, bits: int, limit: float) -> Any:
            own = array if backend.pid == 0 else None
            return share(backend, own, shape=array.shape, owner=0, fraction_bits=bits, limit=limit)

        table = SharedTable(("a", "b", "c"), given(values, 24, 32.0), 300)
        return {"features": (table,), "label": (given(target, 30, float(limit)),)}

    found = run_step("linear.ridge@1.0.0", inputs, {"label_limit": str(limit)}).opened
    oracle = Ridge(1.0).fit(values[:300], target[:300])
    spread = target.std()
    assert np.abs((found["coefficients"] - oracle.coef_) * values.std(0)).max() < 1e-3 * spread
    # scores stand in units of 2^-28 of the limit, and truncation misses by a unit or two now and then
    assert np.abs(found["scores"] - oracle.predict(values[300:])).max() < 2e-3 * spread + 2 * limit * 2.0**-28
    assert found["flagged"] == 0


def test_small_labels_beside_standardised_columns() -> None:
    """Regression: labels of a thousandth under a limit of a thousand were shared with ten places."""
    rng = np.random.default_rng(5)
    values = rng.normal(size=(400, 3))
    values = (values - values.mean(0)) / values.std(0)
    target = 1e-3 * (values @ [1, -1, 0.5] + rng.normal(size=400))

    def inputs(me: str, _: Any) -> dict[str, Any]:
        table = aligned(me, {"bank": (["a"], values[:, :1]), "shop": (["b", "c"], values[:, 1:])}, 400)
        return {"features": (replace(table, limit=16.0),), "label": (label(me, "bank", target),)}

    found = run_step("linear.ridge@1.0.0", inputs, {}, wanted=["coefficients", "intercept", "flagged"]).opened
    oracle = Ridge(1.0).fit(values, target)
    assert np.abs(found["coefficients"] - oracle.coef_).max() < 1e-3 * target.std()
    assert found["flagged"] == 0
