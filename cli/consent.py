"""A consent in the terminal: the table of what is asked, then the sentence, in English and Chinese."""

import shutil
from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.markup import escape

from cli.layout import columns, width
from protocol.ask import Ask
from protocol.consent_table import consent_table
from protocol.programs import Words
from protocol.sentences import authorization_sentence
from protocol.typed import Authorization

console = Console(highlight=False, soft_wrap=True)
_NARROWEST: Final = 30


def show_consent(message: Authorization, ask: Ask, owner: str, supports: Mapping[str, Words]) -> None:
    """Show what is asked; ``supports`` says what each output's numbers are about."""
    for line in consent_lines(message, ask, owner, supports, shutil.get_terminal_size().columns):
        console.print(escape(line))


def consent_lines(
    message: Authorization, ask: Ask, owner: str, supports: Mapping[str, Words], places: int
) -> list[str]:
    """The lines for a terminal of so many places."""
    table, sentence = consent_table(message, ask, owner, supports), authorization_sentence(message, ask, owner)
    found: list[str] = []
    for rows, words in (
        ([(line.about.english, line.said.english) for line in table], sentence.english),
        ([(line.about.chinese, line.said.chinese) for line in table], sentence.chinese),
    ):
        last = max(_NARROWEST, places - 2 - max(width(about) for about, _ in rows))
        found += [*columns(rows, last=last), "", words, ""]
    return found
