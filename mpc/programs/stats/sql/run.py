"""``stats.sql``: the counts and sums that a query's answer is computed from, for every group, as shares.

The query is a text in the contract, read by :mod:`protocol.sql`: what its owners sign is what runs. Everything that is not a count or a sum over
a group (quotients, roots, HAVING, ORDER BY, LIMIT) its reader computes from what opens (:mod:`protocol.sql.answer`), so nothing is
lost by fixed-point division and there is no second definition of the answer.

A group shows where each of its figures is about nobody or enough people (:mod:`~mpc.programs.minimum_group`): its rows, those that WHERE
leaves out of it, values that are NULL, values that are rare in it, each branch of a CASE. What hides is a value of the first
expression to group by, with all groups in it. Where rows outside of all groups are too few, nothing shows.
"""

from mpc.arrays.interface import SecureArray, concatenate
from mpc.programs.minimum_group import cells, enough, require
from mpc.programs.stats.sql.figures import Asked, Figures, of_columns, of_rows
from mpc.workflow.context import StepContext
from mpc.workflow.values import Aligned, Stacked, Value
from protocol.sql.query import Query


async def run(context: StepContext) -> dict[str, Value]:
    """Add up; ``figures`` has shape (groups, 1 + arguments + sums), ``shown`` (groups,)."""
    (table,) = context.inputs["tables"]
    assert isinstance(table, (Aligned, Stacked))
    query = Query.parse(context.choice("sql"))
    require(context, table.owned)
    asked = Asked.of(context, query, table.rows)
    found = of_columns(context, asked, table) if isinstance(table, Aligned) else of_rows(context, asked, table)
    shown = _shown(context, query, found)
    counts = found.counts.rescaled(asked.bits)
    figures = counts if found.sums is None else concatenate([counts, found.sums], axis=1)
    outputs: dict[str, Value] = {
        "shown": shown,
        "figures": figures.multiply(shown.reshape(-1, 1), fraction_bits=figures.fraction_bits),
    }
    return {name: value for name, value in outputs.items() if name in context.wanted}


def _shown(context: StepContext, query: Query, found: Figures) -> SecureArray:
    """Bits (groups,): those of one value of the first expression to group by are alike."""
    blocks, inside = query.blocks, query.cells // query.blocks
    if found.seen is None or found.outside is None:
        rows = found.counts[:, 0].reshape(1, blocks, inside)
        shown = cells(rows, rows.sum(axis=2), 1)
    else:
        views = found.seen.shape[0]
        rows = found.seen[:, :, 0].reshape(views, blocks, inside).sum(axis=2)
        shown = cells(found.seen.reshape(views, blocks, -1), rows, context.minimum_group)
        shown = shown.within(1, because="bits") & enough(found.outside, context.minimum_group)
    return shown.reshape(-1, 1).multiply([[1] * inside]).reshape(-1)
