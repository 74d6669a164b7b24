"""Boosted trees in the clear, from opened outputs and from scikit-learn, for tests that compare the two."""

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

BOOST = "tree.boost@1.0.0"
REGRESS = "tree.regress@1.0.0"
OPENED = ("split_columns", "split_bounds", "leaf_values", "start")


def applied(opened: Any, rows: Any, missing: float | None = None) -> Any:
    """The raw scores of rows by an opened model."""
    values = np.where(rows == missing, -np.inf, rows) if missing is not None else rows
    scores = np.full(len(rows), float(opened["start"]))
    depth = int(np.log2(opened["leaf_values"].shape[1]))
    for columns, bounds, leaves in zip(*(opened[name] for name in OPENED[:3]), strict=True):
        at = np.zeros(len(rows), dtype=int)
        for level in range(depth):
            node = 2**level - 1 + at
            asked = columns[node].astype(int)
            value = values[np.arange(len(rows)), np.maximum(asked - 1, 0)]
            at = 2 * at + ~((asked == 0) | (value <= bounds[node]))
        scores += leaves[at]
    return scores


def leaves_of(opened: Any, tree: int, rows: Any) -> Any:
    """Which leaf of one tree every row is in."""
    depth = int(np.log2(opened["leaf_values"].shape[1]))
    at = np.zeros(len(rows), dtype=int)
    for level in range(depth):
        node = 2**level - 1 + at
        asked = opened["split_columns"][tree][node].astype(int)
        value = rows[np.arange(len(rows)), np.maximum(asked - 1, 0)]
        at = 2 * at + ~((asked == 0) | (value <= opened["split_bounds"][tree][node]))
    return at


def scikit(rows: Any, target: Any, given: dict[str, Any]) -> Any:
    """The same trees by scikit-learn: same bins, shape and penalty."""
    kind: Any = HistGradientBoostingRegressor if "label_limit" in given else HistGradientBoostingClassifier
    fitted = kind(
        learning_rate=float(given["learning_rate"]), max_iter=given["trees"], max_leaf_nodes=None, max_depth=given["depth"],
        max_bins=given["bins"], l2_regularization=float(given["lambda"]), min_samples_leaf=given["min_child_rows"],
        early_stopping=False,
    )  # fmt: skip
    return fitted.fit(rows, target)


def splits_of(fitted: Any) -> list[list[tuple[int, float]]]:
    """For each tree, the (column from 1, bound) of every split, in no order; rounded."""
    found = []
    for (tree,) in fitted._predictors:
        inner = tree.nodes[tree.nodes["is_leaf"] == 0]
        found.append(sorted((int(n["feature_idx"]) + 1, round(float(n["num_threshold"]), 6)) for n in inner))
    return found


def splits_opened(opened: Any) -> list[list[tuple[int, float]]]:
    """The same of an opened model."""
    pairs = zip(opened["split_columns"], opened["split_bounds"], strict=True)
    return [
        sorted((int(c), round(float(b), 6)) for c, b in zip(columns, bounds, strict=True) if c)
        for columns, bounds in pairs
    ]
