"""Checkpoints are time-stamped by an authority made with OpenSSL, and checked by OpenSSL; what a false authority says is refused."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocol.checkpoint import Origin
from protocol.errors import TallyError
from workers.log import EvidenceLog
from workers.timestamps import over_http, roots_of, stamp

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="the local authority is made with openssl")

CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
[stamping]
extendedKeyUsage = critical,timeStamping
"""


class Authority:
    """A root, and a certificate for time-stamping below it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        self.openssl(*new, "-x509", "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Root", "-days", "2")
        self.openssl(*new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Time")
        self.openssl(
            "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "2",
            "-out", "tsa.pem", "-extfile", "tsa.cnf", "-extensions", "stamping",
        )  # fmt: skip

    def openssl(self, *words: str) -> bytes:
        return subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True).stdout

    @property
    def root(self) -> bytes:
        return (self.folder / "root.pem").read_bytes()

    def answer(self, request: bytes) -> bytes:
        (self.folder / "request.tsq").write_bytes(request)
        self.openssl(
            "ts", "-reply", "-config", "tsa.cnf", "-section", "one", "-queryfile", "request.tsq", "-signer", "tsa.pem",
            "-inkey", "tsa.key", "-out", "answer.tsr",
        )  # fmt: skip
        return (self.folder / "answer.tsr").read_bytes()


@contextmanager
def at_a_port(answer: Callable[[bytes], bytes], kind: str = "application/timestamp-reply") -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "one")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    key = Ed25519PrivateKey.generate()
    origin = Origin(b"\x22" * 32, 31337, "hospital", 0)
    log = EvidenceLog(tmp_path / "log", origin, key.public_key().public_bytes_raw(), key.sign)
    log.append([b"one", b"two"])
    log.publish()
    log.close()
    return log.folder / "checkpoint"


def test_openssl_verifies_what_was_stamped(authority: Authority, checkpoint: Path, tmp_path: Path) -> None:
    data = checkpoint.read_bytes()
    with at_a_port(authority.answer) as url:
        found = stamp(data, over_http(url), roots_of(authority.root))
    file = tmp_path / "checkpoint.tsr"
    file.write_bytes(found.response)
    check = ("ts", "-verify", "-data", str(checkpoint), "-in", str(file), "-CAfile", "root.pem")
    authority.openssl(*check)
    assert found.time.tzinfo is not None
    checkpoint.write_bytes(data.replace(b"\n2\n", b"\n3\n"))
    with pytest.raises(subprocess.CalledProcessError):
        authority.openssl(*check)


def test_another_authority_or_an_old_answer_is_refused(authority: Authority, checkpoint: Path, tmp_path: Path) -> None:
    data, roots = checkpoint.read_bytes(), roots_of(authority.root)
    old = stamp(data, authority.answer, roots).response
    other = Authority(tmp_path / "other")
    answers: dict[str, tuple[Callable[[bytes], bytes], bytes, str]] = {
        "another root": (other.answer, authority.root, "timestamp.not_verified"),
        "an old answer": (lambda _: old, authority.root, "timestamp.not_verified"),
        "nonsense": (lambda _: b"no time", authority.root, "timestamp.malformed"),
    }
    for ask, root, code in answers.values():
        with pytest.raises(TallyError) as refused:
            stamp(data, ask, roots_of(root))
        assert refused.value.code == code
    with pytest.raises(TallyError) as none:
        roots_of(b"none")
    assert none.value.code == "timestamp.roots"


def test_an_address_without_an_authority_is_said_so(authority: Authority) -> None:
    roots = roots_of(authority.root)
    with at_a_port(lambda _: b"hello", "text/html") as url, pytest.raises(TallyError) as refused:
        stamp(b"x", over_http(url), roots)
    assert refused.value.code == "timestamp.refused"
    with pytest.raises(TallyError) as away:
        stamp(b"x", over_http(url), roots)
    assert away.value.code == "timestamp.unreachable"
    with at_a_port(lambda _: b"x" * 70_000) as url, pytest.raises(TallyError) as large:
        stamp(b"x", over_http(url), roots)
    assert large.value.code == "timestamp.malformed"
