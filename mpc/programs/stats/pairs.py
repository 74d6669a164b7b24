"""Which correlations may show: that of two columns of two values each is a table of four counts, to whoever knows the margins.

Both values of such a column are marked; the four counts of each pair of marks are exact products on shares, of each owner's rows where
rows are split, and none may be of fewer people than the minimum group. A column of other values has no marks, and shows with
all unless all but a few of its rows have one value.
"""

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, stack
from mpc.programs.minimum_group import by_view, small
from mpc.programs.rare_values import Tallied, rare
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Aligned, Floats, Stacked


def pairs_shown(context: StepContext, table: Aligned | Stacked) -> SecureArray:
    """Bits (columns, columns)."""
    if isinstance(table, Aligned):
        counts, fine = _of_columns(context, table)
    else:
        counts, fine = _of_rows(context, table), Tallied(context, table).shown()
    width = fine.shape[0]
    wrong = small(counts, context.minimum_group).sum(axis=0)
    four = wrong.reshape(2, width, 2, width).sum(axis=2).sum(axis=0)
    return (four < 1) * fine * fine.reshape(-1, 1)


def _of_columns(context: StepContext, table: Aligned) -> tuple[SecureArray, SecureArray]:
    """Counts (1, 2·columns, 2·columns), marks of the one values before those of the others; and bits of the columns."""
    parts = [part for part in table.tables if part.columns]
    ones: list[SecureArray] = []
    others: list[SecureArray] = []
    fine: list[SecureArray] = []
    for part in parts:
        shape = (table.rows, len(part.columns))
        own = (None, None) if part.values is None else _marks(part.values)
        ones.append(share_from(context, own[0], part.owner, shape, 0, 1))
        others.append(share_from(context, own[1], part.owner, shape, 0, 1))
        good = None if part.values is None else (~rare(part.values, context.minimum_group)).astype(np.float64)
        fine.append(share_from(context, good, part.owner, (len(part.columns),), 0, 1))
    marks = concatenate([*ones, *others], axis=1)
    return stack([marks.T.matmul(marks, limit=table.rows)]), concatenate(fine)


def _of_rows(context: StepContext, table: Stacked) -> SecureArray:
    width, parts = 2 * len(table.columns), list[SecureArray]()
    for part in table.tables:
        own = None
        if part.values is not None:
            marks = np.concatenate(_marks(part.values), axis=1)
            own = marks.T @ marks
        parts.append(share_from(context, own, part.owner, (width, width), 0, max(1, part.rows)))
    return by_view(context, table.owned, parts)


def _marks(values: Floats) -> tuple[Floats, Floats]:
    """Bits of the shape of ``values``: the larger of two values, and the smaller; none of a column of more."""
    high, low = values.max(axis=0, initial=-np.inf), values.min(axis=0, initial=np.inf)
    two = ((values == high) | (values == low)).all(axis=0)
    coded = np.isin(values, (0.0, 1.0)).all(axis=0)  # for every owner the same value, so that counts add up
    high, low = np.where(coded, 1.0, high), np.where(coded, 0.0, low)
    return ((values == high) & two).astype(np.float64), ((values == low) & two).astype(np.float64)
