"""No number is silently wrong: every program with a numeric result, over ordinary and ugly tables, against its oracle.

A result is within the promised tolerance, or the step is refused with a code, or an output of it (``flagged``,
``clipped``, ``shown``) says which figures are not to be trusted. A new program or a new kind of table joins by one entry.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import (
    confusion_matrix,
    mean_absolute_error,
    mean_squared_error,
    r2_score,
    roc_auc_score,
    roc_curve,
)
from statsmodels.duration.hazard_regression import PHReg

from mpc.arrays.interface import share
from mpc.programs.catalogue import CATALOGUE
from mpc.workflow.values import SharedTable
from protocol.errors import TallyError
from tests.alike import some
from tests.unit.mpc.programs.steps import aligned, label, run_step, stacked
from tests.unit.mpc.programs.test_every_program import Inputs

ROWS, TRAIN = 240, 180
NAMES = ("a", "b", "c")


@dataclass(frozen=True)
class Table:
    """Features, a 0/1 label, counts, a quantity to predict, and the limits that a contract would name for them."""

    values: Any
    bits: Any
    counts: Any
    target: Any
    limit: float
    target_limit: float


def table(kind: str) -> Table:
    rng = np.random.default_rng(13)
    unit = rng.normal(size=(ROWS, 3))
    drift = unit @ [1.0, -0.7, 0.4]
    bits = (rng.random(ROWS) < 1 / (1 + np.exp(-drift))).astype(float)
    counts = np.minimum(rng.poisson(np.exp(0.4 * drift)), 30).astype(float)
    plain = Table(unit, bits, counts, drift + rng.normal(size=ROWS), 8, 16)
    match kind:
        case "means far beyond spread":
            return replace(plain, values=unit + np.array([900, 2000, -300]), target=plain.target + 5000, limit=4096,
                           target_limit=8192)  # fmt: skip
        case "a thousandth under a million":
            return replace(plain, values=unit * [1e-3, 1, 1e5], limit=1e6)
        case "finer than the limit":
            return replace(plain, values=unit * [1e-9, 1, 1], limit=1e6)
        case "labels of a thousandth":
            return replace(plain, target=plain.target * 1e-3, target_limit=1000)
        case "heavy ties":
            return replace(plain, values=np.round(unit), target=np.round(plain.target))
        case "rare":
            rare = (rng.random((ROWS, 3)) < 0.03).astype(float)
            bits = np.zeros(ROWS)
            bits[[3, 60, 121, 200]] = 1
            return replace(plain, values=rare, bits=bits, counts=bits, limit=1)
        case "a constant column":
            return replace(plain, values=unit * [1, 0, 1] + [0, 2.5, 0])
        case "one class":
            return replace(plain, bits=np.zeros(ROWS), counts=np.zeros(ROWS), target=np.full(ROWS, 3.0))
        case _:
            return plain


KINDS = (
    "ordinary", "means far beyond spread", "a thousandth under a million", "finer than the limit",
    "labels of a thousandth", "heavy ties", "rare", "a constant column", "one class",
)  # fmt: skip
Check = tuple[str, Any, Any, float]
"""What it is, ours, the oracle's, and the tolerance."""


def below(values: Any, target: Any = None, *, port: str = "features", by: str = "label", owners: int = 2) -> Inputs:
    whole = values if target is None else np.column_stack([values, target])
    names = NAMES if target is None else (*NAMES, "y")
    cuts = np.array_split(whole, owners)

    def inputs(me: str, _: Any) -> dict[str, Any]:
        found = stacked(me, names, dict(zip(("bank", "shop", "neutral"), cuts, strict=False)))
        return {port: (found,)} | ({} if target is None else {by: (found.column("y"),)})

    return inputs


def beside(values: Any, target: Any = None, *, port: str = "tables", scaled: bool = False, by: str = "label") -> Inputs:
    def inputs(me: str, _: Any) -> dict[str, Any]:
        found = aligned(me, {"bank": (NAMES[:1], values[:, :1]), "shop": (NAMES[1:], values[:, 1:])}, TRAIN)
        found = replace(found, limit=16.0) if scaled else found
        return {port: (found,)} | ({} if target is None else {by: (label(me, "bank", target),)})

    return inputs


