"""All parties of a run in one event loop: real protocols over in-memory links, without mpyc and without sockets."""

import asyncio
import itertools
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, TypeVar

import numpy as np
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpc.arrays.interface import SecureArray
from mpc.backends.choice import RELEASED
from mpc.backends.seat import Seat
from mpc.runtime import LABEL
from mpc.session import signed_bytes
from protocol.errors import FormatError
from tests.patience import Patience

T = TypeVar("T")
_LONGEST: Final = 100.0
Tamper = Callable[[int, int, Any, bytes], bytes]
SEATS: Final = {seat.facts.name: seat for seat in RELEASED.seats}


class Wire:
    """Messages between parties by (sender, receiver, label); ``tamper`` may change them on the way."""

    def __init__(self, tamper: Tamper | None = None) -> None:
        self._queues: dict[tuple[int, int, Any], asyncio.Queue[bytes]] = defaultdict(asyncio.Queue)
        self._tamper = tamper
        self.seen: list[tuple[int, int, Any, bytes]] = []

    def put(self, sender: int, receiver: int, label: Any, data: bytes) -> None:
        self.seen.append((sender, receiver, label, data))
        if self._tamper is not None:
            data = self._tamper(sender, receiver, label, data)
        self._queues[sender, receiver, label].put_nowait(data)

    async def get(self, sender: int, receiver: int, label: Any) -> bytes:
        return await self._queues[sender, receiver, label].get()


@dataclass
class _Peer:
    wire: Wire
    own: int
    other: int

    @property
    def protocol(self) -> "_Peer":
        return self

    def send(self, label: int, data: bytes) -> None:
        self.wire.put(self.own, self.other, label, data)

    def receive(self, label: int) -> Awaitable[bytes]:
        return self.wire.get(self.other, self.own, label)

    async def drained(self) -> None:
        pass


class FakeRuntime:
    """What the backend uses of MPyC's runtime."""

    def __init__(self, pid: int, wire: Wire, keys: dict[tuple[int, ...], bytes], parties: int, threshold: int) -> None:
        self.pid = pid
        self.threshold = threshold
        self.parties = [_Peer(wire, pid, other) for other in range(parties)]
        self._prss_keys = {subset: key for subset, key in keys.items() if pid in subset}


def fresh_keys(parties: int, threshold: int) -> dict[tuple[int, ...], bytes]:
    return {subset: secrets.token_bytes(16) for subset in itertools.combinations(range(parties), parties - threshold)}


def node_key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())


@dataclass
class FakeSession:
    """A session of one party over a :class:`Wire`; the last ``outside`` of ``names`` are owners outside the committee."""

    mpc: Any
    pid: int
    names: tuple[str, ...]
    wire: Wire
    run_id: bytes = bytes(32)
    phases: list[tuple[str, int, int]] = field(default_factory=list)
    outside: int = 0
    threshold: int = 1

    @property
    def committee(self) -> tuple[str, ...]:
        return self.names[: len(self.names) - self.outside]

    def sign(self, label: str, message: bytes) -> bytes:
        return node_key(self.names[self.pid]).sign(signed_bytes(self.run_id, label, message))

    def verify(self, peer: str, label: str, message: bytes, signature: bytes) -> bool:
        try:
            node_key(peer).public_key().verify(signature, signed_bytes(self.run_id, label, message))
        except InvalidSignature:
            return False
        return True

    async def send(self, peer: str, label: str, message: bytes) -> None:
        assert min(self.pid, self.names.index(peer)) < len(self.committee), "owners outside have no link"
        assert LABEL.fullmatch(label), f"{label!r} is no label that a real session takes"
        self.wire.put(self.pid, self.names.index(peer), label, message)

    async def receive(self, peer: str, label: str) -> bytes:
        return await self.wire.get(self.names.index(peer), self.pid, label)

    def progress(self, phase: str, step: int, total: int) -> None:
        self.phases.append((phase, step, total))

    def refuse(self, peer: str, what: str) -> Exception:
        return FormatError("link.bad_payload", f"{peer}: {what}", "", peer=peer)


def run_sessions(
    names: tuple[str, ...],
    body: Callable[[FakeSession], Awaitable[T]],
    *,
    wire: Wire | None = None,
    threshold: int = 1,
    outside: int = 0,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> list[T | BaseException]:
    """Run ``body`` as every party, the last ``outside`` not on the committee; a party's exception is its result.

    Raises :class:`TimeoutError` when somebody still waits after 100 s (more on a loaded machine) and nobody has failed.
    """

    async def everyone() -> list[T | BaseException]:
        shared, parties = wire or Wire(), len(names) - outside
        keys = fresh_keys(parties, threshold)
        sessions = [
            FakeSession(
                FakeRuntime(pid, shared, keys, parties, threshold) if pid < parties else None,
                pid,
                names,
                shared,
                outside=outside,
                threshold=threshold,
            )
            for pid in range(len(names))
        ]
        tasks = [asyncio.ensure_future(body(session)) for session in sessions]
        patience = Patience(_LONGEST, "all parties to end")
        done, waiting = await asyncio.wait(tasks, timeout=patience.left(), return_when=asyncio.FIRST_EXCEPTION)
        failed = any(task.exception() for task in done)
        if failed:
            _, waiting = await asyncio.wait(tasks, timeout=0.2)
        for task in waiting:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        if waiting and not failed:
            ended = [name for name, task in zip(names, tasks, strict=True) if task in done]
            raise TimeoutError(f"{len(waiting)} of {len(tasks)} parties did not end; those that did: {ended}")
        return results

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(everyone())


def run_arrays(
    body: Callable[[Any], Awaitable[T]],
    *,
    parties: int = 3,
    threshold: int = 1,
    wire: Wire | None = None,
    kind: str = "mpyc",
    seat: Seat | None = None,
) -> list[T]:
    """Run ``body`` with every party's backend of this kind, or of this seat; the first exception is raised."""

    member = (seat or SEATS[kind]).member

    async def party(session: FakeSession) -> T:
        backend: Any = member(session)  # type: ignore[arg-type]
        try:
            return await body(backend)
        finally:
            await backend.cancel()

    names = tuple(f"party-{i}" for i in range(parties))
    results = run_sessions(names, party, wire=wire, threshold=threshold)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, asyncio.CancelledError):
            raise result
    return results  # type: ignore[return-value]


async def opened(array: SecureArray) -> Any:
    """The array in the clear, as floats."""
    raw = await array.backend.open(array.shares, array.shape)
    return np.ldexp(raw.astype(np.float64), -array.fraction_bits)
