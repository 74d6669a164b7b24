"""What sums over a joined table could tell of a few people under a minimum group, found on shares since nobody knows which rows matched.

The rules are those of :mod:`mpc.programs.rare_values`: a column of up to three values hides where one of them is of a few rows, and any column
hides in which all rows but a few have one value. An owner marks the rows of its column's three most frequent values; the marks are
permuted as its columns are, and added up. A hidden column is zero, as if it were constant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.programs.minimum_group import small
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Floats, Source

_MARKED: Final = 3


def marks_of(rows: int, width: int) -> tuple[int, int]:
    """The shape of the :func:`marks` of so many columns."""
    return rows, _MARKED * width


def marks(values: Floats) -> Floats:
    """Where each column, shape (rows, columns), has its most frequent value, its second and its third; (rows, 3·columns) of 0 and 1."""
    found = np.zeros((len(values), values.shape[1], _MARKED))
    for at in range(values.shape[1]):
        for place, value in enumerate(_frequent(values[:, at])[:_MARKED]):
            found[:, at, place] = values[:, at] == value
    return found.reshape(marks_of(*values.shape))


def _frequent(column: Floats) -> Floats:
    """The values of a column, the most frequent first."""
    there, times = np.unique(column, return_counts=True)
    return there[np.argsort(-times, kind="stable")]


@dataclass(frozen=True, slots=True)
class Seen:
    """Of one table's columns: ``counts`` (columns, 3) of the marked values among the joined rows, ``rows`` (1,) that the table has of them,
    and bits ``few`` (columns,) of those that have three values at most.
    """

    counts: SecureArray
    rows: SecureArray
    few: SecureArray

    @classmethod
    def of(
        cls,
        context: StepContext,
        source: Source,
        values: Floats | None,
        marked: Sequence[SecureArray],
        rows: int,
        there: SecureArray | None,
        *,
        absent: bool,
    ) -> "Seen":
        """``values`` are the owner's own; ``there`` (rows, 1) says which rows the table has, None: all. ``absent`` rows are zeros."""
        width = len(source.columns)
        counts = concatenate([part.sum(axis=0, limit=rows) for part in marked]).reshape(width, _MARKED)
        total = constant(context.backend, np.array([rows]), 0) if there is None else there.sum(axis=0, limit=rows)
        few = None
        if values is not None:
            kinds = [len(np.unique(np.append(column, 0.0) if absent else column)) for column in values.T]
            few = (np.array(kinds) <= _MARKED).astype(np.float64)
        return cls(counts, total, share_from(context, few, source.owner, (width,), 0, 1))

    def shown(self, least: int) -> SecureArray:
        """Bits (columns,): no sum over the column is about a few."""
        others = (self.rows.reshape(1, 1) - self.counts).within(self.rows.bound, because="a part of the rows")
        alone, rest = small(self.counts, least).sum(axis=1), small(others, least).sum(axis=1)
        return rest + alone * self.few < 1


def shown(context: StepContext, tables: Sequence[Seen], indicators: int) -> tuple[SecureArray, SecureArray]:
    """Bits (columns,) of the whole join: which columns stay, and which have few values. Its ``indicators`` come last, stay, and have two."""
    last = [constant(context.backend, np.ones(indicators), 0)] if indicators else []
    bits = concatenate([*(table.shown(context.minimum_group) for table in tables), *last])
    return bits, concatenate([*(table.few for table in tables), *last])
