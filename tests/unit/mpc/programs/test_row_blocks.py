"""Tables of many rows or columns: passed over in blocks, inverted roughly, added up with fewer places, and right as others are."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor

from mpc.functions import exponential
from mpc.programs.glm.poisson import run as poisson
from mpc.programs.glm.softmax import newton as softmax_newton
from mpc.programs.glm.solvers import newton, preconditioner, problem
from mpc.programs.glm.solvers.problem import block_rows
from tests.unit.mpc.programs.steps import run_step, stacked
from tests.unit.mpc.programs.test_glm_logistic import distance, rare_dummies, reference
from tests.unit.mpc.programs.test_glm_logistic import vertical as logistic
from tests.unit.mpc.programs.test_linear_models import random_rows, vertical

ROWS = 300


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 rows are many: blocks of 64, and the places of many numbers."""
    monkeypatch.setattr(problem, "_BLOCK_CELLS", 400)
    monkeypatch.setattr(problem, "_LEAST_BLOCK", 64)
    monkeypatch.setattr(exponential, "_MANY", 0)
    monkeypatch.setattr(softmax_newton, "_WEIGHTED_CELLS", 500)


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three columns are many."""
    for module in (newton, poisson, softmax_newton, preconditioner):
        monkeypatch.setattr(module, "LARGEST_FINE", 3)


def columns(target: Any, values: Any, train: int) -> Any:
    return vertical(values[:, :2], values[:, 2:], target, train)


def rows(target: Any, values: Any) -> Any:
    def inputs(me: str, _: Any) -> Any:
        whole = np.column_stack([values, target])
        found = stacked(me, [*"abcde", "y"], {"bank": whole[: ROWS // 3], "shop": whole[ROWS // 3 :]})
        return {"features": (found,), "label": (found.column("y"),)}

    return inputs


def counts(values: Any, rng: Any) -> Any:
    return np.minimum(rng.poisson(np.exp(values @ [0.3, -0.2, 0.1, 0.4, 0.0] + 0.2)), 30).astype(float)


def test_blocks_hold_64_mb_and_some_rows() -> None:
    assert [block_rows(width) for width in (1, 40, 127, 330, 1000, 3000, 100_000)] == [
        32768, 32768, 32768, 8192, 4096, 1024, 1024,
    ]  # fmt: skip


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("split", ["columns", "rows"])
def test_poisson_regression_in_blocks(split: str) -> None:
    values, rng, train = random_rows(ROWS, 2)
    target = counts(values, rng)
    given, wanted = {"alpha": "0.01"}, ["coefficients", "intercept"]
    if split == "columns":
        found = run_step("glm.poisson@1.0.0", columns(target, values, train), given, wanted=[*wanted, "scores"]).opened
    else:
        train = ROWS
        given |= {"train_fraction": "1", "limit": "8"}
        found = run_step("glm.poisson@1.0.0", rows(target, values), given, wanted=wanted).opened
    oracle = PoissonRegressor(alpha=0.01, tol=1e-8, max_iter=1000).fit(values[:train], target[:train])
    np.testing.assert_allclose(found["coefficients"], oracle.coef_, atol=1e-4)
    np.testing.assert_allclose(found["intercept"], oracle.intercept_, atol=1e-4)
    if split == "columns":
        np.testing.assert_allclose(found["scores"], oracle.predict(values[train:]), rtol=5e-3, atol=1e-3)


@pytest.mark.usefixtures("many")
def test_softmax_regression_in_blocks() -> None:
    values, rng, train = random_rows(ROWS, 3)
    target = np.argmax(values[:, :3] * 1.5 + rng.gumbel(size=(ROWS, 3)), axis=1).astype(float)
    oracle = LogisticRegression(C=1.0, tol=1e-10, max_iter=5000).fit(values[:train], target[:train])
    for solver, within in (("newton", 1e-4), ("blocks", 1e-3)):
        given = {"classes": 3, "c": "1", "solver": solver, "iterations": 12 if solver == "newton" else 8}
        found = run_step("glm.softmax@1.0.0", columns(target, values, train), given, wanted=["coefficients"]).opened
        np.testing.assert_allclose(found["coefficients"], oracle.coef_.T, atol=within)


@pytest.mark.usefixtures("many")
def test_least_squares_in_blocks() -> None:
    values, rng, train = random_rows(ROWS, 4)
    target = values @ rng.normal(size=5) + 3 + rng.normal(size=ROWS)
    given, wanted = {"alpha": "0", "label_limit": "16"}, ["coefficients", "intercept", "scores", "flagged"]
    found = run_step("linear.ridge@1.0.0", columns(target, values, train), given, wanted=wanted).opened
    oracle = LinearRegression().fit(values[:train], target[:train])
    np.testing.assert_allclose(found["coefficients"], oracle.coef_, atol=1e-5)
    np.testing.assert_allclose(found["scores"], oracle.predict(values[train:]), atol=1e-4)


@pytest.mark.usefixtures("many")
def test_logistic_regression_in_blocks() -> None:
    values, rng, train = random_rows(ROWS, 5)
    labels = (values @ rng.normal(size=5) + rng.logistic(size=ROWS) > 0).astype(float)
    found = logistic(values, labels, train)
    assert distance(found, reference(values[:train], labels[:train])) < 1e-4


@pytest.mark.usefixtures("wide")
def test_many_columns_reach_the_optimum_by_rough_inverses() -> None:
    """Rare dummies, nearly without a penalty: no solved step ends 3e-3 away, two 5e-4."""
    values, labels = rare_dummies(6000, 32, 3)
    found = logistic(values, labels, len(labels), wanted=("coefficients", "intercept"), parameters={"c": "100"})
    assert distance(found, reference(values, labels, c=100.0)) < 1.5e-4


@pytest.mark.usefixtures("wide")
def test_other_models_of_many_columns() -> None:
    values, rng, train = random_rows(ROWS, 6)
    target = counts(values, rng)
    found = run_step("glm.poisson@1.0.0", columns(target, values, train), {"alpha": "0.01"}, wanted=["coefficients"])
    oracle = PoissonRegressor(alpha=0.01, tol=1e-8, max_iter=1000).fit(values[:train], target[:train])
    np.testing.assert_allclose(found.opened["coefficients"], oracle.coef_, atol=1e-4)
    classes = np.argmax(values[:, :3] * 1.5 + rng.gumbel(size=(ROWS, 3)), axis=1).astype(float)
    known = LogisticRegression(C=1.0, tol=1e-10, max_iter=5000).fit(values[:train], classes[:train])
    given = {"classes": 3, "c": "1"}
    found = run_step("glm.softmax@1.0.0", columns(classes, values, train), given, wanted=["coefficients"])
    np.testing.assert_allclose(found.opened["coefficients"], known.coef_.T, atol=1e-4)
