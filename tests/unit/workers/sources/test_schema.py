from pathlib import Path
from typing import Any

import pytest

from protocol import catalogue
from protocol.errors import FormatError
from tests.unit.workers.sources.test_csv_file import SCHEMA
from workers.sources.schema import Schema

TOML = """
format = "tallystick/declared-schema/v2"
data_level = 3
sensitive = ["health"]
title = { en = "Visits", zh = "就诊" }

[[columns]]
name = "patient"
kind = "identifier"
about = { en = "Patient number", zh = "患者编号" }

[[columns]]
name = "bmi"
kind = "decimal"
low = 10
high = "80.5"
scale = 2
null = true
"""


def test_toml_and_json_give_the_same_schema(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(TOML)
    schema = Schema.read(tmp_path / "s.toml")
    assert schema.identifier == "patient"
    assert schema.column("bmi").limits() == (1000, 8050)
    (tmp_path / "s.json").write_bytes(schema.data())
    assert Schema.read(tmp_path / "s.json") == schema
    assert Schema.parse(SCHEMA.to_json()) == SCHEMA


def test_the_descriptor_shows_kinds_and_empty_cells_but_no_ranges_and_round_trips() -> None:
    descriptor = SCHEMA.descriptor("visits-" + "a" * 32, 1, "hospital", 5)
    assert catalogue.read_description(descriptor.data()) == descriptor
    assert b"120" not in descriptor.data()
    shown = {column.name: (column.kind, column.nullable) for column in descriptor.columns}
    assert shown == {column.name: (column.kind, column.null) for column in SCHEMA.columns}


@pytest.mark.parametrize(
    ("name", "known"), [("age", ("0", "120", 0, ())), ("bmi", ("10", "80", 2, ())), ("ward", ("", "", 0, ("a", "b")))]
)
def test_range_scale_and_choices_are_shown_of_the_column_that_its_owner_makes_public(name: str, known: Any) -> None:
    columns = [
        {**column, "public": True} if column["name"] == name else column for column in SCHEMA.to_json()["columns"]
    ]  # type: ignore[attr-defined]
    schema = Schema.parse(changed(columns=columns))
    assert Schema.parse(schema.to_json()) == schema
    told = {
        c.name: (c.low, c.high, c.scale, c.levels) for c in schema.descriptor("v-" + "a" * 32, 1, "hospital", 5).columns
    }
    assert told.pop(name) == known
    assert set(told.values()) == {("", "", 0, ())}
    whole = {column.name: column.described(whole=True) for column in SCHEMA.columns}
    assert (whole["age"].low, whole["age"].high, whole["bmi"].scale) == ("0", "120", 2)


@pytest.mark.parametrize("kind", ["boolean", "date", "identifier", "text"])
def test_what_has_no_range_and_no_choices_cannot_be_made_public(kind: str) -> None:
    with pytest.raises(FormatError, match=r"schema\.public"):
        Schema.parse(column(name="a", kind=kind, public=True))


def changed(**changes: Any) -> dict[str, Any]:
    return {**SCHEMA.to_json(), **changes}


def column(**fields: Any) -> dict[str, Any]:
    return changed(columns=[fields])


@pytest.mark.parametrize(
    "document",
    [
        changed(format="other"),
        changed(extra=1),
        changed(columns=[]),
        changed(data_level=6),
        changed(sensitive=["b", "a"]),
        column(name="Bad Name", kind="text"),
        column(name="a", kind="float"),
        column(name="a", kind="integer"),
        column(name="a", kind="integer", low=5, high=5),
        column(name="a", kind="integer", low=0, high=1.5),
        column(name="a", kind="integer", low=0, high="1.5"),
        column(name="a", kind="integer", low=0, high="1e3"),
        column(name="a", kind="integer", low=0, high=2**53),
        column(name="a", kind="integer", low=0, high=5, scale=2),
        column(name="a", kind="decimal", low=0, high=5),
        column(name="a", kind="decimal", low="0.001", high=5, scale=2),
        column(name="a", kind="decimal", low=0, high=10**8, scale=9),
        column(name="a", kind="text", low=0, high=1),
        column(name="a", kind="text", choices=["x", "x"]),
        column(name="a", kind="text", choices=[""]),
        column(name="a", kind="identifier", null=True),
        changed(columns=[{"name": "a", "kind": "text"}, {"name": "a", "kind": "text"}]),
        changed(columns=[{"name": "a", "kind": "identifier"}, {"name": "b", "kind": "identifier"}]),
    ],
)
def test_schemas_that_promise_nothing_are_refused(document: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        Schema.parse(document)


def test_a_missing_or_malformed_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"schema\.missing"):
        Schema.read(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("= =")
    with pytest.raises(FormatError, match=r"schema\.malformed"):
        Schema.read(tmp_path / "bad.toml")
