"""Where sockets and data of the embedded servers can live: short paths, and paths a second user can reach."""

import hashlib
import os
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from chain.child import Account
from protocol.errors import RefusedError

SOCKET_PATH_LIMIT: Final = 107
"""Bytes of ``sun_path`` without its final zero (unix(7))."""


def socket_folder(wanted: Path, longest_name: str, account: Account | None = None) -> Path:
    """A 0700 folder whose sockets have paths that fit: ``wanted`` itself, else one under the temporary folder.

    The second is named by user and a hash of ``wanted``, so that every start finds the same one; it is refused when
    somebody else made it first.
    """
    if len(os.fsencode(wanted / longest_name)) <= SOCKET_PATH_LIMIT:
        return private_folder(wanted, account)
    short = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]
    return private_folder(Path(tempfile.gettempdir()) / f"tally-{os.getuid()}-{short}", account)


def private_folder(folder: Path, account: Account | None = None) -> Path:
    """Makes the folder 0700 for the account (default: us); refuses a link or a stranger's folder of that name."""
    uid, gid = (os.getuid(), os.getgid()) if account is None else (account.uid, account.gid)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {uid, os.getuid()}:
        raise RefusedError(
            "embedded.foreign_folder", f"{folder} belongs to user {found.st_uid}.", "Remove it, or set TMPDIR."
        )
    if found.st_uid != uid:
        os.chown(folder, uid, gid)
    folder.chmod(0o700)
    return folder


def reachable(path: Path, account: Account) -> bool:
    """Whether the account can get to the path, tried by going there as that user."""
    try:
        tried = subprocess.run(
            ["/bin/sh", "-c", 'test -e "$1"', "sh", str(path)],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            env={},
            check=False,
            timeout=10,
        )
    except PermissionError:
        return False
    return tried.returncode == 0
