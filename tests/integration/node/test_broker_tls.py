"""A broker behind TLS is the one that its URL names: a certificate for another host opens no connection and gets no password."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from orchestrator.dispatch.broker import BrokerAddress, _producer
from tests.patience import scaled
from workers.app import build

SIDES: dict[str, Callable[[str], Celery]] = {
    "node": lambda url: build(
        SimpleNamespace(node=SimpleNamespace(party="clinic"), dispatch=0, release=0, collect=0), url, ""
    ),  # type: ignore[arg-type]
    "coordinator": lambda url: _producer(BrokerAddress(url, "")),
}


def certificate(folder: Path, name: x509.GeneralName) -> Path:
    """Signed by itself, and trusted by the test: its key and itself in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Listener:
    """Accepts TLS and keeps the first bytes that a client sends inside it."""

    def __init__(self, path: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        self.heard: list[bytes] = []
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            with suppress(OSError), plain, self._context.wrap_socket(plain, server_side=True) as secure:
                self.heard.append(secure.recv(64))

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(scaled(5))


@pytest.fixture
def listening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[x509.GeneralName], Listener]]:
    made: list[Listener] = []

    def listen(name: x509.GeneralName) -> Listener:
        path = certificate(tmp_path, name)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        made.append(Listener(path))
        return made[-1]

    yield listen
    for listener in made:
        listener.close()


def connect(side: str, url: str) -> None:
    app: Any = SIDES[side](url)
    with suppress(Exception), app.connection_for_write() as connection:  # the listener speaks no broker's protocol
        connection.connect_timeout = 5
        connection.ensure_connection(max_retries=1, interval_start=0)
    app.close()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("scheme", ["amqps", "rediss"])
def test_attack_a_certificate_of_another_host(listening: Any, side: str, scheme: str) -> None:
    good = listening(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    connect(side, f"{scheme}://party-clinic:{'p' * 43}@127.0.0.1:{good.port}/0")
    assert any(good.heard), "the control: with the right certificate the client speaks"
    evil = listening(x509.DNSName("evil.example"))
    connect(side, f"{scheme}://party-clinic:{'p' * 43}@127.0.0.1:{evil.port}/0")
    assert not any(evil.heard)
