"""Each command of the harness still runs, as small as it gets; what its figures are is no test's business."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.patience import scaled

ROOT: Final = Path(__file__).parents[3]
SMALL: Final[dict[str, tuple[str, ...]]] = {
    "association": ("--variants", "2001", "--people", "90", "--group", "3"),
    "end-to-end": ("--runs", "1"),
    "evidence": ("--blocks", "40"),
    "history": ("--tasks", "3", "--seconds", "1"),
    "data-sets": ("--rows", "1000"),
    "lookup": ("--holders", "2", "--entries", "50", "--questions", "5", "--mirror", "50"),
    "trees": ("--rows", "300", "--columns", "4", "--bins", "4", "--trees", "1", "--depth", "2"),
}
ELSEWHERE: Final = {
    "accuracy": "test_accuracy.py",
    "engine": "test_quick.py",
    "profile": "test_profile_is_of_one_party below",
    "report": "tests/unit/benchmarks/test_report.py",
    "idle": "tests/e2e/test_idle.py",
}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=scaled(350), check=False)


def test_every_command_is_run_somewhere() -> None:
    listed = re.findall(r"^    ([a-z][a-z-]+)(?:\s|$)", run("--help").stdout, flags=re.MULTILINE)
    assert set(listed) - {"command"} == {*SMALL, *ELSEWHERE}


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("command", SMALL)
def test_a_command_prints_its_figures(command: str) -> None:
    done = run(command, *SMALL[command])
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)


@pytest.mark.slow
def test_profile_is_of_one_party() -> None:
    done = run("profile", "--quick", "multiply")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cumtime" in done.stdout or "tottime" in done.stdout
