"""Columns of categories: whole numbers from 0, as owners encode them; everything here is the owner's own, in the clear."""

import numpy as np
from numpy.typing import NDArray

from mpc.workflow.values import Floats, StackedTable
from protocol.errors import RangeError


def codes(values: Floats, levels: int, column: str) -> NDArray[np.int64]:
    """The categories of a column, refused unless all are whole and in [0, levels)."""
    if not bool(((values >= 0) & (values < levels) & (values == np.rint(values))).all()):
        raise RangeError(
            "stats.category",
            f"Column {column} holds values that are not whole numbers from 0 to {levels - 1}.",
            "Encode the categories as 0, 1, 2, … and declare how many there are.",
            columns=[column],
        )
    return values.astype(np.int64)


def one_hot(values: Floats, levels: int, column: str) -> Floats:
    """One column of 0 and 1 per category, shape (rows, levels)."""
    return np.eye(levels)[codes(values, levels, column)]


def table_of_counts(rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]) -> Floats:
    """How often each pair of categories occurs."""
    pairs = np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1])
    return pairs.reshape(shape).astype(np.float64)


def only_column(part: StackedTable) -> Floats | None:
    """The column of a table that has one."""
    return None if part.values is None else part.values[:, 0]
