"""Length-prefixed typed frames: ``type u8 ‖ length u32 (big-endian) ‖ payload``; never pickle.

A data frame's payload is ``flags u8 ‖ label length u8 ‖ label ‖ piece``; flag 1 says that more pieces of the message follow.

Sans-IO: :class:`FrameReader` hands out buffers to fill and gives back whole frames. A large piece is decrypted straight
into the ``bytes`` object that its receiver gets.
"""

import enum
import io
import struct
from collections.abc import Iterable
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from mpc.link.config import LinkLimits
from mpc.link.errors import MalformedError

MORE: Final = 1
HEADER_BYTES: Final = 5
RECORD_BYTES: Final = 16 * 1024
"""The most plain text that one TLS record holds: a buffer of this size never leaves a record half read."""
_HEADER: Final = struct.Struct(">BI")
_PREFIX: Final = struct.Struct("BB")
_SCRATCH: Final = 128 * 1024
_SMALL: Final = 32 * 1024


class FrameType(enum.IntEnum):
    """What a frame carries, in the order in which a link goes through them."""

    HELLO = 1
    """Who I am, for which task and program, my clock and my signed nonce."""
    ECHO = 2
    """Every signed nonce I have seen."""
    CONFIRM = 3
    """The run id that I derived."""
    KEYS = 4
    """MPyC's PRSS keys of this run, from the party of lower id."""
    MPYC = 16
    """A message of MPyC's runtime, labelled with its program counter."""
    MESSAGE = 17
    """A message of a program, labelled with text."""
    FIN = 32
    """My last frame of the transcript; carries how many came before it."""
    COUNTERSIGN = 33
    """My signature over the link's transcript statement."""
    HEARTBEAT = 48
    """Nothing to say, still here."""
    ABORT = 49
    """I give up this run; carries the code and the party I blame."""


UNHASHED: Final = frozenset({FrameType.HEARTBEAT, FrameType.ABORT, FrameType.COUNTERSIGN})
"""Outside the transcript: heartbeats by design, the other two because they come after its end."""
DATA: Final = frozenset({FrameType.MPYC, FrameType.MESSAGE})
HANDSHAKE: Final = (FrameType.HELLO, FrameType.ECHO, FrameType.CONFIRM, FrameType.KEYS)

K = TypeVar("K", bound=enum.IntEnum)


class Alphabet(Generic[K]):
    """The frames that a stream may carry, of which ``data`` are labelled and may be as long as ``limits.frame``.

    A run's links, the pipe between a node and its child, and the channel between two nodes' doors have one each; no two
    alphabets share a number.
    """

    def __init__(self, kinds: Iterable[K], data: Iterable[K] = ()) -> None:
        self.kinds: Final[dict[int, K]] = {int(kind): kind for kind in kinds}
        self.data: Final = frozenset(data)


LINK: Final = Alphabet(FrameType, DATA)


class Hashed(Protocol):
    """What takes the bytes of the frames that a reader reads."""

    def add(self, kind: Any, /, *pieces: memoryview) -> bool:  # noqa: ANN401 - a frame's kind of the stream's alphabet
        """A frame's first bytes; whether the frame is hashed."""
        ...

    def update(self, piece: memoryview, /) -> None:
        """More bytes of a hashed frame."""
        ...


class Unhashed:
    """For streams that leave no transcript."""

    def add(self, kind: Any, /, *pieces: memoryview) -> bool:  # noqa: ANN401, ARG002 - as Hashed
        """Nothing is hashed."""
        return False

    def update(self, piece: memoryview, /) -> None:
        """Never called."""


class Frame(NamedTuple, Generic[K]):
    """One received frame. ``label`` and ``more`` are a data frame's; its payload is the piece behind them."""

    kind: K
    payload: bytes
    label: bytes = b""
    more: bool = False


def header(kind: enum.IntEnum, length: int) -> bytes:
    """The five bytes in front of a payload of ``length`` bytes."""
    return _HEADER.pack(kind, length)


def prefix(label: bytes, *, more: bool) -> bytes:
    """What stands in front of a data frame's piece."""
    return _PREFIX.pack(more, len(label)) + label


def parse_header(data: bytes | bytearray, limits: LinkLimits, alphabet: Alphabet[K], at: int = 0) -> tuple[K, int]:
    """Type and payload length; refuses unknown types and lengths above the type's limit before any allocation."""
    number, length = _HEADER.unpack_from(data, at)
    kind = alphabet.kinds.get(number)
    if kind is None:
        raise MalformedError("link.unknown_frame", f"Frame type {number} does not exist.")
    limit = limits.frame if kind in alphabet.data else limits.control_frame
    if length > limit:
        raise MalformedError("link.frame_too_large", f"A {kind.name} frame of {length} bytes, the limit is {limit}.")
    return kind, length


