"""Posts to addresses that others named: judged where they lead, bounded in time and size, followed nowhere."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from orchestrator.dispatch import posting
from orchestrator.dispatch.posting import MOST, NotTakenError, Poster
from tests.patience import scaled

Answer = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
HEADERS = {"webhook-id": "msg_1"}


class Server:
    """Listens on loopback, keeps what came, answers as it is told to."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.over = threading.Event()
        self._answer, self._tls = answer, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            plain.settimeout(30)
            with suppress(OSError), plain, self._wrapped(plain) as channel:
                data = b""
                while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < length(data):
                    got = channel.recv(65536)
                    if not got:
                        break
                    data += got
                self.requests.append(data)
                self._answer(channel)

    def _wrapped(self, plain: socket.socket) -> socket.socket:
        return plain if self._tls is None else self._tls.wrap_socket(plain, server_side=True)

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)


def length(data: bytes) -> int:
    head = data.partition(b"\r\n\r\n")[0].lower()
    return int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[Server] = []

    def start(answer: Answer | bytes = OK, tls: ssl.SSLContext | None = None) -> Server:
        def plain(channel: socket.socket) -> None:
            channel.sendall(bytes(answer))  # type: ignore[arg-type]

        made.append(Server(answer if callable(answer) else plain, tls))
        return made[-1]

    yield start
    for server in made:
        server.close()


def poster(*named: str, at: str = "127.0.0.1", **options: object) -> Poster:
    return Poster(named or ("sink.internal",), resolve=lambda *_: [at], **options)  # type: ignore[arg-type]


def refused(found: Poster, url: str) -> str:
    with pytest.raises(NotTakenError) as caught:
        found.post(url, b"{}", HEADERS)
    return caught.value.code


def test_what_is_sent_is_one_plain_request(serve: Serve) -> None:
    server = serve()
    assert poster().post(f"http://sink.internal:{server.port}/in?x=1", b'{"a":1}', HEADERS) == 200
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /in?x=1 HTTP/1.1"
    assert {f"host: sink.internal:{server.port}", "content-length: 7", "webhook-id: msg_1", "connection: close"} <= set(
        lines
    )
    assert body == b'{"a":1}'


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.7",
        "169.254.169.254",
        "::1",
        "::ffff:127.0.0.1",
        "fe80::1%lo",
        "64:ff9b::7f00:1",
        "224.0.0.1",
    ],
)
def test_attack_a_public_name_leads_inside(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection is begun, also where only one of several addresses is closed."""

    def never(*_: object) -> None:
        raise AssertionError("a connection was begun")

    monkeypatch.setattr(posting.socket, "create_connection", never)
    for answers in ([address], ["93.184.216.34", address], [address, "2606:4700::1"]):
        found = Poster(resolve=lambda *_, answers=answers: answers)
        assert refused(found, "https://hooks.example.org/") == "webhook.closed_address"


def test_attack_the_name_changes_between_the_look_and_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The DNS says a public address first and loopback ever after: the one that was judged is connected to, none is looked up again."""
    answers = iter([["93.184.216.34"]])
    looked: list[str] = []
    reached: list[tuple[str, int]] = []

    def resolve(host: str, _port: int) -> list[str]:
        looked.append(host)
        return next(answers, ["127.0.0.1"])

    def connection(address: tuple[str, int], _timeout: float) -> socket.socket:
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(posting.socket, "create_connection", connection)
    found = Poster(resolve=resolve)
    assert refused(found, "https://hooks.example.org/") == "webhook.unreachable"
    assert (looked, reached) == (["hooks.example.org"], [("93.184.216.34", 443)])
    assert refused(found, "https://hooks.example.org/") == "webhook.closed_address"
    assert len(reached) == 1


def test_attack_a_redirect_inside_is_not_followed(serve: Serve) -> None:
    inner = serve()
    for status in (301, 302, 303, 307, 308):
        location = f"location: http://127.0.0.1:{inner.port}/admin\r\n".encode()
        outer = serve(f"HTTP/1.1 {status} Moved\r\n".encode() + location + b"content-length: 0\r\n\r\n")
        assert refused(poster(), f"http://sink.internal:{outer.port}/") == "webhook.status"
        assert len(outer.requests) == 1
    assert inner.requests == []


def test_attack_an_answer_that_drips_for_ever(serve: Serve) -> None:
    def drip(channel: socket.socket) -> None:
        channel.sendall(b"HTTP/1.1 200 OK\r\nx: ")
        while not server.over.wait(0.02):
            channel.sendall(b"a")

    server = serve(drip)
    began = time.monotonic()
    assert refused(poster(seconds=0.5), f"http://sink.internal:{server.port}/") == "webhook.slow"
    assert time.monotonic() - began < scaled(5)


def test_attack_who_never_answers_and_names_that_never_resolve(serve: Serve) -> None:
    server = serve(lambda _: server.over.wait(30))
    assert refused(poster(seconds=0.3), f"http://sink.internal:{server.port}/") == "webhook.slow"
    held = threading.Event()
    waiting = Poster(("sink.internal",), resolve=lambda *_: [str(held.wait(30))], seconds=0.3)
    assert refused(waiting, "http://sink.internal/") == "webhook.slow"
    held.set()


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 200 OK\r\n", b"", b"HTTP/1.1 100 Continue\r\n\r\n"]
)
def test_attack_a_head_without_end(serve: Serve, start: bytes) -> None:
    """Bounded in size, whatever is repeated."""
    taken: list[int] = []

    def flood(channel: socket.socket) -> None:
        channel.sendall(start)
        line = (
            b"HTTP/1.1 100 Continue\r\n\r\n"
            if b"100" in start
            else b"y: z\r\n"
            if start.endswith(b"OK\r\n")
            else b"a" * 1000
        )
        with suppress(OSError):
            while not server.over.is_set():
                taken.append(channel.send(line * 20))

    server = serve(flood)
    assert refused(poster(), f"http://sink.internal:{server.port}/") == "webhook.answer"
    server.close()
    assert sum(taken) < 64 * MOST + 8 * 1024 * 1024, "the rest is what the system's buffers hold"


