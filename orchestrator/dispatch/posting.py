"""One request to an address that others named: to a public host alone, over verified TLS, within bounds, following nothing.

The name is resolved here, once, and the connection is made to the very address that was judged: an answer of the DNS that changes
between the look and the connection changes nothing (rebinding). One closed address among the answers refuses them all.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Final

from protocol.addresses import is_public
from protocol.errors import UnavailableError
from protocol.webhooks import Target, target

TIME: Final = 10.0
"""Seconds for all of it: name, connection, TLS, sending and the answer's head."""
MOST: Final = 32 * 1024
"""Bytes of an answer that are read at most: its head is all that counts."""
_RESOLVERS: Final = 16
Resolve = Callable[[str, int], Collection[str]]


class NotTakenError(UnavailableError):
    """The address did not take a message. ``answer`` is the HTTP status where one came."""

    def __init__(self, code: str, what: str, fix: str, answer: int | None = None) -> None:
        super().__init__(code, what, fix, answer=answer)
        self.answer: Final = answer


def addresses(host: str, port: int) -> list[str]:
    """What a name stands for now, the system's preference first."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


class Poster:
    """Asks addresses; ``named`` hosts are those for which the operator vouches, ``area`` is what the codes of its errors begin with."""

    def __init__(
        self,
        named: Collection[str] = (),
        *,
        resolve: Resolve = addresses,
        tls: ssl.SSLContext | None = None,
        seconds: float = TIME,
        area: str = "webhook",
    ) -> None:
        self._named: Final = frozenset(named)
        self._resolve: Final = resolve
        self._tls: Final = ssl.create_default_context() if tls is None else tls
        self._seconds: Final = seconds
        self._area: Final = area
        # the resolver knows no deadline: what it keeps waiting for is left behind, and few can be
        self._resolvers: Final = ThreadPoolExecutor(_RESOLVERS, "webhook-names")

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The HTTP status, 2xx; :class:`NotTakenError` ``webhook.*`` for everything else. The answer's body is not read."""
        status, _ = self.exchange("POST", url, body, headers, most=0)
        if not 200 <= status < 300:
            raise NotTakenError(
                f"{self._area}.status",
                f"The address answered {status}.",
                "Answer 2xx; redirects are not followed.",
                status,
            )
        return status

    def exchange(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], *, most: int
    ) -> tuple[int, bytes]:
        """The HTTP status, whatever it is, and the answer's body of ``most`` bytes at most (0: not read)."""
        until = time.monotonic() + self._seconds
        found = target(url, self._named)
        try:
            with self._connected(found, until) as channel:
                channel.sendall(_head(method, found, body, headers) + body)
                return _answer(channel, until, most)
        except ssl.SSLError as error:
            raise NotTakenError(
                f"{self._area}.tls", "TLS with the address failed.", "Check its certificate and name."
            ) from error
        except (TimeoutError, Late) as error:
            raise NotTakenError(
                f"{self._area}.slow", f"No answer within {self._seconds:g} s.", "Answer first, work afterwards."
            ) from error
        except (OSError, UnicodeError) as error:
            raise NotTakenError(
                f"{self._area}.unreachable", "The address cannot be reached.", "Check its name and that it listens."
            ) from error
        except (http.client.HTTPException, ValueError) as error:
            raise NotTakenError(
                f"{self._area}.answer",
                "The answer is no HTTP, or too long.",
                "Answer with a 2xx status and a short body.",
            ) from error

    def _connected(self, found: Target, until: float) -> socket.socket:
        plain = self._reached(found, until)
        if not found.tls:
            return plain
        try:
            return self._tls.wrap_socket(plain, server_hostname=found.host)
        except BaseException:
            plain.close()
            raise

    def _reached(self, found: Target, until: float) -> socket.socket:
        ahead = self._resolvers.submit(self._resolve, found.host, found.port)
        try:
            answers = ahead.result(_left(until))
        except Late:
            ahead.cancel()
            raise
        if not answers:
            raise OSError("no address")
        if not found.open and not all(is_public(answer) for answer in answers):
            raise NotTakenError(
                f"{self._area}.closed_address",
                "The name stands for an address that is not public.",
                "Name a public host, or ask the operator to name this one in TALLY_WEBHOOK_HOSTS.",
            )
        failure: OSError = OSError("no address")
        for answer in list(answers)[:4]:
            try:
                channel = socket.create_connection((answer, found.port), _left(until))
            except OSError as error:
                failure = error
                continue
            channel.settimeout(_left(until))
            return channel
        raise failure


def _head(method: str, found: Target, body: bytes, headers: Mapping[str, str]) -> bytes:
    host = f"[{found.host}]" if ":" in found.host else found.host
    usual = 443 if found.tls else 80
    lines = {
        "host": host if found.port == usual else f"{host}:{found.port}",
        "user-agent": "tallystick-webhooks/1",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "accept": "*/*",
        "connection": "close",
        **headers,
    }
    return f"{method} {found.path} HTTP/1.1\r\n".encode() + b"".join(
        f"{name}: {value}\r\n".encode("ascii") for name, value in lines.items()
    ) + b"\r\n"  # fmt: skip


def _answer(channel: socket.socket, until: float, most: int) -> tuple[int, bytes]:
    answer = http.client.HTTPResponse(_Bounded(channel, until), method="POST")  # pyright: ignore[reportArgumentType] - it asks for makefile alone
    try:
        answer.begin()
        body = answer.read(most + 1) if most else b""
        if len(body) > most:
            raise ValueError("too long")
        return answer.status, body
    finally:
        answer.close()


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Bounded(io.RawIOBase):
    """A socket as a file that gives :data:`MOST` bytes at most, and nothing after ``until``: however slowly they drip."""

    def __init__(self, channel: socket.socket, until: float) -> None:
        self._channel: Final = channel
        self._until: Final = until
        self._most = MOST

    def makefile(self, _mode: str) -> io.BufferedReader:
        """As ``HTTPResponse`` asks for it."""
        return io.BufferedReader(self, 4096)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """What is there, at most what is left of the bound."""
        if self._most <= 0:
            raise ValueError("too long")
        self._channel.settimeout(_left(self._until))
        taken = self._channel.recv_into(buffer, min(len(buffer), self._most))
        self._most -= taken
        return taken
