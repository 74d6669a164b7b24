"""``stats.groupby``: count, sum and mean of columns by group, as shares.

Rows split: owners add up their groups. Columns split: the grouping column's owner counts alone and shares its groups as bits;
the sums of other owners' columns are one matrix product on shares, exact; its own columns' sums are its own to compute.

Groups smaller than the contract's minimum group are 0 everywhere, which ``shown`` says; nobody learns how small they
are: see :mod:`~mpc.programs.minimum_group`.
"""

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.programs.categories import codes, notice_small, one_hot, only_column
from mpc.programs.minimum_group import kept, require
from mpc.programs.precision import finest, quotient
from mpc.programs.stats.moments import check_limit
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Aligned, AlignedTable, Floats, Label, Stacked, StackedLabel, Value

_BITS_AT_MOST = 40


async def run(context: StepContext) -> dict[str, Value]:
    """Group; the sums have shape (groups, columns)."""
    (table,), (by,) = context.inputs["tables"], context.inputs["by"]
    limit = context.decimal("limit")
    if isinstance(table, Aligned):
        assert isinstance(by, Label)
        rows = table.rows
        require(context, rows)
        counts, sums = _of_columns(context, table.without(by), by, limit)
    else:
        assert isinstance(table, Stacked)
        assert isinstance(by, StackedLabel)
        rows = table.rows
        require(context, rows)
        counts, sums = _of_rows(context, table.without(by), by, limit)
    shown = kept(counts, context.minimum_group, rows)
    column = shown.reshape(-1, 1)
    outputs: dict[str, Value] = {"shown": shown, "count": counts * shown}
    if "sum" in context.wanted:
        outputs["sum"] = sums.multiply(column, fraction_bits=sums.fraction_bits)
    if "mean" in context.wanted:
        bits = finest(context.backend, limit, at_most=_BITS_AT_MOST)
        means = quotient(sums, counts.reshape(-1, 1), most=rows, limit=limit, fraction_bits=bits)
        outputs["mean"] = means.multiply(column, fraction_bits=bits)
    return {name: value for name, value in outputs.items() if name in context.wanted}


def _sum_bits(context: StepContext, limit: float, rows: int) -> int:
    return finest(context.backend, limit * rows, spare=2, at_most=_BITS_AT_MOST)


def _of_columns(context: StepContext, table: Aligned, by: Label, limit: float) -> tuple[SecureArray, SecureArray]:
    groups, bits = context.integer("groups"), _sum_bits(context, limit, table.rows)
    members = None if by.values is None else one_hot(by.values, groups, by.column)
    if by.values is not None:
        notice_small(by.values, groups, by.column, context.minimum_group)
    parts = [part for part in table.tables if part.columns]
    for part in parts:
        check_limit(part.values, part.columns, limit)
    counts = share_from(context, None if members is None else members.sum(axis=0), by.owner, (groups,), 0, table.rows)
    shared: SecureArray | None = None
    if any(part.owner != by.owner for part in parts):
        shared = share_from(context, members, by.owner, (table.rows, groups), 0, 1)

    def sums(part: AlignedTable) -> SecureArray:
        width = len(part.columns)
        if part.owner == by.owner:
            own = None if members is None or part.values is None else members.T @ part.values
            return share_from(
                context, own, part.owner, (groups, width), bits, limit * table.rows, part.columns, per_row=False
            )
        values = share_from(context, part.values, part.owner, (table.rows, width), bits, limit, part.columns)
        assert shared is not None
        return shared.T.matmul(values, fraction_bits=bits, limit=limit * table.rows)

    return counts, concatenate([sums(part) for part in parts], axis=1)


def _of_rows(context: StepContext, table: Stacked, by: StackedLabel, limit: float) -> tuple[SecureArray, SecureArray]:
    groups, bits, width = context.integer("groups"), _sum_bits(context, limit, table.rows), len(table.columns)
    counts: list[SecureArray] = []
    sums: list[SecureArray] = []
    for part, group in zip(table.tables, by.tables, strict=True):
        check_limit(part.values, table.columns, limit)
        marks = only_column(group)
        own = _grouped(part.values, marks, groups, by.column)
        if marks is not None:
            notice_small(marks, groups, by.column, context.minimum_group)
        count, total = (None, None) if own is None else own
        counts.append(share_from(context, count, part.owner, (groups,), 0, part.rows))
        sums.append(share_from(context, total, part.owner, (groups, width), bits, limit * part.rows))
    return _added(counts), _added(sums)


def _grouped(values: Floats | None, by: Floats | None, groups: int, column: str) -> tuple[Floats, Floats] | None:
    if values is None or by is None:
        return None
    group = codes(by, groups, column)
    sums = np.zeros((groups, values.shape[1]))
    np.add.at(sums, group, values)
    return np.bincount(group, minlength=groups).astype(np.float64), sums


def _added(parts: list[SecureArray]) -> SecureArray:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total
