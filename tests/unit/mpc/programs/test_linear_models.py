"""Ridge, Poisson and softmax regression and their evaluations, against scikit-learn on the pooled rows."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import confusion_matrix, mean_absolute_error, mean_squared_error, r2_score

from mpc.arrays.interface import share
from mpc.workflow.values import Aligned, Stacked, StackedLabel, StackedTable
from protocol.errors import TallyError
from tests.unit.mpc.programs import real_data
from tests.unit.mpc.programs.steps import aligned, label, run_step, stacked

LIMIT = 16.0


def scaled(values: Any, train: int) -> Any:
    part = values[:train]
    return np.clip((values - part.mean(0)) / part.std(0), -LIMIT, LIMIT)


def vertical(bank: Any, shop: Any, target: Any, train: int) -> Any:
    """Two owners' standardised columns, the target at the bank."""

    def inputs(me: str, _: Any) -> Any:
        names = [f"b{i}" for i in range(bank.shape[1])], [f"s{i}" for i in range(shop.shape[1])]
        found = aligned(me, {"bank": (names[0], bank), "shop": (names[1], shop)}, train)
        frame = Aligned(found.rows, found.tables, train, LIMIT)
        return {"features": (frame,), "label": (label(me, "bank", target),)}

    return inputs


def random_rows(rows: int, seed: int = 1) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, 5))
    values[:, 3] += values[:, 0]
    train = rows * 3 // 4
    values = scaled(values, train)
    return values, rng, train


@pytest.mark.parametrize("backend", ["fast", "mpyc"])
def test_ridge_is_scikit_learns(backend: str) -> None:
    values, rng, train = random_rows(80)
    target = values @ [3.0, -1.0, 0.5, 2.0, 0.0] + 7 + rng.normal(size=80)
    found = run_step(
        "linear.ridge@1.0.0", vertical(values[:, :2], values[:, 2:], target, train),
        {"alpha": "2", "label_limit": "40"}, backend=backend,
        wanted=["coefficients", "intercept", "scores", "labels"],
    ).opened  # fmt: skip
    oracle = Ridge(2.0).fit(values[:train], target[:train])
    np.testing.assert_allclose(found["coefficients"], oracle.coef_, atol=2e-3)
    np.testing.assert_allclose(found["intercept"], oracle.intercept_, atol=2e-3)
    np.testing.assert_allclose(found["scores"], oracle.predict(values[train:]), atol=5e-3)
    np.testing.assert_allclose(found["labels"], target[train:], atol=1e-4)


def test_ridge_over_split_rows_shares_sums_only() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=(5000, 6))
    target = values @ rng.normal(size=6) + 2 + rng.normal(size=5000)
    cuts = {"bank": slice(0, 2000), "shop": slice(2000, 5000)}

    def inputs(me: str, _: Any) -> Any:
        both = {owner: np.column_stack([values[cut], target[cut]]) for owner, cut in cuts.items()}
        found = stacked(me, [*"abcdef", "y"], both)
        return {"features": (found,), "label": (found.column("y"),)}

    outcome = run_step(
        "linear.ridge@1.0.0", inputs, {"alpha": "1", "label_limit": "30", "limit": "8", "train_fraction": "1"},
        wanted=["coefficients", "intercept"],
    )  # fmt: skip
    oracle = Ridge(1.0).fit(values, target)
    np.testing.assert_allclose(outcome.opened["coefficients"], oracle.coef_, atol=1e-3)
    np.testing.assert_allclose(outcome.opened["intercept"], oracle.intercept_, atol=1e-3)


def test_poisson_is_scikit_learns() -> None:
    values, rng, train = random_rows(400, 2)
    target = np.minimum(rng.poisson(np.exp(values @ [0.3, -0.2, 0.1, 0.4, 0.0] + 0.2)), 30).astype(float)
    found = run_step(
        "glm.poisson@1.0.0", vertical(values[:, :2], values[:, 2:], target, train), {"alpha": "0.01"},
        wanted=["coefficients", "intercept", "scores"],
    ).opened  # fmt: skip
    oracle = PoissonRegressor(alpha=0.01, tol=1e-8, max_iter=1000).fit(values[:train], target[:train])
    np.testing.assert_allclose(found["coefficients"], oracle.coef_, atol=1e-3)
    np.testing.assert_allclose(found["intercept"], oracle.intercept_, atol=1e-3)
    np.testing.assert_allclose(found["scores"], np.clip(oracle.predict(values[train:]), 0, 32), rtol=5e-3, atol=1e-3)


