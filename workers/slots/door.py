"""The node's one listening port: it stays up between runs, carries the control channels, and hands links to children.

Whoever connects says 21 bytes first: magic, version and a ticket. The ticket of all zeros asks for a control channel, for
which TLS 1.3 follows at once, pinned in both directions to the registry's keys as a run's links are (:mod:`mpc.link.tls`).
Any other ticket belongs to one link of one attempt at one run: both ends have it from the run's lead over their control
channels, it tells an onlooker nothing, and the accepted connection goes to the child that waits for it, which makes its
own pinned TLS with the peer. A connection without a ticket that is expected is closed; it reaches no child. The door itself
proves nothing and grants nothing by a ticket.
"""

import asyncio
import contextlib
import hashlib
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Final, cast

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpc.link import tls
from mpc.link.config import LinkLimits
from mpc.link.errors import MalformedError
from mpc.link.frames import Alphabet, FrameReader, Unhashed, header
from mpc.link.strangers import Stranger, Strangers
from protocol.errors import RefusedError
from workers.slots.words import Held, Offer, Word, WordKind, decode, encode

_log = structlog.get_logger()
MAGIC: Final = b"TLYD"
VERSION: Final = 1
TICKET_BYTES: Final = 16
CONTROL: Final = bytes(TICKET_BYTES)
_PREAMBLE_BYTES: Final = len(MAGIC) + 1 + TICKET_BYTES
_DOMAIN: Final = b"tallystick/door-ticket/v1\0"
_ATTEMPT: Final = 10.0
_FIRST_WORD: Final = 1.0
"""Seconds to the preamble: whoever dials says it at once, and an idle connection is only ever a stranger's."""
_PING: Final = 5.0
_SILENCE: Final = 20.0
_FRESH: Final = 4
"""Channels of one key that have not said a word yet; a re-dialling peer needs one or two, a flood loses its oldest."""
_MAX_QUEUED: Final = 4 * 1024 * 1024
_BACKLOG: Final = 128
_BACKOFF: Final = (0.05, 2.0)
_LIMITS: Final = LinkLimits(control_frame=4096)
_ALPHABET: Final = Alphabet(WordKind)
Address = tuple[str, int]


def preamble(ticket: bytes) -> bytes:
    """What is said before TLS."""
    return MAGIC + bytes((VERSION,)) + ticket


def link_ticket(seed: bytes, task: bytes, dialer: bytes, listener: bytes) -> bytes:
    """The ticket of the link that ``dialer`` (a node key) makes to ``listener`` in the attempt that ``seed`` began."""
    return hashlib.sha256(b"".join((_DOMAIN, seed, task, dialer, listener))).digest()[:TICKET_BYTES]


class Listener:
    """Whom the door tells of its channels: with leads (``leads``, dialled) and with parties (accepted)."""

    def __init__(
        self,
        connected: Callable[[bytes, bool], None],
        lost: Callable[[bytes, bool], None],
        word: Callable[[bytes, Word], None],
    ) -> None:
        self.connected: Final = connected
        self.lost: Final = lost
        self.word: Final = word


