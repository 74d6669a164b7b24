"""A query's text as words, numbers, quoted names and marks, each with its place; and what is said of a text that is no query."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from protocol.errors import RangeError

CODE: Final = "program.sql"
MOST_TEXT: Final = 4000
"""Characters of a query: a person reads all of it before signing."""
_MOST_BLANKS: Final = 8
_TOKEN: Final = re.compile(
    r"""(?P<number>[0-9]+(?:\.[0-9]+)?)(?![A-Za-z0-9_.])
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |"(?P<quoted>[^"]+)"
    |(?P<mark><>|!=|<=|>=|[=<>+\-*/(),.])""",
    re.VERBOSE,
)
_SHOWN: Final = 24


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text; ``at`` is the place of its first character, from 0."""

    kind: Literal["number", "name", "quoted", "mark", "end"]
    text: str
    at: int

    @property
    def word(self) -> str:
        """A name in capital letters, as keywords are compared; "" for what is no plain name."""
        return self.text.upper() if self.kind == "name" else ""


def tokens(text: str) -> tuple[Token, ...]:
    """The pieces of a text, the last one its end."""
    if len(text) > MOST_TEXT:
        raise wrong(text, MOST_TEXT, f"it has {len(text)} characters; the limit is {MOST_TEXT}")
    strange = next((at for at, sign in enumerate(text) if not " " <= sign <= "~"), None)
    if strange is not None:
        raise wrong(text, strange, "it holds other characters than plain ones (ASCII, in one line)")
    if " " * (_MOST_BLANKS + 1) in text:  # what a reader could take for the end of the text
        raise wrong(text, text.index(" " * (_MOST_BLANKS + 1)), f"there are more than {_MOST_BLANKS} blanks in a row")
    found: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        if text[at] == " ":
            at += 1
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            raise wrong(text, at, _unreadable(text[at:]))
        kind = match.lastgroup
        assert kind in ("number", "name", "quoted", "mark")
        found.append(Token(kind, match[kind], at))
        at = match.end()
    return (*found, Token("end", "", end))


def _unreadable(rest: str) -> str:
    if rest.startswith("'"):
        return "texts in quotation marks are not taken: columns hold numbers, so write a category's number"
    if rest.startswith('"'):
        return "a quotation mark is not closed"
    if rest.startswith(";"):
        return "one query is taken, without a semicolon"
    if rest[0].isdigit():
        return "that is no plain number such as 12 or 0.5"
    return f"{rest[0]!r} means nothing in a query"


def wrong(text: str, at: int, what: str) -> RangeError:
    """That a text is no query that is taken: what stands where."""
    near = text[at : at + _SHOWN]
    where = f"at character {at + 1} (`{near}{'…' if len(text) > at + _SHOWN else ''}`)" if near else "at its end"
    return RangeError(
        CODE,
        f"The query cannot be taken, {where}: {what}.",
        "Write SELECT … FROM rows [WHERE …] [GROUP BY …] [HAVING …] [ORDER BY …] [LIMIT …]; the user guide has the grammar.",
        field="sql",
        character=at + 1,
    )
