"""Start real parties, and end whatever a test leaves running."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chain.ports import free_ports
from tests.patience import Patience, load, scaled

PARTY = Path(__file__).with_name("party.py")
QUICK = {
    "connect": 8.0,
    "attempt": 3.0,
    "handshake": 4.0,
    "heartbeat": 0.5,
    "idle": 6.0,
    "write": 3.0,
    "message": 10.0,
    "total": 40.0,
    "close": 1.0,
}
DEADLINE = 50.0


class Party:
    """One running party process; :meth:`end` gives its last line."""

    def __init__(self, spec: dict[str, Any], environment: dict[str, str]) -> None:
        self.name = spec["name"]
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", str(PARTY), json.dumps(spec)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        self.lines: list[str] = []
        self.errors = ""
        self._readers = [
            threading.Thread(target=self._read_lines, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_lines(self) -> None:
        assert self.process.stdout is not None
        self.lines += iter(self.process.stdout.readline, "")

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read()

    def wait_for(self, word: str) -> None:
        """Until the party has printed ``word``."""
        patience = Patience(DEADLINE, f"{self.name} to say {word}")
        while not any(line.strip() == word for line in self.lines):
            patience.check(lambda: self.lines)
            assert self.process.poll() is None, f"{self.name} ended early: {self.errors}"
            time.sleep(0.02)

    def end(self) -> dict[str, Any]:
        """Wait (a hang fails the test) and parse the result."""
        self.process.wait(timeout=scaled(DEADLINE))
        for reader in self._readers:
            reader.join(5)
        assert self.lines, f"{self.name} said nothing: {self.errors}"
        return json.loads(self.lines[-1])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


Start = Callable[..., list[Party]]


@pytest.fixture
def ports() -> list[int]:
    """Free ports."""
    return free_ports(5)


@pytest.fixture
def start(ports: list[int]) -> Iterator[Start]:
    """``start("alice", "bob", program="compute")`` starts these parties; what is left is killed afterwards."""
    running: list[Party] = []

    def begin(*names: str, environment: dict[str, str] | None = None, **spec: Any) -> list[Party]:
        slower = load()
        named: dict[str, float] = spec.pop("timeouts", {})
        timeouts = {name: seconds * slower for name, seconds in (QUICK | named).items()}
        count = spec.pop("parties", 3)
        made = [
            Party(
                {"name": name, "ports": ports[:count], "timeouts": timeouts, "slower": slower, **spec},
                environment or {},
            )
            for name in names
        ]
        running.extend(made)
        return made

    yield begin
    for party in running:
        party.stop()
