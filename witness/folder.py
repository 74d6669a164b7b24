"""What a witness keeps: ``key``, ``logs`` (a C2SP tlog-policy with the logs that it follows), and ``heads/``, one file per log.

A head file is the signed checkpoint that was cosigned last. It is replaced at once and durably (written aside, synced, renamed, the
folder synced) **before** the cosignature is made, so no kill and no power cut lets a witness forget what it vouched for. Without
``heads/`` nothing is served: a witness that lost its memory could cosign a second history, and must end with its key.
"""

import hashlib
from pathlib import Path
from typing import Final

from protocol import checkpoint, policy
from protocol.checkpoint import SignedCheckpoint
from protocol.errors import FormatError, RefusedError
from protocol.policy import Policy
from protocol.vkeys import VerifierKey
from witness import key
from witness.key import WitnessKey
from workers import disk

KEY: Final = "key"
LOGS: Final = "logs"
HEADS: Final = "heads"
FORKS: Final = "forks"
LOCK: Final = "lock"
MOST_FORKS: Final = 64
"""Contradictions that are kept of all logs: each needs a signature of a log's own key, and a few prove all that many do."""
_EMPTY: Final = (
    b"# The logs that this witness follows: one line `log <verifier key>` for each (C2SP tlog-policy).\nquorum none\n"
)


class Folder:
    """A witness's folder (0700). Not thread-safe: its owner serialises calls."""

    def __init__(self, path: Path) -> None:
        self.path: Final = disk.private_dir(path)
        self._read: tuple[tuple[int, int, int], dict[str, bytes]] | None = None

    def key(self) -> WitnessKey:
        """The signing key."""
        return key.load(self.path / KEY)

    def logs(self) -> dict[str, bytes]:
        """The public key of each log that is followed, by its origin; read again when the file was changed."""
        found = (self.path / LOGS).stat()
        seen = (found.st_mtime_ns, found.st_size, found.st_ino)
        if self._read is None or self._read[0] != seen:
            data = disk.read_private(self.path / LOGS, policy.LIMIT)
            try:
                logs = Policy.read(data).logs
            except FormatError as error:
                raise RefusedError("witness.logs", f"{self.path / LOGS}: {error.what}", error.fix) from error
            self._read = seen, {item.name: item.public for item in logs}
        return self._read[1]

    def follow(self, log: VerifierKey) -> bool:
        """Follow one more log; False when that was so before. Another key for a name that is followed is refused."""
        known = self.logs().get(log.name)
        if known is not None and known != log.public:
            raise RefusedError(
                "witness.other_key",
                f"{log.name} is followed with another key.",
                "A new key opens a new epoch: ask why.",
            )
        if known is None:
            checkpoint.parse_origin(log.name)
            text = disk.read_private(self.path / LOGS, policy.LIMIT)
            disk.write_private(self.path / LOGS, f"log {log.text()}\n".encode() + text)
        return known is None

    def head(self, origin: str) -> SignedCheckpoint | None:
        """The checkpoint of a log that was cosigned last, None where none was. A damaged one is an error, never None."""
        path = self._head(origin)
        if not path.exists():
            return None
        try:
            return checkpoint.parse(disk.read_private(path, checkpoint.MAX_BYTES))
        except FormatError as error:
            raise RefusedError(
                "witness.damaged",
                f"{path} is no whole checkpoint: what was cosigned of {origin} is not known.",
                "Put this one file back if you have it; else end this key and make a new witness.",
            ) from error

    def kept_at(self, origin: str) -> int | None:
        """Unix time at which that was remembered."""
        path = self._head(origin)
        return int(path.stat().st_mtime) if path.exists() else None

    def keep(self, note: SignedCheckpoint) -> None:
        """Remember a head durably; nothing may be signed before this returns."""
        disk.write_private(self._head(note.checkpoint.origin.text()), note.data())

    def forked(self, note: SignedCheckpoint) -> None:
        """Keep a head that a log signed against the one that it had signed before, up to :data:`MOST_FORKS`."""
        folder = disk.private_dir(self.path / FORKS)
        path = folder / hashlib.sha256(note.checkpoint.body()).hexdigest()
        if not path.exists() and sum(1 for _ in folder.iterdir()) < MOST_FORKS:
            disk.write_private(path, note.data())

    def forks(self) -> list[SignedCheckpoint]:
        """The heads that contradict what was cosigned."""
        paths = sorted((self.path / FORKS).glob("*")) if (self.path / FORKS).exists() else []
        return [checkpoint.parse(disk.read_private(path, checkpoint.MAX_BYTES)) for path in paths]

    def _head(self, origin: str) -> Path:
        return self.path / HEADS / hashlib.sha256(origin.encode()).hexdigest()


def create(path: Path, name: str) -> WitnessKey:
    """A new witness's folder with a fresh key."""
    folder = disk.private_dir(path)
    found = key.draw(folder / KEY, name)
    disk.create_private(folder / LOGS, _EMPTY)
    disk.private_dir(folder / HEADS)
    return found


def opened(path: Path) -> Folder:
    """A witness's folder with its memory; ``witness.no_memory`` where that is not there."""
    folder = Folder(path)
    if not (folder.path / HEADS).is_dir():
        raise RefusedError(
            "witness.no_memory",
            f"{folder.path} has no folder {HEADS}: what this witness cosigned is lost.",
            "Put it back; if it is lost for good, end this key and make a new witness with `tally witness init`.",
        )
    return folder
