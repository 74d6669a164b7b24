"""The rule of the minimum group in plain Python, and what somebody can tell who knows all margins of a table."""

from typing import Any

import numpy as np


def is_small(counts: Any, least: int) -> Any:
    """Somebody, but too few."""
    return (np.asarray(counts) > 0) & (np.asarray(counts) < least)


def shown_rows(views: Any, least: int) -> Any:
    """Which rows of a table show: ``views`` has shape (views, rows, columns)."""
    views = np.asarray(views)
    return np.all([_one_view(counts, least) for counts in views], axis=0)


def _one_view(counts: Any, least: int) -> Any:
    sizes = counts.sum(axis=1)
    some = sizes >= 1
    kept = ~is_small(counts, least).any(axis=1)
    if is_small(counts[~kept].sum(axis=0), least).any() and (kept & some).any():
        kept &= ~some | (sizes != sizes[kept & some].min())
    if is_small(counts[~kept].sum(axis=0), least).any():
        kept[:] = False
    return kept & some


def told(counts: Any, shown: Any) -> list[int]:
    """The counts of all hidden cells that follow from the cells that show, and the sums of all rows and columns, by linear algebra;
    not of those that the sums alone give.
    """
    counts, shown = np.asarray(counts), np.asarray(shown, dtype=bool)
    rows, columns = counts.shape
    if min(rows, columns) == 1:
        return []
    hidden = [tuple(at) for at in np.argwhere(~shown)]
    if not hidden:
        return []
    equations = [[float(r == row) for r, _ in hidden] for row in range(rows)]
    equations += [[float(c == column) for _, c in hidden] for column in range(columns)]
    known = np.array(equations)
    rank = np.linalg.matrix_rank(known)
    return [
        int(counts[at])
        for place, at in enumerate(hidden)
        if np.linalg.matrix_rank(np.vstack([known, np.eye(len(hidden))[place]])) == rank
    ]
