"""A chain endpoint that is behind for a while: what a node has seen stays seen, and nothing of its own is given up for it."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from protocol.messages import ChainRequest
from protocol.typed import KIND_ABORT, Abort
from protocol.vocabulary import TaskState
from tests.unit.workers.world import COMMITTEE, World
from workers.chain_view import Head, TaskFacts
from workers.jobs.run import MARGIN, NOT_STARTED_GRACE
from workers.outbox import Outbox


@contextmanager
def behind(world: World, monkeypatch: pytest.MonkeyPatch, task: bytes, state: TaskState) -> Generator[None]:
    """The endpoint shows a task as it was before its start."""
    shown, blank = world.chain.task, (bytes(32), (), 0)

    def then(asked: bytes, at: Head) -> TaskFacts:
        facts = shown(asked, at)
        if asked != task:
            return facts
        if state == TaskState.NONE:
            return replace(facts, state=state, contract_digest=blank[0], committee=(), deadline=0, started_at=0)
        return replace(facts, state=state, started_at=0)

    with monkeypatch.context() as patched:
        patched.setattr(world.chain, "task", then)
        yield


def test_a_task_that_was_seen_started_is_not_dropped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that never started would be: its dispatch comes once, and nobody would send it again."""
    message = world.start()
    world.dispatch(message)
    for name in COMMITTEE:
        world.machines[name].tick()
    world.now += NOT_STARTED_GRACE + 5
    with behind(world, monkeypatch, message.task, TaskState.PROPOSED):
        world.turns(2)
    assert world.stages(message.task) == dict.fromkeys(COMMITTEE, "checked")
    world.turns(6)
    assert world.stages(message.task) == dict.fromkeys(COMMITTEE, "done")


def test_a_task_that_is_never_seen_again_ends_at_its_deadline(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    message = world.start()
    world.dispatch(message)
    for name in COMMITTEE:
        world.machines[name].tick()
    world.now = world.chain.tasks[message.task].deadline - MARGIN + 1
    with behind(world, monkeypatch, message.task, TaskState.PROPOSED):
        world.turn("hospital")
        job = world.nodes["hospital"].state.job(message.task)
    assert job is not None
    assert (job.outcome, job.reason) == ("aborted", "run.deadline")


@pytest.mark.parametrize("state", [TaskState.NONE, TaskState.PROPOSED])
def test_no_anchor_overtakes_a_commitment_of_which_the_start_is_not_shown(
    world: World, monkeypatch: pytest.MonkeyPatch, state: TaskState
) -> None:
    """The chain would refuse the commitment as one of a forked log, and the task would expire."""
    world.coordinator.relays = False
    message, node = world.start(), world.nodes["hospital"]
    world.dispatch(message)
    world.turns(2)
    assert world.stages(message.task)["hospital"] == "committed"
    machine = world.machines["hospital"]
    machine.anchoring.want(node.evidence.head()[0])
    with behind(world, monkeypatch, message.task, state):
        machine.anchoring.tick()
    assert node.state.fact("anchor/0/pending") is None
    machine.anchoring.tick()
    assert node.state.fact("anchor/0/pending") is None


def test_an_end_is_not_settled_by_a_chain_that_does_not_know_the_task(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, node = world.start(), world.nodes["hospital"]
    said = Abort(message.task, "hospital", KIND_ABORT, 20, bytes(32))
    signature = node.keys.sign_typed(said, world.chain.domain("Tasks"))
    node.state.post(ChainRequest("abort", said, signature, (), ()), message.task, "chain", world.now)
    with behind(world, monkeypatch, message.task, TaskState.NONE):
        Outbox(node).reach_chain()
    assert node.state.unsettled() == 1
    world.now += node.config.relay_wait
    Outbox(node).reach_chain()
    assert world.chain.aborts == [said]
    Outbox(node).reach_chain()
    assert node.state.unsettled() == 0
