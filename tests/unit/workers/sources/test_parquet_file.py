import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.workers.sources.declared import Heard, declared
from tests.unit.workers.sources.test_csv_file import GOOD, SCHEMA, write
from workers.sources import read
from workers.sources.problems import DataError

DAY = 86_400
MIDNIGHT = 1_704_412_800  # 2024-01-05
GOOD_COLUMNS: dict[str, Any] = {
    "patient": pa.array(["p1", "p2"]),
    "age": pa.array([30, 41], pa.int8()),
    "bmi": pa.array([22.5, None], pa.float64()),
    "smoker": pa.array([True, False]),
    "ward": pa.array(["a", None]),
    "seen": pa.array(["2024-02-29", "2023-01-01"]),
}


def store(folder: Path, **changes: Any) -> Path:
    path = folder / "visits.parquet"
    pq.write_table(pa.table({k: v for k, v in {**GOOD_COLUMNS, **changes}.items() if v is not None}), path)
    return path


def problems_of(path: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(DataError) as caught:
        read(path, SCHEMA)
    return [(p.code, p.row, p.column) for p in caught.value.problems]


def test_the_same_rows_as_csv_give_the_same_commitment(tmp_path: Path) -> None:
    table = read(store(tmp_path), SCHEMA)
    assert list(table.canonical_rows()) == list(read(write(tmp_path, GOOD), SCHEMA).canonical_rows())
    assert table.snapshot() == read(write(tmp_path, GOOD), SCHEMA).snapshot()


@pytest.mark.parametrize(
    "bmi",
    [
        pa.array([Decimal("22.50"), None], pa.decimal128(10, 2)),
        pa.array([Decimal("22.500"), None], pa.decimal128(10, 3)),
        pa.array([Decimal("22.5"), None], pa.decimal128(5, 1)),
    ],
)
def test_stored_decimals_of_any_scale_are_exact(tmp_path: Path, bmi: Any) -> None:
    assert read(store(tmp_path, bmi=bmi), SCHEMA).texts("bmi") == ["22.5", None]


def test_dictionaries_dates_and_wide_integers_are_read(tmp_path: Path) -> None:
    path = store(
        tmp_path,
        ward=pa.array(["a", None]).dictionary_encode(),
        seen=pa.array([dt.date(2024, 2, 29), dt.date(2023, 1, 1)]),
        age=pa.array([30, 41], pa.uint64()),
        bmi=pa.array([22, None], pa.int32()),
    )
    table = read(path, SCHEMA)
    assert table.texts("seen") == ["2024-02-29", "2023-01-01"]
    assert table.texts("bmi") == ["22", None]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"age": pa.array([30, 200], pa.uint8())}, [("parquet.out_of_range", 2, "age")]),
        ({"age": pa.array([30, -1], pa.int64())}, [("parquet.out_of_range", 2, "age")]),
        ({"age": pa.array([30, None], pa.int64())}, [("parquet.missing_value", 2, "age")]),
        ({"age": pa.array([30.5, 31.0])}, [("parquet.too_precise", 1, "age")]),
        ({"age": pa.array(["30", "31x"])}, [("parquet.not_a_number", 2, "age")]),
        ({"age": pa.array(["30", ""])}, [("parquet.missing_value", 2, "age")]),
        ({"bmi": pa.array([22.555, 20.0], pa.float32())}, [("parquet.too_precise", 1, "bmi")]),
        ({"age": pa.array([[30], [31]])}, [("parquet.nested", 0, "age")]),
        ({"age": pa.array([{"secret": 3}, None])}, [("parquet.nested", 0, "age")]),
        ({"age": pa.array([1, 2], pa.duration("s"))}, [("parquet.wrong_type", 0, "age")]),
        ({"patient": pa.array([b"a", b"b"])}, [("parquet.wrong_type", 0, "patient")]),
        ({"patient": pa.array([1.0, 2.0])}, [("parquet.wrong_type", 0, "patient")]),
        ({"patient": pa.array(["p1", "p2\u200b"])}, [("parquet.invisible", 2, "patient")]),
        ({"seen": pa.array([0, 7 * 3600], pa.timestamp("s"))}, [("parquet.time_of_day", 2, "seen")]),
        ({"bmi": pa.array([float("nan"), 20.0])}, [("parquet.not_finite", 1, "bmi")]),
        ({"bmi": pa.array([float("-inf"), 20.0])}, [("parquet.not_finite", 1, "bmi")]),
        ({"bmi": pa.array([22.555, 20.0])}, [("parquet.too_precise", 1, "bmi")]),
        ({"bmi": pa.array([1e300, 20.0])}, [("parquet.out_of_range", 1, "bmi")]),
        ({"bmi": pa.array([9.99, 20.0])}, [("parquet.out_of_range", 1, "bmi")]),
        ({"bmi": pa.array([5, 20], pa.int64())}, [("parquet.out_of_range", 1, "bmi")]),
        ({"bmi": pa.array([Decimal("22.555"), None], pa.decimal128(10, 3))}, [("parquet.too_precise", 1, "bmi")]),
        ({"bmi": pa.array([Decimal("9.99"), None], pa.decimal128(10, 2))}, [("parquet.out_of_range", 1, "bmi")]),
        ({"patient": pa.array(["p1", "p1"])}, [("parquet.duplicate_id", 2, "patient")]),
        ({"patient": pa.array(["p1", ""])}, [("parquet.empty_text", 2, "patient")]),
        ({"ward": pa.array(["a", "z"])}, [("parquet.not_a_choice", 2, "ward")]),
        ({"seen": pa.array(["2024-02-30", "x"])}, [("parquet.not_a_date", 1, "seen"), ("parquet.not_a_date", 2, "seen")]),
        ({"smoker": pa.array([1, 0])}, [("parquet.wrong_type", 0, "smoker")]),
        ({"age": None}, [("parquet.header_missing", 0, "age")]),
        ({"extra": pa.array([1, 2])}, [("parquet.header_extra", 0, "extra")]),
    ],
)  # fmt: skip
def test_each_fault_is_named(tmp_path: Path, changes: dict[str, Any], expected: list[tuple[str, int, str]]) -> None:
    assert problems_of(store(tmp_path, **changes)) == expected


