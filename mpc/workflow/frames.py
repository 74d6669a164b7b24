"""From private tables to shares: the one place where owners' values are dealt to the committee.

Ranges are checked by the owner before anything is sent (I12): ``limit`` bounds every |value|.
"""

from dataclasses import replace
from typing import TypeVar

import numpy as np

from mpc import faults
from mpc.arrays.interface import SecureArray, concatenate, share
from mpc.workflow.context import StepContext
from mpc.workflow.values import Aligned, Floats, Label, Stacked, StackedLabel, StackedTable
from protocol.data_faults import DataFault
from protocol.errors import RefusedError


def share_aligned(context: StepContext, table: Aligned, fraction_bits: int, limit: float) -> SecureArray:
    """All owners' columns side by side: shape (rows, columns of all tables, in table and column order)."""
    parts = [
        share_from(
            context, part.values, part.owner, (table.rows, len(part.columns)), fraction_bits, limit, part.columns
        )
        for part in table.tables
        if part.columns
    ]
    if not parts:
        raise RefusedError("frame.no_columns", "No feature column is left.", "Name at least one besides the label.")
    return concatenate(parts, axis=1)


def share_stacked(context: StepContext, table: Stacked, fraction_bits: int, limit: float) -> SecureArray:
    """All owners' rows one below the other: shape (rows of all tables, columns)."""
    if not table.columns:
        raise RefusedError("frame.no_columns", "No feature column is left.", "Name at least one besides the label.")
    width = len(table.columns)
    return concatenate(
        [
            share_from(context, part.values, part.owner, (part.rows, width), fraction_bits, limit, table.columns)
            for part in table.tables
        ]
    )


def share_column(context: StepContext, label: Label | StackedLabel, fraction_bits: int, limit: float) -> SecureArray:
    """One column as a secret vector."""
    names = (label.column,)
    if isinstance(label, Label):
        return share_from(context, label.values, label.owner, (label.rows,), fraction_bits, limit, names)
    return concatenate(
        [
            share_from(context, _vector(part), part.owner, (part.rows,), fraction_bits, limit, names)
            for part in label.tables
        ]
    )


def share_bits(context: StepContext, label: Label | StackedLabel) -> SecureArray:
    """A column of 0 and 1 as secret bits; an owner refuses anything else, and a vertical label of one class only."""
    return share_column(context, checked_bits(label), 0, 1)


def checked(label: Label, values: str, limit: float) -> Label:
    """A label that holds ``bits``, as :func:`checked_bits`, or ``whole`` numbers, as :func:`share_whole` takes them; others as they are."""
    if values == "bits":
        return checked_bits(label)
    return replace(label, values=_whole(label.values, label.column, limit)) if values == "whole" else label


LabelLike = TypeVar("LabelLike", bound=Label | StackedLabel)


def checked_bits(label: LabelLike) -> LabelLike:
    """The label, refused by its owner unless all is 0 or 1, and both classes occur where one owner has all of it."""
    if isinstance(label, StackedLabel):
        tables = tuple(
            replace(part, values=None if part.values is None else _bits(part.values, label.column))
            for part in label.tables
        )
        for part in tables:
            if part.values is not None and faults.noticing() and len(np.unique(part.values)) < 2:
                faults.notice("values.one_class", [label.column])
        return replace(label, tables=tables)
    found = zeros_and_ones(label)
    if found.values is not None and len(np.unique(found.values)) < 2:
        faults.refuse(DataFault("frame.one_class", [label.column]))
    return found


def zeros_and_ones(label: Label) -> Label:
    """The label, refused by its owner unless all is 0 or 1; of one of the two alone it may be."""
    return label if label.values is None else replace(label, values=_bits(label.values, label.column))


def _bits(values: Floats, column: str) -> Floats:
    wrong = ~np.isin(values, (0.0, 1.0))
    if bool(wrong.any()):
        faults.refuse(DataFault("frame.label", [column], int(wrong.sum())))
        return (np.arange(values.size).reshape(values.shape) % 2).astype(np.float64)  # both classes, for what follows
    return values


def share_whole(context: StepContext, label: Label | StackedLabel, limit: float) -> SecureArray:
    """A column of counts or classes as secret integers; an owner refuses what is negative, no whole number or above ``limit``."""
    if isinstance(label, Label):
        whole: Label | StackedLabel = replace(label, values=_whole(label.values, label.column, limit))
    else:
        tables = tuple(replace(part, values=_whole(part.values, label.column, limit)) for part in label.tables)
        whole = replace(label, tables=tables)
    return share_column(context, whole, 0, limit)


def _whole(values: Floats | None, column: str, limit: float) -> Floats | None:
    if values is None:
        return None
    wrong = ~((values >= 0) & (values == np.rint(values)))
    if bool(wrong.any()):
        faults.refuse(DataFault("frame.not_whole", [column], int(wrong.sum())))
        values = np.where(wrong, 0.0, values)
    if bool((beyond := values > limit).any()):
        faults.refuse(DataFault("frame.too_large", [column], int(beyond.sum()), limit=f"{limit:g}"))
        return np.minimum(values, limit)
    return values


def share_from(
    context: StepContext,
    values: Floats | None,
    owner: str,
    shape: tuple[int, ...],
    fraction_bits: int,
    limit: float,
    names: tuple[str, ...] = (),
    *,
    per_row: bool = True,
) -> SecureArray:
    """One owner's numbers as shares; everyone else passes None.

    ``names`` are those of its columns, where the numbers have any; ``per_row`` is False for figures about whole columns.
    """
    if values is not None and names:
        values = _in_range(np.asarray(values), names, limit, per_row=per_row)
    return share(
        context.backend,
        values,
        shape=shape,
        owner=context.session.names.index(owner),
        fraction_bits=fraction_bits,
        limit=limit,
    )


def in_range(values: Floats | None, names: tuple[str, ...], limit: float) -> Floats | None:
    """An owner's rows, refused where they leave ±``limit``: for those who share them block by block afterwards."""
    return None if values is None else _in_range(values, names, limit, per_row=True)


def _in_range(values: Floats, names: tuple[str, ...], limit: float, *, per_row: bool) -> Floats:
    """As the encoding checks it (:func:`mpc.arrays.fixedpoint.encode`), by column."""
    if values.size and max(float(values.max()), -float(values.min())) > limit:  # no copy of a table that is in range
        marks = (np.abs(values) > limit).reshape(-1, len(names))
        columns = [name for name, flag in zip(names, np.atleast_1d(marks.any(axis=0)), strict=True) if flag]
        rows = int(marks.any(axis=1).sum()) if per_row else None
        faults.refuse(DataFault("arrays.out_of_range", columns, rows, limit=f"{limit:g}"))
        return np.clip(values, -limit, limit)
    return values


def _vector(part: StackedTable) -> Floats | None:
    return None if part.values is None else part.values[:, 0]
