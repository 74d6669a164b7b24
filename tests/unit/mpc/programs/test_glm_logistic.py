"""``glm.logistic`` against scikit-learn, and against plain descent with the same link, on both backends."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from mpc.programs.glm.logistic.run import coefficient_names
from mpc.programs.linear.model import LinearModel
from protocol.errors import RangeError, RefusedError
from tests.unit.mpc.programs.real_data import numbers, table
from tests.unit.mpc.programs.steps import Outcome, aligned, label, run_step, stacked

BIT = {"every_class_occurs": 1}
"""What every fit opens before it trains."""

PROGRAM = "glm.logistic@1.0.0"
LINKS: dict[str, Callable[[Any], Any]] = {
    "accurate": lambda z: 1 / (1 + np.exp(-z)),
    "fast": lambda z: 1 / (1 + np.exp(-z)),
    "segments": lambda z: np.clip(0.5 + z / 8, 0, 1),
    "linear": lambda z: 0.5 + z / 8,
}


def scaled(features: Any, train: int) -> Any:
    deviations = features[:train].std(axis=0)
    return np.clip((features - features[:train].mean(axis=0)) / np.where(deviations > 0, deviations, 1), -16, 16)


def vertical(features: Any, labels: Any, train: int, limit: float = 16.0, **options: Any) -> Outcome:
    """Columns halved between two owners."""
    half = features.shape[1] // 2
    names = [f"x{i}" for i in range(features.shape[1])]

    def inputs(me: str, _: Any) -> dict[str, Any]:
        tables = {"bank": (names[:half], features[:, :half]), "shop": (names[half:], features[:, half:])}
        frame = replace(aligned(me, tables), train_rows=train, limit=limit)
        return {"features": (frame,), "label": (label(me, "bank", labels),)}

    return run_step(PROGRAM, inputs, **options)


def horizontal(parts: dict[str, Any], program: str = PROGRAM, **options: Any) -> Outcome:
    """Rows of several owners; the last column is the label."""
    width = next(iter(parts.values())).shape[1]
    names = [*(f"x{i}" for i in range(width - 1)), "y"]

    def inputs(me: str, _: Any) -> dict[str, Any]:
        frame = stacked(me, names, parts)
        return {"features": (frame,), "label": (frame.column("y"),)}

    return run_step(program, inputs, **options)


def reference(features: Any, labels: Any, c: float = 1.0, **options: Any) -> LogisticRegression:
    return LogisticRegression(C=c, tol=1e-10, max_iter=20_000, **options).fit(features, labels)


def distance(outcome: Outcome, model: LogisticRegression) -> float:
    found = np.append(outcome.opened["coefficients"], outcome.opened["intercept"])
    return float(np.abs(found - np.append(model.coef_[0], model.intercept_)).max())


def german() -> tuple[Any, Any]:
    [(header, texts)] = table("german_credit/SouthGermanCredit.asc").items()
    names = header.split(" ")
    rows = np.array([[float(text) for text in line.split(" ")] for line in texts])
    return scaled(rows[:, :-1], 700), 1 - rows[:, names.index("kredit")]


def synthetic(rows: int, columns: int, seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    features = scaled(rng.normal(size=(rows, columns)), rows)
    logits = features @ rng.normal(size=columns) - 0.4
    return features, (rng.random(rows) < 1 / (1 + np.exp(-logits))).astype(float)


# -- vertical ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "weights"),
    [
        ({}, None),
        ({"class_weight": "balanced", "c": "0.1"}, "balanced"),
        ({"class_weight": "given", "weight_positive": "3", "weight_negative": "0.5"}, {0: 0.5, 1: 3.0}),
    ],
)
def test_german_credit_equals_scikit_learn(parameters: dict[str, str], weights: Any) -> None:
    features, labels = german()
    outcome = vertical(features, labels, 700, parameters=parameters)
    model = reference(features[:700], labels[:700], float(parameters.get("c", 1)), class_weight=weights)
    assert distance(outcome, model) < 3e-5
    assert np.abs(outcome.opened["scores"] - model.decision_function(features[700:])).max() < 3e-4
    assert outcome.opened["labels"].tolist() == labels[700:].tolist()
    chances = model.predict_proba(features[:700])[np.arange(700), labels[:700].astype(int)]
    shares = np.where(labels[:700] == 1, labels[:700].mean(), 1 - labels[:700].mean())
    each = {None: 1.0, "balanced": 0.5 / shares}.get(
        parameters.get("class_weight"), np.where(labels[:700] == 1, 3, 0.5)
    )
    assert abs(outcome.opened["loss"][0] - np.mean(-np.log(chances) * each)) < 5e-5
    assert outcome.disclosed == BIT


@pytest.mark.parametrize(("c", "iterations", "most"), [("1", 12, 1e-4), ("10", 14, 1e-3)])
def test_nearly_separable_data_reach_the_optimum(c: str, iterations: int, most: float) -> None:
    features, labels = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    features, labels = scaled(features[order], 400), 1.0 - labels[order]
    wanted = ("coefficients", "intercept", "scores")
    outcome = vertical(features, labels, 400, parameters={"c": c, "iterations": iterations}, wanted=wanted)
    model = reference(features[:400], labels[:400], float(c))
    assert distance(outcome, model) < most
    auc = roc_auc_score(labels[400:], model.decision_function(features[400:]))
    assert abs(roc_auc_score(labels[400:], outcome.opened["scores"]) - auc) < 1e-3


def test_the_mpyc_backend_fits_the_same_model() -> None:
    features, labels = synthetic(60, 2, 1)
    outcome = vertical(
        features, labels, 60, parameters={"iterations": 6}, wanted=("coefficients", "intercept"), backend="mpyc"
    )
    assert distance(outcome, reference(features, labels)) < 1e-4


def plain_descent(
    features: Any, labels: Any, sigmoid: str, batches: int, *, step: float, momentum: float, steps: int
) -> Any:
    """At C = 1, in double precision."""
    rows, columns = features.shape
    design = np.column_stack([features, np.ones(rows)])
    penalty = np.array([1 / rows] * columns + [0])
    parts = np.array_split(np.arange(rows), batches)
    weights = before = np.zeros(columns + 1)
    for number in range(steps * batches):
        part = parts[number % batches]
        point = weights + momentum * (weights - before)
        slope = design[part].T @ (LINKS[sigmoid](design[part] @ point) - labels[part]) / len(part)
        before, weights = weights, point - step * (slope + penalty * point)
    return weights


@pytest.mark.parametrize("momentum", [0.4, 0.0])
@pytest.mark.parametrize("sigmoid", list(LINKS))
@pytest.mark.parametrize("solver", ["gradient", "sgd"])
def test_descent_takes_the_steps_of_plain_descent(solver: str, sigmoid: str, momentum: float) -> None:
    features, labels = synthetic(403, 6, 2)
    parameters = {"solver": solver, "sigmoid": sigmoid, "iterations": 8, "batch": 100, "step": "0.7"}
    parameters["momentum"] = str(momentum)
    outcome = vertical(features, labels, 403, parameters=parameters, wanted=("coefficients", "intercept"))
    batches = 4 if solver == "sgd" else 1
    weights = plain_descent(features, labels, sigmoid, batches, step=0.7, momentum=momentum, steps=8)
    found = np.append(outcome.opened["coefficients"], outcome.opened["intercept"])
    assert np.abs(found - weights).max() < (1e-3 if sigmoid == "fast" else 3e-5)


@pytest.mark.parametrize("step", [2.0, 8.0])
def test_a_linear_step_that_would_overshoot_is_halved_until_it_does_not(step: float) -> None:
    """Seven equal columns: the Hessian's largest eigenvalue is 7/8, and steps beyond 16/7 diverge."""
    rng = np.random.default_rng(8)
    features = np.repeat(scaled(rng.normal(size=(200, 1)), 200), 7, axis=1)
    labels = (rng.random(200) < 1 / (1 + np.exp(-features[:, 0]))).astype(float)
    parameters = {"solver": "gradient", "sigmoid": "linear", "iterations": 5, "step": str(step), "momentum": "0"}
    outcome = vertical(features, labels, 200, parameters=parameters, wanted=("coefficients", "intercept"))
    weights = plain_descent(features, labels, "linear", 1, step=2.0, momentum=0, steps=5)
    found = np.append(outcome.opened["coefficients"], outcome.opened["intercept"])
    assert np.abs(found - weights).max() < 3e-5
    assert outcome.disclosed == BIT


