"""``python -m benchmarks end-to-end``: the demo's task several times on one prepared system; what the orchestration costs beside the computation.

Overhead is the time from the proposer's submission until the checked result lies readable in the result user's folder, less
the MPC steps' own time as the slowest party states it in its log. Owners sign at once, so their thinking is not in it.
"""

import json
import os
import platform
import statistics
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from demo import results, story
from demo.data import Side, split
from demo.system import System, patiently
from logs.configuration import configure
from protocol import bundle, dsse, statements

_RESULTS = Path(__file__).with_name("results_end_to_end.json")
_WAIT = 120.0


def measure(runs: int, *, write: bool) -> None:
    """Run, print the figures, and keep them when asked."""
    text = json.dumps(measured(runs), indent=1)
    print(text)
    if write:
        _RESULTS.write_text(text + "\n")


def measured(runs: int) -> dict[str, Any]:
    """The figures of so many tasks, and their medians."""
    configure("benchmark", "error")
    hospital, laboratory = split()
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as folder:
        state = Path(folder) / "state"
        Path(folder).chmod(0o711)
        system = System(state, {"hospital": hospital, "laboratory": laboratory})
        try:
            with system:
                rows = [one(system) for _ in range(runs)]
        finally:
            system.erase()
    return {
        "work": "breast cancer, 459 common patients, 30 columns: align, standardise, logistic regression, evaluate",
        "machine": {
            "cpu": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "mpyc": version("mpyc"),
        "runs": rows,
        "median": {key: round(statistics.median(row[key] for row in rows), 2) for key in rows[0]},
    }


def one(system: System) -> dict[str, float]:
    """One task; seconds."""
    sides: dict[str, Side] = dict(zip(("hospital", "laboratory"), split(), strict=True))
    contract = story.task_contract(
        {owner: system.data_set(owner) for owner in sides}, sides, int(time.time()) + 600, assessment=b"\x01" * 32
    )
    with system.client("hospital") as mine, system.client("laboratory") as theirs:
        begun = time.monotonic()
        task = mine.submit(contract)
        for client in (mine, theirs):
            for request in patiently(lambda client=client: client.authorizations(task)):
                if request.owner == client.party:
                    client.authorize(task, client.sign(*client.asked(task, request)))
        mine.wait(task, _WAIT, every=0.05)
        completed = time.monotonic()
        results.await_result(system.node_folder("hospital"), task, _WAIT)
        readable = time.monotonic()
        while not mine.task(task).evidence:
            time.sleep(0.05)
        evidence = time.monotonic()
        mpc = computing(mine.evidence(task))
    return {
        "submit_to_result": readable - begun,
        "submit_to_completed": completed - begun,
        "mpc": mpc,
        "overhead": readable - begun - mpc,
        "submit_to_evidence": evidence - begun,
    }


def computing(data: bytes) -> float:
    """Seconds that the slowest party's log states for the steps."""
    found: list[float] = []
    for log in bundle.read(data).logs:
        for entry in log.entries:
            statement = statements.parse(dsse.parse(entry.envelope).payload)
            if isinstance(statement, statements.Run):
                found.append(sum(step.milliseconds for step in statement.steps) / 1000)
    return max(found)
