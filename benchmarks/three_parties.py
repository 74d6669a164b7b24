"""One measurement at three parties, each a process of its own: the same module is started with a rank and an order in JSON."""

import json
import os
import subprocess
import sys
from typing import Any

from benchmarks.cost.measure import free_ports
from benchmarks.engine.our_party import NAMES


def measured_by_each(module: str, **order: object) -> list[dict[str, Any]]:
    """What each party printed, in the order of ranks; ``order`` goes to each, with the ``addresses`` of all. One thread a process."""
    text = json.dumps({**order, "addresses": [f"127.0.0.1:{port}" for port in free_ports()]})
    parties = [
        subprocess.Popen(
            [sys.executable, "-m", module, str(rank), text], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        for rank in range(len(NAMES))
    ]  # fmt: skip
    try:
        return [json.loads(party.communicate()[0]) for party in parties]
    finally:
        for party in parties:
            party.kill()
