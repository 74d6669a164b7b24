"""Programs that take joined tables, behind the join in one workflow, against numpy and scikit-learn on SQLite's join of the same tables."""

import asyncio
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression, Ridge

from mpc.workflow.dry_run import dry_run
from mpc.workflow.graph import DataSet, Workflow, problems
from mpc.workflow.values import PrivateTable
from protocol.contract import Step
from tests.unit.mpc.programs.test_psi_join import Table, merged, rows_of, table
from tests.unit.mpc.workflow.test_runner import execute, reconstruct, step

BANK, SHOP, LABEL = "loans-" + "a" * 32, "orders-" + "b" * 32, "defaults-" + "c" * 32
COMMITTEE = ("bank", "neutral", "shop")
ROWS = 90


def tables() -> tuple[Table, Table, Table]:
    """Two owners' features and the shop's labels: of 90 people the bank has 80 and the shop 75, in orders of their own."""
    rng = np.random.default_rng(5)
    people = [f"person-{at:03d}" for at in range(ROWS)]
    bank, shop = table(people[:80], 1, "ab"), table(people[15:], 2, "c")
    drift = dict.fromkeys(people, 0.0)
    for found in (bank, shop):
        for at, name in enumerate(found["id"]):
            drift[name] += sum(float(found[column][at]) for column in found if column != "id")
    flags = {"id": shop["id"], "y": np.array([drift[name] + rng.logistic() > 0 for name in shop["id"]], float)}
    return bank, shop, flags


def private(found: Table) -> PrivateTable:
    return PrivateTable(tuple(found["id"]), {name: np.asarray(found[name], float) for name in found if name != "id"})


def computed(steps: tuple[Step, ...], outputs: tuple[str, ...], group: int = 0, label: Table | None = None) -> Any:
    bank, shop, flags = tables()
    sets = (DataSet(BANK, "bank", ("a", "b")), DataSet(SHOP, "shop", ("c",)), DataSet(LABEL, "shop", ("y",)))
    flow = Workflow(COMMITTEE, sets, steps, outputs, minimum_group=group, readers=("neutral",))
    assert problems(flow) == ()
    assert flow.protection_level == 4
    theirs = {SHOP: private(shop), LABEL: private(flags if label is None else label)}
    results = execute(flow, {"bank": {BANK: private(bank)}, "shop": theirs})
    assert not [result for result in results if isinstance(result, BaseException)], results
    assert all(not result.alignment for result in results), "an owner learns no row of its own"
    return reconstruct(results)


def whole(kind: str = "inner") -> Any:
    """The oracle's rows: a, b, c and y."""
    bank, shop, flags = tables()
    names, found = merged({"bank": bank, "shop": shop, "flags": flags}, kind)
    return found[:, [names.index(name) for name in ("bank.a", "bank.b", "shop.c", "flags.y")]]


@pytest.mark.parametrize("kind", ["inner", "left", "outer"])
def test_describe(kind: str) -> None:
    steps = (
        step("join", "psi.join@1.0.0", {"limit": "16", "kind": kind}, tables=(BANK, SHOP)),
        step("all", "stats.describe@1.0.0", {"limit": "16"}, table="join.joined"),
    )
    found = computed(steps, ("all.count", "all.mean", "all.variance"))
    bank, shop, _ = tables()
    _, cells = merged({"bank": bank, "shop": shop}, kind)
    assert found["all.count"].tolist() == [len(cells)] * cells.shape[1]
    assert np.abs(found["all.mean"] - cells.mean(axis=0)).max() < 1e-6
    assert np.abs(found["all.variance"] - cells.var(axis=0, ddof=1)).max() < 1e-6