class _Large(Generic[K]):
    """A payload on its way into memory of its own."""

    def __init__(self, frame: Frame[K], size: int, *, hashed: bool) -> None:
        self._frame = frame
        self._memory = io.BytesIO(bytes(size))  # of its bytes object there is one reference: it is filled in place
        self._room = self._memory.getbuffer()
        self._have = 0
        self.hashed = hashed
        self.left = size

    def room(self) -> memoryview:
        """Where the rest goes."""
        return self._room[self._have :]

    def took(self, count: int) -> memoryview:
        """``count`` bytes were written to :meth:`room`; returns them."""
        new = self._room[self._have : self._have + count]
        self._have += count
        self.left -= count
        return new

    def frame(self) -> Frame[K]:
        """The whole frame; hands its memory out without a copy."""
        self._room.release()
        return self._frame._replace(payload=self._memory.getvalue())


class FrameReader(Generic[K]):
    """Turns a byte stream into frames. Use: fill :meth:`buffer` with n bytes, then call :meth:`filled` with n.

    ``transcript`` takes every hashed frame's bytes as they come, while they are in the processor's cache.
    """

    def __init__(self, limits: LinkLimits, transcript: Hashed, alphabet: Alphabet[K]) -> None:
        self._limits = limits
        self._alphabet = alphabet
        self._transcript = transcript
        self._scratch = bytearray(_SCRATCH)
        self._view = memoryview(self._scratch)
        self._have = 0  # bytes of a frame that is not complete, at the scratch buffer's start
        self._large: _Large[K] | None = None

    @property
    def inside_frame(self) -> bool:
        """Whether the stream stands in the middle of a frame."""
        return self._large is not None or self._have > 0

    def buffer(self) -> memoryview:
        """Where the next bytes go, at least :data:`RECORD_BYTES`: a large payload's own memory, or the scratch buffer."""
        if self._large is not None and self._large.left >= RECORD_BYTES:
            return self._large.room()
        return self._view[self._have :]

    def feed(self, data: bytes | memoryview) -> list[Frame[K]]:
        """As filling :meth:`buffer` and calling :meth:`filled`, for bytes that lie elsewhere."""
        frames: list[Frame[K]] = []
        left = memoryview(data)
        while left:
            room = self.buffer()
            count = min(len(room), len(left))
            room[:count] = left[:count]
            frames += self.filled(count)
            left = left[count:]
        return frames

    def filled(self, count: int) -> list[Frame[K]]:
        """Account for ``count`` bytes written to :meth:`buffer`; the frames completed by them, in order.

        Raises :class:`MalformedError` at the first bad header or label; the stream cannot be used after that.
        """
        large = self._large
        if large is not None and large.left >= RECORD_BYTES:
            self._hash(large, count)
            return self._complete()
        frames: list[Frame[K]] = []
        at, end = 0, self._have + count
        while end > at:
            if self._large is not None:
                at += self._copy(self._large, at, end)
                frames += self._complete()
                continue
            after = self._next(at, end, frames)
            if after == at:
                break
            at = after
        self._have = end - at
        if at and self._have:
            self._scratch[: self._have] = self._scratch[at:end]
        return frames

    def _next(self, at: int, end: int, frames: list[Frame[K]]) -> int:
        """Take a small frame, or begin a large one; returns where it went on, ``at`` itself when bytes are missing."""
        start = at + HEADER_BYTES
        if start > end:
            return at
        kind, length = parse_header(self._scratch, self._limits, self._alphabet, at)
        stop = start + length
        if length <= _SMALL:
            if stop > end:
                return at
            self._transcript.add(kind, self._view[at:stop])
            frames.append(self._parsed(kind, start, stop, stop))
            return stop
        body = start if kind not in self._alphabet.data else self._body(start, end)
        if body > end:
            return at
        hashed = self._transcript.add(kind, self._view[at:body])
        self._large = _Large(self._parsed(kind, start, stop, body), stop - body, hashed=hashed)
        return body

    def _body(self, start: int, end: int) -> int:
        """Where a large data frame's piece begins, as far as that can be told yet."""
        body = start + _PREFIX.size
        return body + self._scratch[start + 1] if body <= end else body

    def _parsed(self, kind: K, start: int, stop: int, have: int) -> Frame[K]:
        """The frame whose payload is ``start:stop`` and of which the bytes before ``have`` are there."""
        if kind not in self._alphabet.data:
            return Frame(kind, bytes(self._view[start:have]))
        body = start + _PREFIX.size
        if body <= stop:
            flags, size = _PREFIX.unpack_from(self._scratch, start)
            label_end = body + size
            if flags <= MORE and label_end <= stop:
                label = bytes(self._view[body:label_end])
                return Frame(kind, bytes(self._view[label_end:have]), label, bool(flags))
        raise MalformedError("link.malformed_frame", "A data frame has no well-formed label.")

    def _copy(self, large: _Large[K], at: int, end: int) -> int:
        count = min(large.left, end - at)
        large.room()[:count] = self._view[at : at + count]
        self._hash(large, count)
        return count

    def _hash(self, large: _Large[K], count: int) -> None:
        new = large.took(count)
        if large.hashed:
            self._transcript.update(new)

    def _complete(self) -> list[Frame[K]]:
        if self._large is None or self._large.left:
            return []
        frame = self._large.frame()
        self._large = None
        return [frame]
