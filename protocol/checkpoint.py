"""Checkpoints of a party's log: C2SP tlog-checkpoint inside a C2SP signed note, and witnesses' cosignatures.

One spelling only: what :func:`parse` accepts, :meth:`SignedCheckpoint.data` gives back. Signatures of unknown keys are
kept and ignored, as the specification asks, so witnesses' tools can add theirs.

Sources: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint, https://c2sp.org/tlog-cosignature
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from protocol import ids
from protocol.dsse import Signer, verify_ed25519
from protocol.errors import FormatError, VerificationError
from protocol.merkle import HASH_SIZE

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
MAX_BYTES: Final = 8192
MAX_SIGNATURES: Final = 16

_ORIGIN = re.compile(
    r"tallystick/(?P<deployment>[0-9a-f]{64})/(?P<chain>0|[1-9][0-9]{0,77})/(?P<party>[a-z0-9-]{1,63})/(?P<epoch>0|[1-9][0-9]{0,19})"
)
_SIZE = re.compile(r"0|[1-9][0-9]{0,19}")
_SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<value>[A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class Origin:
    """Which log: one per party and epoch of one deployment on one chain."""

    deployment: bytes
    chain_id: int
    party: str
    epoch: int

    def text(self) -> str:
        """The origin line, which is also the key name."""
        return f"tallystick/{self.deployment.hex()}/{self.chain_id}/{self.party}/{self.epoch}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's size and root at some time."""

    origin: Origin
    size: int
    root: bytes

    def body(self) -> bytes:
        """The note text that is signed: origin, size, base64 root, each on a line."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin.text()}\n{self.size}\n{root}\n".encode()


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: key name, 4-byte key id, and the bytes that the key's type gives."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """``— <key name> base64(key id ‖ signature)`` and a line feed."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with its signature lines, as read: nothing is trusted before :func:`verify`."""

    checkpoint: Checkpoint
    signatures: tuple[NoteSignature, ...]

    def data(self) -> bytes:
        """The signed note."""
        return self.checkpoint.body() + b"\n" + "".join(item.line() for item in self.signatures).encode()


def key_id(name: str, public_key: bytes, kind: int = ED25519) -> bytes:
    """First four bytes of SHA-256(key name ‖ 0x0A ‖ signature type ‖ public key)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


def sign(checkpoint: Checkpoint, public_key: bytes, signer: Signer) -> bytes:
    """A signed note with the log's own signature; the result is read back, so a wrong signer is noticed here."""
    name = checkpoint.origin.text()
    signature = NoteSignature(name, key_id(name, public_key), signer(checkpoint.body()))
    data = SignedCheckpoint(checkpoint, (signature,)).data()
    open_checkpoint(data, checkpoint.origin, public_key)
    return data


def parse(data: bytes) -> SignedCheckpoint:
    """Read a signed checkpoint of our origin form strictly; extension lines and other spellings are refused."""
    if len(data) > MAX_BYTES:
        raise _malformed("it is too long")
    try:
        text, separator, tail = data.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise _malformed("it is not UTF-8") from error
    lines = text.split("\n")
    if not separator or len(lines) != 3 or not tail.endswith("\n"):
        raise _malformed("it has no three lines of text, blank line and signatures")
    origin, size, root = parse_origin(lines[0]), _SIZE.fullmatch(lines[1]), _base64(lines[2])
    if not size or int(lines[1]) >= 2**64 or len(root) != HASH_SIZE:
        raise _malformed("its size or root is not in canonical form")
    signatures = tuple(_parse_signature(line) for line in tail[:-1].split("\n"))
    if len(signatures) > MAX_SIGNATURES:
        raise _malformed(f"it has more than {MAX_SIGNATURES} signatures")
    note = SignedCheckpoint(Checkpoint(origin, int(lines[1]), root), signatures)
    if note.data() != data:
        raise _malformed("it is not in its canonical form")
    return note


