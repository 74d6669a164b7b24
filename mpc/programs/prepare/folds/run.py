"""``prepare.folds``: aligned rows fold after fold, each with the label's values in proportion.

The label's owner draws the folds: it shuffles the rows of each value, deals them to the folds in turn, and shuffles every fold. Which
row is where is opened to all, since all put their rows into that order; the label's values are not. Within a fold the order is uniform
whatever the labels are, so what it tells is the fold of a row, and of folds only that they are alike: to whoever knows all labels of a
fold but one, and how often each value occurs, the last. So a fold has :data:`LEAST` rows at least, and the minimum group.

A later ``train_fraction`` of whole folds is a stratified split; ``prepare.fold`` takes one fold to test on.
"""

import secrets
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpc.programs.minimum_group import require
from mpc.workflow.context import StepContext
from mpc.workflow.frames import checked, share_from
from mpc.workflow.values import Aligned, AlignedTable, Floats, Label, Value
from protocol.errors import RangeError

LEAST: Final = 20
_MOST_LABEL: Final = 2.0**20


async def run(context: StepContext) -> dict[str, Value]:
    """Reorder every table in the same way."""
    (table,), (label,) = context.inputs["tables"], context.inputs["label"]
    assert isinstance(table, Aligned)
    assert isinstance(label, Label)
    require(context, table.owned)
    folds, least = context.integer("folds"), max(LEAST, context.minimum_group)
    if table.rows < folds * least:
        raise RangeError(
            "folds.too_few_rows",
            f"{table.rows} rows in {folds} folds leave a fold with fewer than {least}.",
            "Use more rows or fewer folds.",
        )
    label = checked(label, "whole", _MOST_LABEL)
    own = None if label.values is None else drawn(label.values, folds).astype(np.float64)
    places = share_from(context, own, label.owner, (table.rows,), 0, table.rows)
    order = np.argsort(await context.reveal("fold_of_rows", places), kind="stable")  # an order, whatever was opened
    return {"folded": ordered(table, order)}


def ordered(table: Aligned, order: NDArray[np.int64]) -> Aligned:
    """All tables with their rows, and this party's ids, in another order."""
    ids = None if table.ids is None else tuple(table.ids[at] for at in order)
    return replace(table, tables=tuple(_ordered(part, order) for part in table.tables), ids=ids)


def edges(rows: int, folds: int) -> NDArray[np.int64]:
    """Where folds begin, and the end."""
    return np.arange(folds + 1) * rows // folds


def drawn(label: Floats, folds: int) -> NDArray[np.int64]:
    """Each row's place: fold after fold, in each a uniformly random order."""
    rows = len(label)
    first = _shuffled(rows)
    by_value = first[np.argsort(label[first], kind="stable")]
    ends = edges(rows, folds)
    sizes = np.diff(ends)
    turns, rest = divmod(rows, folds)
    dealt = [_shuffled(folds) for _ in range(turns)]  # each of the folds once a turn
    dealt.append(np.flatnonzero(sizes > turns))
    assert len(dealt[-1]) == rest
    fold = np.empty(rows, dtype=np.int64)
    fold[by_value] = np.concatenate(dealt)
    mixed = _shuffled(rows)
    order = mixed[np.argsort(fold[mixed], kind="stable")]
    places = np.empty(rows, dtype=np.int64)
    places[order] = np.arange(rows)
    return places


def _shuffled(count: int) -> NDArray[np.int64]:
    keys = np.frombuffer(secrets.token_bytes(8 * count), dtype="<u8")
    return np.argsort(keys, kind="stable").astype(np.int64)


def _ordered(part: AlignedTable, order: NDArray[np.int64]) -> AlignedTable:
    return replace(part, values=None if part.values is None else part.values[order])
