"""Where and with what a run was made."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.engine import spu_environment
from benchmarks.engine.processes import ROOT


def described(size_name: str) -> dict[str, str]:
    """Everything that a figure depends on and that a reader can compare."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit(),
        "size": size_name,
        "cpu": _cpu(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "mpyc": version("mpyc"),
        "scikit-learn": version("scikit-learn"),
        "spu": _spu(),
        "kernels": kernels(),
        "load_before": f"{os.getloadavg()[0]:.2f}",
    }


def stamp() -> str:
    """When, of which commit and under which load a row is measured."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M UTC}, {commit()}, load {os.getloadavg()[0]:.2f}"


def kernels() -> str:
    """Which variant of the field's kernels this machine runs."""
    from mpc.backends.fast import kernels as found  # noqa: PLC0415 - chooses a variant when imported

    return found.variant()


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def commit() -> str:
    """The commit, and whether files differ from it."""
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        return f"{head} with changes" if _git("status", "--porcelain") else head
    except (OSError, subprocess.CalledProcessError):
        return "no repository"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _spu() -> str:
    if not spu_environment.present():
        return "not installed"
    lines = spu_environment.LOCK.read_text().splitlines()
    return next(line.split("==")[1].split()[0] for line in lines if line.startswith("spu==")) + " (ABY3, FM64)"
