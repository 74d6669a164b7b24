"""Cells that a file stores with a type (Parquet): which types serve which kind, and their exact values."""

from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa

from workers.sources import numbers, values
from workers.sources.arrow import pc
from workers.sources.problems import Problems
from workers.sources.schema import Column
from workers.sources.table import arrow_type
from workers.sources.told import RowOf, note

_EXACT: Final = float(2**53)
_INT64_DIGITS: Final = 18


def check_type(column: Column, kind: Any, problems: Problems) -> None:  # noqa: ANN401 - pyarrow is untyped
    """Report a stored type that cannot hold the declared kind, by its name."""
    kind, word = plain_type(kind), str(plain_type(kind)).partition("<")[0]
    if pa.types.is_nested(kind):
        problems.add("nested", 0, column.name, word)
    elif not (pa.types.is_string(kind) or pa.types.is_null(kind) or serves(column, kind)):
        problems.add("wrong_type", 0, column.name, word)


def plain_type(kind: Any) -> Any:  # noqa: ANN401 - as above
    """The type of a column's values: dictionaries, views and large texts only store them differently."""
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    return pa.string() if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) else kind


def typed(column: Column, cells: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    """Stored cells → the column's array; every cell that is none of its values is reported."""
    cells = cells.cast(plain_type(cells.type))
    kind = cells.type
    if pa.types.is_null(kind):
        cells = pa.nulls(len(cells), arrow_type(column))
    elif pa.types.is_string(kind):
        cells = values.without_nulls(column, values.spelled(column, cells))
        if column.kind not in ("identifier", "text"):  # as in a text file, where only a text could be empty
            cells = pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)
    elif column.kind == "date":
        cells = values.without_nulls(column, _days(column, cells, row, problems))
    elif column.kind in ("integer", "decimal"):
        cells = _without_spelled_nulls(column, cells)
    elif not pa.types.is_boolean(kind):  # whole numbers that stand for texts, or for true and false
        cells = values.without_nulls(column, cells.cast(pa.string()))
    values.note_nulls(column, cells, row, problems)
    if pa.types.is_null(kind) or (column.kind == "date" and not pa.types.is_string(kind)):
        return cells
    if pa.types.is_string(cells.type):
        return values.checked(column, cells, row, problems)
    return _numbers(column, cells, row, problems)


def serves(column: Column, kind: Any) -> bool:  # noqa: ANN401 - as above
    """Whether cells of a stored type are values of the column's kind, without rounding and without guessing."""
    whole = pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale == 0)
    if column.kind in ("integer", "decimal"):
        return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if column.kind == "boolean":  # numbers are true and false only where the owner says so
        return pa.types.is_boolean(kind) or (whole and {"yes", "no"} & column.reading.said != set())
    if column.kind == "date":
        return pa.types.is_date(kind) or pa.types.is_timestamp(kind)
    return whole


def _numbers(column: Column, cells: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    if pa.types.is_boolean(cells.type):
        return cells.cast(pa.int64())
    if pa.types.is_integer(cells.type):
        return _integers(column, cells, row, problems)
    if pa.types.is_floating(cells.type):
        return _floats(column, cells, row, problems)
    return _decimals(column, cells, row, problems)


def _integers(column: Column, cells: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    low, high = column.limits()
    factor = 10**column.scale
    outside = pc.or_(pc.less(cells, _clip(-(-low // factor), cells)), pc.greater(cells, _clip(high // factor, cells)))
    note(outside, "out_of_range", column, row, problems)
    kept = pc.if_else(outside, pa.scalar(None, cells.type), cells).cast(pa.int64())
    return pc.multiply(kept, factor)


def _clip(bound: int, cells: Any) -> Any:  # noqa: ANN401 - as above
    """A bound as a scalar of the stored type (a range may exceed what a small type holds)."""
    info = np.iinfo(cells.type.to_pandas_dtype())
    return pa.scalar(min(max(bound, int(info.min)), int(info.max)), cells.type)


def _floats(column: Column, cells: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    """A float is taken when it is the one nearest to a decimal of the column's scale; nothing is rounded.

    A double's decimal is the nearest of the scale; a narrower float stands for the shortest decimal that it is nearest to, since
    its own digits go on (132.04 is 132.0399932861328 in 32 bits).
    """
    found = cells.to_numpy(zero_copy_only=False)
    nulls = pc.is_null(cells).to_numpy(zero_copy_only=False)
    finite = np.isfinite(found) | nulls
    own = np.where(np.isfinite(found), found, 0).astype(found.dtype)
    exact = np.zeros(len(own), dtype=bool)
    scaled = np.zeros(len(own))
    for scale in range(0 if own.dtype != np.float64 else column.scale, column.scale + 1):
        tried = np.rint(own.astype(np.float64) * 10.0**scale)
        fits = ~exact & ((tried / 10.0**scale).astype(own.dtype) == own)
        scaled = np.where(fits | ~exact, tried * 10.0 ** (column.scale - scale), scaled)
        exact |= fits
    large = np.abs(scaled) >= _EXACT
    exact |= large
    note(pa.array(~finite), "not_finite", column, row, problems)
    note(pa.array(~exact), "too_precise", column, row, problems)
    note(pa.array(large), "out_of_range", column, row, problems)
    integers = np.where(large, 0, scaled).astype(np.int64)
    array = pa.array(integers, pa.int64(), mask=nulls | ~finite | large | ~exact)
    return numbers.in_range(column, array, row, problems)


def _decimals(column: Column, cells: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    """Stored decimals of up to 18 digits are taken as they are; others go the way of their plain text."""
    if cells.type.precision - cells.type.scale + column.scale <= _INT64_DIGITS:
        try:
            exact = cells.cast(pa.decimal128(38, column.scale))
        except pa.ArrowInvalid:
            pass  # a number with more decimals than the scale: found cell by cell below
        else:
            return numbers.in_range(column, numbers.unscaled_of(exact, column), row, problems)
    texts = [None if value is None else _plain(value) for value in cells.to_pylist()]
    return numbers.from_plain(column, pa.array(texts, pa.string()), row, problems)


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) if value else "0"


def _without_spelled_nulls(column: Column, cells: Any) -> Any:  # noqa: ANN401 - as above
    """Stored numbers in which the declared spellings of no value (``-999``, ``NaN``) are null."""
    kind, flags = cells.type, pa.scalar(False)
    if pa.types.is_floating(kind) and any(text.lower() == "nan" for text in column.reading.nulls):
        flags = pc.is_nan(cells)
    for number in numbers.spelled_nulls(column.reading):
        if pa.types.is_integer(kind):
            info = np.iinfo(kind.to_pandas_dtype())
            if not int(info.min) <= number <= int(info.max):
                continue
        flags = pc.or_(
            flags, pc.equal(cells, pa.scalar(number if pa.types.is_decimal(kind) else int(number)).cast(kind))
        )
    return pc.if_else(flags, pa.scalar(None, kind), cells) if column.reading.nulls else cells


def _days(column: Column, cells: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    """Dates, and times that are midnight in their own zone, as ``YYYY-MM-DD``."""
    if pa.types.is_timestamp(cells.type):
        if cells.type.tz is not None:
            cells = pc.local_timestamp(cells)
        day = pc.floor_temporal(cells, unit="day")
        note(pc.not_equal(day, cells), "time_of_day", column, row, problems)
        cells = day
    days = cells.cast(pa.date32()).cast(pa.string())
    note(pc.not_equal(pc.utf8_length(days), 10), "not_a_date", column, row, problems)
    return days
