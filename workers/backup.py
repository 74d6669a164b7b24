"""A node's backup: one file, made while the node runs, sealed to the node's storage key, and put back into an empty folder.

In it: state database, evidence logs, data sets, kept models, results, settings, the keystore as it lies on disk (encrypted under the
passphrase). Not in it: the passphrase; working copies of tasks under way, since what the node states as erased must be erased
everywhere; transactions on their way, whose nonces come from the chain. The state is read before what it speaks of, and the log is
append-only, so whatever is written meanwhile can only be more than the state says, as after a kill.

What a node did after the backup it has forgotten once it is put back: :mod:`workers.recovery` sees to it that nothing is done twice.
"""

import io
import sqlite3
import tarfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final, Self

from metrics.ground import software_version
from protocol import canonical, ids
from protocol.errors import FormatError, RefusedError, TallyError
from protocol.record import Record
from workers import disk, keystore, migrate
from workers.config import FILE as SETTINGS
from workers.config import NodeConfig
from workers.log import JOURNAL
from workers.node import DEPLOYMENT, KEYS, load_settings
from workers.recovery import Restored
from workers.state import FILE as STATE
from workers.vault import Vault

FORMAT: Final = "tallystick/node-backup/v1"
_HEAD: Final = "backup.json"
_LIST: Final = "contents"
_SINGLE: Final = (SETTINGS, DEPLOYMENT, "application.json", "broker.json")
_FOLDERS: Final = ("data", "models", "results")
_MOST: Final = 100_000
_LIMIT: Final = 1 << 33
_LIST_LIMIT: Final = 1 << 26


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup says of itself to anybody: whose it is, of when and of which release."""

    party: str
    taken: int
    block: int
    version: str

    def data(self) -> bytes:
        """Canonical bytes."""
        return canonical.dumps(
            {"format": FORMAT, "party": self.party, "taken": self.taken, "block": self.block, "version": self.version}
        )

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Parse canonical bytes."""
        record = Record(canonical.loads(data, 4096), _HEAD)
        record.const("format", FORMAT)
        found = cls(
            ids.name(record.take("party"), "party"), record.integer("taken", 0, 2**53), record.integer("block", 0, 2**53),
            record.text("version", 100),
        )  # fmt: skip
        record.done()
        return found


def backup(folder: Path, target: Path, block: int) -> Head:
    """Write a backup of the node in ``folder`` to the new file ``target`` (0600); ``block``: a final block that its chain knows.

    Refuses (``backup.inside``) a file in the state folder, and an existing one.
    """
    if target.resolve().is_relative_to(folder.resolve()):
        raise RefusedError(
            "backup.inside", f"{target} lies inside the state folder.", "Keep backups on another disk, better on another machine."
        )  # fmt: skip
    config, keys = load_settings(folder)
    vault, head = Vault(keys.storage_key), Head(config.party, int(time.time()), block, software_version())
    aside = target.with_name(f".{target.name}.new")
    disk.create_private(target, b"")
    try:
        disk.write_private(aside, b"")
        with aside.open("r+b") as file, tarfile.open(fileobj=file, mode="w") as archive:
            _put(archive, _HEAD, head.data())
            for kind in keystore.KINDS:
                _put(archive, f"{KEYS}/{kind}.json", disk.read_private(folder / KEYS / f"{kind}.json", _LIMIT))
            listed: list[dict[str, object]] = []
            for number, (name, data) in enumerate(_contents(folder)):
                _put(archive, str(number), vault.seal(_label(head, str(number)), data))
                listed.append({"name": name, "sha256": "0x" + canonical.sha256(data).hex()})
            _put(archive, _LIST, vault.seal(_label(head, _LIST), canonical.dumps({"files": listed})))
        disk.sync_file(aside)
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
        raise
    disk.sync_dir(target.parent)
    return head


