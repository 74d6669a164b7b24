"""MPyC's runtime on this project's links. **Import in the MPC child only**, with a clean argv (see ``runtime.py``).

MPyC 0.11 stays as it is: secure types, program counters, PRSS, scheduling. Replaced are the places where it talks to
peers: the connections, and the four methods that put values on the wire (``_distribute``, ``output``, ``_reshare``,
``transfer``). Those follow MPyC's own (Copyright Berry Schoenmakers, MIT licence) step by step, except that shares
travel in :mod:`mpc.codec`'s encoding, with field and count checked on arrival and the sender named when they
are wrong, where MPyC unpickles. Shamir sharing and resharing: Gennaro, Rabin, Rabin 1998.
"""
# MPyC is untyped, and replacing its insides means touching them.
# ruff: noqa: SLF001, ANN001, ANN201, ANN202, ANN401
# pyright: reportMissingParameterType=false, reportUntypedFunctionDecorator=false, reportPrivateUsage=false
# pyright: reportIncompatibleMethodOverride=false, reportAttributeAccessIssue=false

import asyncio
from collections.abc import Callable, Sequence
from math import prod
from typing import Any, Final, NoReturn

import mpyc
import mpyc.mpctools
import mpyc.random
import mpyc.runtime as stock
import mpyc.secgroups
import mpyc.seclists
import mpyc.secpols
import mpyc.statistics
import numpy as np
from mpyc import asyncoro, finfields, sectypes, thresha

from mpc import codec
from mpc.arrays import dealing
from mpc.backends.mpyc import no_pickle
from mpc.link.connection import Link
from mpc.link.errors import SessionError
from mpc.link.frames import FrameType
from mpc.link.sender import Piece

SUPPORTED_VERSION: Final = "0.11"
_return_type: Any = asyncoro.returnType
_USERS_OF_RUNTIME: Final = (
    asyncoro,
    sectypes,
    mpyc.mpctools,
    mpyc.seclists,
    mpyc.secpols,
    mpyc.secgroups,
    mpyc.random,
    mpyc.statistics,
)


class Exchange:
    """What MPyC calls a ``MessageExchanger``: messages to and from one peer, labelled by program counter."""

    __slots__ = ("link",)

    def __init__(self, link: Link) -> None:
        self.link = link

    def send(self, pc: int, payload: Piece) -> None:
        """Send ``payload`` (contiguous, unchanged until it has left); the peer receives it at the same program counter."""
        self.link.send_message(FrameType.MPYC, _label(pc), payload)

    def receive(self, pc: int) -> "asyncio.Future[bytes]":
        """The peer's message at this program counter."""
        return self.link.inbox.receive(FrameType.MPYC, _label(pc))

    async def drained(self) -> None:
        """Wait until the peer has accepted enough that more may be queued."""
        await self.link.drained()

    @property
    def nbytes_sent(self) -> int:
        """For MPyC's statistics."""
        return self.link.bytes_sent


class _Wire:
    """How one operation's shares travel: so many elements of one field, as a list or (``shape`` given) as an array."""

    def __init__(self, runtime: "LinkedRuntime", field: Any, shape: tuple[int, ...] | None, count: int) -> None:
        self._runtime = runtime
        self._field = field
        self._shape = shape
        self._count = count if shape is None else prod(shape)
        self._spec = codec.FieldSpec(int(field.modulus), field.order, field.ext_deg or 1)

    def pack(self, values: Any) -> bytes:
        return codec.encode_elements(values, self._spec)

    def unpack(self, peer: int, payload: bytes) -> Any:
        try:
            values: Any = codec.decode_elements(payload, self._spec, self._count)
        except codec.CodecError as error:
            self._runtime.bad_payload(peer, error.what)
        if self._shape is None:
            return values
        if self._spec.degree > 1:
            values = list(map(type(self._field.modulus), values))
        array = np.empty(self._count, dtype=object)
        array[:] = values
        return array


