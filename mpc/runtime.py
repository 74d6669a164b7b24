"""One party's side of one run: links, MPyC on top of them, a program, and the evidence of what went over the links.

:func:`run_session` is the whole life of the MPC child process. It blocks until the run is over and either returns a
:class:`SessionOutcome` or raises one :class:`~protocol.errors.TallyError`: a
:class:`~mpc.link.errors.LinkError` when a peer is to blame, a
:class:`~mpc.link.errors.SessionError` (or the program's own error) when this side is. It never hangs.

mpyc is imported inside, never with this module, because importing it reads ``sys.argv`` and the environment and makes
process-global state. After the call the process cannot unpickle any more: call it in a process of its own.
"""

import asyncio
import gc
import logging
import os
import re
import sys
import time
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, TypeVar

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mpc.backends.mpyc import no_pickle
from mpc.link.config import LinkLimits, LinkTimeouts, PeerConfig, SessionConfig
from mpc.link.connection import Link
from mpc.link.errors import LinkError, SessionError
from mpc.link.frames import FrameType
from mpc.link.mesh import Mesh
from mpc.link.transcript import LinkTranscript
from mpc.session import signed_bytes
from protocol.errors import TallyError

if TYPE_CHECKING:
    from mpc.backends.mpyc.runtime import LinkedRuntime

__all__ = [
    "LinkError",
    "LinkLimits",
    "LinkTimeouts",
    "LinkTranscript",
    "PeerConfig",
    "Session",
    "SessionConfig",
    "SessionError",
    "SessionOutcome",
    "run_session",
]

_log = structlog.get_logger(__name__)
T = TypeVar("T")
Progress = Callable[[str, int, int], None]
Asked = Callable[[], Awaitable[None]]
LABEL: Final = re.compile(r"[A-Za-z0-9_.:/@-]{1,128}")
"""What names a message of a program to a peer."""


@dataclass(frozen=True, slots=True)
class SessionOutcome(Generic[T]):
    """What a finished run leaves: the program's value and one countersigned transcript per link, in party order."""

    value: T
    run_id: bytes
    transcripts: tuple[LinkTranscript, ...]
    bytes_sent: int
    bytes_received: int
    seconds: float


class Session:
    """What a program sees of a run.

    ``pid`` is the place among ``names`` (committee first, then owners), ``run_id`` the agreed run id.
    """

    def __init__(
        self, config: SessionConfig, mesh: Mesh, mpc: "LinkedRuntime | None", on_progress: Progress | None
    ) -> None:
        self._mesh = mesh
        self._mpc = mpc
        self._on_progress = on_progress
        self._key = config.node_private_key
        self._keys = {peer.name: Ed25519PublicKey.from_public_bytes(peer.node_key) for peer in config.everyone}
        self.pid: Final = config.index
        self.names: Final = tuple(peer.name for peer in config.everyone)
        self.committee: Final = tuple(peer.name for peer in config.parties)
        self.threshold: Final = config.threshold
        self.run_id: Final = mesh.run_id

    @property
    def mpc(self) -> Any:  # noqa: ANN401 - mpyc has no types
        """MPyC's runtime of this run (``mpyc.runtime.mpc``), for committee members only."""
        if self._mpc is None:
            raise SessionError("session.not_on_committee", "This party only brings input.", "Share it with send().")
        return self._mpc

    async def send(self, peer: str, label: str, message: bytes) -> None:
        """Send ``message`` to ``peer`` under ``label``; returns when little enough is queued to send more.

        Messages with one label arrive in order; labels never mix with each other nor with MPyC's messages.
        """
        link = self._link(peer)
        link.send_message(FrameType.MESSAGE, _label(label), message)
        await link.drained()

    async def receive(self, peer: str, label: str) -> bytes:
        """The next message from ``peer`` under ``label``; a peer that does not send it in time fails the run."""
        return await self._link(peer).inbox.receive(FrameType.MESSAGE, _label(label))

    def sign(self, label: str, message: bytes) -> bytes:
        """Sign a message that others relay; see :func:`~mpc.session.signed_bytes`."""
        _label(label)
        return self._key.sign(signed_bytes(self.run_id, label, message))

    def verify(self, peer: str, label: str, message: bytes, signature: bytes) -> bool:
        """Whether ``peer`` signed the message in this run; needs no link with it."""
        try:
            self._keys[peer].verify(signature, signed_bytes(self.run_id, label, message))
        except InvalidSignature:
            return False
        return True

    def progress(self, phase: str, step: int, total: int) -> None:
        """Say where the program stands; ``phase`` is also what errors name."""
        self._mesh.phase = phase
        if self._on_progress is not None:
            self._on_progress(phase, step, total)

    def refuse(self, peer: str, what: str) -> NoReturn:
        """End the run because ``peer`` sent something malformed."""
        self._mesh.blame(peer, "link.bad_payload", what)

    def _link(self, peer: str) -> Link:
        link = self._mesh.links.get(peer)
        if link is None:
            raise SessionError("session.no_link", f"This party has no link with {peer!r}.", "Use names from the task.")
        return link


