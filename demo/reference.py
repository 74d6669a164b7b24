"""What scikit-learn says in the clear: the hospital alone, and the pooled model that the joint one must equal.

The pooled figures need both sides' rows in one place; only the demo, which made both files, has them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from demo.data import Side

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model and how it does on the test rows."""

    coefficients: Floats
    intercept: float
    auc: float
    ks: float
    roc: tuple[tuple[float, float], ...]


def fit(features: Floats, labels: Floats, train: int, c: float) -> Model:
    """Standardise by the first ``train`` rows, fit on them, evaluate on the others (scikit-learn throughout)."""
    # here, because importing scikit-learn takes longer than all the rest of a start
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.metrics import roc_auc_score, roc_curve  # noqa: PLC0415

    mean, deviation = features[:train].mean(axis=0), features[:train].std(axis=0)
    scaled = (features - mean) / deviation
    model = LogisticRegression(C=c, max_iter=10_000, tol=1e-10).fit(scaled[:train], labels[:train])
    scores = model.decision_function(scaled[train:])
    false, true, _ = roc_curve(labels[train:], scores, drop_intermediate=False)
    return Model(
        np.asarray(model.coef_)[0],
        float(model.intercept_[0]),
        float(roc_auc_score(labels[train:], scores)),
        float(np.max(true - false)),
        tuple(zip(map(float, false), map(float, true), strict=True)),
    )


def pooled(hospital: Side, laboratory: Side, order: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Features (hospital's columns, then the laboratory's) and labels of the patients in ``order``."""
    mine = dict(zip(hospital.ids, hospital.values, strict=True))
    theirs = dict(zip(laboratory.ids, laboratory.values, strict=True))
    rows = np.array([np.concatenate([mine[patient], theirs[patient]]) for patient in order])
    return rows[:, 1:], rows[:, 0]