def test_softmax_is_scikit_learns() -> None:
    values, rng, train = random_rows(300, 3)
    target = np.argmax(values[:, :3] * 1.5 + rng.gumbel(size=(300, 3)), axis=1).astype(float)
    found = run_step(
        "glm.softmax@1.0.0", vertical(values[:, :2], values[:, 2:], target, train), {"classes": 3, "c": "1"},
        wanted=["coefficients", "intercept", "scores"],
    ).opened  # fmt: skip
    oracle = LogisticRegression(C=1.0, tol=1e-10, max_iter=5000).fit(values[:train], target[:train])
    np.testing.assert_allclose(found["coefficients"], oracle.coef_.T, atol=1e-3)
    np.testing.assert_allclose(found["scores"], oracle.decision_function(values[train:]), atol=1e-2)


def many_classes(rows: int, columns: int, classes: int) -> tuple[Any, Any]:
    """Marks of diagnoses, and the group of each row; every group has one."""
    rng = np.random.default_rng(53)
    marks = (rng.random((rows, columns)) < rng.uniform(0.05, 0.4, columns)).astype(float)
    marks[1] = 1 - marks[0]
    values = scaled(marks, rows)
    logits = values @ rng.normal(size=(columns, classes)) * 0.3 + rng.normal(size=classes) * 0.5
    target = (logits + rng.gumbel(size=(rows, classes))).argmax(axis=1).astype(float)
    target[:classes] = np.arange(classes)
    return values, target


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("rows", "columns", "classes", "c", "steps"), [(120, 6, 5, "1", 12), (150, 53, 25, "0.02", 6)], ids=["few", "DRG"]
)
def test_softmax_by_blocks_is_scikit_learns(rows: int, columns: int, classes: int, c: str, steps: int) -> None:
    values, target = many_classes(rows, columns, classes)
    half = columns // 2
    found = run_step(
        "glm.softmax@1.0.0", vertical(values[:, :half], values[:, half:], target, rows),
        {"classes": classes, "solver": "blocks", "iterations": steps, "c": c},
        wanted=["coefficients", "intercept", "convergence"],
    ).opened  # fmt: skip
    oracle = LogisticRegression(C=float(c), tol=1e-10, max_iter=5000).fit(values, target)
    np.testing.assert_allclose(found["coefficients"], oracle.coef_.T, atol=1e-3)
    np.testing.assert_allclose(found["intercept"], oracle.intercept_ - oracle.intercept_.mean(), atol=1e-3)
    assert found["convergence"][1] < 1e-4


def test_poisson_over_split_rows_runs_at_its_default_ranges() -> None:
    """Regression: features within 16 and counts within 32 were refused by headroom from a thousand rows on."""
    rng = np.random.default_rng(8)
    values = rng.normal(size=(1200, 2))
    counts = np.minimum(rng.poisson(np.exp(values @ [0.4, -0.2] + 0.5)), 32).astype(float)
    given = {"alpha": "0.1", "iterations": 6, "train_fraction": "1"}
    wanted = ["coefficients", "intercept", "convergence"]
    found = run_step("glm.poisson@1.0.0", halves(values, counts), given, wanted=wanted).opened
    oracle = PoissonRegressor(alpha=0.1, tol=1e-10, max_iter=1000).fit(values, counts)
    np.testing.assert_allclose(found["coefficients"], oracle.coef_, atol=2e-4)
    np.testing.assert_allclose(found["intercept"], oracle.intercept_, atol=2e-4)
    assert found["convergence"][1] < 1e-4


def halves(columns: Any, target: Any) -> Any:
    """Rows split between bank and shop."""
    middle = len(target) // 2

    def inputs(me: str, _: Any) -> Any:
        tables = tuple(
            StackedTable(f"{owner}-set", owner, len(target[cut]), columns[cut] if owner == me else None)
            for owner, cut in (("bank", slice(0, middle)), ("shop", slice(middle, None)))
        )
        marks = tuple(
            StackedTable(f"{owner}-set", owner, len(target[cut]), target[cut].reshape(-1, 1) if owner == me else None)
            for owner, cut in (("bank", slice(0, middle)), ("shop", slice(middle, None)))
        )
        names = tuple(f"x{i}" for i in range(columns.shape[1]))
        return {"features": (Stacked(names, tables),), "label": (StackedLabel("y", marks),)}

    return inputs


