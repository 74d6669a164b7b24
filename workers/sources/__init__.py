"""Data sources: strict readers that turn an owner's file into a typed table, or say every problem with it first."""

from pathlib import Path

from protocol.errors import FormatError
from workers.sources import csv_file, parquet_file
from workers.sources.schema import Schema
from workers.sources.table import Table


def read(path: Path, schema: Schema) -> Table:
    """The table in ``path`` (``.csv`` or ``.parquet``), read once; raises ``DataError`` with every problem."""
    readers = {".csv": csv_file.read, ".parquet": parquet_file.read}
    if path.suffix not in readers:
        raise FormatError("source.kind", f"{path.name} is neither .csv nor .parquet.", "Export it as one of them.")
    return readers[path.suffix](path, schema)