def test_attack_a_body_without_end_is_not_read(serve: Serve) -> None:
    def flood(channel: socket.socket) -> None:
        channel.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with suppress(OSError):
            while not server.over.is_set():
                channel.sendall(b"x" * 65536)

    server = serve(flood)
    assert poster().post(f"http://sink.internal:{server.port}/", b"{}", HEADERS) == 200


@pytest.mark.parametrize("status", [199, 300, 400, 404, 410, 429, 500])
def test_other_answers_are_told(serve: Serve, status: int) -> None:
    server = serve(f"HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n".encode())
    with pytest.raises(NotTakenError, match=r"webhook\.status") as caught:
        poster().post(f"http://sink.internal:{server.port}/", b"{}", HEADERS)
    assert caught.value.answer == status


@pytest.mark.parametrize("answer", [b"", b"hello\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 100])
def test_what_is_no_http(serve: Serve, answer: bytes) -> None:
    assert refused(poster(), f"http://sink.internal:{serve(answer).port}/") in ("webhook.answer", "webhook.unreachable")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    assert refused(poster(), f"http://sink.internal:{port}/") == "webhook.unreachable"


def test_attack_tls_by_somebody_else(serve: Serve, tmp_path: Path) -> None:
    """An unknown issuer, and a known one's certificate for another name; both before a byte of the message is sent."""
    theirs, trust = certificate(tmp_path, "hooks.example.org")
    server = serve(tls=theirs)
    named = f"hooks.example.org:{server.port}"
    url = f"https://{named}/"
    assert poster(named, tls=trust).post(url, b"{}", HEADERS) == 200
    assert refused(poster(named), url) == "webhook.tls"
    other = f"other.example.org:{server.port}"
    assert refused(poster(other, tls=trust), f"https://{other}/") == "webhook.tls"
    assert len(server.requests) == 1


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem, secret)
    return server, ssl.create_default_context(cafile=str(pem))
