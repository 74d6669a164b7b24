"""Strict Parquet: the declared columns, in stored types whose values are those of the declared kinds without rounding."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import pyarrow as pa
import pyarrow.parquet as pq

from protocol.limits import LIMITS
from workers.sources import header, stored
from workers.sources.finished import finished
from workers.sources.problems import Listener, Problems
from workers.sources.schema import Schema
from workers.sources.table import Table

_BATCH: Final = 1 << 16
_INDEX: Final = re.compile(r"__index_level_[0-9]+__")


def read(path: Path, schema: Schema, listener: Listener) -> Table:
    """The table in ``path``; raises :class:`workers.sources.problems.DataError` with all problems."""
    problems = Problems("parquet", path, listener)
    if not path.is_file():
        problems.add("missing")
    problems.stop_if_any()
    chunks: list[list[Any]] = [[] for _ in schema.columns]
    try:
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
            for start, batch in _batches(file, schema, problems):
                for column, cells, parts in zip(schema.columns, batch, chunks, strict=True):
                    parts.append(stored.typed(column, cells, lambda i, n=start: n + i + 1, problems))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError):
        problems.add("unreadable")
    problems.stop_if_any()
    return finished(schema, chunks, lambda i: i + 1, problems)


def _batches(file: Any, schema: Schema, problems: Problems) -> Iterator[tuple[int, list[Any]]]:  # noqa: ANN401 - pyarrow is untyped
    """The declared columns' cells, batch by batch, each with the number of rows before it."""
    names = list(file.schema_arrow.names)
    places = header.positions(names, schema, problems, 0, known=added_columns(file.schema_arrow))
    if not file.metadata.num_rows:
        problems.add("empty")
    if file.metadata.num_rows > LIMITS.psi_ids:
        problems.add("too_large")
    problems.stop_if_any()
    for column, place in zip(schema.columns, places, strict=True):
        kind = file.schema_arrow.field(place).type
        stored.check_type(column, kind, problems)
        if column.kind == "identifier" and pa.types.is_integer(stored.plain_type(kind)):
            problems.warn("id_stored_number", 0, column.name)
    problems.stop_if_any()
    wanted = [names[place] for place in places]
    start = 0
    for batch in file.iter_batches(_BATCH, columns=wanted, use_threads=False):
        yield start, [batch.column(name) for name in wanted]
        start += batch.num_rows
        problems.listener.progress("read", start, file.metadata.num_rows)


def added_columns(found: Any) -> list[str]:  # noqa: ANN401 - as above
    """Columns in which pandas keeps its row labels."""
    labels = [name for name in found.names if _INDEX.fullmatch(name)]
    try:
        said = json.loads(cast("dict[bytes, bytes]", found.metadata or {}).get(b"pandas", b"{}"))
    except ValueError:
        return labels
    index = said.get("index_columns", []) if isinstance(said, dict) else []
    return labels + [name for name in index if isinstance(name, str)]
