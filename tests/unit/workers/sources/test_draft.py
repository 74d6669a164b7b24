"""A drafted schema reads the file it was made from, says what is to be confirmed, and decides nothing."""

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.dataset import app
from protocol.errors import FormatError, TallyError
from tests.unit.workers.sources.declared import written
from tests.unit.workers.sources.test_practice import FOLDER, READ
from workers.sources import read
from workers.sources.draft import draft
from workers.sources.draft_text import text
from workers.sources.schema import Schema
from workers.sources.table import Table


def drafted(path: Path) -> tuple[Schema, str]:
    document = text(draft(path), path.stem)
    return Schema.parse(tomllib.loads(document)), document


def reread(path: Path) -> Table:
    return read(path, drafted(path)[0])


CELLS: dict[str, tuple[list[str], str, list[str | None]]] = {
    "integer": (["34", "-5", "0", "7"], "integer", ["34", "-5", "0", "7"]),
    "float": (["34.0", "", "0.0", "7.0"], "integer", ["34", None, "0", "7"]),
    "scientific": (["1e-05", "2.5", "3", "4"], "decimal", ["0.00001", "2.5", "3", "4"]),
    "thousands": (["12,345.60", "1,000", "999", "1"], "decimal", ["12345.6", "1000", "999", "1"]),
    "comma": (["3,5", "0,25", "7", "8"], "decimal", ["3.5", "0.25", "7", "8"]),
    "german": (["1.234,5", "0,25", "7", "8"], "decimal", ["1234.5", "0.25", "7", "8"]),
    "slashes": (["2024/1/5", "2024/12/31", "2024/1/5", "2023/1/1"], "date", ["2024-01-05", "2024-12-31", "2024-01-05", "2023-01-01"]),
    "dots": (["05.01.2024", "31.12.2024", "5.1.2024", "1.1.2023"], "date", ["2024-01-05", "2024-12-31", "2024-01-05", "2023-01-01"]),
    "flags": (["TRUE", "FALSE", "True", "FALSE"], "boolean", ["true", "false", "true", "false"]),
    "chinese": (["是", "否", "否", "是"], "boolean", ["true", "false", "false", "true"]),
    "null": (["NA", "3", "\\N", "4"], "integer", [None, "3", None, "4"]),
    "spaces": ([" 3", "4 ", "5", "6"], "integer", ["3", "4", "5", "6"]),
    "wide": (["３", "4", "5", "6"], "integer", ["3", "4", "5", "6"]),
    "lines": (["two\nlines", "b", "b", "b"], "text", ["two\nlines", "b", "b", "b"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_each_way_of_writing_is_recognised(tmp_path: Path, name: str) -> None:
    cells, kind, expected = CELLS[name]
    path = written(tmp_path, "id,x\n" + "".join(f'k{at},"{cell}"\n' for at, cell in enumerate(cells)))
    schema, _ = drafted(path)
    assert schema.column("x").kind == kind
    assert schema.identifier == "id"
    assert read(path, schema).texts("x") == expected


def test_what_has_two_readings_is_to_be_confirmed(tmp_path: Path) -> None:
    path = written(tmp_path, '编号,d,n,c\na,1/2/2024,"1,234",深圳\nb,3/4/2024,"5,678",深圳\n', "gb18030")
    _, document = drafted(path)
    for word in ("encoding", "order of day and month", "mark", "name", "what identifies a row", "true range"):
        assert f"CONFIRM the {word}" in document or f"CONFIRM that this is {word}" in document, word
    assert document.count("请") >= 6


def test_columns_that_nothing_takes_are_left_out_and_said_so(tmp_path: Path) -> None:
    path = written(tmp_path, "id,x,y,y,\na,0.30000000000000004,1,2,\nb,1.5,1,2,\n")
    schema, document = drafted(path)
    assert schema.names == ("id",)
    assert '# "x": left out' in document
    assert "more than 9 decimals" in document
    assert read(path, schema).rows == 2


def test_stored_types_are_drafted_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    columns = {
        "Person ID": pa.array(["a", "b", "c"]).dictionary_encode(),
        "n": pa.array([1.0, None, 3.0]),
        "f": pa.array([132.04, 0.1, 2.0], pa.float32()),
        "g": pa.array([1.5, float("nan"), 2.5]),
        "day": pa.array([dt.date(2024, 1, 5)] * 3),
        "flag": pa.array([True, False, None]),
        "nested": pa.array([{"a\nname": 1}] * 3),
        "__index_level_0__": pa.array([0, 1, 2]),
    }
    pq.write_table(pa.table(columns), path)
    schema, document = drafted(path)
    assert [(c.name, c.kind) for c in schema.columns] == [
        ("person_id", "identifier"), ("n", "integer"), ("f", "decimal"), ("g", "decimal"), ("day", "date"), ("flag", "boolean"),
    ]  # fmt: skip
    assert schema.column("f").scale == 2
    assert '# "nested": left out' in document
    table = read(path, schema)
    assert table.texts("g") == ["1.5", None, "2.5"]
    assert table.texts("f") == ["132.04", "0.1", "2"]


@pytest.mark.parametrize(
    ("content", "code"),
    [("", "empty"), ("id,x\n", "empty"), ("1,34\n2,51\n", "header"), ('id,x\n1,"' + "a" * 200_000, "quoting")],
)
def test_a_file_that_cannot_be_drafted_is_refused(tmp_path: Path, content: str, code: str) -> None:
    with pytest.raises(FormatError, match=rf"draft\.{code}"):
        draft(written(tmp_path, content))
    with pytest.raises(FormatError, match=r"draft\.missing"):
        draft(tmp_path / "none.csv")


@pytest.mark.parametrize("name", READ)
def test_practice_files_that_are_read_are_drafted(name: str) -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"needs the practice files in {FOLDER}")
    assert reread(FOLDER / name).rows > 0


VALUES = (
    st.integers(-(10**6), 10**6).map(str)
    | st.decimals(-(10**4), 10**4, places=3).map(lambda it: format(it, "f"))
    | st.dates().map(str)
    | st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=8)
    | st.sampled_from(["", "NA", "TRUE", "false", "是", "1,234", "1e-05", "05.01.2024", "-999", "\u200b", " x", "１"])
)


@settings(max_examples=25)
@given(
    st.integers(1, 3).flatmap(
        lambda width: st.lists(st.lists(VALUES, min_size=width, max_size=width), min_size=1, max_size=8)
    )
)
def test_a_draft_reads_the_file_that_it_was_made_from(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    header = ",".join(f"c{at}" for at in range(len(rows[0])))
    path = written(tmp_path_factory.mktemp("draft"), header + "\n" + "\n".join(lines) + "\n")
    try:
        schema, _ = drafted(path)
    except FormatError as error:
        assert error.code == "draft.nothing"
    else:
        assert read(path, schema).rows == len(rows)


def test_the_command_writes_a_private_file_once(tmp_path: Path) -> None:
    path = written(tmp_path, "id,age\np1,34\np2,51\n")
    arguments: list[Any] = ["draft", str(path)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    target = path.with_suffix(".schema.toml")
    assert target.stat().st_mode & 0o077 == 0
    assert read(path, Schema.read(target)).rows == 2
    assert isinstance(CliRunner().invoke(app, arguments).exception, TallyError)
    other = tmp_path / "other.toml"
    assert CliRunner().invoke(app, [*arguments, "--out", str(other)]).exit_code == 0
    assert other.read_bytes() == target.read_bytes()