def parse_origin(line: str) -> Origin:
    """``tallystick/<deployment id>/<chain id>/<party>/<epoch>``."""
    match = _ORIGIN.fullmatch(line)
    if not match or int(match["epoch"]) >= 2**64 or int(match["chain"]) >= 2**256:
        raise _malformed("its origin is not one of ours")
    party = ids.name(match["party"], "party")
    return Origin(bytes.fromhex(match["deployment"]), int(match["chain"]), party, int(match["epoch"]))


def verify(note: SignedCheckpoint, public_key: bytes) -> None:
    """Raise :class:`VerificationError` unless the log's key signed the checkpoint under its origin's name."""
    name = note.checkpoint.origin.text()
    for signature in _from(note, name, key_id(name, public_key)):
        verify_ed25519(public_key, signature.value, note.checkpoint.body())


def open_checkpoint(data: bytes, origin: Origin, public_key: bytes) -> Checkpoint:
    """Parse and verify a checkpoint that must be of this log and key."""
    note = parse(data)
    if note.checkpoint.origin != origin:
        raise VerificationError(
            "checkpoint.origin",
            f"The checkpoint is of {note.checkpoint.origin.text()}, not of {origin.text()}.",
            "Ask for the checkpoint of the right log.",
        )
    verify(note, public_key)
    return note.checkpoint


def without_others(note: SignedCheckpoint, public_key: bytes) -> SignedCheckpoint:
    """The checkpoint with the signatures of the log's own key alone; nothing is verified."""
    name = note.checkpoint.origin.text()
    own = (name, key_id(name, public_key))
    return SignedCheckpoint(note.checkpoint, tuple(item for item in note.signatures if (item.name, item.key_id) == own))


def cosignature_message(checkpoint: Checkpoint, time: int) -> bytes:
    """What a witness signs: cosignature/v1 header, its unix time, the checkpoint's text."""
    return f"cosignature/v1\ntime {time}\n".encode() + checkpoint.body()


def cosign(note: SignedCheckpoint, witness: str, public_key: bytes, signer: Signer, now: int) -> SignedCheckpoint:
    """Add a witness's timestamped Ed25519 cosignature; the witness has checked consistency before."""
    if not 0 <= now < 2**63:
        raise _malformed("its cosignature time is out of range")
    value = now.to_bytes(8, "big") + signer(cosignature_message(note.checkpoint, now))
    signature = NoteSignature(witness, key_id(witness, public_key, COSIGNATURE), value)
    cosigned = SignedCheckpoint(note.checkpoint, (*note.signatures, signature))
    verify_cosignature(cosigned, witness, public_key)
    return cosigned


def verify_cosignature(note: SignedCheckpoint, witness: str, public_key: bytes) -> int:
    """The unix time at which a known witness cosigned; raises :class:`VerificationError` when it did not."""
    time = 0
    for signature in _from(note, witness, key_id(witness, public_key, COSIGNATURE)):
        time = int.from_bytes(signature.value[:8], "big")
        verify_ed25519(public_key, signature.value[8:], cosignature_message(note.checkpoint, time))
    return time


def _from(note: SignedCheckpoint, name: str, key: bytes) -> list[NoteSignature]:
    found = [item for item in note.signatures if item.name == name and item.key_id == key]
    if not found:
        raise VerificationError(
            "checkpoint.unsigned", f"The checkpoint has no signature of {name} under that key.", "Ask for a signed one."
        )
    return found


def _parse_signature(line: str) -> NoteSignature:
    match = _SIGNATURE.fullmatch(line)
    value = _base64(match["value"]) if match else b""
    if not match or len(value) <= 4:
        raise _malformed("a signature line is not in canonical form")
    return NoteSignature(match["name"], value[:4], value[4:])


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed("it holds malformed base64") from error


def _malformed(reason: str) -> FormatError:
    return FormatError(
        "checkpoint.malformed", f"This is no signed checkpoint of ours: {reason}.", "Fetch the log's checkpoint again."
    )
