"""What linear models train on: secret rows with an intercept's column, a secret target, and the public facts of both.

Columns split among owners come standardised (mean 0, mean square 1 over the training rows, |value| <= limit); rows split
among owners and shared tables come as they are, within the program's ``limit``. By Cauchy–Schwarz |sum x·e| over the
training rows is at most rows·sqrt(mean_square)·max|e|, which keeps sums over many rows in range (I12).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mpc.arrays.interface import SecureArray
from mpc.programs.glm.solvers.problem import FEATURE_BITS, WEIGHT_BITS
from mpc.programs.linear import rows as blocked
from mpc.programs.linear.model import TrainedOn
from mpc.programs.linear.rows import Rows, Tables
from mpc.programs.minimum_group import require_split
from mpc.programs.model_guard import Shown, shown
from mpc.workflow.context import StepContext
from mpc.workflow.frames import in_range, share_column, share_whole
from mpc.workflow.values import Aligned, Label, Owned, SharedTable, Stacked, StackedLabel, Value, cut
from protocol.errors import RangeError, RefusedError

__all__ = [
    "ERRORS",
    "FEATURE_BITS",
    "SCORE_BITS",
    "WEIGHT_BITS",
    "Design",
    "bits_for",
    "design",
    "halves",
    "numbers_of",
    "own_scalings",
]
SCORE_BITS = 18
ERRORS = frozenset({"standard_errors", "intercept_error", "spread"})
"""Outputs that standard errors come with."""


@dataclass(frozen=True, slots=True)
class Design:
    """``train`` and ``test`` are rows of columns + 1 entries, the last one 1; targets have one for each. None are tested unless scored."""

    names: tuple[str, ...]
    train: Rows
    test: Rows | None
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
        return self.train.rows

    @property
    def columns(self) -> int:
        """Features, without the intercept."""
        return len(self.names)


async def design(context: StepContext, *, target_bits: int, target_limit: float, classes: int = 1) -> Design:
    """Share the features and the target of a step with the ports ``features`` and ``label``.

    A target of 0 bits holds classes or counts: owners refuse others (``frame.not_whole``). ``classes`` sets of coefficients are fitted.
    """
    (features,), (label,) = context.inputs["features"], context.inputs["label"]
    found = _features(context, features, label)
    names, owned = found.names, found.owned
    target = _target(context, label, target_bits, target_limit)
    if target.shape != (found.rows,):
        raise RefusedError("linear.rows", "Features and label have different rows.", "Take both from one step.")
    train, test = found.train, found.test
    numbers = numbers_of(context, len(names)) * classes
    require_split(context, owned[0], owned[1] if {"scores", "labels"} & context.wanted else None, numbers)
    hides = None if owned[0] is None else shown(context, features, label, owned[0])
    context.rows_of |= {"scores": owned[1], "labels": owned[1]}
    left = sum(stop - start for start, stop in test)
    if not left and {"scores", "labels"} & context.wanted:
        raise RangeError("linear.no_test_rows", "All rows train the model.", "Set a train_fraction below 1.")
    return Design(
        names=names,
        train=await found.shared(context, train),
        test=await found.shared(context, test) if left and "scores" in context.wanted else None,
        train_target=target[_positions(train)],
        test_target=target[_positions(test)] if left else None,
        limit=found.limit,
        mean_square=1.0 if found.trained_on == "aligned" else max(1.0, found.limit**2),
        trained_on=found.trained_on,
        scalings=own_scalings(features) if isinstance(features, Aligned) else {},
        shown=hides,
    )


_Span = tuple[int, int]
_Halves = tuple[Owned | None, Owned | None]
"""Whose rows train, and whose test."""


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


@dataclass(frozen=True, slots=True)
class _Features:
    """What is known of features before any of their rows is shared: spans of rows that train and that test, and where the rows come from,
    ``tables`` (first row, tables side by side) one below the other or the matrix that is ``secret`` already.
    """

    names: tuple[str, ...]
    limit: float
    trained_on: TrainedOn
    rows: int
    train: list[_Span]
    test: list[_Span]
    owned: _Halves
    tables: tuple[tuple[int, Tables], ...] = ()
    secret: SecureArray | None = None

    async def shared(self, context: StepContext, spans: list[_Span]) -> Rows:
        """These rows."""
        if self.secret is not None:
            return blocked.cut(self.secret, spans)
        found: list[SecureArray] = []
        ends = [*(start for start, _ in self.tables[1:]), self.rows]
        for (first, tables), end in zip(self.tables, ends, strict=True):
            inside = [(start - first, stop - first) for start, stop in spans if first <= start < stop <= end]
            found += (await blocked.shared(context, tables, inside, self.limit)).blocks
        return Rows(tuple(found))


def _features(context: StepContext, features: Value, label: Value) -> _Features:
    """Owners check their own values' range before anything is shared (I12)."""
    if isinstance(features, Aligned):
        table = features.without(label) if isinstance(label, Label) else features
        if table.train_rows is None or table.limit is None:
            raise RefusedError(
                "linear.not_standardized",
                "The features were not standardised: their range is not known.",
                "Put feature.standardize before this step.",
            )
        parts = [part for part in table.tables if part.columns]
        if not parts:
            raise RefusedError("frame.no_columns", "No feature column is left.", "Name at least one besides the label.")
        limit, first = table.limit, table.train_rows
        return _Features(
            names=tuple(f"{part.owner}.{column}" for part in parts for column in part.columns),
            limit=limit,
            trained_on="aligned",
            rows=table.rows,
            train=[(0, first)],
            test=[(first, table.rows)] if first < table.rows else [],
            owned=_halves(table.owned, table.rows, first),
            tables=(
                (
                    0,
                    tuple(
                        (part.owner, in_range(part.values, part.columns, limit), len(part.columns)) for part in parts
                    ),
                ),
            ),
        )
    limit, fraction = context.decimal("limit"), context.decimal("train_fraction")
    if isinstance(features, Stacked):
        table = features.without(label) if isinstance(label, StackedLabel) else features
        if not table.columns:
            raise RefusedError("frame.no_columns", "No feature column is left.", "Name at least one besides the label.")
        starts, owned = np.cumsum([0, *(part.rows for part in table.tables)]).tolist(), halves(table, fraction)
        spans = [
            (start, start + first, start + part.rows)
            for start, part, (_, first) in zip(starts, table.tables, owned[0], strict=False)
        ]
        width = len(table.columns)
        return _Features(
            names=table.columns,
            limit=limit,
            trained_on="raw",
            rows=starts[-1],
            train=[(start, middle) for start, middle, _ in spans],
            test=[(middle, stop) for _, middle, stop in spans if middle < stop],
            owned=owned,
            tables=tuple(
                (start, ((part.owner, in_range(part.values, table.columns, limit), width),))
                for start, part in zip(starts, table.tables, strict=False)
            ),
        )
    assert isinstance(features, SharedTable)
    count = features.rows.shape[0]
    train = features.train_rows if features.train_rows is not None else max(1, math.floor(count * fraction))
    return _Features(
        names=features.columns,
        limit=features.rows.limit,
        trained_on="shared",
        rows=count,
        train=[(0, train)],
        test=[(train, count)] if train < count else [],
        owned=(None, None) if features.owned is None else _halves(features.owned, count, train),
        secret=features.rows.rescaled(FEATURE_BITS),
    )


def halves(table: Stacked, fraction: float) -> tuple[Owned, Owned]:
    """Whose rows train, the first ``fraction`` of each owner's, and whose are left out."""
    train = tuple((part.owner, max(1, math.floor(part.rows * fraction))) for part in table.tables)
    return train, tuple((part.owner, part.rows - first) for part, (_, first) in zip(table.tables, train, strict=True))


def _halves(owned: Owned, rows: int, first: int) -> _Halves:
    return cut(owned, 0, first), cut(owned, first, rows)


def _positions(spans: list[_Span]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.concatenate([np.arange(start, stop) for start, stop in spans])


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
