"""Start real parties and wait for all of them; whatever a test leaves running is killed."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chain.ports import free_ports
from tests.patience import Patience

PARTY = Path(__file__).with_name("party.py")
Run = Callable[..., dict[str, dict[str, Any]]]


def launch(
    names: tuple[str, ...],
    *,
    within: float = 60.0,
    outside: tuple[str, ...] = (),
    elsewhere: tuple[str, ...] = (),
    **spec: Any,
) -> dict[str, dict[str, Any]]:
    """Run all parties to their end; each one's last line, parsed, plus its exit code. A hang fails the test.

    ``outside`` are owners not on the committee ``names``: they listen nowhere. ``elsewhere`` are such owners that the
    caller starts, for which it has chosen the ``ports``.
    """
    spec = {"ports": free_ports(len(names)), **spec, "names": names, "outside": (*outside, *elsewhere)}
    processes = {
        name: subprocess.Popen(
            [
                sys.executable,
                "-W",
                "error",
                str(PARTY),
                json.dumps({"name": name, **spec}),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": "/usr/bin:/bin", "OPENBLAS_NUM_THREADS": "1"},
        )
        for name in (*names, *outside)
    }
    patience, results = Patience(within, f"{names}"), {}
    try:
        for name, process in processes.items():
            out, err = process.communicate(timeout=max(0.1, patience.left()))
            lines = out.strip().splitlines()
            results[name] = {"exit": process.returncode, "stderr": err, **(json.loads(lines[-1]) if lines else {})}
    finally:
        for process in processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()
    return results


@pytest.fixture(scope="session")
def run() -> Run:
    return launch
