"""Strict Parquet: columns equal to the declared schema, stored types that fit the declared kinds."""

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from protocol.limits import LIMITS
from workers.sources import values
from workers.sources.arrow import pc
from workers.sources.problems import Problems
from workers.sources.schema import Column, Schema
from workers.sources.table import Table, arrow_type

_EXACT: Final = float(2**53)


def read(path: Path, schema: Schema) -> Table:
    """The table in ``path``; raises :class:`workers.sources.problems.DataError` with all problems."""
    problems = Problems("parquet", path)
    found = _open(path, problems)
    problems.stop_if_any()
    names = list(found.column_names)
    for name in schema.names:
        if name not in names:
            problems.add("header_missing", 0, name)
    for name in names:
        if name not in schema.names:
            problems.add("header_extra", 0, name if name.isascii() and name.isprintable() else "?")
    if len(set(names)) != len(names):
        problems.add("header_duplicate")
    if not found.num_rows:
        problems.add("empty")
    problems.stop_if_any()
    arrays: list[Any] = []
    for column in schema.columns:
        stored = found.column(column.name).combine_chunks()
        array = _typed(column, stored, problems)
        values.note_nulls(column, stored, _row, problems)
        if column.kind == "identifier":
            values.note_duplicates(column, array, _row, problems)
        arrays.append(array)
    problems.stop_if_any()
    return Table(schema, tuple(arrays))


def _open(path: Path, problems: Problems) -> Any:  # noqa: ANN401 - pyarrow is untyped
    if not path.is_file():
        problems.add("missing")
        return None
    try:
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows > LIMITS.psi_ids:
                problems.add("too_large")
                return None
            return file.read()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError):
        problems.add("unreadable")
        return None


def _typed(column: Column, stored: Any, problems: Problems) -> Any:  # noqa: ANN401 - as above
    kind = stored.type
    if pa.types.is_dictionary(kind):
        stored = stored.dictionary_decode()
        kind = stored.type
    if column.kind == "boolean" and pa.types.is_boolean(kind):
        return stored.cast(pa.int64())
    if column.kind == "date" and pa.types.is_date(kind):
        return stored.cast(pa.date32()).cast(pa.string())
    if column.kind not in ("integer", "decimal", "boolean") and (
        pa.types.is_string(kind) or pa.types.is_large_string(kind)
    ):
        return values.from_strings(column, stored.cast(pa.string()), _row, problems)
    if column.kind in ("integer", "decimal"):
        if pa.types.is_integer(kind):
            return _integers(column, stored, problems)
        if column.kind == "decimal" and pa.types.is_floating(kind):
            return _floats(column, stored.cast(pa.float64()), problems)
        if column.kind == "decimal" and pa.types.is_decimal(kind):
            return _decimals(column, stored, problems)
    problems.add("wrong_type", 0, column.name)
    return pa.nulls(len(stored), arrow_type(column))


def _integers(column: Column, stored: Any, problems: Problems) -> Any:  # noqa: ANN401 - as above
    low, high = column.limits()
    factor = 10**column.scale
    outside = pc.or_(
        pc.less(stored, _clip(-(-low // factor), stored)), pc.greater(stored, _clip(high // factor, stored))
    )
    values.note(outside, "out_of_range", column, _row, problems)
    kept = pc.if_else(outside, pa.scalar(None, stored.type), stored).cast(pa.int64())
    return pc.multiply(kept, factor)


def _floats(column: Column, stored: Any, problems: Problems) -> Any:  # noqa: ANN401 - as above
    """A double is taken when it is the double nearest to a decimal of the column's scale; nothing is rounded."""
    numbers = stored.to_numpy(zero_copy_only=False)
    nulls = pc.is_null(stored).to_numpy(zero_copy_only=False)
    finite = np.isfinite(numbers) | nulls
    safe = np.where(np.isfinite(numbers), numbers, 0.0)
    scaled = np.rint(safe * 10.0**column.scale)
    large = np.abs(scaled) >= _EXACT
    exact = (scaled / 10.0**column.scale == safe) | large
    values.note(pa.array(~finite), "not_finite", column, _row, problems)
    values.note(pa.array(~exact), "too_precise", column, _row, problems)
    values.note(pa.array(large), "out_of_range", column, _row, problems)
    integers = np.where(large, 0, scaled).astype(np.int64)
    array = pa.array(integers, pa.int64(), mask=nulls | ~finite | large | ~exact)
    return values.from_integers(column, array, _row, problems)


def _decimals(column: Column, stored: Any, problems: Problems) -> Any:  # noqa: ANN401 - as above
    """Stored decimals go the way of their plain text: the same checks as a text file's numbers."""
    texts = [None if value is None else _plain(value) for value in stored.to_pylist()]
    return values.from_texts(column, pa.array(texts, pa.string()), _row, problems)


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) if value else "0"


def _clip(bound: int, stored: Any) -> Any:  # noqa: ANN401 - as above
    """A bound as a scalar of the stored type (a range may exceed what a small type holds)."""
    info = np.iinfo(stored.type.to_pandas_dtype())
    return pa.scalar(min(max(bound, int(info.min)), int(info.max)), stored.type)


def _row(index: int) -> int:
    """Parquet rows are counted from 1."""
    return index + 1
