"""Holds the descriptors (ERC-7730) against the standard's own linter: ``python -m tools.clear_signing_checks``.

The linter runs on Python 3.12 alone, so it has an environment of its own (``requirements/clear-signing.lock``). It reads files, and
asks nobody: descriptors of signed messages have no contract code to be fetched for. What it takes for an error is one here; warnings are
shown (codes of reasons that the smallest displays cut off).
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, get_args

from protocol.clear_signing import HOMES, descriptor
from protocol.programs import Language
from protocol.typed import Domain
from tools.other_environment import environment

PYTHON: Final = "3.12"
_SAMPLE: Final = Domain(731_337, "0x" + "5a" * 20, bytes(range(32)))
"""A deployment for checking: what is checked is the same for all."""


def written(folder: Path) -> int:
    """Write every descriptor of the sample; how many there are."""
    made = [(language, home) for language in get_args(Language) for home in HOMES]
    for language, home in made:
        path = folder / language / f"eip712-{home}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(descriptor(home, _SAMPLE, language), ensure_ascii=False), "utf-8")
    return len(made)


def main() -> int:
    """Lint; the linter's exit code, and 1 where it did not look at every file."""
    python = os.environ.get("PYTHON312", PYTHON)
    try:
        linter = environment("clear-signing", python) / "bin" / "erc7730"
    except subprocess.CalledProcessError:
        sys.stderr.write(
            f"no Python {PYTHON}, which the linter needs: install one, or set PYTHON312=/path/to/python3.12\n"
        )
        return 2
    with tempfile.TemporaryDirectory(prefix="tally-clear-signing-") as name:
        count = written(Path(name))
        done = subprocess.run([linter, "lint", "--v2", name], capture_output=True, text=True, check=False)
    sys.stdout.write(done.stdout + done.stderr)
    return done.returncode or int(f"checked {count} v2 descriptor files" not in done.stdout)


if __name__ == "__main__":
    sys.exit(main())
