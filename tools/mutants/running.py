"""Takes defences out of copies of the tree, one each, and runs the tests that must fail then."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.mutants import MUTANTS, Mutant
from tools.other_environment import ROOT

_LEFT_BEHIND: Final = shutil.ignore_patterns(
    ".git",
    ".venv*",
    "node_modules",
    "__pycache__",
    ".pytest_cache",
    ".hypothesis",
    ".ruff_cache",
    "out",
    "cache",
    "state",
)
_DEADLINE: Final = 600.0
_PACKAGES: Final = "audit_explorer/web/node_modules"
"""What the pages' tests need: shared by the copies, not copied."""


def broken(tree: Path, mutant: Mutant) -> None:
    """Take the defence out; :class:`ValueError` where it is not there once."""
    path = tree / mutant.file
    text = path.read_text("utf-8")
    if text.count(mutant.defence) != 1:
        raise ValueError(f"{mutant.file} says {text.count(mutant.defence)} times: {mutant.defence}")
    path.write_text(text.replace(mutant.defence, mutant.without), "utf-8")


def noticed(mutant: Mutant, tree: Path) -> bool:
    """Whether a test fails without the defence. Tests that cannot even start (exit codes above 1) notice nothing."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *mutant.tests]
    done = subprocess.run(
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        timeout=_DEADLINE,
        check=False,
    )
    return done.returncode == 1


def main(arguments: Sequence[str]) -> int:
    """Run all mutants, or those that are asked for; exit code 1 when one survives."""
    chosen = [mutant for mutant in MUTANTS if not arguments or arguments[0] in mutant.name]
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="tally-mutants-") as folder:
        for number, mutant in enumerate(chosen):
            began, tree = time.monotonic(), Path(folder) / str(number)
            shutil.copytree(ROOT, tree, ignore=_LEFT_BEHIND)
            if (ROOT / _PACKAGES).is_dir():
                (tree / _PACKAGES).symlink_to(ROOT / _PACKAGES)
            broken(tree, mutant)
            found = noticed(mutant, tree)
            survivors += not found
            word = "noticed " if found else "SURVIVED"
            sys.stdout.write(f"{word} {mutant.name} ({time.monotonic() - began:.0f} s)\n")
            sys.stdout.flush()
            shutil.rmtree(tree)
    sys.stdout.write(f"{len(chosen) - survivors} of {len(chosen)} noticed\n")
    return int(survivors > 0)
