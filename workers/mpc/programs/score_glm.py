"""``score.glm``: apply a shared linear model to records, without opening the model or the records.

Columns split among owners: each owner standardises its own columns with the scalings that training left with it, and shares
them; rows split among owners: the weights are in raw units. The linear predictor is one secure matrix product; ``mean``
then applies the model's inverse link. Only the scores are opened, to whom the contract says: level 4.
"""

import numpy as np

from protocol.errors import RangeError, RefusedError
from workers.mpc.arrays.interface import SecureArray
from workers.mpc.functions.exponential import exp, softmax
from workers.mpc.functions.sigmoid import sigmoid
from workers.mpc.programs.context import StepContext
from workers.mpc.programs.frames import share_aligned, share_stacked
from workers.mpc.programs.values import Aligned, AlignedTable, Floats, Model, Stacked, Value

FEATURE_BITS = 18
SCORE_BITS = 18
_LARGEST_LOG_MEAN = 16.0


async def run(context: StepContext) -> dict[str, Value]:
    """Score all rows of the tables."""
    (model,), (tables,) = context.inputs["model"], context.inputs["tables"]
    assert isinstance(model, Model)
    clip = context.choice("beyond_limit") == "clip"
    if isinstance(tables, Aligned):
        rows, names = _vertical(context, model, tables, clip=clip)
    else:
        assert isinstance(tables, Stacked)
        rows, names = _horizontal(context, model, tables, clip=clip)
    order = _order(model, names)
    context.progress(0, 2)
    weights = model.weights
    linear = (await rows.settled())[:, order].matmul(weights[:-1], fraction_bits=SCORE_BITS)
    linear = linear + weights[-1].rescaled(SCORE_BITS)
    await linear.settled()
    context.progress(1, 2)
    if context.choice("output") == "mean":
        linear = await _mean(model, linear).settled()
    context.progress(2, 2)
    return {"scores": linear}


def _mean(model: Model, linear: SecureArray) -> SecureArray:
    match model.link:
        case "identity":
            return linear
        case "logit":
            return sigmoid(linear)
        case "log":
            return exp(linear, low=-_LARGEST_LOG_MEAN, high=_LARGEST_LOG_MEAN)
        case "softmax":
            return softmax(linear)


def _vertical(
    context: StepContext, model: Model, tables: Aligned, *, clip: bool
) -> tuple[SecureArray, tuple[str, ...]]:
    if not model.standardized:
        raise _wrong_kind("columns of several owners", "rows of several owners (table.stack)")
    kept = tuple(_only(table, model) for table in tables.tables)
    scaled = tuple(_standardized(table, model, clip=clip) for table in kept)
    names = tuple(f"{table.owner}.{column}" for table in scaled for column in table.columns)
    frame = Aligned(tables.rows, scaled)
    return share_aligned(context, frame, FEATURE_BITS, model.limit), names


def _horizontal(
    context: StepContext, model: Model, tables: Stacked, *, clip: bool
) -> tuple[SecureArray, tuple[str, ...]]:
    if model.standardized:
        raise _wrong_kind("rows of several owners", "columns of several owners (psi.align)")
    keep = tuple(name for name in tables.columns if name in model.columns)
    frame = Stacked(
        keep,
        tuple(
            type(table)(
                table.data_set,
                table.owner,
                table.rows,
                None
                if table.values is None
                else _within(table.values[:, [tables.columns.index(n) for n in keep]], keep, model.limit, clip=clip),
            )
            for table in tables.tables
        ),
    )
    return share_stacked(context, frame, FEATURE_BITS, model.limit), keep


def _only(table: AlignedTable, model: Model) -> AlignedTable:
    keep = [i for i, name in enumerate(table.columns) if f"{table.owner}.{name}" in model.columns]
    values = None if table.values is None else table.values[:, keep]
    return AlignedTable(table.data_set, table.owner, tuple(table.columns[i] for i in keep), values)


def _standardized(table: AlignedTable, model: Model, *, clip: bool) -> AlignedTable:
    """The owner's columns in the units of training; everyone else passes the description on."""
    if table.values is None:
        return table
    pairs = [model.scalings.get(f"{table.owner}.{name}") for name in table.columns]
    missing = [name for name, pair in zip(table.columns, pairs, strict=True) if pair is None]
    if missing:
        raise RefusedError(
            "score.no_scaling",
            f"This node has no scaling of {', '.join(missing)} from the training of this model.",
            "Score at the node that owned these columns in training, or train again.",
        )
    means, deviations = (np.array([pair[i] for pair in pairs if pair is not None]) for i in (0, 1))
    constant = deviations == 0
    scaled = np.where(constant, 0.0, (table.values - means) / np.where(constant, 1.0, deviations))
    return AlignedTable(
        table.data_set, table.owner, table.columns, _within(scaled, table.columns, model.limit, clip=clip)
    )


def _within(values: Floats, columns: tuple[str, ...], limit: float, *, clip: bool) -> Floats:
    beyond = np.atleast_1d((np.abs(values) > limit).any(axis=0))
    if clip or not beyond.any():
        return np.clip(values, -limit, limit)
    names = [name for name, flag in zip(columns, beyond, strict=True) if flag]
    raise RangeError(
        "score.beyond_limit",
        f"Values beyond the model's limit {limit:g} in: {', '.join(names)}.",
        "Correct these records, or set beyond_limit to clip.",
        columns=names,
    )


def _order(model: Model, names: tuple[str, ...]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    missing = sorted(set(model.columns) - set(names))
    if missing or len(set(names)) != len(names):
        raise RefusedError(
            "score.columns",
            f"The model needs {', '.join(missing)}, which the tables do not have."
            if missing
            else "A column came twice.",
            "Name the data sets and columns that the model was trained on.",
        )
    return np.array([names.index(name) for name in model.columns], dtype=np.int64)


def _wrong_kind(given: str, wanted: str) -> RefusedError:
    return RefusedError(
        "score.kind",
        f"The tables are {given}; this model was trained on {wanted}.",
        "Bring the records as in training.",
    )