class LinkedRuntime(stock.Runtime):
    """MPyC's ``Runtime`` for one run over ``links`` (``None`` at this party's own place).

    ``blame(party, code, what)`` ends the run and raises.
    """

    def __init__(
        self,
        pid: int,
        links: Sequence[Link | None],
        threshold: int,
        security_parameter: int,
        blame: Callable[[str, str, str], NoReturn],
    ) -> None:
        self._blame = blame
        options = mpyc._get_arg_parser().parse_args(["--no-log", "-T", str(threshold), "-K", str(security_parameter)])
        parties = [stock.Party(i) for i in range(len(links))]
        super().__init__(pid, parties, options)
        for party, link in zip(self.parties, links, strict=True):
            party.protocol = Exchange(link) if link is not None else None

    async def start(self) -> None:
        """Refused: the session connects."""
        raise _owned("start")

    async def shutdown(self) -> None:
        """Refused: the session ends the links with FIN and countersignatures."""
        raise _owned("shutdown")

    def keys_to_peer(self, peer: int) -> bytes:
        """The PRSS keys this party drew for subsets that ``peer`` is in; fresh per run, in memory only."""
        return b"".join(self._prss_keys_to_peer(peer))

    def keys_from_peer(self, peer: int, data: bytes) -> bool:
        """Store the peer's keys; false when the number of bytes is not the number of keys it owes."""
        if len(data) != self._prss_keys_from_peer(peer):
            return False
        self._prss_keys_from_peer(peer, data)
        return True

    def bad_payload(self, peer: int, what: str) -> NoReturn:
        """End the run: a peer sent something else than the protocol's next message."""
        self._blame(self.parties[peer].protocol.link.peer, "link.bad_payload", what)

    async def idle(self) -> None:
        """Wait until all MPyC coroutines are done: peers may still need messages that they send."""
        while self._pc_level > self._program_counter[1]:
            await asyncio.sleep(0.0005)

    @asyncoro.mpc_coro
    async def transfer(self, obj, senders=None, receivers=None, sender_receivers=None):
        """As MPyC's, for the values of :mod:`mpc.codec` (no arbitrary objects)."""
        await _return_type(asyncio.Future)
        everyone = range(len(self.parties))
        if sender_receivers is None:
            from_ = list(everyone) if senders is None else [senders] if isinstance(senders, int) else list(senders)
            to = list(everyone) if receivers is None else [receivers] if isinstance(receivers, int) else list(receivers)
            my_senders = from_ if self.pid in to else []
            my_receivers = to if self.pid in from_ else []
        elif isinstance(sender_receivers, dict):
            my_senders = [a for a, b in sender_receivers.items() if self.pid in b]
            my_receivers = list(sender_receivers[self.pid])
        else:
            my_senders = [a for a, b in sender_receivers if b == self.pid]
            my_receivers = [b for a, b in sender_receivers if a == self.pid]

        data = codec.encode(obj) if my_receivers else b""
        for peer in my_receivers:
            if peer != self.pid:
                self._send_message(peer, data)
        received = [data if peer == self.pid else self._receive_message(peer) for peer in my_senders]
        received = await self.gather(received)
        values = [self._decode(peer, payload) for peer, payload in zip(my_senders, received, strict=True)]
        return values[0] if isinstance(senders, int) and values else values

    def _decode(self, peer: int, payload: bytes) -> object:
        try:
            return codec.decode(payload)
        except codec.CodecError as error:
            self.bad_payload(peer, error.what)

    @asyncoro.mpc_coro
    async def _distribute(self, x, senders):
        if x == []:
            return [[] for _ in senders]
        sftype = type(x[0])
        secure = issubclass(sftype, self.SecureObject)
        if secure and hasattr(sftype, "_input"):
            return sftype._input(x, senders)
        is_array = issubclass(sftype, (self.SecureArray, finfields.FiniteFieldArray))
        shape = x[0].shape if is_array else None
        if secure:
            field = sftype.sectype.field if is_array else sftype.field
            await _return_type(_declared(sftype, x[0], shape), len(senders), len(x))
        else:
            field = sftype.field if is_array else sftype
            await _return_type(asyncio.Future)

        wire = _Wire(self, field, shape, len(x))
        coming = {sender: self._receive_message(sender) for sender in senders if sender != self.pid}
        shares: dict[int, Any] = {}
        if self.pid in senders:
            if secure:
                x = await self.gather(x)
            values = x if shape is None else x[0].reshape(-1)
            shares[self.pid] = self._split(wire, field, shape, values)
        for sender, payload in coming.items():
            shares[sender] = wire.unpack(sender, await payload)
        if shape is None:
            return [[field(a) for a in shares[sender]] for sender in senders]
        return [[field.array(shares[sender], check=False).reshape(shape)] for sender in senders]

    def _split(self, wire: _Wire, field: Any, shape: tuple[int, ...] | None, values: Any) -> Any:
        """Share ``values``, send every peer its share, return this party's own."""
        split = thresha.random_split if shape is None else thresha.np_random_split
        own: Any = None
        for peer, share in enumerate(split(field, values, self.threshold, len(self.parties))):
            if peer == self.pid:
                own = share
            else:
                self._send_message(peer, wire.pack(share))
        return own

    @asyncoro.mpc_coro
    async def output(self, x, receivers=None, threshold=None, raw=False):
        """As MPyC's: the value of ``x`` to ``receivers`` (default: all), who check it where shares are to spare.

        MPyC sends a receiver the t shares that it lacks. Here it gets all of them when there are more than t + 1, and
        ``arrays.inconsistent_opening`` ends the run unless all lie on one polynomial of degree t. Bytes: m - 1 elements
        from each party to each receiver, in place of t. What MPyC's own protocols open with degree m - 1 has no
        redundancy, here as in :mod:`mpc.backends.fast.products`.
        """
        x_is_list = isinstance(x, list)
        x = x[:] if x_is_list else [x]
        await _return_type(asyncio.Future)
        if not x:
            return []
        t = self.threshold if threshold is None else threshold
        m = len(self.parties)
        receivers = range(m) if receivers is None else [receivers] if isinstance(receivers, int) else list(receivers)
        sftype = type(x[0])
        secure = issubclass(sftype, self.SecureObject)
        if secure:
            if hasattr(sftype, "_output"):
                y = await sftype._output(x, receivers, threshold)
                return y if x_is_list else y[0]
            x = await self.gather(x)

        field, shape, values = _values(x)
        wire = _Wire(self, field, shape, len(values))
        share = None
        reach = t if m == t + 1 else m - 1
        for peer in receivers:
            if 0 < (peer - self.pid) % m <= reach:
                share = wire.pack(values) if share is None else share
                self._send_message(peer, share)
        if self.pid not in receivers:
            return [None] * len(x) if x_is_list else None
        peers = [(self.pid - reach + j) % m for j in range(reach)]
        payloads = await self.gather([self._receive_message(peer) for peer in peers])
        points = [(peer + 1, wire.unpack(peer, data)) for peer, data in zip(peers, payloads, strict=True)]
        spare, used = points[: reach - t], [*points[reach - t :], (self.pid + 1, values)]
        if not _on_polynomial(field, shape, used, spare):
            raise dealing.inconsistent()
        y = _recombine(field, shape, used)
        if secure and not raw and sftype._output_conversion is not None:
            y = [sftype._output_conversion(a) for a in y]
        return y if x_is_list else y[0]

    @asyncoro.mpc_coro
    async def _reshare(self, x):
        x_is_list = isinstance(x, list)
        if not x_is_list:
            x = [x]
        if x == []:
            return []
        sftype = type(x[0])
        if issubclass(sftype, self.SecureObject):
            shape = x[0].shape if issubclass(sftype, self.SecureArray) else None
            declared = _declared(sftype, x[0], shape)
            await (_return_type(declared, len(x)) if x_is_list else _return_type(declared))
            x = await self.gather(x)
        else:
            await _return_type(asyncio.Future)

        field, shape, values = _values(x)
        wire = _Wire(self, field, shape, len(values))
        t, m = self.threshold, len(self.parties)
        first = self._program_counter[0] % m  # the 2t+1 senders rotate for load balancing
        senders = [(first + j) % m for j in range(2 * t + 1)]
        own = self._split(wire, field, shape, values) if self.pid in senders else None
        peers = [peer for peer in senders if peer != self.pid]
        payloads = await self.gather([self._receive_message(peer) for peer in peers])
        points = [(peer + 1, wire.unpack(peer, data)) for peer, data in zip(peers, payloads, strict=True)]
        if own is not None:
            points.append((self.pid + 1, own))
        y = _recombine(field, shape, points)
        return y if x_is_list else y[0]


