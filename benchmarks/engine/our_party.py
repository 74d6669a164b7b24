"""One party of ours: ``python -m benchmarks.engine.our_party '<json>'``, a real session over pinned TLS links.

``plain``: without TLS and transcript hashes (:mod:`benchmarks.plain_link`), to see what they cost.
"""

import asyncio
import contextlib
import cProfile
import gc
import io
import json
import pstats
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks import plain_link
from benchmarks.engine import control
from benchmarks.engine.our_work import Prepared, prepared
from benchmarks.engine.work import Size
from mpc.backends.choice import backend_for
from mpc.backends.fast.kernels import keep_freed_memory
from mpc.backends.seat import RunningBackend
from mpc.link.config import LinkTimeouts, PeerConfig, SessionConfig
from mpc.runtime import Session, run_session
from mpc.workflow.digest import ENGINE

NAMES: Final = ("alice", "bob", "carol")
_PATIENCE: Final = LinkTimeouts(connect=120, idle=600, write=600, message=3600, total=7200, close=2)


def config(rank: int, addresses: list[str]) -> SessionConfig:
    """This party's view of the session; keys are made from the names, which is for benchmarks only."""
    peers: list[PeerConfig] = []
    for name, address in zip(NAMES, addresses, strict=True):
        host, _, port = address.rpartition(":")
        peers.append(PeerConfig(name, host, int(port), _key(name).public_key().public_bytes_raw()))
    return SessionConfig(
        task=bytes(32),
        name=NAMES[rank],
        parties=tuple(peers),
        bind_host="127.0.0.1",
        bind_port=peers[rank].port,
        node_private_key=_key(NAMES[rank]),
        program_digest=bytes(32),
        engine=ENGINE,
        engine_digest=bytes(32),
        timeouts=_PATIENCE,
    )


class Party:
    """What this party holds between commands."""

    def __init__(self, session: Session, backend: RunningBackend) -> None:
        self.session = session
        self.backend = backend
        self.work: Prepared | None = None
        self.result: Any = None

    async def answer(self, command: control.Message) -> control.Message:
        """One command of the harness."""
        match command["op"]:
            case "prepare":
                self.work = self.result = None
                _forget_peak()
                self.work = await prepared(command["row"], Size(**command["size"]), self.session, self.backend)
                return {"backend": self.backend.facts.name}
            case "counters":
                traffic = self.backend.traffic
                return {
                    **control.used(),
                    "payload": traffic.bytes_sent,
                    "rounds": traffic.rounds / len(NAMES),
                }
            case "run":
                return {"parties": [await self._run(command["at"])]}
            case "profile":
                return await self._profile(command["runs"], command["lines"])
            case _:
                assert self.work is not None
                failure = self.backend.traffic.failure
                return await self.work.outcome(self.result) | {"failure": failure, "peak": _peak()}

    async def _run(self, at: float) -> dict[str, float]:
        assert self.work is not None
        self._new_budget()
        await control.moment(at)
        start = time.monotonic()
        self.result = await self.work.run()
        return {"start": start, "end": time.monotonic()}

    def _new_budget(self) -> None:
        """Every run counts its own truncations, as the task that it stands for would in a session of its own."""
        self.backend.traffic.failure = 0.0

    async def _profile(self, runs: int, lines: int) -> control.Message:
        """Several runs under cProfile on the process's own CPU time, which other load does not distort."""
        assert self.work is not None
        profiler, text = cProfile.Profile(time.process_time), io.StringIO()
        wall, cpu = time.monotonic(), time.process_time()
        profiler.enable()
        try:
            for _ in range(runs):
                self._new_budget()
                self.result = await self.work.run()
        finally:
            profiler.disable()
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        pstats.Stats(profiler, stream=text).sort_stats("tottime").print_stats(lines)
        return {"wall": wall / runs, "cpu": cpu / runs, "profile": text.getvalue()}


async def body(session: Session, descriptor: int) -> None:
    """Serve the harness until it says close."""
    backend = backend_for(session)
    try:
        await control.serve(descriptor, Party(session, backend).answer)
        await backend.idle()
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await backend.cancel()


def _peak() -> float:
    """Most bytes of memory that this process has held since the row began."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _forget_peak() -> None:
    """Count the row's own memory only."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")


def main() -> None:
    """The party's process."""
    spec = json.loads(sys.argv[1])
    if spec["plain"]:
        plain_link.install()
    keep_freed_memory()  # as the process of a run does
    run_session(config(spec["rank"], spec["addresses"]), lambda session: body(session, spec["control"]))


def _key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(b"benchmark " + name.encode()).digest())


if __name__ == "__main__":
    main()
