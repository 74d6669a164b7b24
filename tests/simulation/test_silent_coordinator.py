"""The coordinator is convenience: gone after dispatch, it delays the nodes by the stated wait and stops nothing."""

import time

import pytest

from protocol import events, ids
from tests.patience import until
from tests.simulation.cluster import PARTIES, RELAY_WAIT
from tests.simulation.runs import Runs


@pytest.mark.timeout(240)
def test_the_nodes_commit_release_and_anchor_without_it(runs: Runs) -> None:
    cluster = runs.cluster
    task = runs.submit()
    with cluster.frozen("child-laboratory"):
        runs.authorize(task)
        for party in PARTIES:
            runs.await_stage(party, task, frozenset({"checked", "running"}))
        cluster.kill("engine")
        cluster.kill("api")
    begun = time.monotonic()
    until(60, "Completed on chain", lambda: runs.counts(task)["TaskCompleted"] == 1, poll=0.2)
    assert time.monotonic() - begun >= RELAY_WAIT - 1  # the coordinator had its chance first
    for party in PARTIES:
        runs.await_stage(party, task, frozenset({"done"}), 60)
        assert "outbox.sent_to_chain" in cluster.recent_log(f"node-{party}")
    assert anchored_after_end(runs, task) == {ids.on_chain(party) for party in PARTIES}
    assert set(cluster.dead()) == {"api", "engine"}
    runs.check_nothing_twice(task)

    cluster.revive()  # it comes back to a finished task: result and evidence are handed over now
    runs.check_completes(task)


def anchored_after_end(runs: Runs, task: bytes) -> set[bytes]:
    """Parties whose log was anchored after the task completed."""
    done = next(item for item in runs.chain_events(task) if isinstance(item.event, events.TaskCompleted))
    return {
        item.event.party
        for item in runs.all_events()
        if isinstance(item.event, events.Anchored) and item.block_number > done.block_number
    }
