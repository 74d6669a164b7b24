"""From a step's inputs to training data: rows are shared, cut into blocks and pooled; test rows are kept apart.

Everything that can be refused is refused before the first share is dealt. Rows are shared block by block, so that the
plaintext encoding of a block, not of the table, is what lies in memory beside the shares.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.programs.both_classes import require_both
from mpc.programs.glm.solvers.classes import ClassWeights
from mpc.programs.glm.solvers.links import Link
from mpc.programs.glm.solvers.passes import Data
from mpc.programs.glm.solvers.pooling import Local, Pooled, local, shared_pool
from mpc.programs.glm.solvers.problem import FEATURE_BITS, Precision, Problem
from mpc.programs.glm.solvers.rows import Block, Part, block
from mpc.programs.stats.moments import total
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_bits, share_from
from mpc.workflow.values import Aligned, Floats, Label, SharedTable, Stacked, StackedLabel, Value
from protocol.errors import RangeError, RefusedError

_LEAST_PER_COLUMN: Final = 200
"""Rows per column that Newton's method starts on: on fewer the optimum is too far from that of all rows."""


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of one part before sharing: (owner, its values or None, columns) side by side, or a secret matrix."""

    rows: int
    train: int
    tables: tuple[tuple[str, Floats | None, int], ...]
    secret: SecureArray | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a step brings, public facts first; ``labels`` are of all rows, part after part."""

    sources: tuple[Source, ...]
    columns: int
    limit: float
    standardised: bool
    owners: tuple[str, ...]
    locals: tuple[Local | None, ...]


@dataclass(frozen=True, slots=True)
class Training:
    """Shared data: what trains, the test rows of each part with their pool, and the test labels."""

    data: Data
    tests: tuple[tuple[Part, SecureArray], ...]
    labels: SecureArray
    pooled: Pooled | None


def read(features: Value, label: Value, context: StepContext) -> Inputs:
    """Check the inputs' shapes and standardise stacked rows at their owners."""
    match features, label:
        case Aligned(), Label():
            return _aligned(features.without(label), label)
        case SharedTable(), SecureArray():
            train = features.train_rows or features.rows.shape[0]
            _same_rows(features.rows.shape[0], label.shape[0])
            if label.fraction_bits or label.bound > 2:
                raise RangeError("logistic.label", "The label is not declared as bits.", "Connect a column of 0 and 1.")
            source = Source(features.rows.shape[0], train, (), features.rows.rescaled(FEATURE_BITS))
            return Inputs((source,), len(features.columns), features.rows.limit, False, (), ())
        case Stacked(), StackedLabel():
            return _stacked(features.without(label), label, context)
        case _:
            raise RefusedError(
                "logistic.kinds", "Features and label are of different kinds.", "Take both from the same step."
            )


