"""The port at which a monitor reads: one path, plain text, this machine alone unless the operator names another address.

Never a path of a public API: what is told here is for who runs the process. There is no login, so the address is the defence: bind it to
a network that only the monitor shares. Connections are served one at a time and are cut off after a few seconds.
"""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST

from metrics.board import Board
from protocol.errors import RefusedError

_log = structlog.get_logger()
PATH: Final = "/metrics"
_PATIENCE: Final = 5.0


@contextmanager
def serving(board: Board, host: str, port: int | None) -> Generator[int | None]:
    """Answer at ``host:port`` while inside; yields the port (0 takes a free one). None: nobody is answered."""
    if port is None:
        yield None
        return
    try:
        kind = _Server6 if ":" in host else _Server
        server = kind((host, port), _handler(board))
    except OSError as error:
        raise RefusedError(
            "metrics.port",
            f"Metrics cannot be served at {host}:{port}: {error.strerror}.",
            "Name a free port and an address of this machine, or none.",
        ) from error
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    found = int(server.server_address[1])
    _log.info("metrics.listening", host=host, port=found)
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_PATIENCE)


class _Server(TCPServer):
    """Not ``http.server``'s, which asks DNS for its own name before it listens."""

    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A monitor that went away is no event."""


class _Server6(_Server):
    address_family = socket.AF_INET6


def _handler(board: Board) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE
        # one packet for both: a body after its header would wait for the reader's delayed acknowledgement (40 ms)
        wbufsize = -1
        disable_nagle_algorithm = True
        server_version = "tally"
        sys_version = ""

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != PATH:
                self.send_error(404)
                return
            body = board.text()
            self.send_response(200)
            self.send_header("content-type", CONTENT_TYPE_LATEST)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """A scrape is no event."""

    return Handler
