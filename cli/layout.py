"""Tables of plain text for a terminal: as wide as their texts, where Chinese characters take two places."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

_WIDE: Final = ("W", "F")


def width(text: str) -> int:
    """How many places a terminal gives a text: two for a wide character, none for a combining mark."""
    return sum(
        0
        if unicodedata.category(sign) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(sign) in _WIDE
        else 1
        for sign in text
    )


def wrapped(text: str, places: int) -> list[str]:
    """Lines of at most so many places, broken at spaces where there are some, else anywhere."""
    lines: list[str] = []
    line = ""
    for word in _words(text):
        if line and width(line + word.rstrip()) > places:
            lines.append(line.rstrip())
            line = ""
            word = word.lstrip()  # noqa: PLW2901 - a line does not begin with the space that it was broken at
        for sign in word:
            if width(line + sign) > places and sign != " ":
                lines.append(line.rstrip())
                line = ""
            line += sign
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def columns(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), last: int = 0) -> list[str]:
    """Aligned lines; the columns at ``right`` are flush right, the last one is broken at ``last`` places (0: never).

    What no terminal should be told (control characters) is written as its number.
    """
    safe = [[_safe(cell) for cell in row] for row in rows]
    count = max((len(row) for row in safe), default=0)
    widths = [max((width(row[at]) for row in safe if at < len(row)), default=0) for at in range(count)]
    found: list[str] = []
    for row in safe:
        parts = wrapped(row[-1], last) if last and row else [row[-1] if row else ""]
        head = [_padded(cell, widths[at], right=at in right) for at, cell in enumerate(row[:-1])]
        lead = "  ".join(head)
        flush = len(row) - 1 in right
        for number, part in enumerate(parts):
            before = lead if not number else " " * width(lead)
            cell = _padded(part, widths[len(row) - 1], right=True) if flush else part
            found.append(f"{before}  {cell}".rstrip() if head else cell)
    return found


def _padded(text: str, places: int, *, right: bool) -> str:
    space = " " * (places - width(text))
    return space + text if right else text + space


def _safe(text: str) -> str:
    """What a terminal may be told: every space as a space, what cannot be seen as its number."""
    plain = (" " if unicodedata.category(sign) == "Zs" else sign for sign in text)
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in plain)


def _words(text: str) -> Iterator[str]:
    """Words with the spaces behind them; a wide character may be broken before, so each is a word."""
    word = ""
    for sign in text:
        if word and (unicodedata.east_asian_width(sign) in _WIDE or word[-1] == " "):
            if sign == " ":
                word += sign
                continue
            yield word
            word = ""
        word += sign
    if word:
        yield word
