"""What linear models train on: secret rows with an intercept's column, a secret target, and the public facts of both.

Columns split among owners come standardised (mean 0, mean square 1 over the training rows, |value| <= limit); rows split
among owners and shared tables come as they are, within the program's ``limit``. By Cauchy–Schwarz |sum x·e| over the
training rows is at most rows·sqrt(mean_square)·max|e|, which keeps sums over many rows in range (I12).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.programs.linear.model import TrainedOn
from mpc.programs.minimum_group import require_split
from mpc.programs.model_guard import Shown, shown
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_aligned, share_column, share_stacked, share_whole
from mpc.workflow.values import Aligned, Label, Owned, SharedTable, Stacked, StackedLabel, Value, cut
from protocol.errors import RangeError, RefusedError

FEATURE_BITS = 18
WEIGHT_BITS = 24
SCORE_BITS = 18
ERRORS = frozenset({"standard_errors", "intercept_error", "spread"})
"""Outputs that standard errors come with."""


@dataclass(frozen=True, slots=True)
class Design:
    """``train`` and ``test`` have shape (n, columns + 1), the last column is 1; targets have as many entries."""

    names: tuple[str, ...]
    train: SecureArray
    test: SecureArray | None
    train_target: SecureArray
    test_target: SecureArray | None
    limit: float
    mean_square: float
    trained_on: TrainedOn
    scalings: Mapping[str, tuple[float, float]]
    shown: Shown | None = None

    @property
    def rows(self) -> int:
        """Training rows."""
        return self.train.shape[0]

    @property
    def columns(self) -> int:
        """Features, without the intercept."""
        return len(self.names)


def design(context: StepContext, *, target_bits: int, target_limit: float, classes: int = 1) -> Design:
    """Share the features and the target of a step with the ports ``features`` and ``label``.

    A target of 0 bits holds classes or counts: owners refuse others (``frame.not_whole``). ``classes`` sets of coefficients are fitted.
    """
    (features,), (label,) = context.inputs["features"], context.inputs["label"]
    rows, names, limit, split, trained_on, owned = _features(context, features, label)
    target = _target(context, label, target_bits, target_limit)
    if target.shape != (rows.shape[0],):
        raise RefusedError("linear.rows", "Features and label have different rows.", "Take both from one step.")
    train, test = split
    numbers = numbers_of(context, len(names)) * classes
    require_split(context, owned[0], owned[1] if {"scores", "labels"} & context.wanted else None, numbers)
    hides = None if owned[0] is None else shown(context, features, label, owned[0])
    context.rows_of |= {"scores": owned[1], "labels": owned[1]}
    if test.size == 0 and {"scores", "labels"} & context.wanted:
        raise RangeError("linear.no_test_rows", "All rows train the model.", "Set a train_fraction below 1.")
    ones = constant(context.backend, np.ones((rows.shape[0], 1)), FEATURE_BITS)
    whole = concatenate([rows, ones], axis=1)
    return Design(
        names=names,
        train=whole[train],
        test=whole[test] if test.size else None,
        train_target=target[train],
        test_target=target[test] if test.size else None,
        limit=limit,
        mean_square=1.0 if trained_on == "aligned" else max(1.0, limit**2),
        trained_on=trained_on,
        scalings=own_scalings(features) if isinstance(features, Aligned) else {},
        shown=hides,
    )


def numbers_of(context: StepContext, columns: int) -> int:
    """How many numbers of a model with an intercept leave: a standard error is one more of each."""
    return (columns + 1) * (2 if context.wanted & ERRORS else 1)


def bits_for(context: StepContext, magnitude: float, *, most: int, spare: int = 2) -> int:
    """Fraction bits that leave |value| <= magnitude within the headroom; refuses fewer than 8 (``linear.headroom``)."""
    bits = min(most, context.backend.headroom.length - 1 - spare - math.ceil(math.log2(max(magnitude, 1.0))))
    if bits < 8:
        raise RangeError(
            "linear.headroom",
            f"Sums up to {magnitude:g} leave {bits} binary places.",
            "Use fewer rows or columns, or smaller limits.",
        )
    return bits


def _features(
    context: StepContext, features: Value, label: Value
) -> "tuple[SecureArray, tuple[str, ...], float, _Split, TrainedOn, _Halves]":
    if isinstance(features, Aligned):
        table = features.without(label) if isinstance(label, Label) else features
        if table.train_rows is None or table.limit is None:
            raise RefusedError(
                "linear.not_standardized",
                "The features were not standardised: their range is not known.",
                "Put feature.standardize before this step.",
            )
        names = tuple(f"{part.owner}.{column}" for part in table.tables for column in part.columns)
        rows = share_aligned(context, table, FEATURE_BITS, table.limit)
        owned = _halves(table.owned, table.rows, table.train_rows)
        return rows, names, table.limit, _split([(0, table.rows, table.train_rows)]), "aligned", owned
    limit, fraction = context.decimal("limit"), context.decimal("train_fraction")
    if isinstance(features, Stacked):
        table = features.without(label) if isinstance(label, StackedLabel) else features
        starts, owned = np.cumsum([0, *(part.rows for part in table.tables)]), halves(table, fraction)
        parts = [
            (int(start), part.rows, first)
            for start, part, (_, first) in zip(starts, table.tables, owned[0], strict=False)
        ]
        return share_stacked(context, table, FEATURE_BITS, limit), table.columns, limit, _split(parts), "raw", owned
    assert isinstance(features, SharedTable)
    count = features.rows.shape[0]
    train = features.train_rows if features.train_rows is not None else max(1, math.floor(count * fraction))
    rows = features.rows.rescaled(FEATURE_BITS)
    owned = (None, None) if features.owned is None else _halves(features.owned, count, train)
    return rows, features.columns, features.rows.limit, _split([(0, count, train)]), "shared", owned


_Split = tuple["np.ndarray[tuple[int], np.dtype[np.int64]]", "np.ndarray[tuple[int], np.dtype[np.int64]]"]


_Halves = tuple[Owned | None, Owned | None]
"""Whose rows train, and whose test."""


def halves(table: Stacked, fraction: float) -> tuple[Owned, Owned]:
    """Whose rows train, the first ``fraction`` of each owner's, and whose are left out."""
    train = tuple((part.owner, max(1, math.floor(part.rows * fraction))) for part in table.tables)
    return train, tuple((part.owner, part.rows - first) for part, (_, first) in zip(table.tables, train, strict=True))


