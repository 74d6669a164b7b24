"""What a recipe does to an owner's own column, in the clear and before anything is shared.

Refusals go through :mod:`mpc.faults`, so that the check before signing is this code: after one it goes on with values in range.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mpc import faults
from mpc.workflow.values import Floats, Genotypes, PrivateTable
from protocol.data_faults import DataFault
from protocol.recipes import ColumnRecipe, Count, Part, day, number

Bits: TypeAlias = NDArray[np.bool_]
_EPOCH: Final = dt.date(1970, 1, 1)
_PART_OF: Final[Mapping[Part, Callable[[dt.date], int]]] = {
    "year": lambda date: date.year,
    "month": lambda date: date.month,
    "day": lambda date: date.day,
    "weekday": dt.date.isoweekday,
}


@dataclass(frozen=True, slots=True)
class Made:
    """The columns that came out of one, in the order of its names, and how many of its values each of its counts is about."""

    columns: tuple[Floats, ...] = field(repr=False)
    counts: Mapping[Count, int]


def prepared(part: ColumnRecipe, table: PrivateTable) -> Made:
    """One column of an owner's table, as the recipe says."""
    raw = table.columns.get(part.column)
    if raw is None:
        faults.refuse(DataFault("table.no_column", [part.column]))
        raw = np.zeros(len(table.ids))
    if isinstance(raw, Genotypes):
        faults.refuse(DataFault("input.kind", [part.column]))
        raw = np.zeros(len(table.ids))
    raw = np.asarray(raw)
    there = _there(part, raw)
    if not part.takes_empty and not there.all():
        faults.refuse(DataFault("input.null", [part.column], int((~there).sum())))
    if part.encoding:
        found, counts = _levels(part, raw, there)
    elif part.dates:
        found, counts = _dates(part, raw, there), {}
    else:
        found, counts = _numbers(part, raw, there)
    if part.takes_empty:
        counts["filled"] = int((~there).sum())
        _notice("prepare.filled", part, counts["filled"])
    if part.indicator:
        found.append((~there).astype(np.float64))
    return Made(tuple(found), counts)


def _there(part: ColumnRecipe, raw: NDArray[Any]) -> Bits:
    """Which cells are not empty."""
    if _numeric(raw):
        values = raw.astype(np.float64)
        empty = [value for text in part.empty if (value := number(text)) is not None]
        return np.isfinite(values) & ~np.isin(values, empty)
    empty_texts = {None, "", *part.empty}
    return np.array([cell not in empty_texts for cell in raw], dtype=bool)


def _numeric(raw: NDArray[Any]) -> bool:
    return raw.dtype.kind in "biuf"


def _notice(code: str, part: ColumnRecipe, rows: int) -> None:
    if rows:
        faults.notice(code, [part.column], rows)


# -- numbers -----------------------------------------------------------------------------------------------------


def _numbers(part: ColumnRecipe, raw: NDArray[Any], there: Bits) -> tuple[list[Floats], dict[Count, int]]:
    if not _numeric(raw):
        faults.refuse(DataFault("input.kind", [part.column]))
        raw = np.zeros(len(raw))
    values, counts = np.where(there, raw, 0.0).astype(np.float64), dict[Count, int]()
    own = values[there]
    if part.own_statistics and not len(own):
        faults.refuse(DataFault("prepare.all_empty", [part.column]))
        own = np.zeros(1)
    if part.fills:
        values = np.where(there, values, _filling(part, own))
    if part.clip is not None:
        low, high = (float(bound) for bound in part.clip)
        if part.quantiles:
            low, high = np.quantile(own, [low, high])
        beyond = (values < low) | (values > high)
        counts["clipped"] = int(beyond.sum())
        _notice("prepare.clipped", part, counts["clipped"])
        values = np.clip(values, low, high)
    if part.log == "log":
        wrong = values <= -1
        if bool(wrong.any()):
            faults.refuse(DataFault("prepare.log", [part.column], int(wrong.sum())))
            values = np.where(wrong, 0.0, values)
        values = np.log1p(values)
    elif part.log:
        values = np.sign(values) * np.log1p(np.abs(values))
    if part.bins:
        values = np.searchsorted([float(edge) for edge in part.bins], values, side="right").astype(np.float64)
    return [values], counts


def _filling(part: ColumnRecipe, own: Floats) -> float:
    if part.fill_by is not None:
        return float(own.mean() if part.fill_by == "mean" else np.median(own))
    return float(part.fill_with or 0)


# -- levels ------------------------------------------------------------------------------------------------------


def _levels(part: ColumnRecipe, raw: NDArray[Any], there: Bits) -> tuple[list[Floats], dict[Count, int]]:
    """Codes of the levels, -1 of none; then the columns that stand for them."""
    size, counts = len(part.levels), dict[Count, int]()
    codes = _codes(part, raw)
    if part.fill_with is not None:
        codes = np.where(there, codes, part.levels.index(part.fill_with))
    unknown = (codes < 0) & (there | part.fills)
    if part.other:
        counts["other"] = int(unknown.sum())
        _notice("prepare.other", part, counts["other"])
        codes = np.where(unknown, size, codes)
    elif bool(unknown.any()):
        faults.refuse(DataFault("prepare.level", [part.column], int(unknown.sum())))
        codes = np.where(unknown, 0, codes)
    if part.encoding == "ordinal":
        return [np.maximum(codes, 0).astype(np.float64)], counts
    first = 1 if part.encoding == "dummy" else 0
    return [(codes == at).astype(np.float64) for at in range(first, size + part.other)], counts


def _codes(part: ColumnRecipe, raw: NDArray[Any]) -> NDArray[np.int64]:
    if not _numeric(raw):
        place = {level: at for at, level in enumerate(part.levels)}
        return np.array([place.get(cell, -1) for cell in raw], dtype=np.int64)
    codes = np.full(len(raw), -1, dtype=np.int64)
    for at, level in enumerate(part.levels):
        if (value := number(level)) is not None:
            codes[raw == value] = at
    return codes


# -- dates -------------------------------------------------------------------------------------------------------


def _dates(part: ColumnRecipe, raw: NDArray[Any], there: Bits) -> list[Floats]:
    if _numeric(raw):
        faults.refuse(DataFault("input.kind", [part.column]))
        raw, there = np.full(len(raw), "1970-01-01", dtype=object), np.ones(len(raw), dtype=bool)
    known: dict[str, dt.date | None] = {}
    for cell in raw[there]:
        if cell not in known:
            known[cell] = day(str(cell))
    wrong = sum(known[cell] is None for cell in raw[there])
    if wrong:
        faults.refuse(DataFault("prepare.date", [part.column], wrong))
    filling = day(part.fill_with or "") or _EPOCH
    days = [(known[cell] or _EPOCH) if here else filling for cell, here in zip(raw, there, strict=True)]
    since = part.since or _EPOCH
    return [
        np.array([(date - since).days if name == "days" else _PART_OF[name](date) for date in days], dtype=np.float64)
        for name in part.dates
    ]
