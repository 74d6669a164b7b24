"""Texts that others chose, as pages print them: nothing in them turns, hides or breaks what stands around."""

from typing import Final
from xml.sax.saxutils import escape

LONGEST: Final = 1200
"""Characters of one text on a page; names are far shorter, links with every filter too."""
_WIDE_FROM: Final = 0x2E80


def visible(value: object) -> object:
    """A text that a page prints, without what would turn, hide or break the text around it: such characters print as their numbers,
    and of a very long text its beginning. What is markup already is ours, and stays.
    """
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    cut = value if len(value) <= LONGEST else value[:LONGEST] + "…"
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() or c in "\n\u3000" else f"\\u{ord(c):04x}" for c in cut)


def fit(text: str, width: int) -> str:
    """As much of a text as ``width`` half-width places hold, as a drawing's markup; the table beside it has the whole."""
    used, kept = 0, ""
    for character in str(visible(text)):
        used += 2 if ord(character) >= _WIDE_FROM else 1
        if used > width:
            return escape(kept) + "…"
        kept += character
    return escape(kept)
