"""``stats.describe``: count, sum, mean, variance, extremes and quantiles of columns, as shares.

Rows split (``stacked``): owners add up what they can alone. The mean is a secure sum of local sums; the variance is
``sum(second moments) - mean²`` with each owner's moment taken about its own mean and the square exact to the last place
(:func:`~mpc.programs.precision.product`), so no digits cancel that the result could hold; extremes are the largest
of the owners' extremes; quantiles search under secret thresholds (:mod:`~mpc.programs.stats.order_statistics`).

Columns split (``aligned``): every figure is its owner's own; it is shared as an output and nothing else is computed.

A ``shared`` table is summed, compared and sorted on shares.

Precision: with |values| <= limit = 2^l figures carry at least 55 - l fraction bits (variance 53 - 2l), less the bits of the
number of rows for sums, less 15 for quantiles. Columns of very different size deserve steps of their own.
"""

import math
from collections.abc import Callable

import numpy as np

from mpc import faults
from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.functions.extremes import maximum, minimum
from mpc.functions.order import quantiles as sorted_quantiles
from mpc.programs import columns
from mpc.programs.minimum_group import guarded, require
from mpc.programs.precision import finest, product, times
from mpc.programs.rare_values import Tallied, rare
from mpc.programs.stats import order_statistics
from mpc.programs.stats.moments import check_limit, secure_total, variances
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import (
    Aligned,
    AlignedTable,
    Floats,
    Label,
    SharedTable,
    Stacked,
    StackedLabel,
    StackedTable,
    Value,
)
from protocol.errors import RangeError

_COMPARISON_SPARE = 5
_DIGITS = 10
"""Binary digits that a variance, or a column's spread beside its mean, has at least."""
"""Places given up so that the difference of two values still fits a comparison."""


async def run(context: StepContext) -> dict[str, Value]:
    """Describe what was given; only what somebody uses is computed."""
    table = _table(context.inputs["table"][0])
    rows = table.rows.shape[0] if isinstance(table, SharedTable) else table.rows
    require(context, table.owned)
    if rows <= context.integer("ddof"):
        raise RangeError("stats.too_few_rows", f"{rows} rows have no variance.", "Use more rows, or ddof 0.")
    outputs: dict[str, Value] = {}
    if "count" in context.wanted:
        outputs["count"] = constant(context.backend, np.full(len(_columns(table)), rows), 0)
    match table:
        case Aligned():
            outputs |= _of_columns(context, table)
        case Stacked():
            outputs |= await _of_rows(context, table)
        case SharedTable():
            outputs |= await _of_shares(context, table)
    return _without_rare(context, table, outputs)


_SUMS = ("sum", "mean", "variance")


def _without_rare(
    context: StepContext, table: Aligned | Stacked | SharedTable, outputs: dict[str, Value]
) -> dict[str, Value]:
    """Sums that would be counts of a few are zero, and ``shown`` says so."""
    if not context.wanted & {*_SUMS, "shown"}:
        return outputs
    if guarded(context):
        shown = _shown(context, table)
        hidden = {
            name: value * shown for name, value in outputs.items() if name in _SUMS and isinstance(value, SecureArray)
        }
        outputs = {**outputs, **hidden}
    else:
        shown = constant(context.backend, np.ones(len(_columns(table))), 0)
    return {**outputs, "shown": shown} if "shown" in context.wanted else outputs


def _shown(context: StepContext, table: Aligned | Stacked | SharedTable) -> SecureArray:
    """Bits (columns,); an owner of whole columns decides alone, and hears of it before it signs."""
    match table:
        case Stacked():
            return Tallied(context, table).shown()
        case SharedTable():
            few = constant(context.backend, np.ones(len(table.columns)), 0) if table.few is None else table.few
            return (1 - few).within(1, because="one less a bit")
        case Aligned():
            return concatenate([_own_shown(context, part) for part in table.tables if part.columns])


def _own_shown(context: StepContext, part: AlignedTable) -> SecureArray:
    wrong = None if part.values is None else rare(part.values, context.minimum_group)
    if wrong is not None and bool(wrong.any()):
        names = [name for name, flag in zip(part.columns, wrong, strict=True) if flag]
        faults.notice("group.rare_hidden", names, least=context.minimum_group)
    bits = None if wrong is None else (~wrong).astype(np.float64)
    return share_from(context, bits, part.owner, (len(part.columns),), 0, 1)


def probabilities(parts: int) -> list[float]:
    """The points that cut a distribution into equal parts: 4 gives quartiles."""
    return [part / parts for part in range(1, parts)]


def _table(value: Value) -> Aligned | Stacked | SharedTable:
    if isinstance(value, Label):
        values = None if value.values is None else value.values.reshape(-1, 1)
        return Aligned(value.rows, (AlignedTable(value.data_set, value.owner, (value.column,), values),))
    if isinstance(value, StackedLabel):
        return Stacked((value.column,), value.tables)
    assert isinstance(value, (Aligned, Stacked, SharedTable))
    return value


def _columns(table: Aligned | Stacked | SharedTable) -> tuple[str, ...]:
    return tuple(c for part in table.tables for c in part.columns) if isinstance(table, Aligned) else table.columns


def _limits(context: StepContext, rows: int) -> dict[str, float]:
    """A bound of every figure, by output name."""
    limit, free = context.decimal("limit"), rows - context.integer("ddof")
    values = dict.fromkeys(("mean", "minimum", "maximum", "quantiles"), limit)
    return {**values, "sum": limit * rows, "variance": limit**2 * rows / free}


