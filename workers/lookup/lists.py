"""A holder's lists: under ``lookup/lists/<list>/`` one key period at a time, with its key and its mirrors.

The key is sealed under the node's storage key and lives for a day at most. It is in no backup: a node that was put back makes a new
mirror. A mirror's version is kept before its table is made, because it is the nonce of the labels in it.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, ClassVar, Final

from lookup import mirror, oprf
from protocol import canonical, dsse, ids
from protocol.codec import COLUMN, integer, or_empty, raw, sequence
from protocol.errors import RefusedError
from protocol.fields import Count, Document, Name, Reference
from protocol.limits import LIMITS
from protocol.lookup import (
    LONGEST_LABEL,
    MIRROR_TYPE,
    PERIOD,
    MirrorManifest,
    MirrorVersion,
    cell_size,
    opened,
    oprf_input,
    packed,
)
from workers import disk
from workers.data_sets import DataSetStore, StoredVersion
from workers.keystore import NodeKeys
from workers.lookup.ids import compared
from workers.lookup.outputs import outputs
from workers.vault import Vault

FOLDER: Final = "lookup"
_PERIOD: Final = "period"
_SUFFIX: Final = ".mirror"
_LIMIT: Final = 1 << 32
_VERSION: Final = integer(1, 2**32 - 1)


@dataclass(frozen=True, slots=True)
class KeyPeriod(Document):
    """A list's key and what was published under it; ``published`` are the data set's versions, in order, each a mirror's version."""

    FORMAT: ClassVar[str] = "tallystick/lookup-period/v1"
    WHERE: ClassVar[str] = "period"
    LIMIT: ClassVar[int] = LIMITS.envelope

    name: Name
    secret: Annotated[bytes, raw(32)] = field(repr=False)
    not_before: Count
    not_after: Count
    data_set: Reference
    label: Annotated[str, or_empty(COLUMN)]
    label_bytes: Annotated[int, integer(0, LONGEST_LABEL)]
    published: Annotated[tuple[int, ...], sequence(_VERSION, LIMITS.log_entries)]

    @property
    def folder(self) -> str:
        """Name of its folder."""
        return str(self.not_before)


@dataclass(frozen=True, slots=True)
class Change:
    """What additions say: how many entries they have, and how many left the list but are found until the key changes."""

    manifest: MirrorManifest
    added: int
    gone: int


