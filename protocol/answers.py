"""How a verification step ends when it does not hold, and how it shows what it compared."""

from typing import cast

from protocol.programs import Words


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


def show(value: object) -> str:
    """A compared value as people read it: bytes as 0x hex, lists with commas."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple):
        return ", ".join(show(item) for item in cast("tuple[object, ...]", value))
    return str(value)
