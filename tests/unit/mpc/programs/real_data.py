"""Public data sets beside the repository; tests that want them skip where they are absent."""

import csv
import gzip
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

DATA = Path(__file__).parents[5] / "shared" / "data"


@cache
def table(name: str) -> dict[str, list[str]]:
    """All columns of ``shared/data/<name>`` as texts."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"needs the public data set {path}")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return {column: [row[at] for row in rows] for at, column in enumerate(header)}


def numbers(name: str, columns: Sequence[str]) -> Any:
    """Numeric columns, shape (rows, columns)."""
    found = table(name)
    return np.array([[float(text) for text in found[column]] for column in columns]).T


def codes(name: str, column: str) -> Any:
    """A text column as 0, 1, 2, … in sorted order."""
    return np.unique(table(name)[column], return_inverse=True)[1].astype(float)
