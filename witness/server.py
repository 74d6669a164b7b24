"""The witness's HTTP interface: ``POST /add-checkpoint`` (C2SP tlog-witness), and ``GET /<origin>/checkpoint`` for whoever watches.

Nobody signs in: a checkpoint carries the log's signature. So what strangers can take up is bounded: bytes, connections, and the
seconds of a connection, however slowly it drips. TLS is a proxy's in front.
"""

import io
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Final
from urllib.parse import unquote

import structlog

from protocol import witnessing
from protocol.errors import FormatError, RefusedError, TallyError
from witness.service import Service

_log = structlog.get_logger()
MOST_CONNECTIONS: Final = 64
LONGEST: Final = 20.0
"""Seconds that a connection lasts, with all that is asked on it."""
_TEXT: Final = "text/plain; charset=utf-8"


class Server(ThreadingMixIn, TCPServer):
    """Listens at once; :meth:`serve_forever` answers."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, host: str, port: int, service: Service, *, longest: float = LONGEST) -> None:
        self.service: Final = service
        self.longest: Final = longest
        self._places: Final = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise RefusedError(
                "witness.port", f"Nothing can listen at {host}:{port}: {error.strerror}.", "Name a free port."
            ) from error

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def process_request(self, request: object, client_address: object) -> None:
        """Answer in a thread of its own while there is a place; else the connection is closed at once."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)  # pyright: ignore[reportArgumentType]
            return
        super().process_request(request, client_address)  # pyright: ignore[reportArgumentType]

    def process_request_thread(self, request: object, client_address: object) -> None:
        """As the base class, and the place is free again."""
        try:
            super().process_request_thread(request, client_address)  # pyright: ignore[reportArgumentType]
        finally:
            self._places.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away or took too long is no event."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]
    server_version = "tally-witness"
    sys_version = ""
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Read until the connection's time is over, whatever the pace."""
        super().setup()
        self.rfile = io.BufferedReader(_Timed(self.connection, time.monotonic() + self.server.longest))

    def do_POST(self) -> None:
        if self.path != f"/{witnessing.ADD}":
            self._refuse(404, "There is nothing to post here.")
            return
        length = self.headers.get("content-length", "")
        if not length.isascii() or not length.isdecimal() or "transfer-encoding" in self.headers:
            self._refuse(411, "Say the body's length.")
        elif len(length) > 9 or int(length) > witnessing.MOST:
            self._refuse(413, f"A request has {witnessing.MOST} bytes at most.")
        else:
            body = self.rfile.read(int(length))
            if len(body) == int(length):
                self._answer(lambda: self.server.service.add(body))
            else:
                self.close_connection = True

    def do_GET(self) -> None:
        origin, _, last = self.path.removeprefix("/").partition("/")
        if last == "checkpoint":
            self._answer(lambda: self.server.service.latest(unquote(origin)))
        else:
            self._refuse(404, "There is nothing here.")

    def _answer(self, ask: Callable[[], bytes]) -> None:
        try:
            body = ask()
        except FormatError as error:
            self._refuse(400, error.what)
        except TallyError as error:
            status, size = error.details.get("status"), error.details.get("size")
            if not isinstance(status, int):
                self._failed(error)
            elif size is None:
                self._refuse(status, f"{error.what} {error.fix}")
            else:
                self._send(status, f"{size}\n".encode(), witnessing.SIZE_TYPE)
        except Exception as error:  # noqa: BLE001 - a disk that is full, a file that is damaged: nothing was signed
            self._failed(error)
        else:
            self._send(200, body, _TEXT)

    def _failed(self, error: Exception) -> None:
        _log.error("witness.failed", exc_info=error)
        self._refuse(500, "The witness cannot answer now; nothing was cosigned.")

    def _refuse(self, status: int, words: str) -> None:
        # what is left of the body was not read: the connection cannot go on
        self.close_connection = True
        self._send(status, f"{words}\n".encode(), _TEXT)

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("cache-control", "no-store")
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """What was cosigned is logged where it is."""


class _Timed(io.RawIOBase):
    """A socket as a file that gives nothing after ``until``."""

    def __init__(self, channel: socket.socket, until: float) -> None:
        self._channel: Final = channel
        self._until: Final = until

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """What is there."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._channel.settimeout(left)
        return self._channel.recv_into(buffer)
