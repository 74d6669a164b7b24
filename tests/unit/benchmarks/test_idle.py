"""What the idle benchmark counts: a busy process, one that a child of it keeps busy, and a talkative log; and an idle system."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks import idle
from chain.child import identify
from protocol.errors import UnavailableError

Start = Callable[[str, str], None]
SLEEP = "import time; time.sleep(60)"
BUSY = "while True: pass"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "demo" / "pids").mkdir(parents=True)
    (tmp_path / "demo" / "logs").mkdir()
    (tmp_path / "demo" / "stack" / "broker").mkdir(parents=True)
    (tmp_path / "demo" / "logs" / "api.log").write_text("old\n" * 50)
    return tmp_path


@pytest.fixture
def start(state: Path) -> Iterator[Start]:
    running: list[subprocess.Popen[bytes]] = []

    def begin(record: str, code: str) -> None:
        process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
        running.append(process)
        identity = identify(process.pid)
        assert identity is not None
        (state / record).write_text(json.dumps(asdict(identity)))

    yield begin
    for process in running:
        subprocess.run(["pkill", "-KILL", "-s", str(process.pid)], check=False)
        process.wait()


def parent(code: str) -> str:
    """A process that keeps the others as its children, as the supervisor does."""
    return f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {code!r}])"


def test_an_idle_system_is_within_its_limits(state: Path, start: Start) -> None:
    start("up.pid", SLEEP)
    time.sleep(0.5)
    found = idle.measured(state, 1.5)
    assert found["within_limits"]
    assert found["cpu_percent"]["supervisor"] < 1
    assert found["log_lines_a_minute"] == {"demo/logs/api.log": 0.0}


def test_time_that_a_child_without_a_name_spends_is_its_parents(state: Path, start: Start) -> None:
    start("up.pid", parent(BUSY))
    time.sleep(0.5)
    found = idle.measured(state, 1.5)
    assert found["cpu_percent"]["supervisor"] > 5
    assert not found["within_limits"]


def test_a_line_a_minute_is_too_many(state: Path, start: Start) -> None:
    log = state / "demo" / "logs" / "engine.log"
    start("up.pid", f"import time\nwhile True:\n  open({str(log)!r}, 'a').write('x\\n'); time.sleep(0.4)")
    found = idle.measured(state, 1.5)
    assert found["log_lines_a_minute"]["demo/logs/engine.log"] > 1
    assert not found["within_limits"]


def test_without_a_system_it_says_how_to_start_one(state: Path) -> None:
    with pytest.raises(UnavailableError, match="make up"):
        idle.measured(state, 0.1)
