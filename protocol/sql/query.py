"""What a query means: its groups, what is added up for each of them, and how its reader's answer follows from these figures.

All of it follows from the text, so that whoever signs it, every node and the reader agree on every place of every figure. Rules that SQL
has not, each refused with the place where it is broken:

* **Groups are declared.** A column to group by has its values in the query: a condition ``column IN (0, 1, 2)`` that AND joins at the top
  of WHERE. A CASE to group by gives numbers only, and has an ELSE. So how many groups there may be is known before anybody looks.
* **Rows are not given.** What is listed, compared in HAVING or ordered by is made of groups' values and aggregates.
* **Rows are divided by numbers only**, not by columns: no row's quotient is undefined. Aggregates may be divided.
"""

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from protocol.sql.grammar import Clauses, Item, read
from protocol.sql.nodes import (
    SQUARED,
    Aggregate,
    Arithmetic,
    Both,
    Case,
    Column,
    Comparison,
    GroupValue,
    In,
    IsNull,
    Node,
    Not,
    Number,
    all_of,
    columns_of,
    conjuncts,
)
from protocol.sql.tokens import wrong

MOST_GROUPS: Final = 1000
MOST_FIGURES: Final = 64
_MOST_UP: Final = -30
DEFAULT: Final = "SELECT COUNT(*) FROM rows"
MISSING: Final = "[missing]"
"""What a column's name ends in that says where another one is NULL: 1 there, as the operation ``indicator`` of a recipe makes it."""


@dataclass(frozen=True, slots=True)
class Group:
    """An expression to group by and the values that it may have, in ascending order."""

    expression: Node
    values: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A sum over the rows of a group: of a value that rows have, or of its square; ``power`` is 1 or 2."""

    argument: Node
    power: int

    def shift(self, limit: float, ranges: Mapping[Column, float]) -> int:
        """By how many places the sum is held smaller (or larger: below 0), so that a row's part is as large as ``limit`` at most."""
        most = bound(self.argument, limit, ranges) ** self.power / limit
        return max(_MOST_UP, math.ceil(math.log2(most))) if most > 0 else 0


