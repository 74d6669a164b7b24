"""What is added up for every group: in the clear where one owner has all that the query reads of its rows, else on shares.

Nothing here opens anything. Of aligned rows whose columns several owners have, each owner shares what it can say alone, as a column: the bits
of its conditions and groups, the numbers of its values; the rest is products of shares, and every sum one product of matrices, exact
but for the places that numbers are held with.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc import faults
from mpc.arrays.interface import SecureArray, concatenate
from mpc.programs import columns
from mpc.programs.minimum_group import added, by_view, guarded
from mpc.programs.precision import finest, product
from mpc.programs.stats.sql.clear import Bits, Rows, marked
from mpc.programs.stats.sql.located import Located, rows_below, rows_of
from mpc.programs.stats.sql.secret import Secret
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Aligned, Floats, Stacked
from protocol.sql.nodes import Node
from protocol.sql.query import Figure, Group, Query, bound, said

_BITS_AT_MOST: Final = 40
_DIGITS: Final = 10
"""A column that is added up varies by so many binary places of what it is held with, at least."""
_SPREAD: Final = 19
"""A variance is so many binary places larger than what its squares are held with: six digits."""
_LEAST: Final = 16
"""Places of a sum that no owner can check against its values: what it is held with is below 2^-16."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of every group the counts, shape (groups, 1 + arguments), and the sums, None where the query has none.

    Where a minimum group is agreed: ``seen`` is how many rows each figure tells of, shape (views, groups, kinds), the first kind all rows of
    the group; and ``outside`` how many are in no group, shape (views,).
    """

    counts: SecureArray
    sums: SecureArray | None
    seen: SecureArray | None
    outside: SecureArray | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with the step's limit, and the places that sums over so many rows are held with."""

    query: Query
    limit: float
    rows: int
    bits: int

    @classmethod
    def of(cls, context: StepContext, query: Query, rows: int) -> "Asked":
        """As the step says."""
        limit = context.decimal("limit")
        return cls(query, limit, rows, finest(context.backend, max(1.0, limit) * rows, spare=2, at_most=_BITS_AT_MOST))

    def bound(self, node: Node) -> float:
        """The largest magnitude of a value that is added up."""
        return bound(node, self.limit, self.query.ranges)

    def shift(self, figure: Figure) -> int:
        """By how many places a figure is held smaller."""
        return figure.shift(self.limit, self.query.ranges)

    def check(self, figure: Figure, rows: Rows) -> None:
        """An owner refuses a value of its own that varies by too little to be told at these places."""
        values = rows.added(figure.argument, self.bound(figure.argument))[rows.inside].reshape(-1, 1)
        if not len(values):
            return
        held = self.bits - self.shift(figure)
        places = held - _DIGITS if figure.power == 1 else (held - _SPREAD) // 2
        # the rule is of places below the limit, to which the sum's are counted
        columns.resolved(
            values, (said(figure.argument),), self.limit, math.floor(math.log2(self.limit)) + places, pooled=False
        )

    def added(self, figure: Figure, rows: Rows) -> Floats:
        """What an owner's rows add to a figure."""
        values: Floats = rows.added(figure.argument, self.bound(figure.argument)) ** figure.power
        return np.ldexp(values, -self.shift(figure))


def of_rows(context: StepContext, asked: Asked, table: Stacked) -> Figures:
    """Of rows of several owners below each other: each adds up its own."""
    located = Located.of(asked.query, table)
    parts = [(part.owner, part.rows, rows_below(asked.query, located, part, asked.limit)) for part in table.tables]
    return _each(context, asked, table, parts, located)


def of_columns(context: StepContext, asked: Asked, table: Aligned) -> Figures:
    """Of rows whose columns several owners have; one owner's alone are added up there."""
    located = Located.of(asked.query, table)
    owners = sorted({place.owner for place in located.places.values()} or {located.first})
    rows = {owner: rows_of(asked.query, located, table, owner, asked.limit) for owner in owners}
    if len(owners) == 1:
        return _each(context, asked, table, [(owners[0], table.rows, rows[owners[0]])], located)
    return _Together(context, asked, table, located, rows).figures()


# -- in the clear --------------------------------------------------------------------------------------------------


