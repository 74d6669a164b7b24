"""Data sources: strict readers that turn an owner's file into a typed table, or say every problem with it first."""

from pathlib import Path
from typing import Final

from protocol.errors import FormatError
from workers.sources import csv_file, parquet_file
from workers.sources.problems import Listener
from workers.sources.schema import Schema
from workers.sources.table import Table

READERS: Final = {".csv": csv_file.read, ".tsv": csv_file.read, ".txt": csv_file.read, ".parquet": parquet_file.read}
"""By the end of a file's name. What separates the cells of a text file is declared, whatever its name says."""
SILENT: Final = Listener()


def read(path: Path, schema: Schema, listener: Listener = SILENT) -> Table:
    """The table in ``path``, read once; raises ``DataError`` with every problem. ``listener`` hears progress and warnings."""
    read_kind = READERS.get(path.suffix.lower())
    if read_kind is None:
        raise FormatError("source.kind", f"{path.name} is none of {', '.join(READERS)}.", "Export it as one of them.")
    return read_kind(path, schema, listener)
