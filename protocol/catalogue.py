"""A data set's public description: what proposers see of it, and what its ``schemaHash`` on chain binds.

No values, no statistics: titles, columns with their kinds, and the number of rows. Its owner's node key signs it.
"""

import hashlib
import itertools
from dataclasses import dataclass
from typing import Final, Self

from protocol import canonical, ids
from protocol.errors import FormatError
from protocol.limits import LIMITS
from protocol.programs import Words
from protocol.record import Record

FORMAT: Final = "tallystick/data-set/v1"
DATA_SET_TYPE: Final = "application/vnd.tallystick.data-set+json"
LIMIT: Final = 1024 * 1024
COLUMN_KINDS: Final = ("boolean", "date", "decimal", "identifier", "integer", "text")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, kind and meaning."""

    name: str
    kind: str
    about: Words

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one column."""
        record = Record(value, where)
        name, kind = ids.column(record.take("name"), f"{where}.name"), record.text("kind", 20)
        if kind not in COLUMN_KINDS:
            raise FormatError(
                "data_set.column_kind", f"{where}.kind {kind!r} is no column kind.", f"Use {', '.join(COLUMN_KINDS)}."
            )
        found = cls(name, kind, Words.parse(record.take("about"), f"{where}.about"))
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {"name": self.name, "kind": self.kind, "about": self.about.to_json()}


@dataclass(frozen=True, slots=True)
class DataSetDescriptor:
    """One version of a data set as the catalogue shows it; columns are strictly sorted by name."""

    data_set: str
    version: int
    owner: str
    title: Words
    columns: tuple[Column, ...]
    rows: int
    data_level: int
    sensitive: tuple[str, ...]

    @classmethod
    def read(cls, payload: bytes) -> Self:
        """Parse canonical bytes; ``sensitive`` names special kinds (``genes``, ``health``, ``minors`` …)."""
        record = Record(canonical.loads(payload, LIMIT), "data_set")
        record.const("format", FORMAT)
        found = cls(
            data_set=ids.reference(record.take("data_set"), "data_set.data_set"),
            version=record.integer("version", 1, 2**32 - 1),
            owner=ids.name(record.take("owner"), "data_set.owner"),
            title=Words.parse(record.take("title"), "data_set.title"),
            columns=record.list("columns", LIMITS.columns, Column.parse),
            rows=record.integer("rows", 0, canonical.SAFE_INTEGER),
            data_level=record.integer("data_level", 1, 5),
            sensitive=record.names("sensitive", 32),
        )
        record.done()
        names = [column.name for column in found.columns]
        if not names or any(a >= b for a, b in itertools.pairwise(names)):
            raise FormatError(
                "data_set.columns_order",
                "The columns are not strictly sorted by name, or there are none.",
                "Sort them by name; each name occurs once.",
            )
        return found

    def data(self) -> bytes:
        """Canonical bytes: the DSSE payload."""
        return canonical.dumps(
            {
                "format": FORMAT,
                "data_set": self.data_set,
                "version": self.version,
                "owner": self.owner,
                "title": self.title.to_json(),
                "columns": [column.to_json() for column in self.columns],
                "rows": self.rows,
                "data_level": self.data_level,
                "sensitive": list(self.sensitive),
            }
        )

    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes: the data set's ``schemaHash`` on chain."""
        return hashlib.sha256(self.data()).digest()
