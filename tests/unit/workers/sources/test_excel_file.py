"""Workbooks as people have them: every cell by its own type, and what a cell reader would pass over in silence is said."""

import datetime as dt
import tomllib
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

from cli.dataset import app
from protocol.errors import FormatError
from tests.unit.workers.sources.declared import Heard, declared
from tests.unit.workers.sources.test_reading import assert_every_row_opens
from workers.sources import OTHERS, read, workbook
from workers.sources.draft import draft
from workers.sources.draft_text import text
from workers.sources.problems import DataError
from workers.sources.schema import Schema

ID = {"name": "id", "kind": "identifier"}
WHOLE = {"name": "x", "kind": "integer", "low": -1_000_000, "high": 1_000_000}
DECIMAL = {"name": "x", "kind": "decimal", "low": -1_000_000, "high": 1_000_000, "scale": 4}
TEXT = {"name": "x", "kind": "text"}
FLAG = {"name": "x", "kind": "boolean"}
DAY = {"name": "x", "kind": "date"}
MIDNIGHT = dt.datetime.fromisoformat("2024-02-29T00:00:00")
AFTERNOON = dt.datetime.fromisoformat("2024-01-05T15:04:00")


def book(folder: Path, *rows: list[Any], name: str = "file.xlsx") -> Path:
    found = openpyxl.Workbook()
    sheet = active(found)
    for row in rows:
        sheet.append(row)
    found.save(folder / name)
    return folder / name


def active(found: "openpyxl.Workbook") -> Worksheet:
    sheet = found.active
    assert isinstance(sheet, Worksheet)
    return sheet


def column(folder: Path, *cells: Any) -> Path:
    return book(folder, ["x"], *([cell] for cell in cells))


def problems(path: Path, *columns: dict[str, Any], file: dict[str, Any] | None = None) -> list[tuple[str, int, str]]:
    with pytest.raises(DataError) as caught:
        read(path, declared(*columns, file=file))
    return [(p.code, p.row, p.column) for p in caught.value.problems]


@pytest.mark.parametrize(
    ("declaration", "cells", "expected"),
    [
        (WHOLE, [34, -5, 0], ["34", "-5", "0"]),
        (WHOLE, [34, "51"], ["34", "51"]),
        (WHOLE | {"nulls": ["NA"], "null": True}, [34, "NA", None, 7], ["34", None, None, "7"]),
        (WHOLE | {"nulls": ["-999"], "null": True}, [-999, 7], [None, "7"]),
        (WHOLE | {"nulls": ["#N/A"], "null": True}, ["#N/A", 7], [None, "7"]),
        (DECIMAL, [0.1, 132.04, 5], ["0.1", "132.04", "5"]),
        (FLAG, [True, False], ["true", "false"]),
        (FLAG | {"yes": ["1"], "no": ["0"]}, [1, 0, True], ["true", "false", "true"]),
        (FLAG | {"yes": ["是"], "no": ["否"]}, ["是", "否"], ["true", "false"]),
        (DAY, [dt.date(2024, 1, 5), MIDNIGHT], ["2024-01-05", "2024-02-29"]),
        (DAY, [dt.date(1900, 3, 1), "2024-01-05"], ["1900-03-01", "2024-01-05"]),
        (DAY | {"dates": ["YYYY/M/D"]}, ["2024/1/5"], ["2024-01-05"]),
        (TEXT, ["a", "深圳", 7], ["a", "深圳", "7"]),
        (ID | {"name": "x"}, ["007", 12], ["007", "12"]),
    ],
)
def test_each_cell_is_read_by_its_own_type(
    tmp_path: Path, declaration: dict[str, Any], cells: list[Any], expected: list[str | None]
) -> None:
    path = book(tmp_path, ["x", "k"], *([cell, f"k{at}"] for at, cell in enumerate(cells)))
    table = read(path, declared(declaration, {"name": "k", "kind": "text"}))
    assert table.texts("x") == expected
    assert_every_row_opens(table)


