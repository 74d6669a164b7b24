"""Expressions over columns of several owners, on shares: what one owner can say alone it says, as a column that it shares.

Values are held with the finest places that fit the largest of them; comparisons are exact on what is held. A condition is two columns of bits:
true, and false; a value its numbers and, where it may be NULL, the bits of those that are.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.programs.minimum_group import added
from mpc.programs.precision import finest, product
from mpc.programs.stats.sql.clear import Rows, marked
from mpc.programs.stats.sql.located import Located
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Floats
from protocol.sql.nodes import Arithmetic, Both, Case, Comparison, In, IsNull, Node, Not, Number, parts
from protocol.sql.query import Group

_SIGNS: Final[Mapping[str, Callable[[Any, Any], SecureArray]]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_SPARE: Final = 5
"""A difference of two, and a comparison's own room."""
_PLACES: Final = 40


class Secret:
    """The rows of all owners. ``bound`` gives the largest magnitude of a value; ``inside``: values of rows that an owner's own
    conditions leave out are 0.
    """

    def __init__(
        self,
        context: StepContext,
        located: Located,
        rows: Mapping[str, Rows | None],
        count: int,
        bound: Callable[[Node], float],
        *,
        inside: bool,
    ) -> None:
        self._context, self._located, self._rows, self._count = context, located, rows, count
        self._bound, self._inside = bound, inside
        self._numbers: dict[tuple[Node, int, float], SecureArray] = {}
        self._conditions: dict[Node, tuple[SecureArray, SecureArray]] = {}
        self._nulls: dict[Node, SecureArray | None] = {}
        self._bits_of: dict[Node, list[tuple[SecureArray, Node | None]]] = {}

    def public(self, values: Floats) -> SecureArray:
        """Public bits."""
        return constant(self._context.backend, values, 0)

    # -- what one owner says alone ---------------------------------------------------------------------------------

    def _said(self, owner: str, made: Callable[[Rows], Floats], width: int = 0) -> SecureArray:
        """Bits of an owner, shape (rows,) or (rows, width)."""
        own = self._rows[owner]
        shape = (self._count, width) if width else (self._count,)
        return share_from(self._context, None if own is None else made(own).astype(np.float64), owner, shape, 0, 1)

    def all_true(self, owner: str, conditions: Sequence[Node]) -> SecureArray:
        """Bits (rows,): all of an owner's conditions hold."""

        def made(rows: Rows) -> Floats:
            return np.logical_and.reduce([rows.condition(each)[0] for each in conditions]).astype(np.float64)

        return self._said(owner, made)

    def one_hot(self, owner: str, groups: Sequence[Group]) -> SecureArray:
        """Bits (rows, values of all groups together) of an owner's groups; none where a row has none of the declared values."""
        size = int(np.prod([len(group.values) for group in groups]))

        def made(rows: Rows) -> Floats:
            cells, known = np.zeros(rows.rows, dtype=np.int64), np.ones(rows.rows, dtype=bool)
            for group in groups:
                at = rows.places(group)
                known &= at >= 0
                cells = cells * len(group.values) + at
            return (cells[:, None] == np.arange(size)) & known[:, None]

        return self._said(owner, made, size)

    # -- values ----------------------------------------------------------------------------------------------------

    def places(self, *nodes: Node) -> int:
        """Fraction bits that fit the largest value in some expressions: all of them are held alike."""
        most = max(self._most(node, 1.0) for node in nodes)
        return finest(self._context.backend, max(1.0, most), spare=_SPARE, at_most=_PLACES)

    def _most(self, node: Node, factor: float) -> float:
        """The largest magnitude on the way to ``factor`` times a value."""
        found = [self._bound(node) * abs(factor)]
        if not isinstance(node, Number) and self._located.owner(node) is None:
            found += [self._most(part, each) for part, each in _factored(node, factor)]
        return max(found)

    def number(self, node: Node, bits: int, factor: float = 1.0) -> SecureArray:
        """``factor`` times the numbers of a value, with so many fraction bits; of what is NULL any.

        Owners multiply by what is public before they share: nothing on shares is as exact.
        """
        key = node, bits, factor
        if key not in self._numbers:
            self._numbers[key] = self._number(node, bits, factor)
        return self._numbers[key]

    def _number(self, node: Node, bits: int, factor: float) -> SecureArray:
        most, owner = self._bound(node) * abs(factor), self._located.owner(node)
        if owner is not None:
            own = self._rows[owner]
            values = None if own is None else np.clip(factor * self._own(own, node), -most, most)
            return share_from(self._context, values, owner, (self._count,), bits, max(most, 2.0**-bits))
        if isinstance(node, Case):
            total: SecureArray | None = None
            for taken, then in self.branches(node):
                if then is None:
                    continue
                part = taken.multiply(self._side(then, bits, factor), fraction_bits=bits)
                total = part if total is None else total + part
            assert total is not None
            return total.within(most * 1.001 + 2.0 ** (4 - bits), because="a row takes one branch")
        assert isinstance(node, Arithmetic)
        sides = [self._side(part, bits, each) for part, each in _factored(node, factor)]
        if len(sides) == 1:
            assert isinstance(sides[0], SecureArray)
            return sides[0]
        left, right = sides
        if node.sign == "*":
            assert isinstance(left, SecureArray)
            assert isinstance(right, SecureArray)
            return product(left, right, bits, limit=most * 1.001)
        total = left + right if node.sign == "+" else left - right  # type: ignore[operator]
        assert isinstance(total, SecureArray)
        return total

    def _side(self, node: Node, bits: int, factor: float = 1.0) -> "SecureArray | float":
        return factor * float(node.value) if isinstance(node, Number) else self.number(node, bits, factor)

    def _own(self, rows: Rows, node: Node) -> Floats:
        values, null = rows.value(node)
        keep = ~null & rows.inside if self._inside else ~null
        return np.where(keep, values, 0.0)

    def null(self, node: Node) -> SecureArray | None:
        """Bits (rows,): a value is NULL. None where it cannot be."""
        if node not in self._nulls:
            self._nulls[node] = self._null(node) if self._located.nullable(node) else None
        return self._nulls[node]

    def _null(self, node: Node) -> SecureArray:
        owner = self._located.owner(node)
        if owner is not None:
            return self._said(owner, lambda rows: rows.value(node)[1].astype(np.float64))
        if isinstance(node, Case):
            total: SecureArray | None = None
            for taken, then in self.branches(node):
                missing = None if then is None else self.null(then)
                part = taken if then is None else None if missing is None else taken & missing
                if part is not None:
                    total = part if total is None else total + part
            assert total is not None
            return total.within(1, because="a row takes one branch")
        assert isinstance(node, Arithmetic)
        found = [bits for part in parts(node) if (bits := self.null(part)) is not None]
        return found[0] if len(found) == 1 else found[0] | found[1]

    def there(self, node: Node) -> SecureArray:
        """Bits (rows,): a value is not NULL."""
        missing = self.null(node)
        return self.public(np.ones(self._count)) if missing is None else ~missing

    # -- conditions --------------------------------------------------------------------------------------------------

    def condition(self, node: Node) -> tuple[SecureArray, SecureArray]:
        """Bits (rows,) where a condition is true, and where it is false."""
        if node not in self._conditions:
            self._conditions[node] = self._condition(node)
        return self._conditions[node]

    def _condition(self, node: Node) -> tuple[SecureArray, SecureArray]:
        owner = self._located.owner(node)
        if owner is not None:
            true = self._said(owner, lambda rows: rows.condition(node)[0].astype(np.float64))
            if not self._located.nullable(node):
                return true, ~true
            return true, self._said(owner, lambda rows: rows.condition(node)[1].astype(np.float64))
        match node:
            case Comparison():
                bits = self.places(node.left, node.right)
                return self._known(_SIGNS[node.sign](self._side(node.left, bits), self._side(node.right, bits)), node)
            case In():
                largest = Number(max(abs(number) for number in node.numbers), node.at)
                value = self.number(node.value, self.places(node.value, largest))
                one_of = added([value == float(number) for number in node.numbers])
                return self._known(one_of.within(1, because="the numbers differ"), node)
            case IsNull():
                missing = self.null(node.value)
                found = self.public(np.zeros(self._count)) if missing is None else missing
                return found, ~found
            case Not():
                true, false = self.condition(node.condition)
                return false, true
            case Both():
                left, right = self.condition(node.left), self.condition(node.right)
                certain = not self._located.nullable(node)
                if node.sign == "AND":
                    true = left[0] & right[0]
                    return true, ~true if certain else left[1] | right[1]
                true = left[0] | right[0]
                return true, ~true if certain else left[1] & right[1]
            case _:
                raise AssertionError(f"{type(node).__name__} is no condition")

    def _known(self, true: SecureArray, node: Node) -> tuple[SecureArray, SecureArray]:
        """A comparison's bits where no side is NULL; both 0 elsewhere."""
        there: SecureArray | None = None
        for part in parts(node):
            missing = self.null(part)
            if missing is not None:
                there = ~missing if there is None else there & ~missing
        if there is None:
            return true, ~true
        found = true & there
        return found, (there - found).within(1, because="bits that are set where the others are, too")

    def branches(self, node: Node) -> list[tuple[SecureArray, Node | None]]:
        """Bits of the rows that take each of a CASE's values, the ELSE last."""
        assert isinstance(node, Case)
        if node not in self._bits_of:
            left: SecureArray | None = None
            found: list[tuple[SecureArray, Node | None]] = []
            for when, then in node.branches:
                true = self.condition(when)[0]
                taken = true if left is None else left & true
                found.append((taken, then))
                left = ~true if left is None else (left - taken).within(1, because="what is left of bits")
            assert left is not None
            self._bits_of[node] = [*found, (left, node.otherwise)]
        return self._bits_of[node]

    # -- what a sum over a value is about ------------------------------------------------------------------------------

    def marks(self, node: Node, taken: SecureArray | None = None) -> list[SecureArray]:
        """Bits (rows, kinds) of which a sum over a value tells how many there are: as :meth:`Rows.marks`, and of a product of
        several owners' columns the rows where it is 0, and where it is not.
        """
        if isinstance(node, Number):
            return []
        owner = self._located.owner(node)
        if owner is not None:
            bits = self._said(owner, lambda rows: np.column_stack(rows.marks(node)).astype(np.float64), marked(node))
            return [_within(bits, taken)]
        if isinstance(node, Case):
            found: list[SecureArray] = []
            for branch, then in self.branches(node):
                both = branch if taken is None else branch & taken
                found.append(both.reshape(-1, 1))
                found += [] if then is None else self.marks(then, both)
            return found
        found = [bits for part in parts(node) for bits in self.marks(part, taken)]
        if isinstance(node, Arithmetic) and node.sign == "*":
            nothing = self.number(node, self.places(node)) == 0
            found.append(_within(concatenate([nothing.reshape(-1, 1), (~nothing).reshape(-1, 1)], axis=1), taken))
        return found


def _within(bits: SecureArray, taken: SecureArray | None) -> SecureArray:
    return bits if taken is None else bits & taken.reshape(-1, 1)


def _factored(node: Node, factor: float) -> list[tuple[Node, float]]:
    """What ``factor`` times a value of several owners is made of, each part with its own factor."""
    match node:
        case Case():
            values = [then for _, then in node.branches] + [node.otherwise]
            return [(then, factor) for then in values if then is not None]
        case Arithmetic(sign="*", left=left, right=Number(value=value)):
            return [(left, factor * float(value))]
        case Arithmetic(sign="*", left=Number(value=value), right=right):
            return [(right, factor * float(value))]
        case Arithmetic(sign="/", left=left, right=Number(value=value)):
            return [(left, factor / float(value))]
        case Arithmetic(sign="*"):
            return [(node.left, factor), (node.right, 1.0)]
        case Arithmetic():
            return [(node.left, factor), (node.right, factor)]
        case _:
            raise AssertionError(f"{type(node).__name__} is no value of several owners")
