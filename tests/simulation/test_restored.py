"""The drill: a node's backup is taken while a task is under way, its disk is lost, and the commands put it back."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol import ids
from tests.patience import until
from tests.simulation.cluster import Cluster
from tests.simulation.runs import COMPLETES, Runs

PARTY = "hospital"


@pytest.fixture(scope="module")
def alone() -> Iterator[Cluster]:
    """A system of its own: a node that was put back runs nothing that starts within the next five minutes."""
    with tempfile.TemporaryDirectory(prefix="tally-drill-") as folder:
        Path(folder).chmod(0o711)  # as root the database runs as another user, who must pass through
        made = Cluster(Path(folder) / "s")
        try:
            with made:
                until(60, "the nodes to have started", made.ready)
                yield made
        finally:
            made.stack.erase()


def tally(*arguments: str, status: int | None = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", *arguments],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert status is None or done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_node_put_back_from_before_its_run_does_nothing_twice(alone: Cluster, tmp_path: Path) -> None:
    """Its backup has the task as not yet run; the chain has it as completed, with this party's commitment."""
    runs, folder = Runs(alone), alone.node_folder(PARTY)
    task = runs.submit()
    # a peer that does not answer holds everybody before the input, for as long as the backup takes
    with alone.frozen("child-laboratory"):
        runs.authorize(task)
        runs.await_stage(PARTY, task, frozenset({"checked", "running"}))
        assert PARTY in tally("node", "backup", "--state", str(folder), str(tmp_path / "backup"))
    runs.await_state(task, "completed", COMPLETES)
    runs.await_stage(PARTY, task, frozenset({"done"}))
    runs.check_bundle(task, "Completed")  # what a node had not handed in is lost with its disk
    ran = alone.log(f"node-{PARTY}").count('"event": "run.ended"')
    alone.kill(f"node-{PARTY}")
    folder.rename(tmp_path / "lost")

    passphrase = str(alone.passphrase(f"node-{PARTY}"))
    said = tally("node", "restore", "--state", str(folder), "--passphrase-file", passphrase, str(tmp_path / "backup"))
    assert "run.interrupted" in said
    refused = tally("node", "run", "--state", str(folder), status=1)
    assert "log.lost_entries" in refused, "two histories under one signature"
    wallet = ("--wallet", str(alone.state / "wallets" / PARTY))
    secret = ("--wallet-passphrase-file", str(alone.passphrase(f"wallet-{PARTY}")))
    assert "epoch 1" in tally("node", "new-epoch", "--state", str(folder), *wallet, *secret)
    alone.revive()
    until(60, "the node settles", lambda: "node.started" in alone.recent_log(f"node-{PARTY}"))
    assert "node.restored" in alone.recent_log(f"node-{PARTY}")
    runs.await_stage(PARTY, task, frozenset({"aborted"}))
    assert alone.log(f"node-{PARTY}").count('"event": "run.ended"') == ran, "it is not run again"
    stated = alone.query(PARTY, "SELECT kind FROM log_index WHERE task = ? AND epoch = 1", task)
    assert stated == [], "nothing is stated beside what the chain has"
    runs.check_bundle(task, "Completed")
    assert "ok   log:" in tally("node", "doctor", "--state", str(folder), status=None)
    assert ids.prefixed("task", task) in tally("node", "status", "--state", str(folder))
