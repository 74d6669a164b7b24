"""Programs on real public tables, by rows and by columns, beside those of their own test files; every oracle is pooled."""

from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import confusion_matrix, r2_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler

from mpc.arrays.interface import share
from mpc.programs.clustering.kmeans.run import draw
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.values import Aligned, PrivateTable, SharedTable
from tests.unit.mpc.programs import real_data
from tests.unit.mpc.programs.steps import aligned, label, run_step, stacked
from tests.unit.mpc.workflow.test_runner import COMMITTEE, execute, reconstruct, step

CREDIT = ("LIMIT_BAL", "AGE", "BILL_AMT1", "PAY_AMT1", "PAY_0", "SEX")
GRADES = tuple(f"x{i}" for i in range(13))


def scaled(values: Any, train: int) -> Any:
    return np.clip((values - values[:train].mean(axis=0)) / values[:train].std(axis=0), -16, 16)


def by_columns(values: Any, target: Any, train: int) -> Any:
    half = values.shape[1] // 2
    names = [f"c{i}" for i in range(values.shape[1])]

    def inputs(me: str, _: Any) -> dict[str, Any]:
        found = aligned(me, {"bank": (names[:half], values[:, :half]), "shop": (names[half:], values[:, half:])})
        return {
            "features": (Aligned(found.rows, found.tables, train, 16.0),),
            "label": (label(me, "bank", target),),
        }

    return inputs


def by_rows(parts: dict[str, Any]) -> Any:
    """Each owner's rows, the target last."""
    names = [*(f"c{i}" for i in range(next(iter(parts.values())).shape[1] - 1)), "y"]

    def inputs(me: str, _: Any) -> dict[str, Any]:
        found = stacked(me, names, parts)
        return {"features": (found,), "label": (found.column("y"),)}

    return inputs


def brought(**given: tuple[Any, int, float]) -> Any:
    """Secret arrays by port: values, fraction bits, limit."""

    def inputs(_: str, backend: Any) -> dict[str, Any]:
        return {
            port: (
                share(
                    backend, values if backend.pid == 0 else None, shape=values.shape, owner=0,
                    fraction_bits=bits, limit=limit,
                ),
            )
            for port, (values, bits, limit) in given.items()
        }  # fmt: skip

    return inputs


# -- regression ------------------------------------------------------------------------------------------------------


def motor() -> tuple[Any, Any]:
    guest = real_data.numbers(
        "fate/motor_hetero_guest.csv", ["motor_speed", "pm", "stator_yoke", "stator_tooth", "stator_winding"]
    )
    host = real_data.numbers("fate/motor_hetero_host.csv", ["ambient", "coolant", "u_d", "u_q", "torque", "i_d", "i_q"])
    return np.column_stack([guest[:, 1:], host]), guest[:, 0]


def students() -> tuple[Any, Any]:
    guest, host = (real_data.numbers(f"fate/student_homo_{who}.csv", [*GRADES, "y"]) for who in ("guest", "host"))
    return guest, host


def test_motor_speed_from_split_rows() -> None:
    values, target = motor()
    rows = np.column_stack([values, target])
    found = run_step(
        "linear.ridge@1.0.0", by_rows({"bank": rows[:300], "neutral": rows[300:350], "shop": rows[350:]}),
        {"alpha": "1", "limit": "8", "label_limit": "4"}, wanted=["coefficients", "intercept"],
    ).opened  # fmt: skip
    ours = r2_score(target, values @ found["coefficients"] + found["intercept"])
    assert ours == pytest.approx(Ridge(1.0).fit(values, target).score(values, target), abs=1e-4)
    assert ours == pytest.approx(0.920, abs=1e-3)


@pytest.mark.parametrize("kind", ["columns", "rows", "shares"])
def test_student_grades(kind: str) -> None:
    """In comparable units: ``linear.ridge`` on raw rows loses directions below a 2^-15th of the trace."""
    rows = np.concatenate(students())
    train = 250
    unit, target = scaled(rows[:, :-1], train), rows[:, -1]
    if kind == "rows":
        both = np.column_stack([unit, target])[:train]
        inputs, limit = by_rows({"bank": both[:90], "shop": both[90:]}), "8"
    elif kind == "columns":
        inputs, limit = by_columns(unit, target, train), "8"
    else:
        table = brought(features=(unit[:train], 20, 8), label=(target[:train], 20, 20))

        def inputs(me: str, backend: Any) -> dict[str, Any]:
            found = table(me, backend)
            shares = SharedTable(tuple(f"c{i}" for i in range(13)), found["features"][0], train)
            return {"features": (shares,), "label": found["label"]}

        limit = "8"
    found = run_step(
        "linear.ridge@1.0.0", inputs, {"alpha": "1", "limit": limit, "label_limit": "20"},
        wanted=["coefficients", "intercept"],
    ).opened  # fmt: skip
    oracle = Ridge(1.0).fit(unit[:train], target[:train])
    np.testing.assert_allclose(found["coefficients"], oracle.coef_, atol=2e-3)
    assert found["intercept"] == pytest.approx(oracle.intercept_, abs=2e-3)


