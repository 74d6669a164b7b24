"""Where the columns of a query are: which of the rows' owners has each, and the column beside it that says where it is NULL."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mpc import faults
from mpc.programs.stats.sql.clear import Bits, Rows
from mpc.workflow.values import Aligned, Floats, Stacked, StackedTable
from protocol.data_faults import DataFault
from protocol.sql.nodes import Case, Column, Node, columns_of, parts
from protocol.sql.query import MISSING, Query


@dataclass(frozen=True, slots=True)
class Place:
    """A column of the ``table``-th table, which ``owner`` has ("" where all have their own rows of it)."""

    owner: str
    table: int
    at: int
    missing: int | None


@dataclass(frozen=True, slots=True)
class Located:
    """All columns of a query in their places; ``first`` is an owner who says what no column decides."""

    places: Mapping[Column, Place] = field(repr=False)
    first: str

    @classmethod
    def of(cls, query: Query, table: Aligned | Stacked) -> "Located":
        """Find them, or refuse the query with the place of the column that is not there (``program.sql``)."""
        if isinstance(table, Stacked):
            owners, tables = {part.owner for part in table.tables}, [("", table.columns)]
            if query.tables:
                raise query.wrong(
                    query.text.upper().index(" FROM ") + 6,
                    "rows of several owners lie below each other: write FROM rows",
                )
        else:
            owners, tables = (
                {part.owner for part in table.tables},
                [(part.owner, part.columns) for part in table.tables],
            )
            if query.tables and set(query.tables) != owners:
                raise query.wrong(
                    query.text.upper().index(" FROM ") + 6, f"the rows are those of {', '.join(sorted(owners))}"
                )
        places = {column: _place(query, column, tables) for column in query.columns}
        return cls(places, min({place.owner for place in places.values()} or owners))

    def owners(self, node: Node) -> frozenset[str]:
        """Whose columns a node reads."""
        return frozenset(self.places[column].owner for column in columns_of(node))

    def owner(self, node: Node) -> str | None:
        """Who can say a node's values alone; None where nobody can."""
        found = self.owners(node)
        return (min(found) if found else self.first) if len(found) < 2 else None

    def nullable(self, node: Node) -> bool:
        """Whether a value may be NULL, or a condition neither true nor false."""
        if isinstance(node, Column):
            return self.places[node].missing is not None
        if isinstance(node, Case):
            values = [then for _, then in node.branches] + [node.otherwise]
            return any(then is None or self.nullable(then) for then in values)
        return any(self.nullable(part) for part in parts(node))


def _place(query: Query, column: Column, tables: list[tuple[str, tuple[str, ...]]]) -> Place:
    found = [
        (at, owner, names)
        for at, (owner, names) in enumerate(tables)
        if column.name in names and column.owner in ("", owner)
    ]
    if not found:
        there = ", ".join(f"{owner}.{name}" if owner else name for owner, names in tables for name in names)
        raise query.wrong(column.at, f"there is no column {column}; there are {there}")
    if len(found) > 1:
        raise query.wrong(column.at, f"{len(found)} tables have a column {column.name}: write it as owner.column, once")
    at, owner, names = found[0]
    missing = names.index(column.name + MISSING) if column.name + MISSING in names else None
    return Place(owner, at, names.index(column.name), missing)


def rows_of(query: Query, located: Located, table: Aligned, owner: str, limit: float) -> Rows | None:
    """One owner's columns of aligned tables; None elsewhere."""
    mine = {column: place for column, place in located.places.items() if place.owner == owner}
    values = {at: table.tables[at].values for at in {place.table for place in mine.values()}}
    if any(part.values is None for part in table.tables if part.owner == owner):
        return None
    return _rows(
        query, located, {column: (values[place.table], place) for column, place in mine.items()}, table.rows, limit
    )


def rows_below(query: Query, located: Located, part: StackedTable, limit: float) -> Rows | None:
    """One owner's rows of stacked tables; None elsewhere."""
    if part.values is None:
        return None
    return _rows(
        query, located, {column: (part.values, place) for column, place in located.places.items()}, part.rows, limit
    )


def _rows(
    query: Query, located: Located, places: Mapping[Column, tuple[Floats | None, Place]], rows: int, limit: float
) -> Rows:
    """The rows; refused where a number that leaves this owner in any form is beyond the limit (I12)."""
    columns: dict[Column, tuple[Floats, Bits]] = {}
    for column, (values, place) in places.items():
        assert values is not None
        null = np.zeros(rows, dtype=bool) if place.missing is None else values[:, place.missing] != 0
        columns[column] = values[:, place.at], null
    where = (each for each in (*query.declaring, *query.where) if {*columns_of(each)} <= {*columns})
    found = Rows.of(columns, rows, tuple(where))
    shared = {column for node in _leaving(query, located) for column in columns_of(node)}
    for column in sorted(shared & {*columns}, key=str):
        values, null = columns[column]
        wrong = found.inside & ~null & ~(np.abs(values) <= limit)  # what is no number is not within it either
        if bool(wrong.any()):
            faults.refuse(DataFault("stats.beyond_limit", [column.name], int(wrong.sum()), limit=f"{limit:g}"))
    return found


def _leaving(query: Query, located: Located) -> list[Node]:
    """What is made of numbers that leave their owner: what is added up, and what nobody can say alone."""
    decided = [*query.where, *(group.expression for group in query.groups)]
    return [*query.arguments, *(node for node in decided if located.owner(node) is None)]
