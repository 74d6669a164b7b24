"""The benchmark of adding files: the three files hold the same rows, and every figure is there."""

from pathlib import Path

from benchmarks import data_sets
from workers.sources import read
from workers.sources.schema import Schema


def test_the_files_hold_the_same_rows_and_are_measured(tmp_path: Path) -> None:
    schema, tables = Schema.parse(data_sets.SCHEMA), []
    for name in ("plain.csv", "quoted.csv", "stored.parquet", "tenth.xlsx"):
        data_sets.write(tmp_path / name, 50)
        tables.append(list(read(tmp_path / name, schema).canonical_rows()))
    assert all(table == tables[0] for table in tables)
    assert len(tables[0]) == 50
    found = data_sets.add(tmp_path / "plain.csv")
    assert set(found) == {"cpu_seconds", "read", "commit", "peak_mib"}
    assert found["peak_mib"] > 10
