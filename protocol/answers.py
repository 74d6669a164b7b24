"""How a verification step ends when it does not hold, and how it shows what it compared."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, cast

from protocol.errors import TallyError, UnavailableError
from protocol.fields import Fields
from protocol.programs import Words

Outcome = Literal["holds", "nothing", "fails", "cannot"]


class Fails(Exception):
    """A check that does not hold, with both values."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.words = Words(english, chinese)


class Missing(Exception):
    """Something a check needs is not in the bundle."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.words = Words(english, chinese)


class Nothing(Exception):
    """The chain proves that there is nothing that a step could check."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.words = Words(english, chinese)


def answered(step: Callable[[], Words]) -> tuple[Outcome, Words]:
    """How a step ended, in words."""
    try:
        return "holds", step()
    except Nothing as nothing:
        return "nothing", nothing.words
    except Fails as failure:
        return "fails", failure.words
    except Missing as missing:
        return "cannot", missing.words
    except UnavailableError as error:  # the live chain is away: that says nothing about the evidence
        return "cannot", words_of(error)
    except TallyError as error:
        return "fails", words_of(error)


def words_of(error: TallyError) -> Words:
    """An error as a step says it."""
    return Words(f"{error.what} [{error.code}]", f"{error.what} [{error.code}]")


def show(value: object) -> str:
    """A compared value as people read it, the same in every language: bytes as 0x hex, lists with commas, records and mappings
    by their fields' names.
    """
    if value is None:
        return "none"
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Fields):
        return show(value.to_json())
    if isinstance(value, Mapping):
        found = cast("Mapping[str, object]", value)
        return ", ".join(f"{name} {show(item)}" for name, item in found.items())
    if isinstance(value, tuple | list):
        return ", ".join(show(item) for item in cast("Iterable[object]", value))
    return str(value)