def _each(
    context: StepContext,
    asked: Asked,
    table: Aligned | Stacked,
    parts: Sequence[tuple[str, int, Rows | None]],
    located: Located,
) -> Figures:
    query = asked.query
    counts, sums, seen, outside = list[SecureArray](), list[SecureArray](), list[SecureArray](), list[SecureArray]()
    kinds = _kinds(query, located)
    for owner, rows, own in parts:
        told = None if own is None else _Clear(asked, own, located)
        most = max(1, rows)
        if told is not None:
            told.notice(context)
        shape = (query.cells, 1 + len(query.arguments))
        counts.append(share_from(context, None if told is None else told.counts(), owner, shape, 0, most))
        if query.figures:
            shape = (query.cells, len(query.figures))
            own_sums = None if told is None else told.sums()
            sums.append(share_from(context, own_sums, owner, shape, asked.bits, asked.limit * most))
        if guarded(context):
            own_kinds = None if told is None else told.seen()
            seen.append(share_from(context, own_kinds, owner, (query.cells, kinds), 0, most))
            left = None if told is None else told.outside()
            outside.append(share_from(context, left, owner, (1,), 0, most))
    return Figures(
        added(counts).within(asked.rows, because="counts of rows"),
        added(sums) if sums else None,
        by_view(context, table.owned, seen).within(asked.rows, because="counts of rows") if seen else None,
        by_view(context, table.owned, outside).within(asked.rows, because="counts of rows").reshape(-1)
        if outside
        else None,
    )


def _kinds(query: Query, located: Located) -> int:
    """How many kinds of rows one owner's figures tell of: in and out, and of each argument what is there, what is NULL, and its marks."""
    return 2 + sum(1 + located.nullable(each) + marked(each) for each in query.arguments)


class _Clear:
    """One owner's rows, and what they add to every group."""

    def __init__(self, asked: Asked, rows: Rows, located: Located) -> None:
        self._asked, self._rows, self._located = asked, rows, located
        self._cells = np.zeros(rows.rows, dtype=np.int64)
        known = np.ones(rows.rows, dtype=bool)
        for group in asked.query.groups:
            at = rows.places(group)
            known &= at >= 0
            self._cells = self._cells * len(group.values) + at
        self._known, self._chosen = known, known & rows.inside

    def notice(self, context: StepContext) -> None:
        """Say how many of the owner's own groups are smaller than the minimum group."""
        if faults.noticing():
            counts = self._of(np.ones(self._rows.rows))
            few = int(((counts > 0) & (counts < context.minimum_group)).sum())
            if few:
                names = sorted({column.name for column in self._asked.query.columns})
                faults.notice("group.hidden", names, groups=few, least=context.minimum_group)

    def counts(self) -> Floats:
        there = [~self._rows.value(each)[1] for each in self._asked.query.arguments]
        return np.column_stack([self._of(np.ones(self._rows.rows)), *map(self._of, there)])

    def sums(self) -> Floats:
        for figure in self._asked.query.figures:
            self._asked.check(figure, self._rows)
        return np.column_stack([self._of(self._asked.added(each, self._rows)) for each in self._asked.query.figures])

    def seen(self) -> Floats:
        out = np.bincount(self._cells[self._known & ~self._chosen], minlength=self._asked.query.cells)
        found = [self._of(np.ones(self._rows.rows)), out.astype(np.float64)]
        chosen = Rows(self._rows.columns, self._rows.rows, self._chosen)
        for each in self._asked.query.arguments:
            null = chosen.value(each)[1]
            found.append(self._of(~null))
            found += [self._of(null)] if self._located.nullable(each) else []
            found += [self._of(bits) for bits in chosen.marks(each)]
        return np.column_stack(found)

    def outside(self) -> Floats:
        return np.array([float((~self._known).sum())])

    def _of(self, values: Floats | Bits) -> Floats:
        return np.bincount(
            self._cells[self._chosen], weights=values[self._chosen], minlength=self._asked.query.cells
        ).astype(np.float64)


# -- on shares -----------------------------------------------------------------------------------------------------


