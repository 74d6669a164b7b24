"""The same work in the clear: what every engine's error is measured against. numpy only."""

from collections.abc import Callable

import numpy as np

from benchmarks.engine import data
from benchmarks.engine.data import Floats
from benchmarks.engine.work import Size


def exact(z: Floats) -> Floats:
    """The logistic function."""
    return 1 / (1 + np.exp(-z))


SIGMOIDS: dict[str, Callable[[Floats], Floats]] = {
    "linear": lambda z: 0.5 + 0.125 * z,
    "segments": lambda z: np.clip(0.5 + 0.125 * z, 0, 1),
    "accurate": exact,
}


def descent(size: Size, key: str) -> Floats:
    """Weights after the row's gradient descent, the intercept's last."""
    sigmoid, batch, epochs, rate = data.logistic_plan(size, key)
    x, y = data.labelled(size)
    x = np.c_[x, np.ones(len(x))]
    weights = np.zeros(x.shape[1])
    for _ in range(epochs):
        for start in range(0, (size.rows // batch) * batch, batch):
            rows, labels = x[start : start + batch], y[start : start + batch]
            weights = weights - rate / batch * (rows.T @ (SIGMOIDS[sigmoid](rows @ weights) - labels))
    return weights


def error(size: Size, key: str, found: Floats) -> float:
    """Largest absolute error of a result; for ``compare`` the number of wrong answers."""
    if key == "compare":
        a, b = data.pair(size)
        return float((np.rint(found).astype(bool) != (a < b)).sum())
    if key == "multiply":
        a, b = data.pair(size)
        expected = a * b
    elif key == "divide":
        a, b = data.quotients(size)
        expected = a / b
    elif key in {"sort", "shuffle"}:
        expected = np.sort(data.keys(size))
        found = found if key == "sort" else np.sort(found)
    elif key == "matmul":
        a, b = data.matrices(size)
        expected = a @ b
    else:
        expected = descent(size, key)
    return float(np.abs(np.asarray(found, dtype=np.float64).reshape(expected.shape) - expected).max())
