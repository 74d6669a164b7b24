"""``feature.select``: keep the k best columns by a declared rule; which ones is opened, their scores are not.

Rules: ``variance`` (each owner's own, of the columns as they are), ``correlation`` (the absolute one with a label), or
``scores`` (any secret vector with one entry per column, such as ``feature.woe_iv``'s ``iv``), ``low-scores`` (the smallest of one, such as
``stats.correlation``'s ``vif``). All pairs of scores are
compared on shares; a column's rank is the number of columns that beat it (ties: the earlier column), and the bits
[rank < k] are all that opens: the number and names of columns must be public for what follows.
"""

from dataclasses import replace

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.programs import columns
from mpc.programs.minimum_group import require
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Aligned, AlignedTable, Floats, Label, Value
from protocol.errors import RangeError, RefusedError

_BITS = 29
_LOG_BITS = 44
_LEAST_LOG = 1022


async def run(context: StepContext) -> dict[str, Value]:
    """Select; every party drops the same columns."""
    (table,) = context.inputs["tables"]
    assert isinstance(table, Aligned)
    require(context, table.owned)
    label = next(iter(context.inputs["label"]), None)
    assert label is None or isinstance(label, Label)
    if label is not None:
        table = table.without(label)
    width, k = sum(len(part.columns) for part in table.tables), context.integer("keep")
    if k > width:
        raise RangeError("select.too_few_columns", f"{k} of {width} columns cannot be kept.", "Keep fewer.")
    chosen = await context.reveal("selected_columns", best(_scores(context, table, label, width), k))
    tables: list[AlignedTable] = []
    start = 0
    for part in table.tables:
        flags = chosen[start : start + len(part.columns)]
        start += len(part.columns)
        keep = [at for at, flag in enumerate(flags) if flag]
        values = None if part.values is None else part.values[:, keep]
        tables.append(replace(part, columns=tuple(part.columns[at] for at in keep), values=values))
    return {"selected": replace(table, tables=tuple(tables))}


def best(scores: SecureArray, k: int) -> SecureArray:
    """Bits of the k largest entries of a vector, earlier ones first among equals; one batch of width·(width-1)/2 comparisons."""
    width = scores.shape[0]
    earlier, later = np.triu_indices(width, 1)
    wins = scores[earlier] >= scores[later]
    pairs = np.arange(len(earlier))
    lost = np.zeros((2, width, len(earlier)), dtype=np.int64)
    lost[0, earlier, pairs] = 1
    lost[1, later, pairs] = 1
    ranks = lost[0] @ ~wins + lost[1] @ wins
    return ((k - 1) - ranks).at_least([0])[0]


def _scores(context: StepContext, table: Aligned, label: Label | None, width: int) -> SecureArray:
    rule = context.choice("rule")
    if rule in ("scores", "low-scores"):
        given = next(iter(context.inputs["scores"]), None)
        if not isinstance(given, SecureArray) or given.shape != (width,):
            raise RefusedError(
                "select.scores",
                f"The rule needs one score for each of the {width} columns.",
                "Connect a vector computed over the same columns.",
            )
        return given if rule == "scores" else -given
    if rule == "variance":
        return _variances(context, table)
    if label is None:
        raise RefusedError("select.no_label", "The rule correlates with a label.", "Connect one.")
    return _correlations(context, table, label)


def _variances(context: StepContext, table: Aligned) -> SecureArray:
    """Logarithms of the owners' own variances: they have the same order, and as many digits for a column of any unit."""
    limit = context.decimal("limit") ** 2
    parts = [
        share_from(
            context,
            None if part.values is None else _logarithms(part.values.var(axis=0), part.columns, limit),
            part.owner,
            (len(part.columns),),
            _LOG_BITS,
            _LEAST_LOG,
        )
        for part in table.tables
        if part.columns
    ]
    return concatenate(parts)


def _logarithms(variances: Floats, names: tuple[str, ...], limit: float) -> Floats:
    """Of constant columns the least there is."""
    columns.refuse(names, variances > limit, "arrays.out_of_range", limit=f"{limit:g}")
    return np.asarray(np.log2(np.maximum(variances, 2.0**-_LEAST_LOG)))


def _correlations(context: StepContext, table: Aligned, label: Label) -> SecureArray:
    """Absolute correlations with the label; those of the label's owner are its own to compute."""
    target = None if label.values is None else _units(label.values.reshape(-1, 1))
    if target is not None:
        columns.refuse((label.column,), ~target.any(axis=0), "label.constant")
    parts = [part for part in table.tables if part.columns]
    shared: SecureArray | None = None
    if any(part.owner != label.owner for part in parts):
        shared = share_from(context, target, label.owner, (table.rows, 1), _BITS, 1.0)

    def found(part: AlignedTable) -> SecureArray:
        units, width = None if part.values is None else _units(part.values), len(part.columns)
        if part.owner == label.owner:
            own = None if units is None or target is None else np.clip(units.T @ target, -1, 1)[:, 0]
            return share_from(context, own, part.owner, (width,), _BITS, 1.0)
        others = share_from(context, units, part.owner, (table.rows, width), _BITS, 1.0)
        assert shared is not None
        return others.T.matmul(shared, fraction_bits=_BITS, limit=1 + 2.0**-10).reshape(-1)

    signed = concatenate([found(part) for part in parts])
    return signed.multiply(signed, fraction_bits=_BITS, limit=1.01)


def _units(values: Floats) -> Floats:
    """Columns with mean 0 and length 1; constant ones are 0."""
    centred = values - values.mean(axis=0)
    lengths = np.sqrt((centred**2).sum(axis=0))
    flat = lengths <= 1e-9 * np.maximum(np.abs(values).max(axis=0, initial=0.0), 1e-300) * np.sqrt(len(values))
    return np.where(flat, 0.0, centred / np.where(flat, 1.0, lengths))