def secret(**given: tuple[Any, int, float]) -> Inputs:
    def inputs(me: str, backend: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for port, (values, bits, limit) in given.items():
            own = values if me == "bank" else None
            array = share(backend, own, shape=values.shape, owner=0, fraction_bits=bits, limit=limit)
            found[port] = (SharedTable(NAMES, array, TRAIN) if values.ndim == 2 and port != "scores" else array,)
        return found

    return inputs


def standardised(t: Table) -> Any:
    train = t.values[:TRAIN]
    deviation = train.std(axis=0)
    if (deviation <= 1e-9 * np.abs(train).max(axis=0)).any():
        pytest.skip("feature.standardize refuses a constant column by default")
    return np.clip((t.values - train.mean(axis=0)) / deviation, -16, 16)


def describe_rows(t: Table) -> list[Check]:
    found = run_step("stats.describe@1.0.0", below(t.values, port="table"), {"limit": repr(t.limit)}).opened
    return described(found, t)


def describe_columns(t: Table) -> list[Check]:
    found = run_step("stats.describe@1.0.0", beside(t.values, port="table"), {"limit": repr(t.limit)}).opened
    return described(found, t)


def described(found: Any, t: Table) -> list[Check]:
    spread = np.maximum(t.values.std(axis=0), 1e-12 + (t.values.std(axis=0) == 0))
    return [
        ("mean", found["mean"] / spread, t.values.mean(axis=0) / spread, 1e-3),
        ("variance", found["variance"] / spread**2, t.values.var(axis=0, ddof=1) / spread**2, 3e-3),
        ("quantiles", found["quantiles"] / spread, np.quantile(t.values, [0.25, 0.5, 0.75], axis=0) / spread, 1e-3),
    ]


def correlated(inputs: Callable[..., Inputs]) -> Callable[[Table], list[Check]]:
    def check(t: Table) -> list[Check]:
        rows = inputs is below
        given = {"limit": repr(t.limit)} if rows else {"constant_columns": "zero"}
        found = run_step("stats.correlation@1.0.0", inputs(t.values, port="tables"), given).opened["correlation"]
        with np.errstate(invalid="ignore", divide="ignore"):
            oracle = np.nan_to_num(np.corrcoef(t.values.T))  # 0 of a constant column
        varies = t.values.std(axis=0) > 0
        oracle[~varies] = oracle[:, ~varies] = 0
        keep = np.ix_(varies, varies)
        return [("r", found[keep], oracle[keep], 1e-3), ("r of constants", found * ~np.outer(varies, varies), 0, 1e-6)]

    return check


def pooled_scaling(t: Table) -> list[Check]:
    given, wanted = {"limit": repr(t.limit)}, ("features",)
    found = run_step("feature.standardize_pooled@1.0.0", below(t.values, port="tables"), given, wanted=wanted)
    deviation = t.values.std(axis=0)
    oracle = (t.values - t.values.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return [("standardised", found.opened["features"], np.clip(oracle, -16, 16), 1e-3)]


def selection(rule: str) -> Callable[[Table], list[Check]]:
    def check(t: Table) -> list[Check]:
        given = {"keep": 1, "rule": rule, "limit": repr(t.limit)}
        found = run_step("feature.select@1.0.0", beside(t.values, t.target), given)
        selected: Any = found.values["selected"]
        (kept,) = [name for part in selected.tables for name in part.columns]
        with np.errstate(invalid="ignore", divide="ignore"):
            r = np.nan_to_num([np.corrcoef(column, t.target)[0, 1] for column in t.values.T])
        best = int(np.argmax(t.values.var(axis=0) if rule == "variance" else np.abs(r)))
        return [("the best column", NAMES.index(kept), best, 0)]

    return check


def ridge(layout: str) -> Callable[[Table], list[Check]]:
    def check(t: Table) -> list[Check]:
        values, wanted = t.values, ["coefficients", "intercept", "flagged"]
        given = {"limit": repr(t.limit), "label_limit": repr(t.target_limit), "train_fraction": "1"}
        train = slice(None)
        if layout == "rows":
            inputs = below(values, t.target)
        elif layout == "columns":
            values, train = standardised(t), slice(TRAIN)
            inputs = beside(values, t.target, port="features", scaled=True)
        else:
            train = slice(TRAIN)
            inputs = secret(features=(values, 24, t.limit), label=(t.target, 24, t.target_limit))
        found = run_step("linear.ridge@1.0.0", inputs, given, wanted=wanted).opened
        if found["flagged"]:
            return []
        oracle = Ridge(1.0).fit(values[train], t.target[train])
        size = max(t.target[train].std(), 1e-3 * abs(t.target).max())
        spread = values[train].std(axis=0)
        ours = values @ found["coefficients"] + found["intercept"]
        return [
            ("standardised coefficients", found["coefficients"] * spread / size, oracle.coef_ * spread / size, 1e-3),
            ("predictions", ours / size, oracle.predict(values) / size, 2e-3),
        ]

    return check


def least_squares(t: Table) -> list[Check]:
    given = {"limit": repr(t.limit), "label_limit": repr(t.target_limit), "alpha": "0"}
    wanted = ["flagged", "standard_errors", "intercept_error", "spread", "fitted_rows"]
    found = run_step("linear.ridge@1.0.0", below(t.values, t.target), given, wanted=wanted).opened
    if found["flagged"] or not found["standard_errors"].all():
        return []
    design = np.column_stack([t.values, np.ones(ROWS)])
    left = t.target - design @ np.linalg.lstsq(design, t.target, rcond=None)[0]
    residual = np.sqrt(left @ left / (ROWS - 4))
    centred = t.values - t.values.mean(axis=0)
    turned, middle = np.linalg.inv(centred.T @ centred), t.values.mean(axis=0)
    known = residual * np.sqrt(np.diag(turned))
    of_intercept = residual * np.sqrt(1 / ROWS + middle @ turned @ middle)
    return [
        ("standard errors", found["standard_errors"] / known, 1, 1e-3),
        ("the intercept's", found["intercept_error"] / of_intercept, 1, 1e-3),
        ("spread", found["spread"] / [residual, t.target.std(ddof=1)], 1, 1e-3),
        ("rows", found["fitted_rows"], ROWS, 0),
    ]


def logistic(layout: str) -> Callable[[Table], list[Check]]:
    def check(t: Table) -> list[Check]:
        values, train, given = t.values, slice(None), {"train_fraction": "1", "limit": "64"}
        wanted = ["coefficients", "intercept"]
        errors = ["standard_errors", "intercept_error", "convergence", "fitted_rows"]
        program = "glm.logistic@1.0.0"
        if layout == "columns":
            values, train = standardised(t), slice(TRAIN)
            inputs = beside(values, t.bits, port="features", scaled=True)
        elif layout == "rows":
            inputs = below(values, t.bits)
        else:
            program, given, errors = "glm.logistic_federated@1.0.0", {"limit": "64"}, []
            inputs = below(values, t.bits, owners=3)
        found = run_step(program, inputs, given, wanted=wanted + errors).opened
        if layout != "columns":
            deviation = values.std(axis=0)
            values = (values - values.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
        oracle = LogisticRegression(tol=1e-10, max_iter=5000).fit(values[train], t.bits[train])
        varies = values[train].std(axis=0) > 0
        checks = [("coefficients", found["coefficients"][varies], oracle.coef_[0][varies], 2e-3)]
        if errors:
            design = np.column_stack([values[train], np.ones(len(values[train]))])
            chance = oracle.predict_proba(values[train])[:, 1]
            information = (design * (chance * (1 - chance)).reshape(-1, 1)).T @ design + np.diag([1.0, 1, 1, 0])
            known = np.sqrt(np.diag(np.linalg.inv(information)))
            ours = np.append(found["standard_errors"], found["intercept_error"])
            checks.append(("standard errors", ours / known, 1, 1e-3))
            counts = [len(design), t.bits[train].sum()]
            checks.append(("rows and events", found["fitted_rows"], counts, 0))
        return checks

    return check


def poisson(t: Table) -> list[Check]:
    values = standardised(t)
    found = run_step(
        "glm.poisson@1.0.0", beside(values, t.counts, port="features", scaled=True), {"alpha": "0.01"},
        wanted=["coefficients"],
    ).opened  # fmt: skip
    oracle = PoissonRegressor(alpha=0.01, tol=1e-10, max_iter=5000).fit(values[:TRAIN], t.counts[:TRAIN])
    return [("coefficients", found["coefficients"], oracle.coef_, 2e-3)]


def survival(t: Table) -> list[Check]:
    """Times are counts, with many ties."""
    values, time, event = standardised(t), t.counts + 1, t.bits

    def inputs(me: str, backend: Any) -> dict[str, Any]:
        found = beside(values, event, port="features", scaled=True, by="event")(me, backend)
        return found | {"time": (label(me, "bank", time, "t"),)}

    given = {"alpha": "0.0001", "iterations": 6}
    found = run_step("survival.cox@1.0.0", inputs, given, wanted=["coefficients", "convergence"]).opened
    if found["convergence"][2:].any() or found["convergence"][0] > 1e-3:
        return []  # flagged: at a limit, or still moving
    model, pull = PHReg(time[:TRAIN], values[:TRAIN], status=event[:TRAIN], ties="breslow"), 0.0001 * TRAIN
    oracle = minimize(
        lambda w: pull / 2 * (w @ w) - model.loglike(w), np.zeros(3), jac=lambda w: pull * w - model.score(w),
        options={"gtol": 1e-7},
    )  # fmt: skip
    return [("log hazard ratios", found["coefficients"], oracle.x, 1e-3)]


def softmax(t: Table) -> list[Check]:
    values, classes = standardised(t), np.minimum(t.counts, 2)
    found = run_step(
        "glm.softmax@1.0.0", beside(values, classes, port="features", scaled=True), {"classes": 3, "c": "1"},
        wanted=["coefficients"],
    ).opened  # fmt: skip
    oracle = LogisticRegression(tol=1e-10, max_iter=5000).fit(values[:TRAIN], classes[:TRAIN])
    return [("coefficients", found["coefficients"], oracle.coef_.T, 3e-3)]


def weighed(inputs: Callable[..., Inputs]) -> Callable[[Table], list[Check]]:
    def check(t: Table) -> list[Check]:
        rows = ROWS if inputs is below else TRAIN
        bins = np.digitize(t.values, [-0.5, 0.5]).astype(float)
        found = run_step("feature.woe_iv@1.0.0", inputs(bins, t.bits, port="tables"), {"bins": 3}).opened
        oracle = np.empty((3, 3))
        for column in range(3):
            for place in range(3):
                here = bins[:rows, column] == place
                p, q = (here & (t.bits[:rows] == side) for side in (1, 0))
                total = t.bits[:rows].sum()
                oracle[column, place] = np.log((p.sum() + 0.5) / (total + 1.5)) - np.log(
                    (q.sum() + 0.5) / (rows - total + 1.5)
                )
        return [("weights of evidence", found["woe"], oracle, 1e-3)]

    return check


def grouped(t: Table) -> list[Check]:
    groups = np.minimum(t.counts, 1)
    found = run_step(
        "stats.groupby@1.0.0", below(t.values, groups, port="tables", by="by"), {"groups": 2, "limit": repr(t.limit)}
    ).opened
    checks: list[Check] = []
    for group in (0, 1):
        here = t.values[groups == group]
        if len(here):
            size = np.maximum(here.std(axis=0), np.where(here.std(axis=0) > 0, 1e-12, 1))
            checks.append((f"mean of {group}", found["mean"][group] / size, here.mean(axis=0) / size, 1e-3))
    return checks


def crossed(t: Table) -> list[Check]:
    def inputs(me: str, _: Any) -> dict[str, Any]:
        row, column = label(me, "bank", np.minimum(t.counts, 2)), label(me, "shop", t.bits)
        return {"row": (row,), "column": (column,)}

    found = run_step("stats.crosstab@1.0.0", inputs, {"row_levels": 3}).opened
    oracle = np.zeros((3, 2))
    np.add.at(oracle, (np.minimum(t.counts, 2).astype(int), t.bits.astype(int)), 1)
    return [("table", found["table"], oracle, 0)]


def clustered(t: Table) -> list[Check]:
    given = {"clusters": 2, "iterations": 8, "limit": repr(t.limit)}
    found = run_step("kmeans@1.0.0", below(t.values, port="tables"), given).opened
    nearest = ((t.values[:, None, :] - found["centroids"][None]) ** 2).sum(axis=2)
    inertia = nearest.min(axis=1).sum()
    return [("inertia of the centroids", found["inertia"] / max(inertia, 1e-300), 1.0, 2e-2)]


def binary(t: Table) -> list[Check]:
    scores = np.round(0.3 * t.values[:, 0] / max(t.values[:, 0].std(), 1e-300) * 4096) / 4096 - 9
    found = run_step("eval.binary@1.0.0", secret(scores=(scores, 18, 64.0), labels=(t.bits, 0, 1.0))).opened
    false, true, _ = roc_curve(t.bits, scores)
    return [
        ("auc", found["auc"], roc_auc_score(t.bits, scores), 1e-6),
        ("ks", found["ks"], max(abs(true - false)), 1e-6),
    ]


def multiclass(t: Table) -> list[Check]:
    truth = np.minimum(t.counts, 2)
    scores = np.clip(np.column_stack([t.values[:, 0], t.values[:, 2], t.bits]), -4000, 4000)
    found = run_step("eval.multiclass@1.0.0", secret(scores=(scores, 18, 4096.0), labels=(truth, 0, 2.0))).opened
    rounded = np.round(scores * 2**18)
    return [("confusion", found["confusion"], confusion_matrix(truth, rounded.argmax(axis=1), labels=[0, 1, 2]), 0)]


def regression(t: Table) -> list[Check]:
    noise = t.values[:, 2] - t.values[:, 2].mean()
    guess = t.target + 0.1 * noise / noise.std() * max(t.target.std(), 1e-3)
    given = secret(scores=(guess, 40, 2.0 * t.target_limit), labels=(t.target, 40, t.target_limit))
    found = run_step("eval.regression@1.0.0", given, {"limit": repr(t.target_limit)}).opened
    if found["clipped"]:
        return []
    return [
        ("r2", found["r2"], r2_score(t.target, guess), 1e-3),
        ("mae", found["mae"] / mean_absolute_error(t.target, guess), 1, 1e-3),
        ("mse", found["mse"] / mean_squared_error(t.target, guess), 1, 1e-2),
    ]


CASES: dict[str, Callable[[Table], list[Check]]] = {
    "stats.describe, rows": describe_rows,
    "stats.describe, columns": describe_columns,
    "stats.correlation, rows": correlated(below),
    "stats.correlation, columns": correlated(beside),
    "feature.standardize_pooled": pooled_scaling,
    "feature.select, variance": selection("variance"),
    "feature.select, correlation": selection("correlation"),
    "linear.ridge, rows": ridge("rows"),
    "linear.ridge, columns": ridge("columns"),
    "linear.ridge, shared": ridge("shared"),
    "linear.ridge, errors": least_squares,
    "glm.logistic, columns": logistic("columns"),
    "glm.logistic, rows": logistic("rows"),
    "glm.logistic_federated": logistic("federated"),
    "glm.poisson": poisson,
    "glm.softmax": softmax,
    "survival.cox": survival,
    "feature.woe_iv, columns": weighed(beside),
    "feature.woe_iv, rows": weighed(below),
    "stats.groupby": grouped,
    "stats.crosstab": crossed,
    "kmeans": clustered,
    "eval.binary": binary,
    "eval.multiclass": multiclass,
    "eval.regression": regression,
}
NOT_NUMERIC = {"prepare.folds", "prepare.fold", "psi.align", "table.stack", "feature.bin"}
ELSEWHERE = {
    "prepare.table": "an owner's own double precision, against scikit-learn",
    "score.card": "tests of scorecards compare every bin with the model's weights",
    "score.points": "tests of scorecards compare every row with the card",
    "eval.stability": "counts, which weights of evidence are made of too: its own test compares it with numpy",
    "stats.sql": "test_stats_sql.py compares with DuckDB, and has what is refused",
    "gwas.assoc": "whole numbers: tests of association count person by person, and compare what follows with scipy",
    "psi.join": "tests of joins compare it with SQLite",
    "graph.propagate": "classes alone come out: its tests compare them with scipy's sparse products",
    "reconcile.flows": "whole units of money: its tests compare it with DuckDB",
    "feature.standardize": "an owner's own double precision",
    "score.glm": "tests of scoring compare it with its model",
    "tree.boost": "trees depend on the order of values alone: their tests compare splits and scores with scikit-learn",
    "tree.regress": "as tree.boost",
    "score.tree": "tests of boosting compare it with the opened model",
}


def test_no_program_is_left_out() -> None:
    walked = {name.partition(",")[0] for name in CASES}
    assert walked | NOT_NUMERIC | set(ELSEWHERE) == {name.partition("@")[0] for name in CATALOGUE}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", some(KINDS, always=(0, 1, 3, 8)))
@pytest.mark.parametrize("name", CASES)
def test_right_or_refused_or_flagged(name: str, kind: str) -> None:
    try:
        checks = CASES[name](table(kind))
    except TallyError as refusal:
        assert kind not in ("ordinary", "heavy ties"), refusal
        assert refusal.fix
        return
    for what, ours, oracle, tolerance in checks:
        assert np.abs(np.asarray(ours) - oracle).max() <= tolerance, (what, ours, oracle)
