"""A scorecard over three real processes, bins → weights of evidence → logistic regression, against numpy and scikit-learn.

Under a minimum group, and two owners that read: nothing on the way is opened but how many rows are common.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from mpc.workflow.graph import DataSet, Workflow, problems
from protocol.contract import Step
from tests.integration.programs import breast_cancer as data
from tests.integration.programs.breast_cancer import step
from tests.integration.programs.conftest import Run
from tests.integration.programs.outputs import reconstruct
from tests.unit.mpc.programs.group_rule import shown_rows

BINS, GROUP, SMOOTHING = 3, 10, 0.5
OURS, THEIRS = data.HOSPITAL_COLUMNS[:3], data.LABORATORY_COLUMNS[:3]
LABEL = f"align.aligned.hospital.{data.LABEL}"


def spec(folder: Path) -> dict[str, Any]:
    return data.spec(
        folder,
        data_sets=[[data.LABORATORY, "laboratory", THEIRS], [data.HOSPITAL, "hospital", [data.LABEL, *OURS]]],
        steps=[
            step("align", "psi.align@1.0.0", {}, tables=[data.LABORATORY, data.HOSPITAL]),
            step("scale", "feature.standardize@1.0.0", {"limit": "64"}, tables=["align.aligned"], label=[LABEL]),
            step("cut", "feature.bin@1.0.0", {"bins": BINS}, tables=["scale.features"]),
            step("weigh", "feature.woe_iv@1.0.0", {"bins": BINS}, tables=["cut.binned"], label=[LABEL]),
            step("train", "glm.logistic@1.0.0", {}, features=["weigh.transformed"], label=["weigh.labels"]),
            step("test", "eval.binary@1.0.0", {}, scores=["train.scores"], labels=["train.labels"]),
        ],
        outputs=["weigh.woe", "weigh.iv", "train.coefficients", "train.intercept", "test.auc"],
        minimum_group=GROUP,
        readers=["hospital", "laboratory"],
    )


def test_a_scorecard_is_that_of_the_pooled_table(run: Run, tmp_path: Path) -> None:
    hospital, laboratory = data.tables()
    data.write(tmp_path, hospital, laboratory)
    results = run(data.NAMES, within=100, **spec(tmp_path))
    assert all("ok" in result for result in results.values()), results
    found = reconstruct(tmp_path, results, data.NAMES)
    order = json.loads((tmp_path / f"{data.HOSPITAL}.hospital.order").read_text())
    at, there = ({text.strip(): row for row, text in enumerate(table["ids"])} for table in (hospital, laboratory))
    rows = np.array(
        [
            [laboratory["columns"][c][there[i]] for c in THEIRS] + [hospital["columns"][c][at[i]] for c in OURS]
            for i in order
        ]
    )
    labels = np.array([hospital["columns"][data.LABEL][at[i]] for i in order])
    train = int(0.7 * len(order))
    weights = weighed(rows, labels, train)
    assert np.abs(found["weigh.woe"] - weights).max() < 1e-6
    assert np.abs(weights).max() > 1
    places = binned(rows, train)
    table = np.column_stack([weights[column][places[:, column]] for column in range(rows.shape[1])])
    model = LogisticRegression(tol=1e-10, max_iter=10_000).fit(table[:train], labels[:train])
    assert np.abs(found["train.coefficients"] - model.coef_[0]).max() < 5e-3
    assert abs(found["train.intercept"] - model.intercept_[0]) < 5e-3
    expected = roc_auc_score(labels[train:], model.decision_function(table[train:]))
    assert abs(found["test.auc"] - expected) < 2e-2
    bit = [["every_class_occurs", 1]]
    for result in results.values():
        assert [record[5] for record in result["ok"]["steps"][1:]] == [[], [], bit, bit, bit]


def binned(rows: Any, train: int) -> Any:
    edges = np.quantile(rows[:train], np.arange(1, BINS) / BINS, axis=0)
    return np.column_stack([np.searchsorted(edges[:, c], rows[:, c], side="right") for c in range(rows.shape[1])])


def weighed(rows: Any, labels: Any, train: int) -> Any:
    """Weights of evidence of the training rows, bins of few positives or negatives left out."""
    found = []
    for places in binned(rows, train)[:train].T:
        both = np.array([[((places == b) & (labels[:train] == y)).sum() for y in (0, 1)] for b in range(BINS)])
        shares = (both + SMOOTHING) / (both.sum(axis=0) + SMOOTHING * BINS)
        found.append(np.where(shown_rows([both], GROUP), np.log(shares[:, 1] / shares[:, 0]), 0))
    return np.array(found)


def test_a_label_of_other_rows_is_refused_before_anything_runs(tmp_path: Path) -> None:
    given = spec(tmp_path)
    steps = [
        Step(
            s["id"], s["program"], tuple(s["parameters"].items()), tuple((k, tuple(v)) for k, v in s["inputs"].items())
        )
        for s in given["steps"]
    ]
    steps[4] = Step("train", "glm.logistic@1.0.0", (), (("features", ("weigh.transformed",)), ("label", (LABEL,))))
    sets = tuple(DataSet(name, owner, tuple(columns)) for name, owner, columns in given["data_sets"])
    flow = Workflow(data.NAMES, sets, tuple(steps), tuple(given["outputs"]))
    found = problems(flow)
    assert found[0].code == "workflow.mispaired"
    assert "shared: beside it 'label' takes shares" in found[0].what
