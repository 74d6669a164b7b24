"""Writes how wallets show what they sign: ``python -m tools.clear_signing [--check]``.

``docs/clear-signing/`` holds what descriptors (ERC-7730) of every deployment share: one file for each contract and language, of every
type that is signed (:mod:`protocol.clear_signing`). ``--check`` writes nothing and exits 1 on a difference.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

from protocol.clear_signing import HOMES, shared
from protocol.programs import Language
from tools.web_files import ROOT, written

FOLDER: Final = ROOT / "docs" / "clear-signing"


def files() -> dict[Path, str]:
    """The folder's files."""
    return {path: json.dumps(made, indent=2, ensure_ascii=False) + "\n" for path, made in _made()}


def _made() -> Iterator[tuple[Path, dict[str, Any]]]:
    for home in HOMES:
        for language in get_args(Language):
            yield FOLDER / language / f"common-{home}.json", shared(home, language)


if __name__ == "__main__":
    sys.exit(written(files(), check="--check" in sys.argv[1:]))