def test_a_shared_model_of_student_grades_scores_another_schools_rows() -> None:
    """A workflow: two schools' rows train, the third set is scored by the model that nobody knows."""
    names = (*GRADES, "y")
    tables, sets = {}, []
    for who, owner, columns in (("guest", "bank", names), ("host", "shop", names), ("test", "shop", GRADES)):
        values = real_data.numbers(f"fate/student_homo_{who}.csv", columns)
        tables[f"{who}-{'a' * 32}"] = PrivateTable(
            tuple(map(str, range(len(values)))), dict(zip(columns, values.T, strict=True))
        )
        sets.append(DataSet(f"{who}-{'a' * 32}", owner, columns))
    first, second, third = tables
    flow = Workflow(
        COMMITTEE,
        tuple(sets),
        (
            step("pool", "table.stack@1.0.0", tables=(first, second)),
            step(
                "fit", "linear.ridge@1.0.0", {"limit": "128", "label_limit": "20"},
                features="pool.stacked", label="pool.stacked.y",
            ),
            step("new", "table.stack@1.0.0", {"order": "kept"}, tables=third),
            step("score", "score.glm@1.0.0", model="fit.model", tables="new.stacked"),
        ),
        ("score.scores",),
    )  # fmt: skip
    results = execute(flow, {"bank": {first: tables[first]}, "shop": {second: tables[second], third: tables[third]}})
    guest, host = students()
    rows = np.concatenate([guest, host])
    oracle = Ridge(1.0).fit(rows[:, :-1], rows[:, -1])
    expected = oracle.predict(real_data.numbers("fate/student_homo_test.csv", GRADES))
    assert np.abs(reconstruct(results)["score.scores"] - expected).max() < 0.05


@pytest.mark.slow
def test_doctor_visits_from_split_rows() -> None:
    guest = real_data.numbers("fate/dvisits_hetero_guest.csv", ["doctorco", "hscore", "chcond1", "chcond2"])
    host = real_data.numbers("fate/dvisits_hetero_host.csv", ["sex", "age", "income", "freepoor", "illness", "actdays"])
    values = np.column_stack([guest[:, 1:], host])[:2000]
    rows = np.column_stack([values / values.max(axis=0), guest[:2000, 0]])
    found = run_step(
        "glm.poisson@1.0.0", by_rows({"bank": rows[:700], "shop": rows[700:]}),
        {"alpha": "0.01", "limit": "1", "train_fraction": "1"}, wanted=["coefficients", "intercept"],
    ).opened  # fmt: skip
    oracle = PoissonRegressor(alpha=0.01, tol=1e-8, max_iter=2000).fit(rows[:, :-1], rows[:, -1])
    np.testing.assert_allclose(found["coefficients"], oracle.coef_, atol=5e-3)
    assert found["intercept"] == pytest.approx(oracle.intercept_, abs=5e-3)


# -- classes ---------------------------------------------------------------------------------------------------------


def vehicles() -> tuple[Any, Any]:
    names = [f"x{i}" for i in range(9)]
    guest = real_data.numbers("fate/vehicle_scale_hetero_guest.csv", ["y", *names])
    return np.column_stack([guest[:, 1:], real_data.numbers("fate/vehicle_scale_hetero_host.csv", names)]), guest[:, 0]


@pytest.mark.slow
def test_vehicles_are_told_apart_in_all_five_folds_as_pooled() -> None:
    """Accuracy 0.788 is that of the pooled columns in five-fold cross-validation."""
    values, target = vehicles()
    ours: list[Any] = []
    theirs: list[Any] = []
    for train, test in StratifiedKFold(5).split(values, target):
        order = np.concatenate([train, test])
        scaling = StandardScaler().fit(values[train])
        unit, classes = scaling.transform(values[order]), target[order]
        scores = run_step(
            "glm.softmax@1.0.0", by_columns(unit, classes, len(train)), {"classes": 4, "iterations": 9},
            wanted=["scores"],
        ).opened["scores"]  # fmt: skip
        oracle = LogisticRegression(tol=1e-8, max_iter=5000).fit(unit[: len(train)], target[train])
        ours.append((scores.argmax(axis=1) == target[test]).mean())
        theirs.append(oracle.score(unit[len(train) :], target[test]))
    assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=2e-3)
    assert np.mean(ours) == pytest.approx(0.788, abs=3e-3)


