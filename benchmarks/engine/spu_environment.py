"""SPU in a virtual environment of its own: it needs Python 3.10 or 3.11 and numpy 1.26, so it cannot share ours."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements" / "bench-spu.lock"
_PYTHONS = ("python3.11", "python3.10")


class UnavailableError(Exception):
    """SPU cannot be had here; the message says why."""


def folder() -> Path:
    """Where it is installed: outside the repository, named after the lock it was made from."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "tallystick" / f"spu-{sha256(LOCK.read_bytes()).hexdigest()[:16]}"


def present() -> bool:
    """Whether it is installed already."""
    return (folder() / "complete").exists()


def python() -> Path:
    """Its interpreter, after installing it from the hashed lock where that has not been done (a minute, 1 GB)."""
    place = folder()
    if not present():
        print(f"installing SPU into {place}", flush=True)
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        uv = Path(sys.executable).with_name("uv")
        _run([str(uv), "venv", "--quiet", "--python", _interpreter(), str(place)])
        sync = [str(uv), "pip", "sync", "--quiet", "--require-hashes", "--python", str(place / "bin" / "python")]
        try:
            _run([*sync, str(LOCK)])
        except UnavailableError:
            shutil.rmtree(place, ignore_errors=True)
            raise
        (place / "complete").touch()
    return place / "bin" / "python"


def _interpreter() -> str:
    if sys.version_info[:2] in {(3, 10), (3, 11)}:
        return sys.executable
    for name in _PYTHONS:
        found = shutil.which(name)
        if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            return found
    raise UnavailableError("SPU 0.9.5 needs Python 3.10 or 3.11 beside the project's own; none is on the PATH")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise UnavailableError(f"SPU could not be installed: {lines[0]}")
