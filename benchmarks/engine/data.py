"""The numbers everybody computes on, made from fixed seeds: every process makes its own copy. numpy only."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.engine.work import Size

Floats: TypeAlias = NDArray[np.float64]
SPREAD = 5.0
"""Standard deviation of the elementwise operands."""


def pair(size: Size) -> tuple[Floats, Floats]:
    """Operands of the elementwise rows."""
    rng = np.random.default_rng(0)
    return rng.normal(size=size.elements) * SPREAD, rng.normal(size=size.elements) * SPREAD


def quotients(size: Size) -> tuple[Floats, Floats]:
    """Numerators within ±32 and divisors in [1, 100]."""
    return np.clip(pair(size)[0], -32, 32), np.random.default_rng(2).uniform(1, 100, size.elements)


def keys(size: Size) -> Floats:
    """Whole numbers of 32 bits, signed."""
    return np.random.default_rng(3).integers(-(1 << 31), 1 << 31, size.elements).astype(np.float64)


def matrices(size: Size) -> tuple[Floats, Floats]:
    """Operands of the matrix product."""
    rng = np.random.default_rng(1)
    return rng.normal(size=(size.side, size.side)), rng.normal(size=(size.side, size.side))


def labelled(size: Size) -> tuple[Floats, Floats]:
    """Correlated columns within ±4 and labels drawn from a logistic model, shapes ``(rows, columns)`` and ``(rows,)``.

    Deviations are a little below 1, so that the first rows of the mini-batches have mean squares of at most 1 too.
    """
    rng = np.random.default_rng(7)
    mixing = rng.normal(size=(size.columns, size.columns)) * 0.15 + np.eye(size.columns)
    x = rng.normal(size=(size.rows, size.columns)) @ mixing
    x = np.clip((x - x.mean(0)) / (1.02 * x.std(0)), -4, 4)
    weights = rng.normal(size=size.columns) * 0.25
    probability = 1 / (1 + np.exp(-(x @ weights - 0.2)))
    return x, (rng.random(size.rows) < probability).astype(np.float64)


def split(size: Size, owner: int, rows: int) -> tuple[Floats, Floats, Floats]:
    """One owner's rows: columns, labels 0/1 and a continuous outcome. Neighbouring columns are correlated."""
    rng = np.random.default_rng(100 + owner)
    x = rng.normal(size=(rows, size.split_columns))
    x[:, 1:] += 0.4 * x[:, :-1]
    x = np.clip(x / x.std(0), -6, 6)
    weights = np.random.default_rng(5).normal(size=size.split_columns) * 0.4
    score = x @ weights - 0.3
    labels = (rng.random(rows) < 1 / (1 + np.exp(-score))).astype(np.float64)
    return x, labels, score + rng.normal(size=rows)


def logistic_plan(size: Size, key: str) -> tuple[str, int, int, float]:
    """Of a ``full_*`` or ``mini_*`` row: sigmoid, rows of a batch, epochs, learning rate."""
    kind, _, sigmoid = key.partition("_")
    if kind == "mini":
        return sigmoid, size.batch, size.epochs, 0.5
    return sigmoid, size.rows, size.steps, 1.0