def test_evaluations_of_real_scores() -> None:
    """The scores are a pooled model's, in the clear; that they are evaluated right is what is tested."""
    values, target = vehicles()
    logits = np.clip(
        LogisticRegression(max_iter=5000).fit(values[::2], target[::2]).decision_function(values[1::2]), -15, 15
    )
    found = run_step(
        "eval.multiclass@1.0.0", brought(scores=(logits, 18, 16), labels=(target[1::2], 0, 3))
    ).opened  # fmt: skip
    assert np.array_equal(found["confusion"], confusion_matrix(target[1::2], logits.argmax(axis=1)))

    features, speed = motor()
    predicted = Ridge(1.0).fit(features[::2], speed[::2]).predict(features[1::2])
    found = run_step(
        "eval.regression@1.0.0", brought(scores=(predicted, 18, 8), labels=(speed[1::2], 18, 4)), {"limit": "4"}
    ).opened
    assert found["r2"] == pytest.approx(r2_score(speed[1::2], predicted), abs=1e-4)
    assert found["mse"] == pytest.approx(((speed[1::2] - predicted) ** 2).mean(), abs=1e-5)
    assert found["mae"] == pytest.approx(np.abs(speed[1::2] - predicted).mean(), abs=1e-5)


@pytest.mark.parametrize(
    ("name", "columns", "target", "rows"),
    [
        ("fate/UCI_Credit_Card.csv", CREDIT, "default.payment.next.month", 4000),
        (
            "bank_marketing/bank_additional_full_encoded.csv",
            ("age", "campaign", "cons.conf.idx", "euribor3m"),
            "y",
            4000,
        ),
    ],
)
def test_binary_evaluation_of_real_scores(name: str, columns: tuple[str, ...], target: str, rows: int) -> None:
    order = np.random.default_rng(0).permutation(30_000)
    values, labels = (
        scaled(real_data.numbers(name, columns)[order], 20_000),
        real_data.numbers(name, (target,))[order, 0],
    )
    model = LogisticRegression(max_iter=1000).fit(values[:20_000], labels[:20_000])
    scores, labels = model.decision_function(values[20_000 : 20_000 + rows]), labels[20_000 : 20_000 + rows]
    found = run_step(
        "eval.binary@1.0.0",
        brought(scores=(np.clip(scores, -30, 30), 18, 32), labels=(labels, 0, 1)),
        {"thresholds": 512},
    ).opened
    assert found["auc"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-3)
    steps = np.linspace(-6, 6, 512).reshape(-1, 1)
    true, false = ((scores >= steps)[:, labels == kind].mean(axis=1) for kind in (1, 0))
    # scores are rounded to 1/256, at random where they lie between, and these have many ties
    assert found["ks"] == pytest.approx(np.abs(true - false).max(), abs=1.5e-2)


@pytest.mark.slow
@pytest.mark.parametrize("program", ["glm.logistic@1.0.0", "glm.logistic_federated@1.0.0"])
def test_defaults_of_three_lenders_rows(program: str) -> None:
    """``default_credit`` by rows: what pooled training gives on the test file, at level 4 and at level 2."""
    names = [*(f"x{i}" for i in range(23)), "y"]
    parts = {
        owner: real_data.numbers(f"fate/default_credit_homo_{file}.csv", names)
        for owner, file in (("bank", "guest"), ("neutral", "host_1"), ("shop", "host_2"))
    }
    rows = np.concatenate(list(parts.values()))
    means, deviations = rows[:, :-1].mean(axis=0), rows[:, :-1].std(axis=0)
    low, high = (np.append(means + sign * 6 * deviations, (1 + sign) / 2) for sign in (-1, 1))
    parts = {owner: np.clip(part, low, high) for owner, part in parts.items()}  # amounts have long tails
    rows = np.concatenate(list(parts.values()))
    found = run_step(
        program, by_rows(parts), {"train_fraction": "1"} if program == "glm.logistic@1.0.0" else {},
        wanted=["coefficients", "intercept"],
    ).opened  # fmt: skip
    scaling = StandardScaler().fit(rows[:, :-1])
    model = LogisticRegression(tol=1e-8, max_iter=5000).fit(scaling.transform(rows[:, :-1]), rows[:, -1])
    assert np.abs(found["coefficients"] - model.coef_[0]).max() < 1e-3
    test = np.clip(real_data.numbers("fate/default_credit_homo_test.csv", names), low, high)
    unit = scaling.transform(test[:, :-1])
    ours = roc_auc_score(test[:, -1], unit @ found["coefficients"] + found["intercept"])
    assert ours == pytest.approx(roc_auc_score(test[:, -1], model.decision_function(unit)), abs=1e-4)