@pytest.mark.parametrize(
    ("declaration", "cell", "code"),
    [
        (WHOLE, 34.5, "too_precise"),
        (WHOLE, True, "cell_type"),
        (WHOLE, dt.date(2024, 1, 5), "cell_type"),
        (WHOLE, "#N/A", "error_cell"),
        (WHOLE, "1,234", "thousands"),
        (WHOLE, 2_000_000, "out_of_range"),
        (WHOLE, None, "missing_value"),
        (DECIMAL, 0.12345, "too_precise"),
        (FLAG, 1, "cell_type"),
        (FLAG, "true ", "spaces"),
        (DAY, 45296, "cell_type"),
        (DAY, AFTERNOON, "time_of_day"),
        (DAY, dt.time(3, 4), "cell_type"),
        (TEXT, 0.5, "cell_type"),
        (TEXT, True, "cell_type"),
        (TEXT, dt.date(2024, 1, 5), "cell_type"),
        (TEXT, "#DIV/0!", "error_cell"),
        (TEXT, 110101199001011234, "cut_number"),
        (ID | {"name": "x"}, 110101199001011234, "cut_number"),
        (ID | {"name": "x"}, "=1+1", "formula_value"),
        (WHOLE, "=1+1", "formula_value"),
    ],
)  # fmt: skip
def test_what_is_none_of_the_kinds_values_is_refused_at_its_row(
    tmp_path: Path, declaration: dict[str, Any], cell: Any, code: str
) -> None:
    path = book(tmp_path, ["k", "x"], ["a", cell], ["b", cell])
    found = problems(path, declaration, {"name": "k", "kind": "text"})
    assert found[:2] == [(f"xlsx.{code}", 2, "x"), (f"xlsx.{code}", 3, "x")]


def test_errors_stay_no_value_even_at_the_edges_of_the_sheet(tmp_path: Path) -> None:
    """The cell reader leaves out what it takes for empty around the others: the first column and the last rows."""
    path = book(tmp_path, ["x", "y"], ["=1", 1], ["=2", 2], ["=3", None])
    null = {"null": True}
    found = problems(path, WHOLE | null, WHOLE | {"name": "y"} | null)
    assert found == [("xlsx.formula_value", row, "x") for row in (2, 3, 4)]


def test_both_date_systems_mean_the_same_day(tmp_path: Path) -> None:
    found = openpyxl.Workbook()
    found.epoch = CALENDAR_MAC_1904
    active(found).append(["x"])
    active(found).append([dt.date(2024, 1, 5)])
    found.save(tmp_path / "mac.xlsx")
    assert read(tmp_path / "mac.xlsx", declared(DAY)).texts("x") == ["2024-01-05"]


def test_rows_that_are_empty_are_none_at_the_end_and_a_fault_between(tmp_path: Path) -> None:
    path = book(tmp_path, ["x"], [1], [""], [None])
    assert read(path, declared(WHOLE)).rows == 1
    assert problems(column(tmp_path, 1, "", 2), WHOLE | {"null": True}) == [("xlsx.empty_row", 3, "")]
    assert problems(column(tmp_path), WHOLE) == [("xlsx.empty", 0, "")]
    assert problems(book(tmp_path, [None, "title"], ["x"], [1]), WHOLE) == [("xlsx.header_none", 1, "")]


def test_the_sheet_is_the_first_or_the_named_one(tmp_path: Path) -> None:
    path = book(tmp_path, ["x"], [1])
    found = openpyxl.load_workbook(path)
    second = found.create_sheet("数据 2")
    second.append(["x"])
    second.append([2])
    found.save(path)
    assert read(path, declared(WHOLE)).texts("x") == ["1"]
    assert read(path, declared(WHOLE, file={"sheet": "数据 2"})).texts("x") == ["2"]
    with pytest.raises(DataError, match="数据 2") as caught:
        read(path, declared(WHOLE, file={"sheet": "none"}))
    assert caught.value.code == "xlsx.sheet_missing"
    active(found).sheet_state = "hidden"
    found.save(path)
    assert problems(path, WHOLE) == [("xlsx.sheet_hidden", 0, "")]
    assert read(path, declared(WHOLE, file={"sheet": "Sheet"})).texts("x") == ["1"]


def test_hidden_rows_are_read_and_said(tmp_path: Path) -> None:
    path = column(tmp_path, 1, 2)
    found = openpyxl.load_workbook(path)
    active(found).row_dimensions[3].hidden = True
    found.save(path)
    heard = Heard()
    assert read(path, declared(WHOLE), heard).rows == 2
    assert [(it.code, it.row) for it in heard.warnings] == [("xlsx.hidden", 3)]


def test_merged_cells_are_refused_where_they_are_declared(tmp_path: Path) -> None:
    path = book(tmp_path, ["x", "note"], [1, "a"], [2, None])
    found = openpyxl.load_workbook(path)
    active(found).merge_cells("B2:B3")
    found.save(path)
    assert read(path, declared(WHOLE, file={"undeclared": "ignore"})).rows == 2
    assert ("xlsx.merged", 2, "note") in problems(path, WHOLE, {"name": "note", "kind": "text", "null": True})