def test_long_descent_is_clipped_to_the_declared_coefficients() -> None:
    rng = np.random.default_rng(4)
    features = scaled(rng.normal(size=(50, 1)), 50)
    outcome = vertical(
        np.column_stack([features, -features]), (features[:, 0] > 0).astype(float), 50,
        parameters={"solver": "gradient", "sigmoid": "fast", "iterations": 60, "step": "8", "c": "100", "coefficient_limit": "2"},
        wanted=("coefficients",),
    )  # fmt: skip
    assert np.abs(outcome.opened["coefficients"] - [2, -2]).max() < 1e-5


def test_the_fixed_hessian_descends_to_the_optimum() -> None:
    features, labels = synthetic(300, 3, 5)
    outcome = vertical(
        features, labels, 300, parameters={"solver": "bound", "iterations": 30}, wanted=("coefficients", "intercept")
    )
    assert distance(outcome, reference(features, labels)) < 1e-4


def test_early_stopping_opens_one_declared_bit_a_check_and_nothing_is_opened_without_it() -> None:
    features, labels = synthetic(300, 3, 6)
    wanted = ("coefficients", "intercept")
    plain = vertical(features, labels, 300, wanted=wanted)
    stopped = vertical(features, labels, 300, wanted=wanted, parameters={"check_every": 2, "tolerance": "0.01"})
    assert plain.disclosed == BIT
    assert 0 < stopped.disclosed["converged"] < 5
    assert stopped.elements_opened - plain.elements_opened <= 4 + stopped.disclosed["converged"]
    assert distance(stopped, reference(features, labels)) < 1e-4


