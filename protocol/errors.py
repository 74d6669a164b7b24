"""The one error tree: a stable code, what happened, what to do.

Every error that a person or another program can see is a :class:`TallyError`. ``code`` is stable across releases and
reads ``area.reason``; ``what`` says what happened with the values at hand (never secrets); ``fix`` says what to do.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

Detail: TypeAlias = str | int | bool | list[str] | None


class TallyError(Exception):
    """Base of all errors of the project.

    ``details`` carries ids and positions as fields (file, row, column, party, phase…), so that logs and
    ``problem+json`` answers need not parse the sentence.
    """

    def __init__(self, code: str, what: str, fix: str, **details: Detail) -> None:
        super().__init__(f"{code}: {what} {fix}".strip())
        self.code: Final = code
        self.what: Final = what
        self.fix: Final = fix
        self.details: Final[Mapping[str, Detail]] = details


class FormatError(TallyError):
    """Bytes or JSON that do not follow their format: nothing of them was used."""


class RangeError(TallyError):
    """A value outside the range that was declared for it."""


class VerificationError(TallyError):
    """A signature, hash or proof that does not hold."""


class RefusedError(TallyError):
    """A rule says no: the request was understood and is not allowed."""


class UnavailableError(TallyError):
    """Something needed does not answer in time; nothing is lost, try again."""
