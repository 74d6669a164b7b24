"""Get all of a party's links: listen for the parties that come later in the order, dial those that come before.

Parties may start in any order and may restart until all links stand. Whoever has not proved a pinned key is dropped and
counted, never blamed: anybody can reach an open port. A party that has proved its key and then breaks the protocol ends
the run.
"""

import asyncio
import contextlib
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

from mpc.link import tls
from mpc.link.config import PeerConfig, SessionConfig
from mpc.link.connection import Link
from mpc.link.errors import LinkError, MalformedError, SessionError
from mpc.link.frames import FrameType
from mpc.link.hello import Hello, NonceClaim, check_hello, decode_hello
from mpc.link.strangers import Strangers

_log = structlog.get_logger(__name__)
_BACKOFF: Final = (0.02, 1.0)
_RETRY: Final = frozenset({"link.peer_left", "link.timeout", "link.tls", "link.bad_certificate"})


class Connector:
    """One use: :meth:`connect` gives a link and a checked nonce claim per peer, or raises what went wrong."""

    def __init__(
        self, config: SessionConfig, own: NonceClaim, clock: Callable[[], int], phase: Callable[[], str]
    ) -> None:
        self._config = config
        self._own = own
        self._clock = clock
        self._phase = phase
        peers = config.linked()
        self._dialed = [peer for peer in peers if config.dials(peer)]
        self._awaited = {peer.node_key: peer for peer in peers if not config.dials(peer)}
        self._links: dict[str, tuple[Link, NonceClaim]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._strangers = Strangers()
        self._refused: Counter[str] = Counter()
        self._causes: dict[str, tuple[str, str]] = {}
        self._changed = asyncio.Event()
        self._fatal: Exception | None = None
        self._over = False

    async def connect(self) -> dict[str, tuple[Link, NonceClaim]]:
        """All links, or the first fatal error, or at the deadline the error of the first peer still missing."""
        listening = await self._listen() if self._awaited else None
        try:
            for peer in self._dialed:
                self._spawn(self._dial(peer))
            async with asyncio.timeout(self._config.timeouts.connect):
                while self._missing() and self._fatal is None:
                    await self._changed.wait()
                    self._changed.clear()
        except TimeoutError:
            self._fatal = self._fatal or self._deadline(self._missing())
        finally:
            self._over = True
            links = dict(self._links)  # one that breaks from here on carries its error
            if listening is not None:
                listening()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._fatal is not None:
            await self._give_up(self._fatal)
            raise self._fatal
        return links

    async def _give_up(self, error: Exception) -> None:
        """Tell those who are connected, so that they need not wait for the deadline."""
        code, blamed = (
            (error.code, error.peer) if isinstance(error, LinkError) else ("session.failed", self._config.name)
        )
        for link, _ in self._links.values():
            link.abort(code, blamed)
        if self._links:
            lost = [link.lost for link, _ in self._links.values()]
            await asyncio.wait(lost, timeout=self._config.timeouts.close)

    async def _listen(self) -> Callable[[], object]:
        """Take connections from now on; returns what ends that."""
        context = tls.context(self._config.node_private_key, self._awaited, server=True)
        loop, arrivals = asyncio.get_running_loop(), self._config.arrivals
        if arrivals is not None:
            loop.add_reader(arrivals, self._arrived, arrivals, context)
            return lambda: loop.remove_reader(arrivals)
        host, port = self._config.bind_host, self._config.bind_port
        try:
            server = await loop.create_server(lambda: self._accept(context), host, port)
        except OSError as error:
            raise SessionError(
                "session.cannot_listen", f"Cannot listen on {host}:{port}: {error.strerror}.", "Choose a free address."
            ) from error
        return server.close

    def _arrived(self, arrivals: socket.socket, context: ssl.SSLContext) -> None:
        """A connection that was accepted elsewhere; the other end of ``arrivals`` is closed when there is no packet."""
        with contextlib.suppress(BlockingIOError):
            data, descriptors, _, _ = socket.recv_fds(arrivals, 1, 1)
            if not data:
                asyncio.get_running_loop().remove_reader(arrivals)
            for descriptor in descriptors:
                self._spawn(self._adopt(socket.socket(fileno=descriptor), context))

    async def _adopt(self, connection: socket.socket, context: ssl.SSLContext) -> None:
        connection.setblocking(False)
        with contextlib.suppress(OSError):  # gone already
            await asyncio.get_running_loop().connect_accepted_socket(lambda: self._accept(context), connection)

    def _accept(self, context: ssl.SSLContext) -> asyncio.BaseProtocol:
        link = self._link(context, server=True)
        self._spawn(self._admit(link))
        return link

    async def _admit(self, link: Link) -> None:
        """Serve one incoming connection until it is a link or dropped; one that has not said hello makes room for newer ones."""
        stranger = self._strangers.enter("", link.close)
        try:
            async with asyncio.timeout(self._config.timeouts.attempt):
                await link.secured
            peer = self._awaited.get(link.peer_key)
            if peer is None:
                raise ssl.SSLCertVerificationError("not a key of this run")
            await self._greet(link, peer)
        except (OSError, TimeoutError) as error:
            kind = _handshake_failure(error)
            self._refused[kind] += 1
            _log.info("link.stranger_refused", reason=kind)
        except LinkError as error:
            self._drop_or_end(error)
        finally:
            self._strangers.leave(stranger)
            self._close_unused(link)

    async def _dial(self, peer: PeerConfig) -> None:
        """Try until the link stands; the connect deadline cancels this."""
        loop = asyncio.get_running_loop()
        context = tls.context(self._config.node_private_key, [p.node_key for p in self._config.linked()], server=False)
        pause = _BACKOFF[0]
        while peer.name not in self._links and self._fatal is None:
            link = self._link(context, server=False, preamble=self._config.preambles.get(peer.name, b""))
            try:
                async with asyncio.timeout(self._config.timeouts.attempt):
                    await loop.create_connection(lambda made=link: made, peer.host, peer.port)
                    await link.secured
                if link.peer_key != peer.node_key:
                    self._causes[peer.name] = ("link.wrong_party", "Another party of this run answers at its address.")
                else:
                    await self._greet(link, peer)
            except (OSError, TimeoutError) as error:
                self._causes[peer.name] = _dial_failure(error)
            except LinkError as error:
                self._drop_or_end(error)
            finally:
                self._close_unused(link)
            if peer.name not in self._links:
                await asyncio.sleep(pause)
                pause = min(pause * 2, _BACKOFF[1])

    async def _greet(self, link: Link, peer: PeerConfig) -> None:
        """Exchange and check hellos; from here on the peer has proved its key and is blamed by name."""
        link.peer = peer.name
        config = self._config
        hello = Hello(
            config.engine, config.engine_digest, self._own, peer.name, config.task, config.program_digest, self._clock()
        )
        link.send(FrameType.HELLO, hello.encode())
        payload = await link.control(FrameType.HELLO, config.timeouts.attempt)
        try:
            theirs = decode_hello(payload, config.engine)
            check_hello(theirs, config, peer, self._clock())
        except MalformedError as error:
            link.fail(error.code, error.what)
            raise link.error or error from error
        self._stands(link, peer, theirs.claim)

    def _stands(self, link: Link, peer: PeerConfig, claim: NonceClaim) -> None:
        before = self._links.pop(peer.name, None)
        if before is not None:  # a peer has no use for two: it has restarted, and the old link is a dead one
            before[0].failed = lambda _: None
            before[0].close()
        self._links[peer.name] = (link, claim)
        link.failed = lambda error: self._lost(link, error, peer)
        self._changed.set()

    def _close_unused(self, link: Link) -> None:
        if all(link is not used for used, _ in self._links.values()):
            link.close()

    def _lost(self, link: Link, error: LinkError, peer: PeerConfig) -> None:
        """A link broke while others are still missing: the peer restarts, perhaps; before the run has begun, let it."""
        if self._links.get(peer.name, (None,))[0] is link:
            del self._links[peer.name]
        self._drop_or_end(error)
        if self._fatal is None and not self._over and self._config.dials(peer):
            self._spawn(self._dial(peer))

    def _drop_or_end(self, error: LinkError) -> None:
        self._causes[error.peer] = (error.code, error.what)
        if error.code not in _RETRY:
            self._fatal = error
            self._changed.set()

    def _missing(self) -> list[PeerConfig]:
        return [peer for peer in self._config.linked() if peer.name not in self._links]

    def _deadline(self, missing: list[PeerConfig]) -> LinkError | None:
        if not missing:
            return None
        peer = missing[0]
        code, what = self._causes.get(peer.name, ("link.timeout", "It did not connect."))
        waited = f"No link within {self._config.timeouts.connect:g} s: {what}"
        refused = [f"{kind}: {count}" for kind, count in sorted(self._refused.items())]
        return LinkError(code, peer.name, self._phase(), waited, refused=refused)

    def _link(self, context: ssl.SSLContext, *, server: bool, preamble: bytes = b"") -> Link:
        config = self._config
        return Link(context, config.limits, config.timeouts, server=server, phase=self._phase, preamble=preamble)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fatal = error if isinstance(error, Exception) else RuntimeError(str(error))
            self._changed.set()


def _handshake_failure(error: Exception) -> str:
    """Why a stranger was refused, for the log and the error at the deadline."""
    reason = str(getattr(error, "reason", "") or "")
    if isinstance(error, ssl.SSLCertVerificationError) or "CERTIFICATE" in reason or "UNKNOWN_CA" in reason:
        return "bad_certificate"
    if isinstance(error, ssl.SSLError):
        return "not_tls"
    return "timeout" if isinstance(error, TimeoutError) else "left"


def _dial_failure(error: Exception) -> tuple[str, str]:
    match _handshake_failure(error):
        case "bad_certificate":
            return "link.bad_certificate", "What answers at its address does not hold the registry's key."
        case "not_tls":
            return "link.tls", "What answers at its address does not speak TLS 1.3."
        case "timeout":
            return "link.timeout", "What answers at its address does not finish the handshake."
        case _:
            return "link.unreachable", f"Its address does not answer: {error}."
