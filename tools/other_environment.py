"""Environments for tools that must not share ours: made from a lock, once."""

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent


def environment(name: str, python: str = sys.executable) -> Path:
    """The folder ``.venv-<name>`` with the packages of ``requirements/<name>.lock``, made anew when the lock has changed.

    ``python`` is another Python's version or path where the packages do not run on ours; it has to be installed already.
    """
    home, lock = ROOT / f".venv-{name}", ROOT / "requirements" / f"{name}.lock"
    stamp = home / "lock"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        uv = ROOT / ".venv" / "bin" / "uv"
        subprocess.run(
            [uv, "venv", "--quiet", "--clear", "--no-python-downloads", "--python", python, home], check=True
        )
        install = [uv, "pip", "install", "--quiet", "--require-hashes", "--python", home / "bin" / "python", "-r", lock]
        subprocess.run(install, check=True)
        stamp.write_bytes(lock.read_bytes())
    return home