def test_the_model_holds_the_weights_of_the_aligned_columns() -> None:
    features, labels = synthetic(120, 3, 8)
    outcome = vertical(
        features, labels, 120, wanted=("coefficients", "intercept", "model"), parameters={"iterations": 4}
    )
    model = LinearModel.of(outcome.values["model"])
    assert (model.link, model.trained_on, model.columns) == ("logit", "aligned", ("bank.x0", "shop.x1", "shop.x2"))
    found = np.append(outcome.opened["coefficients"], outcome.opened["intercept"])
    assert np.array_equal(outcome.opened["model"], found)


def test_coefficient_names_follow_the_tables() -> None:
    frame = aligned("bank", {"bank": (("a", "y"), np.zeros((2, 2))), "shop": (("b",), np.zeros((2, 1)))})
    assert coefficient_names(frame, frame.column("y")) == ("bank.a", "shop.b")
    rows = stacked("bank", ("a", "y", "b"), {"bank": np.zeros((2, 3))})
    assert coefficient_names(rows, rows.column("y")) == ("a", "b")


def rare_dummies(rows: int, columns: int, seed: int) -> tuple[Any, Any]:
    """Whole sets of dummies down to one per cent, as of diagnoses, and four numbers; a label of a fifth."""
    rng, parts, left = np.random.default_rng(seed), [], columns - 4
    while left:
        size = min(left, int(rng.integers(3, 12)))
        share = np.maximum(rng.dirichlet(np.full(size, 0.6)), 0.01)
        parts.append(np.eye(size)[rng.choice(size, rows, p=share / share.sum())])
        left -= size
    raw = np.column_stack([*parts, rng.normal(size=(rows, 4))])
    logits = raw @ (rng.normal(size=columns) * 0.5)
    labels = rng.random(rows) < 1 / (1 + np.exp(np.quantile(logits, 0.85) - logits))
    return scaled(raw, rows), labels.astype(float)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("rows", "columns"), [(18_000, 60), (37_645, 84)])
def test_many_rare_dummies_reach_the_optimum(rows: int, columns: int) -> None:
    """Regression: 37,645 x 84 ended 3.5e-2 away, however many steps were made."""
    features, labels = rare_dummies(rows, columns, 3)
    wanted = ("coefficients", "intercept", "convergence")
    outcome = vertical(features, labels, rows, wanted=wanted, parameters={"iterations": 10})
    assert distance(outcome, reference(features, labels)) < 1e-4
    assert outcome.opened["convergence"][1] < 1e-6


@pytest.mark.parametrize(
    ("parameters", "arrived"), [({"iterations": 8}, True), ({"solver": "bound", "iterations": 3}, False)]
)
def test_a_fit_says_how_it_ended(parameters: dict[str, Any], arrived: bool) -> None:
    features, labels = synthetic(300, 3, 5)
    wanted = ("coefficients", "intercept", "convergence")
    outcome = vertical(features, labels, 300, wanted=wanted, parameters=parameters)
    found = np.append(outcome.opened["coefficients"], outcome.opened["intercept"])
    design = np.column_stack([features, np.ones(300)])
    slope = design.T @ (LINKS["accurate"](design @ found) - labels) + np.append(found[:-1], 0)
    change, residual, at_limit = outcome.opened["convergence"]
    assert abs(residual - np.abs(slope).max() / 300) < 1e-6
    assert (residual < 1e-5, change < 1e-3, at_limit) == (arrived, arrived, 0)


