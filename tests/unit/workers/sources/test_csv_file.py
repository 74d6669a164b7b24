from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import table as grammar
from protocol.table import scaled_text
from workers.sources import decoding, read
from workers.sources.problems import SENTENCES, SHOWN, DataError
from workers.sources.schema import Schema
from workers.sources.table import Table, parse_number

SCHEMA = Schema.parse(
    {
        "format": "tallystick/declared-schema/v2",
        "title": {"en": "Visits", "zh": "就诊"},
        "data_level": 3,
        "sensitive": ["health"],
        "columns": [
            {"name": "patient", "kind": "identifier"},
            {"name": "age", "kind": "integer", "low": 0, "high": 120},
            {"name": "bmi", "kind": "decimal", "low": "10", "high": "80", "scale": 2, "null": True},
            {"name": "smoker", "kind": "boolean"},
            {"name": "ward", "kind": "text", "choices": ["a", "b"], "null": True},
            {"name": "seen", "kind": "date"},
        ],
    }
)
HEADER = "patient,age,bmi,smoker,ward,seen\n"
GOOD = HEADER + "p1,30,22.5,true,a,2024-02-29\np2,41,,false,,2023-01-01\n"


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "visits.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def problems_of(folder: Path, content: str | bytes) -> list[tuple[str, int, str]]:
    with pytest.raises(DataError) as caught:
        read(write(folder, content), SCHEMA)
    return [(p.code, p.row, p.column) for p in caught.value.problems]


def test_good_file_gives_typed_columns(tmp_path: Path) -> None:
    table = read(write(tmp_path, GOOD), SCHEMA)
    assert table.rows == 2
    assert table.numbers("age").tolist() == [30, 41]
    assert table.texts("bmi") == ["22.5", None]
    assert table.array("bmi").to_pylist() == [2250, None]
    assert table.numbers("smoker").tolist() == [1, 0]
    # cells of a canonical row are sorted by column name
    assert list(table.canonical_rows()) == [
        ("30", "22.5", "p1", "2024-02-29", "true", "a"),
        ("41", None, "p2", "2023-01-01", "false", None),
    ]


def test_crlf_and_quotes_are_read(tmp_path: Path) -> None:
    text = GOOD.replace("\n", "\r\n").replace("p1", '"p ""1"""')
    assert read(write(tmp_path, text), SCHEMA).texts("patient") == ['p "1"', "p2"]


