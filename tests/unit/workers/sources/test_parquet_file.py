from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.workers.sources.test_csv_file import GOOD, SCHEMA, write
from workers.sources import read
from workers.sources.problems import DataError

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
    import datetime as dt

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
        ({"age": pa.array([30.0, 31.0])}, [("parquet.wrong_type", 0, "age")]),
        ({"age": pa.array(["30", "31"])}, [("parquet.wrong_type", 0, "age")]),
        ({"bmi": pa.array([float("nan"), 20.0])}, [("parquet.not_finite", 1, "bmi")]),
        ({"bmi": pa.array([float("-inf"), 20.0])}, [("parquet.not_finite", 1, "bmi")]),
        ({"bmi": pa.array([22.555, 20.0])}, [("parquet.too_precise", 1, "bmi")]),
        ({"bmi": pa.array([1e300, 20.0])}, [("parquet.out_of_range", 1, "bmi")]),
        ({"bmi": pa.array([9.99, 20.0])}, [("parquet.out_of_range", 1, "bmi")]),
        ({"bmi": pa.array([5, 20], pa.int64())}, [("parquet.out_of_range", 1, "bmi")]),
        ({"bmi": pa.array([Decimal("22.555"), None], pa.decimal128(10, 3))}, [("parquet.too_precise", 1, "bmi")]),
        ({"bmi": pa.array([Decimal("9.99"), None], pa.decimal128(10, 2))}, [("parquet.out_of_range", 1, "bmi")]),
        ({"patient": pa.array(["p1", "p1"])}, [("parquet.duplicate_id", 2, "patient")]),
        ({"patient": pa.array(["p1", ""])}, [("parquet.bad_text", 2, "patient")]),
        ({"patient": pa.array([1, 2])}, [("parquet.wrong_type", 0, "patient")]),
        ({"ward": pa.array(["a", "z"])}, [("parquet.not_a_choice", 2, "ward")]),
        ({"seen": pa.array(["2024-02-30", "x"])}, [("parquet.bad_text", 1, "seen"), ("parquet.bad_text", 2, "seen")]),
        ({"smoker": pa.array([1, 0])}, [("parquet.wrong_type", 0, "smoker")]),
        ({"age": None}, [("parquet.header_missing", 0, "age")]),
        ({"extra": pa.array([1, 2])}, [("parquet.header_extra", 0, "extra")]),
    ],
)  # fmt: skip
def test_each_fault_is_named(tmp_path: Path, changes: dict[str, Any], expected: list[tuple[str, int, str]]) -> None:
    assert problems_of(store(tmp_path, **changes)) == expected


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
