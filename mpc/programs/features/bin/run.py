"""``feature.bin``: every owner cuts its own aligned columns into bins; nothing is sent, unless edges are granted.

Edges come from the training rows if the table has any marked, else from all rows. A value's bin is the number of edges at or
below it, so bins of heavily tied columns may be empty. Bins are numbered in order, or laid out as one column of 0 and 1 per
bin, named ``column[bin]``.
"""

from dataclasses import replace

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.programs.minimum_group import require_split
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Aligned, AlignedTable, Floats, Label, Value, cut

_EDGE_BITS = 30
_EDGE_LIMIT = 2.0**25


async def run(context: StepContext) -> dict[str, Value]:
    """Bin this party's tables; others keep their description."""
    (aligned,) = context.inputs["tables"]
    assert isinstance(aligned, Aligned)
    train = aligned.rows if aligned.train_rows is None else aligned.train_rows
    require_split(context, cut(aligned.owned, 0, train), cut(aligned.owned, train, aligned.rows))
    for label in context.inputs["label"]:
        assert isinstance(label, Label)
        aligned = aligned.without(label)
    bins, spread = context.integer("bins"), context.choice("output") == "one-hot"
    tables: list[AlignedTable] = []
    edges: list[Floats | None] = []
    for table in aligned.tables:
        found = (
            None if table.values is None else cuts(table.values[: aligned.train_rows], bins, context.choice("method"))
        )
        edges.append(found)
        values = None if table.values is None or found is None else binned(table.values, found)
        if spread:
            values = None if values is None else _spread(values, bins)
        tables.append(replace(table, columns=_names(table.columns, bins) if spread else table.columns, values=values))
    limit = 1.0 if spread else float(bins - 1)
    outputs: dict[str, Value] = {"binned": replace(aligned, tables=tuple(tables), limit=limit, scalings={})}
    if "edges" in context.wanted:
        outputs["edges"] = _share_edges(context, aligned, edges, bins)
    return outputs


def cuts(values: Floats, bins: int, method: str) -> Floats:
    """Ascending inner edges of every column, shape (bins - 1, columns)."""
    points = np.arange(1, bins) / bins
    if method == "equal-frequency":
        return np.quantile(values, points, axis=0)
    low, high = values.min(axis=0), values.max(axis=0)
    return low + np.outer(points, high - low)


def binned(values: Floats, edges: Floats) -> Floats:
    """The number of edges at or below each value."""
    found = [np.searchsorted(edges[:, at], values[:, at], side="right") for at in range(values.shape[1])]
    return np.column_stack(found).astype(np.float64) if found else values


def _spread(values: Floats, bins: int) -> Floats:
    return (values[:, :, None] == np.arange(bins)).reshape(len(values), -1).astype(np.float64)


def _names(columns: tuple[str, ...], bins: int) -> tuple[str, ...]:
    return tuple(f"{column}[{place}]" for column in columns for place in range(bins))


def _share_edges(context: StepContext, table: Aligned, edges: list[Floats | None], bins: int) -> SecureArray:
    parts = [
        share_from(
            context,
            own,
            part.owner,
            (bins - 1, len(part.columns)),
            _EDGE_BITS,
            _EDGE_LIMIT,
            part.columns,
            per_row=False,
        )
        for part, own in zip(table.tables, edges, strict=True)
        if part.columns
    ]
    return concatenate(parts, axis=1)