def test_coefficients_at_their_limit_are_counted() -> None:
    features, labels = synthetic(200, 2, 12)
    labels = (features[:, 0] > 0).astype(float)
    given = {"c": "100", "coefficient_limit": "1", "iterations": 4}
    outcome = vertical(features, labels, 200, wanted=("coefficients", "convergence"), parameters=given)
    at_limit = int((np.abs(outcome.opened["coefficients"]) > 0.9).sum())
    assert outcome.opened["convergence"][2] == at_limit > 0


# -- horizontal --------------------------------------------------------------------------------------------------


def unequal_owners() -> dict[str, Any]:
    """Three owners of different sizes, units from a twentieth to thousands, one column constant."""
    rng = np.random.default_rng(3)
    raw = rng.normal(size=(1500, 5)) * [1, 1000, 0.05, 3, 0] + [0, 2000, 7, -50, 4]
    raw[:400, 0] *= 2
    raw[:400, 3] += 6
    unit = (raw - raw.mean(axis=0)) / np.where(raw.std(axis=0) > 0, raw.std(axis=0), 1)
    labels = rng.random(1500) < 1 / (1 + np.exp(-(unit @ [1, -0.5, 0.3, 0.8, 0] - 0.5)))
    rows = np.column_stack([raw, labels])
    return {"bank": rows[:400], "neutral": rows[400:600], "shop": rows[600:]}


@pytest.mark.parametrize("parameters", [{}, {"sample": 1024, "passes": 4}], ids=["newton", "sampled"])
def test_stacked_rows_are_pooled_whatever_their_owners_scales(parameters: dict[str, int]) -> None:
    parts = unequal_owners()
    outcome = horizontal(parts, parameters=parameters | {"train_fraction": "0.8"})
    train = np.concatenate([part[: int(0.8 * len(part))] for part in parts.values()])
    test = np.concatenate([part[int(0.8 * len(part)) :] for part in parts.values()])
    means, deviations = train[:, :-1].mean(axis=0), train[:, :-1].std(axis=0)
    divisor = np.where(deviations > 0, deviations, 1)
    model = reference((train[:, :-1] - means) / divisor, train[:, -1])
    assert distance(outcome, model) < 1e-4
    assert np.abs((outcome.opened["means"] - means) / divisor).max() < 1e-5
    assert np.abs((outcome.opened["deviations"] - deviations) / divisor).max() < 1e-5
    expected = model.decision_function((test[:, :-1] - means) / divisor)
    assert np.abs(outcome.opened["scores"] - expected).max() < 1e-3
    assert outcome.opened["labels"].tolist() == test[:, -1].tolist()
    assert outcome.disclosed == BIT


def test_the_model_of_stacked_rows_holds_weights_for_each_owner() -> None:
    parts = {owner: rows[:150] for owner, rows in unequal_owners().items()}
    outcome = horizontal(parts, wanted=("coefficients", "intercept", "means", "deviations", "model"))
    model = LinearModel.of(outcome.values["model"])
    assert (model.trained_on, model.owners) == ("pooled", ("bank", "neutral", "shop"))
    assert set(model.scalings) == {f"bank.x{i}" for i in range(5)}  # the party's own alone
    pooled = np.where(outcome.opened["deviations"] > 1e-3, outcome.opened["deviations"], 1)
    slopes = outcome.opened["coefficients"] / pooled
    for place, rows in enumerate(parts.values()):
        means, deviations = rows[:, :-1].mean(axis=0), rows[:, :-1].std(axis=0)
        own = np.where(deviations > 0, (rows[:, :-1] - means) / np.where(deviations > 0, deviations, 1), 0)
        expected = (rows[:, :-1] - outcome.opened["means"]) @ slopes + outcome.opened["intercept"]
        weights = outcome.opened["model"][:, place]
        assert np.abs(own @ weights[:-1] + weights[-1] - expected).max() < 1e-3


