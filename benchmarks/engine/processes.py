"""One engine's processes, seen from the harness: start them, tell them all the same, time them, end them."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from benchmarks.engine import spu_environment
from benchmarks.engine.work import Size

ROOT: Final = Path(__file__).parents[2]
PARTIES: Final = 3
TERMINATED: Final = 128 + 15
"""Exit status of a run that SIGTERM ended, as shells give it."""
_LEAD: Final = 0.02
_CLOSING: Final = 20.0
_ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


class FailedError(Exception):
    """An engine could not do what it was asked; the message goes into the table."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process and the harness's end of its control channel."""

    process: subprocess.Popen[bytes]
    channel: socket.socket

    def send(self, command: dict[str, Any]) -> None:
        """One command."""
        self.channel.sendall(json.dumps(command).encode() + b"\n")

    def receive(self) -> dict[str, Any]:
        """Its answer."""
        line = bytearray()
        while not line.endswith(b"\n"):
            piece = self.channel.recv(1 << 16)
            if not piece:
                raise FailedError(f"a process ended with status {self.process.wait(5)}")
            line += piece
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            raise FailedError(answer["failed"])
        return answer


class Ending:
    """SIGTERM ends a run before or after the start of processes, never within: what is half started nobody would end."""

    def __init__(self) -> None:
        self._held, self._asked = 0, False

    def asked(self, *_: object) -> None:
        """The signal's handler."""
        self._asked = True
        if not self._held:
            sys.exit(TERMINATED)

    @contextlib.contextmanager
    def held(self) -> Generator[None]:
        """Put the end off until the block is over."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if self._asked and not self._held:
                sys.exit(TERMINATED)


ENDING: Final = Ending()


class Group:
    """The processes of one engine at one delay. A context manager: nothing is left running."""

    def __init__(self, name: str, commands: Sequence[tuple[list[str], dict[str, Any]]], patience: float) -> None:
        self.name = name
        self.children: list[Child] = []
        self._commands = commands
        self._patience = patience

    def _start(self) -> None:
        for command, spec in self._commands:
            mine, theirs = socket.socketpair()
            mine.settimeout(self._patience)
            process = subprocess.Popen(
                [*command, json.dumps(spec | {"control": theirs.fileno()})],
                cwd=ROOT,
                env=os.environ | _ONE_THREAD | {"PYTHONPATH": str(ROOT)},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=_log(),
                stderr=_log(),
                start_new_session=True,
            )
            theirs.close()
            self.children.append(Child(process, mine))

    def ask(self, operation: str, **more: object) -> list[dict[str, Any]]:
        """The same command to all processes; their answers."""
        for child in self.children:
            child.send({"op": operation, **more})
        try:
            return [child.receive() for child in self.children]
        except TimeoutError as error:
            raise FailedError(f"no answer to {operation!r} in time") from error

    def prepare(self, row: str, size: Size) -> str:
        """Make and share the row's inputs; what the engine computes with, where it has a choice."""
        answers = self.ask("prepare", row=row, size=size.sent())
        return str(answers[0].get("backend", ""))

    def run(self) -> float:
        """Seconds from the first party's start to the last one's end."""
        answers = self.ask("run", at=time.monotonic() + _LEAD)
        times = [party for answer in answers for party in answer["parties"]]
        return max(party["end"] for party in times) - min(party["start"] for party in times)

    def counters(self) -> dict[str, float]:
        """What all parties have sent so far, added up; after a moment in which everything has left them."""
        time.sleep(0.05)
        total: dict[str, float] = {}
        for answer in self.ask("counters"):
            for key, value in answer.items():
                total[key] = total.get(key, 0.0) + value
        return total

    def close(self) -> None:
        """End the processes, politely first; whatever they started goes with them."""
        for child in self.children:
            try:
                child.send({"op": "close"})
            except OSError:
                continue
        deadline = time.monotonic() + _CLOSING
        for child in self.children:
            child.channel.settimeout(1)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.1, deadline - time.monotonic()))
            _end(child.process)
            child.channel.close()

    def __enter__(self) -> Self:
        try:
            with ENDING.held():
                self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def spu(addresses: list[list[str]], patience: float) -> Group:
    """SPU's driver, which starts its parties; raises :class:`spu_environment.UnavailableError`."""
    python = str(spu_environment.python())
    return Group("spu", [([python, "-m", "benchmarks.engine.spu_driver"], {"addresses": addresses})], patience)


def mpyc(addresses: list[list[str]], patience: float) -> Group:
    """Three stock MPyC parties."""
    return _parties("mpyc", "benchmarks.engine.mpyc_party", addresses, {}, patience)


def ours(addresses: list[list[str]], patience: float, *, plain: bool) -> Group:
    """Three of our parties; ``plain``: without TLS and transcripts."""
    name = "ours_plain" if plain else "ours"
    return _parties(name, "benchmarks.engine.our_party", addresses, {"plain": plain}, patience)


def _parties(name: str, module: str, addresses: list[list[str]], spec: dict[str, Any], patience: float) -> Group:
    command = [sys.executable, "-m", module]
    specs = [spec | {"rank": rank, "addresses": addresses[rank]} for rank in range(PARTIES)]
    return Group(name, [(command, one) for one in specs], patience)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process's own session; it was started as the leader of one."""
    try:
        os.killpg(process.pid, 9)
    except ProcessLookupError:
        return
    finally:
        process.wait()


def _log() -> int | None:
    return None if os.environ.get("TALLYSTICK_BENCH_VERBOSE") else subprocess.DEVNULL
