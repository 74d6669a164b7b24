"""The harness does not rot: a small run with real processes of every engine that is installed, and with a delay."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import scaled, until

ROOT = Path(__file__).parents[3]


def measured(folder: Path, *options: str) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "benchmarks", "engine", "--quick", "--out", str(folder), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=scaled(200), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows: list[dict[str, object]] = json.loads((folder / "results.json").read_text())["rows"]
    assert (folder / "RESULTS.md").read_text().startswith("# Engine, side by side")
    return rows


def small(found: object, limit: float) -> bool:
    return isinstance(found, float) and found < limit


@pytest.mark.slow
def test_quick_measures_every_kind_of_row_beside_stock_mpyc(tmp_path: Path) -> None:
    rows = {row["key"]: row for row in measured(tmp_path, "--delays", "0")}
    assert set(rows) == {"multiply", "compare", "mini_linear", "split_linear", "psi", "open"}
    for row in rows.values():
        errors, notes = row["error"], row["notes"]
        assert isinstance(errors, dict)
        assert isinstance(notes, dict)
        assert all(small(error, 5e-3) for error in errors.values()), errors
        assert not [note for note in notes.values() if note.startswith("failed")]
    assert rows["multiply"]["ratio_mpyc"]
    assert rows["split_linear"]["local_s"]


@pytest.mark.slow
def test_nothing_is_left_running_when_a_run_is_ended_in_the_middle(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "engine", "--quick", "--delays", "5", "--out", str(tmp_path)]
    environment = os.environ | {"TALLYSTICK_BENCH_TEST": tmp_path.name}
    process = subprocess.Popen([*command, "--repeats", "100"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    until(60, "the harness, the proxy and three parties", lambda: len(marked(tmp_path.name)) >= 5)
    process.terminate()
    assert process.wait(scaled(60)) == 143
    assert not marked(tmp_path.name)


def marked(word: str) -> list[Path]:
    """Processes with the word in their environment."""
    found: list[Path] = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if word.encode() in place.read_bytes():
                found.append(place)
    return found


@pytest.mark.slow
def test_the_rows_that_peers_take_too(tmp_path: Path) -> None:
    options = ("--delays", "0", "--engines", "spu,mpyc,ours,ours_plain")
    rows = measured(tmp_path, *options, "--rows", "multiply,compare,mini_linear")
    assert [row["key"] for row in rows] == ["multiply", "compare", "mini_linear"]
    for row in rows:
        timings, errors, sent = row["timings"], row["error"], row["bytes"]
        assert isinstance(timings, dict)
        assert isinstance(errors, dict)
        assert isinstance(sent, dict)
        missing = row["notes"]
        assert {*timings, *missing} == {"spu", "mpyc", "ours", "ours_plain"}  # type: ignore[misc]
        assert {"mpyc", "ours", "ours_plain"} <= set(timings), missing
        assert all(small(error, 5e-3) for error in errors.values()), errors
        assert sent["mpyc"] > sent["ours"] > sent["ours_plain"] * 0.99
        assert row["ratio_mpyc"]


@pytest.mark.slow
def test_rows_split_alignment_and_delay(tmp_path: Path) -> None:
    found = measured(tmp_path, "--engines", "ours", "--rows", "split_linear,split_logistic_level2,psi,mini_accurate")
    rows = {(row["key"], row["delay_ms"]): row for row in found}
    assert set(rows) == {
        (key, delay) for key in ("split_linear", "split_logistic_level2", "psi", "mini_accurate") for delay in (0, 5)
    }
    for row in rows.values():
        error = row["error"]
        assert isinstance(error, dict)
        assert small(error["ours"], 2e-3), row
    for key in ("split_linear", "split_logistic_level2"):
        assert rows[key, 0]["local_s"]
    at_once, later = rows["mini_accurate", 0]["ours_s"], rows["mini_accurate", 5]["ours_s"]
    assert isinstance(at_once, float)
    assert isinstance(later, float)
    assert later > 9 * 0.005  # nine steps, one round each at the very least: the proxy is really in between
