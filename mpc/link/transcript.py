"""The evidence of a link: both ends hash every frame in both directions and countersign the same transcript.

What is hashed and signed is defined in :class:`protocol.commitments.Transcript`; the hash is BLAKE3 (its paper of 2021), a
tree whose leaves are computed side by side: a third of SHA-256's time on long frames. A direction ends with FIN, which carries the number
of frames before it; heartbeats do not count. *Low* is the end whose name sorts first.
"""

from dataclasses import dataclass
from typing import Final

from blake3 import blake3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpc.link.errors import MalformedError
from mpc.link.frames import UNHASHED, FrameType
from mpc.link.wire import Reader
from protocol.commitments import Transcript
from protocol.errors import VerificationError

SIGNATURE_BYTES: Final = 64
GATHERED_BYTES: Final = 32 * 1024
"""Shorter pieces are gathered and hashed together: the tree's leaves are 1 KiB, and 16 at once cost little more than one."""


@dataclass(frozen=True, slots=True)
class Direction:
    """What went one way: BLAKE3 over its frames, and their number."""

    digest: bytes
    frames: int


class DirectionHash:
    """Running hash of one direction, for frames that come and go in pieces, without joining them."""

    def __init__(self) -> None:
        self._hash = blake3()
        self._held = bytearray()
        self.frames = 0

    def add(self, kind: FrameType, *pieces: bytes | bytearray | memoryview) -> bool:
        """Count one frame and hash what is there of it, header first; :meth:`update` takes the rest.

        False for a frame outside the transcript: it does not count, and nothing of it may be hashed.
        """
        if kind in UNHASHED:
            return False
        for piece in pieces:
            self.update(piece)
        self.frames += 1
        return True

    def update(self, piece: bytes | bytearray | memoryview) -> None:
        """More of the frame counted last."""
        if len(piece) < GATHERED_BYTES:
            self._held += piece
            if len(self._held) >= GATHERED_BYTES:
                self._hash_held()
        else:
            self._hash_held()
            self._hash.update(piece)

    def result(self) -> Direction:
        """The hash so far."""
        self._hash_held()
        return Direction(self._hash.digest(), self.frames)

    def _hash_held(self) -> None:
        if self._held:
            self._hash.update(self._held)
            self._held.clear()


@dataclass(frozen=True, slots=True)
class LinkTranscript:
    """One finished link: what both ends signed. The signatures are Ed25519 over :attr:`statement`."""

    run_id: bytes
    low: str
    high: str
    low_to_high: Direction
    high_to_low: Direction
    low_signature: bytes
    high_signature: bytes

    @property
    def transcript(self) -> Transcript:
        """The protocol's form of it."""
        up, down = self.low_to_high, self.high_to_low
        return Transcript(self.run_id, self.low, self.high, up.digest, up.frames, down.digest, down.frames)

    @property
    def statement(self) -> bytes:
        """The bytes that both ends signed."""
        return self.transcript.message()

    @property
    def link_hash(self) -> bytes:
        """The value that both ends commit to on chain."""
        return self.transcript.link_hash()

    def peer_of(self, name: str) -> str:
        """The other end."""
        return self.high if name == self.low else self.low


def seen_by(run_id: bytes, name: str, peer: str, sent: Direction, received: Direction) -> Transcript:
    """The transcript of the link with ``peer`` from this end's view."""
    return Transcript.seen_by(run_id, name, peer, (sent.digest, sent.frames), (received.digest, received.frames))


def countersign(key: Ed25519PrivateKey, seen: Transcript) -> bytes:
    """The COUNTERSIGN payload: signature ‖ what it is over, so that a peer that differs has signed what it differs in."""
    return b"".join(
        (
            key.sign(seen.message()),
            seen.run,
            seen.forward,
            seen.forward_frames.to_bytes(8, "big"),
            seen.backward,
            seen.backward_frames.to_bytes(8, "big"),
        )
    )


def check_countersignature(payload: bytes, expected: Transcript, peer_key: bytes) -> bytes:
    """The peer's signature, when it signed exactly ``expected``.

    ``link.bad_countersignature`` when the signature does not hold for what it says it is over,
    ``link.transcript_mismatch`` when it holds, but for something else: then the peer has signed in what it differs.
    """
    reader = Reader(payload, "COUNTERSIGN")
    signature = reader.take(SIGNATURE_BYTES)
    run, forward, forward_frames = reader.take(32), reader.take(32), reader.uint(8)
    backward, backward_frames = reader.take(32), reader.uint(8)
    reader.end()
    signed = Transcript(run, expected.first, expected.second, forward, forward_frames, backward, backward_frames)
    try:
        signed.verify(peer_key, signature)
    except VerificationError as error:
        raise MalformedError("link.bad_countersignature", "The peer's countersignature does not hold.") from error
    if signed != expected:
        raise MalformedError("link.transcript_mismatch", "The peer signed another transcript than this node saw.")
    return signature


def finished(seen: Transcript, name: str, own: bytes, peer: bytes) -> LinkTranscript:
    """``seen`` with the signatures of both ends, ``own`` being that of ``name``."""
    signatures = (own, peer) if seen.first == name else (peer, own)
    up = Direction(seen.forward, seen.forward_frames)
    down = Direction(seen.backward, seen.backward_frames)
    return LinkTranscript(seen.run, seen.first, seen.second, up, down, *signatures)
