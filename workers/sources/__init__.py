"""Data sources: strict readers that turn an owner's file or database into a typed table, or say every problem with it first."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from protocol.errors import FormatError
from workers.sources import csv_file, database, excel_file, parquet_file, plink_file
from workers.sources.problems import Listener
from workers.sources.reading import PLACES, FileForm
from workers.sources.schema import Schema
from workers.sources.table import Table

READERS: Final[dict[str, Callable[[Path, Schema, Listener], Table]]] = {
    ".csv": csv_file.read, ".tsv": csv_file.read, ".txt": csv_file.read, ".parquet": parquet_file.read,
    ".xlsx": excel_file.read, ".url": database.read, ".bed": plink_file.read,
}  # fmt: skip
"""By the end of a file's name. What separates the cells of a text file is declared, whatever its name says."""
OTHERS: Final[dict[str, str]] = dict.fromkeys(
    (".xls", ".xlsm", ".xlsb", ".ods", ".et"), "Save it as .xlsx, without macros and with the values only."
)
"""Kinds of files that are known and not read, with what to do."""
_TEXT: Final = ("encoding", "separator")
_OWN: Final = {
    ".csv": _TEXT, ".tsv": _TEXT, ".txt": _TEXT, ".parquet": (), ".xlsx": ("sheet",), ".url": ("table", "query"),
    ".bed": (),
}  # fmt: skip
"""Which words of ``[file]`` mean something for a file, by the end of its name; the other words are about cells of every kind."""
_STRICT: Final = FileForm()
SILENT: Final = Listener()


def read(path: Path, schema: Schema, listener: Listener = SILENT) -> Table:
    """The table in ``path``, read once; raises ``DataError`` with every problem. ``listener`` hears progress and warnings."""
    check_kind(path)
    check_places(path, schema.form)
    check_genotypes(path, schema)
    return READERS[path.suffix.lower()](path, schema, listener)


def check_kind(path: Path) -> None:
    """Refuse (``source.kind``) a file of a kind that is not read, by its name."""
    if path.suffix.lower() not in READERS:
        raise FormatError(
            "source.kind",
            f"{path.name} is none of {', '.join(READERS)}.",
            OTHERS.get(path.suffix.lower(), "Export it as one of them; a database is named in a .url file."),
        )


def check_genotypes(path: Path, schema: Schema) -> None:
    """Refuse (``source.genotypes``) genotypes declared for a file that has none."""
    if path.suffix.lower() != ".bed" and any(column.kind == "genotypes" for column in schema.columns):
        raise FormatError(
            "source.genotypes",
            f"Genotypes are declared, and {path.name} has none.",
            "Genotypes are read from PLINK's .bed, with its .bim and .fam beside it.",
        )


def check_places(path: Path, form: FileForm) -> None:
    """Refuse (``source.place``) what is declared for a file that has no such thing: it would be ignored in silence."""
    known = _OWN.get(path.suffix.lower(), ())
    for key in (*_TEXT, *PLACES):
        if key not in known and getattr(form, key) != getattr(_STRICT, key):
            raise FormatError(
                "source.place",
                f"`{key}` is declared, and {path.name} has none.",
                "`encoding` and `separator` are a text file's (.csv, .tsv, .txt), a `sheet` is a workbook's (.xlsx), `table` and "
                "`query` are a database's (.url). Take the word out.",
            )