class Channel(asyncio.Protocol):
    """One control channel. It counts as connected at the peer's first frame, which a peer that refuses never sends."""

    def __init__(self, door: "Door", *, leads: bool) -> None:
        self._door = door
        self._transport: asyncio.Transport | None = None
        self._frames = FrameReader(_LIMITS, Unhashed(), _ALPHABET)
        self._heard = asyncio.get_running_loop().time()
        self.key = b""
        self.leads = leads
        self.standing = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TLS stands (asyncio calls this after the handshake)."""
        self._transport = cast("asyncio.Transport", transport)
        self.key = tls.peer_key(transport.get_extra_info("ssl_object"))
        self.write(WordKind.PING, b"")

    def data_received(self, data: bytes) -> None:
        """Words came."""
        self._heard = asyncio.get_running_loop().time()
        try:
            for frame in self._frames.feed(data):
                if not self.standing:
                    self.standing = self._door.admitted(self)
                if not self.standing:
                    return
                word = decode(frame.kind, frame.payload)
                if word is not None:
                    self._door.listener.word(self.key, word)
        except MalformedError as error:
            _log.warning("door.malformed_word", peer=self.key.hex(), code=error.code)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The channel is gone."""
        self._transport = None
        if not self.ended.done():
            self.ended.set_result(None)
        self._door.gone(self)

    def write(self, kind: WordKind, payload: bytes) -> None:
        """Queue one frame; a peer that takes nothing loses the channel."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(header(kind, len(payload)) + payload)
            if self._transport.get_write_buffer_size() > _MAX_QUEUED:
                self._transport.abort()

    def tick(self, now: float) -> None:
        """Called every few seconds: say that this end is here, end what is silent."""
        self.write(WordKind.PING, b"")
        if now - self._heard > _SILENCE and self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """End the channel."""
        if self._transport is not None:
            self._transport.abort()


class Door:
    """All of a node's connections with other nodes, but for the links inside children. Lives in one event loop."""

    def __init__(self, key: Ed25519PrivateKey, bind: Address | None, listener: Listener) -> None:
        self.listener: Final = listener
        self._key = key
        self._bind = bind
        self._server: socket.socket | None = None
        self._trusted: frozenset[bytes] = frozenset()
        self._context: ssl.SSLContext = self._speaking(())
        self._addresses: dict[bytes, Address] = {}
        self._channels: dict[tuple[bytes, bool], Channel] = {}
        self._fresh: dict[Channel, None] = {}  # in the order in which they came
        self._dialers: dict[bytes, asyncio.Task[None]] = {}
        self._children: dict[bytes, socket.socket] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._strangers = Strangers()

    async def open(self) -> None:
        """Listen from now on, where the node listens at all."""
        if self._bind is not None:
            host, port = self._bind
            try:
                self._server = socket.create_server(
                    (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=_BACKLOG
                )
            except OSError as error:
                raise RefusedError(
                    "door.cannot_listen", f"The node cannot listen on {host}:{port}: {error.strerror}.",
                    "Choose a free address in node.toml (bind_host, bind_port).",
                ) from error  # fmt: skip
            self._server.setblocking(False)
            self._spawn(self._accept(self._server))
        self._spawn(self._keep())

    async def close(self) -> None:
        """End everything."""
        tasks = [*self._tasks, *self._dialers.values()]
        for task in tasks:
            task.cancel()
        for channel in [*self._channels.values(), *self._fresh]:
            channel.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._server is not None:
            self._server.close()

    @property
    def peers(self) -> int:
        """How many nodes have a channel with this one; may be asked from any thread."""
        return len({key for key, _ in [*self._channels]})

    def meet(self, trusted: Iterable[bytes], leads: Mapping[bytes, Address]) -> None:
        """From now on only ``trusted`` keys may have channels; ``leads`` are dialled where they are, for ever."""
        keys = frozenset(trusted)
        if keys != self._trusted:
            self._trusted = keys
            self._context = self._speaking(keys)
            for channel in [*self._channels.values()]:
                if channel.key not in keys:
                    channel.close()
        self._addresses = dict(leads)
        for key in [key for key in self._dialers if key not in leads]:
            self._dialers.pop(key).cancel()
        for key in leads:
            if key not in self._dialers:
                self._dialers[key] = asyncio.ensure_future(self._dial(key))

    def _speaking(self, keys: Iterable[bytes]) -> ssl.SSLContext:
        """Who knocks is shown this node's key, which the registry holds anyway: so others see that it is here while no run needs it.

        With nobody to meet only the node's own key gets through the handshake, and it is not trusted either.
        """
        pinned = sorted(keys) or [self._key.public_key().public_bytes_raw()]
        return tls.context(self._key, pinned, server=True)

    def send(self, peer: bytes, word: Word) -> None:
        """Say a word on the channel that it belongs to, if there is one."""
        channel = self._channels.get((peer, isinstance(word, Offer | Held)))
        if channel is not None:
            channel.write(*encode(word))

    def expect(self, tickets: Iterable[bytes], child: socket.socket) -> None:
        """Connections with these tickets go to the child behind this socket."""
        self._children |= dict.fromkeys(tickets, child)

    def forget(self, tickets: Iterable[bytes]) -> None:
        """The child is gone."""
        for ticket in tickets:
            self._children.pop(ticket, None)

    # --- channels

    def admitted(self, channel: Channel) -> bool:
        """The first frame came: take the channel in place of an older one with the same peer, if its key is trusted."""
        self._fresh.pop(channel, None)
        if channel.key not in self._trusted and not channel.leads:
            channel.close()
            return False
        before = self._channels.pop((channel.key, channel.leads), None)
        if before is not None:
            before.close()
        self._channels[channel.key, channel.leads] = channel
        self.listener.connected(channel.key, channel.leads)
        return True

    def gone(self, channel: Channel) -> None:
        """A channel ended."""
        self._fresh.pop(channel, None)
        if self._channels.get((channel.key, channel.leads)) is channel:
            del self._channels[channel.key, channel.leads]
            self.listener.lost(channel.key, channel.leads)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_PING)
            for channel in [*self._channels.values(), *self._fresh]:
                channel.tick(asyncio.get_running_loop().time())

    # --- dialling

    async def _dial(self, key: bytes) -> None:
        """Keep a channel with a lead for as long as it is wanted."""
        pause = _BACKOFF[0]
        while True:
            with contextlib.suppress(OSError, TimeoutError):  # away, or does not know us yet: both pass
                async with asyncio.timeout(_ATTEMPT):
                    channel = await self._reach(key, self._addresses[key])
                try:
                    await channel.ended
                finally:
                    channel.close()
                if channel.standing:
                    pause = _BACKOFF[0]
            await asyncio.sleep(pause)
            pause = min(pause * 2, _BACKOFF[1])

    async def _reach(self, key: bytes, address: Address) -> Channel:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(*address, type=socket.SOCK_STREAM)
        connection = socket.socket(found[0][0], socket.SOCK_STREAM)
        try:
            connection.setblocking(False)
            await loop.sock_connect(connection, found[0][4])
            await loop.sock_sendall(connection, preamble(CONTROL))
            context = tls.context(self._key, [key], server=False)
            _, channel = await loop.create_connection(
                lambda: Channel(self, leads=True), sock=connection, ssl=context, server_hostname=""
            )
        except BaseException:
            connection.close()
            raise
        if channel.key != key:
            channel.close()
            raise ConnectionRefusedError
        if not channel.standing:
            self._fresh[channel] = None
        return channel

    # --- the door

    async def _accept(self, server: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(server)
            except OSError as error:  # out of descriptors: what is open must close first
                _log.warning("door.cannot_accept", errno=error.errno)
                await asyncio.sleep(1)
                continue
            connection.setblocking(False)
            task = self._spawn(self._greet(connection))
            stranger = self._strangers.enter(str(address[0]), task.cancel)
            task.add_done_callback(lambda ended, who=stranger, held=connection: self._left(ended, who, held))

    def _left(self, greeting: asyncio.Task[None], stranger: Stranger, connection: socket.socket) -> None:
        self._strangers.leave(stranger)
        if greeting.cancelled():  # perhaps before its first step, which would have closed it
            connection.close()

    async def _greet(self, connection: socket.socket) -> None:
        """One connection until it is with a child, a channel, or closed. A newer stranger may end it (cancellation)."""
        try:
            async with asyncio.timeout(_ATTEMPT):
                await self._admit(connection)
        except (OSError, TimeoutError) as error:
            _log.info("door.stranger_refused", reason=type(error).__name__)
            connection.close()
        except BaseException:
            connection.close()
            raise

    async def _admit(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        said = b""
        async with asyncio.timeout(_FIRST_WORD):
            while len(said) < _PREAMBLE_BYTES:  # never more: what follows is for TLS
                data = await loop.sock_recv(connection, _PREAMBLE_BYTES - len(said))
                if not data:
                    raise ConnectionResetError
                said += data
        ticket = said[-TICKET_BYTES:]
        if said != preamble(ticket):
            raise ConnectionRefusedError
        if ticket != CONTROL:
            self._hand_over(connection, ticket)
            return
        _, channel = await loop.connect_accepted_socket(
            lambda: Channel(self, leads=False), connection, ssl=self._context
        )
        if channel.key not in self._trusted:
            channel.close()
            raise ConnectionRefusedError
        if not channel.standing:
            self._fresh[channel] = None
            silent = [other for other in self._fresh if other.key == channel.key and not other.leads]
            for other in silent[:-_FRESH]:
                other.close()

    def _hand_over(self, connection: socket.socket, ticket: bytes) -> None:
        """To the child: the descriptor is duplicated on its way, ours closes."""
        child = self._children.get(ticket)
        if child is None:
            raise ConnectionRefusedError
        with connection:
            socket.send_fds(child, [b"\0"], [connection.fileno()])

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
