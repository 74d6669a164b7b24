"""``table.stack``: one table of each owner, with the same columns, below each other.

Rows never leave their owner here; what becomes known is how many each owner brings: every later step deals in shapes. The
counts travel as shares and are opened, so that everyone, an owner outside the committee too, sees the same ones.

By default every owner puts its own rows into a uniformly random order (operating-system randomness): the first part of each
table is then a fair sample, which is what training programs take, and the order says nothing about the rows. With ``kept``
rows stay as the data set has them, for outputs per row that an owner wants to match to its records.
"""

import secrets
from collections.abc import Mapping

import numpy as np

from mpc.arrays.interface import concatenate
from mpc.programs.minimum_group import require
from mpc.workflow.context import Order, StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Floats, Owned, Source, Stacked, StackedTable, Value
from protocol.errors import RefusedError
from protocol.recipes import Recipe

MOST_ROWS = 2**31


async def run(context: StepContext) -> dict[str, Value]:
    """Stack the tables in the contract's order."""
    sources = [value for value in context.inputs["tables"] if isinstance(value, Source)]
    columns = sources[0].columns
    for source in sources:
        check_columns(source, sources[0])
    own = [None if source.table is None else source.table.matrix(columns) for source in sources]
    counts = concatenate(
        [
            share_from(
                context, None if rows is None else np.array([float(len(rows))]), source.owner, (1,), 0, MOST_ROWS
            )
            for source, rows in zip(sources, own, strict=True)
        ]
    )
    sizes = [int(count) for count in await context.reveal("row_counts", counts)]
    empty = [source.owner for source, size in zip(sources, sizes, strict=True) if size < 1]
    if empty:
        raise RefusedError(
            "stack.empty_table", f"No rows from {', '.join(empty)}.", "Leave that owner out, or bring rows."
        )
    require(context, _owned(sources, sizes))
    if context.choice("order") == "shuffled":
        own = [None if rows is None else _shuffled(rows) for rows in own]
    return _stacked(sources, sizes, own)


def alone(context: StepContext, rows: Mapping[str, int], order: Order) -> dict[str, Value]:
    """A dry run at one owner: its own rows, and of the others' how many there are."""
    sources = [value for value in context.inputs["tables"] if isinstance(value, Source)]
    for source in sources:
        check_columns(source, sources[0])
    own = [None if source.table is None else source.table.matrix(source.columns) for source in sources]
    sizes = [rows[s.data_set] if found is None else len(found) for s, found in zip(sources, own, strict=True)]
    require(context, _owned(sources, sizes))
    if context.choice("order") == "shuffled":
        own = [None if found is None else found[order(len(found))] for found in own]
    return _stacked(sources, sizes, own)


def _owned(sources: list[Source], sizes: list[int]) -> Owned:
    return tuple((source.owner, size) for source, size in zip(sources, sizes, strict=True))


def _stacked(sources: list[Source], sizes: list[int], own: list[Floats | None]) -> dict[str, Value]:
    tables = tuple(
        StackedTable(source.data_set, source.owner, size, rows)
        for source, size, rows in zip(sources, sizes, own, strict=True)
    )
    return {"stacked": Stacked(sources[0].columns, tables)}


def check_columns(source: Source, first: Source) -> None:
    """The same columns, made in the same way: one value means one thing, whoever holds the row."""
    if source.columns != first.columns:
        raise RefusedError(
            "stack.columns_differ",
            f"{source.owner}'s table has the columns {', '.join(source.columns)}; the first has {', '.join(first.columns)}.",
            "Name the same columns in the same order for every data set of the contract.",
        )
    if source is not first and source.recipe != first.recipe:
        raise RefusedError(
            "stack.prepared_differently",
            f"{source.owner}'s table was prepared by another recipe than {first.owner}'s.",
            "Prepare all tables that are stacked by one recipe.",
        )
    if source is not first and (own := Recipe.parse(source.recipe).own_statistics):
        raise RefusedError(
            "stack.own_statistics",
            f"{', '.join(own)} are filled or clipped by statistics of each owner's own rows: a value would mean another thing at every owner.",
            "Declare the constants in the recipe: `fill 35`, `clip 18 90`.",
        )


def _shuffled(rows: Floats) -> Floats:
    keys = np.frombuffer(secrets.token_bytes(8 * len(rows)), dtype="<u8")
    return rows[np.argsort(keys, kind="stable")]
