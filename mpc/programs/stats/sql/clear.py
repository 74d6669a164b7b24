"""Expressions over the rows of one owner, at that owner, in the clear: in double precision, with SQL's NULL and Kleene's logic.

A value is its numbers and the bits of those that are NULL; a condition the bits of the rows where it is true, and of those where it is false.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mpc.workflow.values import Floats
from protocol.sql.nodes import (
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
    parts,
)
from protocol.sql.query import Group

Bits: TypeAlias = NDArray[np.bool_]
_VALUES: Final[Mapping[str, Callable[[Floats, Floats], Floats]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
_SIGNS: Final[Mapping[str, Callable[[Floats, Floats], Bits]]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rows:
    """An owner's columns with the bits of what is NULL in them. ``inside`` are the rows that its own conditions leave."""

    columns: Mapping[Column, tuple[Floats, Bits]] = field(repr=False)
    rows: int
    inside: Bits = field(repr=False)

    @classmethod
    def of(cls, columns: Mapping[Column, tuple[Floats, Bits]], rows: int, where: tuple[Node, ...]) -> "Rows":
        """The rows of these columns; ``where`` are the conditions that only they are about."""
        every = np.ones(rows, dtype=bool)
        whole, inside = cls(columns, rows, every), every
        for condition in where:
            inside = inside & whole.condition(condition)[0]
        return cls(columns, rows, inside)

    def value(self, node: Node) -> tuple[Floats, Bits]:
        """The numbers of a value, and which are NULL."""
        match node:
            case Number():
                return np.full(self.rows, float(node.value)), np.zeros(self.rows, dtype=bool)
            case Column():
                return self.columns[node]
            case Arithmetic():
                left, right = self.value(node.left), self.value(node.right)
                return _VALUES[node.sign](left[0], right[0]), left[1] | right[1]
            case Case():
                values, null = np.zeros(self.rows), np.ones(self.rows, dtype=bool)
                for taken, then in self.branches(node):
                    if then is not None:
                        found, missing = self.value(then)
                        values, null = np.where(taken, found, values), np.where(taken, missing, null)
                return values, null
            case _:
                raise AssertionError(f"{type(node).__name__} is no value of rows")

    def branches(self, node: Case) -> list[tuple[Bits, Node | None]]:
        """Which rows take each of a CASE's values, the ELSE last."""
        left, found = np.ones(self.rows, dtype=bool), list[tuple[Bits, Node | None]]()
        for when, then in node.branches:
            taken = left & self.condition(when)[0]
            found.append((taken, then))
            left = left & ~taken
        return [*found, (left, node.otherwise)]

    def condition(self, node: Node) -> tuple[Bits, Bits]:
        """Where a condition is true, and where it is false."""
        match node:
            case Comparison():
                left, right = self.value(node.left), self.value(node.right)
                true, there = _SIGNS[node.sign](left[0], right[0]), ~(left[1] | right[1])
                return true & there, ~true & there
            case In():
                values, null = self.value(node.value)
                true = np.isin(values, [float(number) for number in node.numbers])
                return true & ~null, ~true & ~null
            case IsNull():
                null = self.value(node.value)[1]
                return null, ~null
            case Not():
                true, false = self.condition(node.condition)
                return false, true
            case Both():
                left, right = self.condition(node.left), self.condition(node.right)
                if node.sign == "AND":
                    return left[0] & right[0], left[1] | right[1]
                return left[0] | right[0], left[1] & right[1]
            case _:
                raise AssertionError(f"{type(node).__name__} is no condition of rows")

    def added(self, node: Node, most: float) -> Floats:
        """The numbers of a value that are added up: 0 where it is NULL or the row is not inside."""
        values, null = self.value(node)
        return np.clip(np.where(self.inside & ~null, values, 0.0), -most, most)

    def places(self, group: Group) -> NDArray[np.int64]:
        """Which of a group's values each row has, -1 for none of them."""
        values, null = self.value(group.expression)
        known = np.array([float(each) for each in group.values])
        at = np.searchsorted(known, values).clip(0, len(known) - 1)
        return np.where((known[at] == values) & ~null, at, -1)

    # -- what a sum over a value is about ------------------------------------------------------------------------------

    def marks(self, node: Node) -> list[Bits]:
        """Rows of which a sum over a value tells how many they are, :func:`marked` many kinds of them.

        Of each value that it is made of: the rows that have not its most frequent value; of a value of two numbers also the others. Of
        each CASE the rows that take a branch, and these kinds within it: the sum less what the others have is the branch's.
        """
        if isinstance(node, Number):
            return []
        values, null = self.value(node)
        found = self._kinds(values, null)
        if isinstance(node, Case):
            for taken, then in self.branches(node):
                within = Rows(self.columns, self.rows, self.inside & taken)
                found.append(taken)
                found += [] if then is None else [taken & each for each in within.marks(then)]
            return found
        for part in parts(node):
            found += self.marks(part)
        return found

    def _kinds(self, values: Floats, null: Bits) -> list[Bits]:
        there, times = np.unique(values[self.inside & ~null], return_counts=True)
        if bool(np.isin(there, (0.0, 1.0)).all()):  # for every owner the same value, so that counts add up
            return [(values == 1) & ~null, (values == 0) & ~null]
        other = (values != there[np.argmax(times)]) & ~null
        return [other, ~other & ~null & (len(there) == 2)]


def marked(node: Node) -> int:
    """How many kinds of rows :meth:`Rows.marks` tells: everybody knows that from the text."""
    if isinstance(node, Number):
        return 0
    if isinstance(node, Case):
        values = [then for _, then in node.branches] + [node.otherwise]
        return 2 + len(values) + sum(marked(then) for then in values if then is not None)
    assert not isinstance(node, (Aggregate, GroupValue))
    return 2 + sum(marked(part) for part in parts(node))