@pytest.mark.parametrize(
    "seen",
    [
        pa.array([MIDNIGHT, MIDNIGHT + DAY], pa.timestamp("s")),
        pa.array([MIDNIGHT * 10**9, (MIDNIGHT + DAY) * 10**9], pa.timestamp("ns")),
        pa.array([MIDNIGHT - 8 * 3600, MIDNIGHT + DAY - 8 * 3600], pa.timestamp("s", "Asia/Shanghai")),
        pa.array([MIDNIGHT * 1000, (MIDNIGHT + DAY) * 1000], pa.date64()),
    ],
)
def test_midnight_in_its_own_zone_is_a_day(tmp_path: Path, seen: Any) -> None:
    assert read(store(tmp_path, seen=seen), SCHEMA).texts("seen") == ["2024-01-05", "2024-01-06"]


def test_a_time_that_is_midnight_elsewhere_is_no_day(tmp_path: Path) -> None:
    seen = pa.array([MIDNIGHT, MIDNIGHT + DAY], pa.timestamp("s", "Asia/Shanghai"))
    assert [code for code, _, _ in problems_of(store(tmp_path, seen=seen))] == ["parquet.time_of_day"] * 2


def test_int96_times_of_old_writers_are_days(tmp_path: Path) -> None:
    path = tmp_path / "visits.parquet"
    columns = {**GOOD_COLUMNS, "seen": pa.array([MIDNIGHT, MIDNIGHT + DAY], pa.timestamp("s"))}
    pq.write_table(pa.table(columns), path, use_deprecated_int96_timestamps=True)
    assert read(path, SCHEMA).texts("seen") == ["2024-01-05", "2024-01-06"]


def test_doubles_that_are_whole_are_integers_and_keep_their_nulls(tmp_path: Path) -> None:
    schema = declared(
        {"name": "id", "kind": "identifier"}, {"name": "x", "kind": "integer", "low": -5, "high": 9, "null": True}
    )
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"id": ["a", "b", "c"], "x": pa.array([1.0, None, -0.0])}), path)
    assert read(path, schema).array("x").to_pylist() == [1, None, 0]


@settings(max_examples=60)
@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=1),
    st.integers(1, 9),
    st.integers(0, 3),
    st.sampled_from([np.float32, np.float64]),
)
def test_a_float_stands_for_the_decimal_it_was_made_from(
    tmp_path_factory: pytest.TempPathFactory, units: list[int], scale: int, decimals: int, kind: Any
) -> None:
    decimals = min(decimals, scale)
    schema = declared({"name": "x", "kind": "decimal", "low": -1000000, "high": 1000000, "scale": scale})
    path = tmp_path_factory.mktemp("float") / "t.parquet"
    pq.write_table(pa.table({"x": pa.array(np.array([unit / 10**decimals for unit in units]).astype(kind))}), path)
    assert read(path, schema).array("x").to_pylist() == [unit * 10 ** (scale - decimals) for unit in units]


