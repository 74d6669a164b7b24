"""``feature.standardize_pooled``: columns of all owners' rows scaled to mean 0 and deviation 1, which nobody learns.

Rows split: means and variances are secure sums of the owners' own; the rows are then shared, and shares are shifted and
scaled. A ``shared`` table's means and variances are computed on shares. Statistics come from all rows, which bounds what is
scaled: n squares that add up to n are at most n each.

The scaling: with the secret power of two w that brings a variance v into [1/4, 1), (x - mean)·w loses nothing, and 1/sqrt(v·w²)
lies in [1, 2]. Results are clipped to ``limit`` deviations. A column whose
deviation is below 2^-20 of its largest magnitude (of the table's limit, for a shared one) becomes 0.
"""

import math

import numpy as np

from mpc.arrays.interface import SecureArray
from mpc.functions.extremes import clip
from mpc.functions.roots import inverse_sqrt
from mpc.programs.minimum_group import guarded, require
from mpc.programs.precision import comparable, finest, product, scale_up, times
from mpc.programs.rare_values import Tallied
from mpc.programs.stats.moments import in_units, means, scaled_moments
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_bits, share_stacked
from mpc.workflow.values import SharedTable, Stacked, StackedLabel, Value
from protocol.errors import RefusedError

_BITS = 24
_LEAST = 6
_ROOT_BITS = 28


async def run(context: StepContext) -> dict[str, Value]:
    """The standardised table, as shares with 24 fraction bits."""
    (table,) = context.inputs["tables"]
    outputs: dict[str, Value] = {}
    for label in context.inputs["label"]:
        assert isinstance(table, Stacked)
        assert isinstance(label, StackedLabel)
        table = table.without(label)
        if "labels" in context.wanted:
            outputs["labels"] = share_bits(context, label)
    if "labels" in context.wanted and not outputs:
        raise RefusedError("standardize.no_label", "No column was left out.", "Name one at the input `label`.")
    if isinstance(table, Stacked):
        deviations, variance = _of_rows(context, table)
        train = None
    else:
        assert isinstance(table, SharedTable)
        deviations, variance = _of_shares(context, table)
        train = table.train_rows
    limit = context.decimal("deviations")
    scaled = _scaled(deviations, variance, limit)
    few = None
    if isinstance(table, Stacked) and guarded(context):
        found = Tallied(context, table)  # a column of a rare value is as constant: no figure of it leaves
        scaled, few = scaled * found.shown(), found.few()
    elif isinstance(table, SharedTable):
        few = table.few
    context.rows_of["labels"] = table.owned
    return {**outputs, "features": SharedTable(table.columns, scaled, train, table.owned, few)}


def _of_rows(context: StepContext, table: Stacked) -> tuple[SecureArray, SecureArray]:
    require(context, table.owned)
    table = in_units(table, context.decimal("limit"))
    moments = scaled_moments(context, table)
    diagonal = np.arange(len(table.columns))
    rows = share_stacked(context, table, finest(context.backend, 1, spare=4), 1)
    deviations = rows - means(context, table, 1)
    scaled = deviations.multiply(moments.scale.reshape(1, -1), fraction_bits=deviations.fraction_bits, limit=4.2)
    return scaled, moments.covariances[diagonal, diagonal]


def _of_shares(context: StepContext, table: SharedTable) -> tuple[SecureArray, SecureArray]:
    values, count = table.rows, table.rows.shape[0]
    require(context, table.owned)
    mean = times(values.sum(axis=0), 1 / count, values.fraction_bits).within(values.limit, because="a mean of values")
    deviations = values - mean
    most = deviations.limit**2
    squares = product(deviations, deviations, finest(context.backend, count * most), limit=most).sum(axis=0)
    variance = times(squares, 1 / count, finest(context.backend, most, spare=5))
    return deviations, variance


def _scaled(deviations: SecureArray, variance: SecureArray, limit: float) -> SecureArray:
    """``deviations / sqrt(variance)``, clipped; |deviation| <= sqrt(rows)·sqrt(variance) bounds every product."""
    length = comparable(variance.backend)
    bits = variance.fraction_bits - variance.fraction_bits % 2
    even = variance.rescaled(bits).within(2.0 ** (length - bits) - 1, because="its limit leaves places")
    scale, varies = scale_up(even, length=length, step=2, least=_LEAST)
    rows = deviations.shape[0]
    half = even.multiply(scale, fraction_bits=bits, limit=2.0 ** (length + 3 - bits))
    unit = half.multiply(scale, fraction_bits=bits, limit=2.0 ** (length - bits))
    mantissa = unit.shifted_down(length - bits).rescaled(_ROOT_BITS).within(1.01, because="scaled to at most 1")
    root = inverse_sqrt(mantissa + ~varies, floor=0.24, fraction_bits=_ROOT_BITS)
    down, reach = (length - bits) // 2, math.sqrt(rows) * 1.01
    long = min(deviations.fraction_bits, finest(deviations.backend, reach * 2.0**down))
    raw = deviations.rescaled(long).multiply(scale.reshape(1, -1), fraction_bits=long, limit=reach * 2.0**down)
    short = finest(deviations.backend, 2 * reach, spare=_ROOT_BITS + 1)
    near = raw.shifted_down(down).rescaled(min(long + down, short))
    bits = min(_BITS, near.fraction_bits)
    found = near.multiply(root.reshape(1, -1), fraction_bits=bits, limit=2 * reach)
    found = found.within(reach, because="one of n squares that add up to n").rescaled(_BITS)
    return clip(found, -limit, limit) if limit < reach else found
