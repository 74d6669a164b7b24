"""The messages between a node and its MPC child, over two inherited pipes: frames as on a run's links, in an alphabet of their own.

Nothing of what passes is in argv, environment or files. A message longer than a frame goes in pieces. Where the bytes
have fields of their own they are canonical JSON with a format and version (orders, outcomes); rows, shares and models
are the bytes themselves.
"""

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import BinaryIO, Final, NamedTuple

from mpc.link.config import LinkLimits
from mpc.link.errors import MalformedError
from mpc.link.frames import Alphabet, FrameReader, Unhashed, header
from mpc.link.inbox import split
from protocol.errors import FormatError

MAX_MESSAGE: Final = 1 << 33
_LIMITS: Final = LinkLimits()
_READ: Final = 1 << 20


class Kind(IntEnum):
    """What a message is; the numbers are apart from those of links and doors."""

    # to the child
    ORDER = 96
    NODE_KEY = 97
    SCHEMA = 98
    ROWS = 99
    MODEL = 100
    GO = 101
    """The node's word to go on: after CONNECTED, and after INPUT_SENT once that is on its disk."""
    # to the node
    CONNECTED = 112
    """All links stand. The run is not put aside after the answer to this."""
    INPUT_SENT = 113
    """The run id. No input leaves the child before the answer to this."""
    PROGRESS = 114
    OUTCOME = 115
    SHARE = 116
    MODEL_PART = 117
    ALIGNMENT = 118
    DONE = 119
    FAILED = 120
    # in a node's stored outcome only
    SALT = 121


_ALPHABET: Final = Alphabet(Kind, Kind)


class Message(NamedTuple):
    """One whole message."""

    kind: Kind
    data: bytes


class Assembler:
    """Bytes in, whole messages out."""

    def __init__(self) -> None:
        self._reader = FrameReader(_LIMITS, Unhashed(), _ALPHABET)
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes | memoryview) -> Iterator[Message]:
        """The messages that end within ``data``; ``child.message`` for bytes that are none."""
        try:
            frames = self._reader.feed(data)
        except MalformedError as error:
            raise _malformed(error.what) from error
        for frame in frames:
            self._parts.append(frame.payload)
            self._size += len(frame.payload)
            if frame.label or self._size > MAX_MESSAGE:
                raise _malformed("It is labelled or too long.")
            if not frame.more:
                whole = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
                self._parts, self._size = [], 0
                yield Message(frame.kind, whole)

    def end(self) -> None:
        """Refuse a stream that ends within a message."""
        if self._parts or self._reader.inside_frame:
            raise _malformed("It ends early.")


def pieces(messages: Iterable[Message]) -> Iterator[bytes | memoryview]:
    """The bytes of messages."""
    for kind, data in messages:
        for head, piece in split(b"", data, _LIMITS):
            yield header(kind, len(head) + len(piece)) + head
            yield piece


def decode(data: bytes) -> list[Message]:
    """All messages of a stored stream."""
    assembler = Assembler()
    found = list(assembler.feed(data))
    assembler.end()
    return found


class Pipe:
    """The child's end: messages to the node, and its word to go on. Safe for several threads that tell."""

    def __init__(self, incoming: int, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()
        self._assembler = Assembler()
        self._ready: deque[Message] = deque()

    def tell(self, *messages: Message) -> None:
        """Send to the node."""
        with self._lock:
            for piece in pieces(messages):
                self._outgoing.write(piece)
            self._outgoing.flush()

    def read(self, kind: Kind) -> bytes:
        """The next message, which must be of this kind."""
        while not self._ready:
            data = os.read(self._incoming, _READ)
            if not data:
                raise FormatError("child.pipe", "The node closed the pipe.", "See the node's log.")
            self._ready.extend(self._assembler.feed(data))
        found = self._ready.popleft()
        if found.kind is not kind:
            raise _malformed(f"{found.kind.name} came in place of {kind.name}.")
        return found.data

    def ask(self, message: Message) -> None:
        """Tell the node and block until it says go; a closed pipe ends this process at once."""
        self.tell(message)
        try:
            self.read(Kind.GO)
        except FormatError:
            os._exit(1)

    def end_when_closed(self) -> None:
        """From now on the node says nothing more: when the pipe closes, the node is gone, and so is this process."""
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        os.read(self._incoming, 1)
        os._exit(1)


def _malformed(what: str) -> FormatError:
    return FormatError("child.message", f"Bytes between node and MPC process are no message: {what}", "Report this.")
