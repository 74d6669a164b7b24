"""Statistics as a task runs them: stack, standardise, cluster and describe in one workflow, against numpy and scikit-learn."""

from typing import Any

import numpy as np
from sklearn.cluster import KMeans

from mpc.programs.clustering.kmeans.run import draw
from mpc.workflow.graph import DataSet, Workflow, problems
from mpc.workflow.values import PrivateTable
from tests.unit.mpc.workflow.test_runner import execute, reconstruct, step

OPERATOR, UTILITY = "sessions-" + "a" * 32, "meters-" + "b" * 32
COMMITTEE = ("operator", "third", "utility")
COLUMNS = ("energy", "hours")


def workflow(outputs: tuple[str, ...]) -> Workflow:
    steps = (
        step("stack", "table.stack@1.0.0", {"order": "kept"}, tables=(OPERATOR, UTILITY)),
        step("about", "stats.describe@1.0.0", {"limit": "128"}, table="stack.stacked"),
        step("one", "stats.describe@1.0.0", {"limit": "128"}, table="stack.stacked.hours"),
        step("scale", "feature.standardize_pooled@1.0.0", {"limit": "128"}, tables="stack.stacked"),
        step("group", "kmeans@1.0.0", {"clusters": 2, "iterations": 3, "start": "rows"}, tables="scale.features"),
    )
    sets = (DataSet(OPERATOR, "operator", COLUMNS), DataSet(UTILITY, "utility", COLUMNS))
    return Workflow(COMMITTEE, sets, steps, outputs, minimum_group=5)


def table(rows: Any) -> PrivateTable:
    return PrivateTable(tuple(str(at) for at in range(len(rows))), dict(zip(COLUMNS, rows.T, strict=True)))


def test_values_flow_from_step_to_step() -> None:
    rng = np.random.default_rng(13)
    rows = np.concatenate([rng.normal([10, 2], 1, (20, 2)), rng.normal([40, 9], 2, (12, 2))])[rng.permutation(32)]
    outputs = ("about.mean", "one.variance", "group.inertia", "group.sizes")
    flow = workflow(outputs)
    assert problems(flow) == ()
    assert flow.protection_level == 4
    results = execute(flow, {"operator": {OPERATOR: table(rows[:11])}, "utility": {UTILITY: table(rows[11:])}})
    got = reconstruct(results)
    assert results[0].steps[0].disclosed == (("row_counts", 2),)
    assert all(not record.disclosed for record in results[0].steps[1:])
    assert np.allclose(got["about.mean"], rows.mean(axis=0))
    assert np.allclose(got["one.variance"], rows[:, 1].var(ddof=1))
    scaled = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    model = KMeans(2, init=scaled[draw(0, 32, 2)], n_init=1, max_iter=3, tol=0).fit(scaled)
    assert abs(got["group.inertia"] - model.inertia_) < 1e-4
    assert got["group.sizes"].tolist() == np.bincount(model.labels_).tolist()
