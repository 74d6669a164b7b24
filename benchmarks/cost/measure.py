"""Run cases in three real processes over TLS links, and collect each step's largest figure of the three parties.

A party computes or waits for another party, never for anything else. So on a machine with nothing else to do a step takes no
longer than the processor time of all parties together, and on two processors no less than half of it. Where other load makes
the wall time longer than that, processor time stands in: the figure holds on a busy machine too. It is divided by how much
slower than usual a fixed piece of work runs right now (:func:`slowness`).
"""

import contextlib
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, Final, Self

import numpy as np

from benchmarks.cost.cases import COMMITTEE, Case
from mpc.backends.fast import kernels

REFERENCE: Final = 0.0098
"""Processor seconds of :func:`fixed_work` on the calibrated machine (2 cores, AVX-512 IFMA) with nothing else running."""
PARALLEL: Final = 0.7
"""Wall time of a step over all parties' processor time on that machine: between 1/2 and 1."""
_LARGEST: Final = ("wall", "traffic", "memory", "before", "failure", "rounds")


def fixed_work() -> float:
    """Processor seconds for some of each kind of work that a run does: kernels, hashing, Python."""
    planes = kernels.from_int64(np.arange(20_000))
    text = bytes(1 << 20)
    started = time.process_time()
    for _ in range(10):
        planes = kernels.mul(planes, planes)
    for _ in range(5):
        hashlib.sha256(text).digest()
    total = 0
    for i in range(150_000):
        total += i & 7
    return time.process_time() - started


def slowness() -> float:
    """How much longer processor time gets right now than on the calibrated machine."""
    return min(fixed_work() for _ in range(5)) / REFERENCE


class Parties:
    """Processes that wait for cases; use as a context manager."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[str]] = {}

    def __enter__(self) -> Self:
        for name in COMMITTEE:
            self._start(name)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.kill()
            process.communicate()

    def measure(self, case: Case) -> list[dict[str, Any]]:
        """One entry per step; RuntimeError with the first party's words when a program refuses."""
        names = (*COMMITTEE, "outside") if case.outside else COMMITTEE
        if case.outside and "outside" not in self._processes:
            self._start("outside")
        slow = slowness()
        order = json.dumps({"case": case.key, "ports": free_ports()})
        for name in names:
            pipe = self._processes[name].stdin
            assert pipe is not None
            pipe.write(order + "\n")
            pipe.flush()
        answers = [list(self._answers(name)) for name in names]
        errors = [item["error"] for answer in answers for item in answer if "error" in item]
        if errors:
            worst = next((text for text in errors if "link." not in text), errors[0])
            raise RuntimeError(f"{case.key}: {worst}")
        return [_together(steps, (slow + slowness()) / 2) for steps in zip(*answers[: len(COMMITTEE)], strict=True)]

    def _start(self, name: str) -> None:
        self._processes[name] = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.cost.party", name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip

    def _answers(self, name: str) -> Iterator[dict[str, Any]]:
        pipe = self._processes[name].stdout
        assert pipe is not None
        while True:
            line = pipe.readline()
            if not line:
                raise RuntimeError(f"{name} ended")
            if not line.strip():
                return
            yield json.loads(line)


def _together(steps: tuple[dict[str, Any], ...], slow: float) -> dict[str, Any]:
    found = {**steps[0], **{name: max(step[name] for step in steps) for name in _LARGEST}}
    found["cpu"] = sum(step["cpu"] for step in steps)
    found["slow"] = slow
    return {**found, "seconds": seconds(found)}


def seconds(entry: dict[str, Any]) -> float:
    """What the step takes on the calibrated machine with nothing else running."""
    return min(entry["wall"], PARALLEL * entry["cpu"]) / max(entry["slow"], 1.0)


def free_ports() -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in COMMITTEE]
        return [item.getsockname()[1] for item in sockets]
