"""The compiled input root is the protocol's, row for row, whatever stands in the cells."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.backends.fast.kernels import library
from protocol.errors import FormatError
from protocol.rows import input_root
from protocol.table import scaled_text
from tests.unit.workers.sources.declared import Heard, declared
from workers.sources import commitment
from workers.sources.schema import Schema
from workers.sources.table import Table, arrow_type, canonical_texts

KINDS: dict[str, dict[str, Any]] = {
    "integer": {"kind": "integer", "low": -(2**53) + 1, "high": 2**53 - 1, "null": True},
    "decimal": {"kind": "decimal", "low": -9_000_000, "high": 9_000_000, "scale": 9, "null": True},
    "tenth": {"kind": "decimal", "low": -900_000_000_000_000, "high": 900_000_000_000_000, "scale": 1, "null": True},
    "boolean": {"kind": "boolean", "null": True},
    "text": {"kind": "text", "null": True},
    "date": {"kind": "date", "null": True},
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-(2**53) + 1, 2**53 - 1),
    "decimal": st.integers(-9 * 10**15, 9 * 10**15) | st.integers(-1000, 1000),
    "tenth": st.integers(-9 * 10**15, 9 * 10**15),
    "boolean": st.integers(0, 1),
    "text": st.text(st.characters(codec="utf-8"), min_size=1, max_size=80),
    "date": st.dates().map(str),
}


def table_of(kinds: list[str], rows: list[list[Any]]) -> Table:
    schema = declared(*({"name": f"c{at}", **KINDS[kind]} for at, kind in enumerate(kinds)))
    columns = list(zip(*rows, strict=True))
    return Table(
        schema, tuple(pa.array(cells, arrow_type(c)) for c, cells in zip(schema.columns, columns, strict=True))
    )


def roots_of(table: Table, secret: bytes) -> set[bytes]:
    silent = Heard()
    found = {commitment.input_root(table, secret, silent, portable=portable) for portable in (False, True)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "opened", lambda: None)
        found.add(commitment.input_root(table, secret, silent))
    return found | {input_root(table.schema.committed(), secret, table.canonical_rows(chunk=2))}


@settings(max_examples=60)
@given(st.data(), st.binary(min_size=32, max_size=32), st.sampled_from([1, 2, 3, 1000]))
def test_the_compiled_root_is_the_protocols(data: st.DataObject, secret: bytes, batch: int) -> None:
    kinds = data.draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=7))
    cells = st.tuples(*(st.none() | VALUES[kind] for kind in kinds)).map(list)
    table = table_of(kinds, data.draw(st.lists(cells, min_size=1, max_size=9)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commitment, "_BATCH", batch)
        assert len(roots_of(table, secret)) == 1


@pytest.mark.parametrize("width", [1, 507, 508, 509, 510, 1019, 1100])
def test_wide_rows_take_their_salts_from_several_outputs(width: int) -> None:
    rows = np.random.default_rng(1).integers(-(10**6), 10**6, (3, width)).tolist()
    assert len(roots_of(table_of(["integer"] * width, rows), bytes(range(32)))) == 1


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 1000])
def test_every_number_of_rows_has_the_trees_root(rows: int) -> None:
    assert len(roots_of(table_of(["integer"], [[i] for i in range(rows)]), b"\x07" * 32)) == 1


@pytest.mark.parametrize("kernels", [True, False])
def test_no_rows_have_no_root(kernels: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Regression: the compiled root was handed a count of 0."""
    if not kernels:
        monkeypatch.setattr(library, "opened", lambda: None)
    with pytest.raises(FormatError, match=r"input\.no_rows"):
        commitment.input_root(table_of(["integer"], [[1]]).select(["c0"], [("c0", "eq", "2")]), bytes(32), Heard())


def test_a_part_of_a_larger_table_is_hashed_alone() -> None:
    table = table_of(["text", "integer"], [[None if i % 3 == 0 else f"é{i}", i] for i in range(40)])
    part = Table(table.schema, tuple(array.slice(7, 20) for array in table.arrays))
    copy = Table(table.schema, tuple(pa.array(array.to_pylist(), array.type) for array in part.arrays))
    assert roots_of(part, bytes(32)) == roots_of(copy, bytes(32))
    assert len(roots_of(part, bytes(32))) == 1


def test_progress_ends_with_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commitment, "_BATCH", 4)
    heard = Heard()
    commitment.input_root(table_of(["integer"], [[i] for i in range(10)]), bytes(32), heard)
    assert heard.steps == [("commit", 4, 10), ("commit", 8, 10), ("commit", 10, 10)]


@given(st.lists(st.none() | st.integers(-(2**53), 2**53), max_size=20), st.integers(1, 9))
def test_decimals_have_one_text_however_they_are_made(units: list[int | None], scale: int) -> None:
    schema: Schema = declared({"name": "x", "kind": "decimal", "low": 0, "high": 1, "scale": scale, "null": True})
    made = canonical_texts(schema.columns[0], pa.array(units, pa.int64())).to_pylist()
    assert made == [None if unit is None else scaled_text(unit, scale) for unit in units]