def test_an_owner_outside_the_committee_takes_part() -> None:
    parts = unequal_owners()
    moved = {"bank": parts["bank"], "far": np.concatenate([parts["neutral"], parts["shop"]])}
    outcome = horizontal(
        moved, parties=("bank", "neutral", "shop", "far"), outside=1, wanted=("coefficients", "intercept"),
        parameters={"sigmoid": "fast", "solver": "gradient", "iterations": 5},
    )  # fmt: skip
    here = horizontal(
        {"bank": moved["bank"], "shop": moved["far"]}, wanted=("coefficients", "intercept"),
        parameters={"sigmoid": "fast", "solver": "gradient", "iterations": 5},
    )  # fmt: skip
    assert np.abs(outcome.opened["coefficients"] - here.opened["coefficients"]).max() < 1e-4


@pytest.mark.slow
def test_ten_owners_are_pooled_as_two_are() -> None:
    """Regression: from six owners on their sums left the headroom."""
    rng, parts = np.random.default_rng(10), {}
    for at in range(10):
        raw = rng.normal(size=(50 + at, 2)) * [1 + at, 1000] + [at % 5, 2000]
        labels = rng.random(len(raw)) < 1 / (1 + np.exp(-(raw - [2, 2000]) @ [0.2, 0.0005]))
        parts[("bank", "neutral", "shop")[at] if at < 3 else f"owner-{at}"] = np.column_stack([raw, labels])
    outcome = horizontal(
        parts, parties=tuple(parts), outside=7, parameters={"iterations": 6, "limit": "3", "beyond_limit": "clip"},
        wanted=("coefficients", "intercept", "means", "deviations", "clipped"),
    )  # fmt: skip
    rows = np.concatenate(list(parts.values()))
    means, deviations = rows[:, :-1].mean(axis=0), rows[:, :-1].std(axis=0)
    own = [(part[:, :-1] - part[:, :-1].mean(axis=0)) / part[:, :-1].std(axis=0) for part in parts.values()]
    assert outcome.opened["clipped"].tolist() == (np.abs(np.concatenate(own)) > 3).sum(axis=0).tolist()
    back = [
        np.clip(unit, -3, 3) * part[:, :-1].std(axis=0) + part[:, :-1].mean(axis=0)
        for unit, part in zip(own, parts.values(), strict=True)
    ]
    model = reference((np.concatenate(back) - means) / deviations, rows[:, -1])
    assert distance(outcome, model) < 1e-4
    assert np.abs((outcome.opened["means"] - means) / deviations).max() < 1e-5
    assert np.abs((outcome.opened["deviations"] - deviations) / deviations).max() < 1e-5


# -- federated ---------------------------------------------------------------------------------------------------


def test_the_federated_variant_equals_scikit_learn_and_says_what_it_opened() -> None:
    parts = unequal_owners()
    outcome = horizontal(parts, "glm.logistic_federated@1.0.0")
    rows = np.concatenate(list(parts.values()))
    deviations = rows[:, :-1].std(axis=0)
    unit = (rows[:, :-1] - rows[:, :-1].mean(axis=0)) / np.where(deviations > 0, deviations, 1)
    assert distance(outcome, reference(unit, rows[:, -1])) < 2e-5
    steps, rest = divmod(outcome.disclosed["weights"], 6)
    assert rest == 0
    assert 3 < steps <= 8
    assert outcome.disclosed == {"weights": 6 * steps, "means": 5, "deviations": 5} | BIT


def test_the_federated_variant_refuses_two_owners() -> None:
    parts = unequal_owners()
    with pytest.raises(RefusedError, match=r"logistic\.too_few_owners"):
        horizontal({"bank": parts["bank"], "shop": parts["shop"]}, "glm.logistic_federated@1.0.0")


# -- refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"sigmoid": "linear"}, "logistic.newton_link"),
        ({"solver": "gradient", "step": "16", "c": "0.0001"}, "logistic.step"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(parameters: dict[str, str], code: str) -> None:
    features, labels = synthetic(40, 2, 7)
    with pytest.raises(RangeError, match=code):
        vertical(features, labels, 30, parameters=parameters)


def test_scores_need_test_rows() -> None:
    features, labels = synthetic(40, 2, 7)
    with pytest.raises(RangeError, match=r"logistic\.no_test_rows"):
        vertical(features, labels, 40)


def test_columns_of_unknown_range_are_refused() -> None:
    def inputs(me: str, _: Any) -> dict[str, Any]:
        frame = aligned(me, {"bank": (("a",), np.zeros((4, 1))), "shop": (("b",), np.zeros((4, 1)))})
        return {"features": (frame,), "label": (label(me, "bank", [0, 1, 0, 1]),)}

    with pytest.raises(RefusedError, match=r"logistic\.not_standardized"):
        run_step(PROGRAM, inputs)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: rows * [1e9, 1, 1, 1, 1, 1], "logistic.large_column"),
        (lambda rows: rows * [1e-9, 1, 1, 1, 1, 1], "logistic.small_column"),
        (
            lambda rows: np.where(np.arange(len(rows))[:, None] == 0, [1e3, 0, 0, 0, 4, 0], rows),
            "logistic.beyond_limit",
        ),
        (lambda rows: rows * [1, 1, 1, 1, 1, 2], "frame.label"),
    ],
)
def test_rows_outside_the_declared_ranges_are_refused(change: Callable[[Any], Any], code: str) -> None:
    parts = unequal_owners()
    with pytest.raises(RangeError, match=code.replace(".", r"\.")):
        horizontal(parts | {"bank": change(parts["bank"])}, wanted=("coefficients",))