class Lists:
    """The folder ``lookup/lists`` of a node."""

    def __init__(self, state: Path, party: str, keys: NodeKeys, vault: Vault, store: DataSetStore) -> None:
        self._folder = disk.private_dir(disk.private_dir(state / FOLDER) / "lists")
        self._party = party
        self._keys = keys
        self._vault = vault
        self._store = store
        self._known: dict[Path, MirrorVersion] = {}

    def names(self) -> list[str]:
        """The lists that have a key."""
        return sorted(path.name for path in self._folder.iterdir() if path.is_dir() and self._newest(path.name))

    def present(self, name: str) -> str:
        """Which period of a list is the present one; "" where it has none."""
        newest = self._newest(name)
        return "" if newest is None else newest.name

    def make(self, name: str, data_set: str, version: int, label: str, seconds: int, now: int) -> MirrorManifest:
        """Draw a key that is in force from now for ``seconds``, and publish a full mirror of a stored version under it.

        The key before it answers nothing from here on, and its folder is erased.
        """
        if not 0 < seconds <= PERIOD:
            raise RefusedError("lookup.period", f"A key of {seconds} s is not allowed.", f"Take at most {PERIOD} s.")
        with self._locked(name) as folder:
            entries = self._entries(data_set, version, label)  # what is asked for is judged before when it is asked
            before = self._newest(name)
            if before is not None and int(before.name) >= now:
                raise RefusedError(
                    "lookup.too_soon",
                    "This second has a key already, or the clock was put back.",
                    "Try again, and check the clock.",
                )
            labels = mirror.label_size(entries.values())
            period = KeyPeriod(name, oprf.draw(), now, now + seconds, data_set, label, labels, (version,))
            self._save(period)
            manifest = self._publish(period, entries, None)
            for other in folder.iterdir():
                if other.is_dir() and other.name != period.folder:
                    _erase(other)
        return manifest

    def add(self, name: str, version: int, now: int) -> Change:
        """Publish what a later stored version of the list's data set has and the mirror has not, under the same key."""
        with self._locked(name):
            period = self.period(name)
            base = self.base(period)
            base.in_force(now)
            # what was begun and not published is published now, under the next number
            done = [each for number, each in enumerate(period.published, 1) if self._path(period, number).exists()]
            if version <= done[-1]:
                raise RefusedError(
                    "lookup.older_version",
                    f"The list holds version {done[-1]} of {period.data_set}.",
                    "Name a later one.",
                )
            known: dict[bytes, str] = {}
            for published in done:
                known |= self._entries(period.data_set, published, period.label)
            present = self._entries(period.data_set, version, period.label)
            fresh = {item: label for item, label in present.items() if known.get(item) != label}
            period = replace(period, published=(*period.published, version))
            self._save(period)
            return Change(self._publish(period, fresh, base.digest()), len(fresh), len(known.keys() - present.keys()))

    def period(self, name: str) -> KeyPeriod:
        """A list's present key; raises ``lookup.no_list`` where there is none."""
        newest = self._newest(ids.name(name, "list"))
        if newest is None:
            raise RefusedError(
                "lookup.no_list", f"There is no list {name!r} here.", "Make its mirror with `tally lookup make`."
            )
        return KeyPeriod.read(self._vault.read(newest / _PERIOD, _label(name, newest.name)))

    def versions(self, period: KeyPeriod) -> tuple[MirrorVersion, ...]:
        """What is published under a key; a file is read once, for it never changes."""
        return tuple(self._known.get(path) or self._learn(path) for path in self._files(period))

    def base(self, period: KeyPeriod) -> MirrorManifest:
        """The full mirror's manifest under a key."""
        return opened(self.file(period, 1), self._keys.node_public)[0]

    def file(self, period: KeyPeriod, version: int) -> bytes:
        """A version's file; raises ``lookup.no_version``."""
        path = self._path(period, version)
        if not path.exists():
            raise RefusedError(
                "lookup.no_version", f"{period.name} has no version {version}.", "Ask which versions there are."
            )
        return disk.read_private(path, _LIMIT)

    def _entries(self, data_set: str, version: int, label: str) -> dict[bytes, str]:
        """A stored version's ids in the form that alignments compare, each with its label."""
        stored = self._stored(data_set, version)
        if not stored.schema.identifier:
            raise RefusedError("lookup.no_ids", f"{data_set} has no column of ids.", "Declare one as `identifier`.")
        rows = self._store.table(stored)
        found = compared([text or "" for text in rows.texts(stored.schema.identifier)])
        labels = [text or "" for text in rows.texts(label)] if label else [""] * len(found)
        return dict(zip(found, labels, strict=True))

    def _stored(self, data_set: str, version: int) -> StoredVersion:
        stored = self._store.find(data_set, version)
        if stored is None:
            raise RefusedError("data_set.unknown", f"{data_set} version {version} is not stored.", "Add it.")
        return stored

    def _publish(self, period: KeyPeriod, entries: dict[bytes, str], extends: bytes | None) -> MirrorManifest:
        version, added = len(period.published), extends is not None
        found = outputs(period.secret, [oprf_input(item) for item in entries])
        cells = mirror.table(list(zip(found, entries.values(), strict=True)), version, period.label_bytes, added=added)
        manifest = MirrorManifest(
            self._party, period.name, version, extends, oprf.public_key(period.secret), period.not_before, period.not_after,
            len(cells) // cell_size(period.label_bytes), period.label_bytes, canonical.sha256(cells),
        )  # fmt: skip
        manifest = MirrorManifest.read(manifest.data())
        envelope = dsse.sign(manifest.data(), self._keys.node_public, self._keys.sign, MIRROR_TYPE)
        disk.write_private(self._path(period, version), packed(envelope, cells))
        return manifest

    def _save(self, period: KeyPeriod) -> None:
        self._vault.write(
            disk.private_dir(self._place(period)) / _PERIOD, _label(period.name, period.folder), period.data()
        )

    def _files(self, period: KeyPeriod) -> Sequence[Path]:
        return sorted(self._place(period).glob(f"*{_SUFFIX}"), key=lambda path: int(path.stem))

    def _place(self, period: KeyPeriod) -> Path:
        return self._folder / period.name / period.folder

    def _path(self, period: KeyPeriod, version: int) -> Path:
        return self._place(period) / f"{version}{_SUFFIX}"

    def _learn(self, path: Path) -> MirrorVersion:
        data = disk.read_private(path, _LIMIT)
        manifest, _ = opened(data, self._keys.node_public)
        self._known[path] = MirrorVersion(manifest.version, manifest.digest(), len(data))
        return self._known[path]

    def _newest(self, name: str) -> Path | None:
        folder = self._folder / name
        made = folder.iterdir() if folder.is_dir() else ()
        # one whose full mirror is not there yet, or never will be, is none
        found = [path for path in made if (path / f"1{_SUFFIX}").exists() and (path / _PERIOD).exists()]
        return max(found, key=lambda path: int(path.name), default=None)

    @contextmanager
    def _locked(self, name: str) -> Generator[Path]:
        folder = disk.private_dir(self._folder / ids.name(name, "list"))
        with disk.exclusive(folder / "lock", f"the list {name}"):
            yield folder


def _label(name: str, folder: str) -> str:
    return f"lookup/{name}/{folder}"


def _erase(folder: Path) -> None:
    """Remove a period that is over: its key first."""
    disk.erase(folder / _PERIOD)
    for path in folder.iterdir():
        path.unlink(missing_ok=True)
    folder.rmdir()
