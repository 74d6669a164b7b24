"""``feature.woe_iv``: weight of evidence and information value of binned columns against a label, on shares.

With positives p_b and negatives q_b of a bin (from the training rows, if some are marked), their totals P and Q, B bins and
the smoothing s:

    woe_b = ln((p_b + s) / (P + s·B)) - ln((q_b + s) / (Q + s·B)),    iv = sum_b (share_p - share_q) · woe_b.

Columns split: the label's owner computes its own columns' figures alone; other owners share their bins as bits, and one
matrix product with the shared label counts the positives. Rows split: owners add up their counts. Logarithms and shares are
then taken of secret counts. A bin with fewer rows than the contract's minimum group weighs 0 everywhere; nobody learns which. Where
weights or values leave, so do bins that would show few positives or few negatives, and as many others as keep margins from giving them
away (:func:`~mpc.programs.minimum_group.cells`): a weight is a count to whoever knows the totals.

``transformed`` puts every row's weights in place of its bins, as a shared table; ``labels`` are its rows' labels, for a model of both.
"""

from dataclasses import dataclass

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, stack
from mpc.functions.exponential import log
from mpc.programs.both_classes import require_both
from mpc.programs.categories import codes, one_hot, only_column
from mpc.programs.minimum_group import added, by_view, cells, guarded, require_split
from mpc.programs.precision import quotient
from mpc.workflow.context import StepContext
from mpc.workflow.frames import checked_bits, share_bits, share_from
from mpc.workflow.values import Aligned, Floats, Label, Owned, SharedTable, Stacked, StackedLabel, Value, cut, rows_in
from protocol.errors import RefusedError

_BITS = 24
_GRAIN = 10
"""The smoothing is rounded to 2^-10 rows, so that smoothed counts are whole in that unit."""


@dataclass(frozen=True, slots=True)
class _Figures:
    """Of some columns: ``woe`` (columns, bins), ``iv`` (columns,), ``rows`` (rows, columns) or None if not wanted."""

    woe: SecureArray
    iv: SecureArray
    rows: SecureArray | None


@dataclass(frozen=True, slots=True)
class _Rule:
    bins: int
    smoothing: float
    context: StepContext
    owned: Owned
    transformed: bool

    @property
    def least(self) -> int:
        """The minimum group."""
        return self.context.minimum_group

    @property
    def leaves(self) -> bool:
        """Whether weights or values are outputs, and a group was agreed for them."""
        return guarded(self.context) and bool(self.context.wanted & {"woe", "iv"})

    def limit(self, rows: int) -> float:
        """A bound of every weight: a share lies between s/(n + s·B) and 1."""
        return float(np.log((rows + self.smoothing * self.bins) / self.smoothing)) + 0.01


async def run(context: StepContext) -> dict[str, Value]:
    """Weigh all columns."""
    (table,), (label,) = context.inputs["tables"], context.inputs["label"]
    grain = 1 << _GRAIN
    assert isinstance(table, (Aligned, Stacked))
    train = table.train_rows if isinstance(table, Aligned) else None
    owned = cut(table.owned, 0, rows_in(table.owned) if train is None else train)
    require_split(context, owned, None if train is None else cut(table.owned, train, rows_in(table.owned)))
    rule = _Rule(
        context.integer("bins"),
        max(1, round(context.decimal("smoothing") * grain)) / grain,
        context,
        owned,
        "transformed" in context.wanted,
    )
    if isinstance(table, Aligned):
        assert isinstance(label, Label)
        table = table.without(label)
        columns, parts = await _of_columns(context, table, label, rule)
    else:
        assert isinstance(table, Stacked)
        assert isinstance(label, StackedLabel)
        table = table.without(label)
        columns, parts = table.columns, [await _of_rows(context, table, label, rule)]
    outputs: dict[str, Value] = {
        "iv": concatenate([part.iv for part in parts]),
        "woe": concatenate([part.woe for part in parts]),
    }
    if rule.transformed:
        rows = concatenate([part.rows for part in parts if part.rows is not None], axis=1)
        outputs["transformed"] = SharedTable(columns, rows, train, table.owned)
    if "labels" in context.wanted:
        outputs["labels"] = share_bits(context, label)
    context.rows_of["labels"] = table.owned
    return {name: value for name, value in outputs.items() if name in context.wanted}


