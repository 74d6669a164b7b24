"""What follows from a fit's opened numbers, against statsmodels on the same rows; and when it may not be said."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from client.inference import NOT_GIVEN, Inference, inferences
from tests.unit.client.fitted import result_of
from tests.unit.mpc.programs.test_glm_logistic import synthetic, vertical

WANTED = ("coefficients", "intercept", "standard_errors", "intercept_error", "convergence", "fitted_rows", "loss")
NAMES = ("bank.x0", "bank.x1", "shop.x2", "shop.x3")


@cache
def run(c: str = "100", iterations: int = 12, solver: str = "newton") -> tuple[Any, Any, dict[str, Any]]:
    features, labels = synthetic(1000, 4, 21)
    given = {"c": c, "iterations": iterations, "solver": solver}
    opened = vertical(features, labels, 1000, parameters=given, wanted=WANTED).opened
    return features, labels, {name: opened[name] for name in WANTED}


def only(opened: dict[str, Any], *without: str, **given: str) -> Inference:
    kept = {name: value for name, value in opened.items() if name not in without}
    (found,) = inferences(result_of(kept, NAMES, **given))
    return found


def test_everything_that_statsmodels_says_of_the_fit() -> None:
    features, labels, opened = run()
    known = GLM(labels, np.column_stack([features, np.ones(1000)]), Binomial()).fit(tol=1e-12)
    found = only(opened, c="100")
    assert (found.withheld, found.statistic) == ((), "z")
    assert [each.name for each in found.estimates] == [*NAMES, "intercept"]
    for at, each in enumerate(found.estimates):
        low, high = known.conf_int()[at]
        assert each.statistic == pytest.approx(known.tvalues[at], rel=1e-3, abs=0.01)
        assert each.p == pytest.approx(known.pvalues[at], rel=0.05, abs=1e-4)
        assert (each.low, each.high) == (pytest.approx(low, abs=2e-3), pytest.approx(high, abs=2e-3))
        if each.name == "intercept":
            assert each.odds is None
        else:
            assert each.odds == pytest.approx(np.exp(known.params[at]), rel=1e-3)
            assert each.odds_low == pytest.approx(np.exp(low), rel=2e-3)
            assert each.odds_high == pytest.approx(np.exp(high), rel=2e-3)
    figures = found.figures
    assert (figures["rows"], figures["events"]) == (1000, labels.sum())
    assert figures["null deviance"] == pytest.approx(known.null_deviance, rel=1e-12)
    assert figures["residual deviance"] == pytest.approx(known.deviance, rel=1e-4)
    assert figures["log-likelihood"] == pytest.approx(known.llf, rel=1e-4)
    assert figures["AIC"] == pytest.approx(known.aic, rel=1e-4)
    assert figures["BIC"] == pytest.approx(known.deviance + 5 * np.log(1000), rel=1e-4)
    assert figures["McFadden's R²"] == pytest.approx(1 - known.llf / known.llnull, abs=1e-4)
    assert (figures["null degrees of freedom"], figures["residual degrees of freedom"]) == (known.df_model + known.df_resid, known.df_resid)  # fmt: skip


def nothing_said(found: Inference) -> bool:
    return all(each.statistic is each.p is each.low is each.high is each.odds_low is None for each in found.estimates)


def test_a_fit_that_had_not_ended_says_so_and_has_no_p() -> None:
    _, _, opened = run(iterations=3, solver="gradient")
    found = only(opened, c="100")
    assert found.withheld == ("unfinished",)
    assert nothing_said(found)
    assert all(each.error for each in found.estimates)
    limited = {**run()[2], "convergence": np.array([0, 0, 1.0])}
    assert only(limited, c="100").withheld == ("unfinished",)


def test_without_the_figures_of_convergence_nobody_can_tell() -> None:
    found = only(run()[2], "convergence", c="100")
    assert found.withheld == ("convergence",)
    assert nothing_said(found)


def test_a_penalised_fit_has_no_p_values() -> None:
    """The bound says more than the truth: with it, no estimate that it lets pass is off by a tenth of its standard error."""
    features, labels, opened = run(c="0.1")
    found = only(opened, c="0.1")
    assert found.withheld == ("penalty", "held")
    assert nothing_said(found)
    known = GLM(labels, np.column_stack([features, np.ones(1000)]), Binomial()).fit(tol=1e-12)
    for c in ("100", "1", "0.1"):
        given = run(c=c)[2]
        off = np.abs(np.append(given["coefficients"], given["intercept"]) - known.params) / known.bse
        bound = float((np.abs(given["coefficients"]) * given["standard_errors"]).sum()) / float(c)
        assert off.max() < 1.2 * bound + 1e-3


def test_one_coefficient_that_the_penalty_holds_loses_its_p_alone() -> None:
    opened = dict(run()[2])
    opened["standard_errors"] = np.where(np.arange(4) == 1, 2.0, opened["standard_errors"])
    opened["coefficients"] = np.where(np.arange(4) == 1, 0.1, opened["coefficients"])
    found = only(opened, c="100")
    assert found.withheld == ("held",)
    assert [each.p is None for each in found.estimates] == [False, True, False, False, False]
    assert found.estimates[1].penalty == pytest.approx(0.04)
    opened["standard_errors"] = np.where(np.arange(4) == 1, 0.0, opened["standard_errors"])
    found = only(opened, c="100")
    assert found.withheld == ("none",)
    assert found.estimates[1].error is found.estimates[1].p is None


def test_figures_that_the_minimum_group_hides_are_not_made_up() -> None:
    opened = {**run()[2], "fitted_rows": np.zeros(2)}
    assert only(opened, c="100").figures == {}
    weighed = only(run()[2], c="100", class_weight="balanced").figures
    assert set(weighed) == {"rows", "events"}
    assert "AIC" not in only(run()[2], "loss", c="100").figures


def test_own_units_follow_from_the_deviations_where_they_were_given() -> None:
    opened = {**run()[2], "deviations": np.array([1.0, 10, 0.5, 0])}
    found = only(opened, c="100")
    assert found.estimates[1].own == pytest.approx(found.estimates[1].coefficient / 10)
    assert found.estimates[2].own_error == pytest.approx((found.estimates[2].error or 0) / 0.5)
    assert found.estimates[1].own_odds == pytest.approx(np.exp(found.estimates[1].coefficient / 10))
    assert found.estimates[3].own is None


def test_only_coefficients_are_no_inference() -> None:
    found = only(run()[2], *WANTED[2:])
    assert found.withheld == ()
    assert nothing_said(found)
    result = result_of(run()[2], NAMES)
    assert inferences(replace(result, steps=())) == ()
    assert {*NOT_GIVEN} >= {"convergence", "unfinished", "penalty", "held", "none"}