def prepare() -> None:
    """Do ahead what every session begins with: disarm pickle and import mpyc."""
    no_pickle.disarm()
    _import_mpyc()


def run_session(
    config: SessionConfig,
    program: Callable[[Session], Awaitable[T]],
    *,
    on_progress: Progress | None = None,
    on_connected: Asked | None = None,
    clock: Callable[[], float] = time.time,
) -> SessionOutcome[T]:
    """Run ``program`` as one party of the run that ``config`` describes; blocks, in a process of its own.

    A run is *open → serve → close*: links and the agreed run id; the program; countersigned transcripts. ``on_connected``
    is awaited while it opens, when all links stand: no peer comes to its program before this party has gone on from there.
    ``on_progress(phase, step, total)`` is called from the event loop: it must return at once. ``clock`` gives unix time
    for the hello.
    """
    no_pickle.disarm()
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_run(config, program, on_progress, on_connected, lambda: int(clock())))
    finally:
        # not asyncio.run: that waits without end for executor threads and for tasks that do not let themselves cancel
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=config.timeouts.close))
        loop.close()


async def _run(
    config: SessionConfig,
    program: Callable[[Session], Awaitable[T]],
    on_progress: Progress | None,
    on_connected: Asked | None,
    clock: Callable[[], int],
) -> SessionOutcome[T]:
    started = time.monotonic()
    loop = asyncio.get_running_loop()
    broken: asyncio.Future[BaseException] = loop.create_future()
    if config.on_committee:
        _import_mpyc()
    gc.freeze()  # what is imported stays: a run of many short rounds makes the collector pass over it again and again
    loop.set_exception_handler(lambda _, context: _callback_failed(broken, context))
    mesh = Mesh(config, clock)
    body = asyncio.ensure_future(_body(config, program, mesh, on_progress, on_connected, broken))
    waiting: set[asyncio.Future[Any]] = {body, broken, mesh.failure}
    try:
        await asyncio.wait(waiting, timeout=config.timeouts.total, return_when=asyncio.FIRST_COMPLETED)
        _raise_if_ended(config, mesh, body, broken)
        value, transcripts = body.result()
    except BaseException as error:
        body.cancel()
        await asyncio.wait([body], timeout=config.timeouts.close)
        final = await _ended(config, mesh, error)
        if final is error:
            raise
        raise final from error
    links = mesh.links.values()
    return SessionOutcome(
        value=value,
        run_id=mesh.run_id,
        transcripts=transcripts,
        bytes_sent=sum(link.bytes_sent for link in links),
        bytes_received=sum(link.bytes_received for link in links),
        seconds=time.monotonic() - started,
    )


async def _body(
    config: SessionConfig,
    program: Callable[[Session], Awaitable[T]],
    mesh: Mesh,
    on_progress: Progress | None,
    on_connected: Asked | None,
    broken: "asyncio.Future[BaseException]",
) -> tuple[T, tuple[LinkTranscript, ...]]:
    mpc = await _open(config, mesh, on_connected, broken)
    mesh.phase = "program"
    value = await program(Session(config, mesh, mpc, on_progress))
    if mpc is not None:
        await mpc.idle()
    return value, await mesh.finish()


async def _open(
    config: SessionConfig, mesh: Mesh, on_connected: Asked | None, broken: "asyncio.Future[BaseException]"
) -> "LinkedRuntime | None":
    await mesh.connect()
    if on_connected is not None:
        await on_connected()
    await mesh.agree()
    mpc = _mpc_runtime(config, mesh, broken) if config.on_committee else None
    await _share_keys(config, mesh, mpc)
    return mpc


