"""What adding a large file costs its owner: CPU seconds and memory of reading, committing and storing it, in a process of its own."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import openpyxl
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from embedded.postgres import Postgres
from workers import disk
from workers.data_sets import DataSetStore, draw_reference
from workers.sources import SILENT, commitment, read
from workers.sources.schema import FORMAT, Schema
from workers.vault import Vault

ROWS: Final = 1_000_000
_CHUNK: Final = 100_000
_MIB: Final = 1024
SCHEMA: Final[dict[str, object]] = {
    "format": FORMAT,
    "title": {"en": "Visits", "zh": "就诊"},
    "data_level": 3,
    "sensitive": [],
    "columns": [
        {"name": "id", "kind": "identifier"},
        {"name": "age", "kind": "integer", "low": 0, "high": 120},
        {"name": "bmi", "kind": "decimal", "low": 0, "high": 100, "scale": 2},
        {"name": "cost", "kind": "decimal", "low": 0, "high": 100000, "scale": 2},
        {"name": "ward", "kind": "text"},
        {"name": "smoker", "kind": "boolean"},
        {"name": "seen", "kind": "date"},
        {"name": "visits", "kind": "integer", "low": 0, "high": 1000000},
        {"name": "marker", "kind": "decimal", "low": -100, "high": 100, "scale": 4},
        {"name": "ill", "kind": "integer", "low": 0, "high": 1},
    ],
}


TABLE: Final = """
CREATE TABLE visits (
  id text, age smallint, bmi numeric(5, 2), cost double precision, ward text, smoker boolean, seen date, visits integer,
  marker numeric(8, 4), ill smallint
)
"""


def measured(rows: int = ROWS) -> dict[str, dict[str, float]]:
    """CPU seconds of each step and peak memory in MiB, for a CSV file without quotes, one with quotes, a Parquet file, a workbook (of
    a tenth of the rows) and a table in PostgreSQL (the server's own time is not counted).
    """
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as url:
        for name in ("plain.csv", "quoted.csv", "stored.parquet", "tenth.xlsx", "database.url"):
            path = Path(folder) / name
            disk.write_private(path, url.encode())
            count = rows // 10 if path.suffix == ".xlsx" else rows
            subprocess.run([sys.executable, "-m", "benchmarks.data_sets", "write", str(path), str(count)], check=True)
            told = subprocess.run(
                [sys.executable, "-m", "benchmarks.data_sets", "add", str(path)], check=True, capture_output=True
            )
            found[name] = json.loads(told.stdout)
            path.unlink()
    return found


@contextmanager
def _served(folder: Path) -> Generator[str]:
    """The URL of a PostgreSQL server of its own."""
    folder.chmod(0o711)
    server = Postgres(folder / "postgres")
    server.start()
    try:
        yield server.dsn
    finally:
        server.stop()
        server.erase()


def write(path: Path, rows: int) -> None:
    """Write a file of made-up rows, or a table into the database that the file names."""
    rng = np.random.default_rng(1)
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        columns = {name: np.asarray(cells).tolist() for name, cells in _columns(rng, 0, rows).items()}
        sheet.append(list(columns))
        for row in zip(*columns.values(), strict=True):
            sheet.append(row)
        book.save(path)
        return
    if path.suffix == ".url":
        with psycopg.connect(path.read_text()) as connection:
            connection.execute(TABLE)
            with connection.cursor() as cursor, cursor.copy("COPY visits FROM STDIN") as copy:
                for start in range(0, rows, _CHUNK):
                    found = _columns(rng, start, min(_CHUNK, rows - start)).values()
                    copy.write("".join("\t".join(map(str, row)) + "\n" for row in zip(*found, strict=True)))
        return
    if path.suffix == ".parquet":
        pq.write_table(pa.table({name: pa.array(cells) for name, cells in _columns(rng, 0, rows).items()}), path)
        return
    with path.open("w") as file:
        for start in range(0, rows, _CHUNK):
            columns = _columns(rng, start, min(_CHUNK, rows - start))
            if not start:
                file.write(",".join(columns) + "\n")
            quote = '"' if "quoted" in path.name else ""
            texts = [[f"{quote}{cell}{quote}" for cell in cells] for cells in columns.values()]
            file.write("\n".join(map(",".join, zip(*texts, strict=True))) + "\n")


def add(path: Path) -> dict[str, float]:
    """Add the file as an owner's node does, and once more step by step."""
    place = {"file": {"table": "visits"}} if path.suffix == ".url" else {}
    schema, began = Schema.parse(SCHEMA | place), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        store = DataSetStore(Path(folder) / "data", Vault(bytes(32)))
        store.add(path, schema, draw_reference("visits"), 1, "consent")
    whole = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB
    table = read(path, schema)
    once = time.process_time()
    commitment.input_root(table, bytes(32), SILENT)
    return {
        "cpu_seconds": round(whole - began, 2),
        "read": round(once - whole, 2),
        "commit": round(time.process_time() - once, 2),
        "peak_mib": round(peak),
    }


def _columns(rng: np.random.Generator, start: int, rows: int) -> dict[str, Any]:
    days = np.datetime64("2000-01-01") + rng.integers(0, 9000, rows)
    return {
        "id": [f"P{start + i:08d}" for i in range(rows)],
        "age": rng.integers(0, 120, rows),
        "bmi": rng.uniform(10, 60, rows).round(2),
        "cost": rng.uniform(0, 99_999, rows).round(2),
        "ward": rng.choice(["north", "south", "east"], rows),
        "smoker": rng.choice(["true", "false"], rows),
        "seen": days.astype(str),
        "visits": rng.integers(0, 10**6, rows),
        "marker": rng.normal(0, 1, rows).round(4),
        "ill": rng.integers(0, 2, rows),
    }


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        print(json.dumps(add(Path(sys.argv[2]))))