def test_ids_that_are_numbers_are_warned_of(tmp_path: Path) -> None:
    heard = Heard()
    table = read(book(tmp_path, ["id"], [12], [7]), declared(ID), heard)
    assert table.texts("id") == ["12", "7"]
    assert heard.codes() == ["xlsx.id_stored_number"]


@pytest.mark.parametrize("kind", OTHERS)
def test_other_kinds_of_workbooks_are_refused_by_name(tmp_path: Path, kind: str) -> None:
    path = book(tmp_path, ["x"], [1]).rename(tmp_path / f"old{kind}")
    for act in (lambda: read(path, declared(WHOLE)), lambda: draft(path)):
        with pytest.raises(FormatError, match=rf"old\{kind}.*Save it as \.xlsx") as caught:
            act()
        assert caught.value.code == "source.kind"


def test_macros_encryption_and_damage_are_refused(tmp_path: Path) -> None:
    path = book(tmp_path, ["x"], [1])
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("xl/vbaProject.bin", b"x")
    assert problems(path, WHOLE) == [("xlsx.macros", 0, "")]
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000))
    assert problems(path, WHOLE) == [("xlsx.encrypted", 0, "")]
    path.write_bytes(b"x,y\n1,2\n")
    assert problems(path, WHOLE) == [("xlsx.unreadable", 0, "")]
    assert problems(tmp_path / "none.xlsx", WHOLE) == [("xlsx.missing", 0, "")]


def replaced(path: Path, part: str, change: Any) -> None:
    """Write the workbook again with one part changed."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)


SHEET = "xl/worksheets/sheet1.xml"


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = column(tmp_path, 1)
    replaced(path, SHEET, lambda data: data.replace(b"</worksheet>", b" " * 4_000_000 + b"</worksheet>"))
    assert read(path, declared(WHOLE)).rows == 1
    monkeypatch.setattr(workbook, "MAX_UNPACKED", 3_000_000)
    assert problems(path, WHOLE) == [("xlsx.too_packed", 0, "")]


def test_a_part_that_unpacks_to_more_than_it_says_is_refused(tmp_path: Path) -> None:
    """The sizes in a ZIP's directory are only claims, and the cell reader unpacks whatever comes."""
    path = column(tmp_path, 1)
    with zipfile.ZipFile(path) as packed:
        info = packed.getinfo(SHEET)
        size, start = info.file_size, info.header_offset
        short = zlib.crc32(packed.read(SHEET)[: size - 10])
    data = bytearray(path.read_bytes())
    for place in (start + 14, data.rindex(SHEET.encode()) - 46 + 16):
        data[place : place + 4] = short.to_bytes(4, "little")
        data[place + 8 : place + 12] = (size - 10).to_bytes(4, "little")
    path.write_bytes(data)
    assert problems(path, WHOLE) == [("xlsx.too_packed", 0, "")]


def test_cells_in_far_corners_do_not_fill_the_memory(tmp_path: Path) -> None:
    found = openpyxl.Workbook()
    active(found)["A1"] = "x"
    active(found)["XFD1048576"] = 1
    found.save(tmp_path / "far.xlsx")
    assert problems(tmp_path / "far.xlsx", WHOLE) == [("xlsx.too_large", 0, "")]


def test_entities_and_document_types_are_refused(tmp_path: Path) -> None:
    path = column(tmp_path, 1)
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    replaced(path, SHEET, lambda data: bomb + data)
    assert problems(path, WHOLE) == [("xlsx.unreadable", 0, "")]


def test_shared_strings_are_read_without_their_pronunciation(tmp_path: Path) -> None:
    path = book(tmp_path, ["x"], ["a"])
    strings = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><r><t>东</t></r><r><t xml:space="preserve">京 1</t></r><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si></sst>'
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts["xl/sharedStrings.xml"] = strings.encode()
    cell = b'<c r="A2" t="s"><v>0</v></c>'
    sheet = parts[SHEET]
    start = sheet.index(b'<c r="A2"')
    parts[SHEET] = sheet[:start] + cell + sheet[sheet.index(b"</row>", start) :]
    if b"sharedStrings" not in parts["[Content_Types].xml"]:
        parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>')  # fmt: skip
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    assert read(path, declared(TEXT)).texts("x") == ["东京 1"]