def _halves(owned: Owned, rows: int, first: int) -> _Halves:
    return cut(owned, 0, first), cut(owned, first, rows)


def _split(parts: list[tuple[int, int, int]]) -> _Split:
    """Positions that train and that test: of each (start, rows, training rows) the first ones train."""
    train = [np.arange(start, start + first) for start, _, first in parts]
    test = [np.arange(start + first, start + rows) for start, rows, first in parts]
    return np.concatenate(train), np.concatenate(test)


def _target(context: StepContext, label: Value, bits: int, limit: float) -> SecureArray:
    if isinstance(label, SecureArray):
        return label if 0 < label.fraction_bits <= bits else label.rescaled(bits)
    assert isinstance(label, (Label, StackedLabel))
    return share_column(context, label, bits, limit) if bits else share_whole(context, label, limit)


def own_scalings(features: Aligned) -> dict[str, tuple[float, float]]:
    """The party's own (mean, deviation) by ``owner.column``."""
    found: dict[str, tuple[float, float]] = {}
    for table in features.tables:
        scaling = features.scalings.get(table.data_set)
        if scaling is not None:
            pairs = zip(scaling.means.tolist(), scaling.deviations.tolist(), strict=True)
            found |= {f"{table.owner}.{name}": pair for name, pair in zip(table.columns, pairs, strict=True)}
    return found