@pytest.mark.parametrize("group", [pytest.param(0, marks=pytest.mark.slow), 5])
def test_logistic_regression_on_a_label_that_was_joined(group: int) -> None:
    steps = (
        step("join", "psi.join@1.0.0", {"limit": "16"}, tables=(BANK, SHOP), label=LABEL),
        step("scale", "feature.standardize_pooled@1.0.0", {"limit": "16"}, tables="join.joined"),
        step("fit", "glm.logistic@1.0.0", {"c": "1"}, features="scale.features", label="join.labels"),
    )
    found = computed(steps, ("fit.coefficients", "fit.intercept"), group)
    data = whole()
    features = (data[:, :3] - data[:, :3].mean(axis=0)) / data[:, :3].std(axis=0)
    oracle = LogisticRegression(tol=1e-10, max_iter=5000).fit(features, data[:, 3])
    assert np.abs(found["fit.coefficients"] - oracle.coef_[0]).max() < 2e-3
    assert abs(found["fit.intercept"] - oracle.intercept_[0]) < 2e-3


@pytest.mark.slow
def test_ridge_regression_on_a_number_that_was_joined() -> None:
    _, shop, flags = tables()
    prices = {"id": flags["id"], "y": 3.0 * flags["y"] + np.asarray(shop["c"])}
    steps = (
        step("join", "psi.join@1.0.0", {"limit": "16", "label_values": "numbers"}, tables=(BANK, SHOP), label=LABEL),
        step("fit", "linear.ridge@1.0.0", {"label_limit": "16", "limit": "16", "train_fraction": "1"},
             features="join.joined", label="join.labels"),
    )  # fmt: skip
    found = computed(steps, ("fit.coefficients", "fit.intercept"), label=prices)
    data = whole()
    oracle = Ridge(1.0).fit(data[:, :3], 3.0 * data[:, 3] + data[:, 2])
    assert np.abs(found["fit.coefficients"] - oracle.coef_).max() < 1e-3
    assert abs(found["fit.intercept"] - oracle.intercept_) < 1e-3


@pytest.mark.slow
def test_clusters_of_joined_rows() -> None:
    steps = (
        step("join", "psi.join@1.0.0", {"limit": "16"}, tables=(BANK, SHOP)),
        step("near", "kmeans@1.0.0", {"clusters": 2, "iterations": 12, "limit": "16"}, tables="join.joined"),
    )
    found = computed(steps, ("near.centroids", "near.sizes"))
    data = whole()[:, :3]
    model = KMeans(2, init=found["near.centroids"], n_init=1, max_iter=1).fit(data)
    assert np.bincount(model.labels_).tolist() == found["near.sizes"].tolist()
    assert np.abs(rows_of(model.cluster_centers_) - rows_of(found["near.centroids"])).max() < 0.2


@pytest.mark.slow
def test_a_joined_table_is_split_as_the_contract_says_and_evaluated() -> None:
    steps = (
        step("join", "psi.join@1.0.0", {"limit": "16", "train_fraction": "0.6"}, tables=(BANK, SHOP), label=LABEL),
        step("fit", "glm.logistic@1.0.0", {"iterations": 6}, features="join.joined", label="join.labels"),
        step("judge", "eval.binary@1.0.0", {"thresholds": 9}, scores="fit.scores", labels="fit.labels"),
    )
    found = computed(steps, ("judge.auc", "judge.counts"))
    assert 0.5 < found["judge.auc"] <= 1
    assert found["judge.counts"][0].sum() == len(whole()) - int(0.6 * len(whole()))


def test_an_owner_hears_before_it_signs_what_its_rows_alone_decide() -> None:
    bank, _, _ = tables()
    bank["a"][0], bank["b"] = 17.0, (np.arange(80) < 2).astype(float)
    sets = (DataSet(BANK, "bank", ("a", "b")), DataSet(SHOP, "shop", ("c",)))
    join = step("join", "psi.join@1.0.0", {"limit": "16"}, tables=(BANK, SHOP))
    about = step("all", "stats.describe@1.0.0", {"limit": "16"}, table="join.joined")
    flow = Workflow(COMMITTEE, sets, (join, about), ("all.mean",), minimum_group=5, readers=("neutral",))
    found = asyncio.run(dry_run(flow, "bank", {BANK: private(bank)}, {BANK: 80, SHOP: 75}))
    said = [(finding.code, finding.columns, finding.rows, finding.notice) for finding in found.findings]
    assert said == [("stats.beyond_limit", ("a",), 1, False), ("group.rare_hidden", ("b",), None, True)]
    assert found.untried == ()
