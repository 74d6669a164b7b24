"""How a verification step ends when it does not hold."""

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