def install(runtime: LinkedRuntime, failed: Callable[[BaseException], None]) -> None:
    """Make ``runtime`` MPyC's one runtime, close MPyC's own ways to peers, and report every coroutine's failure.

    MPyC stops the event loop when a coroutine raises, or drops the error; here it goes to ``failed``.
    """
    if mpyc.__version__ != SUPPORTED_VERSION:
        raise SessionError(
            "session.mpyc_version", f"MPyC {mpyc.__version__} is installed.", f"Install mpyc {SUPPORTED_VERSION}."
        )
    for module in _USERS_OF_RUNTIME:
        module.runtime = runtime
    stock.mpc = runtime
    stock.pickle = _NoPickle
    asyncoro.MessageExchanger = no_pickle.refuse

    def reconcile(declared: Any, task: "asyncio.Task[Any]") -> None:
        runtime._pc_level -= 1
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            failed(error)
        elif declared is not None:
            fill(declared, task.result())

    fill = vars(asyncoro)["__reconcile"]
    asyncoro._reconcile = reconcile


class _NoPickle:
    """Stands where MPyC's ``pickle`` stood; every path that would use it is replaced above, so nobody comes here."""

    dumps = staticmethod(no_pickle.refuse)
    loads = staticmethod(no_pickle.refuse)


