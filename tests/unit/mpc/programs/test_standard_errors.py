"""Standard errors, rows and events of ``glm.logistic`` against statsmodels, on ordinary and on ugly tables."""

from typing import Any

import numpy as np
import pytest
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from protocol.errors import RangeError
from tests.unit.mpc.programs.steps import Outcome
from tests.unit.mpc.programs.test_glm_logistic import PROGRAM, german, horizontal, scaled, synthetic, vertical

WANTED = ("coefficients", "intercept", "standard_errors", "intercept_error", "convergence", "fitted_rows", "loss")
C = 100.0


def with_ones(features: Any) -> Any:
    return np.column_stack([features, np.ones(len(features))])


def unpenalised(features: Any, labels: Any) -> Any:
    return GLM(labels, with_ones(features), Binomial()).fit(tol=1e-12, maxiter=100)


def penalised(features: Any, labels: Any, c: float) -> Any:
    """Standard errors by Newton's method in double precision."""
    design, pull = with_ones(features), np.append(np.full(features.shape[1], 1 / c), 0)
    weights, information = np.zeros(design.shape[1]), np.eye(design.shape[1])
    for _ in range(60):
        chance = 1 / (1 + np.exp(-design @ weights))
        information = (design * (chance * (1 - chance)).reshape(-1, 1)).T @ design + np.diag(pull)
        weights -= np.linalg.solve(information, design.T @ (chance - labels) + pull * weights)
    return np.sqrt(np.diag(np.linalg.inv(information)))


def rows(parts: int, program: str = PROGRAM) -> Any:
    """A way to fit rows split among owners of unlike sizes."""

    def fit(features: Any, labels: Any, _: int, **options: Any) -> Outcome:
        whole = np.column_stack([features, labels])
        cuts = np.split(whole, [len(whole) // 5, len(whole) // 2][: parts - 1])
        return horizontal(dict(zip(("bank", "shop", "neutral"), cuts, strict=False)), program, **options)

    return fit


def fitted(features: Any, labels: Any, how: Any = vertical, *, c: float = C, **parameters: Any) -> dict[str, Any]:
    given = {"c": f"{c:g}", **parameters}
    found: dict[str, Any] = how(features, labels, len(labels), parameters=given, wanted=WANTED).opened
    return found


def errors(found: dict[str, Any]) -> Any:
    return np.append(found["standard_errors"], found["intercept_error"])


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(vertical, id="columns"),
        pytest.param(rows(2), id="two owners' rows"),
        pytest.param(rows(3), id="three owners' rows", marks=pytest.mark.slow),
        pytest.param(rows(3, "glm.logistic_federated@1.0.0"), id="three owners' rows, weights opened"),
    ],
)
def test_an_ordinary_table_has_the_errors_of_statsmodels(how: Any) -> None:
    features, labels = synthetic(2000, 6, 3)
    found, oracle = fitted(features, labels, how), unpenalised(features, labels)
    assert np.abs(errors(found) / oracle.bse - 1).max() < 5e-4
    assert np.abs(errors(found) / penalised(features, labels, C) - 1).max() < 1e-5
    coefficients = np.append(found["coefficients"], found["intercept"])
    assert np.abs(coefficients / oracle.bse - oracle.tvalues).max() < 0.02
    assert found["fitted_rows"].tolist() == [2000, labels.sum()]
    assert abs(2 * 2000 * found["loss"][0] / oracle.deviance - 1) < 1e-4
    assert found["convergence"][2] == 0


def test_means_far_beyond_the_spread_change_nothing_where_rows_are_split() -> None:
    features, labels = synthetic(1200, 4, 8)
    far = features * [1, 20, 0.01, 5] + [900, 2010, 37, -1e4]
    assert np.abs(errors(fitted(far, labels, rows(2))) / penalised(features, labels, C) - 1).max() < 1e-4


@pytest.mark.parametrize("how", [vertical, rows(2)], ids=["columns", "rows"])
def test_rare_dummies_and_rare_events(how: Any) -> None:
    rng = np.random.default_rng(6)
    raw = np.column_stack([rng.normal(size=(3000, 2)), rng.random((3000, 3)) < 0.01])
    features = scaled(raw, 3000)
    labels = (rng.random(3000) < 1 / (1 + np.exp(4.5 - features[:, 0]))).astype(float)
    found = fitted(features, labels, how)
    assert found["fitted_rows"].tolist() == [3000, labels.sum()]
    assert labels.sum() < 90
    off = np.abs(errors(found) / penalised(features, labels, C) - 1)
    # of two dummies no row has an event: chances of 1e-5 are known to 5e-7, and the penalty's part says that they are not to be used
    separated = np.array([False, False, True, False, True, True])
    assert off[~separated].max() < 1e-4
    assert off[separated].max() < 1e-2
    assert (found["standard_errors"] ** 2 / C > 0.02).tolist() == separated[:-1].tolist()


