"""A scripted enemy: it holds one party's real key and speaks the protocol by hand, as far as it likes."""

import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpc.link import tls
from mpc.link.frames import FrameType, header
from mpc.link.hello import Hello, NonceClaim, claim, decode_hello, encode_echo
from protocol import commitments
from tests.integration.mpc_link.party import ENGINE, NAMES, node_key
from tests.patience import Patience, scaled

TASK, PROGRAMS = b"t" * 32, b"p" * 32
PATIENCE = 15.0


def dial_tcp(port: int) -> socket.socket:
    """Connect to a party that may not listen yet."""
    patience = Patience(PATIENCE, f"port {port} to listen")
    while True:
        try:
            made = socket.create_connection(("127.0.0.1", port), timeout=scaled(PATIENCE))
        except ConnectionRefusedError:
            patience.check()
            time.sleep(0.05)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            return made


class Enemy:
    """One TLS connection as ``name`` (with ``key``, by default the right one) to the party ``to``."""

    def __init__(self, to: str, port: int, name: str = "carol", key: Ed25519PrivateKey | None = None) -> None:
        self.to, self.name = to, name
        self.key = key or node_key(name)
        pins = [node_key(other).public_key().public_bytes_raw() for other in NAMES]
        self.raw, self.tls = self._dial(port, pins)
        self.claims: dict[str, NonceClaim] = {}

    def _dial(self, port: int, pins: list[bytes]) -> tuple[socket.socket, ssl.SSLSocket]:
        """A party that has not yet noticed the end of an earlier connection as this one turns the next away: try again."""
        patience = Patience(PATIENCE, f"{self.to} to take the connection")
        while True:
            raw = dial_tcp(port)
            try:
                return raw, tls.context(self.key, pins, server=False).wrap_socket(raw)
            except (ssl.SSLEOFError, ConnectionResetError):
                raw.close()
                patience.check()
                time.sleep(0.1)

    def frame(self, kind: int, payload: bytes) -> None:
        self.tls.sendall(bytes((kind,)) + len(payload).to_bytes(4, "big") + payload)

    def read(self) -> tuple[FrameType, bytes]:
        """The next frame that is not a heartbeat."""
        while True:
            head = self._exactly(5)
            kind, payload = FrameType(head[0]), self._exactly(int.from_bytes(head[1:], "big"))
            if kind is not FrameType.HEARTBEAT:
                return kind, payload

    def _exactly(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            piece = self.tls.recv(count - len(got))
            if not piece:
                raise ConnectionResetError
            got += piece
        return got

    def hello(self, nonce: bytes = b"n" * 32, **changes: object) -> None:
        """Send a hello, right except for ``changes``, and take the peer's."""
        own = claim(self.key, TASK, self.name, nonce, int(time.time()))
        fields: dict[str, object] = {
            "engine": ENGINE,
            "engine_digest": b"e" * 32,
            "claim": own,
            "to": self.to,
            "task": TASK,
            "program_digest": PROGRAMS,
            "clock": int(time.time()),
        }
        self.frame(FrameType.HELLO, Hello(**(fields | changes)).encode())
        self.claims[self.name] = own
        kind, payload = self.read()
        assert kind is FrameType.HELLO
        self.claims[self.to] = decode_hello(payload, ENGINE).claim

    def close(self) -> None:
        self.tls.close()


def run_id(claims: dict[str, NonceClaim]) -> bytes:
    return commitments.run_id(TASK, [item.nonce for item in claims.values()])


@contextmanager
def as_carol(ports: list[int], *, until: str = "program") -> Iterator[dict[str, Enemy]]:
    """Carol's two connections, taken through the handshake correctly up to ``until`` (hello, nonces, confirm, program)."""
    links = {name: Enemy(name, ports[i]) for i, name in enumerate(("alice", "bob"))}
    try:
        for link in links.values():
            link.hello()
        claims = {party: item for link in links.values() for party, item in link.claims.items()}
        for link in links.values():
            link.claims = claims
        steps = {
            "nonces": (FrameType.ECHO, encode_echo(claims)),
            "confirm": (FrameType.CONFIRM, run_id(claims)),
            "program": (FrameType.KEYS, b""),
        }
        for step, (kind, payload) in steps.items():
            if (
                until == "hello"
                or (until == "nonces" and step != "nonces")
                or (until == "confirm" and step == "program")
            ):
                break
            for link in links.values():
                link.frame(kind, payload)
            for link in links.values():
                assert link.read()[0] is kind
        yield links
    finally:
        for link in links.values():
            link.close()


def reset(link: Enemy) -> None:
    """Close the TCP connection hard, as a machine that loses its state does."""
    link.raw = socket.socket(fileno=link.tls.detach())
    link.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.raw.close()


def end_stream_properly(link: Enemy) -> None:
    """Send TLS close_notify without waiting for the answer."""
    link.tls.settimeout(0.2)
    try:
        link.tls.unwrap()
    except (TimeoutError, ssl.SSLError, OSError):
        return


__all__ = ["Enemy", "as_carol", "dial_tcp", "end_stream_properly", "header", "reset", "run_id"]
