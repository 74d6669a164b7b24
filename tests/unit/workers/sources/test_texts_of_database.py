"""Texts of a database: whatever a server sends, what is accepted can be opened, and no type serves a kind by accident."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.catalogue import COLUMN_KINDS
from tests.unit.workers.sources.declared import Heard, declared
from tests.unit.workers.sources.test_reading import assert_every_row_opens
from workers.sources import texts_of_database
from workers.sources.problems import Problems
from workers.sources.reading import Reading
from workers.sources.table import Table
from workers.sources.texts_of_database import DAY, NUMBER, OTHER, POINT, TEXT, TIME, TRUTH, WHOLE, Stored

FAMILIES = (WHOLE, NUMBER, TRUTH, DAY, TIME, TEXT)
FIELDS: dict[str, dict[str, Any]] = {
    "identifier": {}, "boolean": {"null": True}, "date": {"null": True}, "text": {"null": True},
    "integer": {"low": -(10**9), "high": 10**9, "null": True},
    "decimal": {"low": -(10**6), "high": 10**6, "scale": 3, "null": True},
}  # fmt: skip
SENT = (
    st.none()
    | st.integers().map(str)
    | st.floats().map(str)
    | st.decimals(allow_nan=False, allow_infinity=False).map(str)
    | st.datetimes().map(lambda it: it.isoformat(" "))
    | st.dates().map(str)
    | st.text(max_size=12)
    | st.sampled_from(
        ["t", "f", "0", "1", "2", "", "0000-00-00", "infinity", "NaN", "2024-01-05 00:00:00", "0044-03-15 BC"]
    )
)


@settings(max_examples=300)
@given(st.sampled_from(FAMILIES), st.sampled_from(sorted(FIELDS)), st.lists(SENT, min_size=1, max_size=6))
def test_every_accepted_row_opens(
    tmp_path_factory: pytest.TempPathFactory, family: str, kind: str, cells: list[str | None]
) -> None:
    schema = declared({"name": "x", "kind": kind, **FIELDS[kind]})
    problems = Problems("database", tmp_path_factory.getbasetemp(), Heard())
    (column,) = schema.columns
    texts_of_database.check(column, Stored(family, "t"), problems)
    if problems.count:
        return
    array = texts_of_database.typed(column, Stored(family, "t"), pa.array(cells, pa.string()), int, problems)
    if not problems.count:
        assert len(array) == len(cells)
        assert_every_row_opens(Table(schema, (array,)))


# genotypes are refused for any other file than PLINK's before a type is looked at
@pytest.mark.parametrize("kind", [kind for kind in COLUMN_KINDS if kind != "genotypes"])
def test_types_serve_only_their_kinds(tmp_path_factory: pytest.TempPathFactory, kind: str) -> None:
    serving = {
        "identifier": {WHOLE, TEXT}, "text": {WHOLE, TEXT}, "boolean": {TRUTH, TEXT}, "date": {DAY, TIME, TEXT},
        "integer": {WHOLE, NUMBER, TEXT}, "decimal": {WHOLE, NUMBER, TEXT},
    }  # fmt: skip
    (column,) = declared({"name": "x", "kind": kind, **FIELDS[kind]}).columns
    found: set[str] = set()
    for family in (*FAMILIES, POINT, OTHER):
        problems = Problems("database", tmp_path_factory.getbasetemp(), Heard())
        texts_of_database.check(column, Stored(family, "t"), problems)
        found |= set() if problems.count else {family}
    assert found == serving[kind]


def test_declared_spellings_are_those_of_texts_but_for_no_value() -> None:
    (column,) = declared({"name": "x", "kind": "decimal", "low": 0, "high": 10**6, "scale": 2, "decimal": ",", "thousands": ".", "nulls": ["-1"]}).columns  # fmt: skip
    read = texts_of_database._read_as(column, Reading(floats=True)).reading
    assert (read.decimal, read.thousands, read.nulls, read.floats) == (".", "", ("-1",), True)
