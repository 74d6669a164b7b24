"""What the fast backend's protocols cost: three local processes over real TLS links, transcript hashing included.

    python -m benchmarks.fast_protocols [--runs 9] [--only NAME]

Prints, as JSON: the median and the best wall time in milliseconds from a common start until every party has its result, the
processor time of all parties together (which other load on the machine disturbs less), and the bytes of payload that all parties
sent together, per element. Mini-batch logistic regression: 90 steps of 1024 rows with 50
columns, an eight-term sine series as the sigmoid.
"""

import argparse
import asyncio
import json
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from hashlib import sha256
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from mpc.arrays.backend import SineSeries
from mpc.arrays.interface import SecureArray, share
from mpc.backends.fast import kernels
from mpc.backends.fast.composition import semi_honest
from mpc.backends.fast.shares import FastShares
from mpc.link.config import PeerConfig, SessionConfig
from mpc.runtime import Session, run_session
from mpc.workflow.digest import ENGINE

NAMES = ("alice", "bob", "carol")
BITS = 18
SIGMOID = (0.6098, -0.0371, 0.1474, -0.0279, 0.0603, -0.0174, 0.0282, -0.0100)


def main() -> None:
    """Start the parties and print what they measured, or be one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fast_protocols")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--only", default="")
    parser.add_argument("--party", type=int)
    parser.add_argument("--ports")
    options = parser.parse_args()
    if options.party is not None:
        one_party(options)
        return
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in NAMES]
    ports = ",".join(str(item.getsockname()[1]) for item in sockets)
    for item in sockets:
        item.close()
    command = [sys.executable, "-m", "benchmarks.fast_protocols", "--ports", ports, *sys.argv[1:]]
    parties = [
        subprocess.Popen([*command, "--party", str(i)], stdout=subprocess.PIPE, text=True) for i in range(len(NAMES))
    ]
    try:
        outputs = [party.communicate(timeout=600)[0] for party in parties]
    finally:
        for party in parties:
            party.kill()
    found = [json.loads(output.splitlines()[-1]) for output in outputs]
    rows = {
        name: {
            "ms": round(statistics.median(row["ms"]), 2),
            "best_ms": round(min(row["ms"]), 2),
            "cpu_ms": round(sum(statistics.median(item[name]["cpu_ms"]) for item in found), 2),
            "bytes_per_element": round(sum(item[name]["bytes"] for item in found) / row["elements"], 1),
        }
        for name, row in found[0].items()
    }
    print(json.dumps({"kernels": kernels.variant(), "cpu": platform.processor(), "rows": rows}, indent=1))


def one_party(options: argparse.Namespace) -> None:
    """One process."""
    keys = [Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest()) for name in NAMES]
    ports = [int(port) for port in options.ports.split(",")]
    peers = tuple(
        PeerConfig(name, "127.0.0.1", port, key.public_key().public_bytes_raw())
        for name, port, key in zip(NAMES, ports, keys, strict=True)
    )
    me = options.party
    config = SessionConfig(bytes(32), NAMES[me], peers, "127.0.0.1", ports[me], keys[me], bytes(32), ENGINE, bytes(32))
    kernels.keep_freed_memory()  # as the process of a run does
    outcome = run_session(config, lambda session: Bench(session, options.runs, options.only).run())
    print(json.dumps(outcome.value), flush=True)


class Bench:
    """The cases, as every party runs them."""

    def __init__(self, session: Session, runs: int, only: str) -> None:
        self.backend = semi_honest(session)
        self.runs, self.only, self.found = runs, only, dict[str, Any]()

    async def run(self) -> dict[str, Any]:
        """All cases."""
        rng, n = np.random.default_rng(0), 100_000
        a, b = self.shared(rng.uniform(-8, 8, n), 0), self.shared(rng.uniform(-8, 8, n), 1)
        await self.measured("multiply 1e5", n, partial(self.product, a, b))
        small = self.backend.share(rng.integers(-8, 8, n) if self.backend.pid == 0 else None, (n,), 0)
        for bits in (45, 60):
            await self.measured(f"compare 1e5, {bits} bits", n, partial(self.compared, small, n, bits))
            await self.measured(f"is_zero 1e5, {bits} bits", n, partial(self.equal, small, n, bits))
        left, right = self.shared(rng.uniform(-1, 1, (512, 512)), 0), self.shared(rng.uniform(-1, 1, (512, 512)), 1)
        await self.measured("matmul 512", 512 * 512, partial(self.matrix_product, left, right))
        series = SineSeries(BITS + 5, SIGMOID, BITS)
        await self.measured(
            "sine_series 1e5, K=8", n,
            lambda: self.settled(self.backend.sine_series(a.shares, None, (n,), series, 16 << BITS)),
        )  # fmt: skip
        await self.measured("shuffle 1e5", n, lambda: self.settled(self.backend.shuffle(a.shares, (n,))))
        await self.measured("open 1e5", n, lambda: self.backend.open(a.shares, (n,)))
        await self.measured("multiply 10, 100 in a row", 1000, lambda: self.chain(a[:10]))
        x, y = self.shared(np.clip(rng.normal(size=(9216, 51)), -4, 4), 0), self.shared(rng.integers(0, 2, 9216), 1)
        await self.measured("logistic regression, 90 mini-batches", 90, lambda: self.descend(x, y))
        await self.backend.idle()
        return self.found

    async def measured(self, name: str, elements: int, work: Callable[[], Awaitable[Any]]) -> None:
        """Run ``work`` several times between barriers."""
        if self.only not in name:
            return
        sent = 0
        times: list[float] = []
        used: list[float] = []
        for _ in range(self.runs):
            await self.barrier()
            before, started, cpu = self.backend.traffic.bytes_sent, time.perf_counter(), time.process_time()
            await work()
            sent = self.backend.traffic.bytes_sent - before
            await self.barrier()
            times.append(1000 * (time.perf_counter() - started))
            used.append(1000 * (time.process_time() - cpu))
        self.found[name] = {"ms": times, "cpu_ms": used, "bytes": sent, "elements": elements}

    async def barrier(self) -> None:
        """Everyone is here."""
        await self.backend.open(self.backend.constant(np.zeros(1, dtype=np.int64)), (1,))
        await asyncio.sleep(0)

    async def settled(self, shares: FastShares) -> None:
        """Wait for a backend's own result."""
        await self.backend.settle(shares)

    async def product(self, a: SecureArray, b: SecureArray) -> None:
        """Elementwise."""
        await (a * b).settled()

    async def matrix_product(self, a: SecureArray, b: SecureArray) -> None:
        """Of matrices."""
        await (a @ b).settled()

    async def compared(self, x: FastShares, n: int, bits: int) -> None:
        """With zero."""
        await self.backend.settle(self.backend.at_least(x, (n,), np.zeros(1, dtype=np.int64), bits))

    async def equal(self, x: FastShares, n: int, bits: int) -> None:
        """With zero."""
        await self.backend.settle(self.backend.is_zero(x, (n,), bits))

    async def chain(self, array: SecureArray) -> None:
        """A hundred rounds that wait for each other."""
        value = array
        for _ in range(100):
            value = (value * array).within(8, because="only time counts")
        await value.settled()

    async def descend(self, x: SecureArray, y: SecureArray) -> None:
        """Mini-batch descent with weights that stay secret."""
        weights, series = None, SineSeries(2 * BITS + 5, SIGMOID, BITS)
        for step in range(90):
            start = step % 9 * 1024
            rows, labels = x[start : start + 1024], y[start : start + 1024]
            error = 0.5 - labels
            if weights is not None:
                shares = self.backend.sine_series(rows.shares, weights.shares, (1024,), series, 12 << 2 * BITS)
                error = SecureArray(self.backend, shares, (1024,), BITS, 1 << BITS) + error
            gradient = rows.T.matmul(error, down=10, limit=8)
            weights = (-gradient if weights is None else weights - gradient).within(8, because="only time counts")
        assert weights is not None
        await weights.settled()

    def shared(self, values: NDArray[Any], owner: int) -> SecureArray:
        """An owner's numbers."""
        own = values if self.backend.pid == owner else None
        return share(self.backend, own, shape=np.shape(values), owner=owner, fraction_bits=BITS, limit=8)


if __name__ == "__main__":
    main()