ROW = "p1,30,22.5,true,a,2024-02-29"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (HEADER + ROW + ",\n", [("csv.cell_count", 2, "")]),
        (HEADER + "p1,30\n", [("csv.cell_count", 2, "")]),
        (HEADER + ROW + "\n\n" + ROW.replace("p1", "p2") + "\n", [("csv.empty_row", 3, "")]),
        (HEADER + ROW.replace("30", "thirty") + "\n", [("csv.not_a_number", 2, "age")]),
        (HEADER + ROW.replace("30", " 30") + "\n", [("csv.spaces", 2, "age")]),
        (HEADER + ROW.replace("30", "３０") + "\n", [("csv.full_width", 2, "age")]),
        (HEADER + ROW.replace("30", "1e2") + "\n", [("csv.exponent", 2, "age")]),
        (HEADER + ROW.replace("30", "030") + "\n", [("csv.not_a_number", 2, "age")]),
        (HEADER + ROW.replace("30", "30.0") + "\n", [("csv.too_precise", 2, "age")]),
        (HEADER + ROW.replace("30", "NaN") + "\n", [("csv.not_finite", 2, "age")]),
        (HEADER + ROW.replace("22.5", "-inf") + "\n", [("csv.not_finite", 2, "bmi")]),
        (HEADER + ROW.replace("30", "121") + "\n", [("csv.out_of_range", 2, "age")]),
        (HEADER + ROW.replace("30", "-1") + "\n", [("csv.out_of_range", 2, "age")]),
        (HEADER + ROW.replace("30", "9" * 60) + "\n", [("csv.out_of_range", 2, "age")]),
        (HEADER + ROW.replace("22.5", "9.99") + "\n", [("csv.out_of_range", 2, "bmi")]),
        (HEADER + ROW.replace("22.5", "22.555") + "\n", [("csv.too_precise", 2, "bmi")]),
        (HEADER + ROW.replace("30", "") + "\n", [("csv.missing_value", 2, "age")]),
        (HEADER + ROW.replace("true", "yes") + "\n", [("csv.not_boolean", 2, "smoker")]),
        (HEADER + ROW.replace(",a,", ",c,") + "\n", [("csv.not_a_choice", 2, "ward")]),
        (HEADER + ROW.replace("2024-02-29", "2023-02-29") + "\n", [("csv.not_a_date", 2, "seen")]),
        (HEADER + ROW.replace("2024-02-29", "20240229") + "\n", [("csv.not_a_date", 2, "seen")]),
        (HEADER + ROW.replace("p1", "p1 ") + "\n", [("csv.spaces", 2, "patient")]),
        (HEADER + ROW.replace("p1", "p\x01") + "\n", [("csv.control", 2, "patient")]),
        (HEADER + ROW + "\n" + ROW + "\n", [("csv.duplicate_id", 3, "patient")]),
        # the same person in two Unicode spellings
        (HEADER + ROW.replace("p1", "é") + "\n" + ROW.replace("p1", "e\u0301") + "\n", [("csv.duplicate_id", 3, "patient")]),
        (HEADER.replace("age,", "") + "p1,22.5,true,a,2024-02-29\n", [("csv.header_missing", 1, "age")]),
        (HEADER.replace("age", "alter") + ROW + "\n", [("csv.header_missing", 1, "age"), ("csv.header_extra", 1, "alter")]),
        (HEADER.replace("bmi", "age") + ROW + "\n", [("csv.header_duplicate", 1, "age"), ("csv.header_missing", 1, "bmi")]),
        ("", [("csv.empty", 0, "")]),
        (" \n\n", [("csv.empty", 0, "")]),
        (HEADER, [("csv.empty", 0, "")]),
        ("\n" + GOOD, [("csv.header_none", 1, "")]),
        (GOOD.encode("utf-16"), [("csv.utf16", 1, "")]),
        (b"PK\x03\x04" + GOOD.encode(), [("csv.workbook", 1, "")]),
        ("sep=,\n" + GOOD, [("csv.sep_line", 1, "")]),
        (GOOD.replace(",", ";"), [("csv.separator", 1, "")]),
        (GOOD.replace(",", "\t"), [("csv.separator", 1, "")]),
        (HEADER.replace(",age", ", age") + ROW + "\n", [("csv.spaces", 1, "age")]),
        (GOOD + "\x1a", [("csv.end_mark", 4, "")]),
        (HEADER + ROW.replace("30", "1,234").replace("1,234", '"1,234"') + "\n", [("csv.thousands", 2, "age")]),
        (HEADER + ROW.replace("22.5", '"22,5"') + "\n", [("csv.decimal_mark", 2, "bmi")]),
        (HEADER + ROW.replace("22.5", "¥22.5") + "\n", [("csv.unit", 2, "bmi")]),
        (HEADER + ROW.replace("22.5", "12%") + "\n", [("csv.unit", 2, "bmi")]),
        (HEADER + ROW.replace("22.5", "NULL") + "\n", [("csv.null_word", 2, "bmi")]),
        (HEADER + ROW.replace("true", "\\N") + "\n", [("csv.null_word", 2, "smoker")]),
        (HEADER + ROW.replace("2024-02-29", "n/a") + "\n", [("csv.null_word", 2, "seen")]),
        (HEADER + ROW.replace("22.5", "2\x002") + "\n", [("csv.control", 2, "bmi")]),
        (HEADER + ROW.replace("p1", "p１") + "\n", [("csv.full_width", 2, "patient")]),
        (HEADER + ROW.replace("p1", "p1\u200b") + "\n", [("csv.invisible", 2, "patient")]),
        (HEADER + ROW.replace("p1", "\u00a0p1") + "\n", [("csv.spaces", 2, "patient")]),
        (HEADER + ROW.replace("p1", "p" * 201) + "\n", [("csv.too_long", 2, "patient")]),
        (HEADER + ROW.replace("p1", '"p\n1"') + "\n" + ROW.replace("30", "x") + "\n", [("csv.control", 2, "patient"), ("csv.not_a_number", 4, "age")]),
        (HEADER.encode() + ROW.replace("p1", "张").encode("gb18030"), [("csv.encoding", 2, "")]),
        (HEADER + ROW + '\n"p2,30\n' + (ROW + "\n") * 9, [("csv.quote_open", 3, "")]),
        (HEADER + ROW + '\n"p2,30\n' + (ROW + "\n") * 9000, [("csv.quote_open", 3, "")]),
        (HEADER + '"p"1' + ROW[2:] + "\n", [("csv.quoting", 2, "")]),
        (HEADER + ROW + "\n" + "p" * 140_000 + '"' + ROW[2:] + "\n", [("csv.too_long", 3, "")]),
    ],
)  # fmt: skip
def test_each_fault_is_named(tmp_path: Path, content: str | bytes, expected: list[tuple[str, int, str]]) -> None:
    assert problems_of(tmp_path, content) == expected