def _check_resolved(context: StepContext, values: Floats | None, names: tuple[str, ...], most: float) -> None:
    """An owner refuses columns that vary by too little for the places that the limit leaves to what is wanted.

    ``most`` bounds a variance.
    """
    if values is None:
        return
    limit, places = context.decimal("limit"), list[float]()
    if "variance" in context.wanted:
        places.append((finest(context.backend, most, spare=2) - _DIGITS) / 2)
    if context.wanted & {"mean", "minimum", "maximum", "quantiles"}:
        places.append(finest(context.backend, limit, spare=_COMPARISON_SPARE) - _DIGITS)
    if places:
        columns.resolved(values, names, limit, math.floor(math.log2(limit) + min(places)), pooled=False)


# -- columns split: every owner knows its figures ----------------------------------------------------------------


def _of_columns(context: StepContext, table: Aligned) -> dict[str, Value]:
    limits, parts = _limits(context, table.rows), context.integer("quantiles")
    own: list[dict[str, Floats] | None] = []
    for part in table.tables:
        check_limit(part.values, part.columns, context.decimal("limit"))
        _check_resolved(context, part.values, part.columns, limits["variance"])
        own.append(None if part.values is None else _figures(part.values, context.integer("ddof"), parts))
    outputs: dict[str, Value] = {}
    for name, limit in limits.items():
        if name not in context.wanted:
            continue
        bits, leading = finest(context.backend, limit), (parts - 1,) if name == "quantiles" else ()
        shared = [
            share_from(
                context,
                None if found is None else found[name],
                part.owner,
                (*leading, len(part.columns)),
                bits,
                limit * (1 + 1e-9),
            )
            for part, found in zip(table.tables, own, strict=True)
            if part.columns
        ]
        outputs[name] = concatenate(shared, axis=-1)
    return outputs


def _figures(values: Floats, ddof: int, parts: int) -> dict[str, Floats]:
    return {
        "sum": values.sum(axis=0),
        "mean": values.mean(axis=0),
        "variance": values.var(axis=0, ddof=ddof),
        "minimum": values.min(axis=0),
        "maximum": values.max(axis=0),
        "quantiles": np.quantile(values, probabilities(parts), axis=0),
    }


# -- rows split: sums of local figures, extremes of local extremes -----------------------------------------------


async def _of_rows(context: StepContext, table: Stacked) -> dict[str, Value]:
    limit, rows = context.decimal("limit"), table.rows
    for part in table.tables:
        check_limit(part.values, table.columns, limit)
        _check_resolved(context, part.values, table.columns, limit**2 * rows / (rows - context.integer("ddof")))
    outputs: dict[str, Value] = {}
    if "sum" in context.wanted:
        outputs["sum"] = _sums(context, table, limit, 1.0)
    if "mean" in context.wanted:
        outputs["mean"] = _sums(context, table, limit, 1 / rows)
    if "variance" in context.wanted:
        outputs["variance"] = variances(context, table, limit, rows=rows - context.integer("ddof"))
    if "minimum" in context.wanted:
        outputs["minimum"] = minimum(_local_extremes(context, table, limit, np.min), axis=0)
    if "maximum" in context.wanted:
        outputs["maximum"] = maximum(_local_extremes(context, table, limit, np.max), axis=0)
    if "quantiles" in context.wanted:
        points = probabilities(context.integer("quantiles"))
        outputs["quantiles"] = await order_statistics.quantiles(context, table, points, limit)
    return outputs


def _sums(context: StepContext, table: Stacked, limit: float, weight: float) -> SecureArray:
    return secure_total(
        context,
        table,
        lambda values: weight * values.sum(axis=0),
        shape=(len(table.columns),),
        fraction_bits=finest(context.backend, limit * table.rows * weight),
        limit=lambda part: limit * part.rows * weight,
    )


def _local_extremes(context: StepContext, table: Stacked, limit: float, extreme: Callable[..., Floats]) -> SecureArray:
    """Every owner's extremes, shape (owners, columns)."""
    bits = finest(context.backend, limit, spare=_COMPARISON_SPARE)

    def shared(part: StackedTable) -> SecureArray:
        values = None if part.values is None else extreme(part.values, axis=0).reshape(1, -1)
        return share_from(context, values, part.owner, (1, len(table.columns)), bits, limit)

    return concatenate([shared(part) for part in table.tables])


# -- shares: everything on shares --------------------------------------------------------------------------------


async def _of_shares(context: StepContext, table: SharedTable) -> dict[str, Value]:
    values, rows = table.rows, table.rows.shape[0]
    outputs: dict[str, Value] = {}
    if "sum" in context.wanted:
        outputs["sum"] = values.sum(axis=0)
    mean = times(values.sum(axis=0), 1 / rows, values.fraction_bits).within(values.limit, because="a mean of values")
    if "mean" in context.wanted:
        outputs["mean"] = mean
    if "variance" in context.wanted:
        outputs["variance"] = _variance(values - mean, rows - context.integer("ddof"))
    if "minimum" in context.wanted:
        outputs["minimum"] = minimum(values, axis=0)
    if "maximum" in context.wanted:
        outputs["maximum"] = maximum(values, axis=0)
    if "quantiles" in context.wanted:
        points = probabilities(context.integer("quantiles"))
        found = [await sorted_quantiles(values[:, column], points) for column in range(len(table.columns))]
        outputs["quantiles"] = concatenate([item.reshape(-1, 1) for item in found], axis=1)
    return outputs


def _variance(deviations: SecureArray, free: int) -> SecureArray:
    """Sum of squares of centred values over ``free``; every square keeps its places."""
    rows, most = deviations.shape[0], deviations.limit**2
    squares = product(deviations, deviations, finest(deviations.backend, rows * most), limit=most).sum(axis=0)
    return times(squares, 1 / free, finest(deviations.backend, most * rows / free))
