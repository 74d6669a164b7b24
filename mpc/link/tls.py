"""TLS 1.3 with self-signed node certificates, pinned in both directions to the registry's Ed25519 keys.

A verifier has nothing but a peer's 32-byte public key. From it it builds a *trust anchor*: a certificate with the
pinned key, the fixed issuer name and a signature by a throw-away key. OpenSSL does not check a trust anchor's own
signature (``X509_V_FLAG_CHECK_SS_SIGNATURE`` is off), only that the peer's certificate is signed by the anchor's key.
A peer's certificate is signed by its own node key under that issuer name, so the chain holds exactly when the
certificate was made by the holder of the pinned key, and TLS 1.3's CertificateVerify (RFC 8446, 4.4.3) proves that the
holder is at the other end now. After the handshake the raw key is compared with the one of the *claimed* party.

Certificates do not expire: the registry decides which key is in force.
"""

import os
import secrets
import ssl
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.x509.oid import NameOID

_NOT_BEFORE: Final = datetime(2000, 1, 1, tzinfo=UTC)
_NOT_AFTER: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def node_certificate(key: Ed25519PrivateKey) -> x509.Certificate:
    """The node's end-entity certificate: key and signature are the node's, the issuer name is its anchor's."""
    public = key.public_key()
    return (
        _builder(public, subject=_name("node", public), serial=2)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .sign(key, None)
    )


def trust_anchor(node_key: bytes) -> x509.Certificate:
    """The anchor that accepts certificates signed by ``node_key`` and nothing else; its own signature means nothing."""
    public = Ed25519PublicKey.from_public_bytes(node_key)
    return (
        _builder(public, subject=_name("anchor", public), serial=1)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .sign(Ed25519PrivateKey.generate(), None)
    )


def context(key: Ed25519PrivateKey, pinned: Iterable[bytes], *, server: bool) -> ssl.SSLContext:
    """A context that speaks TLS 1.3 only, presents this node's certificate and demands one of the ``pinned`` keys.

    Built by hand, not with ``create_default_context``, which would honour ``SSLKEYLOGFILE`` and trust system roots.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.maximum_version = ssl.TLSVersion.TLSv1_3
    made.check_hostname = False  # a party is its key; names in certificates carry no meaning
    made.verify_mode = ssl.CERT_REQUIRED
    if server:
        made.num_tickets = 0  # no resumption: every link proves its key anew
    anchors = b"".join(trust_anchor(node_key).public_bytes(Encoding.DER) for node_key in pinned)
    made.load_verify_locations(cadata=anchors)
    _load_key(made, key)
    return made


def peer_key(connection: ssl.SSLObject) -> bytes:
    """The raw Ed25519 public key the other end proved in the handshake (empty if it is no Ed25519 key)."""
    encoded = connection.getpeercert(binary_form=True)
    try:
        public = x509.load_der_x509_certificate(encoded or b"").public_key()
    except (ValueError, UnsupportedAlgorithm):  # stricter than OpenSSL
        return b""
    return public.public_bytes_raw() if isinstance(public, Ed25519PublicKey) else b""


def _load_key(made: ssl.SSLContext, key: Ed25519PrivateKey) -> None:
    """Python's ssl reads keys from files only: write it encrypted under a one-time password, and remove it at once."""
    password = secrets.token_hex(32)
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode()))
    with tempfile.TemporaryDirectory(prefix="tally-link-") as folder:
        path = Path(folder, "node.pem")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(node_certificate(key).public_bytes(Encoding.PEM) + encrypted)
        made.load_cert_chain(path, password=lambda: password)


def _builder(public: Ed25519PublicKey, *, subject: x509.Name, serial: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_name("anchor", public))
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_NOT_AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
    )


def _name(role: str, public: Ed25519PublicKey) -> x509.Name:
    # the key in the name lets OpenSSL pick the one right anchor among many
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"tallystick {role}"),
            x509.NameAttribute(NameOID.COMMON_NAME, public.public_bytes_raw().hex()),
        ]
    )


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
