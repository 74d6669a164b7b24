"""``stats.groupby``: count, sum and mean of columns by group, as shares.

Rows split: owners add up their groups. Columns split: the grouping column's owner counts alone and shares its groups as bits;
the sums of other owners' columns are one matrix product on shares, exact; its own columns' sums are its own to compute.

Groups smaller than the contract's minimum group are 0 everywhere, which ``shown`` says; nobody learns how small they
are: see :mod:`~mpc.programs.minimum_group`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from mpc.arrays.interface import SecureArray, concatenate
from mpc.programs import columns
from mpc.programs.categories import codes, notice_small, one_hot, only_column
from mpc.programs.minimum_group import added, by_view, cells, guarded, require
from mpc.programs.precision import finest, quotient
from mpc.programs.stats.moments import check_limit
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Aligned, AlignedTable, Floats, Label, Stacked, StackedLabel, Value

_BITS_AT_MOST = 40
_DIGITS = 10


async def run(context: StepContext) -> dict[str, Value]:
    """Group; the sums have shape (groups, columns)."""
    (table,), (by,) = context.inputs["tables"], context.inputs["by"]
    limit = context.decimal("limit")
    if isinstance(table, Aligned):
        assert isinstance(by, Label)
        rows = table.rows
        require(context, table.owned)
        tables = table.without(by)
        counts, sums = _of_columns(context, tables, by, limit)
        seen = _marked_columns(context, tables, by) if guarded(context) else None
    else:
        assert isinstance(table, Stacked)
        assert isinstance(by, StackedLabel)
        rows = table.rows
        require(context, table.owned)
        parts, sums = _of_rows(context, table.without(by), by, limit)
        counts = added(parts).within(rows, because="counts of rows")
        seen = by_view(context, table.owned, _marked_rows(context, table.without(by), by)) if guarded(context) else None
    shown = counts >= 1 if seen is None else cells(seen, seen[:, :, 0], context.minimum_group)
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


def _check_resolved(values: Floats | None, names: tuple[str, ...], limit: float, bits: int) -> None:
    """An owner refuses columns whose spread has fewer than three digits at so many fraction bits."""
    if values is not None:
        columns.resolved(values, names, limit, math.floor(math.log2(limit)) + bits - _DIGITS, pooled=False)


def _of_columns(context: StepContext, table: Aligned, by: Label, limit: float) -> tuple[SecureArray, SecureArray]:
    groups, bits = context.integer("groups"), _sum_bits(context, limit, table.rows)
    members = None if by.values is None else one_hot(by.values, groups, by.column)
    if by.values is not None:
        notice_small(by.values, groups, by.column, context.minimum_group)
    parts = [part for part in table.tables if part.columns]
    for part in parts:
        check_limit(part.values, part.columns, limit)
        _check_resolved(part.values, part.columns, limit, bits)
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


def _of_rows(
    context: StepContext, table: Stacked, by: StackedLabel, limit: float
) -> tuple[list[SecureArray], SecureArray]:
    groups, bits, width = context.integer("groups"), _sum_bits(context, limit, table.rows), len(table.columns)
    counts: list[SecureArray] = []
    sums: list[SecureArray] = []
    for part, group in zip(table.tables, by.tables, strict=True):
        check_limit(part.values, table.columns, limit)
        _check_resolved(part.values, table.columns, limit, bits)
        marks = only_column(group)
        own = _grouped(part.values, marks, groups, by.column)
        if marks is not None:
            notice_small(marks, groups, by.column, context.minimum_group)
        count, total = (None, None) if own is None else own
        counts.append(share_from(context, count, part.owner, (groups,), 0, part.rows))
        sums.append(share_from(context, total, part.owner, (groups, width), bits, limit * part.rows))
    return counts, added(sums)


def _grouped(values: Floats | None, by: Floats | None, groups: int, column: str) -> tuple[Floats, Floats] | None:
    if values is None or by is None:
        return None
    group = codes(by, groups, column)
    sums = np.zeros((groups, values.shape[1]))
    np.add.at(sums, group, values)
    return np.bincount(group, minlength=groups).astype(np.float64), sums


# -- what sums over few values count -------------------------------------------------------------------------------


def _marked_columns(context: StepContext, table: Aligned, by: Label) -> SecureArray:
    """What the figures of each group are about, shape (1, groups, figures): its rows, and of each column the rows that have not the
    column's most frequent value; of a column of two values also the others. Exact.
    """
    groups = context.integer("groups")
    members = None if by.values is None else one_hot(by.values, groups, by.column)
    shared = share_from(context, members, by.owner, (table.rows, groups), 0, 1)
    found = [shared.sum(axis=0, limit=table.rows).reshape(groups, 1)]
    for part in (part for part in table.tables if part.columns):
        marks = None if part.values is None else _marks(part.values)
        bits = share_from(context, marks, part.owner, (table.rows, 2 * len(part.columns)), 0, 1)
        found.append(shared.T.matmul(bits, limit=table.rows))
    return concatenate(found, axis=1).reshape(1, groups, -1)


def _marked_rows(context: StepContext, table: Stacked, by: StackedLabel) -> list[SecureArray]:
    """The same of each owner's rows, shape (groups, figures)."""
    groups, parts = context.integer("groups"), list[SecureArray]()
    for part, group in zip(table.tables, by.tables, strict=True):
        own, by_group = None, only_column(group)
        if part.values is not None and by_group is not None:
            members = one_hot(by_group, groups, by.column)
            own = members.T @ np.column_stack([np.ones(part.rows), _marks(part.values)])
        shape = (groups, 1 + 2 * len(table.columns))
        parts.append(share_from(context, own, part.owner, shape, 0, max(1, part.rows)))
    return parts


def _marks(values: Floats) -> Floats:
    """Bits, shape (rows, 2·columns): not the most frequent value, of 0 and 1 those that are 1; and the others of a column of two."""
    found: list[NDArray[np.bool_]] = []
    for column in values.T:
        there, times = np.unique(column, return_counts=True)
        if bool(np.isin(there, (0.0, 1.0)).all()):  # for every owner the same value, so that counts add up
            found += [column == 1, column == 0]
            continue
        other = column != there[np.argmax(times)]
        found += [other, ~other & (len(there) == 2)]
    return np.column_stack(found).astype(np.float64) if found else np.empty((len(values), 0))
