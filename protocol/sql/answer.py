"""The table that a query's reader gets: computed in double precision from the opened counts and sums, and from nothing else.

A group is a row of it where it shows and somebody is in it; then HAVING, ORDER BY and LIMIT, which hide nothing: their reader has the
figures. NULL is None: the sum of no values, a variance of one value, a quotient by 0. NULLs come last in either order.
"""

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias

from protocol.sql.nodes import (
    Aggregate,
    Arithmetic,
    Both,
    Case,
    Comparison,
    GroupValue,
    In,
    IsNull,
    Node,
    Not,
    Number,
)
from protocol.sql.query import Figure, Query

Cell: TypeAlias = float | None
_COMPARE: Final = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows under names. ``unseen`` of ``groups`` do not show: nobody is in them, or too few are, or they would tell of such a group."""

    names: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    unseen: int
    groups: int


def answer(query: Query, limit: float, figures: Sequence[Sequence[Fraction]], shown: Sequence[bool]) -> Answer:
    """What a query gives: ``figures`` of each group as they were opened, and which groups are ``shown``.

    ``limit`` is the step's, which says by which power of two each sum is held smaller.
    """
    found: list[tuple[tuple[Cell, ...], tuple[Cell, ...]]] = []
    for cell in range(query.cells):
        if not shown[cell] or not figures[cell][0]:
            continue
        group = _Group(query, cell, limit, figures[cell])
        if query.having is not None and group.condition(query.having) is not True:
            continue
        row = tuple(group.value(item.expression) for item in query.items)
        found.append((row, tuple(group.value(node) for node, _ in query.order)))
    for place, (_, falls) in reversed(list(enumerate(query.order))):
        found.sort(key=lambda each, at=place: _key(each[1][at]), reverse=falls)
        found.sort(key=lambda each, at=place: each[1][at] is None)
    rows = tuple(row for row, _ in found)
    unseen = query.cells - sum(1 for bit in shown if bit)
    return Answer(tuple(item.name for item in query.items), rows[: query.limit], unseen, query.cells)


def _key(value: Cell) -> float:
    return 0.0 if value is None else value


class _Group:
    """One group's figures, and expressions over them."""

    def __init__(self, query: Query, cell: int, limit: float, figures: Sequence[Fraction]) -> None:
        self._values = query.values_of(cell)
        self._rows = figures[0]
        sums = figures[1 + len(query.arguments) :]
        self._counts = dict(zip(query.arguments, figures[1:], strict=False))
        self._sums = {
            figure: total * Fraction(2) ** figure.shift(limit, query.ranges)
            for figure, total in zip(query.figures, sums, strict=True)
        }

    def value(self, node: Node) -> Cell:
        match node:
            case Number():
                return float(node.value)
            case GroupValue():
                return float(self._values[node.place])
            case Aggregate():
                return self._aggregate(node)
            case Arithmetic():
                return self._arithmetic(node)
            case Case():
                for when, then in node.branches:
                    if self.condition(when) is True:
                        return self.value(then)
                return None if node.otherwise is None else self.value(node.otherwise)
            case _:
                raise AssertionError(f"{type(node).__name__} is no value of a group")

    def condition(self, node: Node) -> bool | None:
        """True, false, or neither."""
        match node:
            case Comparison():
                left, right = self.value(node.left), self.value(node.right)
                return None if left is None or right is None else bool(_COMPARE[node.sign](left, right))
            case In():
                value = self.value(node.value)
                return None if value is None else value in {float(number) for number in node.numbers}
            case IsNull():
                return self.value(node.value) is None
            case Not():
                found = self.condition(node.condition)
                return None if found is None else not found
            case Both():
                pair = self.condition(node.left), self.condition(node.right)
                decides = node.sign == "OR"
                if decides in pair:
                    return decides
                return None if None in pair else not decides
            case _:
                raise AssertionError(f"{type(node).__name__} is no condition of a group")

    def _arithmetic(self, node: Arithmetic) -> Cell:
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None or (node.sign == "/" and right == 0):
            return None
        match node.sign:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right

    def _aggregate(self, node: Aggregate) -> Cell:
        if node.argument is None:
            return float(self._rows)
        count = self._counts[node.argument]
        if node.function == "COUNT":
            return float(count)
        total = self._sums[Figure(node.argument, 1)]
        if count == 0:
            return None
        if node.function == "SUM":
            return float(total)
        if node.function == "AVG":
            return float(total / count)
        # exact until the last step: squares that are held in fractions lose nothing to each other here
        spread = self._sums[Figure(node.argument, 2)] - total * total / count
        degrees = count if node.function.endswith("_POP") else count - 1
        if degrees == 0:
            return None
        variance = max(0.0, float(spread / degrees))
        return math.sqrt(variance) if node.function.startswith("STDDEV") else variance
