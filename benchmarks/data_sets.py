"""What adding a large file costs its owner: CPU seconds and memory of reading, committing and storing it, in a process of its own."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

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


def measured(rows: int = ROWS) -> dict[str, dict[str, float]]:
    """CPU seconds of each step and peak memory in MiB, for a CSV file without quotes, one with quotes, and a Parquet file."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("plain.csv", "quoted.csv", "stored.parquet"):
            path = Path(folder) / name
            subprocess.run([sys.executable, "-m", "benchmarks.data_sets", "write", str(path), str(rows)], check=True)
            told = subprocess.run(
                [sys.executable, "-m", "benchmarks.data_sets", "add", str(path)], check=True, capture_output=True
            )
            found[name] = json.loads(told.stdout)
            path.unlink()
    return found


def write(path: Path, rows: int) -> None:
    """Write a file of made-up rows."""
    rng = np.random.default_rng(1)
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
    schema, began = Schema.parse(SCHEMA), time.process_time()
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
