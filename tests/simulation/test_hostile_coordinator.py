"""I1: whatever the coordinator puts into a party's queue, the node believes the chain: no data, no child, work goes on."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from orchestrator.dispatch.broker import Broker, BrokerAddresses
from protocol import events, ids
from protocol.contract import TaskContract
from protocol.messages import COLLECT_TASK, RELEASE_TASK, RUN_TASK, RunDispatch, SignedAuthorization, TaskNotice
from tests.alike import some
from tests.patience import until
from tests.simulation import on_chain
from tests.simulation.cluster import RELAY_WAIT, ChildWatch
from tests.simulation.runs import Runs, contract_for
from workers.jobs.run import NOT_STARTED_GRACE

VICTIM = "hospital"
NODE = f"node-{VICTIM}"
INPUT_COMMITMENT = "input-commitment"


@pytest.fixture
def coordinator(runs: Runs) -> Iterator[Broker]:
    """A producer with the coordinator's own credential."""
    broker = Broker(BrokerAddresses.load(runs.cluster.state / "secrets" / "brokers"))
    yield broker
    broker.close()


def honest(runs: Runs, task: bytes) -> RunDispatch:
    """The dispatch as the coordinator sent it, from the node's own disk."""
    rows = runs.cluster.query(VICTIM, "SELECT dispatch FROM jobs WHERE task = ?", task)
    return RunDispatch.parse(json.loads(rows[0][0]))


def send(broker: Broker, dispatch: RunDispatch, number: int = 1) -> None:
    broker.publish(VICTIM, RUN_TASK, dispatch.to_json(), f"hostile:{dispatch.task.hex()}:{number}")


def started_undispatched(runs: Runs) -> tuple[bytes, TaskContract, tuple[SignedAuthorization, ...]]:
    """A task that the chain shows as started while no honest dispatch exists: the engine is dead."""
    contract = contract_for(runs.cluster)
    task = runs.submit(contract)
    given = runs.sign(task)
    runs.cluster.kill("engine")
    on_chain.start_without_coordinator(runs.cluster, contract, given)
    return task, contract, given


def expect_refusal(runs: Runs, task: bytes, reason: str) -> None:
    """A signed refusal, in the log and on chain, before anything of the owner's was touched."""
    cluster = runs.cluster
    until(30, "the refusal", lambda: cluster.stage(VICTIM, task) in ("failed", "erased", "anchored", "refused"))
    job = cluster.job(VICTIM, task)
    assert job is not None
    assert (job.outcome, job.reason) == ("refused", reason)
    lines = [json.loads(line) for line in cluster.log(NODE).splitlines() if line.startswith("{")]
    said = [line for line in lines if line.get("task") == task.hex() and line.get("reason") == reason]
    assert any(line["event"] == "check.refused" for line in said), said
    assert INPUT_COMMITMENT not in cluster.statements(VICTIM, task)
    until(RELAY_WAIT + 30, "the refusal on chain", lambda: runs.counts(task)["TaskAborted"] == 1, poll=0.2)
    end = next(item.event for item in runs.chain_events(task) if isinstance(item.event, events.TaskAborted))
    assert end.party == ids.on_chain(VICTIM)
    assert runs.counts(task)["RunCommitted"] == 0


@pytest.mark.timeout(240)
@pytest.mark.parametrize("which", some(["contract", "authorization"], always=(0,)))
def test_an_altered_dispatch_is_refused(runs: Runs, coordinator: Broker, which: str) -> None:
    task, contract, given = started_undispatched(runs)
    if which == "contract":
        altered = replace(contract, purpose=f"Something else [ref {'5' * 32}]")
        dispatch, reason = RunDispatch(task, altered.data(), given, ()), "check.contract_mismatch"
    else:
        theirs = next(signed for signed in given if signed.owner != VICTIM)
        passed_off = (replace(theirs, owner=VICTIM), theirs)
        dispatch, reason = RunDispatch(task, contract.data(), passed_off, ()), "check.authorization_mismatch"
    before = set(runs.cluster.pids(f"child-{VICTIM}"))
    with ChildWatch(runs.cluster, [VICTIM]) as watch:
        send(coordinator, dispatch)
        expect_refusal(runs, task, reason)
    assert watch.seen <= before  # the one that waits for an order still waits
    assert NODE not in runs.cluster.dead()
    runs.cluster.revive()
    runs.check_next_works()


@pytest.mark.timeout(240)
def test_early_and_repeated_dispatches_and_nonsense_change_nothing(runs: Runs, coordinator: Broker) -> None:
    cluster, contract = runs.cluster, contract_for(runs.cluster)
    task = runs.submit(contract)
    early = RunDispatch(task, contract.data(), runs.sign(task), ())
    before = set(cluster.pids(f"child-{VICTIM}"))
    with ChildWatch(cluster, [VICTIM]) as watch:
        send(coordinator, early)
        coordinator.publish(VICTIM, RUN_TASK, {"format": "tallystick/run-dispatch/v1", "task": "0x00"}, "hostile:short")
        coordinator.publish(VICTIM, RUN_TASK, {"anything": ["at", "all"]}, "hostile:other")
        until(20, "the node to wait", lambda: said(runs, "check.waiting", task))
        until(20, "the nonsense to be refused", lambda: cluster.recent_log(NODE).count("broker.message_refused") >= 2)
        time.sleep(3)
        assert cluster.stage(VICTIM, task) == "received"
        assert cluster.statements(VICTIM, task) == []
    assert watch.seen <= before

    runs.authorize(task)  # the early message has spoilt nothing
    runs.check_completes(task)

    replayed = honest(runs, task)
    done, counted, entries = cluster.job(VICTIM, task), runs.counts(task), cluster.statements(VICTIM, task)
    before = set(cluster.pids(f"child-{VICTIM}"))
    known = cluster.recent_log(NODE).count("job.known")
    with ChildWatch(cluster, [VICTIM]) as watch:
        for number in range(3):
            send(coordinator, replayed, number)
            for name in (RELEASE_TASK, COLLECT_TASK):
                coordinator.publish(VICTIM, name, TaskNotice(task).to_json(), f"hostile:{name}:{number}")
        until(20, "the replays to be known", lambda: cluster.recent_log(NODE).count("job.known") >= known + 3)
        time.sleep(3)
    assert watch.seen <= before
    assert (cluster.job(VICTIM, task), cluster.statements(VICTIM, task)) == (done, entries)
    assert runs.counts(task) == counted
    runs.check_next_works()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_dispatch_of_a_task_never_started_is_refused_with_its_code(runs: Runs, coordinator: Broker) -> None:
    contract = contract_for(runs.cluster)
    task = runs.submit(contract)
    before = set(runs.cluster.pids(f"child-{VICTIM}"))
    with ChildWatch(runs.cluster, [VICTIM]) as watch:
        send(coordinator, RunDispatch(task, contract.data(), runs.sign(task), ()))
        seconds = NOT_STARTED_GRACE + 30
        until(seconds, "the refusal", lambda: runs.cluster.stage(VICTIM, task) == "refused", poll=0.5)
    assert watch.seen <= before
    job = runs.cluster.job(VICTIM, task)
    assert job is not None
    assert job.reason == "check.not_started"
    assert INPUT_COMMITMENT not in runs.cluster.statements(VICTIM, task)
    runs.authorize(task)  # not a refusal of the task: when the chain starts it, it runs
    runs.check_completes(task)


def said(runs: Runs, event: str, task: bytes) -> bool:
    """Whether the node has logged an event about the task."""
    lines = runs.cluster.recent_log(NODE).splitlines()
    return any(event in line and task.hex() in line for line in lines)
