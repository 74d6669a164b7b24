"""Children and orphans, with processes of our own that do nothing."""

import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from chain.child import (
    Child,
    Identity,
    Program,
    end_orphan,
    identify,
    is_alive,
    log_tail,
    plain_environment,
    read_record,
    write_atomically,
)
from tests.patience import until

STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.05; done"


def program(folder: Path, script: str, stop_signal: signal.Signals = signal.SIGTERM) -> Program:
    return Program(
        name="test",
        argv=("/bin/sh", "-c", script),
        environment=plain_environment(),
        record=folder / "test.pid",
        log=folder / "test.log",
        stop_signal=stop_signal,
    )


def wait_for(log: Path, text: str) -> None:
    until(10, f"{text!r} in {log.name}", lambda: text in (log.read_text() if log.exists() else ""), poll=0.01)


def test_a_child_is_recorded_and_stopped_by_its_own_signal(tmp_path: Path) -> None:
    child = Child.start(
        program(tmp_path, "trap 'echo bye; exit 3' INT; echo ready; while :; do sleep 0.02; done", signal.SIGINT)
    )
    wait_for(tmp_path / "test.log", "ready")
    assert read_record(tmp_path / "test.pid") == identify(child.pid)
    child.stop(grace=10)
    assert child.exit_code() == 3
    assert log_tail(tmp_path / "test.log") == "ready / bye"
    assert not (tmp_path / "test.pid").exists()
    child.stop(grace=10)


def test_a_child_that_will_not_end_is_killed_after_the_grace(tmp_path: Path) -> None:
    child = Child.start(program(tmp_path, STUBBORN))
    wait_for(tmp_path / "test.log", "ready")
    child.stop(grace=0.1)
    assert child.exit_code() == -signal.SIGKILL


def test_a_child_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    started: list[Child] = []
    thread = threading.Thread(target=lambda: started.append(Child.start(program(tmp_path, "sleep 60"))))
    thread.start()
    thread.join()
    # The death signal follows the thread that forked; that one must live on.
    time.sleep(0.2)
    assert started[0].exit_code() is None
    started[0].stop(grace=5)


def test_what_a_child_said_last_is_in_the_error(tmp_path: Path) -> None:
    child = Child.start(program(tmp_path, "echo no such thing >&2; exit 4"))
    while child.exit_code() is None:
        time.sleep(0.01)
    error = child.exited()
    assert error.code == "child.exited"
    assert "code 4" in error.what
    assert "no such thing" in error.what


def test_an_orphan_is_ended_and_a_stranger_with_its_number_is_not(tmp_path: Path) -> None:
    child = Child.start(program(tmp_path, "sleep 60"))
    identity = identify(child.pid)
    assert identity is not None
    record = tmp_path / "record"
    for stranger in (
        Identity(identity.pid, identity.started + 1, identity.boot),
        Identity(identity.pid, identity.started, "another boot"),
    ):
        record.write_text(json.dumps(asdict(stranger)))
        assert not end_orphan(record, signal.SIGTERM, 1)
        assert is_alive(identity)
        assert not record.exists()
    record.write_text(json.dumps(asdict(identity)))
    reaper = threading.Thread(target=child._process.wait)
    reaper.start()
    assert end_orphan(record, signal.SIGTERM, 5)
    reaper.join()
    assert not is_alive(identity)


def test_a_stubborn_orphan_is_killed(tmp_path: Path) -> None:
    child = Child.start(program(tmp_path, STUBBORN))
    wait_for(tmp_path / "test.log", "ready")
    assert end_orphan(tmp_path / "test.pid", signal.SIGTERM, 0.1)
    child.stop(grace=0)
    assert child.exit_code() == -signal.SIGKILL


@pytest.mark.parametrize("content", [None, "", "{", "[]", "7", '{"pid":1}', '{"pid":"x","started":1,"boot":"b"}'])
def test_a_record_that_is_missing_or_torn_names_nobody(tmp_path: Path, content: str | None) -> None:
    record = tmp_path / "record"
    if content is not None:
        record.write_text(content)
    assert read_record(record) is None
    assert not end_orphan(record, signal.SIGTERM, 1)


def test_a_process_that_is_gone_has_no_identity() -> None:
    assert identify(2**22 + 1) is None
    assert identify(os.getpid()) is not None


def test_files_are_replaced_whole_and_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_the_owners_settings_do_not_reach_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere")
    monkeypatch.setenv("ANVIL_IP_ADDR", "0.0.0.0")
    assert plain_environment(HOME="/x") == {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "HOME": "/x",
    }


def test_a_child_ignores_no_signals_of_its_owners_python(tmp_path: Path) -> None:
    """Python ignores SIGPIPE, and what is ignored stays so after exec: servers must not inherit that."""
    child = Child.start(program(tmp_path, "grep SigIgn /proc/$$/status; sleep 60"))
    wait_for(tmp_path / "test.log", "SigIgn")
    ignored = int(log_tail(tmp_path / "test.log").split(":")[1].strip(), 16)
    child.stop(grace=5)
    assert ignored & (1 << (signal.SIGPIPE - 1)) == 0


def test_launch_needs_no_project_on_the_path() -> None:
    import subprocess

    launch = Path(__file__).resolve().parents[3] / "chain" / "launch.py"
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(launch), "15", str(os.getpid()), "-1", "-1", "/bin/echo", "hello"],
        capture_output=True,
        check=False,
        cwd="/",
    )
    assert done.stdout == b"hello\n"
    stranger = subprocess.run(
        [sys.executable, "-I", "-S", str(launch), "15", "1", "-1", "-1", "/bin/echo", "hello"],
        capture_output=True,
        check=False,
        cwd="/",
    )
    assert stranger.returncode == 1
    assert b"parent ended" in stranger.stderr