def _mpc_runtime(config: SessionConfig, mesh: Mesh, broken: "asyncio.Future[BaseException]") -> "LinkedRuntime":
    from mpc.backends.mpyc import runtime as mpyc_runtime  # noqa: PLC0415 - importing mpyc has effects: see the module docstring

    loop = asyncio.get_running_loop()
    handler = loop.get_exception_handler()
    links = [mesh.links.get(peer.name) for peer in config.parties]
    runtime = mpyc_runtime.LinkedRuntime(config.index, links, config.threshold, config.security_parameter, mesh.blame)
    loop.set_exception_handler(handler)  # MPyC's runtime put its own there
    mpyc_runtime.install(runtime, lambda error: _first(broken, error))
    return runtime


async def _share_keys(config: SessionConfig, mesh: Mesh, mpc: "LinkedRuntime | None") -> None:
    """Exchange PRSS keys on the committee's links; an owner's links carry none."""
    places = {peer.name: i for i, peer in enumerate(config.parties) if peer.name in mesh.links}
    keys = {name: mpc.keys_to_peer(place) for name, place in places.items()} if mpc is not None else {}
    for name, data in (await mesh.exchange_keys(keys)).items():
        owed = mpc.keys_from_peer(places[name], data) if mpc is not None and name in places else not data
        if not owed:
            mesh.blame(name, "link.malformed_frame", f"KEYS of {len(data)} bytes.")


async def _ended(config: SessionConfig, mesh: Mesh, error: BaseException) -> BaseException:
    """Tell the peers that the run is over and turn what happened here into the one error to raise."""
    if isinstance(error, LinkError):
        final: BaseException = await mesh.settled(error)
    elif isinstance(error, TallyError) or not isinstance(error, Exception):
        final = error
    else:
        # the type only: a message may hold values
        what = f"{type(error).__name__} in phase {mesh.phase}."
        final = SessionError("session.program_failed", what, "See this node's log for the traceback.", phase=mesh.phase)
    blamed = final.peer if isinstance(final, LinkError) else config.name
    await mesh.abort(final.code if isinstance(final, TallyError) else "session.interrupted", blamed)
    return final


def _raise_if_ended(
    config: SessionConfig, mesh: Mesh, body: "asyncio.Future[Any]", broken: "asyncio.Future[BaseException]"
) -> None:
    """Raise what ended the run, unless it is the body itself; a peer to blame comes first."""
    if mesh.failure.done():
        raise mesh.failure.result()
    if broken.done():
        raise broken.result()
    if not body.done():
        raise _out_of_time(config, mesh)


def _out_of_time(config: SessionConfig, mesh: Mesh) -> TallyError:
    """At the session's deadline: the peer whose message is longest overdue, or nobody."""
    waits = [(since, name) for name, link in mesh.links.items() if (since := link.inbox.oldest_wait()) is not None]
    what = f"The run did not end within {config.timeouts.total:g} s."
    if waits:
        return LinkError("link.timeout", min(waits)[1], mesh.phase, what)
    return SessionError("session.deadline", what, "Allow more time or use less data.", phase=mesh.phase)


def _callback_failed(broken: "asyncio.Future[BaseException]", context: dict[str, Any]) -> None:
    """The event loop's exception handler: an error in a callback ends the run, it is never only logged."""
    error = context.get("exception")
    if isinstance(error, BaseException):
        _first(broken, error)
    else:
        _log.warning("session.event_loop_complaint", message=str(context.get("message")))


def _first(broken: "asyncio.Future[BaseException]", error: BaseException) -> None:
    if not broken.done() and not broken.get_loop().is_closed():
        broken.set_result(error)


def _import_mpyc() -> None:
    """Import mpyc with a clean command line and none of its environment; argv and logging stay as they were."""
    root = logging.getLogger()
    argv, handlers, level = sys.argv, list(root.handlers), root.level
    for name in [name for name in os.environ if name.startswith("MPYC_")]:
        del os.environ[name]
    os.environ["MPYC_NOUVLOOP"] = "1"  # else the import may replace the event loop policy
    sys.argv = [argv[0] if argv else "mpc", "--no-log"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # mpyc 0.11 imports numpy.core
            from mpc.backends.mpyc import runtime as _  # noqa: F401, PLC0415  # pyright: ignore[reportUnusedImport]
    finally:
        sys.argv = argv
        root.handlers[:] = handlers
        root.setLevel(level)


def _label(label: str) -> bytes:
    if not LABEL.fullmatch(label):
        raise SessionError("session.bad_label", f"{label!r} is no message label.", "Use 1 to 128 of A-Za-z0-9_.:/@-.")
    return label.encode("ascii")
