"""What a model may show of its training rows under a minimum group: no coefficient of a column's rare value, nothing of a rare label.

The coefficient of a column in which a few rows differ from all others is a figure about these; and a fitted model says how many
labels of each class there were (the predictions add up to them). An owner of a whole column refuses it by name, before anybody signs.
Where rows are split, or the table is shared, only all owners together could: then what would show is zero.
"""

from dataclasses import dataclass, replace

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.programs import columns
from mpc.programs.minimum_group import by_view, guarded, small
from mpc.programs.rare_values import Tallied, rare
from mpc.workflow.context import StepContext
from mpc.workflow.values import Aligned, Floats, Label, Owned, SharedTable, Stacked, StackedLabel, Value
from protocol.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Shown:
    """Bits: which ``columns`` (columns,) show, where ``whole`` (1,) says that anything of the model does; None: all of them."""

    columns: SecureArray | None
    whole: SecureArray

    def of_columns(self, values: SecureArray) -> SecureArray:
        """Figures of each column, its first axis."""
        bits = self.whole if self.columns is None else self.columns * self.whole
        return values * (bits if values.ndim == 1 else bits.reshape(-1, 1))

    def of_all(self, values: SecureArray) -> SecureArray:
        """Figures of the whole model."""
        return values * (self.whole.reshape(()) if values.ndim == 0 else self.whole)


def shown(context: StepContext, features: Value, label: Value, train: Owned) -> Shown | None:
    """What shows of a model that is fitted to the first rows of each part, as ``train`` counts them; None: everything."""
    if not guarded(context):
        return None
    match features, label:
        case Aligned(), Label():
            rows = sum(count for _, count in train)
            for table in features.without(label).tables:
                _refuse(context, table.values, rows, table.columns)
            _refuse(context, None if label.values is None else label.values.reshape(-1, 1), rows, (label.column,))
            return None
        case Stacked(), StackedLabel():
            table, target = features.without(label), Stacked((label.column,), label.tables)
            return Shown(
                Tallied(context, first_rows(table, train)).shown(), Tallied(context, first_rows(target, train)).shown()
            )
        case SharedTable(), SecureArray() if label.is_bits:
            return Shown(None, _of_bits(context, label, train))
        case _:
            raise RefusedError(
                "group.unknown_label",
                "How often each value of this label occurs is known to nobody, so no minimum group can be held for it.",
                "Take the label from the table that the rows come from, or as `labels` of the step that shared them.",
            )


def refuse_rare(context: StepContext, values: Floats | None, names: tuple[str, ...]) -> None:
    """An owner refuses its own columns in which a few rows differ from all others."""
    if values is not None and guarded(context):
        columns.refuse(names, rare(values, context.minimum_group), "group.rare", least=context.minimum_group)


def _refuse(context: StepContext, values: Floats | None, rows: int, names: tuple[str, ...]) -> None:
    refuse_rare(context, None if values is None else values[:rows], names)


def first_rows(table: Stacked, train: Owned) -> Stacked:
    """The rows of each table that train."""
    return replace(
        table,
        tables=tuple(
            replace(part, rows=rows, values=None if part.values is None else part.values[:rows])
            for part, (_, rows) in zip(table.tables, train, strict=True)
        ),
    )


def _of_bits(context: StepContext, label: SecureArray, train: Owned) -> SecureArray:
    """A bit (1,): rows of both classes are enough in every view, or none."""
    edges = np.cumsum([0, *(rows for _, rows in train)])
    counts: list[SecureArray] = []
    for (_, rows), start in zip(train, edges, strict=False):
        positives = label[int(start) : int(start) + rows].sum(limit=max(1, rows)).reshape(1)
        negatives = (rows - positives).within(max(1, rows), because="rows that are not positive")
        counts.append(concatenate([positives, negatives]))
    return (small(by_view(context, train, counts).reshape(-1), context.minimum_group).sum() < 1).reshape(1)