def restore(source: Path, folder: Path, passphrase_file: Path | None = None) -> Head:
    """Put a backup back into ``folder``, which must not exist or be empty. Nothing is there before all of it was checked.

    The node settles at its next start what it may have forgotten. Raises ``backup.altered`` where one byte is not as it was written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RefusedError("backup.folder_in_use", f"{folder} is not empty.", "Move the old folder aside, and keep it.")
    disk.check_private(source)
    aside = folder.with_name(f".{folder.name}.restoring")
    if aside.exists():
        raise RefusedError("backup.half_done", f"{aside} is left of a restoration.", "Remove it and restore again.")
    disk.private_dir(aside)
    try:
        head = _unpack(source, aside, passphrase_file)
        with closing(sqlite3.connect(aside / STATE, isolation_level=None)) as db:
            migrate.migrate(db, aside / STATE)
            Restored(head.taken, head.block, int(time.time())).note(db)
    except BaseException:
        _remove(aside)
        raise
    if folder.exists():
        folder.rmdir()
    aside.replace(folder)
    disk.sync_dir(folder.parent)
    return head


def _unpack(source: Path, aside: Path, passphrase_file: Path | None) -> Head:
    try:
        with tarfile.open(source, mode="r:") as archive:
            members = {member.name: member for member in _members(archive)}

            def read(name: str, limit: int) -> bytes:
                member = members.get(name)
                file = archive.extractfile(member) if member is not None and member.isreg() else None
                if member is None or file is None or member.size > limit:
                    raise _altered(source, name)
                return file.read()

            head = Head.read(read(_HEAD, 4096))
            disk.private_dir(aside / KEYS)
            for kind in keystore.KINDS:
                disk.write_private(aside / KEYS / f"{kind}.json", read(f"{KEYS}/{kind}.json", 4096))
            if passphrase_file is None:
                raise FormatError(
                    "backup.passphrase", "A backup opens with the node's passphrase.", "Name its file: --passphrase-file."
                )  # fmt: skip
            keys = keystore.load(aside / KEYS, keystore.read_passphrase(passphrase_file, aside))
            vault = Vault(keys.storage_key)
            contents = Record(
                canonical.loads(vault.open(_label(head, _LIST), read(_LIST, _LIST_LIMIT)), _LIST_LIMIT), _LIST
            )
            files = contents.list("files", _MOST, _entry)
            contents.done()
            for number, (name, digest) in enumerate(files):
                data = vault.open(_label(head, str(number)), read(str(number), _LIMIT))
                if canonical.sha256(data) != digest:
                    raise _altered(source, name)
                path = aside / name
                for parent in reversed([at for at in path.parents if aside in at.parents]):
                    parent.mkdir(mode=0o700, exist_ok=True)
                disk.write_private(path, data)
            config = NodeConfig.load(aside)
            replace(config, passphrase_file=str(passphrase_file.absolute())).save(aside)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise _altered(source, type(error).__name__) from error
    if config.party != head.party:
        raise _altered(source, SETTINGS)
    return head


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """What goes in, in the one order in which it may be read beside a running node: the state first."""
    yield STATE, _state(folder / STATE)
    for name in _SINGLE:
        if (folder / name).exists():
            yield name, disk.read_private(folder / name, _LIMIT)
    for journal in sorted(folder.glob(f"log/*/{JOURNAL}")):
        # tiles and checkpoint follow from it, and are written again
        yield str(journal.relative_to(folder)), disk.read_private(journal, _LIMIT)
    for name in _FOLDERS:
        for path in sorted((folder / name).rglob("*")):
            if path.is_file() and not path.name.endswith(".new"):
                yield str(path.relative_to(folder)), disk.read_private(path, _LIMIT)


def _state(path: Path) -> bytes:
    """The state database as of one moment, by SQLite's own online backup; nothing for a node that never ran."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        if path.exists():
            with closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as db:
                db.backup(copy)
        else:
            migrate.migrate(copy, path)
        return copy.serialize()


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for number, member in enumerate(archive):
        if number > _MOST:
            raise FormatError("backup.too_large", f"The backup has more than {_MOST} files.", "It is none of ours.")
        yield member


def _entry(value: object, where: str) -> tuple[str, bytes]:
    record = Record(value, where)
    name, digest = record.text("name", 4096), record.hex32("sha256")
    record.done()
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or str(path) != name or path.parts[0] in (KEYS, "lock"):
        raise FormatError("backup.name", f"{where} names {name!r}.", "The backup is none of ours.")
    return name, digest


def _label(head: Head, name: str) -> str:
    """A piece of one backup is no piece of another."""
    return f"backup/{canonical.sha256(head.data()).hex()}/{name}"


def _put(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o600
    archive.addfile(member, io.BytesIO(data))


def _altered(source: Path, where: str) -> TallyError:
    return FormatError(
        "backup.altered", f"{source} is not as it was written ({where}).", "Take another backup; this one is damaged."
    )


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
    folder.rmdir()
