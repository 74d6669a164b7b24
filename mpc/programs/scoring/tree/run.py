"""``score.tree``: apply a shared forest to records, without opening the forest or the records.

Columns split among owners: each owner answers for its own columns with the cut points that training left with it. Rows split among
owners, or a secret table: the cut points are common. Which questions a tree asks is a product of its secret choices with the answers, for all
trees at once; ``mean`` then applies the logistic function. Only the scores are opened, to whom the contract says: level 4.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.functions.sigmoid import sigmoid
from mpc.programs.scoring.records import order, wrong_kind
from mpc.programs.tree.forest import Forest
from mpc.programs.tree.inputs import aligned, aligned_names, secret, stacked
from mpc.programs.tree.rows import Rows
from mpc.workflow.context import StepContext
from mpc.workflow.values import Aligned, AlignedTable, SharedTable, Stacked, Value
from protocol.errors import RefusedError

_AT_ONCE: Final = 1 << 22
"""Answers of nodes that are held at once."""


async def run(context: StepContext) -> dict[str, Value]:
    """Score all rows of the tables."""
    (given,), (tables,) = context.inputs["model"], context.inputs["tables"]
    forest = Forest.of(given)
    match tables, forest.trained_on:
        case Aligned(), "aligned":
            parts = [_columns(forest, tables)]
        case Stacked(), "stacked":
            keep = order(forest.columns, tables.columns)
            kept = tuple(
                replace(part, values=None if part.values is None else part.values[:, keep]) for part in tables.tables
            )
            parts = stacked(Stacked(forest.columns, kept), forest.bins)
        case SharedTable(), "shared":
            parts = [secret(_secret(forest, tables), forest.bins)]
        case _:
            raise wrong_kind(forest.trained_on)
    context.rows_of["scores"] = tables.owned
    total, done = sum(part.count for part in parts), 0
    step = max(1, _AT_ONCE // max(forest.choices.shape[0], forest.choices.shape[1]))
    context.progress(0, total + 1)
    found: list[SecureArray] = []
    for part in parts:
        for start in range(0, part.count, step):
            stop = min(start + step, part.count)
            answered = await part.answers(context, start, stop)
            found += [await forest.predicted(answers).settled() for answers in answered]
            done += stop - start
            context.progress(done, total + 1)
    scores = concatenate(found)
    if context.choice("output") == "mean" and forest.loss == "logistic":
        scores = await sigmoid(scores).settled()
    else:
        scores = scores.shifted_down(-forest.unit)
    context.progress(total + 1, total + 1)
    return {"scores": scores}


def _columns(forest: Forest, tables: Aligned) -> Rows:
    """The forest's columns, in the order of training."""
    order(forest.columns, aligned_names(tables))
    by_name = {
        f"{part.owner}.{name}": (part, at) for part in tables.tables for at, name in enumerate(part.columns)
    }  # fmt: skip
    parts: list[AlignedTable] = []
    for name in forest.columns:
        part, at = by_name[name]
        plain = part.columns[at]
        if part.values is not None and name not in forest.cuts:
            raise RefusedError(
                "score.no_cuts",
                f"This node has no cut points of {plain} from the training of this model.",
                "Score at the node that owned these columns in training, or train again.",
            )
        values = None if part.values is None else part.values[:, at : at + 1]
        last = parts[-1] if parts else None
        if last is not None and last.data_set == part.data_set:
            joined = None if last.values is None or values is None else np.concatenate([last.values, values], axis=1)
            parts[-1] = replace(last, columns=(*last.columns, plain), values=joined)
        else:
            parts.append(replace(part, columns=(plain,), values=values))
    return aligned(Aligned(tables.rows, tuple(parts)), forest.bins, tables.rows, forest.cuts)


def _secret(forest: Forest, tables: SharedTable) -> SharedTable:
    return replace(tables, columns=forest.columns, rows=tables.rows[:, order(forest.columns, tables.columns)])
