"""What stacking gives, all rows, and what it tells: how many rows each owner brings."""

from collections.abc import Mapping

from mpc.programs.alignment.table_stack.run import check_columns
from mpc.workflow.context import StepContext
from mpc.workflow.values import Outline, Source, Stacked, StackedTable


async def outline(context: StepContext, rows: Mapping[str, int]) -> Outline:
    """For data sets of so many rows, without any."""
    sources = [source for source in context.inputs["tables"] if isinstance(source, Source)]
    for source in sources:
        check_columns(source, sources[0])
    parts = tuple(StackedTable(source.data_set, source.owner, rows[source.data_set], None) for source in sources)
    return Outline({"stacked": Stacked(sources[0].columns, parts)}, counts=tuple(source.owner for source in sources))
