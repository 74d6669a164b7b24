"""Which transactions of a key are on their way: kept on disk before they are sent, locked between processes."""

import fcntl
import json
import os
import threading
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from chain.child import write_atomically
from protocol.errors import FormatError, UnavailableError

_POLL = 0.01


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A signed transaction that may not be in a block yet; ``refusals``: how often in a row the node refused it since."""

    nonce: int
    hash: bytes
    signed: bytes
    refusals: int = 0


class NonceBook(Protocol):
    """The outstanding transactions of one key, readable and writable while it is locked."""

    def load(self) -> tuple[Outstanding, ...]:
        """What was saved last."""
        ...

    def save(self, outstanding: tuple[Outstanding, ...]) -> None:
        """Replaces it, durably, before returning."""
        ...


class NonceStore(Protocol):
    """Books by account. ``account`` names chain and address, so that one store serves several chains."""

    def locked(self, account: str, deadline: float) -> AbstractContextManager[NonceBook]:
        """The account's book for one holder at a time, across processes; waits up to ``deadline`` seconds."""
        ...


class FileNonceStore:
    """One file per account in a folder, under an flock(2) that the kernel drops when its holder dies."""

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder

    @contextmanager
    def locked(self, account: str, deadline: float) -> Generator[NonceBook]:
        """See :class:`NonceStore`."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._folder / f"{account}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _wait_for(descriptor, account, deadline)
            yield _FileBook(self._folder / f"{account}.json")
        finally:
            os.close(descriptor)


class MemoryNonceStore:
    """Books that end with the process: for tests, and for keys that live no longer than it."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._books: Final[dict[str, _MemoryBook]] = {}

    @contextmanager
    def locked(self, account: str, deadline: float) -> Generator[NonceBook]:
        """See :class:`NonceStore`."""
        if not self._lock.acquire(timeout=deadline):
            raise _busy(account, deadline)
        try:
            yield self._books.setdefault(account, _MemoryBook())
        finally:
            self._lock.release()


class _FileBook:
    def __init__(self, path: Path) -> None:
        self._path: Final = path

    def load(self) -> tuple[Outstanding, ...]:
        if not self._path.exists():
            return ()
        try:
            entries = json.loads(self._path.read_text("utf-8"))
            return tuple(
                Outstanding(
                    int(entry["nonce"]),
                    bytes.fromhex(entry["hash"]),
                    bytes.fromhex(entry["signed"]),
                    int(entry.get("refusals", 0)),
                )
                for entry in entries
            )
        except (ValueError, KeyError, TypeError) as error:
            raise FormatError(
                "chain.nonces_damaged", f"{self._path} is damaged: {error}.", "Remove it: nonces come from the chain."
            ) from error

    def save(self, outstanding: tuple[Outstanding, ...]) -> None:
        entries = [
            {"nonce": one.nonce, "hash": one.hash.hex(), "signed": one.signed.hex(), "refusals": one.refusals}
            for one in outstanding
        ]
        write_atomically(self._path, json.dumps(entries).encode())


class _MemoryBook:
    def __init__(self) -> None:
        self._outstanding: tuple[Outstanding, ...] = ()

    def load(self) -> tuple[Outstanding, ...]:
        return self._outstanding

    def save(self, outstanding: tuple[Outstanding, ...]) -> None:
        self._outstanding = outstanding


def _wait_for(descriptor: int, account: str, deadline: float) -> None:
    stop = time.monotonic() + deadline
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > stop:
                raise _busy(account, deadline) from None
            time.sleep(_POLL)
        else:
            return


def _busy(account: str, deadline: float) -> UnavailableError:
    return UnavailableError(
        "chain.key_busy",
        f"Another sender held {account} for more than {deadline:.0f} s.",
        "Look for a process that hangs while it sends with the same key.",
    )
