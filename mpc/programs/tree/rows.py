"""Rows as shared answers: for each candidate split and row a bit, 1 where the row would go left. Each is shared once.

Owners answer in the clear for their own columns; a secret table is compared on shares with cut points that all know. The first
candidate is no split: all go left. Answers are shared piece by piece, so that an owner never holds those of its whole table in the clear.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays import fixedpoint
from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.programs import columns
from mpc.programs.tree.binning import Bins
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Floats

_PIECE: Final = 1 << 21
"""Answers that are dealt at once: messages of 27 MB."""
_BLOCK: Final = 1 << 25
"""Answers that lie in one array: half a gigabyte of shares."""


@dataclass(frozen=True, slots=True)
class OwnColumns:
    """Columns of one owner: ``values`` (rows, columns) and their cut points at the owner, None elsewhere."""

    owner: str
    names: tuple[str, ...]
    values: Floats | None
    cuts: tuple[Floats, ...] | None


@dataclass(frozen=True, slots=True)
class Rows:
    """``count`` rows of ``owner`` ("" for rows that are nobody's) before they are shared: columns side by side, or a secret table."""

    owner: str
    count: int
    width: int
    bins: Bins
    tables: tuple[OwnColumns, ...]
    secret: SecureArray | None = None

    @property
    def candidates(self) -> int:
        """Splits, and none."""
        return 1 + self.width * self.bins.places

    async def answers(self, context: StepContext, start: int, stop: int) -> list[SecureArray]:
        """The answers of some of the rows, (candidates, rows) in blocks."""
        piece, whole = max(1, _PIECE // self.candidates), max(1, _BLOCK // self.candidates)
        found: list[SecureArray] = []
        for first in range(start, stop, whole):
            last = min(first + whole, stop)
            parts = [
                await self._piece(context, at, min(at + piece, last)).settled() for at in range(first, last, piece)
            ]
            found.append(await concatenate(parts, axis=1).settled() if len(parts) > 1 else parts[0])
        return found

    def _piece(self, context: StepContext, start: int, stop: int) -> SecureArray:
        rows, bins = stop - start, self.bins
        none = constant(context.backend, np.ones((1, rows)), 0)
        if self.secret is not None:
            return concatenate([none, _compared(self.secret[start:stop], bins)])
        parts = [none]
        for table in self.tables:
            own = None
            if table.values is not None:
                assert table.cuts is not None
                asked = zip(table.values[start:stop].T, table.cuts, strict=True)
                own = np.concatenate([bins.answers(column, cuts) for column, cuts in asked])
            shape = (len(table.names) * bins.places, rows)
            parts.append(share_from(context, own, table.owner, shape, 0, 1))  # type: ignore[arg-type]
        return concatenate(parts)


def _compared(rows: SecureArray, bins: Bins) -> SecureArray:
    """Answers of secret rows (rows, columns) to the common cut points: a value goes left where it does not reach the next place."""
    width, cuts = rows.shape[1], bins.even()
    step = 2.0**-rows.fraction_bits
    above = rows.T.at_least(cuts + step)
    count = rows.shape[0]
    left = (1 - above).within(1, because="one less a bit").reshape(len(cuts) * width, count)
    order = np.arange(len(cuts) * width).reshape(len(cuts), width).T.reshape(-1)
    if len(cuts) == bins.places:
        return left[order]
    filled = constant(rows.backend, np.ones((width, bins.places - len(cuts), count)), 0)
    return concatenate([left[order].reshape(width, len(cuts), count), filled], axis=1).reshape(-1, count)


def checked(values: Floats | None, names: tuple[str, ...], bins: Bins) -> None:
    """An owner refuses its own columns that hold what is no number, or beyond the limit, before anything is shared (I12)."""
    if values is None:
        return
    fixedpoint.finite(values)
    beyond = columns.beyond(values, bins.limit)
    if bins.missing is not None:
        beyond &= values != bins.missing
    columns.refuse(names, beyond, "arrays.out_of_range", limit=f"{bins.limit:g}")


def own_cuts(
    values: Floats | None, names: tuple[str, ...], bins: Bins, train: int, known: Mapping[str, tuple[float, ...]] | None
) -> tuple[Floats, ...] | None:
    """An owner's cut points: quantiles of its training rows, or those that training left with it."""
    if values is None:
        return None
    if known is not None:
        return tuple(np.array(known[name]) for name in names)
    return tuple(bins.quantiles(column[:train]) for column in values.T)
