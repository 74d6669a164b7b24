"""``prepare.fold``: one fold of aligned rows last, to be tested on, and the others marked to train.

Every owner does it alone, and nothing is told: folds are pieces of the rows' order, which is random after an alignment and has the
label's values in proportion after ``prepare.folds``. For k folds a contract has k of these steps, each with the model behind it.
"""

import numpy as np

from mpc.programs.minimum_group import require_split
from mpc.programs.prepare.folds.run import edges, ordered
from mpc.workflow.context import StepContext
from mpc.workflow.values import Aligned, Value, cut
from protocol.errors import RangeError


async def run(context: StepContext) -> dict[str, Value]:
    """Move the fold's rows behind the others."""
    (table,) = context.inputs["tables"]
    assert isinstance(table, Aligned)
    folds, fold = context.integer("folds"), context.integer("fold")
    if fold > folds or table.rows < 2 * folds:
        raise RangeError(
            "folds.no_such_fold",
            f"There is no fold {fold} of {folds} folds of two rows at least in {table.rows} rows.",
            "Name one that is there, or fewer folds.",
        )
    start, end = (int(edge) for edge in edges(table.rows, folds)[fold - 1 : fold + 1])
    rest = np.concatenate([np.arange(start), np.arange(end, table.rows), np.arange(start, end)])
    train = table.rows - (end - start)
    require_split(context, cut(table.owned, 0, train), cut(table.owned, train, table.rows))
    found = ordered(table, rest)
    return {"folded": Aligned(table.rows, found.tables, train, table.limit, {}, found.ids)}