def test_a_place_that_the_file_cannot_have_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path, ["x"], [1])
    with pytest.raises(FormatError, match=r"source\.place"):
        read(path, declared(WHOLE, file={"table": "visits"}))
    other = tmp_path / "file.csv"
    other.write_text("x\n1\n")
    with pytest.raises(FormatError, match=r"source\.place"):
        read(other, declared(WHOLE, file={"sheet": "A"}))
    for wrong in ({"sheet": " "}, {"table": "a\nb"}, {"table": "a", "query": "SELECT 1"}):
        with pytest.raises(FormatError, match=r"schema\.place"):
            declared(WHOLE, file=wrong)


CELLS = (
    st.integers(-(10**6), 10**6)
    | st.floats(-1e6, 1e6).map(lambda it: round(it, 3))
    | st.booleans()
    | st.dates(dt.date(1901, 1, 1), dt.date(2099, 1, 1))
    | st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), max_size=8).filter(lambda it: it[:1] != "=")
    | st.sampled_from(["NA", "#N/A", "", None, "true", "2024-01-05", " x"])
)


@settings(max_examples=25)
@given(
    st.integers(1, 3).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
    )
)
def test_a_draft_reads_its_workbook_and_every_row_opens(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[Any]]
) -> None:
    path = book(tmp_path_factory.mktemp("draft"), [f"c{at}" for at in range(len(rows[0]))], *rows)
    try:
        schema = Schema.parse(tomllib.loads(text(draft(path), "t")))
    except (FormatError, DataError) as error:
        assert error.code in ("draft.nothing", "draft.empty", "draft.empty_row")
    else:
        try:
            assert_every_row_opens(read(path, schema))
        except DataError as error:
            assert {it.code for it in error.problems} <= {"xlsx.empty_row"}


def test_the_command_drafts_a_named_sheet_and_lists_what_there_is(tmp_path: Path) -> None:
    path = book(tmp_path, ["other"], [1])
    found = openpyxl.load_workbook(path)
    second = found.create_sheet("数据")
    second.append(["id", "age"])
    for row in (["p1", 34], ["p2", 51]):
        second.append(row)
    found.save(path)
    done = CliRunner().invoke(app, ["draft", str(path), "--sheet", "数据"])
    assert done.exit_code == 0, done.output
    schema = Schema.read(path.with_suffix(".schema.toml"))
    assert schema.form.sheet == "数据"
    assert read(path, schema).texts("age") == ["34", "51"]
    refused = CliRunner().invoke(app, ["draft", str(path), "--sheet", "none", "--out", str(tmp_path / "x.toml")])
    assert refused.exit_code == 1
    assert "draft.sheet_missing" in refused.output
    assert "'数据'" in refused.output
    assert not (tmp_path / "x.toml").exists()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'r="A2"', b'r="A99999999999"'),
        (b'r="A2"', b'r="ZZZZZZZ2"'),
        (b'r="A2"', b'r="XFE2"'),
        (b'r="A2"', b'r="A1048576"'),
        (b'r="A2"', b'xmlns:q="q" q:r="A1048576"'),
        (b'<row r="2"', b'<row r="1048577"'),
        (b'<row r="2"', b'<row r="1"'),
        (b'<row r="2"', b'<row r="-1"'),
    ],
)
def test_attack_a_cell_that_lies_elsewhere_than_it_is_counted(tmp_path: Path, old: bytes, new: bytes) -> None:
    """The cell reader makes room for the places that cells claim, and ends the whole process when there is none."""
    path = column(tmp_path, 1)
    replaced(path, SHEET, lambda data: data.replace(old, new))
    assert problems(path, WHOLE) == [("xlsx.unreadable", 0, "")]


TOKENS = (
    b"99999999999999999999",
    b"-1",
    b'"',
    b"<",
    b">",
    b"e",
    b"A0",
    b"XFD1048577",
    b"",
    b"\xff",
    b"1e999",
    b"NaN",
    b"2958466",
)
PARTS = (SHEET, "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "[Content_Types].xml")


@settings(max_examples=40)
@given(
    st.sampled_from(PARTS), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 8), st.sampled_from(TOKENS)), max_size=3)
)  # fmt: skip
def test_a_damaged_workbook_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, part: str, edits: list[tuple[int, int, bytes]]
) -> None:
    path = book(tmp_path_factory.mktemp("damaged"), ["x", "d"], [1, dt.date(2024, 1, 5)], [2, dt.date(2024, 1, 6)])

    def damaged(data: bytes) -> bytes:
        for place, length, token in edits:
            at = place % len(data)
            data = data[:at] + token + data[at + length :]
        return data

    replaced(path, part, damaged)
    with suppress(DataError):
        assert_every_row_opens(read(path, declared(WHOLE, DAY | {"name": "d"})))
