"""A list of columns as a parameter of a contract names them: ``reference, payer, day``. Owners sign the text."""

import re
from typing import Final

from protocol.errors import RangeError

MOST: Final = 8
"""Columns that one parameter names at most."""
_NAME: Final = re.compile(r"[a-z0-9_]{1,63}")


def parse(text: str) -> tuple[str, ...]:
    """The names, in their order (``program.columns`` where the text is no list of different names, with one comma and one blank between two)."""
    names = tuple(text.split(", "))
    if not all(map(_NAME.fullmatch, names)) or len(set(names)) < len(names) or len(names) > MOST:
        raise RangeError(
            "program.columns",
            f"{text[:100]!r} is no list of columns.",
            f"Write 1 to {MOST} different names of columns as `reference, payer, day`.",
            field="columns",
        )
    return names
