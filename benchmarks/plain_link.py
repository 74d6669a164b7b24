"""Sessions without TLS and transcript hashes, to measure what these cost: :func:`install` in the benchmark's process.

Patched from outside; the product has no switch for it. The framing, the inbox, deadlines and the event loop are the
product's. A party "proves" its key by saying it, so this is for loopback and made-up data only.
"""

import ssl
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpc.link import connection, tls
from mpc.link.frames import UNHASHED, FrameType
from mpc.link.transcript import Direction, DirectionHash

_KEY_BYTES = 32


def install() -> None:
    """From now on every link of this process is plain; call it before the session, at every party."""
    tls.context = _Context  # type: ignore[assignment,misc]
    tls.peer_key = lambda made: made.key  # type: ignore[attr-defined,assignment,misc]
    connection.DirectionHash = _CountOnly  # type: ignore[misc]


class _Context:
    """Stands where the TLS context stood."""

    def __init__(self, key: Ed25519PrivateKey, pinned: Iterable[bytes], *, server: bool) -> None:
        del pinned, server
        self._own = key.public_key().public_bytes_raw()

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *, server_side: bool) -> "_Null":
        del server_side
        return _Null(self._own, incoming, outgoing)


class _Null:
    """Stands where ``ssl.SSLObject`` stood: the key in the clear, then bytes as they are."""

    def __init__(self, own: bytes, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        outgoing.write(own)
        self.key = b""

    def do_handshake(self) -> None:
        self.key += self._incoming.read(_KEY_BYTES - len(self.key))
        if len(self.key) < _KEY_BYTES:
            raise ssl.SSLWantReadError

    def write(self, data: memoryview) -> int:
        return self._outgoing.write(data)

    def read(self, size: int, buffer: memoryview) -> int:
        data = self._incoming.read(min(size, len(buffer)))
        if not data:
            raise ssl.SSLWantReadError
        buffer[: len(data)] = data
        return len(data)

    def pending(self) -> int:
        return 0

    def unwrap(self) -> None:
        """Nothing to end."""


class _CountOnly(DirectionHash):
    """Counts frames; the same hash for every stream."""

    def add(self, kind: FrameType, *_: object) -> bool:
        self.frames += kind not in UNHASHED
        return False

    def update(self, piece: object) -> None:
        """Nothing is hashed."""

    def result(self) -> Direction:
        return Direction(bytes(32), self.frames)
