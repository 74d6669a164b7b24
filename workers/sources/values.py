"""From cells to typed Arrow arrays, column by column: the checks that CSV and Parquet share.

Whole columns are matched with Arrow's regular expressions (RE2, linear time), so a million rows take seconds.
"""

import datetime as dt
import unicodedata
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow as pa

from workers.sources.arrow import pc
from workers.sources.problems import Problems
from workers.sources.schema import MAX_TEXT, Column
from workers.sources.table import arrow_type

RowOf = Callable[[int], int]
"""From an index in the array to the row that is shown to the owner."""

_NOT_FINITE: Final = r"(?i)^[+-]?(nan|inf|infinity|#num!|#div/0!)$"
_PLAIN: Final = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
_CONTROL: Final = r"[\x00-\x1f\x7f]"


def from_texts(column: Column, texts: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Cells as they stand in a text file → the column's array; an empty cell is null."""
    empty = pc.equal(texts, "")
    texts = pc.if_else(empty, pa.scalar(None, pa.string()), texts)
    if not column.null:
        note(empty, "missing_value", column, row, problems)
    if column.kind in ("integer", "decimal"):
        return _numbers(column, texts, row, problems)
    if column.kind == "boolean":
        known = pc.is_in(texts, value_set=pa.array(["true", "false", None]))
        note(pc.invert(known), "not_boolean", column, row, problems)
        return pc.equal(texts, "true").cast(pa.int64())
    return from_strings(column, texts, row, problems)


def from_strings(column: Column, texts: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    """Strings with nulls → NFC texts, checked for length, control characters, surrounding spaces, choices and dates."""
    bad = pc.or_(pc.match_substring_regex(texts, _CONTROL), pc.greater(pc.utf8_length(texts), MAX_TEXT))
    bad = pc.or_(bad, pc.or_(pc.not_equal(pc.utf8_trim_whitespace(texts), texts), pc.equal(texts, "")))
    note(bad, "bad_text", column, row, problems)
    if not pc.all(pc.string_is_ascii(texts), min_count=0).as_py():
        normal = [None if text is None else unicodedata.normalize("NFC", text) for text in texts.to_pylist()]
        texts = pa.array(normal, pa.string())
    if column.choices:
        known = pc.is_in(texts, value_set=pa.array([*column.choices, None], pa.string()))
        note(pc.invert(known), "not_a_choice", column, row, problems)
    if column.kind == "date":
        wrong = [text is not None and not _is_date(text) for text in texts.to_pylist()]
        note(pa.array(wrong), "bad_text", column, row, problems)
    return texts


def from_integers(column: Column, unscaled: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    """Integers in units of 10^-scale → the column's array, checked against the declared range."""
    low, high = column.limits()
    outside = pc.or_(pc.less(unscaled, low), pc.greater(unscaled, high))
    note(outside, "out_of_range", column, row, problems)
    return unscaled


def note_nulls(column: Column, array: Any, row: RowOf, problems: Problems) -> None:  # noqa: ANN401 - as above
    """Report nulls that the column does not allow."""
    if not column.null and array.null_count:
        note(pc.is_null(array), "missing_value", column, row, problems)


def note_duplicates(column: Column, array: Any, row: RowOf, problems: Problems) -> None:  # noqa: ANN401 - as above
    """Report every id that stands a second time."""
    codes = pc.dictionary_encode(array)
    if isinstance(codes, pa.ChunkedArray):
        codes = codes.combine_chunks()
    if len(codes.dictionary) == len(array) - array.null_count:
        return
    seen: set[int] = set()
    for index, code in enumerate(codes.indices.to_pylist()):
        if code is None:
            continue
        if code in seen:
            problems.add("duplicate_id", row(index), column.name)
        seen.add(code)


def _numbers(column: Column, texts: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    infinite = pc.match_substring_regex(texts, _NOT_FINITE)
    plain = pc.match_substring_regex(texts, _PLAIN)
    note(infinite, "not_finite", column, row, problems)
    note(pc.and_not(pc.invert(plain), infinite), "not_a_number", column, row, problems)
    decimals = rf"\.[0-9]{{{column.scale + 1},}}$"
    precise = pc.and_(plain, pc.match_substring_regex(texts, decimals))
    note(precise, "too_precise", column, row, problems)
    # 17 whole digits exceed every declared range: refused before the cast, which holds 38 digits
    huge = pc.and_(plain, pc.match_substring_regex(texts, r"^-?[0-9]{17,}"))
    note(huge, "out_of_range", column, row, problems)
    usable = pc.and_not(pc.and_not(plain, precise), huge)
    kept = pc.if_else(usable, texts, pa.scalar(None, pa.string()))
    return from_integers(column, unscaled_of(kept.cast(pa.decimal128(38, column.scale)), column), row, problems)


def unscaled_of(decimals: Any, column: Column) -> Any:  # noqa: ANN401 - as above
    """A decimal128 array of the column's scale as int64: its low 64 bits, since every range is below 2^53."""
    words = np.frombuffer(decimals.buffers()[1], dtype="<i8")[
        2 * decimals.offset : 2 * (decimals.offset + len(decimals)) : 2
    ]
    mask = pc.is_null(decimals).to_numpy(zero_copy_only=False)
    return pa.array(np.where(mask, 0, words), arrow_type(column), mask=mask)


def note(flags: Any, code: str, column: Column, row: RowOf, problems: Problems) -> None:  # noqa: ANN401 - as above
    """Add a problem for every true flag."""
    marked = pc.fill_null(flags, False)
    if pc.any(marked, min_count=0).as_py():
        for index in np.flatnonzero(marked.to_numpy(zero_copy_only=False)):
            problems.add(code, row(int(index)), column.name)


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
