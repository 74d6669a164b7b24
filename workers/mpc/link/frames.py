"""Length-prefixed typed frames: ``type u8 ‖ length u32 (big-endian) ‖ payload``; never pickle.

Sans-IO: :class:`FrameReader` hands out buffers to fill and gives back whole frames, so that a large payload is
decrypted straight into its own buffer.
"""

import enum
from dataclasses import dataclass
from typing import Final

from workers.mpc.link.config import LinkLimits
from workers.mpc.link.errors import MalformedError

HEADER_BYTES: Final = 5
_SCRATCH: Final = 64 * 1024


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
_KNOWN: Final = frozenset(int(kind) for kind in FrameType)


@dataclass(frozen=True, slots=True)
class Frame:
    """One received frame. ``header`` are its five bytes, for the transcript."""

    kind: FrameType
    header: bytes
    payload: bytearray


def header(kind: FrameType, length: int) -> bytes:
    """The five bytes in front of a payload of ``length`` bytes."""
    return bytes((kind,)) + length.to_bytes(4, "big")


def parse_header(data: bytes, limits: LinkLimits) -> tuple[FrameType, int]:
    """Type and payload length; refuses unknown types and lengths above the type's limit before any allocation."""
    if data[0] not in _KNOWN:
        raise MalformedError("link.unknown_frame", f"Frame type {data[0]} does not exist.")
    kind = FrameType(data[0])
    length = int.from_bytes(data[1:HEADER_BYTES], "big")
    limit = limits.frame if kind in DATA else limits.control_frame
    if length > limit:
        raise MalformedError("link.frame_too_large", f"A {kind.name} frame of {length} bytes, the limit is {limit}.")
    return kind, length


class FrameReader:
    """Turns a byte stream into frames. Use: fill :meth:`buffer` with n bytes, then call :meth:`filled` with n."""

    def __init__(self, limits: LinkLimits) -> None:
        self._limits = limits
        self._scratch = memoryview(bytearray(_SCRATCH))
        self._head = bytearray()
        self._kind = FrameType.HEARTBEAT
        self._payload: bytearray | None = None
        self._have = 0

    @property
    def inside_frame(self) -> bool:
        """Whether the stream stands in the middle of a frame."""
        return self._payload is not None or bool(self._head)

    def buffer(self) -> memoryview:
        """Where the next bytes go: a large payload's own memory, or a scratch buffer for many small frames."""
        if self._payload is not None and len(self._payload) - self._have >= _SCRATCH:
            return memoryview(self._payload)[self._have :]
        return self._scratch

    def filled(self, count: int) -> list[Frame]:
        """Account for ``count`` bytes written to :meth:`buffer`; the frames completed by them, in order.

        Raises :class:`MalformedError` at the first bad header; the stream cannot be used after that.
        """
        if self._payload is not None and len(self._payload) - self._have >= _SCRATCH:
            self._have += count
            return self._complete()
        frames: list[Frame] = []
        at = 0
        while at < count:
            if self._payload is None:
                at = self._read_header(at, count)
            else:
                size = min(len(self._payload) - self._have, count - at)
                self._payload[self._have : self._have + size] = self._scratch[at : at + size]
                self._have += size
                at += size
            frames += self._complete()
        return frames

    def _read_header(self, at: int, count: int) -> int:
        end = min(at + HEADER_BYTES - len(self._head), count)
        self._head += self._scratch[at:end]
        if len(self._head) == HEADER_BYTES:
            self._kind, length = parse_header(bytes(self._head), self._limits)
            self._payload = bytearray(length)
            self._have = 0
        return end

    def _complete(self) -> list[Frame]:
        if self._payload is None or self._have < len(self._payload):
            return []
        frame = Frame(self._kind, bytes(self._head), self._payload)
        self._payload = None
        self._head = bytearray()
        return [frame]
