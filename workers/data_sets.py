"""The owner's data set versions on disk: the canonical snapshot and its secret, encrypted; the root that commits to them.

A file is read once, when it is added: the rows that are committed are stored, and what is stored is what a task shares.
"""

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from protocol import canonical, ids
from protocol.catalogue import Column, DataSetDescriptor, DataSetDescriptorV1
from protocol.codec import choice
from protocol.errors import RefusedError, VerificationError
from protocol.record import Record
from workers import disk, sources
from workers.sources import commitment
from workers.sources.arrow import give_back
from workers.sources.problems import Listener
from workers.sources.schema import Schema
from workers.sources.table import Table
from workers.vault import Vault

FORMAT: Final = "tallystick/stored-version/v2"
_FORMAT_V1: Final = "tallystick/stored-version/v1"
"""Registered with a description of version 1, to which the chain holds the hash."""


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version as stored; ``secret`` derives every row and cell salt and never leaves the node."""

    data_set: str
    version: int
    schema: Schema
    rows: int
    input_root: bytes
    snapshot: bytes
    legal_basis: str
    secret: bytes = field(repr=False)
    format: str = FORMAT

    def description(self, owner: str) -> DataSetDescriptor:
        """What others see of it; its digest is the schema hash on chain."""
        found = self.schema.descriptor(self.data_set, self.version, owner, self.rows)
        if self.format == FORMAT:
            return found
        columns = tuple(Column(column.name, column.kind, column.about, None) for column in found.columns)
        return DataSetDescriptorV1(
            found.data_set, found.version, owner, found.title, columns, found.rows, found.data_level, found.sensitive
        )

    def data(self) -> bytes:
        """Canonical bytes, to be encrypted."""
        return canonical.dumps(
            {
                "format": self.format,
                "data_set": self.data_set,
                "version": self.version,
                "schema": self.schema.to_json(),
                "rows": self.rows,
                "input_root": "0x" + self.input_root.hex(),
                "snapshot": "0x" + self.snapshot.hex(),
                "legal_basis": self.legal_basis,
                "secret": "0x" + self.secret.hex(),
            }
        )


class DataSetStore:
    """The folder ``data/`` of the node."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = disk.private_dir(folder)
        self._vault = vault

    def add(
        self,
        path: Path,
        schema: Schema,
        data_set: str,
        version: int,
        legal_basis: str,
        listener: Listener = sources.SILENT,
    ) -> StoredVersion:
        """Read, commit and store a file as a version of ``data_set``; raises ``DataError`` with every problem in it, and then
        nothing is left on the disk.
        """
        ids.reference(data_set)
        table = sources.read(path, schema, listener)
        secret = secrets.token_bytes(32)
        root = commitment.input_root(table, secret, listener)
        size, snapshot = table.rows, table.snapshot()
        del table  # a large one is not held while it is encrypted
        give_back()
        stored = StoredVersion(data_set, version, schema, size, root, canonical.sha256(snapshot), legal_basis, secret)
        folder = disk.private_dir(self._folder / data_set)
        target = folder / f"{version}.version"
        if target.exists():
            raise RefusedError(
                "data_set.exists", f"Version {version} of {data_set} is stored.", "Add the next version."
            )
        self._vault.write(folder / f"{version}.snapshot", _label(data_set, version, "snapshot"), snapshot)
        self._vault.write(target, _label(data_set, version, "version"), stored.data())
        return stored

    def find(self, data_set: str, version: int) -> StoredVersion | None:
        """A stored version, or None."""
        path = self._folder / ids.reference(data_set) / f"{version}.version"
        if not path.exists():
            return None
        value = json.loads(self._vault.read(path, _label(data_set, version, "version")))
        record = Record(value, "stored_version")
        form = choice((FORMAT, _FORMAT_V1)).read(record.take("format"), "stored_version.format")
        record.const("data_set", data_set)
        found = StoredVersion(
            data_set,
            record.integer("version", version, version),
            Schema.parse(record.take("schema")),
            record.integer("rows", 1, canonical.SAFE_INTEGER),
            record.hex32("input_root"),
            record.hex32("snapshot"),
            record.text("legal_basis"),
            record.hex32("secret"),
            form,
        )
        record.done()
        return found

    def table(self, stored: StoredVersion) -> Table:
        """The stored rows, re-hashed: exactly those that ``input_root`` committed to, or ``data_set.changed``."""
        path = self._folder / stored.data_set / f"{stored.version}.snapshot"
        data = self._vault.read(path, _label(stored.data_set, stored.version, "snapshot"))
        if canonical.sha256(data) != stored.snapshot:
            raise VerificationError(
                "data_set.changed",
                f"The stored rows of {stored.data_set} are not the committed ones.",
                "Restore the data folder from its backup, or register a new version.",
            )
        return Table.restore(stored.schema, data)


def draw_reference(short: str) -> str:
    """A data set's reference name: the owner's short name and 128 random bits, so that its hash says nothing."""
    return ids.reference(f"{ids.name(short, 'short name')}-{secrets.token_hex(16)}")


def referenced(words: str) -> str:
    """Free text that could be guessed, ended by a random reference (protocol: ``[ref <32 hex>]``)."""
    return f"{words} [ref {secrets.token_hex(16)}]"


def _label(data_set: str, version: int, part: str) -> str:
    return f"data-set/{data_set}/{version}/{part}"
