"""Standard errors of ``glm.poisson`` against statsmodels, and what its reader makes of them."""

from typing import Any

import numpy as np
import pytest
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM

from client import report
from client.inference import inferences
from protocol.errors import RangeError
from tests.unit.client.fitted import result_of
from tests.unit.mpc.programs.steps import run_step, stacked
from tests.unit.mpc.programs.test_linear_models import random_rows, vertical

PROGRAM = "glm.poisson@1.0.0"
WANTED = ("coefficients", "intercept", "standard_errors", "intercept_error", "convergence", "fitted_rows", "likelihood")
NAMES = tuple("abcde")
LOOSE = {"alpha": "0.000001"}


def counts(rows: int, seed: int) -> tuple[Any, Any, int]:
    values, rng, train = random_rows(rows, seed)
    target = np.minimum(rng.poisson(np.exp(values @ [0.3, -0.2, 0.1, 0.4, 0.0] + 0.2)), 30).astype(float)
    return values, target, train


def columns(values: Any, target: Any, train: int, parameters: Any = LOOSE, **options: Any) -> dict[str, Any]:
    inputs = vertical(values[:, :2], values[:, 2:], target, train)
    wanted = options.pop("wanted", WANTED)
    return only(run_step(PROGRAM, inputs, parameters, wanted=wanted, **options).opened)


def only(opened: dict[str, Any]) -> dict[str, Any]:
    """What is wanted; a step opens the model here as well."""
    return {name: opened[name] for name in WANTED}


def rows(values: Any, target: Any, **parameters: str) -> dict[str, Any]:
    whole = np.column_stack([values, target])
    parts = {"bank": whole[: len(whole) // 3], "shop": whole[len(whole) // 3 :]}

    def inputs(me: str, _: Any) -> Any:
        found = stacked(me, [*NAMES, "y"], parts)
        return {"features": (found,), "label": (found.column("y"),)}

    given = LOOSE | {"train_fraction": "1", "limit": "8"} | parameters
    return only(run_step(PROGRAM, inputs, given, wanted=WANTED).opened)


def known(values: Any, target: Any) -> Any:
    return GLM(target, np.column_stack([values, np.ones(len(target))]), Poisson()).fit(tol=1e-12, maxiter=100)


@pytest.mark.parametrize("how", ["columns", "rows"])
def test_errors_are_those_of_statsmodels_and_so_is_what_follows(how: str) -> None:
    values, target, train = counts(800, 2)
    values, target = values[:train], target[:train]
    found = columns(values, target, train) if how == "columns" else rows(values, target)
    oracle = known(values, target)
    errors = np.append(found["standard_errors"], found["intercept_error"])
    assert np.abs(errors / oracle.bse - 1).max() < 5e-4
    assert found["fitted_rows"].tolist() == [train, target.sum()]
    (fit,) = inferences(result_of(found, NAMES, PROGRAM, **LOOSE))
    assert (fit.withheld, fit.ratio, fit.statistic) == ((), "rate", "z")
    low, high = oracle.conf_int().T
    for at, each in enumerate(fit.estimates):
        assert each.statistic == pytest.approx(oracle.tvalues[at], abs=0.02)
        assert (each.low, each.high) == (pytest.approx(low[at], abs=1e-3), pytest.approx(high[at], abs=1e-3))
    assert fit.estimates[0].odds == pytest.approx(np.exp(oracle.params[0]), rel=1e-3)
    for figure, value in (
        ("log-likelihood", oracle.llf),
        ("residual deviance", oracle.deviance),
        ("null deviance", oracle.null_deviance),
        ("AIC", oracle.aic),
        ("BIC", oracle.bic_llf),
    ):
        assert fit.figures[figure] == pytest.approx(value, abs=2e-5 * train), figure
    page = report.page(result_of(found, NAMES, PROGRAM, **LOOSE))
    assert "Rate ratio" in page
    assert "Odds ratio" not in page


def test_a_column_that_depends_on_others_has_no_error() -> None:
    values, target, train = counts(400, 3)
    values[:, 4] = values[:, 0]
    found = columns(values, target, train)
    assert (found["standard_errors"] == 0).tolist() == [True, False, False, False, True]
    (fit,) = inferences(result_of(found, NAMES, PROGRAM, **LOOSE))
    assert "none" in fit.withheld
    assert fit.estimates[0].p is None


def test_a_penalty_that_moves_the_estimates_gives_no_z() -> None:
    values, target, train = counts(400, 4)
    found = columns(values, target, train, {"alpha": "0.1"})
    (fit,) = inferences(result_of(found, NAMES, PROGRAM, alpha="0.1"))
    assert "penalty" in fit.withheld
    assert all(each.statistic is None for each in fit.estimates)
    del found["fitted_rows"]
    assert inferences(result_of(found, NAMES, PROGRAM, **LOOSE))[0].withheld == ("rows",)


def test_errors_without_the_figures_of_convergence_are_refused() -> None:
    values, target, train = counts(200, 5)
    with pytest.raises(RangeError, match=r"poisson\.errors_alone"):
        columns(values, target, train, wanted=("coefficients", "standard_errors"))