@pytest.mark.slow
def test_models_over_split_rows() -> None:
    values, rng, _ = random_rows(300, 5)
    target = np.argmax(values[:, :3] * 1.5 + rng.gumbel(size=(300, 3)), axis=1).astype(float)
    found = run_step(
        "glm.softmax@1.0.0", halves(values, target), {"classes": 3, "limit": "6", "train_fraction": "1"},
        wanted=["coefficients"],
    ).opened  # fmt: skip
    oracle = LogisticRegression(tol=1e-10, max_iter=5000).fit(values, target)
    np.testing.assert_allclose(found["coefficients"], oracle.coef_.T, atol=2e-3)
    counts = np.minimum(rng.poisson(np.exp(values @ [0.3, -0.2, 0.1, 0.4, 0.0])), 30).astype(float)
    found = run_step(
        "glm.poisson@1.0.0", halves(values, counts), {"alpha": "0.1", "limit": "6", "train_fraction": "1"},
        wanted=["coefficients", "intercept"],
    ).opened  # fmt: skip
    oracle = PoissonRegressor(alpha=0.1, tol=1e-8, max_iter=1000).fit(values, counts)
    np.testing.assert_allclose(found["coefficients"], oracle.coef_, atol=2e-3)


def scored(scores: Any, labels: Any, bits: int, limit: float) -> Any:
    def inputs(_: str, backend: Any) -> Any:
        def given(values: Any, fraction_bits: int, bound: float) -> Any:
            own = values if backend.pid == 0 else None
            return share(backend, own, shape=values.shape, owner=0, fraction_bits=fraction_bits, limit=bound)

        return {"scores": (given(scores, 18, limit),), "labels": (given(labels, bits, limit),)}

    return inputs


@pytest.mark.parametrize("backend", ["fast", "mpyc"])
def test_multiclass_evaluation_is_scikit_learns(backend: str) -> None:
    rng = np.random.default_rng(6)
    scores, labels = rng.normal(size=(60, 4)), rng.integers(0, 4, 60).astype(float)
    scores[0] = 0.5  # a tie: the first of the largest
    found = run_step("eval.multiclass@1.0.0", scored(scores, labels, 0, 8), backend=backend).opened
    predicted = scores.argmax(axis=1)
    np.testing.assert_array_equal(found["confusion"], confusion_matrix(labels, predicted))
    assert found["accuracy"] == pytest.approx((predicted == labels).mean(), abs=1e-6)


@pytest.mark.parametrize("backend", ["fast", "mpyc"])
def test_regression_evaluation_is_scikit_learns(backend: str) -> None:
    rng = np.random.default_rng(7)
    labels = rng.normal(20, 5, 70)
    scores = labels + rng.normal(0, 3, 70)
    found = run_step("eval.regression@1.0.0", scored(scores, labels, 18, 100), {"limit": "64"}, backend=backend).opened
    assert found["mse"] == pytest.approx(mean_squared_error(labels, scores), rel=1e-3)
    assert found["mae"] == pytest.approx(mean_absolute_error(labels, scores), rel=1e-3)
    assert found["r2"] == pytest.approx(r2_score(labels, scores), abs=1e-3)


def test_a_hopeless_regression_has_the_worst_r2_and_a_constant_target_none() -> None:
    labels = np.linspace(1, 2, 50)
    worst = run_step("eval.regression@1.0.0", scored(labels + 30, labels, 18, 100), {"limit": "64"}, wanted=["r2"])
    assert worst.opened["r2"] == pytest.approx(-3, abs=1e-3)
    same = np.full(50, 3.0)
    flat = run_step("eval.regression@1.0.0", scored(same, same, 18, 100), {"limit": "64"}, wanted=["r2"])
    assert flat.opened["r2"] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("program", "parameters", "code"),
    [
        ("glm.softmax@1.0.0", {"classes": 20}, "softmax.too_large"),
        ("glm.softmax@1.0.0", {"classes": 200, "solver": "blocks"}, "softmax.too_large"),
        ("glm.poisson@1.0.0", {"mean_limit": "1"}, "frame.too_large"),
        ("linear.ridge@1.0.0", {"label_limit": "0.5"}, "arrays.out_of_range"),
    ],
)
def test_what_is_out_of_range_is_refused_before_it_is_shared(
    program: str, parameters: dict[str, Any], code: str
) -> None:
    values = np.random.default_rng(0).normal(size=(60, 24))
    target = np.arange(60) % 4.0
    with pytest.raises(TallyError) as caught:
        run_step(program, vertical(values[:, :12], values[:, 12:], target, 40), parameters, wanted=["coefficients"])
    assert caught.value.code == code


# -- quality figures on public data ----------------------------------------------------------------------------------


