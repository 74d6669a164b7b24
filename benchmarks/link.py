"""What the secure link costs: ``python -m benchmarks.link`` runs three real parties over loopback and prints a table.

Each figure stands beside one of the same framing without TLS and hash (:mod:`benchmarks.plain_link`). Messages go the way
of the engine's: ``session.mpc.parties[i].protocol``. CPU is the whole process's, both user and system, while the other
two compete for the same cores.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks import link_parts, plain_link
from mpc.runtime import PeerConfig, Session, SessionConfig, run_session
from mpc.workflow.digest import ENGINE

NAMES: Final = ("alice", "bob", "carol")
MEGABYTE: Final = 1_000_000
_SMALL: Final = 256
_ROUNDS: Final = 500
_REPEATS: Final = 5
_PART_REPEATS: Final = 31
_DONE: Final = 1 << 40

Figures = dict[str, float]


def main() -> None:
    """Measure both ways and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.link", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=256, help="per bulk transfer")
    parser.add_argument("--parts", action="store_true", help="where a multiplication's CPU time goes, and nothing else")
    parser.add_argument("--json", action="store_true", help="print figures instead of a table")
    options = parser.parse_args()
    figures = {
        kind: ({} if options.parts else measure(kind == "plain", options.megabytes)) | measured_parts(kind == "plain")
        for kind in ("secure", "plain")
    }
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    print(f"{'':44}{'secure':>10}{'plain':>10}")
    for name, secure in figures["secure"].items():
        print(f"{name:44}{secure:>10.3g}{figures['plain'][name]:>10.3g}")


def measured_parts(plain: bool) -> Figures:
    """CPU milliseconds of a multiplication and of a short round, all three parties together, by part."""
    rows = link_parts.measure(plain, _PART_REPEATS, free_ports(len(NAMES)))
    return {
        f"{row}, {part}, CPU ms": value
        for row, parts in rows.items()
        for part, value in (*parts.items(), ("in all", sum(parts.values())))
    }


def measure(plain: bool, megabytes: int) -> Figures:
    """One session of three processes; every party's own view merged into one table."""
    ports = free_ports(len(NAMES))
    spec = {"ports": ports, "plain": plain, "megabytes": megabytes}
    command = [sys.executable, "-c", "from benchmarks.link import party; party()"]
    parties = [
        subprocess.Popen([*command, json.dumps(spec | {"name": name})], stdout=subprocess.PIPE, text=True)
        for name in NAMES
    ]
    try:
        views: list[Figures] = [json.loads(process.communicate(timeout=300)[0]) for process in parties]
    finally:
        for process in parties:
            process.kill()
    return views[0] | views[1]


def party() -> None:
    """The child process: ``argv[1]`` is its part as JSON."""
    spec: dict[str, Any] = json.loads(sys.argv[1])
    if spec["plain"]:
        plain_link.install()
    outcome = run_session(config(spec["name"], spec["ports"]), lambda session: _work(session, spec["megabytes"]))
    print(json.dumps(outcome.value))


def config(name: str, ports: list[int]) -> SessionConfig:
    """A committee of three on loopback with fixed keys."""
    keys = [Ed25519PrivateKey.from_private_bytes(bytes([i + 1]) * 32) for i in range(len(NAMES))]
    peers = tuple(
        PeerConfig(peer, "127.0.0.1", port, key.public_key().public_bytes_raw())
        for peer, port, key in zip(NAMES, ports, keys, strict=True)
    )
    place = NAMES.index(name)
    return SessionConfig(
        task=b"t" * 32,
        name=name,
        parties=peers,
        bind_host="127.0.0.1",
        bind_port=ports[place],
        node_private_key=keys[place],
        program_digest=b"p" * 32,
        engine=ENGINE,
        engine_digest=bytes(32),
    )


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    numbers = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return numbers


# --- what the parties do


async def _work(session: Session, megabytes: int) -> Figures:
    figures: Figures = {}
    figures["round trip, 256 B, us"] = await _median(session, _ping_pong)
    figures["round of all three, 256 B, us"] = await _median(session, _everyone)
    for size in (1, 4, 16, 64):
        figures |= await _bulk(session, size, megabytes)
    return figures


async def _median(session: Session, work: Callable[[Session, int], Awaitable[None]]) -> float:
    """Median over repeats of microseconds per round."""
    seconds: list[float] = []
    for repeat in range(_REPEATS):
        await _barrier(session)
        began = time.perf_counter()
        await work(session, repeat * _ROUNDS)
        seconds.append((time.perf_counter() - began) / _ROUNDS)
    return statistics.median(seconds) * 1e6


async def _ping_pong(session: Session, first: int) -> None:
    if session.pid > 1:
        return
    link, data = session.mpc.parties[1 - session.pid].protocol, bytes(_SMALL)
    for label in range(first, first + _ROUNDS):
        if session.pid == 0:
            link.send(label, data)
            await link.receive(label)
        else:
            await link.receive(label)
            link.send(label, data)


async def _everyone(session: Session, first: int) -> None:
    links = [session.mpc.parties[peer].protocol for peer in range(len(NAMES)) if peer != session.pid]
    data = bytes(_SMALL)
    for label in range(first, first + _ROUNDS):
        for link in links:
            link.send(label, data)
        for link in links:
            await link.receive(label)


async def _bulk(session: Session, size: int, megabytes: int) -> Figures:
    """Alice sends bob messages of ``size`` MB, waiting for room; each reports its own CPU per MB."""
    await _barrier(session)
    count = max(megabytes // size, 1)
    data = os.urandom(size * MEGABYTE)
    cpu, wall = time.process_time(), time.perf_counter()
    if session.pid == 0:
        link = session.mpc.parties[1].protocol
        for label in range(count):
            link.send(label, data)
            await link.drained()
        await link.receive(_DONE)
    elif session.pid == 1:
        link = session.mpc.parties[0].protocol
        for label in range(count):
            await link.receive(label)
        link.send(_DONE, b"")
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    side = ("send", "receive", "idle")[session.pid]
    figures = {f"{side} {size} MB messages, CPU ms per MB": cpu * 1e3 / (count * size)}
    return figures | ({f"{size} MB messages, MB/s": count * size / wall} if session.pid == 0 else {})


async def _barrier(session: Session) -> None:
    others = [name for name in session.committee if name != session.names[session.pid]]
    for name in others:
        await session.send(name, "barrier", b"")
    for name in others:
        await session.receive(name, "barrier")
    await asyncio.sleep(0.05)


if __name__ == "__main__":
    main()