# -- clusters and features -------------------------------------------------------------------------------------------


def test_days_of_load_cluster_as_pooled() -> None:
    """Six figures of each day's demand: two utilities' days (rows), or a utility and a weather service (columns)."""
    source = real_data.numbers("load_vic/vic_elec.csv.gz", ["Demand", "Temperature"])
    days = len(source) // 48
    shape = source[: days * 48].reshape(days, 48, 2)
    rows = np.column_stack([shape.mean(axis=1), shape.max(axis=1), shape.min(axis=1)])
    rows = scaled(rows, days)
    k, iterations, parameters = 3, 6, {"clusters": 3, "iterations": 6, "start": "rows", "seed": 2}
    oracle = KMeans(k, init=rows[draw(2, days, k)], n_init=1, max_iter=iterations, tol=0, algorithm="lloyd").fit(rows)
    names = tuple("abcdef")
    for inputs in (
        lambda me, _: {"tables": (stacked(me, names, {"bank": rows[:365], "shop": rows[365:]}),)},
        lambda me, _: {"tables": (aligned(me, {"bank": (names[:3], rows[:, :3]), "shop": (names[3:], rows[:, 3:])}),)},
    ):
        found = run_step("kmeans@1.0.0", inputs, parameters).opened
        assert found["inertia"] == pytest.approx(oracle.inertia_, rel=1e-4)
        assert (found["assignments"] == oracle.labels_).mean() > 0.999


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("fate/UCI_Credit_Card.csv", CREDIT),
        ("german_credit/germancredit.csv", ("duration_in_month", "credit_amount", "age_in_years")),
    ],
)
def test_real_columns_are_standardised_and_binned(name: str, columns: tuple[str, ...]) -> None:
    values = real_data.numbers(name, columns)
    train = len(values) * 7 // 10
    table = {"bank": (columns[:1], values[:, :1]), "shop": (columns[1:], values[:, 1:])}

    def inputs(me: str, _: Any) -> dict[str, Any]:
        return {"tables": (aligned(me, table),)}

    found = run_step("feature.standardize@1.0.0", inputs, {"beyond_limit": "clip", "constant_columns": "zero"})
    oracle = StandardScaler().fit(values[:train])
    np.testing.assert_allclose(found.opened["means"], oracle.mean_, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.opened["deviations"], oracle.scale_, rtol=1e-6, atol=1e-6)
    features = found.values["features"]
    assert isinstance(features, Aligned)
    expected = np.clip(oracle.transform(values), -features.limit, features.limit)  # type: ignore[operator]
    np.testing.assert_allclose(features.tables[0].values, expected[:, :1], atol=1e-9)

    bins = run_step("feature.bin@1.0.0", inputs, {"bins": 8})
    edges = np.quantile(values, np.arange(1, 8) / 8, axis=0)
    np.testing.assert_allclose(bins.opened["edges"], edges, rtol=1e-7, atol=1e-6)
    binned = bins.values["binned"]
    assert isinstance(binned, Aligned)
    assert np.array_equal(binned.tables[0].values[:, 0], np.digitize(values[:, 0], edges[:, 0]))  # type: ignore[index]


def test_columns_of_credit_are_selected_by_their_correlation() -> None:
    names = ("LIMIT_BAL", "AGE", "BILL_AMT1", "PAY_0", "PAY_2", "PAY_AMT1")
    values = real_data.numbers("fate/UCI_Credit_Card.csv", names)[:6000]
    target = real_data.numbers("fate/UCI_Credit_Card.csv", ("default.payment.next.month",))[:6000, 0]

    def inputs(me: str, _: Any) -> dict[str, Any]:
        table = aligned(me, {"bank": (names[:2], values[:, :2]), "shop": (names[2:], values[:, 2:])})
        return {"tables": (table,), "label": (label(me, "bank", target),)}

    outcome = run_step("feature.select@1.0.0", inputs, {"rule": "correlation", "keep": 3})
    kept = outcome.values["selected"]
    assert isinstance(kept, Aligned)
    strengths = [abs(np.corrcoef(column, target)[0, 1]) for column in values.T]
    best = {names[at] for at in np.argsort(strengths)[-3:]}
    assert {column for part in kept.tables for column in part.columns} == best