def test_motor_speed_is_explained_as_by_pooled_columns() -> None:
    """R² 0.920 of the guest's motor speed from all other columns of guest and host."""
    guest = real_data.numbers(
        "fate/motor_hetero_guest.csv", ["motor_speed", "pm", "stator_yoke", "stator_tooth", "stator_winding"]
    )
    host = real_data.numbers("fate/motor_hetero_host.csv", ["ambient", "coolant", "u_d", "u_q", "torque", "i_d", "i_q"])
    target, features = guest[:, 0], np.column_stack([guest[:, 1:], host])
    values = scaled(features, len(features))
    found = run_step(
        "linear.ridge@1.0.0", vertical(values[:, :4], values[:, 4:], target, len(target)),
        {"alpha": "1", "label_limit": "4"}, wanted=["coefficients", "intercept"],
    ).opened  # fmt: skip
    ours = r2_score(target, values @ found["coefficients"] + found["intercept"])
    assert ours == pytest.approx(Ridge(1.0).fit(values, target).score(values, target), abs=1e-3)
    assert ours == pytest.approx(0.920, abs=2e-3)


@pytest.mark.slow
def test_vehicles_are_told_apart_as_by_pooled_columns() -> None:
    """Four classes; accuracy 0.788 in five-fold cross-validation of the pooled columns, here on one of the folds."""
    host_columns = [f"x{i}" for i in range(9)]
    guest = real_data.numbers("fate/vehicle_scale_hetero_guest.csv", ["y", *host_columns])
    host = real_data.numbers("fate/vehicle_scale_hetero_host.csv", host_columns)
    order = np.random.default_rng(0).permutation(len(guest))
    target, features = guest[order, 0], np.column_stack([guest[order, 1:], host[order]])
    train = len(target) * 4 // 5
    values = scaled(features, train)
    found = run_step(
        "glm.softmax@1.0.0", vertical(values[:, :9], values[:, 9:], target, train),
        {"classes": 4, "iterations": 9}, wanted=["scores"],
    ).opened  # fmt: skip
    oracle = LogisticRegression(tol=1e-8, max_iter=5000).fit(values[:train], target[:train])
    accuracy = (found["scores"].argmax(axis=1) == target[train:]).mean()
    assert accuracy == pytest.approx(oracle.score(values[train:], target[train:]), abs=0.006)
    assert accuracy == pytest.approx(0.788, abs=0.05)


@pytest.mark.slow
def test_doctor_visits_are_counted_as_by_pooled_columns() -> None:
    guest = real_data.numbers("fate/dvisits_hetero_guest.csv", ["doctorco", "hscore", "chcond1", "chcond2"])
    names = ["sex", "age", "agesq", "income", "levyplus", "freepoor", "freerepa", "illness", "actdays"]
    host = real_data.numbers("fate/dvisits_hetero_host.csv", names)
    target, features = guest[:, 0], np.column_stack([guest[:, 1:], host])
    values = scaled(features, len(target))
    found = run_step(
        "glm.poisson@1.0.0", vertical(values[:, :3], values[:, 3:], target, len(target)), {"alpha": "0.01"},
        wanted=["coefficients", "intercept"],
    ).opened  # fmt: skip
    oracle = PoissonRegressor(alpha=0.01, tol=1e-8, max_iter=2000).fit(values, target)
    np.testing.assert_allclose(found["coefficients"], oracle.coef_, atol=2e-3)
    np.testing.assert_allclose(found["intercept"], oracle.intercept_, atol=2e-3)


def test_load_forecasts_gain_from_the_weather_as_pooled() -> None:
    """Daily mean demand from the utility's own lags and calendar: R² 0.757; with the weather party's columns above 0.888."""
    source = "load_vic/vic_elec.csv.gz"
    half_hours = real_data.numbers(source, ["Demand", "Temperature"])
    holiday = np.array([text == "True" for text in real_data.table(source)["Holiday"]], float)
    days = len(half_hours) // 48
    demand, warmth = (half_hours[: days * 48, at].reshape(days, 48).mean(axis=1) for at in (0, 1))
    free = holiday[: days * 48].reshape(days, 48).max(axis=1)
    lag = 7
    weekday = np.eye(7)[np.arange(days)[lag:] % 7][:, 1:]
    utility = np.column_stack([demand[lag - 1 : -1], weekday])
    weather = np.column_stack([warmth, warmth**2, free])[lag:]
    target = demand[lag:]
    values = scaled(np.column_stack([utility, weather]), len(target))
    width = utility.shape[1]
    found = run_step(
        "linear.ridge@1.0.0", vertical(values[:, :width], values[:, width:], target, len(target)),
        {"alpha": "1", "label_limit": "10000"}, wanted=["coefficients", "intercept"],
    ).opened  # fmt: skip
    ours = r2_score(target, values @ found["coefficients"] + found["intercept"])
    assert ours == pytest.approx(Ridge(1.0).fit(values, target).score(values, target), abs=1e-3)
    alone = Ridge(1.0).fit(values[:, :width], target).score(values[:, :width], target)
    assert alone == pytest.approx(0.757, abs=5e-3)
    assert ours > 0.888
