"""Standard errors and spreads of ``linear.ridge`` without a penalty against statsmodels, on ordinary and on ugly tables."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS

from client.inference import Inference, inferences
from protocol.errors import RangeError
from tests.unit.client.fitted import result_of
from tests.unit.mpc.programs.steps import run_step
from tests.unit.mpc.programs.test_numbers import NAMES, TRAIN, below, beside, secret, standardised, table

PROGRAM = "linear.ridge@1.0.0"
WANTED = ("coefficients", "intercept", "flagged", "standard_errors", "intercept_error", "spread", "fitted_rows")
RIGHT = [
    "ordinary", "means far beyond spread", "a thousandth under a million", "labels of a thousandth", "heavy ties", "rare",
]  # fmt: skip


def known(values: Any, target: Any) -> Any:
    return OLS(target, np.column_stack([values, np.ones(len(values))])).fit()


def fitted(inputs: Any, **given: Any) -> dict[str, Any]:
    opened = run_step(PROGRAM, inputs, {"alpha": "0", "train_fraction": "1", **given}, wanted=WANTED).opened
    return {name: opened[name] for name in WANTED}


def limits(t: Any) -> dict[str, str]:
    return {"limit": repr(t.limit), "label_limit": repr(t.target_limit)}


def compare(found: dict[str, Any], values: Any, target: Any, *, within: float = 1e-4) -> None:
    oracle, there = known(values, target), found["standard_errors"] > 0
    assert there.sum() == len(there) - found["flagged"]  # what is flagged has no error, all others have
    assert np.abs(found["standard_errors"] / oracle.bse[:-1] - 1)[there].max() < within
    assert found["intercept_error"] == pytest.approx(oracle.bse[-1], rel=within)
    assert np.abs(found["spread"] / [np.sqrt(oracle.scale), target.std(ddof=1)] - 1).max() < 1e-5
    assert found["fitted_rows"].tolist() == [len(target)]


@pytest.mark.parametrize("kind", RIGHT)
def test_split_rows(kind: str) -> None:
    t = table(kind)
    # labels that fill a thousandth of their limit leave ten bits fewer: 7e-5 on average, by how roundings fall
    within = 5e-4 if kind == "labels of a thousandth" else 1e-4
    compare(fitted(below(t.values, t.target), **limits(t)), t.values, t.target, within=within)


def test_split_columns_and_secret_tables() -> None:
    t = table("ordinary")
    values = standardised(t)
    columns = fitted(beside(values, t.target, port="features", scaled=True), label_limit="16")
    compare(columns, values[:TRAIN], t.target[:TRAIN])
    shares = fitted(secret(features=(t.values, 24, t.limit), label=(t.target, 24, t.target_limit)), label_limit="16")
    compare(shares, t.values[:TRAIN], t.target[:TRAIN])


@pytest.mark.slow
def test_stock_shares_give_the_same() -> None:
    t = table("ordinary")
    found = run_step(
        PROGRAM, below(t.values, t.target), {"alpha": "0", "limit": "8", "label_limit": "16"}, wanted=WANTED, backend="mpyc"
    )  # fmt: skip
    compare(found.opened, t.values, t.target)


def test_a_column_that_others_determine_has_no_error() -> None:
    t = table("ordinary")
    rng = np.random.default_rng(3)
    values = np.column_stack([t.values[:, 0], t.values[:, 1], t.values[:, 0] + 1e-4 * t.values[:, 2]])
    found = fitted(below(values, t.target), limit="8", label_limit="16")
    assert (found["standard_errors"] == 0).tolist() == [True, False, True]
    assert found["intercept_error"] == 0  # all of the inverse is in it
    values[:, 2] = t.values[:, 0] + 0.2 * rng.normal(size=len(values))
    compare(fitted(below(values, t.target), limit="8", label_limit="16"), values, t.target)
    constant = replace(t, values=t.values * [1, 0, 1] + [0, 2.5, 0])
    found = fitted(below(constant.values, t.target), limit="8", label_limit="16")
    assert (found["standard_errors"] == 0).tolist() == [False, True, False]
    assert found["flagged"] == 1
    assert found["intercept_error"] == 0


@pytest.mark.parametrize(
    ("given", "wanted", "code"),
    [
        ({"alpha": "0.5"}, WANTED, "linear.penalised_errors"),
        ({"alpha": "1"}, ("spread", "flagged"), "linear.penalised_errors"),
        ({"alpha": "0"}, ("standard_errors",), "linear.errors_alone"),
        ({"alpha": "0", "train_fraction": "0.02"}, WANTED, "linear.errors_rows"),
    ],
)
def test_errors_that_would_not_hold_are_refused(given: dict[str, str], wanted: tuple[str, ...], code: str) -> None:
    t = table("ordinary")
    with pytest.raises(RangeError) as caught:
        run_step(PROGRAM, below(t.values, t.target), {**limits(t), **given}, wanted=wanted)
    assert caught.value.code == code
    assert caught.value.fix


def inference(opened: dict[str, Any], *without: str) -> Inference:
    kept = {name: value for name, value in opened.items() if name not in without}
    (found,) = inferences(result_of(kept, NAMES, PROGRAM, alpha="0"))
    return found


def test_t_p_and_figures_follow() -> None:
    t = table("ordinary")
    opened, oracle = fitted(below(t.values, t.target), **limits(t)), known(t.values, t.target)
    found = inference(opened)
    assert (found.statistic, found.freedom, found.withheld) == ("t", 236, ())
    for at, each in enumerate(found.estimates[:-1]):
        assert each.statistic == pytest.approx(oracle.tvalues[at], rel=1e-4)
        assert each.p == pytest.approx(oracle.pvalues[at], rel=1e-2, abs=1e-12)
        assert (each.low, each.high) == pytest.approx(tuple(oracle.conf_int()[at]), abs=1e-5)
        assert each.odds is None
    assert found.estimates[-1].name == "intercept"
    last = found.estimates[-1]
    assert last.error == pytest.approx(oracle.bse[-1], rel=1e-4)
    assert last.statistic == pytest.approx(oracle.tvalues[-1], rel=1e-4)
    assert (last.low, last.high) == pytest.approx(tuple(oracle.conf_int()[-1]), rel=1e-4)
    for name, value in {
        "R²": oracle.rsquared, "adjusted R²": oracle.rsquared_adj, "AIC": oracle.aic, "BIC": oracle.bic,
        "log-likelihood": oracle.llf, "residual deviance": oracle.ssr, "null deviance": oracle.centered_tss,
        "residual degrees of freedom": oracle.df_resid,
    }.items():  # fmt: skip
        assert found.figures[name] == pytest.approx(value, rel=1e-5)
    assert inference(opened, "flagged").withheld == ("flagged",)
    assert all(each.p is None for each in inference({**opened, "flagged": np.float64(1)}).estimates)
    assert inference(opened, "spread").figures == {"rows": 240}
