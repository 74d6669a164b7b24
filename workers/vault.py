"""Encryption at rest for what the node keeps: data set snapshots, their secrets, output shares between commit and release.

Every blob has a fresh key, derived (HKDF, RFC 5869) from the storage key and a random salt, and is cut into chunks in the
STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): nonce = chunk number and a last-chunk flag, so chunks
cannot be dropped, swapped or cut off. The label (what the blob is) is authenticated: a blob moved elsewhere does not open.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from protocol.errors import VerificationError
from workers import disk

MAGIC: Final = b"tally-vault-1\n"
_SALT: Final = 32
_CHUNK: Final = 1 << 20
_TAG: Final = 16
_LIMIT: Final = 1 << 33


class Vault:
    """Seals and opens blobs under the node's storage key."""

    def __init__(self, storage_key: bytes) -> None:
        self._key = storage_key

    def seal(self, label: str, data: bytes) -> bytes:
        """``data`` encrypted for ``label``."""
        return b"".join(self._pieces(label, data))

    def open(self, label: str, blob: bytes) -> bytes:
        """The data behind a blob sealed for ``label``; anything else is refused (``vault.not_authentic``)."""
        head = len(MAGIC) + _SALT
        body = memoryview(blob)[head:]
        if len(body) < _TAG or not blob.startswith(MAGIC):
            raise _altered(label)
        cipher = self._cipher(blob[len(MAGIC) : head], label)
        count = -(-len(body) // (_CHUNK + _TAG))
        pieces: list[bytes] = []
        try:
            for number in range(count):
                piece = body[number * (_CHUNK + _TAG) : (number + 1) * (_CHUNK + _TAG)]
                pieces.append(cipher.decrypt(_nonce(number, last=number == count - 1), bytes(piece), None))
        except (InvalidTag, ValueError) as error:
            raise _altered(label) from error
        return b"".join(pieces)

    def write(self, path: Path, label: str, data: bytes) -> None:
        """Seal into a file, durably."""
        disk.write_private_pieces(path, self._pieces(label, data))

    def read(self, path: Path, label: str) -> bytes:
        """Open a file that :meth:`write` made."""
        return self.open(label, disk.read_private(path, _LIMIT))

    def _pieces(self, label: str, data: bytes) -> Iterator[bytes]:
        """What a sealed blob consists of, in order."""
        salt = secrets.token_bytes(_SALT)
        cipher = self._cipher(salt, label)
        yield MAGIC
        yield salt
        count = max(1, -(-len(data) // _CHUNK))
        for number in range(count):
            piece = data[number * _CHUNK : (number + 1) * _CHUNK]
            yield cipher.encrypt(_nonce(number, last=number == count - 1), piece, None)

    def _cipher(self, salt: bytes, label: str) -> ChaCha20Poly1305:
        return ChaCha20Poly1305(HKDF(SHA256(), 32, salt, MAGIC + label.encode()).derive(self._key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _altered(label: str) -> VerificationError:
    return VerificationError(
        "vault.not_authentic",
        f"The stored {label} does not open with this node's storage key.",
        "It was altered, moved or belongs to another node: restore it from its backup.",
    )
