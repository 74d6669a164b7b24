"""A holder's door: HTTP/1.1 over TLS 1.3 with both node keys pinned, for its askers alone.

    GET  /v1/sessions/<list>                     the sessions in which the asker may ask about it
    GET  /v1/mirrors/<list>                      the versions in force
    GET  /v1/mirrors/<list>/<version>            the file of one
    POST /v1/questions                           a question; the answer to it
    GET  /v1/sessions/<session>/answers/<place>  the proof that an answer's receipt is in the anchored log

Who the askers are is looked up for each connection. Whoever does not prove one of their keys gets no further than the handshake, which has its own thread, a deadline and a place among few.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Final, cast

import structlog

from mpc.link import tls
from protocol import ids
from protocol.errors import FormatError, RefusedError, TallyError
from protocol.lookup import LookupRefusal, MirrorList, Question
from workers.keystore import NodeKeys
from workers.lookup.evaluator import Askers, Holder
from workers.lookup.lists import Lists
from workers.sessions.proofs import Proofs

_log = structlog.get_logger()
_PATIENCE: Final = 10.0
"""Seconds for a handshake, and for each read and write."""
_PLACES: Final = 64
_TOLD: Final = ("lookup.", "session.", "json.", "id.")
"""What is about the question. Other errors are the holder's own, and may name its files."""
_WAIT: Final = 429


@dataclass(frozen=True, slots=True)
class Service:
    """What stands behind the door: who may ask, what answers, the lists' files, the proofs of receipts."""

    askers: Askers
    holder: Holder
    lists: Lists
    proofs: Proofs


@contextmanager
def serving(service: Service, keys: NodeKeys, host: str, port: int) -> Generator[int]:
    """Answer whoever may ask now at ``host:port`` while inside; yields the port (0 takes a free one)."""
    kind = _Server6 if ":" in host else _Server
    try:
        server = kind((host, port), _handler(service), _Contexts(service.askers, keys))
    except OSError as error:
        raise RefusedError(
            "lookup.port",
            f"Questions cannot be taken at {host}:{port}: {error.strerror}.",
            "Name a free port of this machine.",
        ) from error
    thread = threading.Thread(target=server.serve_forever, name="lookup", daemon=True)
    thread.start()
    found = int(server.server_address[1])
    _log.info("lookup.listening", host=host, port=found)
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_PATIENCE)


class _Server(ThreadingMixIn, TCPServer):
    """A thread a connection, of which there are few at a time."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = _PLACES

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], contexts: "_Contexts") -> None:
        self._contexts = contexts
        self._places = threading.BoundedSemaphore(_PLACES)
        super().__init__(address, handler)

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        """Give a connection a place, or close it."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def finish_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        """Shake hands in the connection's own thread, so that a slow one keeps nobody else waiting."""
        try:
            request.settimeout(_PATIENCE)
            # who goes away, or proves no key that is pinned, is no event
            with suppress(OSError), self._contexts.now().wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the base class's
        """An error of our own: logged, and the connection ends."""
        _log.exception("lookup.failed")


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Contexts:
    """The TLS context that pins the keys of who may ask now; made anew when these are others."""

    def __init__(self, askers: Askers, keys: NodeKeys) -> None:
        self._askers = askers
        self._keys = keys
        self._lock = threading.Lock()
        self._made: tuple[tuple[bytes, ...], ssl.SSLContext] | None = None

    def now(self) -> ssl.SSLContext:
        """The context; raises ``ConnectionRefusedError`` while nobody may ask."""
        pinned = self._askers.keys
        if not pinned:
            raise ConnectionRefusedError
        with self._lock:
            if self._made is None or self._made[0] != pinned:
                self._made = pinned, tls.context(self._keys.node_private(), pinned, server=True)
            return self._made[1]


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    holder, lists = service.holder, service.lists

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _PATIENCE
        # one packet for head and body: a body after its head would wait for the reader's delayed acknowledgement (40 ms)
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = self.path.split("/")
            if parts[:3] == ["", "v1", "sessions"]:
                self._answer(lambda asker: self._session(asker, parts[3:]))
            else:
                self._answer(lambda asker: self._mirror(asker, parts))

        def do_POST(self) -> None:
            text = self.headers.get("content-length", "")
            size = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
            if self.path != "/v1/questions" or size is None or size > Question.LIMIT:
                self.close_connection = True
                # who is still sending when the connection ends reads no answer
                self.rfile.read(min(size or 0, 4 * Question.LIMIT))
                self._answer(lambda _: _nothing())
                return
            body = self.rfile.read(size)
            self._answer(lambda asker: holder.answer(asker, body))

        def _mirror(self, asker: bytes, parts: list[str]) -> bytes:
            if parts[:3] != ["", "v1", "mirrors"] or len(parts) not in (4, 5):
                return _nothing()
            period = holder.listed(asker, parts[3])
            if len(parts) == 4:
                return MirrorList(lists.versions(period)).data()
            return lists.file(period, _counted(parts[4]))

        def _session(self, asker: bytes, parts: list[str]) -> bytes:
            party = service.askers.party_of(asker)
            if len(parts) == 1:
                return holder.offered(asker, ids.name(parts[0], "list")).data()
            if len(parts) != 3 or parts[1] != "answers":
                return _nothing()
            return service.proofs.of(ids.hex32(f"0x{parts[0]}", "session"), _counted(parts[2]), party)

        def _answer(self, made: Callable[[bytes], bytes]) -> None:
            try:
                body = made(tls.peer_key(cast("ssl.SSLObject", self.connection)))
            except Exception as error:  # noqa: BLE001 - logged, and its words stay here unless they are the asker's business
                self._refuse(error)
            else:
                self._send(200, body)

        def _refuse(self, error: Exception) -> None:
            if not isinstance(error, TallyError) or not error.code.startswith(_TOLD):
                _log.error("lookup.failed", exc_info=error)
                self._send(500, LookupRefusal("lookup.failed", "The holder failed.", "Ask the holder.", None).data())
                return
            wait = error.details.get("retry_after")
            again = wait if isinstance(wait, int) else None
            status = _WAIT if again is not None else 403 if isinstance(error, RefusedError) else 400
            _log.info("lookup.refused", code=error.code)
            self._send(status, LookupRefusal(error.code, error.what, error.fix, again).data())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response_only(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """What is logged are static names of events."""

    return Handler


def _counted(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        _nothing()
    return int(text)


def _nothing() -> bytes:
    raise FormatError(
        "lookup.no_resource", "There is nothing of that name or size here.", "Ask as the user guide says."
    )