def weigh(positives: Floats, totals: Floats, smoothing: float, least: int) -> tuple[Floats, Floats]:
    """(woe, iv) of known counts, both of shape (columns, bins)."""
    negatives, size = totals - positives, totals.shape[1] * smoothing
    p = (positives + smoothing) / (positives.sum(axis=1, keepdims=True) + size)
    q = (negatives + smoothing) / (negatives.sum(axis=1, keepdims=True) + size)
    woe = np.where(totals >= least, np.log(p / q), 0.0)
    return woe, ((p - q) * woe).sum(axis=1)


# -- columns split -----------------------------------------------------------------------------------------------


async def _of_columns(
    context: StepContext, table: Aligned, label: Label, rule: _Rule
) -> tuple[tuple[str, ...], list[_Figures]]:
    train = table.rows if table.train_rows is None else table.train_rows
    parts = [part for part in table.tables if part.columns]
    if not parts:
        raise RefusedError("frame.no_columns", "No feature column is left.", "Name at least one besides the label.")
    owner, others = label.owner, any(part.owner != label.owner for part in parts)
    label = checked_bits(label)  # also where nobody else's columns are weighed against it
    bits = share_bits(context, label) if others else None
    positive = None if label.values is None else np.array([label.values[:train].sum()])
    total = share_from(context, positive, owner, (1,), 0, train)
    await require_both(context, total, train)
    found: list[_Figures] = []
    for part in parts:
        spread = None if part.values is None else _spread(part.values, rule.bins, part.columns)
        if part.owner == owner:
            found.append(_own(context, spread, label, len(part.columns), train, rule))
        else:
            assert bits is not None
            found.append(_joint(context, spread, part.owner, len(part.columns), bits, total, train, rule))
        context.progress(len(found), len(parts))
    return tuple(name for part in parts for name in part.columns), found


def _spread(values: Floats, bins: int, columns: tuple[str, ...]) -> Floats:
    """Bits, shape (rows, columns·bins)."""
    return np.concatenate([one_hot(values[:, at], bins, name) for at, name in enumerate(columns)], axis=1)


def _own(context: StepContext, spread: Floats | None, label: Label, width: int, train: int, rule: _Rule) -> _Figures:
    """The label's owner knows everything about its own columns."""
    if rule.leaves:  # which bins hide with others is decided on shares, as everywhere
        return _own_hidden(context, spread, label, width, train, rule)
    woe = iv = rows = None
    if spread is not None and label.values is not None:
        shape = (width, rule.bins)
        positives = (label.values[:train] @ spread[:train]).reshape(shape)
        woe, iv = weigh(positives, spread[:train].sum(axis=0).reshape(shape), rule.smoothing, rule.least)
        rows = (spread.reshape(-1, width, rule.bins) * woe).sum(axis=2)
    limit, owner = rule.limit(train), label.owner
    return _Figures(
        share_from(context, woe, owner, (width, rule.bins), _BITS, limit),
        share_from(context, iv, owner, (width,), _BITS, 2 * limit),
        share_from(context, rows, owner, (label.rows, width), _BITS, limit) if rule.transformed else None,
    )


def _own_hidden(
    context: StepContext, spread: Floats | None, label: Label, width: int, train: int, rule: _Rule
) -> _Figures:
    """The label's owner's own columns as counts on shares."""
    shape, owner = (width, rule.bins), label.owner
    counts = total = None
    if spread is not None and label.values is not None:
        counts = np.stack([label.values[:train] @ spread[:train], spread[:train].sum(axis=0)]).reshape(2, *shape)
        total = np.array([label.values[:train].sum()])
    shared = share_from(context, counts, owner, (2, *shape), 0, train)
    positive = share_from(context, total, owner, (1,), 0, train)
    bits = share_from(context, spread, owner, (label.rows, width * rule.bins), 0, 1) if rule.transformed else None
    return _weighed([shared], positive, train, bits, rule)


def _joint(
    context: StepContext,
    spread: Floats | None,
    owner: str,
    width: int,
    label: SecureArray,
    total: SecureArray,
    train: int,
    rule: _Rule,
) -> _Figures:
    """Columns of one owner against the label of another."""
    shape, rows = (width, rule.bins), label.shape[0]
    bits = share_from(context, spread, owner, (rows, width * rule.bins), 0, 1)
    own = None if spread is None else spread[:train].sum(axis=0).reshape(shape)
    totals = share_from(context, own, owner, shape, 0, train)
    positives = bits[:train].T.matmul(label[:train], limit=train).reshape(*shape)
    counts = concatenate([positives.reshape(1, *shape), totals.reshape(1, *shape)])
    return _weighed([counts], total, train, bits if rule.transformed else None, rule)


