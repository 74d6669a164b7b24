"""A witness's signing key: one file (0600) in the usual note form, ``PRIVATE+KEY+<name>+<key id>+<base64(type ‖ seed)>``.

The form is that of golang.org/x/mod/sumdb/note. Losing the file ends the witness's name; whoever copies it can cosign in its place.
"""

import base64
import binascii
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocol import checkpoint
from protocol.checkpoint import SignedCheckpoint
from protocol.errors import FormatError
from protocol.vkeys import VerifierKey, key_name
from workers import disk

_PREFIX: Final = "PRIVATE+KEY+"
_SEED: Final = 32
_LIMIT: Final = 1024


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The key with its name; the secret half is never printed."""

    public: VerifierKey
    _secret: Ed25519PrivateKey = field(repr=False)

    def cosign(self, note: SignedCheckpoint, now: int) -> SignedCheckpoint:
        """The checkpoint with the witness's cosignature, which is verified before it is given out."""
        return checkpoint.cosign(note, self.public.name, self.public.public, self._secret.sign, now)


def draw(path: Path, name: str) -> WitnessKey:
    """A fresh key from the system's random source, written to ``path``; a file that is there is kept and refused."""
    secret = Ed25519PrivateKey.generate()
    found = _key(key_name(name), secret)
    _, key_id, _ = found.public.text().split("+", 2)
    data = base64.b64encode(bytes([checkpoint.COSIGNATURE]) + secret.private_bytes_raw()).decode()
    disk.create_private(path, f"{_PREFIX}{name}+{key_id}+{data}\n".encode())
    return found


def load(path: Path) -> WitnessKey:
    """The key in a file that nobody else can read; an error never names what is in it."""
    text = disk.read_private(path, _LIMIT).decode("utf-8", "replace").strip()
    name, _, rest = text.removeprefix(_PREFIX).partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if text.startswith(_PREFIX) and len(data) == 1 + _SEED and data[0] == checkpoint.COSIGNATURE:
        found = _key(key_name(name), Ed25519PrivateKey.from_private_bytes(data[1:]))
        if found.public.text().split("+")[1] == key_id:
            return found
    raise FormatError("witness.key", f"{path} holds no witness's key.", "Put the right file back; never edit it.")


def _key(name: str, secret: Ed25519PrivateKey) -> WitnessKey:
    public = secret.public_key().public_bytes_raw()
    return WitnessKey(VerifierKey(name, checkpoint.COSIGNATURE, public), secret)
