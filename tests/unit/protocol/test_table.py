"""Canonical rows: one spelling per value, exact decimals, and errors that never show a value."""

import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import canonical, table
from protocol.errors import FormatError, TallyError
from protocol.table import Column, Schema, cell_bytes, is_canonical, row_reader, scaled

SCHEMA = Schema(
    (
        Column("active", "boolean", 0, nullable=True),
        Column("balance", "decimal", 4, nullable=True),
        Column("id", "id"),
        Column("note", "text", 0, nullable=True),
        Column("visits", "integer"),
    )
)
READ = row_reader(SCHEMA)


def one(column: Column, raw: str | None) -> str | None:
    return row_reader(Schema((column,)))(0, [raw])[0]


@pytest.mark.parametrize(
    ("kind", "scale", "raw", "expected"),
    [
        ("decimal", 4, "1.50", "1.5"),
        ("decimal", 4, "+001.5000", "1.5"),
        ("decimal", 4, "-0.0", "0"),
        ("decimal", 4, "-0", "0"),
        ("decimal", 4, "-0.5", "-0.5"),
        ("decimal", 4, "12.", "12"),
        ("decimal", 4, "1e3", "1000"),
        ("decimal", 4, "-1.25E-2", "-0.0125"),
        ("decimal", 4, "5e-4", "0.0005"),
        ("decimal", 0, "7.000", "7"),
        ("decimal", 18, "0.000000000000000001", "0.000000000000000001"),
        ("integer", 0, "007", "7"),
        ("integer", 0, "-0", "0"),
        ("integer", 0, "+12", "12"),
        ("integer", 0, "000", "0"),
        ("boolean", 0, "1", "true"),
        ("boolean", 0, "false", "false"),
        ("text", 0, "e\u0301", "é"),
        ("text", 0, "", ""),
        ("id", 0, "张三 42", "张三 42"),
    ],
)
def test_spellings(kind: str, scale: int, raw: str, expected: str) -> None:
    column = Column("c", kind, scale)
    assert one(column, raw) == expected
    assert is_canonical(column, expected)
    assert is_canonical(column, raw) == (raw == expected)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("decimal", "1.00005"),
        ("decimal", "1e-5"),
        ("decimal", "1,5"),
        ("decimal", ".5"),
        ("decimal", "1.5 "),
        ("decimal", "nan"),
        ("decimal", "Infinity"),
        ("decimal", "1e99"),
        ("decimal", "1_000"),
        ("decimal", "٣"),
        ("decimal", "1" * 31),
        ("integer", "1.0"),
        ("integer", "0x10"),
        ("integer", "--1"),
        ("integer", "1\n"),
        ("integer", "9" * 31),
        ("boolean", "True"),
        ("boolean", "yes"),
        ("id", " a"),
        ("id", "a\u200b"),
        ("id", "a\tb"),
        ("id", "x" * 257),
        ("text", "\ud800"),
        ("text", "x" * 4097),
    ],
)
def test_refused_without_showing_the_value(kind: str, raw: str) -> None:
    schema = Schema((Column("secret_column", kind, 4 if kind == "decimal" else 0),))
    with pytest.raises(FormatError) as caught:
        row_reader(schema)(17, [raw])
    assert caught.value.code == f"table.{kind}"
    assert caught.value.details == {"row": 17, "column": "secret_column"}
    assert len(raw) < 3 or raw.strip() not in str(caught.value)


def test_rows_and_nulls() -> None:
    assert READ(0, ["1", "", "k1", "", "3"]) == ("true", None, "k1", "", "3")
    assert READ(0, [None, None, "k1", None, "3"]) == (None, None, "k1", None, "3")
    with pytest.raises(FormatError, match=r"table\.null") as caught:
        READ(5, ["1", "2", "", "", "3"])
    assert caught.value.details == {"row": 5, "column": "id"}
    with pytest.raises(FormatError, match=r"table\.width"):
        READ(5, ["1", "2", "k", ""])
    assert cell_bytes(None) != cell_bytes("")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=6))
