"""The demo's workflow over three real processes against scikit-learn, scipy and Python sets."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from mpc.workflow.planning import plan
from tests.integration.programs import breast_cancer as data
from tests.integration.programs.conftest import Run
from tests.integration.programs.outputs import reconstruct
from tests.integration.programs.party import workflow_of

TRAIN_FRACTION = 0.7


@dataclass
class Finished:
    folder: Path
    results: dict[str, dict[str, Any]]
    outputs: dict[str, Any]
    order: list[str]
    features: Any
    labels: Any
    train: int
    model: LogisticRegression

    @property
    def standardized(self) -> Any:
        part = self.features[: self.train]
        return (self.features - part.mean(axis=0)) / part.std(axis=0)


@pytest.fixture(scope="module")
def finished(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("workflow")
    hospital, laboratory = data.tables()
    data.write(folder, hospital, laboratory)
    results = run(data.NAMES, within=100, **data.spec(folder))
    assert all("ok" in result for result in results.values()), results
    order = json.loads((folder / f"{data.HOSPITAL}.hospital.order").read_text())
    at, there = _rows(hospital), _rows(laboratory)
    features = np.array(
        [
            [laboratory["columns"][c][there[i]] for c in data.LABORATORY_COLUMNS]
            + [hospital["columns"][c][at[i]] for c in data.HOSPITAL_COLUMNS]
            for i in order
        ]
    )
    labels = np.array([hospital["columns"][data.LABEL][at[i]] for i in order])
    train = int(TRAIN_FRACTION * len(order))
    found = Finished(
        folder, results, reconstruct(folder, results, data.NAMES), order, features, labels, train, LogisticRegression()
    )
    found.model = LogisticRegression(C=0.1, tol=1e-10, max_iter=10_000).fit(found.standardized[:train], labels[:train])
    return found


def _rows(table: dict[str, Any]) -> dict[str, int]:
    return {text.strip(): row for row, text in enumerate(table["ids"])}


def test_alignment_is_the_intersection_in_one_random_order(finished: Finished) -> None:
    hospital, laboratory = data.tables()
    common = _rows(hospital).keys() & _rows(laboratory).keys()
    theirs = json.loads((finished.folder / f"{data.LABORATORY}.laboratory.order").read_text())
    assert set(finished.order) == common
    assert [text.strip() for text in theirs] == finished.order
    assert finished.order != sorted(finished.order)
    for result in finished.results.values():
        assert result["ok"]["steps"][0][5] == [["intersection_size", len(common)]]


def test_coefficients_equal_scikit_learn(finished: Finished) -> None:
    error = np.abs(finished.model.coef_[0] - finished.outputs["train.coefficients"]).max()
    assert error < 2e-3, error
    assert abs(finished.model.intercept_[0] - finished.outputs["train.intercept"]) < 2e-3


def test_a_result_user_can_apply_the_model_to_raw_records(finished: Finished) -> None:
    part = finished.features[: finished.train]
    means, deviations = finished.outputs["scale.means"], finished.outputs["scale.deviations"]
    assert np.allclose(means, part.mean(axis=0), atol=1e-8, rtol=0)
    assert np.allclose(deviations, part.std(axis=0), atol=1e-8, rtol=0)
    logits = (finished.features - means) / deviations @ finished.outputs["train.coefficients"]
    expected = finished.model.decision_function(finished.standardized) - finished.model.intercept_[0]
    assert np.abs(logits - expected).max() < 0.03


def test_auc_and_ks_equal_the_plain_model(finished: Finished) -> None:
    scores = finished.model.decision_function(finished.standardized[finished.train :])
    labels = finished.labels[finished.train :]
    assert abs(finished.outputs["test.auc"] - roc_auc_score(labels, scores)) < 5e-3
    ks = ks_2samp(scores[labels == 1], scores[labels == 0]).statistic
    assert abs(finished.outputs["test.ks"] - ks) < 2.5e-2


def test_roc_comes_from_the_counts(finished: Finished) -> None:
    counts, roc = finished.outputs["test.counts"], finished.outputs["test.roc"]
    labels = finished.labels[finished.train :]
    assert counts[0].tolist() == [labels.sum(), (1 - labels).sum()]
    assert counts[-1].tolist() == [0, 0]
    assert (np.diff(counts, axis=0) <= 0).all()
    assert np.abs(roc - counts / counts[0]).max() < 1e-3
    exact = -np.trapezoid(counts[:, 0], counts[:, 1]) / counts[0].prod()
    assert abs(finished.outputs["test.auc"] - exact) < 1e-4


def test_only_named_outputs_leave(finished: Finished) -> None:
    left = {path.name.split(".hospital")[0] for path in finished.folder.glob("*.hospital.share")}
    assert left == set(data.spec(finished.folder)["outputs"])
    for result in finished.results.values():
        assert [record[0] for record in result["ok"]["steps"]] == ["align", "scale", "train", "test"]


def test_traffic_is_about_what_the_plan_counts(finished: Finished) -> None:
    """Not all ids match, so a plan of all rows bounds it: by a few percent here, and exactly in the steps that follow sizes alone."""
    flow = workflow_of({**data.spec(finished.folder), "names": data.NAMES})
    rows = {
        name: len(table["ids"]) for name, table in zip((data.HOSPITAL, data.LABORATORY), data.tables(), strict=True)
    }
    steps = [result["ok"]["steps"] for result in finished.results.values()]
    for place, planned in enumerate(asyncio.run(plan(flow, rows))):
        sent = max(own[place][3] for own in steps)  # a plan tells of the party that sends most
        assert 0.5 < (planned.traffic + 300) / (sent + 300) < 2, (planned.step, sent)
