"""A strict reader for the small binary payloads of the handshake: exact lengths, nothing left over."""

from mpc.link.errors import MalformedError


class Reader:
    """Takes fields off a payload; every shortage is a :class:`MalformedError`."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._at = 0
        self._what = what

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        if count > len(self._data) - self._at:
            raise MalformedError("link.malformed_frame", f"{self._what} ends early.")
        piece = self._data[self._at : self._at + count]
        self._at += count
        return piece

    def uint(self, width: int) -> int:
        """A big-endian unsigned integer of ``width`` bytes."""
        return int.from_bytes(self.take(width), "big")

    def text(self) -> str:
        """ASCII text behind one length byte."""
        raw = self.take(self.uint(1))
        if not raw.isascii():
            raise MalformedError("link.malformed_frame", f"{self._what} has text that is not ASCII.")
        return raw.decode("ascii")

    def end(self) -> None:
        """Refuse trailing bytes: every payload has one encoding."""
        if self._at != len(self._data):
            raise MalformedError("link.malformed_frame", f"{self._what} is longer than it should be.")


def text(value: str) -> bytes:
    """The encoding that :meth:`Reader.text` reads."""
    raw = value.encode("ascii")
    return len(raw).to_bytes(1, "big") + raw
