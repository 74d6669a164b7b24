"""What a recipe takes and makes of declared columns: kinds, ranges and whether a cell may be empty, without any row.

Ranges follow the operations in their order, so that what a later step asks of a column (a bit, a level) is answered for a prepared
column as for a registered one.
"""

import math
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from protocol.catalogue import Column
from protocol.programs import Words
from protocol.recipes import ColumnRecipe, Part

_PLACES: Final = Decimal("1e-9")
_PART_RANGES: Final[dict[Part, tuple[str, str]]] = {
    "days": ("", ""), "year": ("1", "9999"), "month": ("1", "12"), "day": ("1", "31"), "weekday": ("1", "7"),
}  # fmt: skip
_NUMBERS: Final = ("boolean", "decimal", "integer")


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a declared column cannot be treated so; ``empty``: its cells may be empty."""

    what: Words
    fix: Words
    empty: bool = False


def unfit(part: ColumnRecipe, column: Column) -> Unfit | None:
    """What a column cannot be treated as; None where nothing speaks against it."""
    if part.dates and column.kind not in ("date", "text"):
        return Unfit(
            Words("is no date, and the recipe takes parts of a date", "不是日期，而处理配方要取日期的各部分"),
            Words("Name another column, or treat it as numbers.", "请改用其他列，或按数值处理。"),
        )
    if part.encoding and column.kind not in ("text", "integer", "boolean"):
        return Unfit(
            Words("has no levels, and the recipe encodes levels", "没有类别取值，而处理配方要对类别编码"),
            Words("Cut it into `bins` first, or name another column.", "请先用 `bins` 分箱，或改用其他列。"),
        )
    if part.of_numbers and column.kind not in _NUMBERS:
        return Unfit(
            Words("holds no numbers, and the recipe treats it as numbers", "不含数值，而处理配方按数值处理"),
            Words("Encode its levels, or take parts of its date.", "请对类别编码，或取日期的各部分。"),
        )
    if column.nullable and not part.takes_empty:
        return Unfit(
            Words("may be empty, and the recipe does not fill it", "可能为空，而处理配方没有填补"),
            Words(
                "Add `fill` with a value, or an `indicator` beside levels.",
                "请加上带取值的 `fill`，或在类别旁加 `indicator`。",
            ),
            empty=True,
        )
    return None


def columns_made(part: ColumnRecipe, column: Column) -> tuple[Column, ...]:
    """The columns that come out of one, as they would be declared."""
    names = list(part.names)
    missing = [_whole(column, names.pop(), 0, 1)] if part.indicator else []
    if part.encoding in ("one-hot", "dummy"):
        found = [_whole(column, name, 0, 1) for name in names]
    elif part.encoding:
        found = [_whole(column, names[0], 0, len(part.levels) - 1 + part.other)]
    elif part.dates:
        ranges = [_PART_RANGES[each] for each in part.dates]
        found = [_named(column, name, "integer", *bounds) for name, bounds in zip(names, ranges, strict=True)]
    elif part.bins:
        found = [_whole(column, names[0], 0, len(part.bins))]
    else:
        found = [_number(part, column, names[0])]
    return (*found, *missing)


def _number(part: ColumnRecipe, column: Column, name: str) -> Column:
    low, high = (Decimal(0), Decimal(1)) if column.kind == "boolean" else (_told(column.low), _told(column.high))
    whole = column.kind in ("boolean", "integer") and part.fill_by is None and not part.quantiles and not part.log
    if part.fill_with is not None:
        value = Decimal(part.fill_with)
        whole = whole and value == value.to_integral_value()
        low, high = None if low is None else min(low, value), None if high is None else max(high, value)
    if part.clip is not None and not part.quantiles:
        least, most = part.clip
        whole = whole and all(bound == bound.to_integral_value() for bound in part.clip)
        low = least if low is None else min(max(low, least), most)
        high = most if high is None else max(min(high, most), least)
    if part.log:
        low, high = _log(part, low, ROUND_FLOOR), _log(part, high, ROUND_CEILING)
    if low is None or high is None or low >= high:
        return _named(column, name, "integer" if whole else "decimal", "", "")
    return _named(column, name, "integer" if whole else "decimal", f"{low.normalize():f}", f"{high.normalize():f}")


def _log(part: ColumnRecipe, bound: Decimal | None, rounding: str) -> Decimal | None:
    """ln(1 + x), rounded outwards; of a bound that has none, nothing is known."""
    if bound is None or (part.log == "log" and bound <= -1):
        return None
    value = float(bound)
    found = math.copysign(math.log1p(abs(value)), value) if part.log == "signed log" else math.log1p(value)
    return Decimal(found).quantize(_PLACES, rounding)


def _told(bound: str) -> Decimal | None:
    return Decimal(bound) if bound else None


def _whole(column: Column, name: str, low: int, high: int) -> Column:
    return _named(column, name, "integer", str(low), str(high))


def _named(column: Column, name: str, kind: str, low: str, high: str) -> Column:
    return replace(column, name=name, kind=kind, nullable=False, low=low, high=high, scale=0, levels=())