# -- rows split --------------------------------------------------------------------------------------------------


async def _of_rows(context: StepContext, table: Stacked, label: StackedLabel, rule: _Rule) -> _Figures:
    width = len(table.columns)
    counts: list[SecureArray] = []
    spreads: list[SecureArray] = []
    for part, labels in zip(table.tables, label.tables, strict=True):
        spread, own = None, None
        marks = only_column(labels)
        if part.values is not None and marks is not None:
            codes(marks, 2, label.column)
            spread = _spread(part.values, rule.bins, table.columns)
            own = np.stack([marks @ spread, spread.sum(axis=0)]).reshape(2, width, rule.bins)
        counts.append(share_from(context, own, part.owner, (2, width, rule.bins), 0, part.rows))
        if rule.transformed:
            spreads.append(share_from(context, spread, part.owner, (part.rows, width * rule.bins), 0, 1))
    total = added(counts)[0, 0].sum(limit=table.rows).reshape(1)
    await require_both(context, total, table.rows)
    bits = concatenate(spreads) if rule.transformed else None
    return _weighed(counts, total, table.rows, bits, rule)


# -- on shares ---------------------------------------------------------------------------------------------------


def _weighed(
    counts: list[SecureArray], positive: SecureArray, rows: int, bits: SecureArray | None, rule: _Rule
) -> _Figures:
    """Figures from each owner's counts of positives and of rows, (2, columns, bins), the positives' total (1,) and, if wanted, the
    rows' bits.
    """
    whole_table = added(counts).within(rows, because="counts of rows")
    positives, totals = whole_table[0], whole_table[1]
    shape, most = positives.shape, rows + rule.smoothing * rule.bins
    both = concatenate([positives.reshape(1, *shape), (totals - positives).reshape(1, *shape)])
    both = both.within(rows, because="counts of rows")
    classes = concatenate([positive, rows - positive]).within(rows, because="counts of rows")
    cells = (both.rescaled(_GRAIN) + rule.smoothing).reshape(2, -1)
    sums = (classes.rescaled(_GRAIN) + rule.smoothing * rule.bins).reshape(2, 1)
    whole = concatenate([cells, sums], axis=1).within(most, because="a bin's or a class's rows, smoothed")
    logs = log(whole, floor=rule.smoothing, fraction_bits=_BITS)
    parts = logs[:, :-1] - logs[:, -1:]
    woe = (parts[0] - parts[1]).reshape(*shape).within(rule.limit(rows), because="differences of logarithms of shares")
    if rule.leaves:
        woe = woe.multiply(_shown(counts, rule), fraction_bits=_BITS)
    elif rule.least > 0:
        woe = woe.multiply(totals >= rule.least, fraction_bits=_BITS)
    grain = 1 << _GRAIN
    share = quotient(
        cells.shifted_down(-_GRAIN), sums.shifted_down(-_GRAIN), most=round(most * grain), limit=1, fraction_bits=_BITS
    )
    iv = (
        (share[0] - share[1]).reshape(*shape).multiply(woe, fraction_bits=_BITS).sum(axis=1, limit=2 * rule.limit(rows))
    )
    return _Figures(woe, iv, None if bits is None else _transformed(bits, woe))


def _shown(counts: list[SecureArray], rule: _Rule) -> SecureArray:
    """Bits (columns, bins): of which positives and negatives are enough in every view."""
    seen = by_view(rule.context, rule.owned, counts)
    found: list[SecureArray] = []
    for at in range(seen.shape[2]):
        positives, sizes = seen[:, 0, at], seen[:, 1, at]
        both = stack([positives, (sizes - positives).within(sizes.bound, because="rows that are not positive")], axis=2)
        found.append(cells(both, sizes, rule.least).reshape(1, -1))
    return concatenate(found)


def _transformed(bits: SecureArray, woe: SecureArray) -> SecureArray:
    """Every row's weight of its bin: a product of bits and weights per column, exact."""
    width, bins = woe.shape
    columns = [
        bits[:, at * bins : (at + 1) * bins].matmul(woe[at], fraction_bits=_BITS, limit=woe.limit)
        for at in range(width)
    ]
    return concatenate([column.reshape(-1, 1) for column in columns], axis=1)
