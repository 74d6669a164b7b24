"""The demo's data: scikit-learn's breast-cancer set (real, 569 × 30), cut between a hospital and a laboratory.

The hospital holds the diagnosis and the ten "mean" features, the laboratory the twenty "error" and "worst" features of
mostly the same patients. Each side misses some patients and keeps its rows in an order of its own. The cut is drawn
from a fixed seed so that everyone sees the same demo; nothing about the values is made up.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_SEED = 20240607
_OVERLAP = 0.80
LABEL = "malignant"
ID = "patient"
HOSPITAL_FEATURES = 10


@dataclass(frozen=True, slots=True)
class Side:
    """One organisation's table: ids, column names and values (rows × columns), as it stands in its file."""

    ids: tuple[str, ...]
    columns: tuple[str, ...]
    values: npt.NDArray[np.float64]


def split() -> tuple[Side, Side]:
    """The hospital's side (label first, then ten features) and the laboratory's side (twenty features)."""
    # here, because importing scikit-learn takes longer than all the rest of a start
    from sklearn.datasets import load_breast_cancer  # noqa: PLC0415

    data: Any = load_breast_cancer()
    features: npt.NDArray[np.float64] = np.asarray(data.data)
    malignant = 1.0 - np.asarray(data.target, dtype=np.float64)  # scikit-learn codes benign as 1
    names = [str(name).replace(" ", "_") for name in data.feature_names]
    rng = np.random.default_rng(_SEED)
    count = len(features)
    patients = np.array([f"P-{number:05d}" for number in rng.permutation(90_000)[:count] + 10_000])
    # of all patients, 80 % are known to both sides; half of the rest to the hospital only, half to the laboratory only
    fate = rng.random(count)
    only = (1.0 - _OVERLAP) / 2
    at_hospital, at_laboratory = fate >= only, (fate < only) | (fate >= 2 * only)
    mine = rng.permutation(np.flatnonzero(at_hospital))
    theirs = rng.permutation(np.flatnonzero(at_laboratory))
    hospital = Side(
        tuple(patients[mine]),
        (LABEL, *names[:HOSPITAL_FEATURES]),
        np.column_stack([malignant[mine], features[mine, :HOSPITAL_FEATURES]]),
    )
    laboratory = Side(tuple(patients[theirs]), tuple(names[HOSPITAL_FEATURES:]), features[theirs, HOSPITAL_FEATURES:])
    return hospital, laboratory


def write_csv(side: Side, path: Path) -> None:
    """Write one side as its organisation would export it; the label is 0 or 1, features keep scikit-learn's digits."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([ID, *side.columns])
        for patient, row in zip(side.ids, side.values, strict=True):
            cells = [
                str(int(v)) if name == LABEL else repr(float(v)) for name, v in zip(side.columns, row, strict=True)
            ]
            writer.writerow([patient, *cells])
