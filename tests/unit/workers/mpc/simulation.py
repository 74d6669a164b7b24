"""All parties of a run in one event loop: real protocols over in-memory links, without mpyc and without sockets."""

import asyncio
import itertools
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from protocol.errors import FormatError
from workers.mpc.arrays.interface import SecureArray
from workers.mpc.arrays.mpyc_backend import MpycBackend

T = TypeVar("T")
Tamper = Callable[[int, int, Any, bytes], bytes]


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


class FakeRuntime:
    """What the backend uses of MPyC's runtime."""

    def __init__(self, pid: int, wire: Wire, keys: dict[tuple[int, ...], bytes], parties: int, threshold: int) -> None:
        self.pid = pid
        self.threshold = threshold
        self.parties = [_Peer(wire, pid, other) for other in range(parties)]
        self._prss_keys = {subset: key for subset, key in keys.items() if pid in subset}


def fresh_keys(parties: int, threshold: int) -> dict[tuple[int, ...], bytes]:
    return {subset: secrets.token_bytes(16) for subset in itertools.combinations(range(parties), parties - threshold)}


@dataclass
class FakeSession:
    """A session of one party over a :class:`Wire`."""

    mpc: Any
    pid: int
    names: tuple[str, ...]
    wire: Wire
    run_id: bytes = bytes(32)
    phases: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def committee(self) -> tuple[str, ...]:
        return self.names

    async def send(self, peer: str, label: str, message: bytes) -> None:
        self.wire.put(self.pid, self.names.index(peer), label, message)

    async def receive(self, peer: str, label: str) -> bytes:
        return await self.wire.get(self.names.index(peer), self.pid, label)

    def progress(self, phase: str, step: int, total: int) -> None:
        self.phases.append((phase, step, total))

    def refuse(self, peer: str, what: str) -> Exception:
        return FormatError("link.bad_payload", f"{peer}: {what}", "", peer=peer)


def run_sessions(
    names: tuple[str, ...], body: Callable[[FakeSession], Awaitable[T]], *, wire: Wire | None = None, threshold: int = 1
) -> list[T | BaseException]:
    """Run ``body`` as every party; a party's exception is its result. Nobody waits longer than 30 s."""

    async def everyone() -> list[T | BaseException]:
        shared = wire or Wire()
        keys = fresh_keys(len(names), threshold)
        sessions = [
            FakeSession(FakeRuntime(pid, shared, keys, len(names), threshold), pid, names, shared)
            for pid in range(len(names))
        ]
        tasks = [asyncio.ensure_future(body(session)) for session in sessions]
        done, waiting = await asyncio.wait(tasks, timeout=30, return_when=asyncio.FIRST_EXCEPTION)
        if any(task.exception() for task in done):
            _, waiting = await asyncio.wait(tasks, timeout=0.2)
        for task in waiting:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(everyone())


def run_arrays(
    body: Callable[[MpycBackend], Awaitable[T]], *, parties: int = 3, threshold: int = 1, wire: Wire | None = None
) -> list[T]:
    """Run ``body`` with every party's backend; the first exception is raised."""

    def blame(pid: int, what: str) -> Exception:
        return FormatError("link.bad_payload", what, "", peer=str(pid))

    async def party(session: FakeSession) -> T:
        backend = MpycBackend(session.mpc, blame)
        try:
            return await body(backend)
        finally:
            await backend.spawner.cancel()

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