def test_decimals_are_exact(value: Decimal) -> None:
    column = Column("c", "decimal", 6)
    spellings = {
        one(column, format(value, "f")),
        one(column, f"{value:E}" if value else "0"),
        one(column, f"{value:.6f}00"),
    }
    assert len(spellings) == 1
    cell = spellings.pop()
    assert cell is not None
    assert Decimal(cell) == value
    assert scaled(column, cell) == int(value.scaleb(6))
    assert one(column, cell) == cell


@given(st.integers(-(10**30) + 1, 10**30 - 1))
def test_integers(value: int) -> None:
    column = Column("c", "integer")
    assert one(column, f"{value:+032d}") == str(value)
    assert scaled(column, str(value)) == value


@given(st.text(max_size=50))
def test_text_is_nfc(value: str) -> None:
    column = Column("c", "text")
    try:
        cell = one(column, value)
    except FormatError:
        assert any(0xD800 <= ord(c) < 0xE000 for c in value)
        return
    assert cell == unicodedata.normalize("NFC", value)
    assert one(column, unicodedata.normalize("NFD", value)) == cell


@given(st.sampled_from(table.KINDS), st.text(max_size=20))
def test_reading_is_idempotent_or_refused(kind: str, raw: str) -> None:
    column = Column("c", kind, 3 if kind == "decimal" else 0, nullable=kind != "id")
    try:
        cell = one(column, raw)
    except FormatError:
        assert not is_canonical(column, raw)
        return
    assert is_canonical(column, cell)
    assert cell is None or one(column, cell) == cell


@given(
    st.sampled_from(["boolean", "integer", "decimal", "text", "id"]),
    st.text(alphabet="-0123456789.truefals", max_size=9),
)
def test_only_canonical_cells_have_a_number(kind: str, cell: str) -> None:
    column = Column("c", kind, 3 if kind == "decimal" else 0)
    try:
        value = scaled(column, cell)
    except FormatError:
        assert kind in ("text", "id") or not is_canonical(column, cell)
    else:
        assert is_canonical(column, cell)
        assert kind == "boolean" or Decimal(cell).scaleb(column.scale) == value


def test_schema_round_trip_and_digest() -> None:
    assert Schema.read(SCHEMA.data()) == SCHEMA
    assert Schema(SCHEMA.columns[:2]).data() == (
        b'{"columns":[{"kind":"boolean","name":"active","nullable":true,"scale":0},'
        b'{"kind":"decimal","name":"balance","nullable":true,"scale":4}],"format":"tallystick/schema/v1"}'
    )
    assert SCHEMA.digest() == canonical.sha256(SCHEMA.data())
    assert SCHEMA.index("note") == 3
    with pytest.raises(FormatError, match=r"schema\.no_column"):
        SCHEMA.index("nothing")


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ((), "schema.columns"),
        ((Column("b", "id"), Column("a", "id")), "schema.columns"),
        ((Column("a", "id"), Column("a", "id")), "schema.columns"),
        ((Column("a", "integer", 2),), "schema.column"),
        ((Column("a", "id", 0, nullable=True),), "schema.column"),
    ],
)
def test_bad_schemas(columns: tuple[Column, ...], code: str) -> None:
    with pytest.raises(FormatError) as caught:
        Schema(columns)
    assert caught.value.code == code


@given(st.integers(0, len(SCHEMA.data()) - 1), st.integers(1, 255))
def test_a_changed_byte_of_a_schema_is_refused_or_changes_it(index: int, mask: int) -> None:
    changed = bytearray(SCHEMA.data())
    changed[index] ^= mask
    try:
        parsed = Schema.read(bytes(changed))
    except TallyError:
        return
    assert parsed != SCHEMA
    assert parsed.data() == bytes(changed)


@pytest.mark.parametrize("change", [{"unit": "EUR"}, {"kind": "float"}, {"scale": 19}, {"nullable": 1}, {"name": "A"}])
def test_unknown_and_wrong_schema_fields_are_refused(change: dict[str, Any]) -> None:
    column = {"name": "a", "kind": "integer", "scale": 0, "nullable": False, **change}
    with pytest.raises(FormatError):
        Schema.read(canonical.dumps({"format": Schema.FORMAT, "columns": [column]}))
