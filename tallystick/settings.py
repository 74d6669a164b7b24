"""A file of settings for one party: lines ``TALLY_…=value`` as a shell would export them."""

import re
from pathlib import Path
from typing import Final

from protocol.errors import FormatError

OPTION: Final = "TALLY_SETTINGS"
"""Names such a file itself; it stands in none."""
_LINE: Final = re.compile(r"(?:export )?(TALLY_[A-Z_]+)=(.*)")
_LIMIT: Final = 64 * 1024


def read(path: Path) -> dict[str, str]:
    """The settings in a file; it names files with secrets and holds none. Comments (#) and empty lines are left out."""
    try:
        text = path.read_bytes()[: _LIMIT + 1].decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(
            "settings.unreadable", f"{path} cannot be read as text ({type(error).__name__}).", "Correct --settings."
        ) from error
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        matched = _LINE.fullmatch(line.strip())
        if len(text) > _LIMIT or matched is None or matched[1] == OPTION or matched[1] in found:
            raise FormatError(
                "settings.line",
                f"{path}, line {number}: no setting of its own.",
                "Write each once, as TALLY_NAME=value; # begins a comment.",
            )
        value = matched[2].strip()
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        found[matched[1]] = value[1:-1] if quoted else value
    return found