@pytest.mark.parametrize(
    "kind",
    [
        pa.large_string(),
        pa.string_view(),
        pa.dictionary(pa.int8(), pa.large_string()),
    ],
)
def test_texts_are_the_same_however_they_are_stored(tmp_path: Path, kind: Any) -> None:
    path, ward = tmp_path / "t.parquet", pa.array(["x", None]).cast(kind)
    pq.write_table(pa.table({"id": ["a", "b"], "ward": ward}), path)
    schema = declared({"name": "id", "kind": "identifier"}, {"name": "ward", "kind": "text", "null": True})
    assert read(path, schema).texts("ward") == ["x", None]


def test_row_labels_of_pandas_are_left_out_unless_declared(tmp_path: Path) -> None:
    path = tmp_path / "visits.parquet"
    labels = {"__index_level_0__": pa.array([0, 4]), "row": pa.array([7, 8])}
    table = pa.table({**GOOD_COLUMNS, **labels})
    pq.write_table(table, path)
    assert problems_of(path) == [("parquet.header_extra", 0, "row")]
    pq.write_table(table.replace_schema_metadata({"pandas": '{"index_columns": ["row"]}'}), path)
    assert read(path, SCHEMA).rows == 2
    schema = declared({"name": "row", "kind": "integer", "low": 0, "high": 9}, file={"undeclared": "ignore"})
    assert read(path, schema).numbers("row").tolist() == [7, 8]


@pytest.mark.parametrize(
    ("column", "stored", "expected"),
    [
        ({"kind": "integer", "low": -5, "high": 9, "null": True, "nulls": ["-999"]}, pa.array([1, -999], pa.int16()), ["1", None]),
        ({"kind": "integer", "low": -5, "high": 9, "null": True, "nulls": ["-999"]}, pa.array([1, 2], pa.int8()), ["1", "2"]),
        ({"kind": "decimal", "scale": 1, "low": 0, "high": 9, "null": True, "nulls": ["NaN"]}, pa.array([1.5, float("nan")]), ["1.5", None]),
        ({"kind": "decimal", "scale": 1, "low": 0, "high": 9, "null": True, "nulls": ["-9"]}, pa.array([Decimal("1.5"), Decimal(-9)]), ["1.5", None]),
        ({"kind": "boolean", "yes": ["1"], "no": ["0"]}, pa.array([1, 0], pa.int8()), ["true", "false"]),
        ({"kind": "text", "choices": ["1", "2"]}, pa.array([1, 2], pa.int8()), ["1", "2"]),
        ({"kind": "integer", "low": 0, "high": 9}, pa.array([Decimal(1), Decimal(2)], pa.decimal128(38, 0)), ["1", "2"]),
        ({"kind": "date", "null": True, "nulls": ["9999-12-31"]}, pa.array([0, 2932896], pa.date32()), ["1970-01-01", None]),
        ({"kind": "integer", "low": 0, "high": 9, "null": True}, pa.nulls(2), [None, None]),
    ],
)  # fmt: skip
def test_declared_spellings_hold_for_stored_values(
    tmp_path: Path, column: dict[str, Any], stored: Any, expected: list[str | None]
) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": stored}), path)
    assert read(path, declared({"name": "x", **column})).texts("x") == expected


def test_ids_stored_as_numbers_are_taken_and_pointed_out(tmp_path: Path) -> None:
    heard = Heard()
    table = read(store(tmp_path, patient=pa.array([110101199001011234, 2])), SCHEMA, heard)
    assert table.texts("patient") == ["110101199001011234", "2"]
    assert heard.codes() == ["parquet.id_stored_number"]


def test_a_truncated_or_foreign_file_is_refused(tmp_path: Path) -> None:
    path = store(tmp_path)
    path.write_bytes(path.read_bytes()[:-10])
    assert problems_of(path) == [("parquet.unreadable", 0, "")]
    path.write_text(GOOD)
    assert problems_of(path) == [("parquet.unreadable", 0, "")]
    assert problems_of(tmp_path / "none.parquet") == [("parquet.missing", 0, "")]


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "visits.parquet"
    pq.write_table(pa.table({k: v.slice(0, 0) for k, v in GOOD_COLUMNS.items()}), path)
    assert problems_of(path) == [("parquet.empty", 0, "")]
