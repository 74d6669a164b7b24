"""What flows between the steps of a workflow, as one party sees it.

Private tables stay with their owner: everyone else holds the description (owner, columns, rows) and None for the values.
Shares are :class:`~mpc.arrays.interface.SecureArray`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mpc import faults
from mpc.arrays.interface import SecureArray
from protocol.data_faults import DataFault
from protocol.errors import FormatError
from protocol.sources import SHARED, SHARES, TABLE, model_kind
from protocol.variants import ListName

Floats: TypeAlias = NDArray[np.float64]
Owned: TypeAlias = tuple[tuple[str, int], ...]
"""How many rows each owner brings, in their order; "" owns rows that hold columns of several."""


def rows_in(owned: Owned) -> int:
    """All rows."""
    return sum(rows for _, rows in owned)


def cut(owned: Owned, start: int, stop: int) -> Owned:
    """Whose the rows from ``start`` up to ``stop`` are."""
    found: list[tuple[str, int]] = []
    for owner, rows in owned:
        inside = min(rows, stop) - max(0, start)
        found.append((owner, max(0, inside)))
        start, stop = start - rows, stop - rows
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class Genotypes:
    """A column of many dosages: ``packed`` has shape (rows, ``variants.width``), two bits a dosage as :mod:`protocol.variants` codes them."""

    variants: ListName
    packed: NDArray[np.uint8] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PrivateTable:
    """An owner's own records as its data source hands them over: one id per row; columns of numbers, texts or genotypes."""

    ids: tuple[str, ...]
    columns: Mapping[str, NDArray[Any] | Genotypes] = field(repr=False)

    def matrix(self, names: tuple[str, ...]) -> Floats:
        """The named columns, in that order, as floats; anything that is no number is refused."""
        found: list[Floats] = []
        for name in names:
            column = self._numbers(name)
            if column.shape != (len(self.ids),):
                raise FormatError(
                    "table.ragged",
                    f"Column {name!r} has {column.shape} values for {len(self.ids)} ids.",
                    "Repair the table.",
                )
            there = np.isfinite(column)
            if not bool(there.all()):
                faults.refuse(DataFault("input.null", [name], int((~there).sum())))
                column = np.where(there, column, column[there][0] if bool(there.any()) else 0.0)
            found.append(column)
        return np.column_stack(found) if found else np.empty((len(self.ids), 0))

    def genotypes(self, names: tuple[str, ...]) -> tuple[str, Genotypes] | None:
        """The one column of genotypes among those named, with its name; None where there is none, or more than one."""
        found = [(name, column) for name in names if isinstance(column := self.columns.get(name), Genotypes)]
        return found[0] if len(found) == 1 else None

    def _numbers(self, name: str) -> Floats:
        """One column as floats: what is kept as text is no number, whatever its cells look like."""
        given = self.columns.get(name)
        if given is None:
            faults.refuse(DataFault("table.no_column", [name]))
            return np.zeros(len(self.ids))
        column = np.zeros(0, dtype=object) if isinstance(given, Genotypes) else np.asarray(given)
        if column.dtype.kind not in "biuf":
            faults.refuse(DataFault("input.kind", [name]))
            return np.zeros(len(self.ids))
        return column.astype(np.float64)


@dataclass(frozen=True, slots=True)
class Source:
    """A data set of the contract: public description, and the records at its owner; ``recipe`` is what made its columns, as the contract
    has it, "" for those that are registered.
    """

    data_set: str
    owner: str
    columns: tuple[str, ...]
    table: PrivateTable | None = field(repr=False)
    recipe: str = ""


@dataclass(frozen=True, slots=True)
class AlignedTable:
    """One owner's columns after alignment; ``values`` has shape (rows, columns) at the owner and is None elsewhere."""

    data_set: str
    owner: str
    columns: tuple[str, ...]
    values: Floats | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Scaling:
    """How an owner standardised its columns; private to it. ``bounds`` of (mean, deviation) are not known to others."""

    means: Floats = field(repr=False)
    deviations: Floats = field(repr=False)
    clipped: Floats = field(default_factory=lambda: np.zeros(0), repr=False)
    """How many values of each column were cut off."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """Tables of several owners whose row i belongs to the same person; rows are in random order.

    After standardisation ``train_rows`` says how many first rows the statistics came from and ``limit`` bounds every
    value; ``scalings`` holds this party's own, by data set. ``ids`` are this party's own ids in the aligned order, None
    at a party without data.
    """

    rows: int
    tables: tuple[AlignedTable, ...]
    train_rows: int | None = None
    limit: float | None = None
    scalings: Mapping[str, Scaling] = field(default_factory=dict, repr=False)
    ids: tuple[str, ...] | None = field(default=None, repr=False)

    @property
    def owned(self) -> Owned:
        """Nobody's: every row holds columns of all owners."""
        return (("", self.rows),)

    def column(self, name: str) -> "Label":
        """One column, named ``column`` if only one table has it, else ``owner.column``."""
        owner, _, plain = name.rpartition(".")
        found = [table for table in self.tables if plain in table.columns and owner in ("", table.owner)]
        if len(found) != 1:
            raise FormatError(
                "workflow.no_column" if not found else "workflow.ambiguous_column",
                f"{len(found)} of the aligned tables have the column {name!r}.",
                "Name a column as `owner.column`, once.",
            )
        table = found[0]
        values = None if table.values is None else table.values[:, table.columns.index(plain)]
        return Label(table.owner, table.data_set, plain, self.rows, values)

    def without(self, label: "Label") -> "Aligned":
        """The same tables less one column."""
        return replace(self, tables=tuple(_without(table, label) for table in self.tables))

    def narrowed(self, names: Collection[str]) -> "Aligned":
        """The columns of these names alone, in whichever tables."""
        tables: list[AlignedTable] = []
        for table in self.tables:
            keep = [at for at, column in enumerate(table.columns) if column in names]
            values = None if table.values is None else table.values[:, keep]
            tables.append(replace(table, columns=tuple(table.columns[at] for at in keep), values=values))
        return replace(self, tables=tuple(tables))


