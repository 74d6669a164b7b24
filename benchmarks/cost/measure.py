"""Run cases in three real processes and collect, per step, the largest figure of the three parties."""

import json
import os
import socket
import subprocess
import sys
from typing import Any

from benchmarks.cost.cases import COMMITTEE, Case

TOTAL = 900.0


def free_ports() -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in COMMITTEE]
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports


def measure(case: Case) -> list[dict[str, Any]]:
    """One entry per step; seconds, traffic and memory are the largest of the parties'."""
    ports = free_ports()
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.cost.party", json.dumps(
                {"name": name, "ports": ports, "case": case.name, "layout": case.layout, "rows": case.rows,
                 "columns": case.columns, "total": TOTAL})],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        for name in COMMITTEE
    ]  # fmt: skip
    try:
        said = [process.communicate(timeout=TOTAL) for process in processes]
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()
    if any(process.returncode for process in processes):
        worst = max((err for _, err in said), key=lambda text: "session.program_failed" in text)
        raise RuntimeError(f"{case.layout} {case.name} {case.rows}x{case.columns}: {worst.strip().splitlines()[-1:]}")
    each = [[json.loads(line) for line in out.splitlines()] for out, _ in said]
    return [
        {
            **steps[0],
            **{name: max(s[name] for s in steps) for name in ("seconds", "traffic", "memory", "failure", "rounds")},
        }
        for steps in zip(*each, strict=True)
    ]
