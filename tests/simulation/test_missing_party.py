"""I9: a party that does not come is named while the others wait and when the task has ended; nobody hangs."""

import time
from collections.abc import Callable

import pytest

from protocol import events, ids
from protocol.api import Reason, TaskStatus
from protocol.limits import LIMITS
from tests.patience import scaled, until
from tests.simulation.cluster import PARTIES
from tests.simulation.runs import ENDED_AT_NODE, Runs, contract_for

ABSENT = "exchange"
PRESENT = tuple(party for party in PARTIES if party != ABSENT)


@pytest.fixture
def absent(runs: Runs) -> str:
    """The exchange's node is not there."""
    runs.cluster.end(f"node-{ABSENT}")
    return ABSENT


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_it_is_named_while_it_is_missed_and_when_the_task_expired(runs: Runs, absent: str) -> None:
    task = runs.started(contract_for(runs.cluster, int(scaled(30))))
    waiting = status_when(runs, task, 25, lambda status: bool(missed(status, absent)))
    assert waiting.state == "started"
    assert waiting.contract.deadline > time.time()
    reason = missed(waiting, absent)[0]
    assert absent in reason.what
    assert reason.fix

    expired = runs.await_state(task, "expired", waiting.contract.deadline + LIMITS.deadline_grace - time.time())
    assert named(expired, absent)
    assert all(item.code == "run.deadline" and item.what and item.fix for item in expired.reasons)
    until(10, "the expiry on chain", lambda: runs.counts(task)["TaskExpired"] == 1, poll=0.1)
    end = next(item.event for item in runs.chain_events(task) if isinstance(item.event, events.TaskExpired))
    assert ids.on_chain(absent) in end.missing
    runs.check_nothing_twice(task)

    for party in PRESENT:
        until(30, f"{party}'s end", lambda party=party: runs.cluster.stage(party, task) in ENDED_AT_NODE, poll=0.1)
    assert runs.cluster.dead() == [f"node-{absent}"]
    runs.cluster.revive()
    runs.check_next_works()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_it_may_come_late(runs: Runs, absent: str) -> None:
    task = runs.started()
    status_when(runs, task, 30, lambda status: bool(missed(status, absent)))
    assert {runs.cluster.stage(party, task) for party in PRESENT} <= {"received", "checked", "running"}
    runs.cluster.revive()
    runs.check_completes(task)


def named(status: TaskStatus, party: str) -> bool:
    """Whether a reason is about the party."""
    return any(item.party == party for item in status.reasons)


def missed(status: TaskStatus, party: str) -> list[Reason]:
    """Reasons in which another party says that it waits for this one."""
    return [item for item in status.reasons if item.party == party and item.code.startswith("link.")]


def status_when(runs: Runs, task: bytes, seconds: float, holds: Callable[[TaskStatus], bool]) -> TaskStatus:
    """The first status for which something holds."""
    found: list[TaskStatus] = []

    def there() -> bool:
        found[:] = [status for status in (runs.status(task),) if status is not None]
        return bool(found) and holds(found[0])

    try:
        until(seconds, "the status", there, poll=0.2)
    except AssertionError as error:
        raise AssertionError(f"{error}; last: {[(status.state, status.reasons) for status in found]}") from error
    return found[0]
