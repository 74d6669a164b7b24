"""``score.glm``: apply a shared linear model to records, without opening the model or the records.

Columns split among owners: each owner standardises its own columns with the scalings that training left with it, and shares
them. Rows split among owners: the weights are in raw units, or there is one column of weights for each owner, which
standardises its rows with its own scalings. A secret table comes as it is. The linear predictor is one secure matrix
product; ``mean`` then applies the model's inverse link. Only the scores are opened, to whom the contract says: level 4.
"""

from dataclasses import replace
from typing import TypeAlias

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.functions.exponential import exp, softmax
from mpc.functions.sigmoid import sigmoid
from mpc.programs import columns
from mpc.programs.linear.model import LinearModel
from mpc.programs.linear.outputs import long_predictor
from mpc.programs.minimum_group import or_group, own_or_group
from mpc.programs.precision import finest
from mpc.programs.scoring.records import order, wrong_kind
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_aligned, share_from, share_stacked
from mpc.workflow.values import Aligned, AlignedTable, Floats, SharedTable, Stacked, Value
from protocol.errors import RefusedError

FEATURE_BITS = 18
SCORE_BITS = 18
_LARGEST_LOG_MEAN = 16.0
_Part: TypeAlias = tuple[SecureArray, tuple[str, ...], SecureArray]
"""Rows as shares, the names of their columns, and the weights for them."""


async def run(context: StepContext) -> dict[str, Value]:
    """Score all rows of the tables."""
    (given,), (tables,) = context.inputs["model"], context.inputs["tables"]
    model = LinearModel.of(given)
    clip = context.choice("beyond_limit") == "clip"
    match tables, model.trained_on:
        case Aligned(), "aligned":
            parts = [_vertical(context, model, tables, clip=clip)]
        case Stacked(), "raw":
            parts = [_horizontal(context, model, tables, clip=clip)]
        case Stacked(), "pooled":
            parts = _pooled(context, model, tables, clip=clip)
        case SharedTable(), "shared":
            parts = [(tables.rows.rescaled(FEATURE_BITS), tables.columns, model.weights)]
        case _:
            raise wrong_kind(model.trained_on)
    context.rows_of["scores"] = tables.owned
    ordered = [(rows, order(model.columns, names), weights) for rows, names, weights in parts]
    context.progress(0, 2)
    linear = concatenate(
        [_predictor(model, (await rows.settled())[:, places], weights) for rows, places, weights in ordered]
    )
    await linear.settled()
    context.progress(1, 2)
    if context.choice("output") == "mean":
        linear = await _mean(model, linear).settled()
    context.progress(2, 2)
    outputs: dict[str, Value] = {"scores": linear}
    if "clipped" in context.wanted and isinstance(tables, (Aligned, Stacked)):
        outputs["clipped"] = _clipped(context, model, tables)
    return outputs


def _mean(model: LinearModel, linear: SecureArray) -> SecureArray:
    match model.link:
        case "identity":
            return linear
        case "logit":
            return sigmoid(linear)
        case "log":
            return exp(linear, low=-_LARGEST_LOG_MEAN, high=_LARGEST_LOG_MEAN)
        case "softmax":
            return softmax(linear)


def _predictor(model: LinearModel, rows: SecureArray, weights: SecureArray) -> SecureArray:
    if model.slope_limit is not None:
        return long_predictor(rows, model)
    return rows.matmul(weights[:-1], fraction_bits=SCORE_BITS) + weights[-1].rescaled(SCORE_BITS)


def _vertical(context: StepContext, model: LinearModel, tables: Aligned, *, clip: bool) -> _Part:
    kept = tuple(_only(table, model) for table in tables.tables)
    names = tuple(f"{table.owner}.{column}" for table in kept for column in table.columns)
    scaled = tuple(
        replace(table, values=_standardized(table.values, table.owner, table.columns, model, clip=clip))
        for table in kept
    )
    frame = Aligned(tables.rows, scaled)
    return share_aligned(context, frame, FEATURE_BITS, model.limit), names, model.weights


