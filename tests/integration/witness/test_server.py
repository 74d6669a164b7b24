"""The witness over HTTP: tlog-witness's statuses and bodies, and what strangers can take up of it."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from protocol import checkpoint, witnessing
from protocol.witnessing import Submission
from tests.patience import scaled, until
from tests.unit.protocol.test_witnessing import NOW, ORIGIN, note, tree
from tests.unit.witness.test_witness import VKEY
from witness import folder as folders
from witness import server as servers
from witness.server import Server
from witness.service import Service


class Running:
    """A server in a thread."""

    def __init__(self, path: Path, longest: float) -> None:
        self.path = path
        folders.create(path, "witness.example/w1")
        folders.opened(path).follow(VKEY)
        self.server = Server("127.0.0.1", 0, Service(folders.opened(path), lambda: NOW), longest=longest)
        self.url = f"http://127.0.0.1:{self.server.port}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join(10)

    def open(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.port), scaled(10))

    def free(self) -> bool:
        """Whether somebody else is answered at this moment."""
        try:
            return httpx.get(f"{self.url}/x", timeout=scaled(5), trust_env=False).status_code == 404
        except httpx.TransportError:
            return False


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path / "witness", scaled(20))
    yield made
    made.close()


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Running]:
    """A connection ends soon."""
    made = Running(tmp_path / "witness", 0.5)
    yield made
    made.close()


def test_statuses_and_bodies_are_the_specification_s(running: Running) -> None:
    log, forked = tree(8), tree(8, fork=5)
    with httpx.Client(base_url=running.url, trust_env=False, timeout=scaled(10)) as client:

        def add(old: int, proof: tuple[bytes, ...], data: bytes) -> httpx.Response:
            return client.post("/add-checkpoint", content=Submission(old, proof, data).data())

        first = add(0, (), note(log, 5))
        assert first.status_code == 200
        public = folders.opened(running.path).key().public
        assert (
            checkpoint.verify_cosignature(checkpoint.parse(note(log, 5) + first.content), public.name, public.public)
            == NOW
        )
        for old, proof, data, status, body in (
            (0, (), note(log), 409, b"5\n"),
            (5, (), note(forked, 5), 200, None),
            (5, (), note(tree(5, fork=1)), 409, b"5\n"),
            (5, forked.consistency_proof(5, 8)[:-1], note(log), 422, None),
            (9, (), note(log), 400, None),
            (5, (), note(log).replace(b"hospital", b"nobody--") + b"x", 400, None),
            (5, (), note(log).replace(b"/bank-a/", b"/bank-b/"), 404, None),
        ):
            answer = add(old, proof, data)
            assert answer.status_code == status, answer.text
            if status == 409:
                assert (answer.content, answer.headers["content-type"]) == (body, "text/x.tlog.size")
        assert add(5, log.consistency_proof(5, 8), note(log)).status_code == 200
        shown = client.get(f"/{quote(ORIGIN.text(), safe='')}/checkpoint")
        assert shown.url.path.endswith("/checkpoint")
        assert checkpoint.parse(shown.content).checkpoint.size == 8
        assert witnessing.head_path(ORIGIN.text()) == f"{quote(ORIGIN.text(), safe='')}/checkpoint"
        for method, path, status in (
            ("GET", "/", 404),
            ("POST", "/x", 404),
            ("GET", "/add-checkpoint", 404),
            ("PUT", "/x", 501),
        ):
            assert client.request(method, path).status_code == status
        assert client.get("/..%2fkey/checkpoint").status_code == 404


def test_two_at_once_get_one_history(running: Running) -> None:
    """The race of the specification: requests for N and for N + K from the same memory. One is answered, or both in order."""
    log = tree(40)
    with httpx.Client(base_url=running.url, trust_env=False, timeout=scaled(20)) as client:
        assert client.post("/add-checkpoint", content=Submission(0, (), note(log, 4)).data()).status_code == 200
        found: dict[int, int] = {}

        def ask(size: int) -> None:
            data = Submission(4, log.consistency_proof(4, size), note(log, size)).data()
            found[size] = httpx.post(
                f"{running.url}/add-checkpoint", content=data, trust_env=False, timeout=scaled(20)
            ).status_code

        threads = [threading.Thread(target=ask, args=(size,)) for size in range(10, 34)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found.values()) == [200] + [409] * 23
        (size,) = (size for size, status in found.items() if status == 200)
        shown = client.get(f"/{quote(ORIGIN.text(), safe='')}/checkpoint")
        assert checkpoint.parse(shown.content).checkpoint.size == size


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"content-length: {witnessing.MOST + 1}", b"413"), ("content-length: 99999999999999999999", b"413"), ("content-length: -1", b"411"),
        ("content-length: ١", b"411"), ("x: y", b"411"), ("transfer-encoding: chunked\r\ncontent-length: 5", b"411"),
    ],
)  # fmt: skip
def test_attack_a_body_that_is_huge_or_without_length_is_not_read(running: Running, head: str, status: bytes) -> None:
    with running.open() as channel:
        channel.sendall(f"POST /add-checkpoint HTTP/1.1\r\nhost: w\r\n{head}\r\n\r\n".encode())
        answer = b""
        while data := channel.recv(4096):
            answer += data
    assert answer.split(b" ")[1] == status


def test_attack_a_request_that_drips_ends_with_its_connection(hasty: Running) -> None:
    """Each byte comes in time, and all of them never do: the connection's own time ends it, and nothing was read of its body."""
    with hasty.open() as channel:
        channel.sendall(b"POST /add-checkpoint HTTP/1.1\r\nhost: w\r\ncontent-length: 4000\r\n\r\n")
        stop = threading.Event()

        def drip() -> None:
            while not stop.wait(0.02):
                try:
                    channel.sendall(b"o")
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            assert channel.recv(100) == b""
        except ConnectionResetError:
            pass
        finally:
            stop.set()
            thread.join()


def test_attack_connections_that_are_held_open_give_their_places_back(
    hasty: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [hasty.open() for _ in range(servers.MOST_CONNECTIONS + 8)]
    try:
        until(20, "a place is free again", hasty.free)
    finally:
        for channel in held:
            channel.close()


def test_attack_a_memory_that_cannot_be_read_says_nothing_of_it(running: Running) -> None:
    data = Submission(0, (), note(tree(3))).data()
    for spoil in (lambda path: path.write_bytes(b"no policy"), lambda path: path.unlink()):
        spoil(running.path / "logs")
        answer = httpx.post(f"{running.url}/add-checkpoint", content=data, trust_env=False, timeout=scaled(10))
        assert (answer.status_code, answer.text) == (500, "The witness cannot answer now; nothing was cosigned.\n")