# -- published figures -------------------------------------------------------------------------------------------


def test_the_quick_start_of_spu_is_reproduced() -> None:
    """SPU's documentation: AUC 0.9636779239997886; global min-max, ten epochs of ten mini-batches, step 0.1, all rows."""
    features, labels = load_breast_cancer(return_X_y=True)
    features = (features - features.min()) / (features.max() - features.min())
    parameters = {
        "solver": "sgd", "iterations": 10, "batch": 56, "step": "0.1", "momentum": "0", "c": "100",
    }  # fmt: skip
    outcome = vertical(
        features, labels.astype(float), 569, 1.0, parameters=parameters, wanted=("coefficients", "intercept")
    )
    scores = features @ outcome.opened["coefficients"] + outcome.opened["intercept"]
    assert abs(roc_auc_score(labels, scores) - 0.9636779239997886) < 1e-3


@pytest.mark.slow
def test_perfect_logit_is_separated() -> None:
    first = numbers("spu/perfect_logit_a.csv", [*(f"x{i}" for i in range(1, 11)), "y"])
    second = numbers("spu/perfect_logit_b.csv", [f"x{i}" for i in range(11, 21)])
    features, labels = scaled(np.column_stack([first[:, :-1], second]), 7000), first[:, -1]
    outcome = vertical(features, labels, 7000, wanted=("coefficients", "intercept", "scores"))
    assert distance(outcome, reference(features[:7000], labels[:7000])) < 1e-3
    assert roc_auc_score(labels[7000:], outcome.opened["scores"]) >= 0.999


@pytest.mark.slow
def test_default_credit_scores_as_the_pooled_model() -> None:
    guest = numbers("fate/default_credit_hetero_guest.csv", ["id", "y", *(f"x{i}" for i in range(13))])
    host = numbers("fate/default_credit_hetero_host.csv", ["id", *(f"x{i}" for i in range(10))])
    place = {number: row for row, number in enumerate(host[:, 0])}
    host = host[[place[number] for number in guest[:, 0]]]
    train = 21_000
    features, labels = scaled(np.column_stack([guest[:, 2:], host[:, 1:]]), train), guest[:, 1]
    outcome = vertical(
        features, labels, train, parameters={"iterations": 9}, wanted=("coefficients", "intercept", "scores")
    )
    model = reference(features[:train], labels[:train])
    assert distance(outcome, model) < 1e-3
    ours, theirs = outcome.opened["scores"], model.decision_function(features[train:])
    assert abs(roc_auc_score(labels[train:], ours) - roc_auc_score(labels[train:], theirs)) < 1e-4
    assert abs(_ks(labels[train:], ours) - _ks(labels[train:], theirs)) < 2e-3
    assert _ks(labels[train:], ours) > 0.365
    assert roc_auc_score(labels[train:], ours) > 0.7135


@pytest.mark.slow
def test_caravan_with_85_collinear_columns_reaches_the_optimum() -> None:
    columns = list(table("caravan/Caravan.csv"))
    names = [name for name in columns if name not in ("", "rownames", "Purchase")]
    features = scaled(numbers("caravan/Caravan.csv", names), 5822)
    labels = np.array([float(text == "Yes") for text in table("caravan/Caravan.csv")["Purchase"]])
    outcome = vertical(features, labels, 5822, parameters={"c": "0.1"}, wanted=("coefficients", "intercept"))
    assert distance(outcome, reference(features, labels, 0.1)) < 1e-3


def _ks(labels: Any, scores: Any) -> float:
    return float(ks_2samp(scores[labels == 1], scores[labels == 0]).statistic)
