"""The demo's data: scikit-learn's breast cancer records split between a hospital and a laboratory."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer

NAMES = ("exchange", "hospital", "laboratory")
HOSPITAL = "diagnoses-" + "5f" * 16
LABORATORY = "assays-" + "c3" * 16
HOSPITAL_COLUMNS = tuple(f"h{i:02d}" for i in range(10))
LABORATORY_COLUMNS = tuple(f"l{i:02d}" for i in range(20))
LABEL = "diagnosis"


def tables(seed: int = 1, overlap: float = 0.9) -> tuple[dict[str, Any], dict[str, Any]]:
    """Hospital: label and the first ten features; laboratory: the other twenty. ~80 % overlap, own order each."""
    features, target = load_breast_cancer(return_X_y=True)
    count, rng = len(target), np.random.default_rng(seed)
    ids = np.array([f"patient-{number:06d}" for number in rng.choice(10**6, count, replace=False)])
    ours, theirs = (rng.permutation(count)[: int(overlap * count)] for _ in range(2))
    hospital = {name: features[ours, i].tolist() for i, name in enumerate(HOSPITAL_COLUMNS)}
    hospital[LABEL] = (1 - target[ours]).astype(float).tolist()
    laboratory = {name: features[theirs, 10 + i].tolist() for i, name in enumerate(LABORATORY_COLUMNS)}
    return (
        {"ids": ids[ours].tolist(), "columns": hospital},
        {"ids": [f" {text} " for text in ids[theirs]], "columns": laboratory},
    )


def write(folder: Path, hospital: dict[str, Any], laboratory: dict[str, Any]) -> None:
    (folder / f"{HOSPITAL}.json").write_text(json.dumps(hospital))
    (folder / f"{LABORATORY}.json").write_text(json.dumps(laboratory))


def spec(folder: Path, limit: str = "24", **changes: Any) -> dict[str, Any]:
    """The workflow of the demo: align, standardise, train, evaluate.

    ``limit`` is the demo's: some random orders put one record further than the program's default from those that train.
    """
    label = f"align.aligned.hospital.{LABEL}"
    return {
        "body": "workflow",
        "folder": str(folder),
        "total": 90.0,
        "deadline": 80.0,
        "data_sets": [
            [LABORATORY, "laboratory", LABORATORY_COLUMNS],
            [HOSPITAL, "hospital", [LABEL, *HOSPITAL_COLUMNS]],
        ],
        "steps": [
            step("align", "psi.align@1.0.0", {}, tables=[LABORATORY, HOSPITAL]),
            step("scale", "feature.standardize@1.0.0", {"limit": limit}, tables=["align.aligned"], label=[label]),
            step("train", "glm.logistic@1.0.0", {"c": "0.1"}, features=["scale.features"], label=[label]),
            step("test", "eval.binary@1.0.0", {}, scores=["train.scores"], labels=["train.labels"]),
        ],
        "outputs": [
            "train.coefficients",
            "train.intercept",
            "scale.means",
            "scale.deviations",
            "test.auc",
            "test.ks",
            "test.roc",
            "test.counts",
        ],
        **changes,
    }


def step(name: str, program: str, parameters: dict[str, Any], **inputs: list[str]) -> dict[str, Any]:
    return {"id": name, "program": program, "parameters": parameters, "inputs": inputs}
