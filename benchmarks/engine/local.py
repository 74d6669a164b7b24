"""scikit-learn on the pooled rows: ``python -m benchmarks.engine.local <row> '<size>'`` prints seconds and coefficients.

In a process of its own with all cores; making the data is not timed. The intercept comes last.
"""

import json
import sys
import time
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from benchmarks.engine import data
from benchmarks.engine.work import Size

PENALTY = 1.0
"""scikit-learn's ``alpha`` of Ridge and ``C`` of LogisticRegression; the programs take the same."""


def pooled(row: str, size: Size) -> tuple[data.Floats, data.Floats, data.Floats]:
    """All owners' rows one below the other; standardised for the logistic rows, as the programs do it."""
    owners, rows = (3, size.three_rows) if row == "split_logistic_level2" else (2, size.two_rows)
    parts = [data.split(size, owner, rows) for owner in range(owners)]
    x, labels, outcome = (np.concatenate([part[i] for part in parts]) for i in range(3))
    return (x if row == "split_linear" else (x - x.mean(0)) / x.std(0)), labels, outcome


def fit(row: str, size: Size) -> dict[str, Any]:
    """Seconds of the fit alone, and the coefficients."""
    x, labels, outcome = pooled(row, size)
    model = Ridge(alpha=PENALTY) if row == "split_linear" else LogisticRegression(C=PENALTY, tol=1e-8, max_iter=1000)
    began = time.perf_counter()
    model.fit(x, outcome if row == "split_linear" else labels)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "coefficients": [*np.ravel(model.coef_), float(np.ravel(model.intercept_)[0])]}


if __name__ == "__main__":
    print(json.dumps(fit(sys.argv[1], Size(**json.loads(sys.argv[2])))))
