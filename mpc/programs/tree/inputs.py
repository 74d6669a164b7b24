"""From a step's inputs to rows that can answer: who has which columns, how they are cut, which rows train."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mpc.arrays.interface import SecureArray
from mpc.programs.precision import finest
from mpc.programs.tree.binning import BOUND_BITS, Bins
from mpc.programs.tree.forest import TrainedOn
from mpc.programs.tree.rows import OwnColumns, Rows, checked, own_cuts
from mpc.workflow.context import StepContext
from mpc.workflow.values import Aligned, Label, Owned, SharedTable, Stacked, StackedLabel, Value, cut
from protocol.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Inputs:
    """Parts of rows, each with the places of those that train and those that do not, among all labels.

    ``names`` are the columns'; ``train`` and ``test`` say whose rows these are, None where nobody knows.
    """

    names: tuple[str, ...]
    trained_on: TrainedOn
    spans: tuple[tuple[Rows, slice, slice], ...]
    train: Owned | None
    test: Owned | None

    @property
    def rows(self) -> tuple[Rows, ...]:
        """The parts."""
        return tuple(rows for rows, _, _ in self.spans)

    @property
    def trains(self) -> list[slice]:
        """Where rows that train are."""
        return [train for _, train, _ in self.spans]

    @property
    def tests(self) -> list[slice]:
        """Where other rows are; no empty ones."""
        return [test for _, _, test in self.spans if test.stop > test.start]


def read(context: StepContext, features: Value, label: Value) -> Inputs:
    """Check the inputs of a training, and cut this party's columns."""
    fraction, missing = context.decimal("train_fraction"), None
    if context.choice("missing") == "value":
        missing = context.decimal("missing_value")
    match features, label:
        case Aligned(), Label():
            table = features.without(label)
            _same(features.rows, label.rows)
            train = _train(features.rows, fraction) if features.train_rows is None else features.train_rows
            limit = context.decimal("limit") if features.limit is None else features.limit
            rows = aligned(table, _bins(context, missing, limit), train, None)
            return _one(aligned_names(table), "aligned", rows, train, features.owned)
        case Stacked(), StackedLabel():
            table_ = features.without(label)
            _same(features.rows, label.rows)
            parts = stacked(table_, _bins(context, missing, context.decimal("limit")))
            spans: list[tuple[Rows, slice, slice]] = []
            at = 0
            for part in parts:
                count = _train(part.count, fraction)
                spans.append((part, slice(at, at + count), slice(at + count, at + part.count)))
                at += part.count
            trained = tuple((part.owner, train.stop - train.start) for part, train, _ in spans)
            left = tuple((part.owner, test.stop - test.start) for part, _, test in spans)
            return Inputs(table_.columns, "stacked", tuple(spans), trained, left)
        case SharedTable(), SecureArray():
            _same(features.rows.shape[0], label.shape[0])
            if missing is not None:
                raise RefusedError(
                    "boost.missing_shared",
                    "A secret table has no number that stands for missing values: nobody could tell it from others.",
                    "Set missing to none, or fill them at their owners.",
                )
            count = features.rows.shape[0]
            train = _train(count, fraction) if features.train_rows is None else features.train_rows
            bins = _bins(context, None, features.rows.limit)
            return _one(features.columns, "shared", secret(features, bins), train, features.owned)
        case _:
            raise RefusedError(
                "boost.kinds", "Features and label are of different kinds.", "Take both from the same step."
            )


def aligned(table: Aligned, bins: Bins, train: int, known: Mapping[str, tuple[float, ...]] | None) -> Rows:
    """Columns of several owners; ``known`` are this party's cut points by ``owner.column``, None to take quantiles."""
    tables: list[OwnColumns] = []
    for part in table.tables:
        if not part.columns:
            continue
        checked(part.values, part.columns, bins)
        own = None if known is None else {name: known.get(f"{part.owner}.{name}", ()) for name in part.columns}
        tables.append(
            OwnColumns(part.owner, part.columns, part.values, own_cuts(part.values, part.columns, bins, train, own))
        )
    return Rows("", table.rows, _width(sum(len(part.names) for part in tables)), bins, tuple(tables))


def aligned_names(table: Aligned) -> tuple[str, ...]:
    """``owner.column`` of every column."""
    return tuple(f"{part.owner}.{name}" for part in table.tables for name in part.columns)


def stacked(table: Stacked, bins: Bins) -> list[Rows]:
    """Rows of several owners, with cut points common to all."""
    cuts = bins.even()
    found: list[Rows] = []
    for part in table.tables:
        checked(part.values, table.columns, bins)
        own = OwnColumns(
            part.owner, table.columns, part.values, None if part.values is None else (cuts,) * len(table.columns)
        )
        found.append(Rows(part.owner, part.rows, _width(len(table.columns)), bins, (own,)))
    return found


def secret(table: SharedTable, bins: Bins) -> Rows:
    """A secret table."""
    return Rows("", table.rows.shape[0], _width(len(table.columns)), bins, (), table.rows)


def _bins(context: StepContext, missing: float | None, limit: float) -> Bins:
    bits = min(BOUND_BITS, finest(context.backend, 2 * limit, spare=2))
    return Bins(context.integer("bins"), missing, limit, bits)


def _one(names: tuple[str, ...], kind: TrainedOn, rows: Rows, train: int, owned: Owned | None) -> Inputs:
    halves = (None, None) if owned is None else (cut(owned, 0, train), cut(owned, train, rows.count))
    return Inputs(names, kind, ((rows, slice(0, train), slice(train, rows.count)),), *halves)


def _train(rows: int, fraction: float) -> int:
    return max(1, math.floor(rows * fraction))


def _same(features: int, label: int) -> None:
    if features != label:
        raise RefusedError("boost.rows", "Features and label have different rows.", "Take both from one alignment.")


def _width(count: int) -> int:
    if not count:
        raise RefusedError("frame.no_columns", "No feature column is left.", "Name at least one besides the label.")
    return count