class _Together:
    """Rows whose columns several owners have."""

    def __init__(
        self, context: StepContext, asked: Asked, table: Aligned, located: Located, rows: dict[str, Rows | None]
    ) -> None:
        self._context, self._asked, self._table, self._located, self._rows = context, asked, table, located, rows
        self._deciding = Secret(
            context, located, rows, table.rows, lambda node: bound(node, asked.limit, {}), inside=False
        )
        self._adding = Secret(context, located, rows, table.rows, asked.bound, inside=True)

    def figures(self) -> Figures:
        query, asked = self._asked.query, self._asked
        members, chosen = self._members(), self._chosen()
        there = [self._adding.there(each) for each in query.arguments]
        one = np.ones((asked.rows, 1))
        counted = [self._adding.public(one), *(bits.reshape(-1, 1) for bits in there)]
        counts = self._summed(members, _if(chosen, concatenate(counted, axis=1)), asked.rows)
        sums = None
        if query.figures:
            values = concatenate([self._held(figure) for figure in query.figures], axis=1)
            sums = self._summed(members, _if(chosen, values), asked.limit * asked.rows)
        if not guarded(self._context):
            return Figures(counts, sums, None, None)
        every = members.sum(axis=0, limit=asked.rows).reshape(-1, 1)
        out = (every - counts[:, :1]).within(asked.rows, because="some rows of all")
        marks = [bits for each in query.arguments for bits in self._adding.marks(each)]
        null = [
            1 - bits.reshape(-1, 1)
            for bits, each in zip(there, query.arguments, strict=True)
            if self._located.nullable(each)
        ]
        found = [counts, out]
        if marks or null:
            told = concatenate([each.within(1, because="bits") for each in (*marks, *null)], axis=1)
            found.append(self._summed(members, _if(chosen, told), asked.rows))
        seen = concatenate(found, axis=1)
        outside = (asked.rows - every.sum()).within(asked.rows, because="all rows less those of some groups")
        return Figures(counts, sums, seen.reshape(1, *seen.shape), outside.reshape(1))

    def _summed(self, members: SecureArray, values: SecureArray, limit: float) -> SecureArray:
        return members.T.matmul(values, fraction_bits=values.fraction_bits, limit=limit)

    def _chosen(self) -> SecureArray | None:
        """Bits (rows, 1): all conditions hold; those of one owner are one column. None without conditions."""
        query, found = self._asked.query, list[SecureArray]()
        apart = {owner: [each for each in query.where if self._located.owner(each) == owner] for owner in self._rows}
        for owner, conditions in apart.items():
            if conditions:
                found.append(self._deciding.all_true(owner, conditions))
        found += [self._deciding.condition(each)[0] for each in query.where if self._located.owner(each) is None]
        total: SecureArray | None = None
        for bits in found:
            total = bits if total is None else total & bits
        return None if total is None else total.reshape(-1, 1)

    def _members(self) -> SecureArray:
        """Bits (rows, groups)."""
        query = self._asked.query
        if not query.groups:
            return self._adding.public(np.ones((self._asked.rows, 1)))
        order: list[int] = []
        total: SecureArray | None = None
        places = list(enumerate(query.groups))
        for owner in self._rows:
            own = [(at, group) for at, group in places if self._located.owner(group.expression) == owner]
            if own:
                order += [at for at, _ in own]
                total = _crossed(total, self._deciding.one_hot(owner, [group for _, group in own]))
        for at, group in places:
            if at not in order:
                order.append(at)
                total = _crossed(total, self._by_branches(group))
        assert total is not None
        sizes = [len(query.groups[at].values) for at in order]
        back = np.arange(query.cells).reshape(sizes).transpose(np.argsort(order)).ravel()
        return total[:, back]

    def _by_branches(self, group: Group) -> SecureArray:
        """A CASE that several owners' columns decide: each value's bits are those of the branches that give it."""
        taken = self._deciding.branches(group.expression)
        found: list[SecureArray] = []
        for value in group.values:
            bits = [taken_ for taken_, then in taken if getattr(then, "value", None) == value]
            found.append(added(bits).within(1, because="a row takes one branch").reshape(-1, 1))
        return concatenate(found, axis=1)

    def _held(self, figure: Figure) -> SecureArray:
        """A figure's values, shape (rows, 1), in the places of all sums: 0 where NULL."""
        asked, shift, most = self._asked, self._asked.shift(figure), self._asked.bound(figure.argument)
        owner = self._located.owner(figure.argument)
        if owner is not None:
            own = self._rows[owner]
            if own is not None:
                asked.check(figure, own)
            values = None if own is None else asked.added(figure, own).reshape(-1, 1)
            return share_from(self._context, values, owner, (asked.rows, 1), asked.bits, asked.limit)
        if asked.bits - shift < _LEAST:
            raise asked.query.wrong(
                figure.argument.at,
                f"sums of that are up to {most**figure.power * asked.rows:.0g}, which leaves too few places: say how large its columns are"
                " (`column BETWEEN 0 AND 100` in WHERE), or take a smaller limit",
            )
        value = self._adding.number(figure.argument, self._adding.places(figure.argument))
        null = self._adding.null(figure.argument)
        if null is not None:
            value = value.multiply(1 - null, fraction_bits=value.fraction_bits)
        if figure.power == 2:
            value = product(value, value, min(_BITS_AT_MOST, max(0, asked.bits - shift)), limit=most**2 * 1.001)
        held = value.shifted_down(shift).rescaled(asked.bits)
        return held.within(asked.limit * 1.002, because="a power of its bound, so much smaller").reshape(-1, 1)


def _if(bits: SecureArray | None, values: SecureArray) -> SecureArray:
    return values if bits is None else values.multiply(bits, fraction_bits=values.fraction_bits)


def _crossed(left: SecureArray | None, right: SecureArray) -> SecureArray:
    """All pairs of columns of bits, the right ones changing fastest."""
    if left is None:
        return right
    rows = left.shape[0]
    pairs = left.reshape(rows, left.shape[1], 1) * right.reshape(rows, 1, right.shape[1])
    return pairs.within(1, because="products of bits").reshape(rows, left.shape[1] * right.shape[1])
