"""Numbers as texts write them: the strict spelling, and the declared ones brought to it; nothing is rounded."""

from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa

from workers.sources.arrow import pc
from workers.sources.problems import Problems
from workers.sources.reading import Reading
from workers.sources.schema import Column
from workers.sources.table import arrow_type
from workers.sources.told import NULL_WORD, SPACES, RowOf, note, note_first

_NOT_FINITE: Final = r"(?i)^[+-]?(nan|inf|infinity|#num!|#div/0!)$"
_PLAIN: Final = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
_EXPONENT: Final = r"^-?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]{1,4}$"
_WHY: Final = (
    ("control", r"[\x00-\x1f\x7f]"),
    SPACES,
    ("full_width", r"[\x{FF01}-\x{FF5E}]"),
    NULL_WORD,
    ("exponent", r"^[+-]?[0-9.,]+[eE][+-]?[0-9]+$"),
    ("thousands", r"^-?[0-9]{1,3}([,.'’ \x{00A0}\x{202F}][0-9]{3})+([.,][0-9]+)?$"),
    ("decimal_mark", r"^-?[0-9]+[.,][0-9]+$"),
    ("unit", r"^\+|[%‰\p{Sc}元]"),
)
"""Why a text is no plain number: the first that fits is what the owner is told."""
_LONGEST: Final = 17
"""Whole digits from which a number exceeds every declared range; a cast to decimal128 holds 38 digits."""


def from_texts(column: Column, texts: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Texts with nulls → integers in units of 10^-scale; every cell that is no number of the column is reported."""
    return from_plain(column, texts, row, problems, _plain(texts, column.reading))


def from_plain(column: Column, texts: Any, row: RowOf, problems: Problems, plain: Any = None) -> Any:  # noqa: ANN401 - as above
    """The same for texts whose plain spelling is ``plain`` (None: they have it already)."""
    plain = texts if plain is None else plain
    fraction = rf"(\.[0-9]{{1,{column.scale}}})?" if column.scale else ""
    good = pc.match_substring_regex(plain, rf"^-?(0|[1-9][0-9]{{0,{_LONGEST - 2}}}){fraction}$")
    if not pc.all(good, min_count=0).as_py():
        _explain(column, texts, plain, row, problems)
        plain = pc.if_else(good, plain, pa.scalar(None, pa.string()))
    return in_range(column, _unscaled(plain, column), row, problems)


def in_range(column: Column, unscaled: Any, row: RowOf, problems: Problems) -> Any:  # noqa: ANN401 - as above
    """Integers in units of 10^-scale, checked against the declared range."""
    low, high = column.limits()
    note(pc.or_(pc.less(unscaled, low), pc.greater(unscaled, high)), "out_of_range", column, row, problems)
    return unscaled


def spelled_nulls(reading: Reading) -> list[Decimal]:
    """The declared spellings of no value that are numbers (-999), for files that store numbers."""
    return [Decimal(text) for text in reading.nulls if text.isascii() and text.removeprefix("-").isdigit()]


def _plain(texts: Any, reading: Reading) -> Any:  # noqa: ANN401 - as above
    """Declared spellings as plain numbers; what fits none of them becomes no number at all."""
    if reading.decimal == "," or reading.thousands:
        mark, group = (rf"\{sign}" if sign in ",." else sign for sign in (reading.decimal, reading.thousands))
        whole = r"-?(0|[1-9][0-9]*)"
        if reading.thousands:
            whole = rf"({whole}|-?[1-9][0-9]{{0,2}}({group}[0-9]{{3}})+)"
        tail = r"[eE][+-]?[0-9]+" if reading.floats else ""
        fits = pc.match_substring_regex(texts, rf"^{whole}({mark}[0-9]+)?" + (f"({tail})?$" if tail else "$"))
        found = pc.replace_substring(texts, reading.thousands, "") if reading.thousands else texts
        found = pc.replace_substring(found, reading.decimal, ".")
        texts = pc.if_else(fits, found, pa.scalar("", pa.string()))
    if reading.floats:
        texts = pc.replace_substring_regex(texts, r"^(-?)\.([0-9])", r"\10.\2")
        texts = _without_exponents(texts)
        texts = pc.replace_substring_regex(texts, r"^(-?[0-9]+)\.0*$", r"\1")
        texts = pc.replace_substring_regex(texts, r"^(-?[0-9]+\.[0-9]*[1-9])0+$", r"\1")
    return texts


def _without_exponents(texts: Any) -> Any:  # noqa: ANN401 - as above
    """``1e-05`` as ``0.00001``: decimal arithmetic, exact."""
    found = pc.fill_null(pc.match_substring_regex(texts, _EXPONENT), False)
    if not pc.any(found, min_count=0).as_py():
        return texts
    cells = texts.to_pylist()
    for index in np.flatnonzero(found.to_numpy(zero_copy_only=False)):
        number = Decimal(cells[index])
        if not number:
            cells[index] = "0"
        elif number.adjusted() > _LONGEST:
            cells[index] = ("-" if number < 0 else "") + "9" * (_LONGEST + 1)  # outside every range, whatever it is
        elif number.adjusted() < -_LONGEST:
            cells[index] = "0." + "0" * _LONGEST + "1"  # finer than every scale
        else:
            cells[index] = format(number, "f")
    return pa.array(cells, pa.string())


def _explain(column: Column, texts: Any, plain: Any, row: RowOf, problems: Problems) -> None:  # noqa: ANN401 - as above
    """Report the cells that are no number of the column, each once."""
    number = pc.match_substring_regex(plain, _PLAIN)
    infinite = pc.and_not(pc.match_substring_regex(texts, _NOT_FINITE), number)
    note(infinite, "not_finite", column, row, problems)
    note_first(texts, pc.and_not(pc.invert(number), infinite), _WHY, "not_a_number", column, row, problems)
    precise = pc.and_(number, pc.match_substring_regex(plain, rf"\.[0-9]{{{column.scale + 1},}}$"))
    note(precise, "too_precise", column, row, problems)
    huge = pc.and_(number, pc.match_substring_regex(plain, rf"^-?[0-9]{{{_LONGEST},}}"))
    note(pc.and_not(huge, precise), "out_of_range", column, row, problems)


def _unscaled(plain: Any, column: Column) -> Any:  # noqa: ANN401 - as above
    if not column.scale:
        return plain.cast(pa.int64())
    return unscaled_of(plain.cast(pa.decimal128(38, column.scale)), column)


def unscaled_of(decimals: Any, column: Column) -> Any:  # noqa: ANN401 - as above
    """A decimal128 array of the column's scale as int64: its low 64 bits, since every range is below 2^53."""
    words = np.frombuffer(decimals.buffers()[1], dtype="<i8")[
        2 * decimals.offset : 2 * (decimals.offset + len(decimals)) : 2
    ]
    mask = pc.is_null(decimals).to_numpy(zero_copy_only=False)
    return pa.array(np.where(mask, 0, words), arrow_type(column), mask=mask)