def _horizontal(context: StepContext, model: LinearModel, tables: Stacked, *, clip: bool) -> _Part:
    frame = _kept(model, tables)
    limited = tuple(
        replace(table, values=None if table.values is None else _within(table.values, frame.columns, model, clip=clip))
        for table in frame.tables
    )
    bits = FEATURE_BITS if model.slope_limit is None else finest(context.backend, model.limit, spare=4)
    rows = share_stacked(context, replace(frame, tables=limited), bits, model.limit)
    return rows, frame.columns, model.weights


def _pooled(context: StepContext, model: LinearModel, tables: Stacked, *, clip: bool) -> list[_Part]:
    frame = _kept(model, tables)
    strangers = sorted({table.owner for table in frame.tables} - set(model.owners))
    if strangers:
        raise RefusedError(
            "score.owner",
            f"{', '.join(strangers)} had no rows in the training of this model, and so no scaling.",
            "Score rows of the owners that trained it, or train again.",
        )
    found: list[_Part] = []
    for table in frame.tables:
        values = _standardized(table.values, table.owner, frame.columns, model, clip=clip)
        one = replace(frame, tables=(replace(table, values=values),))
        weights = model.weights[:, model.owners.index(table.owner)]
        found.append((share_stacked(context, one, FEATURE_BITS, model.limit), frame.columns, weights))
    return found


def _clipped(context: StepContext, model: LinearModel, tables: Aligned | Stacked) -> SecureArray:
    """How many values of each of the model's columns were cut off, in the model's order."""
    if isinstance(tables, Aligned):
        kept = [table for table in (_only(table, model) for table in tables.tables) if table.columns]
        most = max(tables.rows, context.minimum_group)
        parts: list[SecureArray] = []
        for table in kept:
            scaled = _scaled(table.values, table.owner, table.columns, model)
            counts = None if scaled is None else columns.counted(scaled, model.limit)
            own = None if counts is None else own_or_group(context, counts, tables.rows)
            parts.append(share_from(context, own, table.owner, (len(table.columns),), 0, most))
        names = tuple(f"{table.owner}.{column}" for table in kept for column in table.columns)
        return concatenate(parts)[order(model.columns, names)]
    frame, parts = _kept(model, tables), []
    for table in frame.tables:
        raw = model.trained_on == "raw"
        scaled = table.values if raw else _scaled(table.values, table.owner, frame.columns, model)
        counts = None if scaled is None else columns.counted(scaled, model.limit)
        parts.append(share_from(context, counts, table.owner, (len(frame.columns),), 0, table.rows))
    return or_group(context, frame.owned, parts)[order(model.columns, frame.columns)]


def _kept(model: LinearModel, tables: Stacked) -> Stacked:
    """The model's columns only."""
    keep = [i for i, name in enumerate(tables.columns) if name in model.columns]
    return Stacked(
        tuple(tables.columns[i] for i in keep),
        tuple(
            replace(table, values=None if table.values is None else table.values[:, keep]) for table in tables.tables
        ),
    )


def _only(table: AlignedTable, model: LinearModel) -> AlignedTable:
    keep = [i for i, name in enumerate(table.columns) if f"{table.owner}.{name}" in model.columns]
    values = None if table.values is None else table.values[:, keep]
    return replace(table, columns=tuple(table.columns[i] for i in keep), values=values)


def _standardized(
    values: Floats | None, owner: str, names: tuple[str, ...], model: LinearModel, *, clip: bool
) -> Floats | None:
    """The owner's rows in the units of training, within the model's limit; None at everyone else."""
    scaled = _scaled(values, owner, names, model)
    return None if scaled is None else _within(scaled, names, model, clip=clip)


def _scaled(values: Floats | None, owner: str, names: tuple[str, ...], model: LinearModel) -> Floats | None:
    if values is None:
        return None
    pairs = [model.scalings.get(f"{owner}.{name}") for name in names]
    missing = [name for name, pair in zip(names, pairs, strict=True) if pair is None]
    if missing:
        raise RefusedError(
            "score.no_scaling",
            f"This node has no scaling of {', '.join(missing)} from the training of this model.",
            "Score at the node that owned these columns in training, or train again.",
        )
    means, deviations = (np.array([pair[i] for pair in pairs if pair is not None]) for i in (0, 1))
    return columns.scaled(values, means, deviations)


def _within(values: Floats, names: tuple[str, ...], model: LinearModel, *, clip: bool) -> Floats:
    return columns.within(values, names, model.limit, "score.beyond_limit", clip=clip)