def _label(pc: int) -> bytes:
    return pc.to_bytes(8, "little", signed=True)


def _owned(what: str) -> SessionError:
    return SessionError(
        "session.runtime_owned", f"A program called {what}.", "Links belong to the session: just compute and return."
    )


def _declared(sftype: Any, x: Any, shape: tuple[int, ...] | None) -> Any:
    """MPyC's return type for a secure object like ``x``."""
    if shape is None:
        return (sftype, x.integral) if sftype.frac_length else sftype
    return (sftype, x.integral, shape) if sftype.frac_length else (sftype, shape)


def _values(x: list[Any]) -> tuple[Any, tuple[int, ...] | None, Any]:
    """Field, shape and plain values of gathered shares: a list of elements, or the one array in the list."""
    if isinstance(x[0], finfields.FiniteFieldElement):
        return type(x[0]), None, [a.value for a in x]
    return x[0].field, x[0].value.shape, x[0].value.reshape(-1)


def _on_polynomial(
    field: Any, shape: tuple[int, ...] | None, used: list[tuple[int, Any]], spare: list[tuple[int, Any]]
) -> bool:
    """Whether the polynomial through ``used`` also passes through every point of ``spare``."""
    for place, shares in spare:
        if shape is not None:
            if not np.array_equal(thresha.np_recombine(field, used, place).value, shares):
                return False
        elif [field(a) for a in thresha.recombine(field, used, place)] != [field(a) for a in shares]:
            return False
    return True


def _recombine(field: Any, shape: tuple[int, ...] | None, points: list[tuple[int, Any]]) -> list[Any]:
    if shape is None:
        return [field(a) for a in thresha.recombine(field, points)]
    return [thresha.np_recombine(field, points).reshape(shape)]
