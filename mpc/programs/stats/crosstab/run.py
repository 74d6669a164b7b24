"""``stats.crosstab``: the contingency table of two columns, Pearson's chi-square and its degrees of freedom, as shares.

Two owners (columns split): each shares its categories as bits; the table is one matrix product, exact. One owner, or rows
split: local tables are added up.

Chi-square comes from exact integers: with row sums r, column sums c and N rows, D = N·O - r·c is exact and

    chi² = N · sum (D / (N·r)) · (D / (N·c)),

whose factors are at most 1: nothing cancels. Empty rows and columns count for nothing, as if they were left out, also in the
degrees of freedom. Where a cell is below the contract's minimum group its row is 0 in the table, with as many others as keep
margins from giving it away, which ``shown`` says (:mod:`~mpc.programs.minimum_group`). Chi-square and the degrees come from all cells, and
would tell of the hidden ones: they are 0 then.
"""

import math

from mpc.arrays.interface import SecureArray
from mpc.programs.categories import codes, one_hot, only_column, table_of_counts
from mpc.programs.minimum_group import added, by_view, cells, enough, guarded, require
from mpc.programs.precision import finest, quotient, times
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Floats, Label, StackedLabel, Value
from protocol.errors import RefusedError


async def run(context: StepContext) -> dict[str, Value]:
    """Count, and compute what is wanted."""
    (row,), (column,) = context.inputs["row"], context.inputs["column"]
    shape = (context.integer("row_levels"), context.integer("column_levels"))
    if isinstance(row, Label) and isinstance(column, Label):
        total, parts = row.rows, [_of_columns(context, row, column, shape)]
    elif isinstance(row, StackedLabel) and isinstance(column, StackedLabel):
        total, parts = row.rows, _of_rows(context, row, column, shape)
    else:
        raise RefusedError(
            "stats.mixed_tables", "One column is aligned, the other stacked.", "Take both from one table."
        )
    require(context, row.owned)
    counts, seen = added(parts).within(total, because="counts of rows"), by_view(context, row.owned, parts)
    outputs: dict[str, Value] = {}
    if context.wanted & {"table", "shown"}:
        shown = cells(seen, seen.sum(axis=2), context.minimum_group).reshape(-1, 1) * _there(seen)
        outputs["shown"] = shown
        outputs["table"] = counts * shown
    if context.wanted & {"chi_square", "degrees"}:
        rows, columns = counts.sum(axis=1, limit=total), counts.sum(axis=0, limit=total)
        whole = enough(seen, context.minimum_group) if guarded(context) else 1
        outputs["degrees"] = _degrees(rows, columns) * whole
        outputs["chi_square"] = chi_square(counts, rows, columns, total) * whole
    return {name: value for name, value in outputs.items() if name in context.wanted}


def _there(seen: SecureArray) -> SecureArray:
    """Bits of the table's shape: somebody is in the cell, in every view."""
    some = seen >= 1
    return some[0] if some.shape[0] == 1 else some.sum(axis=0) >= some.shape[0]


def chi_square(counts: SecureArray, rows: SecureArray, columns: SecureArray, total: int) -> SecureArray:
    """Pearson's statistic of a table of secret counts with secret margins and the public total."""
    bits = finest(counts.backend, min(counts.shape)) // 2
    gaps = (counts * total - rows.reshape(-1, 1) * columns).within(total**2, because="O·N and r·c lie in [0, N²]")
    long = finest(counts.backend, total)
    parts = [
        times(quotient(gaps, margin, most=total, limit=total, fraction_bits=long), 1 / total, bits)
        for margin in (rows.reshape(-1, 1), columns.reshape(1, -1))
    ]
    squares = parts[0].multiply(parts[1], fraction_bits=2 * bits).sum(limit=min(counts.shape))
    return squares.rescaled(2 * bits - math.ceil(math.log2(total))) * total


def _degrees(rows: SecureArray, columns: SecureArray) -> SecureArray:
    used = [(margin >= 1).sum() - 1 for margin in (rows, columns)]
    return used[0] * used[1]


def _of_columns(context: StepContext, row: Label, column: Label, shape: tuple[int, int]) -> SecureArray:
    if row.owner == column.owner:
        table = _counted(row.values, column.values, (row.column, column.column), shape)
        return share_from(context, table, row.owner, shape, 0, row.rows)
    sides = [
        share_from(
            context,
            None if label.values is None else one_hot(label.values, levels, label.column),
            label.owner,
            (label.rows, levels),
            0,
            1,
        )
        for label, levels in zip((row, column), shape, strict=True)
    ]
    return sides[0].T.matmul(sides[1], limit=row.rows)


def _of_rows(
    context: StepContext, row: StackedLabel, column: StackedLabel, shape: tuple[int, int]
) -> list[SecureArray]:
    found: list[SecureArray] = []
    for left, right in zip(row.tables, column.tables, strict=True):
        table = _counted(only_column(left), only_column(right), (row.column, column.column), shape)
        found.append(share_from(context, table, left.owner, shape, 0, max(1, left.rows)))
    return found


def _counted(
    rows: Floats | None, columns: Floats | None, names: tuple[str, str], shape: tuple[int, int]
) -> Floats | None:
    if rows is None or columns is None:
        return None
    return table_of_counts(codes(rows, shape[0], names[0]), codes(columns, shape[1], names[1]), shape)
