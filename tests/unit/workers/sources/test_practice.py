"""Files as people's programs write them, in ``shared/data/practice`` beside the repository: what becomes of each, as it stands and
with what its owner would declare.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import FormatError
from tests.unit.workers.sources.declared import Heard
from tests.unit.workers.sources.test_reading import assert_every_row_opens
from workers.sources import read
from workers.sources.problems import DataError
from workers.sources.schema import FORMAT, Schema

FOLDER = Path(__file__).parents[5] / "shared" / "data" / "practice"

READ: dict[str, dict[str, list[str | None]]] = {
    "csv01_excel_bom.csv": {"id": ["1001", "1002"], "age": ["34", "51"]},
    "csv03_quoted_header_all.csv": {"id": ["1001", "1002"], "age": ["34", "51"]},
    "csv11_trailing_blank_lines.csv": {"id": ["1", "2"], "age": ["34", "51"]},
    "csv16_negzero.csv": {"x": ["0", "0", "0"]},
    "csv27_cr_only.csv": {"id": ["1", "2"], "x": ["3.5", "4.5"]},
    "csv29_quote_midfield.csv": {"note": ['5" pipe', 'a"b']},
    "csv33_column_order.csv": {"id": ["1", "2"], "age": ["34", "51"]},
    "gr04_bool_null.csv": {"m": [None, "true"], "x": [None, "1.5"]},
    "gr05_text_empty.csv": {"m": [None, "a"]},
    "pq01_float32.parquet": {"x": ["132.04", "0.1", "16.2"]},
    "pq01b_float32_scale2.parquet": {"x": ["132.04", "0.1", "16.2"]},
    "pq02_index_level.parquet": {"id": ["a", "b", "c"], "x": ["1", "2", "3"]},
    "pq03_int_nulls_as_double.parquet": {"x": ["1", None, "3"]},
    "pq04_dictionary.parquet": {"c": ["u", "v", "u"]},
    "pq05_decimal.parquet": {"x": ["1.1", "-2", None]},
    "pq05b_decimal256.parquet": {"x": ["1.1", "-2", "3"]},
    "pq06b_ts_midnight_as_date.parquet": {"d": ["2024-01-05"] * 3},
    "pq06c_int96.parquet": {"d": ["2024-01-05"] * 3},
    "pq08_null_only.parquet": {"x": [None] * 3, "c": [None] * 3},
    "pq09_large_string.parquet": {"id": ["a", "b"]},
    "pq13_string_numbers.parquet": {"x": ["1", "2", "3"]},
    "pq15_int8_scaled.parquet": {"x": ["-128", "1", "127"]},
    "pq16_case_cols.parquet": {"id": ["a", "b", "c"]},
    "pq17_string_view.parquet": {"id": ["a", "b"]},
    "pq21_multi_row_groups_dict.parquet": {"c": [f"v{i % 3}" for i in range(10)]},
    "pq22_date64.parquet": {"d": ["2024-01-05"] * 3},
    "pq25_zstd.parquet": {"x": ["1", "2", "3"]},
    "pq27_ree.parquet": {"x": ["true", None, "false"]},
    "pq28_dict_int.parquet": {"x": ["10", "20", "10"]},
    "pq29_order.parquet": {"id": ["a", "b", "c"], "x": ["1", "2", "3"]},
    "real_pandas_filtered.parquet": {"x": ["1", "3"], "f": ["0.1", "0.3"], "d": ["2024-01-05"] * 2},
    "real_polars.parquet": {"d": ["2024-01-05"] * 2},
    "real_polars_cat.parquet": {"c": ["u", "v"]},
}
"""Read as they stand."""

WARNED: dict[str, str] = {
    "csv04b_excel_mangled_unique.csv": "csv.id_number",
    "csv20_case_id.csv": "csv.id_case",
    "csv37_leading_zero_ids.csv": "csv.id_zeros",
    "csv44_homoglyph.csv": "csv.id_script",
    "pq11_int_ids.parquet": "parquet.id_stored_number",
}
"""Read, with a warning for the owner."""

REFUSED: dict[str, list[tuple[str, int, str]]] = {
    "csv02_gbk.csv": [("encoding", 2, "")],
    "csv04_excel_mangled_id.csv": [("duplicate_id", 3, "id")],
    "csv06_thousands.csv": [("thousands", 2, "income"), ("thousands", 3, "income")],
    "csv07_int_as_float.csv": [("too_precise", 2, "age"), ("too_precise", 3, "age")],
    "csv08_sci.csv": [("exponent", 2, "x"), ("exponent", 3, "x")],
    "csv09_dup_header.csv": [("header_duplicate", 1, "age")],
    "csv10_trailing_comma.csv": [("header_extra", 1, "?")],
    "csv12_quoted_newline.csv": [("control", 2, "note")],
    "csv14_fullwidth.csv": [("full_width", 2, "age"), ("full_width", 2, "id")],
    "csv14b_fullwidth_id_only.csv": [("full_width", 2, "id")],
    "csv21_nbsp_id.csv": [("spaces", 2, "id"), ("spaces", 3, "id")],
    "csv22_tab_prefixed_id.csv": [("control", 2, "id")],
    "csv25_semicolon.csv": [("separator", 1, "")],
    "csv26_tsv.csv": [("separator", 1, "")],
    "csv28_nul.csv": [("control", 2, "x")],
    "csv30_unbalanced.csv": [("quote_open", 2, "")],
    "csv32_extra_precision.csv": [("too_precise", 2, "x")],
    "csv34_extra_cols.csv": [("header_extra", 1, "name")],
    "csv38_nfd_id.csv": [("duplicate_id", 3, "id")],
    "csv39_dup_ids.csv": [("duplicate_id", 3, "id")],
    "csv40_utf16.csv": [("utf16", 1, "")],
    "csv41_sep_line.csv": [("sep_line", 1, "")],
    "csv42_sub_eof.csv": [("end_mark", 3, "")],
    "csv43_spaces_after_comma.csv": [("spaces", 1, "age")],
    "csv45_emoji_surrogate.csv": [("encoding", 2, "")],
    "csv46_only_header.csv": [("empty", 0, "")],
    "csv47_no_header.csv": [("header_none", 1, "")],
    "gr01_zwsp.csv": [("invisible", 2, "id")],
    "pq03b_int_nan_as_double.parquet": [("not_finite", 2, "x")],
    "pq04b_dict_ids_null.parquet": [("missing_value", 2, "id")],
    "pq06_ts_tz_as_date.parquet": [("time_of_day", row, "d") for row in (1, 2, 3)],
    "pq07_nested.parquet": [("nested", 0, "x")],
    "pq10_uint64_big.parquet": [("out_of_range", 1, "x")],
    "pq12_binary_ids.parquet": [("wrong_type", 0, "id")],
    "pq14_bool_int8.parquet": [("wrong_type", 0, "m")],
    "pq18_doubles_computed.parquet": [("too_precise", row, "x") for row in (1, 2, 3)],
    "pq20_zero_rows_with_index.parquet": [("empty", 0, "")],
    "pq23_time.parquet": [("wrong_type", 0, "x")],
    "pq24_gzip_ext.parquet": [("unreadable", 0, "")],
    "real_pandas.csv": [("too_precise", 2, "x"), ("too_precise", 4, "x")],
}
"""Refused as they stand, all problems of each."""

FIRST_REFUSED: dict[str, tuple[str, int, str]] = {
    "csv13_nulls.csv": ("null_word", 2, "age"),
    "csv15_dates.csv": ("not_a_date", 3, "d"),
    "csv17_inf.csv": ("exponent", 2, "x"),
    "csv18_bool_zh.csv": ("not_boolean", 2, "m"),
    "csv18b_bool_01.csv": ("not_boolean", 2, "m"),
    "csv18c_bool_TRUE.csv": ("not_boolean", 2, "m"),
    "csv19_zwsp_id.csv": ("invisible", 2, "id"),
    "csv35_pct_cur.csv": ("unit", 2, "x"),
}
"""Refused as they stand, the first problem of each."""

DECLARED: dict[str, tuple[dict[str, Any], dict[str, dict[str, Any]], dict[str, list[str | None]]]] = {
    "csv02_gbk.csv": ({"encoding": "gb18030"}, {}, {"city": ["北京", "上海"]}),
    "csv06_thousands.csv": ({"thousands": ","}, {}, {"income": ["12345.6", "1000"]}),
    "csv07_int_as_float.csv": ({}, {"age": {"floats": True}}, {"age": ["34", "51"]}),
    "csv08_sci.csv": ({"floats": True}, {}, {"x": ["0.00001", "2500"]}),
    "csv10_trailing_comma.csv": ({"undeclared": "ignore"}, {}, {"age": ["34", "51"]}),
    "csv12_quoted_newline.csv": ({}, {"note": {"newlines": True}}, {"note": ["two\nlines", "ok"]}),
    "csv14_fullwidth.csv": ({"half_width": True}, {}, {"id": ["1001", "1002"], "age": ["34", "51"]}),
    "csv18_bool_zh.csv": ({}, {"m": {"yes": ["是"], "no": ["否"]}}, {"m": ["true", "false"]}),
    "csv18b_bool_01.csv": ({}, {"m": {"yes": ["1"], "no": ["0"]}}, {"m": ["true", "false"]}),
    "csv18c_bool_TRUE.csv": ({"yes": ["TRUE", "True"], "no": ["FALSE"]}, {}, {"m": ["true", "false", "true"]}),
    "csv21_nbsp_id.csv": ({"trim": True}, {}, {"id": ["1001", "1002"]}),
    "csv25_semicolon.csv": ({"separator": ";", "decimal": ","}, {}, {"x": ["3.5", "4.5"]}),
    "csv26_tsv.csv": ({"separator": "\t"}, {}, {"x": ["3.5", "4.5"]}),
    "csv34_extra_cols.csv": ({"undeclared": "ignore"}, {}, {"age": ["34", "51"]}),
    "csv40_utf16.csv": ({"encoding": "utf-16"}, {}, {"id": ["1"], "age": ["2"]}),
    "csv43_spaces_after_comma.csv": ({"trim": True}, {}, {"age": ["34", "51"]}),
    "pq03b_int_nan_as_double.parquet": ({"nulls": ["NaN"]}, {}, {"x": ["1", None, "3"]}),
    "pq14_bool_int8.parquet": ({}, {"m": {"yes": ["1"], "no": ["0"]}}, {"m": ["false", "true", "true"]}),
    "real_pandas.csv": ({"floats": True}, {}, {"x": ["1", None, "3"], "f": ["0.1", "0.2", "0.3"]}),
}
"""What the owner declares for the file and for its columns, and what is read then."""

RENAMED: dict[str, tuple[str, ...]] = {
    "csv23_upper_headers.csv": ("ID", "LIMIT_BAL", "default.payment.next.month"),
    "csv24_zh_headers.csv": ("身份证号", "年龄"),
}
"""Columns whose names only ``source`` can hold."""


def schema_of(
    name: str, file: dict[str, Any] | None = None, columns: dict[str, dict[str, Any]] | None = None
) -> Schema:
    """The schema beside a practice file, with more declared; they were written for the format's first version."""
    if not FOLDER.is_dir():
        pytest.skip(f"needs the practice files in {FOLDER}")
    text = (FOLDER / name).with_suffix(".schema.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text) | {"format": FORMAT}
    for column in found["columns"]:
        column.update((columns or {}).get(column["name"], {}))
    return Schema.parse(found | ({"file": file} if file else {}))


def problems_of(name: str) -> list[tuple[str, int, str]]:
    schema = schema_of(name)
    with pytest.raises(DataError) as caught:
        read(FOLDER / name, schema)
    return [(p.code.partition(".")[2], p.row, p.column) for p in caught.value.problems]


@pytest.mark.parametrize("name", READ)
def test_read_as_it_stands(name: str) -> None:
    heard = Heard()
    table = read(FOLDER / name, schema_of(name), heard)
    assert {column: table.texts(column) for column in READ[name]} == READ[name]
    assert heard.codes() == []
    assert_every_row_opens(table)


@pytest.mark.parametrize("name", WARNED)
def test_read_with_a_warning(name: str) -> None:
    heard = Heard()
    assert_every_row_opens(read(FOLDER / name, schema_of(name), heard))
    assert heard.codes() == [WARNED[name]]


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_every_problem(name: str) -> None:
    assert problems_of(name) == REFUSED[name]


@pytest.mark.parametrize("name", FIRST_REFUSED)
def test_refused_with_the_right_word(name: str) -> None:
    assert problems_of(name)[0] == FIRST_REFUSED[name]


@pytest.mark.parametrize("name", DECLARED)
def test_read_as_declared(name: str) -> None:
    file, columns, expected = DECLARED[name]
    table = read(FOLDER / name, schema_of(name, file, columns))
    assert {column: table.texts(column) for column in expected} == expected
    assert_every_row_opens(table)


@pytest.mark.parametrize("name", RENAMED)
def test_read_under_the_name_in_the_file(name: str) -> None:
    with pytest.raises(FormatError, match="well formed"):
        schema_of(name)
    mapping = {source: {"name": f"c{at}", "source": source} for at, source in enumerate(RENAMED[name])}
    table = read(FOLDER / name, schema_of(name, columns=mapping))
    assert [table.texts(column)[0] for column in table.schema.names] == {2: ["1", "34"], 3: ["1", "20000", "1"]}[
        len(mapping)
    ]


def test_a_range_beyond_exact_numbers_is_said_of_the_schema() -> None:
    with pytest.raises(FormatError, match=r"schema\.range"):
        schema_of("pq26_int_large_double.parquet")


def test_every_practice_file_of_a_reader_has_its_outcome() -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"needs the practice files in {FOLDER}")
    known = {*READ, *WARNED, *REFUSED, *FIRST_REFUSED, *DECLARED, *RENAMED, "pq26_int_large_double.parquet"}
    found = {path.name for path in FOLDER.iterdir() if path.suffix in (".csv", ".parquet")}
    assert {name for name in found if (FOLDER / name).with_suffix(".schema.toml").exists()} == known
