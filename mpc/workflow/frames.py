"""From private tables to shares: the one place where owners' values are dealt to the committee.

Ranges are checked by the owner before anything is sent (I12): ``limit`` bounds every |value|.
"""

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, share
from mpc.workflow.context import StepContext
from mpc.workflow.values import Aligned, Floats, Label, Stacked, StackedLabel, StackedTable
from protocol.errors import RangeError, RefusedError


def share_aligned(context: StepContext, table: Aligned, fraction_bits: int, limit: float) -> SecureArray:
    """All owners' columns side by side: shape (rows, columns of all tables, in table and column order)."""
    parts = [
        share_from(context, part.values, part.owner, (table.rows, len(part.columns)), fraction_bits, limit)
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
            share_from(context, part.values, part.owner, (part.rows, width), fraction_bits, limit)
            for part in table.tables
        ]
    )


def share_column(context: StepContext, label: Label | StackedLabel, fraction_bits: int, limit: float) -> SecureArray:
    """One column as a secret vector."""
    if isinstance(label, Label):
        return share_from(context, label.values, label.owner, (label.rows,), fraction_bits, limit)
    parts = [
        share_from(context, _vector(part), part.owner, (part.rows,), fraction_bits, limit) for part in label.tables
    ]
    return concatenate(parts)


def share_bits(context: StepContext, label: Label | StackedLabel) -> SecureArray:
    """A column of 0 and 1 as secret bits; an owner refuses anything else, and a vertical label of one class only."""
    own = [label.values] if isinstance(label, Label) else [_vector(part) for part in label.tables]
    for values in own:
        if values is not None and not bool(np.isin(values, (0.0, 1.0)).all()):
            raise RangeError(
                "frame.label", f"Column {label.column} holds values other than 0 and 1.", "Encode it as 0 and 1."
            )
        if isinstance(label, Label) and values is not None and len(np.unique(values)) < 2:
            raise RangeError(
                "frame.one_class", f"Column {label.column} has one class only.", "Use rows of both classes."
            )
    return share_column(context, label, 0, 1)


def share_whole(context: StepContext, label: Label | StackedLabel, limit: float) -> SecureArray:
    """A column of counts or classes as secret integers; an owner refuses what is negative or no whole number."""
    own = [label.values] if isinstance(label, Label) else [_vector(part) for part in label.tables]
    for values in own:
        if values is not None and not bool(((values >= 0) & (values == np.rint(values))).all()):
            raise RangeError(
                "frame.not_whole",
                f"Column {label.column} holds values that are not whole numbers from 0 up.",
                "Encode classes as 0, 1, 2, …; counts are whole and not negative.",
            )
    return share_column(context, label, 0, limit)


def share_from(
    context: StepContext,
    values: Floats | None,
    owner: str,
    shape: tuple[int, ...],
    fraction_bits: int,
    limit: float,
) -> SecureArray:
    """One owner's numbers as shares; everyone else passes None."""
    return share(
        context.backend,
        values,
        shape=shape,
        owner=context.session.names.index(owner),
        fraction_bits=fraction_bits,
        limit=limit,
    )


def _vector(part: StackedTable) -> Floats | None:
    return None if part.values is None else part.values[:, 0]
