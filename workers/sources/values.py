"""From cells to typed Arrow arrays, column by column: the checks that CSV and Parquet share.

Whole columns are matched with Arrow's regular expressions (RE2, linear time), so a million rows take seconds. What passes is
in the committed grammar (``protocol.table``), so every accepted row can be opened to an auditor.
"""

import unicodedata
from typing import Any, Final

import pyarrow as pa

from protocol import table as grammar
from workers.sources import dates, numbers
from workers.sources.arrow import pc
from workers.sources.problems import Problems
from workers.sources.schema import MAX_TEXT, Column
from workers.sources.told import NULL_WORD, SPACES, RowOf, note, note_first

_CONTROL: Final = r"[\x00-\x1f\x7f]"
_CONTROL_BUT_LINES: Final = r"[\x00-\x09\x0b-\x1f\x7f]"
_FULL_WIDTH: Final = ("full_width", r"[\x{FF10}-\x{FF19}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}]")
_MARKS: Final = r"[ \x{00A0}()./+-]"
_HALF: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def from_texts(column: Column, texts: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Cells as they stand in a text file → the column's array; an empty cell, or a declared spelling of none, is null."""
    texts = without_nulls(column, spelled(column, texts))
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    note_nulls(column, texts, row, problems)
    return checked(column, texts, row, problems)


def spelled(column: Column, texts: Any) -> Any:  # noqa: ANN401 - as above
    """Texts with full-width characters and surrounding spaces taken away as far as that is declared."""
    reading = column.reading
    if reading.half_width and not pc.all(pc.string_is_ascii(texts), min_count=0).as_py():
        texts = pa.array([text and text.translate(_HALF) for text in texts.to_pylist()], pa.string())
    return pc.utf8_trim_whitespace(texts) if reading.trim else texts


def without_nulls(column: Column, texts: Any) -> Any:  # noqa: ANN401 - as above
    """Texts in which the declared spellings of no value are null."""
    if not column.reading.nulls:
        return texts
    none = pc.is_in(texts, value_set=pa.array(column.reading.nulls, pa.string()))
    return pc.if_else(none, pa.scalar(None, pa.string()), texts)


def checked(column: Column, texts: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    """Texts with nulls → the column's array; every cell that is none of its values is reported."""
    if column.kind in ("integer", "decimal"):
        return numbers.from_texts(column, texts, row, problems)
    if column.kind == "boolean":
        return _booleans(column, texts, row, problems)
    if column.kind == "date":
        return _dates(column, texts, row, problems)
    return _texts(column, texts, row, problems)


def note_nulls(column: Column, array: Any, row: RowOf, problems: Problems) -> None:  # noqa: ANN401 - as above
    """Report nulls that the column does not allow."""
    if not column.null and array.null_count:
        note(pc.is_null(array), "missing_value", column, row, problems)


def _booleans(column: Column, texts: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    yes = pc.is_in(texts, value_set=pa.array(column.reading.yes, pa.string()))
    known = pc.or_(yes, pc.is_in(texts, value_set=pa.array(column.reading.no, pa.string())))
    wrong = pc.and_not(pc.is_valid(texts), known)
    note_first(texts, wrong, (SPACES, _FULL_WIDTH, NULL_WORD), "not_boolean", column, row, problems)
    return pc.if_else(pc.is_null(texts), pa.scalar(None, pa.int64()), yes.cast(pa.int64()))


def _dates(column: Column, texts: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    """There are few days: each spelling is read once."""
    read = dates.reader(column.reading.dates)
    codes = pc.dictionary_encode(texts)
    days = pa.array([read(text) for text in codes.dictionary.to_pylist()], pa.string())
    found = days.take(codes.indices)
    wrong = pc.and_(pc.is_null(found), pc.is_valid(texts))
    note_first(texts, wrong, (SPACES, _FULL_WIDTH, NULL_WORD), "not_a_date", column, row, problems)
    return found


def _texts(column: Column, texts: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    reading, control = column.reading, _CONTROL
    if reading.newlines:
        texts, control = pc.replace_substring_regex(texts, r"\r\n?", "\n"), _CONTROL_BUT_LINES
    if "digits" in reading.clean:
        texts = pc.replace_substring_regex(texts, _MARKS, "")
        note(pc.invert(pc.match_substring_regex(texts, "^[0-9]+$")), "not_digits", column, row, problems)
    if "upper" in reading.clean:
        texts = pc.ascii_upper(texts)
    bad = pc.match_substring_regex(texts, control)
    bad = pc.or_(bad, pc.greater(pc.utf8_length(texts), MAX_TEXT))
    bad = pc.or_(bad, pc.or_(pc.not_equal(pc.utf8_trim_whitespace(texts), texts), pc.equal(texts, "")))
    ascii_only = pc.all(pc.string_is_ascii(texts), min_count=0).as_py()
    if column.kind == "identifier" and not ascii_only:
        bad = pc.or_(bad, pc.match_substring_regex(texts, _FULL_WIDTH[1]))
    full_width = (_FULL_WIDTH,) if column.kind == "identifier" else ()
    reasons = (("control", control), ("empty_text", "^$"), SPACES, *full_width)
    note_first(texts, bad, reasons, "too_long", column, row, problems)
    if not ascii_only:
        normal = [text and unicodedata.normalize("NFC", text) for text in texts.to_pylist()]
        committed = column.committed()
        closed = [text is not None and not grammar.is_canonical(committed, text) for text in normal]
        note(pc.and_not(pa.array(closed), pc.fill_null(bad, False)), "invisible", column, row, problems)
        texts = pa.array(normal, pa.string())
    if column.choices:
        known = pc.is_in(texts, value_set=pa.array([*column.choices, None], pa.string()))
        note(pc.invert(known), "not_a_choice", column, row, problems)
    return texts
