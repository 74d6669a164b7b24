"""Every salted commitment and run-bound hash, each under its own domain; all are SHA-256 over fixed-width fields (a link's directions: see
:class:`Transcript`).

Domains end in a zero byte and all fields before the last have a fixed width, so no two different inputs meet in one
byte string. Names enter as their on-chain id (keccak256), integers big-endian.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from protocol import ids
from protocol.dsse import verify_ed25519
from protocol.errors import FormatError

SHARE_BYTES: Final = 13
"""Width of one field element of p = 2^104 - 17, little-endian."""
SALT_BYTES: Final = 32
ZERO_HASH: Final = bytes(32)

_RUN_ID = b"tallystick/run-id/v1\0"
OUTPUT_NAME: Final = b"tallystick/output-name/v1\0"
_OUTPUT_SHARE = b"tallystick/output-share/v1\0"
OUTPUT_SHARES: Final = b"tallystick/output-shares/v1\0"
_RESULT = b"tallystick/result/v1\0"
INPUTS: Final = b"tallystick/inputs/v1\0"
LINK: Final = {1: b"tallystick/link/v1\0", 2: b"tallystick/link/v2\0"}
LINK_SIGNATURE: Final = b"tallystick/link-signature/v1\0"
LINK_HASHES: Final = {1: "SHA-256", 2: "BLAKE3"}
"""What a direction's frames are hashed with, by the transcript's version; runs of today write the last."""
LINK_VERSION: Final = 2
_HIGH_BYTES = b"\xff" * (SHARE_BYTES - 1)
_P_LOW_BYTE = 0x100 - 17


@dataclass(frozen=True, slots=True)
class Tensor:
    """Field elements with their meaning: ``data`` is 13 bytes per element, row-major, residues below p.

    Used for a party's share of an output and for the reconstructed output alike.
    """

    shape: tuple[int, ...]
    fraction_bits: int
    data: bytes

    def __post_init__(self) -> None:
        """Refuse what has another canonical form."""
        sizes_ok = len(self.shape) <= 8 and all(0 <= size < 2**32 for size in self.shape)
        if not sizes_ok or not 0 <= self.fraction_bits <= 255:
            raise FormatError("share.shape", "The shape or fraction bits are out of range.", "Report it.")
        if len(self.data) != SHARE_BYTES * math.prod(self.shape):
            raise FormatError(
                "share.length",
                f"{len(self.data)} bytes do not hold a shape of {list(self.shape)}.",
                "Send 13 bytes per element.",
            )
        if not _residues_canonical(self.data):
            raise FormatError("share.residue", "An element is not below p.", "Reduce shares before sending.")

    def head(self) -> bytes:
        """Number of dimensions, sizes, fraction bits."""
        return bytes([len(self.shape)]) + b"".join(_u32(size) for size in self.shape) + bytes([self.fraction_bits])


def run_id(task: bytes, nonces: Sequence[bytes]) -> bytes:
    """SHA-256(domain ‖ task ‖ sorted 32-byte nonces of the committee's nodes): no node alone chooses it."""
    _widths(task, *nonces)
    if len(nonces) < 3 or len(set(nonces)) != len(nonces):
        raise FormatError("run.nonces", "A run needs three or more different nonces.", "Draw fresh nonces.")
    return _sha256(_RUN_ID, task, *sorted(nonces))


def output_name(source: str) -> bytes:
    """Hash under which envelopes know an output such as ``train.coefficients``; guessable, so never on chain alone."""
    return _sha256(OUTPUT_NAME, source.encode("utf-8"))


def output_share(task: bytes, run: bytes, party: str, name: bytes, *, tensor: Tensor, salt: bytes) -> bytes:
    """Commitment of one party's share of one output: hiding by its 32-byte salt, which travels in the sealed share."""
    _widths(task, run, name, salt)
    return _sha256(_OUTPUT_SHARE, task, run, ids.on_chain(party), name, tensor.head(), salt, tensor.data)


def output_shares(task: bytes, run: bytes, party: str, shares: Sequence[tuple[bytes, bytes]]) -> bytes:
    """``RunCommitment.outputShares``: over (output name hash, share commitment) of all of a party's outputs."""
    ordered = sorted(shares)
    if any(a[0] == b[0] for a, b in pairwise(ordered)):
        raise FormatError("share.duplicate", "An output has two share commitments.", "Commit to each output once.")
    parts = [part for share in ordered for part in share]
    _widths(task, run, *parts)
    return _sha256(OUTPUT_SHARES, task, run, ids.on_chain(party), *parts)


def result_hash(task: bytes, run: bytes, outputs: Sequence[tuple[bytes, Sequence[bytes], Tensor]]) -> bytes:
    """Hash that a result user attests: over (output name hash, salts in committee order, reconstructed values).

    The salts make it hiding: nobody without the sealed shares can test a guess of a yes/no or a score against it.
    """
    ordered = sorted(outputs, key=lambda output: output[0])
    if any(a[0] == b[0] for a, b in pairwise(ordered)):
        raise FormatError("result.duplicate", "An output occurs twice.", "Hash each output once.")
    parts: list[bytes] = []
    for name, salts, tensor in ordered:
        _widths(name, *salts)
        parts += [name, hashlib.sha256(b"".join(salts)).digest(), hashlib.sha256(tensor.head() + tensor.data).digest()]
    _widths(task, run)
    return _sha256(_RESULT, task, run, *parts)


def input_root(roots: Sequence[tuple[bytes, bytes]]) -> bytes:
    """``RunCommitment.inputRoot`` from a party's (data set id, row root) pairs: zero, the one root, or their hash."""
    if len(roots) < 2:
        return roots[0][1] if roots else ZERO_HASH
    ordered = sorted(roots)
    if any(a[0] == b[0] for a, b in pairwise(ordered)):
        raise FormatError("input.duplicate", "A data set has two roots.", "Commit to each data set once.")
    parts = [part for pair in ordered for part in pair]
    _widths(*parts)
    return _sha256(INPUTS, *parts)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What went over one link in a run, the same for both ends; ``first`` sorts before ``second``.

    A direction's hash is over (type as one byte ‖ length as big-endian uint32 ‖ payload) of every frame but heartbeats, up to
    and with FIN, with the function that :data:`LINK_HASHES` names for ``version``. ``forward`` is that of the frames from first
    to second, ``backward`` of the others. Nobody but the two ends ever has the frames: whoever verifies compares.
    """

    run: bytes
    first: str
    second: str
    forward: bytes
    forward_frames: int
    backward: bytes
    backward_frames: int
    version: int = LINK_VERSION

    def __post_init__(self) -> None:
        """Refuse a transcript that has another canonical form."""
        _widths(self.run, self.forward, self.backward)
        counts_ok = 0 <= self.forward_frames < 2**64 and 0 <= self.backward_frames < 2**64
        if self.version not in LINK_HASHES:
            raise FormatError("link.version", f"No transcript has version {self.version}.", "Update the software.")
        if self.first >= self.second or not counts_ok:
            raise FormatError("link.order", "A link's ends are not in order or its counts are wrong.", "Report it.")

    @classmethod
    def seen_by(
        cls,
        run: bytes,
        party: str,
        peer: str,
        sent: tuple[bytes, int],
        received: tuple[bytes, int],
        version: int = LINK_VERSION,
    ) -> "Transcript":
        """The transcript from one end's view: (hash, frame count) of what it sent and received."""
        if party < peer:
            return cls(run, party, peer, *sent, *received, version)
        return cls(run, peer, party, *received, *sent, version)

    def link_hash(self) -> bytes:
        """The value of ``RunCommitment.links``: equal at both ends exactly when both saw the same bytes."""
        return _sha256(
            LINK[self.version],
            self.run,
            ids.on_chain(self.first),
            ids.on_chain(self.second),
            self.forward,
            self.forward_frames.to_bytes(8, "big"),
            self.backward,
            self.backward_frames.to_bytes(8, "big"),
        )

    def message(self) -> bytes:
        """What both ends sign with their node keys (Ed25519) after FIN and before they commit."""
        return LINK_SIGNATURE + self.link_hash()

    def verify(self, public_key: bytes, signature: bytes) -> None:
        """Raise :class:`VerificationError` unless ``public_key`` signed this transcript."""
        verify_ed25519(public_key, signature, self.message())


def _residues_canonical(data: bytes) -> bool:
    """Whether no 13-byte little-endian element is p or more: p's bytes are 0xEF, then twelve 0xFF."""
    position = data.find(_HIGH_BYTES)
    while position >= 0:
        start = position - 1
        if start % SHARE_BYTES == 0 and data[start] >= _P_LOW_BYTE:
            return False
        position = data.find(_HIGH_BYTES, position + 1)
    return True


def _sha256(domain: bytes, *parts: bytes) -> bytes:
    return hashlib.sha256(b"".join((domain, *parts))).digest()


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def _widths(*values: bytes) -> None:
    if any(len(value) != 32 for value in values):
        raise FormatError("commitment.width", "A hash, nonce or salt does not have 32 bytes.", "Pass 32 bytes.")
