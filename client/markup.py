"""HTML of pages for people: tables and words in both languages, everything escaped."""

import html
import math
from collections.abc import Iterable, Sequence

from protocol.programs import Words


def number(value: float | None) -> str:
    """Four digits; – for what is not given."""
    if value is None:
        return "–"
    if math.isinf(value):
        return "∞"
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e9 else f"{value:.4g}"


def cell(value: float | None) -> str:
    """A number for a CSV file: all digits; nothing for what is not given."""
    return "" if value is None else repr(value)


def table(heads: Sequence[Words], rows: Iterable[Sequence[str]], caption: Words | None) -> str:
    """A table under heads in both languages."""
    title = "" if caption is None else f"<caption>{both(caption)}</caption>"
    top = "".join(f'<th scope="col">{both(head, "<br>")}</th>' for head in heads)
    lines = "".join("<tr>" + "".join(f"<td>{escaped(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table>{title}<thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>'


def note(words: Words) -> str:
    """A marked paragraph in both languages."""
    return f'<p class="note">{escaped(words.english)}<br>{escaped(words.chinese)}</p>'


def plain(words: Words) -> str:
    """Both languages, once where they are the same."""
    return words.english if words.english == words.chinese else f"{words.english} {words.chinese}"


def both(words: Words, between: str = " ") -> str:
    """Both languages, escaped, with something between them."""
    same = words.english == words.chinese or not words.chinese
    return escaped(words.english) if same else f"{escaped(words.english)}{between}{escaped(words.chinese)}"


def escaped(text: str) -> str:
    """Other people's text as HTML shows it."""
    return html.escape(text)
