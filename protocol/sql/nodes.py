"""What a query is made of, once it is read: values, conditions and aggregates, frozen and compared without their places."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal, TypeAlias

Function = Literal["COUNT", "SUM", "AVG", "VAR_SAMP", "VAR_POP", "STDDEV_SAMP", "STDDEV_POP"]
ArithmeticSign = Literal["+", "-", "*", "/"]
ComparisonSign = Literal["=", "<>", "<", "<=", ">", ">="]
SQUARED: Final = frozenset({"VAR_SAMP", "VAR_POP", "STDDEV_SAMP", "STDDEV_POP"})
"""Functions that need a sum of squares."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written."""

    value: Decimal
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    """``name``, or ``owner.name``."""

    owner: str
    name: str
    at: int = field(compare=False)

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two values and a sign."""

    sign: ArithmeticSign
    left: "Node"
    right: "Node"
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A condition: two values and a sign; neither true nor false where one is NULL."""

    sign: ComparisonSign
    left: "Node"
    right: "Node"
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class In:
    """A condition: a value is one of some numbers."""

    value: "Node"
    numbers: tuple[Decimal, ...]
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class IsNull:
    """A condition: a value is NULL; it is never NULL itself."""

    value: "Node"
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The other way round; of what is neither, neither."""

    condition: "Node"
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Both:
    """``AND`` or ``OR`` of two conditions, in Kleene's logic."""

    sign: Literal["AND", "OR"]
    left: "Node"
    right: "Node"
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Case:
    """The value of the first condition that is true, else ``otherwise``; None: NULL."""

    branches: tuple[tuple["Node", "Node"], ...]
    otherwise: "Node | None"
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A function of all rows of a group; ``argument`` None: ``COUNT(*)``."""

    function: Function
    argument: "Node | None"
    at: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class GroupValue:
    """What the rows of a group have in common: the value of the ``place``-th expression of GROUP BY."""

    place: int
    at: int = field(compare=False)


Node: TypeAlias = Number | Column | Arithmetic | Comparison | In | IsNull | Not | Both | Case | Aggregate | GroupValue
CONDITIONS: Final = (Comparison, In, IsNull, Not, Both)


def parts(node: Node) -> tuple[Node, ...]:
    """What a node is made of, from left to right."""
    match node:
        case Arithmetic() | Comparison() | Both():
            return node.left, node.right
        case In() | IsNull():
            return (node.value,)
        case Not():
            return (node.condition,)
        case Case():
            found = tuple(part for branch in node.branches for part in branch)
            return found if node.otherwise is None else (*found, node.otherwise)
        case Aggregate():
            return () if node.argument is None else (node.argument,)
        case Number() | Column() | GroupValue():
            return ()


def all_of(node: Node) -> Iterator[Node]:
    """A node and everything in it."""
    yield node
    for part in parts(node):
        yield from all_of(part)


def depth_of(node: Node) -> int:
    """How many nodes stand inside each other at most; without recursion, since nobody has bounded it yet."""
    deepest, left = 0, [(node, 1)]
    while left:
        each, depth = left.pop()
        deepest = max(deepest, depth)
        left += [(part, depth + 1) for part in parts(each)]
    return deepest


def columns_of(node: Node) -> tuple[Column, ...]:
    """The columns in a node, each once, as they come."""
    return tuple(dict.fromkeys(each for each in all_of(node) if isinstance(each, Column)))


def conjuncts(node: Node | None) -> tuple[Node, ...]:
    """The conditions that ``AND`` joins at the top."""
    if node is None:
        return ()
    if isinstance(node, Both) and node.sign == "AND":
        return (*conjuncts(node.left), *conjuncts(node.right))
    return (node,)
