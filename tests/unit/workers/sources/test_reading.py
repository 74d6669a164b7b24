"""Each declared way of writing a file, with files made here; without the declaration the same file is refused."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from protocol.errors import FormatError
from protocol.rows import InputTree, RowHasher, verify_opening
from tests.unit.workers.sources.declared import Heard, declared, written
from workers.sources import decoding, read
from workers.sources.problems import DataError
from workers.sources.reading import ENCODINGS
from workers.sources.schema import Schema
from workers.sources.table import Table

ID = {"name": "id", "kind": "identifier"}
WHOLE = {"name": "x", "kind": "integer", "low": -10_000_000, "high": 10_000_000}
DECIMAL = {"name": "x", "kind": "decimal", "low": -10_000_000, "high": 10_000_000, "scale": 6}
TEXT = {"name": "x", "kind": "text"}
FLAG = {"name": "x", "kind": "boolean"}
DAY = {"name": "x", "kind": "date"}


@pytest.mark.parametrize(
    ("column", "said", "cells", "expected"),
    [
        (DECIMAL, {"decimal": ","}, ["3,5", "-0,25", "7"], ["3.5", "-0.25", "7"]),
        (DECIMAL, {"thousands": ","}, ["12,345.60", "1,000", "999"], ["12345.6", "1000", "999"]),
        (DECIMAL, {"thousands": ".", "decimal": ","}, ["12.345,60", "-1.000.000"], ["12345.6", "-1000000"]),
        (WHOLE, {"thousands": " "}, ["1 000", "20"], ["1000", "20"]),
        (WHOLE, {"thousands": "’"}, ["1’000"], ["1000"]),
        (WHOLE, {"floats": True}, ["34.0", "51", "2.5E3", "-0.0"], ["34", "51", "2500", "0"]),
        (DECIMAL, {"floats": True}, ["1e-05", "2.50", ".5", "3.", "1E+2", "0e99"], ["0.00001", "2.5", "0.5", "3", "100", "0"]),
        (DECIMAL, {"floats": True, "decimal": ","}, ["1,5e-05", "2,50"], ["0.000015", "2.5"]),
        (DAY, {"dates": ["YYYY/M/D"]}, ["2024/1/5", "2024/12/31"], ["2024-01-05", "2024-12-31"]),
        (DAY, {"dates": ["DD.MM.YYYY", "YYYY-MM-DD"]}, ["05.01.2024", "2024-02-29"], ["2024-01-05", "2024-02-29"]),
        (DAY, {"dates": ["YYYY年M月D日"]}, ["2024年1月5日"], ["2024-01-05"]),
        (DAY, {"dates": ["YYYYMMDD"]}, ["20240105"], ["2024-01-05"]),
        (DAY, {"dates": ["YYYY-MM-DD 00:00:00"]}, ["2024-01-05 00:00:00"], ["2024-01-05"]),
        (FLAG, {"yes": ["是"], "no": ["否"]}, ["是", "否"], ["true", "false"]),
        (FLAG, {"yes": ["TRUE", "True"], "no": ["FALSE"]}, ["TRUE", "True", "FALSE"], ["true", "true", "false"]),
        (FLAG, {"yes": ["1"], "no": ["0"]}, ["1", "0"], ["true", "false"]),
        (WHOLE, {"trim": True}, [" 34", "5 ", "\u00a07"], ["34", "5", "7"]),
        (WHOLE, {"half_width": True}, ["３４", "－5"], ["34", "-5"]),
        (FLAG, {"half_width": True, "yes": ["1"], "no": ["0"]}, ["１", "0"], ["true", "false"]),
        (TEXT, {"newlines": True}, ["two\nlines", "old\r\nends"], ["two\nlines", "old\nends"]),
        ({"name": "x", "kind": "identifier"}, {"clean": ["upper"]}, ["110x", "111X"], ["110X", "111X"]),
        ({"name": "x", "kind": "identifier"}, {"clean": ["digits"]}, ["+86 138-0000(1)", "139"], ["8613800001", "139"]),
        ({"name": "x", "kind": "identifier"}, {"half_width": True}, ["１００１", "A"], ["1001", "A"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("of_file", [False, True])
def test_a_declared_spelling_is_read_and_an_undeclared_one_is_refused(
    tmp_path: Path,
    column: dict[str, Any],
    said: dict[str, Any],
    cells: list[str],
    expected: list[str],
    of_file: bool,
) -> None:
    quoted = "x\n" + "".join('"' + cell + '"\n' for cell in cells)
    schema = declared(column, file=said) if of_file else declared(column | said)
    assert Schema.parse(schema.to_json()) == schema
    table = read(written(tmp_path, quoted), schema)
    assert table.texts("x") == expected
    assert_every_row_opens(table)
    if said not in ({"clean": ["upper"]}, {"clean": ["digits"]}):
        with pytest.raises(DataError):
            read(written(tmp_path, quoted), declared(column))


@pytest.mark.parametrize(
    ("column", "said", "cell", "code"),
    [
        (DECIMAL, {"decimal": ","}, "3.5", "csv.decimal_mark"),
        (DECIMAL, {"thousands": ","}, "12,34", "csv.decimal_mark"),
        (DECIMAL, {"thousands": ","}, "1234,567", "csv.decimal_mark"),
        (WHOLE, {"floats": True}, "34.5", "csv.too_precise"),
        (WHOLE, {"floats": True}, "1e400", "csv.out_of_range"),
        (WHOLE, {"floats": True}, "-1e400", "csv.out_of_range"),
        (DECIMAL, {"floats": True}, "1e-400", "csv.too_precise"),
        (DECIMAL, {"floats": True}, "0.1e-6", "csv.too_precise"),
        (DECIMAL, {"floats": True}, "1e", "csv.not_a_number"),
        (DECIMAL, {"floats": True}, ".", "csv.null_word"),
        (DAY, {"dates": ["YYYY/M/D"]}, "2024-01-05", "csv.not_a_date"),
        (DAY, {"dates": ["DD.MM.YYYY"]}, "31.02.2024", "csv.not_a_date"),
        (FLAG, {"yes": ["是"], "no": ["否"]}, "true", "csv.not_boolean"),
        ({"name": "x", "kind": "identifier"}, {"clean": ["digits"]}, "138a", "csv.not_digits"),
        ({"name": "x", "kind": "identifier"}, {"clean": ["digits"]}, "--", "csv.not_digits"),
        (TEXT, {"newlines": True}, "a\tb", "csv.control"),
    ],
)
def test_what_does_not_fit_the_declared_spelling_is_refused(
    tmp_path: Path, column: dict[str, Any], said: dict[str, Any], cell: str, code: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(written(tmp_path, f'x\n"{cell}"\n'), declared(column | said))
    assert code in [problem.code for problem in caught.value.problems]
    assert all(problem.row == 2 for problem in caught.value.problems)


def test_null_spellings_are_null_where_they_are_declared(tmp_path: Path) -> None:
    text = "id,x,y\n1,NA,NA\n2,,b\n3,-999,NULL\n4,5,c\n"
    columns = (ID, WHOLE | {"null": True, "nulls": ["NA", "-999"]}, {"name": "y", "kind": "text", "null": True})
    table = read(written(tmp_path, text), declared(*columns, file={"nulls": ["NULL"]}))
    assert table.texts("x") == [None, None, None, "5"]
    assert table.texts("y") == ["NA", "b", None, "c"]  # a column's own word replaces the file's
    with pytest.raises(DataError) as caught:
        read(written(tmp_path, "id,x\n1,NA\n"), declared(ID, WHOLE | {"nulls": ["NA"]}))
    assert [problem.code for problem in caught.value.problems] == ["csv.missing_value"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_reads_its_own_bytes(tmp_path: Path, encoding: str) -> None:
    word = {"windows-1251": "Москва", "windows-1250": "Łódź", "windows-1252": "Zürich", "iso-8859-15": "Œuvre€"}
    city = word.get(
        encoding, "東京" if encoding in ("shift_jis", "big5") else "서울" if encoding == "euc-kr" else "深圳"
    )
    text = f"id,x\r\n1,{city}\r\n2,b\r\n"
    table = read(written(tmp_path, text, encoding), declared(ID, TEXT, file={"encoding": encoding}))
    assert table.texts("x") == [city, "b"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path, encoding: str) -> None:
    text = "\ufeffid,x\r\n1,深圳\r\n"
    table = read(written(tmp_path, text, encoding), declared(ID, TEXT, file={"encoding": encoding}))
    assert table.texts("x") == ["深圳"]


def test_a_wrong_byte_is_found_on_its_line_in_every_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"id,x\n" + b"".join(b"%d,abc\n" % i for i in range(40)) + b"77,\xff\n" + b"99,c\n" * 40
    for size in (7, 64, 10_000):
        monkeypatch.setattr(decoding.blocks, "__defaults__", (size,))
        with pytest.raises(DataError) as caught:
            read(written(tmp_path, data), declared(ID, TEXT))
        assert [(p.code, p.row) for p in caught.value.problems] == [("csv.encoding", 42)]


@pytest.mark.parametrize(("separator", "mark"), [(";", ";"), ("\t", "\t"), ("|", "|")])
def test_declared_separators(tmp_path: Path, separator: str, mark: str) -> None:
    text = f"id{mark}x\n1{mark}3,5\n2{mark}4,5\n"
    table = read(written(tmp_path, text), declared(ID, DECIMAL, file={"separator": separator, "decimal": ","}))
    assert table.texts("x") == ["3.5", "4.5"]


def test_columns_are_found_by_their_name_in_the_file_in_any_order_and_case(tmp_path: Path) -> None:
    columns = (ID | {"source": "身份证号"}, WHOLE | {"source": "default.payment.next.month"}, {**TEXT, "name": "city"})
    table = read(written(tmp_path, "City,Default.Payment.Next.Month,身份证号\na,1,7\n"), declared(*columns))
    assert [table.texts(name) for name in ("id", "x", "city")] == [["7"], ["1"], ["a"]]
    for header in ("City,city,Default.Payment.Next.Month,身份证号", "City,x,身份证号"):
        with pytest.raises(DataError):
            read(written(tmp_path, header + "\na,1,7,8\n"), declared(*columns))


def test_undeclared_columns_are_left_out_where_the_owner_says_so(tmp_path: Path) -> None:
    text = "id,name,x,\n1,canary,5,\n2,canary,6,\n"
    table = read(written(tmp_path, text), declared(ID, WHOLE, file={"undeclared": "ignore"}))
    assert table.schema.names == ("id", "x")
    assert "canary" not in str(list(table.canonical_rows()))


def test_empty_lines_at_the_end_are_no_rows(tmp_path: Path) -> None:
    for end in ("\n\n", "\r\n\r\n", "\n\n\n"):
        assert read(written(tmp_path, "id,x\n1,2\n3,4" + end), declared(ID, WHOLE)).rows == 2
    with pytest.raises(DataError) as caught:  # of one column, an empty line may be a lost value
        read(written(tmp_path, "x\n2\n\n"), declared(WHOLE))
    assert [(p.code, p.row) for p in caught.value.problems] == [("csv.empty_row", 3)]


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        (["1.10101E+17", "1.10102E+17"], "csv.id_number"),
        (["110101199001011000", "110101199001012000"], "csv.id_number"),
        (["7.0", "8.0"], "csv.id_number"),
        (["'11", "12"], "csv.id_apostrophe"),
        (["11x", "11X"], "csv.id_case"),
        (["007", "7"], "csv.id_zeros"),
        (["\u04101", "A1"], "csv.id_script"),
    ],
)
def test_ids_that_a_program_changed_are_pointed_out(tmp_path: Path, ids: list[str], code: str) -> None:
    heard = Heard()
    assert read(written(tmp_path, "id\n" + "\n".join(ids) + "\n"), declared(ID), heard).rows == 2
    assert heard.codes() == [code]
    assert all(cell not in warning.english for cell in ids for warning in heard.warnings)


def test_ordinary_ids_are_not_warned_of(tmp_path: Path) -> None:
    heard = Heard()
    ids = ["110101199001011234", "110101199001011000", "A-7", "B-8b", "张三", "e1", "00123"]
    assert read(written(tmp_path, "id\n" + "\n".join(ids) + "\n"), declared(ID), heard).rows == len(ids)
    assert heard.codes() == []
    assert heard.steps[-1][1] == heard.steps[-1][2] > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"file": {"encoding": "latin-1"}},
        {"file": {"separator": "::"}},
        {"file": {"undeclared": "drop"}},
        {"file": {"decimal": ",", "thousands": ","}},
        {"file": {"extra": 1}},
        {"file": {"nulls": [" NA"]}},
        {"file": {"yes": ["1"], "no": ["1"]}},
        {"file": {"yes": []}},
        {"columns": [DAY | {"dates": ["YYYY/D/M", "YYYY/M/D"]}]},
        {"columns": [DAY | {"dates": ["DDMMYYYY", "YYYYMMDD"]}]},
        {"columns": [DAY | {"dates": ["YYYY-MM"]}]},
        {"columns": [DAY | {"dates": ["YYYYMD"]}]},
        {"columns": [DAY | {"dates": ["%Y-%m-%d"]}]},
        {"columns": [DAY | {"decimal": ","}]},
        {"columns": [ID | {"nulls": ["NA"]}]},
        {"columns": [ID | {"clean": ["lower"]}]},
        {"columns": [ID | {"source": "X"}, WHOLE]},
        {"columns": [FLAG | {"nulls": ["true"], "null": True}]},
    ],
)
def test_declarations_that_contradict_themselves_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        Schema.parse({**declared(ID).to_json(), **wrong})


def assert_every_row_opens(table: Table) -> None:
    """What was accepted can be shown to an auditor: every row opens against the committed root."""
    schema, rows = table.schema.committed(), list(table.canonical_rows())
    hasher = RowHasher(schema, bytes(32))
    tree = InputTree(hasher.row_hash(number, row) for number, row in enumerate(rows))
    for number, row in enumerate(rows):
        opening = tree.open_row(hasher, number, row)
        shown = verify_opening(schema, tree.root(), len(rows), opening)
        assert tuple(shown[column.name] for column in schema.columns) == row


ANYTHING = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12)
LIKELY = st.sampled_from(["1", "34.0", "1e-05", "NA", "2024/1/5", "2024-01-05", "true", "是", "A\u200b", "１", "1,5", "-0", "e\u0301", ""])  # fmt: skip


@settings(max_examples=150)
@given(
    st.lists(st.tuples(ANYTHING | LIKELY, ANYTHING | LIKELY, LIKELY, LIKELY, LIKELY), min_size=1, max_size=4),
    st.fixed_dictionaries(
        {},
        optional={
            "nulls": st.just(["NA"]),
            "floats": st.just(True),
            "decimal": st.just(","),
            "trim": st.just(True),
            "half_width": st.just(True),
            "newlines": st.just(True),
            "yes": st.just(["是", "1"]),
            "dates": st.just(["YYYY/M/D", "YYYY-MM-DD"]),
        },
    ),
    st.sampled_from([[], ["upper"], ["digits"]]),
)
@example([("\u0344" * 120, "x", "1", "true", "2024-01-05")], {}, [])
@example([("A\u200b", "x", "1", "true", "2024-01-05")], {}, [])
@example([("\u3000A", "x", "1", "true", "2024-01-05")], {"half_width": True}, [])
def test_every_accepted_row_opens(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], said: dict[str, Any], clean: list[str]
) -> None:
    identifier = ID | ({"clean": clean} if clean else {})
    kinds = (TEXT | {"name": "t"}, DECIMAL | {"name": "d"}, FLAG | {"name": "b"}, DAY | {"name": "s"})
    schema = declared(identifier, *(kind | {"null": True} for kind in kinds), file=said)
    folder, accepted = tmp_path_factory.mktemp("any"), []
    for row in rows:
        line = ",".join('"' + cell.replace('"', '""') + '"' for cell in row)
        try:
            read(written(folder, "id,t,d,b,s\n" + line + "\n"), schema)
        except DataError as error:
            assert all(problem.row == 2 for problem in error.problems)
        else:
            accepted.append(line)
    if accepted:
        try:
            table = read(written(folder, "id,t,d,b,s\n" + "\n".join(accepted) + "\n"), schema)
        except DataError as error:
            assert {problem.code for problem in error.problems} == {"csv.duplicate_id"}
        else:
            assert_every_row_opens(table)


def outcome(path: Path, schema: Schema) -> object:
    """The rows read, or the problems found."""
    try:
        return list(read(path, schema).canonical_rows())
    except DataError as error:
        return [(problem.code, problem.row, problem.column) for problem in error.problems]


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(["a", "b", "1", ",", ",", "\n", "\r\n", "\r", '"', " ", "\ufeff", "\0", "é"]), max_size=60)
)
def test_arrow_and_the_standard_library_split_alike(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    schema = declared({**TEXT, "name": "a", "null": True}, {**TEXT, "name": "b", "null": True})
    path = written(tmp_path_factory.mktemp("split"), "a,b\n" + "".join(parts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding.blocks, "__defaults__", (9,))
        fast = outcome(path, schema)
        patch.setattr("workers.sources.csv_file._Parser._plain", lambda _self, _block: None)
        assert outcome(path, schema) == fast


@pytest.mark.parametrize("name", ["t.parquet", "t.xlsx", "t.url"])
@pytest.mark.parametrize(("word", "value"), [("encoding", "gb18030"), ("separator", ";")])
def test_what_a_text_file_declares_is_refused_for_a_typed_one(tmp_path: Path, name: str, word: str, value: str) -> None:
    """It was ignored in silence: the owner would believe that it was read so."""
    schema = declared(WHOLE, file={word: value})
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(FormatError) as refused:
        read(tmp_path / name, schema)
    assert refused.value.code == "source.place"
    assert f"`{word}`" in str(refused.value)
