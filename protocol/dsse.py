"""DSSE envelopes with one Ed25519 signature: how every statement travels and is logged.

Strict where the specification leaves room: exactly one signature, ``keyid`` is the hex SHA-256 of the raw public key,
JSON and base64 in canonical form only. The signature is checked over the payload bytes before they are parsed, and an
envelope has one byte string, so its hash identifies it.

Source: https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md and envelope.md
"""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocol import canonical, statements
from protocol.errors import FormatError, VerificationError
from protocol.limits import LIMITS
from protocol.record import Record
from protocol.tiles import MAX_ENTRY

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
_MEDIA_TYPE = re.compile(r"application/vnd\.[a-z0-9.+-]{1,80}")
_KEYID = re.compile(r"[0-9a-f]{64}")

Signer: TypeAlias = Callable[[bytes], bytes]
"""Gives the 64-byte Ed25519 signature of a message; the key stays with its owner."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope as read: nothing in it is trusted before :func:`open_envelope` or :func:`verify`."""

    payload: bytes
    payload_type: str
    keyid: str
    signature: bytes

    def data(self) -> bytes:
        """The one canonical byte string of this envelope."""
        return canonical.dumps(
            {
                "payload": base64.b64encode(self.payload).decode(),
                "payloadType": self.payload_type,
                "signatures": [{"keyid": self.keyid, "sig": base64.b64encode(self.signature).decode()}],
            }
        )


def key_id(public_key: bytes) -> str:
    """Hex SHA-256 of the 32-byte raw Ed25519 public key."""
    return hashlib.sha256(_raw_key(public_key)).hexdigest()


def pae(payload: bytes, payload_type: str) -> bytes:
    """DSSE's pre-authentication encoding: what is signed."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, public_key: bytes, signer: Signer, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """Envelope bytes over ``payload``; the signature is checked at once, so a wrong signer is noticed here."""
    envelope = Envelope(payload, payload_type, key_id(public_key), signer(pae(payload, payload_type)))
    verify(envelope, public_key)
    return envelope.data()


def sign_statement(statement: statements.Statement, public_key: bytes, signer: Signer) -> bytes:
    """Envelope bytes over a statement's canonical bytes; refused when they would not fit into one log entry."""
    data = sign(statements.serialise(statement), public_key, signer)
    if len(data) > MAX_ENTRY:
        raise FormatError(
            "statement.too_large",
            f"The {statement.KIND} envelope has {len(data)} bytes, a log entry holds {MAX_ENTRY}.",
            "Spread its lists over several statements.",
        )
    return data


def parse(data: bytes) -> Envelope:
    """Read an envelope's frame without looking into its payload.

    ``canonical.loads`` serialises again and requires equal bytes; with base64 in canonical form too, no other byte
    string stands for the same envelope.
    """
    record = Record(canonical.loads(data, LIMITS.envelope), "envelope")
    payload_type = record.text("payloadType", 100)
    if not _MEDIA_TYPE.fullmatch(payload_type):
        raise FormatError("dsse.payload_type", f"{payload_type!r} is no media type of ours.", "Set payloadType.")
    payload = record.base64("payload", LIMITS.envelope)
    signatures = record.list("signatures", 1, _signature)
    record.done()
    if len(signatures) != 1:
        raise FormatError("dsse.signatures", "The envelope has no signature.", "Sign with the node key, once.")
    return Envelope(payload, payload_type, *signatures[0])


def verify(envelope: Envelope, public_key: bytes) -> None:
    """Raise :class:`VerificationError` unless ``public_key`` signed the envelope."""
    if envelope.keyid != key_id(public_key):
        raise VerificationError(
            "dsse.other_key",
            f"The envelope names the key {envelope.keyid}, expected was {key_id(public_key)}.",
            "Check which node key the registry held at that log size.",
        )
    verify_ed25519(public_key, envelope.signature, pae(envelope.payload, envelope.payload_type))


def open_envelope(data: bytes, public_key: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """The payload of an envelope that ``public_key`` signed as ``payload_type``: one kind never passes for another."""
    envelope = parse(data)
    if envelope.payload_type != payload_type:
        raise FormatError(
            "dsse.payload_type", f"The envelope holds {envelope.payload_type}, not {payload_type}.", "Send that kind."
        )
    verify(envelope, public_key)
    return envelope.payload


def open_statement(data: bytes, public_key: bytes) -> statements.Statement:
    """Verify, then parse the statement inside."""
    return statements.parse(open_envelope(data, public_key))


def digest(data: bytes) -> bytes:
    """SHA-256 of the envelope bytes: its idempotency key."""
    return hashlib.sha256(data).digest()


def verify_ed25519(public_key: bytes, signature: bytes, message: bytes) -> None:
    """RFC 8032 verification; raises :class:`VerificationError` ``signature.invalid``."""
    try:
        Ed25519PublicKey.from_public_bytes(_raw_key(public_key)).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise VerificationError(
            "signature.invalid", "The Ed25519 signature does not hold.", "Do not use what it covers; ask the signer."
        ) from error


def _signature(value: object, where: str) -> tuple[str, bytes]:
    record = Record(value, where)
    keyid, signature = record.take("keyid"), record.base64("sig", 64)
    if not isinstance(keyid, str) or not _KEYID.fullmatch(keyid) or len(signature) != 64:
        raise FormatError("dsse.signatures", f"{where} is not a key id and an Ed25519 signature.", "Sign again.")
    record.done()
    return keyid, signature


def _raw_key(public_key: bytes) -> bytes:
    if len(public_key) != 32:
        raise FormatError("key.malformed", f"An Ed25519 key has 32 bytes, not {len(public_key)}.", "Send the raw key.")
    return public_key
