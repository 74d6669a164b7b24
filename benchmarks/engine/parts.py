"""What is measured besides the rows, without peers: the link, the field's kernels, a whole task end to end, the past."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final

from benchmarks import link
from benchmarks.engine.machine import kernels
from benchmarks.engine.processes import ROOT

_MEGABYTES: Final = 128
_TASKS: Final = 5


def of_link() -> dict[str, Any]:
    """Round trips, bulk transfers and the parts of a multiplication, secure and plain."""
    return {
        kind: link.measure(kind == "plain", _MEGABYTES) | link.measured_parts(kind == "plain")
        for kind in ("secure", "plain")
    }


def of_kernels() -> dict[str, Any]:
    """The variant that runs here: nanoseconds per element, and 10^9 multiplications in the field per second."""
    command = [sys.executable, "-m", "benchmarks.kernels", "--json", kernels()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def end_to_end() -> dict[str, Any]:
    """The demo's task on a prepared system."""
    from benchmarks import end_to_end as tasks  # noqa: PLC0415 - brings the whole system with it

    return tasks.measured(_TASKS)


def of_history() -> dict[str, Any]:
    """The coordinator after few and after many ended tasks."""
    from benchmarks.history import command  # noqa: PLC0415 - as above

    return command.measured(command.FEW_AND_MANY, command.WATCHED)


MEASURED: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "link": of_link,
    "kernels": of_kernels,
    "end_to_end": end_to_end,
    "history": of_history,
}
