"""What a doctor says of one thing that a process stands on, in both languages; and what a process says of itself on one screen."""

from dataclasses import dataclass
from typing import Final

from protocol.errors import TallyError
from protocol.programs import Words


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome; ``fix`` is empty when there is nothing to do. A finding may be well and still have something to say."""

    check: str
    well: bool
    what: Words
    fix: Words


NOTHING: Final = Words("", "")


def well(check: str, english: str, chinese: str) -> Finding:
    """All is well."""
    return Finding(check, True, Words(english, chinese), NOTHING)


def failed(check: str, error: TallyError) -> Finding:
    """A check that could not be made, in the error's words."""
    return Finding(check, False, Words(error.what, error.what), Words(error.fix, error.fix))
