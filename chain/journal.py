"""The devnet's memory: every block's ingredients, written and synced before the block is mined.

anvil keeps its chain in memory, and its own state files fit badly: ``--state`` is torn by a kill in mid-write, and a
full dump costs 2.3 s and 22 MB after 1,000 blocks with our contracts, so a dump after every block is out of the
question and a dump every few seconds loses blocks that others already acted on. But anvil is deterministic: the same
genesis, transactions and block times give the same block hashes (mixHash included; measured over restarts). So we
keep exactly those, one line of JSON per block, and replay them at start: 2 s per 1,000 blocks, growing to 20 s once the
history contract (EIP-2935) is full; nothing lost, every old block and its newest states back (anvil keeps some thousands),
and each line's parent hash proves that it is the same chain.
"""

import errno
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from chain.child import sync_folder
from protocol.errors import FormatError

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Genesis:
    """What block 0 is made of. ``hash`` is checked after every start."""

    chain_id: int
    time: int
    hash: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One block: its number, its parent's hash, its time, and its one transaction (None: an empty block)."""

    number: int
    parent: str
    time: int
    transaction: str | None


class Journal:
    """An open journal. Appends are durable when they return."""

    def __init__(self, path: Path, genesis: Genesis, entries: list[Entry], descriptor: int) -> None:
        self.path: Final = path
        self.genesis: Final = genesis
        self.entries: Final = tuple(entries)
        self._descriptor: Final = descriptor

    @classmethod
    def create(cls, path: Path, genesis: Genesis) -> Self:
        """A new journal; the file must not exist."""
        aside = path.with_name(f".{path.name}.new")
        aside.write_text(json.dumps({"version": _VERSION, **asdict(genesis)}) + "\n", "utf-8")
        descriptor = os.open(aside, os.O_WRONLY | os.O_APPEND)
        os.fsync(descriptor)
        os.link(aside, path)
        aside.unlink()
        sync_folder(path.parent)
        return cls(path, genesis, [], descriptor)

    @classmethod
    def open(cls, path: Path) -> Self:
        """An existing journal. A last line without its end was never mined: it is cut off."""
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        lines = content[:whole].splitlines()
        with _told_as_damage(path):
            header = json.loads(lines[0])
            if header.pop("version") != _VERSION:
                raise FormatError(
                    "chain.journal_version", f"{path} is of another version.", "Start with an empty state folder."
                )
            genesis = Genesis(**header)
            entries = [Entry(**json.loads(line)) for line in lines[1:]]
            if [entry.number for entry in entries] != list(range(1, len(entries) + 1)):
                raise ValueError("block numbers have a gap")
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.ftruncate(descriptor, whole)
        return cls(path, genesis, entries, descriptor)

    def append(self, entry: Entry) -> None:
        """Writes one block's line and syncs it to disk."""
        line = (json.dumps(asdict(entry), separators=(",", ":")) + "\n").encode()
        size = os.fstat(self._descriptor).st_size
        try:
            written = os.write(self._descriptor, line)
            os.fdatasync(self._descriptor)
        except OSError:
            # Half a line would spoil the next one.
            os.ftruncate(self._descriptor, size)
            raise
        if written != len(line):
            os.ftruncate(self._descriptor, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def close(self) -> None:
        """Closes the file."""
        os.close(self._descriptor)


@contextmanager
def _told_as_damage(path: Path) -> Generator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise FormatError(
            "chain.journal_damaged",
            f"{path} is damaged: {error}.",
            "Restore it from a copy, or start with an empty state folder.",
        ) from error
