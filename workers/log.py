"""The party's append-only evidence log (RFC 6962) on disk: one folder per epoch, crash-safe, readable by tlog tools.

``journal`` is the truth: entries one after the other, each with length and checksum, synced before :meth:`append`
returns. Tiles, entry bundles and the signed ``checkpoint`` (C2SP tlog-tiles) follow from it and are rewritten when
missing. After a crash in mid-append the torn last record is cut off: nobody was ever told of it. Damage anywhere else,
or a journal shorter than its own checkpoint, is never repaired silently: a log only grows (I6).
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from protocol import checkpoint, tiles
from protocol.checkpoint import Checkpoint, Origin
from protocol.dsse import Signer
from protocol.errors import FormatError, RangeError, RefusedError, VerificationError
from protocol.merkle import MerkleTree, leaf_hash
from workers import disk

JOURNAL: Final = "journal"
_MAGIC: Final = b"tally-log-1\n"
_HEAD: Final = 12
_LIMIT: Final = 1 << 36
_BUNDLE: Final = tiles.TILE_WIDTH * (tiles.MAX_ENTRY + 2)


class EvidenceLog:
    """One epoch's log. Not thread-safe: its owner serialises calls."""

    def __init__(self, folder: Path, origin: Origin, public_key: bytes, signer: Signer) -> None:
        self.folder: Final = disk.private_dir(folder)
        self.origin: Final = origin
        self._public_key = public_key
        self._signer = signer
        self._tree = MerkleTree()
        self._offsets: list[tuple[int, int]] = []
        self._file = self._open()
        self._published = self._check_published()

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._tree.size

    def root(self, size: int | None = None) -> bytes:
        """Root of the first ``size`` entries (all when None)."""
        return self._tree.root(size)

    def entry(self, index: int) -> bytes:
        """One entry's bytes."""
        if not 0 <= index < self.size:
            raise RangeError("log.no_entry", f"The log has no entry {index}.", "Ask below its size.")
        start, length = self._offsets[index]
        return os.pread(self._file, length, start)

    def append(self, entries: Sequence[bytes]) -> int:
        """Append entries, all or none, durably; returns the index of the first."""
        first = self.size
        for entry in entries:
            if not 0 < len(entry) <= tiles.MAX_ENTRY:
                raise FormatError("log.entry_size", f"An entry of {len(entry)} bytes.", "Split the statement.")
        start = os.lseek(self._file, 0, os.SEEK_END)
        try:
            left = memoryview(b"".join(_frame(entry) for entry in entries))
            while left:
                left = left[os.write(self._file, left) :]
            os.fsync(self._file)
        except OSError:
            # a full disk: what was half written must not be taken for an entry later
            os.ftruncate(self._file, start)
            raise
        for entry in entries:
            self._offsets.append((start + _HEAD, len(entry)))
            start += _HEAD + len(entry)
            self._tree.append(entry)
        return first

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """RFC 9162 inclusion proof."""
        return self._tree.inclusion_proof(index, size)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """RFC 9162 consistency proof."""
        return self._tree.consistency_proof(old, new)

    def checkpoint(self, size: int | None = None) -> bytes:
        """A signed checkpoint of the first ``size`` entries."""
        size = self.size if size is None else size
        return checkpoint.sign(Checkpoint(self.origin, size, self.root(size)), self._public_key, self._signer)

    def publish(self) -> None:
        """Write tiles and entry bundles of the current size, then the checkpoint: readers never see it too early."""
        size = self.size
        if size == self._published:
            return
        for tile in tiles.changed_tiles(self._published, size):
            self._write(tile, tiles.tile_bytes(self._tree, tile))
        for index in range(self._published // tiles.TILE_WIDTH, -(-size // tiles.TILE_WIDTH)):
            first = index * tiles.TILE_WIDTH
            width = min(tiles.TILE_WIDTH, size - first)
            entries = [self.entry(first + i) for i in range(width)]
            self._write(tiles.Tile(None, index, width), tiles.encode_entries(entries))
        disk.write_private(self.folder / tiles.CHECKPOINT_PATH, self.checkpoint(size))
        self._published = size

    def close(self) -> None:
        """Close the journal."""
        os.close(self._file)

    def _open(self) -> int:
        path = self.folder / JOURNAL
        if not path.exists():
            disk.write_private(path, _MAGIC)
        data = disk.read_private(path, _LIMIT)
        if not data.startswith(_MAGIC):
            raise _damaged(path, 0)
        position = len(_MAGIC)
        while position < len(data):
            length = int.from_bytes(data[position : position + 4], "big")
            entry = data[position + _HEAD : position + _HEAD + length]
            if data[position : position + _HEAD + length] != _frame(entry) or not length:
                self._require_torn(path, data, position)
                break
            self._offsets.append((position + _HEAD, length))
            self._tree.append(entry)
            position += _HEAD + length
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        if position < len(data):
            os.ftruncate(descriptor, position)
            os.fsync(descriptor)
        return descriptor

    def _require_torn(self, path: Path, data: bytes, position: int) -> None:
        """A bad record may only be what a crash leaves: a last append that was not finished.

        An append is one write, so anything after its first bad byte was never acknowledged. What a checkpoint or a
        signed commitment covers is checked by :meth:`_check_published` and by the node against the chain.
        """
        length = int.from_bytes(data[position : position + 4], "big")
        whole = position + _HEAD + length <= len(data) and 0 < length <= tiles.MAX_ENTRY
        rest = data[position + _HEAD + length :]
        if whole and _starts_with_record(rest):
            raise _damaged(path, position)

    def _check_published(self) -> int:
        path = self.folder / tiles.CHECKPOINT_PATH
        if not path.exists():
            return 0
        data = disk.read_private(path, checkpoint.MAX_BYTES)
        published = checkpoint.open_checkpoint(data, self.origin, self._public_key)
        self.require(published.size, published.root)
        return published.size

    def require(self, size: int, root: bytes) -> None:
        """Refuse (``log.lost_entries``) unless the log begins with the ``size`` entries that gave ``root``."""
        if size > self.size or self.root(size) != root:
            raise VerificationError(
                "log.lost_entries",
                f"The log in {self.folder} has {self.size} entries and does not extend the {size} it once vouched for.",
                "Restore the folder from its backup; if it is lost, open a new epoch (`tally node new-epoch`).",
            )

    def _write(self, tile: tiles.Tile, data: bytes) -> None:
        path = self.folder / tile.path
        inner = [folder for folder in path.parents if self.folder in folder.parents]
        for folder in reversed(inner):  # one by one: mkdir's mode is not for the parents that it makes along the way
            folder.mkdir(mode=0o700, exist_ok=True)
        disk.write_private(path, data)
        if tile.width == tiles.TILE_WIDTH:
            # C2SP: partial tiles may go once the full one is there
            partial = path.with_name(path.name + ".p")
            for old in sorted(partial.glob("*")):
                old.unlink()
            if partial.is_dir():
                partial.rmdir()


@dataclass(frozen=True, slots=True)
class Published:
    """A log as its published checkpoint has it, with its entries."""

    origin: Origin
    size: int
    root: bytes
    entries: tuple[bytes, ...]
    tree: MerkleTree


def published(folder: Path, origin: Origin, public_key: bytes) -> Published:
    """Read the published log beside the node that writes it: checkpoint, then entry bundles, which must give its root.

    Refuses (``log.not_published``) a log without a checkpoint.
    """
    found = checkpoint.open_checkpoint(published_checkpoint(folder), origin, public_key)
    entries = tuple(entry for tile in tiles.bundles_of(found.size) for entry in _bundle(folder, tile))
    tree = MerkleTree(leaf_hash(entry) for entry in entries)
    if tree.root() != found.root:
        raise VerificationError(
            "log.damaged",
            f"The published entries in {folder} do not give their checkpoint's root.",
            "Restore the log folder from its backup.",
        )
    return Published(origin, found.size, found.root, entries, tree)


def published_checkpoint(folder: Path) -> bytes:
    """The signed checkpoint of a log's published head; refused (``log.not_published``) where there is none."""
    path = folder / tiles.CHECKPOINT_PATH
    if not path.exists():
        raise RefusedError(
            "log.not_published",
            f"The log in {folder} has no checkpoint yet.",
            "It is published with its first anchor: wait until a task's evidence is on chain.",
        )
    return disk.read_private(path, checkpoint.MAX_BYTES)


def _bundle(folder: Path, tile: tiles.Tile) -> tuple[bytes, ...]:
    """A bundle's entries; a partial one may have given way to the full one since the checkpoint was read (C2SP tlog-tiles)."""
    at = tile if (folder / tile.path).exists() else tiles.Tile(None, tile.index)
    return tiles.parse_entries(at, disk.read_private(folder / at.path, _BUNDLE))[: tile.width]


def _frame(entry: bytes) -> bytes:
    return len(entry).to_bytes(4, "big") + hashlib.sha256(entry).digest()[:8] + entry


def _starts_with_record(data: bytes) -> bool:
    length = int.from_bytes(data[:4], "big")
    return 0 < length <= tiles.MAX_ENTRY and data[: _HEAD + length] == _frame(data[_HEAD : _HEAD + length])


def _damaged(path: Path, position: int) -> VerificationError:
    return VerificationError(
        "log.damaged",
        f"{path} is damaged at byte {position}, before its end.",
        "Restore the log folder from its backup; if it is lost, open a new epoch (`tally node new-epoch`).",
    )
