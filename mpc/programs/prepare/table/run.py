"""``prepare.table``: an owner's raw table made numbers, at its owner, by a recipe that it signed.

Empty cells, levels, dates and heavy tails never reach a step that cannot take them; what takes their place is in the contract's text
(:mod:`protocol.recipes`) and, with ``mean``, ``median`` and ``quantiles``, follows from the owner's own rows. All of these count, also
those that a later step leaves out or tests on. Where rows of several owners are stacked that is refused: a value would mean another
thing at every owner.

Nothing is sent, unless the contract gives somebody the counts of what was filled, clipped or of another level.
"""

import numpy as np

from mpc.arrays.interface import SecureArray
from mpc.programs.minimum_group import own_or_group
from mpc.programs.prepare.owner import Made, prepared
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Floats, PrivateTable, Source, Value
from protocol.errors import RefusedError
from protocol.recipes import Recipe

_MOST_ROWS = 2**31


async def run(context: StepContext) -> dict[str, Value]:
    """The prepared table; others see its columns only."""
    (source,) = context.inputs["table"]
    assert isinstance(source, Source)
    text = context.choice("recipe")
    recipe = Recipe.parse(text)
    if lacking := recipe.lacking(source.columns):
        raise RefusedError(
            "prepare.no_column",
            f"The recipe names {', '.join(lacking)}; {source.data_set} has {', '.join(source.columns)} in this contract.",
            "Name these columns in the contract too, or leave them out of the recipe.",
        )
    names = recipe.names(source.columns)
    made = {} if source.table is None else _made(source.table, source.columns, recipe)
    table = None if source.table is None else _table(source.table, source.columns, recipe, made)
    outputs: dict[str, Value] = {"table": Source(source.data_set, source.owner, names, table, text)}
    if "counts" in context.wanted:
        outputs["counts"] = _counts(context, source, recipe, made)
    return outputs


def _made(table: PrivateTable, columns: tuple[str, ...], recipe: Recipe) -> dict[str, Made]:
    parts = ((column, recipe.of(column)) for column in columns)
    return {column: prepared(part, table) for column, part in parts if part is not None}


def _table(table: PrivateTable, columns: tuple[str, ...], recipe: Recipe, made: dict[str, Made]) -> PrivateTable:
    """The owner's rows; a column that passes holds numbers already, and no empty cell."""
    found: dict[str, Floats] = {}
    for column in columns:
        part = recipe.of(column)
        if part is not None:
            found |= zip(part.names, made[column].columns, strict=True)
        else:
            found[column] = table.matrix((column,))[:, 0]
    return PrivateTable(table.ids, found)


def _counts(context: StepContext, source: Source, recipe: Recipe, made: dict[str, Made]) -> SecureArray:
    """One number for each of :meth:`Recipe.counted`; every party knows how many these are."""
    counted = recipe.counted(source.columns)
    if not counted:
        raise RefusedError(
            "prepare.nothing_counted",
            "The recipe fills and clips nothing and gives no column to other levels: there is nothing to count.",
            "Leave the output `counts` out.",
        )
    own = None
    if source.table is not None:
        numbers = [float(made[column].counts[count]) for column, count in counted]
        own = own_or_group(context, np.array(numbers), len(source.table.ids))
    return share_from(context, own, source.owner, (len(counted),), 0, _MOST_ROWS)