def test_all_problems_are_reported_at_once_and_bounded(tmp_path: Path) -> None:
    rows = "".join(f"p{i},x,1,maybe,c,never\n" for i in range(60))
    with pytest.raises(DataError) as caught:
        read(write(tmp_path, HEADER + rows), SCHEMA)
    assert caught.value.count == 300
    assert len(caught.value.problems) == SHOWN
    assert {p.code for p in caught.value.problems} >= {"csv.not_a_number", "csv.out_of_range"}


def test_problems_never_quote_cells(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(write(tmp_path, HEADER + ROW.replace("30", "canary-value") + "\n"), SCHEMA)
    texts = [str(caught.value), *(p.english + p.chinese for p in caught.value.problems)]
    assert "canary" not in "".join(texts)
    assert "visits.csv:2 age" in caught.value.problems[0].english


def test_missing_header_shows_no_data_as_names(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "张三,30,22.5,true,a,2024-02-29\n") == [("csv.header_none", 1, "")]


def test_every_code_has_words_in_both_languages() -> None:
    assert all(all(part for part in sentence) for sentence in SENTENCES.values())


@pytest.mark.parametrize("quoted", [False, True])
def test_chunks_do_not_change_line_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quoted: bool) -> None:
    monkeypatch.setattr("workers.sources.csv_file._CHUNK", 2)
    monkeypatch.setattr("workers.sources.decoding.blocks", partial(decoding.blocks, size=50))
    mark = '"' if quoted else ""
    rows = "".join(f"p{i},{'x' if i == 5 else 30},22.5,true,{mark}a{mark},2024-01-01\n" for i in range(7))
    assert problems_of(tmp_path, HEADER + rows) == [("csv.not_a_number", 7, "age")]
    assert problems_of(tmp_path, HEADER + rows.replace("x", "1") + "p3,1,,true,a,2024-01-01\n") == [
        ("csv.duplicate_id", 9, "patient")
    ]


CELLS = st.fixed_dictionaries(
    {
        "age": st.integers(0, 120),
        "bmi": st.none() | st.integers(1000, 8000),
        "smoker": st.booleans(),
        "ward": st.sampled_from(["a", "b", None]),
        "seen": st.dates(),
    }
)


@settings(max_examples=40)
@given(st.lists(CELLS, min_size=1, max_size=20))
def test_rows_read_are_the_rows_written_in_the_commitments_grammar(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict]
) -> None:
    lines = [
        ",".join(
            (
                f"id-{i}",
                str(row["age"]),
                "" if row["bmi"] is None else scaled_text(row["bmi"], 2),
                "true" if row["smoker"] else "false",
                row["ward"] or "",
                row["seen"].isoformat(),
            )
        )
        for i, row in enumerate(rows)
    ]
    table = read(write(tmp_path_factory.mktemp("csv"), HEADER + "\n".join(lines)), SCHEMA)
    assert table.numbers("age").tolist() == [row["age"] for row in rows]
    committed = SCHEMA.committed()
    for cells in table.canonical_rows(chunk=3):
        assert all(grammar.is_canonical(c, cell) for c, cell in zip(committed.columns, cells, strict=True))
    again = Table.restore(SCHEMA, table.snapshot())
    assert list(again.canonical_rows()) == list(table.canonical_rows())


@given(st.integers(-(2**53), 2**53), st.integers(0, 9))
def test_scaled_text_round_trips(value: int, scale: int) -> None:
    assert parse_number(scaled_text(value, scale), scale) == value


@pytest.mark.parametrize("text", ["", "-", "--1", "1.", ".5", "1.50", "-0", "01", "1e3", "１", "0x1", "1 "])
def test_parse_number_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError):
        parse_number(text, 2)


def test_select_filters_and_orders_columns(tmp_path: Path) -> None:
    text = HEADER + "".join(
        f"p{i},{20 + i},{'' if i == 3 else 20}.5,true,a,2024-01-0{i + 1}\n".replace(",.5", ",") for i in range(5)
    )
    table = read(write(tmp_path, text), SCHEMA)
    kept = table.select(("bmi", "patient"), [("age", "ge", "21"), ("bmi", "lt", "21"), ("seen", "ne", "2024-01-05")])
    assert kept.schema.names == ("bmi", "patient")
    assert kept.texts("patient") == ["p1", "p2"]
    assert np.array_equal(kept.numbers("bmi"), [2050, 2050])


@pytest.mark.parametrize(
    "condition",
    [("age", "eq", "021"), ("smoker", "eq", "1"), ("smoker", "lt", "true"), ("ward", "lt", "a"), ("none", "eq", "1")],
)
def test_filters_that_mean_nothing_are_refused(tmp_path: Path, condition: tuple[str, str, str]) -> None:
    table = read(write(tmp_path, GOOD), SCHEMA)
    with pytest.raises(Exception, match=r"^(table|schema)\."):
        table.select(("age",), [condition])
