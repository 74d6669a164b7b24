"""An owner's stored rows as programs take them: in the child that runs a task, and in the check before anybody signs."""

from typing import Any

import numpy as np

from mpc.workflow.values import Genotypes, PrivateTable
from protocol.contract import Input
from workers.sources.table import Table


def chosen(table: Table, asked: Input) -> Table:
    """Exactly the rows and columns that the contract names, and the identifier."""
    identifier = table.schema.identifier
    columns = [*asked.columns, *([identifier] if identifier and identifier not in asked.columns else [])]
    return table.select(columns, [(f.column, f.operator, f.value) for f in asked.filters])


def private_table(table: Table) -> PrivateTable:
    """Numbers as floats, NaN where a cell is empty, which programs refuse; genotypes as they are packed; all else as text."""
    identifier = table.schema.identifier
    ids = table.texts(identifier) if identifier else [str(i) for i in range(table.rows)]
    columns: dict[str, Any] = {}
    for column in table.schema.columns:
        array = table.array(column.name)
        if column.numeric:
            columns[column.name] = array.cast("float64").to_numpy(zero_copy_only=False) / 10.0**column.scale
        elif column.kind == "genotypes":
            columns[column.name] = Genotypes(column.listed(), table.packed(column.name))
        else:
            columns[column.name] = np.array(table.texts(column.name), dtype=object)
    return PrivateTable(tuple(str(value) for value in ids), columns)
