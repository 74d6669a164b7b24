"""``feature.standardize``: every owner scales its own aligned columns to mean 0 and deviation 1.

Nothing is sent, unless the contract grants a result user the means and deviations, which are then shared as outputs.

Mean and (population) standard deviation come from the training rows only, so that test rows stay unseen. Training rows are
the first ``floor(rows · train_fraction)`` of the alignment's random order, or those that ``prepare.fold`` has marked. The declared rules for what does not scale are
parameters: constant columns are refused or set to zero, values beyond the limit are refused or clipped, before anything is
shared (I12).
"""

import math

import numpy as np

from mpc import faults
from mpc.arrays.interface import SecureArray, concatenate
from mpc.programs import columns
from mpc.programs.minimum_group import own_or_group, require_split
from mpc.programs.model_guard import refuse_rare
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Aligned, AlignedTable, Floats, Label, Scaling, Value, cut
from protocol.errors import RangeError

_STATISTIC_BITS = 30
_STATISTIC_LIMIT = 2.0**25

_CONSTANT = 1e-9
"""A column is constant when its deviation is below this fraction of its largest magnitude: the rest is rounding."""


async def run(context: StepContext) -> dict[str, Value]:
    """Standardise this party's tables; others keep their description."""
    (aligned,) = context.inputs["tables"]
    assert isinstance(aligned, Aligned)
    for label in context.inputs["label"]:
        assert isinstance(label, Label)
        aligned = aligned.without(label)
    limit, train_rows = context.decimal("limit"), aligned.train_rows
    if train_rows is None:
        train_rows = training_rows(aligned.rows, context.decimal("train_fraction"))
    require_split(context, cut(aligned.owned, 0, train_rows), cut(aligned.owned, train_rows, aligned.rows))
    tables: list[AlignedTable] = []
    scalings: dict[str, Scaling] = {}
    clipped: list[SecureArray] = []
    for table in aligned.tables:
        values, cut_off = table.values, None
        if values is not None:
            if context.wanted & {"means", "deviations"}:
                refuse_rare(context, values[:train_rows], table.columns)
            values, scalings[table.data_set] = standardize(
                values,
                table.columns,
                train_rows,
                limit=limit,
                zero_constants=context.choice("constant_columns") == "zero",
                clip=context.choice("beyond_limit") == "clip",
            )
            cut_off = own_or_group(context, scalings[table.data_set].clipped, aligned.rows)
        if "clipped" in context.wanted:
            most = max(aligned.rows, context.minimum_group)
            clipped.append(share_from(context, cut_off, table.owner, (len(table.columns),), 0, most))
        tables.append(AlignedTable(table.data_set, table.owner, table.columns, values))
    features = Aligned(aligned.rows, tuple(tables), train_rows, limit, scalings)
    outputs: dict[str, Value] = {"features": features}
    for name in ("means", "deviations"):
        if name in context.wanted:
            outputs[name] = _share_statistic(context, features, name)
    if clipped:
        outputs["clipped"] = concatenate(clipped)
    return outputs


def _share_statistic(context: StepContext, features: Aligned, name: str) -> SecureArray:
    """All columns' means or deviations as shares, in table and column order: only when the contract grants them."""
    parts: list[SecureArray] = []
    for table in features.tables:
        scaling = features.scalings.get(table.data_set)
        values = None if scaling is None else scaling.means if name == "means" else scaling.deviations
        shape = (len(table.columns),)
        parts.append(
            share_from(
                context, values, table.owner, shape, _STATISTIC_BITS, _STATISTIC_LIMIT, table.columns, per_row=False
            )
        )
    return concatenate(parts)


def training_rows(rows: int, fraction: float) -> int:
    """How many of the first rows train; both parts keep at least two rows."""
    train = math.floor(rows * fraction)
    if train < 2 or (fraction < 1 and rows - train < 2):
        raise RangeError(
            "standardize.too_few_rows",
            f"{rows} rows at train_fraction {fraction:g} leave a part with fewer than two rows.",
            "Use more rows or another fraction.",
        )
    return train


def standardize(
    values: Floats, names: tuple[str, ...], train_rows: int, *, limit: float, zero_constants: bool, clip: bool
) -> tuple[Floats, Scaling]:
    """``(values - mean) / deviation`` by column, with statistics of the first ``train_rows`` rows."""
    train = values[:train_rows]
    means, deviations = train.mean(axis=0), train.std(axis=0)
    constant = deviations <= _CONSTANT * np.maximum(np.abs(train).max(axis=0, initial=0.0), 1e-300)
    if not zero_constants:
        columns.refuse(names, constant, "standardize.constant_column")
    elif bool(constant.any()):
        faults.notice("values.constant", [name for name, flag in zip(names, constant, strict=True) if flag])
    deviations = np.where(constant, 0.0, deviations)
    scaled = columns.scaled(values, means, deviations)
    inside = columns.within(scaled, names, limit, "standardize.beyond_limit", clip=clip)
    return inside, Scaling(means, deviations, columns.counted(scaled, limit))
