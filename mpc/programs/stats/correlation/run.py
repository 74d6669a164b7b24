"""``stats.correlation``: Pearson's matrix of all columns of all owners, as shares.

Columns split (``aligned``): every owner scales its columns to mean 0 and length 1, so that correlations are inner products.
Those of two columns of one owner are its own to compute; those across owners are one matrix product on shares per owner. With
f = 29 fraction bits an entry's error is about 2^-30·sqrt(2) standard, whatever the rows: rounding errors of 2^-30 meet columns
of length 1.

Rows split (``stacked``): owners share local moments only. The covariances, exact to about 2^-52 of the product of the columns'
largest magnitudes, are multiplied by secret powers of two that bring every variance into [1/4, 1) (exactly: nothing is
truncated), and only then by the inverse roots. A column whose deviation is below 2^-20 of its largest magnitude counts as
constant; its correlations are 0.

``vif`` is the diagonal of the matrix' inverse (Belsley, Kuh, Welsch, Regression Diagnostics, 1980, ch. 3): how many times the others
widen the variance of the column's coefficient. It is right to 2^-13 relatively where :mod:`mpc.programs.inverse_diagonal` says so; else, of
columns that all but depend on others, it is :data:`MOST_VIF`. A constant column has none: 0.
"""

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant, where
from mpc.functions.roots import inverse_sqrt
from mpc.programs.features.standardize.run import standardize
from mpc.programs.inverse_diagonal import inverse_diagonal, largest
from mpc.programs.minimum_group import guarded, require
from mpc.programs.precision import cut_off, unit_diagonal
from mpc.programs.stats.moments import in_units, scaled_moments
from mpc.programs.stats.pairs import pairs_shown
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Aligned, AlignedTable, Floats, Stacked, Value
from protocol.errors import RangeError

_BITS = 29
_LEAST = 6
"""A variance of fewer than 2·6 bits is rounding."""
MOST_VIF = 2.0**14
"""A right entry of the inverse is below it."""


async def run(context: StepContext) -> dict[str, Value]:
    """The matrix in table and column order, shape (columns, columns)."""
    (table,) = context.inputs["tables"]
    assert isinstance(table, (Aligned, Stacked))
    require(context, table.owned)
    if table.rows < 3:
        raise RangeError("stats.too_few_rows", "Correlations need three rows or more.", "Use more rows.")
    found = _of_rows(context, table) if isinstance(table, Stacked) else await _of_columns(context, table)
    whole = found
    shown = constant(context.backend, np.ones(found.shape), 0)
    if guarded(context):
        shown = pairs_shown(context, table)
        found = found * shown
    outputs: dict[str, Value] = {"correlation": found, "shown": shown}
    if (
        "vif" in context.wanted
    ):  # beside the correlations that show, one column's factor would tell a hidden one of others
        outputs["vif"] = await _inflation(whole) * (shown.reshape(-1).sum() >= shown.size)
    return {name: value for name, value in outputs.items() if name in context.wanted}


async def _inflation(matrix: SecureArray) -> SecureArray:
    """Of every column, from 1."""
    size = matrix.shape[0]
    at = np.arange(size)
    varies = matrix[at, at].at_least([0.5])[0]
    missing = (~varies).reshape(1, -1) * np.eye(size, dtype=np.int64)
    unit = (matrix + missing).within(1.02, because="correlations, and 1 where a column does not vary")
    inverse, right = await inverse_diagonal(unit)
    kept, _ = cut_off(inverse.within(largest(size), because="the iteration's reach"), MOST_VIF)
    found = where(right, kept, MOST_VIF).within(MOST_VIF + 1, because="cut off there")
    return found * varies


# -- columns split -----------------------------------------------------------------------------------------------


async def _of_columns(context: StepContext, table: Aligned) -> SecureArray:
    parts = [part for part in table.tables if part.columns]
    units = [_units(context, part) for part in parts]
    own = [_own_block(context, part, unit) for part, unit in zip(parts, units, strict=True)]
    if len(parts) == 1:
        return own[0]
    shared = [
        share_from(context, unit, part.owner, (table.rows, len(part.columns)), _BITS, 1.0)
        for part, unit in zip(parts, units, strict=True)
    ]
    blocks: dict[tuple[int, int], SecureArray] = {}
    for at, left in enumerate(shared):
        blocks[at, at] = own[at]
        for other in range(at + 1, len(shared)):
            block = left.T.matmul(shared[other], fraction_bits=_BITS, limit=1 + 2.0**-10)
            blocks[at, other], blocks[other, at] = block, block.T
        context.progress(at + 1, len(shared))
    bands = [concatenate([blocks[at, other] for other in range(len(shared))], axis=1) for at in range(len(shared))]
    return concatenate(bands)


def _units(context: StepContext, part: AlignedTable) -> Floats | None:
    """An owner's columns with mean 0 and length 1; constant ones are refused or zero."""
    if part.values is None:
        return None
    zero = context.choice("constant_columns") == "zero"
    rows = len(part.values)
    scaled, _ = standardize(part.values, part.columns, rows, limit=np.sqrt(rows), zero_constants=zero, clip=False)
    return scaled / np.sqrt(rows)


def _own_block(context: StepContext, part: AlignedTable, units: Floats | None) -> SecureArray:
    width = len(part.columns)
    block = None if units is None else np.clip(units.T @ units, -1, 1)
    return share_from(context, block, part.owner, (width, width), _BITS, 1.0)


# -- rows split --------------------------------------------------------------------------------------------------


def _of_rows(context: StepContext, table: Stacked) -> SecureArray:
    covariance = scaled_moments(context, in_units(table, context.decimal("limit"))).covariances
    unit, _, varies = unit_diagonal(covariance, _LEAST, _BITS)
    diagonal = np.arange(len(table.columns))
    roots = inverse_sqrt(unit[diagonal, diagonal] + ~varies, floor=0.24, fraction_bits=_BITS - 1)
    once = unit.multiply(roots, fraction_bits=_BITS, limit=2.1)
    return once.multiply(roots.reshape(-1, 1), fraction_bits=_BITS, limit=1.001)
