"""Columns of categories: whole numbers from 0, as owners encode them; everything here is the owner's own, in the clear."""

import numpy as np
from numpy.typing import NDArray

from mpc import faults
from mpc.workflow.values import Floats, StackedTable
from protocol.data_faults import DataFault


def codes(values: Floats, levels: int, column: str) -> NDArray[np.int64]:
    """The categories of a column, refused unless all are whole and in [0, levels)."""
    wrong = ~((values >= 0) & (values < levels) & (values == np.rint(values)))
    if bool(wrong.any()):
        faults.refuse(DataFault("stats.category", [column], int(wrong.sum()), levels=levels))
        values = np.where(wrong, 0.0, values)
    return values.astype(np.int64)


def notice_small(values: Floats, levels: int, column: str, least: int) -> None:
    """Say how many of the owner's own groups are smaller than the minimum group: their figures would be hidden."""
    if not faults.noticing():
        return
    counts = np.bincount(codes(values, levels, column), minlength=levels)
    groups = int(((counts > 0) & (counts < least)).sum())
    if groups:
        faults.notice("group.hidden", [column], groups=groups, least=least)


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
