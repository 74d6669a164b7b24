"""Second moments of rows that several owners hold: added up in the clear by each, shared as sums only."""

import math

import numpy as np

from mpc.arrays.interface import SecureArray
from mpc.functions.sums import secure_sum
from mpc.programs.linear.design import bits_for
from mpc.programs.stats.moments import check_limit
from mpc.workflow.context import StepContext
from mpc.workflow.values import Floats, Stacked, StackedLabel

_BITS = 30


def pooled_moments(
    context: StepContext, features: Stacked, label: StackedLabel, limit: float, scale: float
) -> tuple[SecureArray, SecureArray, int]:
    """X'X (with the intercept's column) and X'y over the power of two at or above the rows, and the rows.

    Targets are in units of ``scale``. Bytes: 13 per number and owner, whatever the number of rows.
    """
    table = features.without(label)
    names, rows = context.session.names, table.rows
    unit = 2.0 ** math.ceil(math.log2(rows))
    width, square = len(table.columns) + 1, max(1.0, limit**2)
    parts: dict[int, Floats | None] = {}
    for part, own in zip(table.tables, label.tables, strict=True):
        check_limit(part.values, table.columns, limit)
        check_limit(own.values, (label.column,), scale)
        moments = None
        if part.values is not None and own.values is not None:
            whole = np.column_stack([part.values, np.ones(part.rows)])
            moments = np.column_stack([whole.T @ whole, whole.T @ (own.values[:, 0] / scale)]) / unit
        parts[names.index(part.owner)] = moments
    total = secure_sum(
        context.backend,
        parts,
        shape=(width, width + 1),
        fraction_bits=bits_for(context, square * len(parts), most=_BITS),
        limit=square * (1 + 1e-9),
        total=square * 1.001,
    )
    return total[:, :width], total[:, width], rows