def plan(inputs: Inputs, context: StepContext, weights: ClassWeights) -> Problem:
    """The public facts of the fit."""
    parts = tuple(source.train for source in inputs.sources)
    rows, sample = sum(parts), context.integer("sample")
    start = rows if rows <= sample else min(sample, max(sample // 8, _LEAST_PER_COLUMN * inputs.columns))
    return Problem(
        parts=parts,
        levels=(_fractions(parts, start / rows), _fractions(parts, min(1.0, sample / rows))),
        columns=inputs.columns,
        inverse_penalty=context.decimal("c"),
        coefficient_limit=context.decimal("coefficient_limit"),
        value_limit=inputs.limit,
        weight_limit=weights.limit,
        standardised=inputs.standardised,
        pooled=bool(inputs.locals),
    )


async def load(
    context: StepContext,
    inputs: Inputs,
    label: Value,
    problem: Problem,
    link: Link,
    weights: ClassWeights,
    batches: int,
) -> Training:
    """Share everything; ``batches`` > 0 cuts each part into as many blocks of equal length, give or take a row."""
    precision = Precision.of(problem, link, context.backend.headroom)
    labels = label if isinstance(label, SecureArray) else await _labels(context, label)
    pooled = None
    if inputs.locals:
        pooled = shared_pool(context, inputs.owners, inputs.locals, list(problem.parts), inputs.columns)
    places = np.cumsum([0, *(source.rows for source in inputs.sources)])
    cuts = [
        _cuts(part, levels, batches, problem.block)
        for part, *levels in zip(problem.parts, *problem.levels, strict=True)
    ]
    pieces = [labels[places[i] + start : places[i] + stop] for i, part in enumerate(cuts) for start, stop in part]
    await require_both(context, total([piece.sum().reshape(1) for piece in pieces]), problem.rows)
    row_weights = iter(weights.of(pieces, problem.rows) or [None] * len(pieces))
    taken = iter(pieces)
    parts: list[Part] = []
    tests: list[tuple[Part, SecureArray]] = []
    for index, (source, spans) in enumerate(zip(inputs.sources, cuts, strict=True)):
        own = None if pooled is None else pooled.pools[index]
        blocks: list[Block] = []
        for start, stop in spans:
            rows = await _rows(context, source, inputs.limit, start, stop).settled()
            blocks.append(block(rows, next(taken), next(row_weights)))
            await blocks[-1].rows.settled()
        first, second = (sum(start < level[index] for start, _ in spans) for level in problem.levels)
        parts.append(Part(tuple(blocks), (first, second), source.train, own))
        if "scores" in context.wanted:
            for start, stop in _steps(source.train, source.rows, problem.block):
                rows = await _rows(context, source, inputs.limit, start, stop).settled()
                tests.append((parts[-1], _with_ones(rows)))
    held = [labels[places[i] + source.train : places[i + 1]] for i, source in enumerate(inputs.sources)]
    return Training(Data(tuple(parts), problem, precision), tuple(tests), concatenate(held), pooled)


def scores(training: Training, weights: SecureArray, bits: int) -> SecureArray:
    """Logits of the test rows, part after part."""
    problem = training.data.problem
    return concatenate(
        [
            rows.matmul(part.weights(weights, problem), fraction_bits=bits, limit=problem.logit_limit)
            for part, rows in training.tests
        ]
    )


def _aligned(features: Aligned, label: Label) -> Inputs:
    if features.train_rows is None or features.limit is None:
        raise RefusedError(
            "logistic.not_standardized",
            "The features were not standardised: their range is not known.",
            "Put feature.standardize before this step.",
        )
    _same_rows(features.rows, label.rows)
    tables = tuple((part.owner, part.values, len(part.columns)) for part in features.tables if part.columns)
    columns = _columns(sum(width for _, _, width in tables))
    return Inputs((Source(features.rows, features.train_rows, tables),), columns, features.limit, True, (), ())


def standardised_parts(features: Stacked, fraction: float, *, limit: float, clip: bool) -> list[Local | None]:
    """Each owner's own standardisation of its rows, None for others'."""
    return [
        None
        if part.values is None
        else local(part.values, features.columns, _train(part.rows, fraction), limit=limit, clip=clip)
        for part in features.tables
    ]


def _stacked(features: Stacked, label: StackedLabel, context: StepContext) -> Inputs:
    _same_rows(features.rows, label.rows)
    limit, fraction = context.decimal("limit"), context.decimal("train_fraction")
    owners = tuple(part.owner for part in features.tables)
    locals_ = standardised_parts(features, fraction, limit=limit, clip=context.choice("beyond_limit") == "clip")
    width = _columns(len(features.columns))
    sources = tuple(
        Source(part.rows, _train(part.rows, fraction), ((part.owner, None if own is None else own.values, width),))
        for part, own in zip(features.tables, locals_, strict=True)
    )
    return Inputs(sources, width, limit, True, owners, tuple(locals_))


def _train(rows: int, fraction: float) -> int:
    return max(1, math.floor(rows * fraction))


async def _labels(context: StepContext, label: Value) -> SecureArray:
    assert isinstance(label, (Label, StackedLabel))
    return await share_bits(context, label).settled()


def _rows(context: StepContext, source: Source, limit: float, start: int, stop: int) -> SecureArray:
    if source.secret is not None:
        return source.secret[start:stop]
    parts = [
        share_from(
            context, None if values is None else values[start:stop], owner, (stop - start, width), FEATURE_BITS, limit
        )
        for owner, values, width in source.tables
    ]
    return concatenate(parts, axis=1)


def _with_ones(rows: SecureArray) -> SecureArray:
    return concatenate([rows, constant(rows.backend, np.ones((rows.shape[0], 1)), FEATURE_BITS)], axis=1)


def _fractions(parts: tuple[int, ...], share: float) -> tuple[int, ...]:
    return tuple(min(part, math.ceil(part * share)) for part in parts)


def _cuts(rows: int, levels: list[int], batches: int, most: int) -> list[tuple[int, int]]:
    if batches:
        size, larger = divmod(rows, batches)
        ends = [i * size + min(i, larger) for i in range(batches + 1)]
        return list(pairwise(ends))
    ends = [0, *levels, rows]
    return [span for start, stop in pairwise(ends) for span in _steps(start, stop, most)]


def _steps(start: int, stop: int, most: int) -> Iterator[tuple[int, int]]:
    return ((i, min(i + most, stop)) for i in range(start, stop, most))


def _same_rows(features: int, label: int) -> None:
    if features != label:
        raise RefusedError("logistic.rows", "Features and label have different rows.", "Take both from one alignment.")


def _columns(count: int) -> int:
    if not count:
        raise RefusedError("frame.no_columns", "No feature column is left.", "Name at least one besides the label.")
    return count
