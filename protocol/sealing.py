"""Sealed shares: HPKE (RFC 9180) to a result user's X25519 seal key; the coordinator only carries them.

Suite DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, base mode, single shot. The authenticated context
(task, run, party, output, share commitment) is HPKE's ``info``: RFC 9180, section 8.1 asks single-shot applications to
put auxiliary authenticated data there, and the library therefore has no ``aad``. A blob opens under its own context
only. The one random value, the ephemeral key, is drawn inside the library.
"""

import hashlib
import math
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from protocol import canonical, commitments
from protocol.commitments import SALT_BYTES, SHARE_BYTES, Tensor
from protocol.errors import FormatError, VerificationError
from protocol.fields import Fields, Hash, Name
from protocol.limits import LIMITS

SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
OVERHEAD: Final = 32 + 16
"""Bytes that sealing adds: the encapsulated key and the tag."""

_INFO = b"tallystick/seal/v1\0"
_PAYLOAD = b"tallystick/sealed-share/v1\0"


@dataclass(frozen=True, slots=True)
class SealContext(Fields):
    """What a sealed share is; ``output`` is ``commitments.output_name``, ``commitment`` that of the share inside."""

    task: Hash
    run: Hash
    party: Name
    output: Hash
    commitment: Hash

    def info(self) -> bytes:
        """HPKE's ``info``: a domain and the context's canonical JSON."""
        return _INFO + canonical.dumps(self.to_json())


@dataclass(frozen=True, slots=True)
class OpenedShare:
    """A party's share of one output and the salt that opens its commitment."""

    salt: bytes
    tensor: Tensor

    def data(self) -> bytes:
        """Canonical plaintext: domain ‖ salt ‖ shape ‖ fraction bits ‖ elements."""
        if len(self.salt) != SALT_BYTES:
            raise FormatError("seal.salt", "The output salt does not have 32 bytes.", "Draw 32 random bytes.")
        return _PAYLOAD + self.salt + self.tensor.head() + self.tensor.data

    def commitment(self, context: SealContext) -> bytes:
        """The share commitment that this share opens."""
        return commitments.output_share(
            context.task, context.run, context.party, context.output, tensor=self.tensor, salt=self.salt
        )


def seal_share(recipient: bytes, context: SealContext, share: OpenedShare) -> bytes:
    """Seal a share for the holder of a registered 32-byte seal key.

    A share that does not open its own commitment is refused, and so are keys of low order.
    """
    if share.commitment(context) != context.commitment:
        raise _mismatch()
    return seal(recipient, context.info(), share.data())


def open_share(key: X25519PrivateKey, context: SealContext, sealed: bytes) -> OpenedShare:
    """Open a sealed share and check it against its commitment.

    Raises :class:`VerificationError` ``seal.not_opened`` or ``seal.commitment``.
    """
    share = parse_share(open_sealed(key, context.info(), sealed))
    if share.commitment(context) != context.commitment:
        raise _mismatch()
    return share


def seal(recipient: bytes, info: bytes, plaintext: bytes) -> bytes:
    """HPKE base mode, single shot: the encapsulated key, then the ciphertext."""
    if len(recipient) != 32:
        raise FormatError("seal.key", f"A seal key has 32 bytes, not {len(recipient)}.", "Register an X25519 key.")
    if len(plaintext) + OVERHEAD > LIMITS.frame:
        raise FormatError("seal.too_large", f"{len(plaintext)} bytes are too many to seal.", "Split the output.")
    try:
        return SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(recipient), info)
    except ValueError as error:  # a low-order point gives an all-zero secret (RFC 7748, section 6.1)
        raise FormatError("seal.key", "The seal key is no usable X25519 key.", "Register another seal key.") from error


def open_sealed(key: X25519PrivateKey, info: bytes, sealed: bytes) -> bytes:
    """The plaintext of :func:`seal`; any other key, info or byte raises ``seal.not_opened``."""
    if not OVERHEAD <= len(sealed) <= LIMITS.frame:
        raise FormatError("seal.length", f"{len(sealed)} bytes are no sealed share.", "Fetch the sealed share again.")
    try:
        return SUITE.decrypt(sealed, key, info)
    except (InvalidTag, ValueError) as error:
        raise VerificationError(
            "seal.not_opened",
            "The sealed share does not open under this key and context.",
            "Use the seal key that was registered when the node released, and that task's release statement.",
        ) from error


def parse_share(data: bytes) -> OpenedShare:
    """Read the plaintext of a sealed share strictly."""
    start = len(_PAYLOAD)
    sizes = start + SALT_BYTES + 1
    if len(data) < sizes or not data.startswith(_PAYLOAD):
        raise _malformed()
    dimensions = data[sizes - 1]
    end = sizes + 4 * dimensions
    if len(data) <= end:
        raise _malformed()
    shape = tuple(int.from_bytes(data[i : i + 4], "big") for i in range(sizes, end, 4))
    if len(data) != end + 1 + SHARE_BYTES * math.prod(shape):
        raise _malformed()
    return OpenedShare(data[start : start + SALT_BYTES], Tensor(shape, data[end], data[end + 1 :]))


def digest(sealed: bytes) -> bytes:
    """SHA-256 of a sealed blob, as the release statement carries it."""
    return hashlib.sha256(sealed).digest()


def _malformed() -> FormatError:
    return FormatError("seal.malformed", "The opened bytes are no share of ours.", "Ask the party to release again.")


def _mismatch() -> VerificationError:
    return VerificationError(
        "seal.commitment",
        "The share does not open its commitment.",
        "Do not use it: compare the party's output-commitment statement with its release statement.",
    )
