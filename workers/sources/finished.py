"""The end of every reading: the collected cells as one table whose ids stand once each."""

from collections.abc import Sequence
from typing import Any

from workers.sources import ids
from workers.sources.problems import Problems
from workers.sources.schema import Schema
from workers.sources.table import Table, joined
from workers.sources.told import RowOf


def finished(schema: Schema, chunks: Sequence[list[Any]], row: RowOf, problems: Problems) -> Table:
    """The columns of ``chunks``, which are given up; raises ``DataError`` with all problems, those of the ids as a whole among them.

    ``row`` gives the place in the source of the row at an index.
    """
    arrays = joined(schema, chunks)
    if schema.identifier:
        place = schema.names.index(schema.identifier)
        ids.check(schema.columns[place], arrays[place], row, problems)
    problems.stop_if_any()
    return Table(schema, arrays)
