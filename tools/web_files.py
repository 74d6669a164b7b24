"""Where the pages' generated files are, and how they are written or compared."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
WEB: Final = ROOT / "audit_explorer" / "web"
GENERATED: Final = WEB / "src" / "generated"


def written(texts: Mapping[Path, str], *, check: bool) -> int:
    """Write the files; with ``check`` compare them only. Returns the exit code: 1 where a committed one differs."""
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]
    if not check:
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], "utf-8")
        return 0
    for path in stale:
        print(f"{path.relative_to(ROOT)} is not what its sources give: run `make web`", file=sys.stderr)  # noqa: T201
    return 1 if stale else 0
