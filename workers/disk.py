"""Durable, private files: what the node keeps survives a power cut and is readable by its own user only."""

import fcntl
import os
import secrets
import stat
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from protocol.errors import FormatError, RefusedError

_OTHERS: Final = 0o077
_WIPE_CHUNK: Final = 1 << 20


def private_dir(path: Path) -> Path:
    """The folder ``path`` with mode 0700, made when missing; a looser one is refused (``disk.loose_mode``)."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check(path, path.lstat(), directory=True)
    return path


def check_private(path: Path) -> None:
    """Refuse a file that is a link, another user's or readable by others."""
    _check(path, path.lstat(), directory=False)


def read_private(path: Path, limit: int) -> bytes:
    """At most ``limit`` bytes of a regular file of this user that nobody else can read; links are not followed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise RefusedError("disk.missing", f"{path} does not exist.", "Create it or correct the path.") from error
    except OSError as error:
        raise RefusedError(
            "disk.unreadable", f"{path} cannot be opened: {error.strerror}.", "Correct the path."
        ) from error
    with os.fdopen(descriptor, "rb") as file:
        _check(path, os.fstat(descriptor), directory=False)
        data = file.read(min(limit, os.fstat(descriptor).st_size) + 1)
    if len(data) > limit:
        raise FormatError("disk.too_large", f"{path} has more than {limit} bytes.", "Check that it is the right file.")
    return data


def write_private(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data`` (mode 0600) at once and durably: after a crash it is the old or the new content."""
    write_private_pieces(path, (data,))


def write_private_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """As :func:`write_private`, for what need not be in memory as a whole."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(descriptor)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_dir(path.parent)


def create_private(path: Path, data: bytes) -> None:
    """As :func:`write_private`, but an existing file is kept and refused (``disk.exists``)."""
    if path.exists() or path.is_symlink():
        raise RefusedError("disk.exists", f"{path} exists already.", "Keep it, or name another path.")
    write_private(path, data)


def sync_dir(path: Path) -> None:
    """Make renames and removals inside ``path`` durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make what was written to a file durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def erase(path: Path) -> None:
    """Overwrite and remove a file; a missing one is fine.

    On journalling and flash storage an overwrite may miss old blocks: that is why everything of value is encrypted.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    with os.fdopen(descriptor, "wb") as file:
        left = os.fstat(descriptor).st_size
        while left > 0:
            file.write(bytes(min(left, _WIPE_CHUNK)))
            left -= _WIPE_CHUNK
        file.flush()
        os.fsync(descriptor)
    path.unlink(missing_ok=True)
    sync_dir(path.parent)


@contextmanager
def exclusive(path: Path, owner: str) -> Generator[None]:
    """Hold the lock file ``path``; a second holder is refused at once (``disk.locked``). The kernel drops it on exit."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RefusedError(
                "disk.locked",
                f"Another process uses {owner}.",
                "Stop the other process first; one writer is allowed.",
            ) from error
        yield
    finally:
        os.close(descriptor)


def _check(path: Path, found: os.stat_result, *, directory: bool) -> None:
    kind = stat.S_ISDIR if directory else stat.S_ISREG
    if not kind(found.st_mode):
        raise RefusedError(
            "disk.wrong_kind", f"{path} is no {'folder' if directory else 'regular file'}.", "Correct the path."
        )
    if found.st_uid != os.geteuid():
        raise RefusedError("disk.foreign_owner", f"{path} belongs to another user.", "Run the node as that user.")
    if found.st_mode & _OTHERS:
        mode = "0700" if directory else "0600"
        raise RefusedError(
            "disk.loose_mode",
            f"{path} can be read by other users (mode {stat.S_IMODE(found.st_mode):04o}).",
            f"Run `chmod {mode} {path}` and check who could have read it.",
        )
