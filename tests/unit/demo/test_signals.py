"""The supervisor waits for signals: a child's end and the word to stop are noticed at once, and waiting costs nothing."""

import subprocess
import sys
import textwrap
from pathlib import Path

from tests.patience import scaled

ROOT = Path(__file__).resolve().parents[3]


def run(body: str) -> str:
    head = """
    import os, signal, subprocess, sys, time, threading
    from demo.signals import Signals
    signals = Signals()
    begun = time.monotonic()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(body)],
        cwd=ROOT, capture_output=True, text=True, timeout=scaled(60), check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_childs_end_is_noticed_at_once() -> None:
    body = """
    child = subprocess.Popen(["sleep", "0.3"])
    while child.poll() is None:
        signals.wait(50)
    print(time.monotonic() - begun < 25, signals.stopping)
    """
    assert run(body) == "True False"


def test_a_signal_that_came_before_the_waiting_is_not_lost() -> None:
    body = """
    os.kill(os.getpid(), signal.SIGTERM)
    signals.wait(50)
    print(time.monotonic() - begun < 25, signals.stopping)
    """
    assert run(body) == "True True"


def test_waiting_takes_its_time_and_no_processor() -> None:
    body = """
    spent = time.process_time()
    signals.wait(1.0)
    print(time.monotonic() - begun >= 1.0, time.process_time() - spent < 0.05, signals.stopping)
    """
    assert run(body) == "True True False"