def test_nearly_collinear_columns() -> None:
    features, labels = synthetic(1500, 5, 3)
    features[:, 4] = features[:, 0] + 0.05 * features[:, 4]
    features = scaled(features, 1500)
    found = fitted(features, labels, coefficient_limit="64", iterations=16)
    assert np.abs(errors(found) / penalised(features, labels, C) - 1).max() < 1e-4


def test_a_column_that_only_the_penalty_holds_is_seen_in_its_error() -> None:
    """Of dummies that add up to one, and of a column that does not vary, the penalty decides: its part, error²/C, says so."""
    features, labels = synthetic(600, 3, 5)
    group = np.random.default_rng(3).integers(0, 3, 600)
    found = fitted(scaled(np.column_stack([features, np.eye(3)[group]]), 600), labels)
    part = found["standard_errors"] ** 2 / C
    assert (part[:3] < 1e-3).all()
    assert (part[3:] > 0.3).all()
    features[:, 1] = 7
    part = fitted(features, labels, rows(2))["standard_errors"] ** 2 / C
    assert abs(part[1] - 1) < 1e-3
    assert (part[[0, 2]] < 1e-3).all()


@pytest.mark.slow
def test_a_dependency_among_many_rows_has_no_error_at_all() -> None:
    """The penalty is so little of the information that only the residual of the inverse tells."""
    features, labels = synthetic(60_000, 5, 5)
    features[:, 4] = features[:, 0] + features[:, 1]
    found = fitted(scaled(features, 60_000), labels)
    assert (found["standard_errors"] == 0).tolist() == [True, True, False, False, True]
    oracle = unpenalised(scaled(features[:, :4], 60_000), labels)
    assert np.abs(found["standard_errors"][2:4] / oracle.bse[2:4] - 1).max() < 1e-4


def test_a_fit_on_a_sample_has_the_errors_of_all_rows() -> None:
    features, labels = synthetic(3000, 3, 2)
    found = fitted(features, labels, sample=1024, passes=4)
    assert np.abs(errors(found) / unpenalised(features, labels).bse - 1).max() < 1e-3


def test_an_unfinished_fit_says_so_beside_its_errors() -> None:
    """Errors are those at the weights, wherever these are: the gradient in their units says how far from the optimum."""
    features, labels = synthetic(800, 4, 3)
    found = fitted(features, labels, solver="gradient", iterations=3)
    assert found["convergence"][1] * 800 * errors(found).sum() > 1
    done = fitted(features, labels)
    assert done["convergence"][1] * 800 * errors(done).sum() < 0.01


@pytest.mark.slow
def test_german_credit_has_the_errors_of_double_precision() -> None:
    features, labels = german()
    found = fitted(features[:700], labels[:700], c=10)
    assert np.abs(errors(found) / penalised(features[:700], labels[:700], 10) - 1).max() < 1e-4


@pytest.mark.slow
def test_stock_shares_give_the_same() -> None:
    features, labels = synthetic(60, 2, 1)
    outcome = vertical(
        features, labels, 60, parameters={"iterations": 6}, wanted=("standard_errors", "convergence"), backend="mpyc"
    )
    assert np.abs(outcome.opened["standard_errors"] / penalised(features, labels, 1)[:2] - 1).max() < 1e-4


@pytest.mark.parametrize(
    ("parameters", "wanted", "code"),
    [
        ({"solver": "gradient", "sigmoid": "segments"}, WANTED, "logistic.errors_link"),
        ({"solver": "gradient", "sigmoid": "fast"}, ("intercept_error", "convergence"), "logistic.errors_link"),
        ({"class_weight": "balanced"}, WANTED, "logistic.errors_weights"),
        ({"class_weight": "given", "weight_positive": "2"}, WANTED, "logistic.errors_weights"),
        ({}, ("standard_errors", "coefficients"), "logistic.errors_alone"),
    ],
)
def test_errors_of_no_likelihood_are_refused(parameters: dict[str, str], wanted: tuple[str, ...], code: str) -> None:
    features, labels = synthetic(60, 2, 1)
    with pytest.raises(RangeError) as caught:
        vertical(features, labels, 60, parameters=parameters, wanted=wanted)
    assert caught.value.code == code
    assert caught.value.fix