@dataclass(frozen=True, slots=True)
class Query:
    """A query that is sound. Expressions of ``items``, ``having`` and ``order`` hold :class:`GroupValue` where they name a group's value.

    ``where`` are the conditions that AND joins, less those that only list the groups' values, which are ``declaring``. ``arguments`` are
    what aggregates are taken of.
    """

    text: str
    tables: tuple[str, ...]
    items: tuple[Item, ...]
    where: tuple[Node, ...]
    groups: tuple[Group, ...]
    having: Node | None
    order: tuple[tuple[Node, bool], ...]
    limit: int | None
    arguments: tuple[Node, ...]
    figures: tuple[Figure, ...]
    declaring: tuple[Node, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Query":
        """Read a query (``program.sql``, with the place, for what is none or is not taken)."""
        return _parsed(text)

    @property
    def cells(self) -> int:
        """How many groups there may be."""
        return math.prod(len(group.values) for group in self.groups)

    @property
    def blocks(self) -> int:
        """Values of the first expression to group by: what is hidden is hidden for one of them as a whole."""
        return len(self.groups[0].values) if self.groups else 1

    def values_of(self, cell: int) -> tuple[Decimal, ...]:
        """The groups' values at a cell; the last expression's change fastest."""
        found: list[Decimal] = []
        for group in reversed(self.groups):
            cell, at = divmod(cell, len(group.values))
            found.append(group.values[at])
        return tuple(reversed(found))

    @property
    def ranges(self) -> Mapping[Column, float]:
        """The largest magnitude of columns of which WHERE says both bounds: closer than the step's limit, so held with more digits."""
        return _ranges((*self.declaring, *self.where))

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns that it reads, each once."""
        nodes = [*self.where, *(group.expression for group in self.groups), *self.arguments]
        return tuple(dict.fromkeys(column for node in nodes for column in columns_of(node)))

    def wrong(self, at: int, what: str) -> Exception:
        """That something in the text cannot be, with its place."""
        return wrong(self.text, at, what)

    def cell_names(self) -> tuple[str, ...]:
        """``region=1, CASE…=0`` for every cell."""
        names = [said(group.expression) for group in self.groups]
        cells = (self.values_of(cell) for cell in range(self.cells))
        return tuple(
            ", ".join(f"{name}={value:f}" for name, value in zip(names, cell, strict=True)) or "all" for cell in cells
        )

    def count_names(self) -> tuple[str, ...]:
        """What each of the counts is."""
        return ("COUNT(*)", *(f"COUNT({said(argument)})" for argument in self.arguments))

    def sum_names(self, limit: float) -> tuple[str, ...]:
        """What each of the sums is, with the power of two that it is held smaller by."""
        found: list[str] = []
        for figure in self.figures:
            inside = said(figure.argument)
            shift = figure.shift(limit, self.ranges)
            name = f"SUM({inside})" if figure.power == 1 else f"SUM(({inside})^2)"
            found.append(f"{name} {'/' if shift > 0 else '*'} 2^{abs(shift)}" if shift else name)
        return tuple(found)


@functools.lru_cache(maxsize=16)  # a node and its plans read the text of a step many times
def _parsed(text: str) -> Query:
    return _Meaning(text).query()


def bound(node: Node, limit: float, ranges: Mapping[Column, float]) -> float:
    """The largest magnitude of a value of rows whose columns lie within ±``limit``, those of ``ranges`` closer."""
    match node:
        case Number():
            return abs(float(node.value))
        case Column():
            return min(limit, ranges.get(node, limit))
        case Arithmetic():
            left, right = bound(node.left, limit, ranges), bound(node.right, limit, ranges)
            if node.sign == "/":
                assert isinstance(node.right, Number)
                return left / right
            return left * right if node.sign == "*" else left + right
        case Case():
            values = [value for _, value in node.branches] + ([] if node.otherwise is None else [node.otherwise])
            return max(bound(value, limit, ranges) for value in values)
        case _:
            raise AssertionError(f"{type(node).__name__} is no value of rows")


def _ranges(where: Iterable[Node]) -> dict[Column, float]:
    """How large columns are in the rows that conditions leave, where these say so of both sides."""
    low, high = dict[Column, Decimal](), dict[Column, Decimal]()
    for each in where:
        if isinstance(each, In) and isinstance(each.value, Column):
            low[each.value], high[each.value] = min(each.numbers), max(each.numbers)
        if isinstance(each, Comparison) and isinstance(each.left, Column) and isinstance(each.right, Number):
            if each.sign in (">", ">=", "="):
                low[each.left] = each.right.value
            if each.sign in ("<", "<=", "="):
                high[each.left] = each.right.value
    return {column: float(max(abs(low[column]), abs(high[column]))) for column in low if column in high}


def said(node: Node) -> str:
    """A node as a query writes it, fully in parentheses where it must be."""
    match node:
        case Number():
            return f"{node.value:f}"
        case Column():
            return ".".join(_name(part) for part in (node.owner, node.name) if part)
        case Arithmetic() | Comparison():
            return f"{_inside(node.left)} {node.sign} {_inside(node.right)}"
        case Both():
            return f"{_inside(node.left)} {node.sign} {_inside(node.right)}"
        case In():
            return f"{_inside(node.value)} IN ({', '.join(f'{number:f}' for number in node.numbers)})"
        case IsNull():
            return f"{_inside(node.value)} IS NULL"
        case Not():
            return f"NOT {_inside(node.condition)}"
        case Case():
            branches = " ".join(f"WHEN {said(when)} THEN {said(then)}" for when, then in node.branches)
            other = "" if node.otherwise is None else f" ELSE {said(node.otherwise)}"
            return f"CASE {branches}{other} END"
        case Aggregate():
            return f"{node.function}({'*' if node.argument is None else said(node.argument)})"
        case GroupValue():
            return f"group {node.place + 1}"


def _name(name: str) -> str:
    return name if name.replace("_", "a").isalnum() and not name[0].isdigit() else f'"{name}"'


def _inside(node: Node) -> str:
    plain = isinstance(node, (Number, Column, Case, Aggregate, GroupValue))
    return said(node) if plain else f"({said(node)})"


class _Meaning:
    """From clauses to a query."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._clauses: Clauses = read(text)
        self._names = self._aliases()
        self._declaring: list[Node] = []
        self._places: dict[Node, int] = {}

    def query(self) -> Query:
        clauses = self._clauses
        groups = [self._alias(node) for node in clauses.groups]
        if clauses.where is not None:
            self._of_rows(clauses.where)
        where, found = list(conjuncts(clauses.where)), list[Group]()
        for node in groups:
            self._of_rows(node)
            found.append(self._group(node, where))
        if len({group.expression for group in found}) < len(found):
            raise self._wrong(groups[-1].at, "an expression to group by is there twice")
        if math.prod(len(group.values) for group in found) > MOST_GROUPS:
            raise self._wrong(groups[-1].at, f"there are more than {MOST_GROUPS} groups")
        self._places = {group.expression: place for place, group in enumerate(found)}
        items = tuple(Item(self._of_groups(item.expression), item.name) for item in clauses.items)
        having = None if clauses.having is None else self._of_groups(self._alias_inside(clauses.having))
        order = tuple((self._of_groups(self._alias_inside(node)), falls) for node, falls in clauses.order)
        listed = [item.expression for item in items] + [node for node, _ in order]
        read_ = [*listed, *([] if having is None else [having])]
        aggregates = [each for node in read_ for each in all_of(node) if isinstance(each, Aggregate)]
        arguments = tuple(dict.fromkeys(each.argument for each in aggregates if each.argument is not None))
        figures = tuple(dict.fromkeys(self._figures(aggregates)))
        if len(figures) + len(arguments) > MOST_FIGURES:
            raise self._wrong(0, f"it has more than {MOST_FIGURES} different sums and counts")
        used = {id(condition) for condition in self._declaring}
        rest = tuple(condition for condition in where if id(condition) not in used)
        return Query(
            self._text, clauses.tables, items, rest, tuple(found), having, order, clauses.limit, arguments, figures,
            tuple(self._declaring),
        )  # fmt: skip

    def _wrong(self, at: int, what: str) -> Exception:
        return wrong(self._text, at, what)

    # -- names of the answer's columns -----------------------------------------------------------------------------

    def _aliases(self) -> Mapping[str, Node]:
        clauses = self._clauses
        names = [item.name for item in clauses.items]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise self._wrong(
                clauses.items[names.index(twice)].expression.at, f"two columns of the answer are {twice!r}"
            )
        nodes = [item.expression for item in clauses.items] + ([clauses.where] if clauses.where else [])
        columns = {column.name for node in nodes for column in columns_of(node)}
        for item in clauses.items:
            own = isinstance(item.expression, Column) and item.expression.name == item.name
            if item.name in columns and not own:
                raise self._wrong(
                    item.expression.at,
                    f"{item.name!r} names a column of rows and one of the answer: choose another name",
                )
        return {item.name: item.expression for item in clauses.items}

    def _alias(self, node: Node) -> Node:
        return self._names.get(node.name, node) if isinstance(node, Column) and not node.owner else node

    def _alias_inside(self, node: Node) -> Node:
        """HAVING and ORDER BY may name the answer's columns."""
        named = self._alias(node)
        return _with_parts(node, self._alias_inside) if named is node else named

    # -- groups ------------------------------------------------------------------------------------------------------

    def _group(self, node: Node, where: list[Node]) -> Group:
        if isinstance(node, Case):
            return Group(node, self._of_case(node))
        if not isinstance(node, Column):
            raise self._wrong(node.at, "groups are made by a column or by CASE … END")
        declared = [each for each in where if isinstance(each, In) and each.value == node]
        if len(declared) != 1:
            raise self._wrong(
                node.at,
                f"the values of {node} are declared once in WHERE, as `{node} IN (0, 1, 2) AND …`, each a group",
            )
        self._declaring.append(declared[0])
        return Group(node, tuple(sorted(declared[0].numbers)))

    def _of_case(self, node: Case) -> tuple[Decimal, ...]:
        values = [value for _, value in node.branches]
        if node.otherwise is None:
            raise self._wrong(node.at, "a CASE to group by has an ELSE")
        found: set[Decimal] = set()
        for value in (*values, node.otherwise):
            if not isinstance(value, Number):
                raise self._wrong(value.at, "a CASE to group by gives numbers only")
            found.add(value.value)
        return tuple(sorted(found))

    # -- what may stand where ----------------------------------------------------------------------------------------

    def _of_rows(self, node: Node) -> None:
        """Refuse in an expression over rows what belongs to groups, and quotients that may be undefined."""
        for each in all_of(node):
            if isinstance(each, Aggregate):
                raise self._wrong(each.at, f"{each.function} is of groups, and this is of rows: use HAVING")
            if isinstance(each, Arithmetic) and each.sign == "/" and not _divides(each.right):
                raise self._wrong(each.at, "a row's value is divided by a number other than 0 only")

    def _of_groups(self, node: Node) -> Node:
        """An expression over groups, with their values in the places of what made them."""
        if node in self._places:
            return GroupValue(self._places[node], node.at)
        if isinstance(node, Aggregate):
            if node.argument is not None:
                self._of_rows(node.argument)
            return node
        if isinstance(node, Column):
            raise self._wrong(
                node.at, f"{node} is of rows: put it into GROUP BY, or into COUNT, SUM, AVG, VAR_SAMP or STDDEV_SAMP"
            )
        return _with_parts(node, self._of_groups)

    def _figures(self, aggregates: list[Aggregate]) -> Iterator[Figure]:
        for each in aggregates:
            if each.argument is not None and each.function != "COUNT":
                yield Figure(each.argument, 1)
                if each.function in SQUARED:
                    yield Figure(each.argument, 2)


def _divides(node: Node) -> bool:
    return isinstance(node, Number) and node.value != 0


def _with_parts(node: Node, change: Callable[[Node], Node]) -> Node:
    """A node of changed parts."""
    match node:
        case Arithmetic() | Comparison() | Both():
            return replace(node, left=change(node.left), right=change(node.right))
        case In() | IsNull():
            return replace(node, value=change(node.value))
        case Not():
            return replace(node, condition=change(node.condition))
        case Case():
            branches = tuple((change(when), change(then)) for when, then in node.branches)
            return replace(
                node, branches=branches, otherwise=None if node.otherwise is None else change(node.otherwise)
            )
        case Number() | Column() | Aggregate() | GroupValue():
            return node
