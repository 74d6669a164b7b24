"""``feature.woe_iv``: weight of evidence and information value of binned columns against a label, on shares.

With positives p_b and negatives q_b of a bin (from the training rows, if some are marked), their totals P and Q, B bins and
the smoothing s:

    woe_b = ln((p_b + s) / (P + s·B)) - ln((q_b + s) / (Q + s·B)),    iv = sum_b (share_p - share_q) · woe_b.

Columns split: the label's owner computes its own columns' figures alone; other owners share their bins as bits, and one
matrix product with the shared label counts the positives. Rows split: owners add up their counts. Logarithms and shares are
then taken of secret counts. A bin with fewer rows than the contract's minimum group weighs 0 everywhere; nobody learns which. Where
weights or values leave, so do bins that would show few positives or few negatives, and as many others as keep margins from giving them
away (:func:`~mpc.programs.minimum_group.cells`): a weight is a count to whoever knows the totals.

With ``monotone`` neighbouring bins are pooled until a column's weights rise or fall from bin to bin, whichever way tells more
(:mod:`mpc.programs.features.monotone`); nobody learns which were.

``transformed`` puts every row's weights in place of its bins, as a shared table; ``labels`` are its rows' labels, for a model of both.
"""

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.programs.both_classes import require_both
from mpc.programs.categories import codes, one_hot, only_column
from mpc.programs.features.evidence import GRAIN, WOE_BITS, Figures, Rule, weigh, weighed
from mpc.programs.features.monotone import MOST_BINS
from mpc.programs.minimum_group import added, require_split
from mpc.workflow.context import StepContext
from mpc.workflow.frames import checked_bits, share_bits, share_from
from mpc.workflow.values import Aligned, Floats, Label, SharedTable, Stacked, StackedLabel, Value, cut, rows_in
from protocol.errors import RangeError, RefusedError


async def run(context: StepContext) -> dict[str, Value]:
    """Weigh all columns."""
    (table,), (label,) = context.inputs["tables"], context.inputs["label"]
    grain = 1 << GRAIN
    assert isinstance(table, (Aligned, Stacked))
    train = table.train_rows if isinstance(table, Aligned) else None
    owned = cut(table.owned, 0, rows_in(table.owned) if train is None else train)
    require_split(context, owned, None if train is None else cut(table.owned, train, rows_in(table.owned)))
    rule = Rule(
        context.integer("bins"),
        max(1, round(context.decimal("smoothing") * grain)) / grain,
        context,
        owned,
        "transformed" in context.wanted,
        context.choice("monotone") == "yes",
    )
    if rule.monotone and rule.bins > MOST_BINS:
        raise RangeError(
            "woe.monotone_bins",
            f"{rule.bins} bins are compared in all their intervals; the limit is {MOST_BINS}.",
            f"Cut columns into {MOST_BINS} bins at most, or do not pool them.",
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
    context.rows_of |= {"labels": table.owned, "woe": owned}
    return {name: value for name, value in outputs.items() if name in context.wanted}


# -- columns split -----------------------------------------------------------------------------------------------


async def _of_columns(
    context: StepContext, table: Aligned, label: Label, rule: Rule
) -> tuple[tuple[str, ...], list[Figures]]:
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
    found: list[Figures] = []
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


def _own(context: StepContext, spread: Floats | None, label: Label, width: int, train: int, rule: Rule) -> Figures:
    """The label's owner knows everything about its own columns."""
    if rule.leaves or rule.monotone:  # which bins hide with others is decided on shares, as everywhere
        return _own_hidden(context, spread, label, width, train, rule)
    woe = iv = rows = None
    if spread is not None and label.values is not None:
        shape = (width, rule.bins)
        positives = (label.values[:train] @ spread[:train]).reshape(shape)
        woe, iv = weigh(positives, spread[:train].sum(axis=0).reshape(shape), rule.smoothing, rule.least)
        rows = (spread.reshape(-1, width, rule.bins) * woe).sum(axis=2)
    limit, owner = rule.limit(train), label.owner
    return Figures(
        share_from(context, woe, owner, (width, rule.bins), WOE_BITS, limit),
        share_from(context, iv, owner, (width,), WOE_BITS, 2 * limit),
        share_from(context, rows, owner, (label.rows, width), WOE_BITS, limit) if rule.transformed else None,
    )


def _own_hidden(
    context: StepContext, spread: Floats | None, label: Label, width: int, train: int, rule: Rule
) -> Figures:
    """The label's owner's own columns as counts on shares."""
    shape, owner = (width, rule.bins), label.owner
    counts = total = None
    if spread is not None and label.values is not None:
        counts = np.stack([label.values[:train] @ spread[:train], spread[:train].sum(axis=0)]).reshape(2, *shape)
        total = np.array([label.values[:train].sum()])
    shared = share_from(context, counts, owner, (2, *shape), 0, train)
    positive = share_from(context, total, owner, (1,), 0, train)
    bits = share_from(context, spread, owner, (label.rows, width * rule.bins), 0, 1) if rule.transformed else None
    return weighed([shared], positive, train, bits, rule)


def _joint(
    context: StepContext,
    spread: Floats | None,
    owner: str,
    width: int,
    label: SecureArray,
    total: SecureArray,
    train: int,
    rule: Rule,
) -> Figures:
    """Columns of one owner against the label of another."""
    shape, rows = (width, rule.bins), label.shape[0]
    bits = share_from(context, spread, owner, (rows, width * rule.bins), 0, 1)
    own = None if spread is None else spread[:train].sum(axis=0).reshape(shape)
    totals = share_from(context, own, owner, shape, 0, train)
    positives = bits[:train].T.matmul(label[:train], limit=train).reshape(*shape)
    counts = concatenate([positives.reshape(1, *shape), totals.reshape(1, *shape)])
    return weighed([counts], total, train, bits if rule.transformed else None, rule)


# -- rows split --------------------------------------------------------------------------------------------------


async def _of_rows(context: StepContext, table: Stacked, label: StackedLabel, rule: Rule) -> Figures:
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
    return weighed(counts, total, table.rows, bits, rule)
