"""Pinning on memory buffers: only the holder of a pinned key gets through, in both roles."""

import ssl
import tempfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpc.link import tls

A, B, X = (Ed25519PrivateKey.generate() for _ in range(3))


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (server.wrap_bio(to_server, to_client, server_side=True), client.wrap_bio(to_client, to_server))
    waiting = set(ends)
    for _ in range(6):
        for end in ends[::-1]:
            if end in waiting:
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    continue
                waiting.discard(end)
    assert not waiting
    return ends


def test_both_ends_learn_each_others_key_over_tls_1_3() -> None:
    at_server, at_client = handshake(
        tls.context(A, [public(B), public(X)], server=True), tls.context(B, [public(X), public(A)], server=False)
    )
    assert tls.peer_key(at_server) == public(B)
    assert tls.peer_key(at_client) == public(A)
    assert at_client.version() == at_server.version() == "TLSv1.3"


@pytest.mark.parametrize(
    ("server_key", "server_pins", "client_key", "client_pins"),
    [(A, [B], X, [A]), (X, [B], B, [A]), (A, [X], B, [A]), (A, [B], B, [X])],
)
def test_a_key_that_is_not_pinned_is_refused(
    server_key: Ed25519PrivateKey,
    server_pins: list[Ed25519PrivateKey],
    client_key: Ed25519PrivateKey,
    client_pins: list[Ed25519PrivateKey],
) -> None:
    with pytest.raises(ssl.SSLError):
        handshake(
            tls.context(server_key, map(public, server_pins), server=True),
            tls.context(client_key, map(public, client_pins), server=False),
        )


def test_a_certificate_for_another_key_that_a_pinned_party_signed_does_not_count_as_that_party(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Mallory's key in a certificate signed by B: the chain holds, the comparison with the pinned key does not."""
    real = tls._builder

    def forged(key: Ed25519PrivateKey) -> x509.Certificate:
        return real(B.public_key(), subject=tls._name("node", B.public_key()), serial=2).sign(key, None)

    certificate = (
        x509.CertificateBuilder()
        .subject_name(tls._name("node", X.public_key()))
        .issuer_name(tls._name("anchor", B.public_key()))
        .public_key(X.public_key())
        .serial_number(7)
        .not_valid_before(tls._NOT_BEFORE)
        .not_valid_after(tls._NOT_AFTER)
        .sign(B, None)
    )
    monkeypatch.setattr(tls, "node_certificate", lambda _: certificate)
    client = tls.context(X, [public(A)], server=False)
    monkeypatch.undo()
    at_server, _ = handshake(tls.context(A, [public(B)], server=True), client)
    assert tls.peer_key(at_server) == public(X) != public(B)
    # the other way round, the pinned key in a certificate that its holder did not sign, is refused by TLS
    monkeypatch.setattr(tls, "node_certificate", forged)
    with pytest.raises(ssl.SSLError):
        tls.context(X, [public(A)], server=False)


def test_without_a_certificate_the_server_refuses() -> None:
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    with pytest.raises(ssl.SSLError, match=r"(?i)certificate"):
        handshake(tls.context(A, [public(B)], server=True), client)


def test_tls_1_2_is_refused() -> None:
    client = tls.context(B, [public(A)], server=False)
    client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError, match=r"(?i)version|protocol"):
        handshake(tls.context(A, [public(B)], server=True), client)


def test_the_key_leaves_no_file_behind_and_is_encrypted_while_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[tuple[bytes, int, int]] = []
    real = ssl.SSLContext.load_cert_chain

    def spy(self: ssl.SSLContext, path: Path, **rest: object) -> None:
        seen.append((path.read_bytes(), path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777))
        real(self, path, **rest)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", spy)
    tls.context(A, [public(B)], server=True)
    content, mode, folder_mode = seen[0]
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in content
    assert b"BEGIN PRIVATE KEY" not in content
    assert (mode, folder_mode) == (0o600, 0o700)
    assert list(tmp_path.iterdir()) == []