@dataclass(frozen=True, slots=True)
class Label:
    """One column of one owner: what a model is to predict."""

    owner: str
    data_set: str
    column: str
    rows: int
    values: Floats | None = field(repr=False)

    @property
    def owned(self) -> Owned:
        """As of the aligned table that it comes from."""
        return (("", self.rows),)


@dataclass(frozen=True, slots=True)
class StackedTable:
    """One owner's rows; ``values`` has shape (rows, columns) at the owner and is None elsewhere."""

    data_set: str
    owner: str
    rows: int
    values: Floats | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stacked:
    """Tables of several owners with the same columns in the same order, one below the other: rows are split."""

    columns: tuple[str, ...]
    tables: tuple[StackedTable, ...]

    @property
    def rows(self) -> int:
        """Rows of all owners together."""
        return rows_in(self.owned)

    @property
    def owned(self) -> Owned:
        """Each owner's."""
        return tuple((table.owner, table.rows) for table in self.tables)

    def column(self, name: str) -> "StackedLabel":
        """One column of all owners."""
        if name not in self.columns:
            raise FormatError(
                "workflow.no_column", f"The stacked tables have no column {name!r}.", "Check the contract's columns."
            )
        return StackedLabel(name, self._only((name,)).tables)

    def without(self, label: "StackedLabel") -> "Stacked":
        """The same tables less one column."""
        return self._only(tuple(name for name in self.columns if name != label.column))

    def _only(self, names: tuple[str, ...]) -> "Stacked":
        keep = [self.columns.index(name) for name in names]
        return Stacked(
            names,
            tuple(
                replace(table, values=None if table.values is None else table.values[:, keep]) for table in self.tables
            ),
        )


@dataclass(frozen=True, slots=True)
class StackedLabel:
    """One column of stacked tables; each table's ``values`` has one column."""

    column: str
    tables: tuple[StackedTable, ...]

    @property
    def rows(self) -> int:
        """Rows of all owners together."""
        return rows_in(self.owned)

    @property
    def owned(self) -> Owned:
        """Each owner's."""
        return tuple((table.owner, table.rows) for table in self.tables)


@dataclass(frozen=True, slots=True)
class SharedTable:
    """A secret matrix with named columns; ``rows`` has shape (n, columns). The first ``train_rows`` rows train.

    ``owned`` says whose rows they are, None where an earlier task left them; ``few`` are secret bits (columns,), 1 for a column that
    may have few values, None where nobody knows.
    """

    columns: tuple[str, ...]
    rows: SecureArray
    train_rows: int | None = None
    owned: Owned | None = None
    few: SecureArray | None = field(default=None, repr=False)

    def column(self, name: str) -> SecureArray:
        """One column, as a secret vector."""
        if name not in self.columns:
            raise FormatError(
                "workflow.no_column", f"The shared table has no column {name!r}.", "Check the step that made it."
            )
        return self.rows[:, self.columns.index(name)]


@dataclass(frozen=True, slots=True)
class Model:
    """Something fitted whose numbers nobody knows: named arrays, what all parties know of it, what only this one knows.

    ``family`` says which programs can read it (:mod:`mpc.programs.linear.model` is one). ``public`` and ``private`` are
    JSON without fractions, so that a model can stay at the nodes as it is.
    """

    family: str
    arrays: Mapping[str, SecureArray]
    public: Mapping[str, Any]
    private: Mapping[str, Any] = field(repr=False)


Value: TypeAlias = "Source | Aligned | Stacked | SharedTable | Label | StackedLabel | Model | SecureArray"


@dataclass(frozen=True, slots=True)
class Outline:
    """A step that works on rows at their owners, as a plan sees it: its outputs without any value.

    Each owner of ``counts`` shares one number, and all of them are opened. What parties tell each other beside their arrays takes
    ``rounds`` that wait for each other, and ``traffic`` in bytes of the one that sends most.
    """

    outputs: dict[str, Value]
    counts: tuple[str, ...] = ()
    rounds: int = 0
    traffic: int = 0


def kind_of(value: Value) -> str:
    """The port kind that accepts a value."""
    match value:
        case Source():
            return TABLE
        case Aligned():
            return "aligned"
        case Stacked():
            return "stacked"
        case SharedTable():
            return SHARED
        case Label():
            return "label"
        case StackedLabel():
            return "stacked-label"
        case Model():
            return model_kind(value.family)
        case SecureArray():
            return SHARES


def _without(table: AlignedTable, label: Label) -> AlignedTable:
    if table.data_set != label.data_set or label.column not in table.columns:
        return table
    keep = [i for i, name in enumerate(table.columns) if name != label.column]
    values = None if table.values is None else table.values[:, keep]
    return replace(table, columns=tuple(table.columns[i] for i in keep), values=values)
