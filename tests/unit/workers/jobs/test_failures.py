"""Killing, failing and lying at every point: nothing is lost, nothing repeats visibly, every end has a reason (I7, I9, I10)."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mpc.link.errors import CODES
from protocol import dsse, statements
from protocol.messages import PROGRESS_TYPE, PostedReceipt, Progress, SealedShare
from protocol.reasons import BY_CODE
from protocol.typed import KIND_ABORT, KIND_REFUSAL
from protocol.vocabulary import Review, TaskState
from tests.unit.workers.world import COMMITTEE, World
from workers.child_messages import Order, Outcome
from workers.state import State
from workers.supervise import ChildFailed, Material, Watch

END = {"done", "refused", "aborted", "expired", "disputed"}


class Killed(BaseException):
    """What a kill -9 looks like from inside: no handler of the node catches it."""


def run_to_end(world: World, task: bytes, turns: int = 12) -> dict[str, str]:
    world.turns(turns)
    stages = world.stages(task)
    assert set(stages.values()) <= END, stages
    return stages


def kinds_of(world: World, party: str, task: bytes) -> list[str]:
    return [kind for _, kind in world.nodes[party].state.entries_of(0, task)]


WRITES = ("move", "post", "set_fact", "index_entry", "set_run", "fail", "add_use", "add_reader", "set_started")


@pytest.mark.parametrize("count", range(1, 40, 3))
def test_a_kill_at_any_write_loses_nothing_and_repeats_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """The hospital's node dies before its n-th state change and starts again; the task ends in order whatever n is."""
    message = world.start()
    node = world.nodes["hospital"]
    left = [count]

    def deadly(name: str) -> Callable[..., Any]:
        original = getattr(State, name)

        def act(self: State, *args: Any, **kwargs: Any) -> Any:
            if self is node.state and left[0] > 0:
                left[0] -= 1
                if left[0] == 0:
                    raise Killed
            return original(self, *args, **kwargs)

        return act

    for name in WRITES:
        monkeypatch.setattr(State, name, deadly(name))
    world.dispatch(message, "exchange", "laboratory")
    try:
        world.dispatch(message, "hospital")
        for _ in range(8):
            world.turn()
    except Killed:
        pass
    assert left[0] == 0, "the node makes fewer writes than this test kills at"
    monkeypatch.undo()
    node.state.close()
    world.open("hospital")
    world.machines["hospital"].resume()
    world.dispatch(message)
    stages = run_to_end(world, message.task)
    kinds = kinds_of(world, "hospital", message.task)
    assert len(kinds) == len(set(kinds)) + kinds.count("release") - ("release" in kinds), kinds
    assert kinds.count("release") in (0, 2)
    if stages["hospital"] == "done":
        assert world.runs["hospital"] == 1
        assert world.chain.tasks[message.task].state == TaskState.COMPLETED
    else:
        assert stages["hospital"] == "aborted"
        assert world.chain.aborts[0].reason == BY_CODE["run.interrupted"].number


def test_a_kill_before_input_runs_again_and_one_after_it_never_does(world: World) -> None:
    message = world.start()

    def dies(after_input: bool) -> Callable[..., Outcome]:
        def run(order: Order, material: Material, watch: Watch) -> Outcome:
            world.runs["hospital"] += 1
            if after_input:
                watch.input_sent(b"\x05" * 32)
            raise Killed

        return run

    honest = world.runner_of
    for after_input in (False, True):
        world.runner_of = lambda name, after=after_input: dies(after) if name == "hospital" else honest(name)
        world.dispatch(message, "hospital")
        with pytest.raises(Killed):
            world.turn("hospital")
        world.nodes["hospital"].state.close()
        world.open("hospital")
        world.machines["hospital"].resume()
    world.runner_of = honest
    world.turns(8, "hospital")
    assert world.runs["hospital"] == 2
    assert world.stages(message.task)["hospital"] == "aborted"
    (abort,) = world.chain.aborts
    assert (abort.kind, abort.reason) == (KIND_ABORT, BY_CODE["run.interrupted"].number)


def failing(code: str, reason: str, peer: str, *, after_input: bool) -> Callable[[Order, Material, Watch], Outcome]:
    def run(order: Order, material: Material, watch: Watch) -> Outcome:
        if after_input:
            watch.input_sent(b"\x05" * 32)
        raise ChildFailed(code, "it failed", reason, peer)

    return run


@pytest.mark.parametrize(
    ("code", "reason", "after_input", "kind"),
    [
        ("link.peer_left", "run.peer_lost", True, KIND_ABORT),
        ("link.transcript_mismatch", "run.evidence_disagrees", True, KIND_ABORT),
        ("input.null", "run.input_range", True, KIND_ABORT),
        ("child.deadline", "run.deadline", True, KIND_ABORT),
        ("child.died", "run.interrupted", True, KIND_ABORT),
        ("link.clock_skew", "check.clock", False, KIND_REFUSAL),
        ("link.program_mismatch", "check.program_changed", False, KIND_REFUSAL),
        ("link.engine_mismatch", "check.engine", False, KIND_REFUSAL),
        ("linear.headroom", "check.does_not_fit", False, KIND_REFUSAL),
    ],
)
def test_every_failure_ends_with_a_signed_reason(
    world: World, code: str, reason: str, after_input: bool, kind: int
) -> None:
    message = world.start()
    world.runner_of = lambda name: failing(code, reason, "laboratory", after_input=after_input)
    world.dispatch(message, "hospital")
    world.turns(8, "hospital")
    (abort,) = world.chain.aborts
    assert (abort.kind, abort.reason) == (kind, BY_CODE[reason].number)
    made = statements.Abort if kind == KIND_ABORT else statements.Refusal
    (stated,) = world.nodes["hospital"].evidence.all(message.task, made)
    assert stated.statement.reason == reason
    assert abort.statement == statements.digest(stated.statement)
    if kind == KIND_ABORT:
        assert stated.statement.peer == "laboratory"
    assert world.stages(message.task)["hospital"] in ("aborted", "refused")
    assert not (world.folder / "hospital" / "work" / message.task.hex()).exists()


MISFITS = ("link.engine_mismatch", "link.program_mismatch", "link.clock_skew")


@pytest.mark.parametrize("code", MISFITS)
def test_two_nodes_that_do_not_fit_are_nobodys_fault(world: World, code: str) -> None:
    """Each finds the other different; which of them is to change something is not for a node to say."""
    message = world.start()
    _, reason = CODES[code]
    world.runner_of = lambda name: failing(code, reason, "laboratory", after_input=False)
    world.dispatch(message, "hospital")
    world.turns(8, "hospital")
    job = world.nodes["hospital"].state.job(message.task)
    assert job is not None
    assert (job.stage, job.reason, job.peer) == ("refused", reason, "")
    assert world.runs["hospital"] == 0
    envelopes = [dsse.parse(r) for r in world.coordinator.posted if isinstance(r, bytes)]
    progress = [Progress.read(e.payload) for e in envelopes if e.payload_type == PROGRESS_TYPE]
    assert {p.peer for p in progress if p.note == reason} == {""}


@pytest.mark.parametrize("code", sorted(CODES.keys() - MISFITS))
def test_no_failure_of_a_link_before_input_ends_a_task(world: World, code: str) -> None:
    """A peer that runs another task just now, a broken network, a machine that died: all of it is tried again."""
    message = world.start()
    world.runner_of = lambda name: failing(code, CODES[code][1], "laboratory", after_input=False)
    world.dispatch(message, "hospital")
    world.turns(6, "hospital")
    assert world.stages(message.task)["hospital"] == "checked"
    assert not world.chain.aborts


def test_a_missing_peer_is_named_while_the_node_retries_until_the_deadline(world: World) -> None:
    message = world.start()
    world.runner_of = lambda name: failing("link.timeout", "run.peer_lost", "laboratory", after_input=False)
    world.dispatch(message, "hospital")
    world.turns(10, "hospital")
    assert world.stages(message.task)["hospital"] == "checked"
    envelopes = [r for r in world.coordinator.posted if isinstance(r, bytes)]
    progress = [Progress.read(dsse.parse(e).payload) for e in envelopes if dsse.parse(e).payload_type == PROGRESS_TYPE]
    assert [(p.note, p.peer) for p in progress if p.note][-1] == ("link.timeout", "laboratory")
    world.now += 600
    world.turns(3, "hospital")
    job = world.nodes["hospital"].state.job(message.task)
    assert job is not None
    assert (job.outcome, job.reason) == ("aborted", "run.deadline")
    assert not world.chain.aborts, "after the deadline the chain expires the task and lists who is missing"


def test_a_peers_abort_on_chain_stops_a_waiting_run(world: World) -> None:
    message = world.start()
    world.runner_of = lambda name: failing("link.timeout", "run.peer_lost", "laboratory", after_input=False)
    world.dispatch(message, "hospital")
    world.turns(2, "hospital")
    world.chain.set_state(message.task, state=TaskState.ABORTED)
    world.turns(8, "hospital")
    assert world.stages(message.task)["hospital"] == "aborted"


def test_contradicting_links_dispute_and_release_nothing(world: World) -> None:
    message = world.start()
    honest = world.runner_of

    def lying(name: str) -> Callable[[Order, Material, Watch], Outcome]:
        def run(order: Order, material: Material, watch: Watch) -> Outcome:
            found = honest(name)(order, material, watch)
            if name != "laboratory":
                return found
            return replace(
                found, links=tuple(replace(link, sent=hashlib.sha256(b"lie").digest()) for link in found.links)
            )

        return run

    world.runner_of = lying
    world.dispatch(message)
    assert run_to_end(world, message.task) == dict.fromkeys(COMMITTEE, "disputed")
    assert not [r for r in world.coordinator.posted if isinstance(r, SealedShare)]


@pytest.mark.parametrize("state", [TaskState.STARTED, TaskState.DISPUTED, TaskState.EXPIRED, TaskState.ABORTED])
def test_no_share_leaves_before_the_chain_says_completed(world: World, state: TaskState) -> None:
    """A coordinator that lies with release notices gets nothing (I7)."""
    message = world.start()
    world.dispatch(message)
    world.turn("hospital", "laboratory")
    if state != TaskState.STARTED:
        world.chain.set_state(message.task, state=state)
    for name in ("hospital", "laboratory"):
        world.machines[name].release({"format": "tallystick/task-notice/v1", "task": "0x" + message.task.hex()})
    world.turns(5, "hospital", "laboratory")
    assert not [r for r in world.coordinator.posted if isinstance(r, SealedShare)]
    for name in ("hospital", "laboratory"):
        assert not world.nodes[name].evidence.all(message.task, statements.Release)


def test_another_run_that_completed_releases_nothing(world: World) -> None:
    message = world.start()
    world.dispatch(message)
    world.turn("hospital")
    world.chain.set_state(message.task, state=TaskState.COMPLETED, run=b"\x09" * 32)
    world.chain.completed_at[message.task] = world.chain.head()
    world.turns(4, "hospital")
    assert not [r for r in world.coordinator.posted if isinstance(r, SealedShare)]


def test_a_named_reviewer_must_approve_first(world: World) -> None:
    message = world.start(world.contract(reviewer="laboratory", review_within=3600))
    world.dispatch(message)
    world.turns(6)
    assert set(world.stages(message.task).values()) == {"completed"}
    world.chain.set_state(message.task, review=Review.APPROVED)
    world.chain.reviewed_at[message.task] = world.chain.number
    world.turns(6)
    assert set(world.stages(message.task).values()) == {"done"}
    (release, *_) = world.nodes["exchange"].evidence.all(message.task, statements.Release)
    assert release.statement.reviewed == world.chain.reviewed_at[message.task]


@pytest.mark.parametrize("review", [Review.REJECTED, Review.EXPIRED])
def test_a_review_without_a_yes_never_releases_and_erases(world: World, review: Review) -> None:
    message = world.start(world.contract(reviewer="laboratory", review_within=3600))
    world.dispatch(message)
    world.turns(4)
    assert list((world.folder / "hospital" / "work").iterdir())
    world.chain.set_state(message.task, review=review)
    world.turns(9)
    assert not [r for r in world.coordinator.posted if isinstance(r, SealedShare)]
    assert not list((world.folder / "hospital" / "work").iterdir())


def test_shares_are_kept_as_long_as_the_reviewer_may_take(world: World) -> None:
    message = world.start(world.contract(reviewer="laboratory", review_within=80 * 86_400))
    world.dispatch(message)
    world.turns(6)
    world.now += 75 * 86_400
    world.turns(6)
    assert set(world.stages(message.task).values()) == {"completed"}
    world.chain.set_state(message.task, review=Review.APPROVED)
    world.chain.reviewed_at[message.task] = world.chain.number
    world.turns(6)
    assert set(world.stages(message.task).values()) == {"done"}


def test_a_silent_coordinator_cannot_block(world: World) -> None:
    message = world.start()
    world.dispatch(message)
    world.coordinator.silent = True
    world.turns(60)
    assert world.chain.tasks[message.task].state == TaskState.COMPLETED
    assert set(world.stages(message.task).values()) == {"done"}
    # once it answers again it gets everything that it is owed
    world.coordinator.silent = False
    world.now += 120
    world.turns(4)
    assert sorted(world.coordinator.logs(message.task)) == list(COMMITTEE)
    assert len([r for r in world.coordinator.posted if isinstance(r, SealedShare)]) == 9
    assert all(node.state.unsettled() == 0 for node in world.nodes.values())


def test_a_coordinator_that_takes_requests_and_relays_none_cannot_block(world: World) -> None:
    message = world.start()
    world.coordinator.relays = False
    world.dispatch(message)
    world.turns(60)
    assert set(world.stages(message.task).values()) == {"done"}


def test_shares_rest_encrypted_and_are_gone_after_release(world: World) -> None:
    message = world.start()
    world.dispatch(message)
    world.turn("hospital", "laboratory")
    outcome = world.outcome(
        Order(message.task, "hospital", message.contract, (), (), bytes(32), (), (), 1, 1), "hospital", bytes(32)
    )
    shares = [output.tensor.data for output in outcome.outputs]
    assert (world.folder / "hospital" / "work" / message.task.hex() / "outcome").exists()
    assert not any(share in data for _, data in world.everything_on_disk() for share in shares)
    world.turns(8)
    assert not list((world.folder / "hospital" / "work").iterdir())
    (erased,) = world.nodes["hospital"].evidence.all(message.task, statements.Erasure)
    assert [c.kind for c in erased.statement.copies] == ["input_rows", "run_keys", "output_shares"]


def test_nothing_sent_to_the_coordinator_or_the_log_holds_a_value(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    message = world.start()
    world.dispatch(message)
    world.turns(8)
    everything = repr(world.coordinator.posted) + capsys.readouterr().out
    for canary in ("p3", "hospital.csv", "age", "24"):
        assert f"'{canary}'" not in everything
        assert f'"{canary}"' not in everything


def test_the_child_gets_only_the_rows_and_columns_of_the_contract(world: World) -> None:
    from protocol import canonical
    from protocol.contract import RowFilter
    from workers.sources.schema import Schema
    from workers.sources.table import Table

    contract = world.contract()
    own = world.stored["hospital"].data_set
    inputs = tuple(
        replace(i, columns=("age",), filters=(RowFilter("age", "ge", "23"),)) if i.data_set == own else i
        for i in contract.inputs
    )
    seen: list[tuple[bytes, bytes]] = []
    honest = world.runner_of

    def spying(name: str) -> Callable[[Order, Material, Watch], Outcome]:
        def run(order: Order, material: Material, watch: Watch) -> Outcome:
            if name == "hospital":
                seen.extend(material.tables)
            return honest(name)(order, material, watch)

        return run

    world.runner_of = spying
    message = world.start(replace(contract, inputs=inputs))
    world.dispatch(message)
    world.turns(2)
    ((schema, rows),) = seen
    table = Table.restore(Schema.parse(canonical.parse(schema)), rows)
    assert table.numbers("age").tolist() == [23, 24]
    assert set(table.schema.names) == {"age", "patient"}


def test_tasks_run_in_the_order_the_chain_started_them(world: World) -> None:
    order: list[bytes] = []
    honest = world.runner_of

    def noting(name: str) -> Callable[[Order, Material, Watch], Outcome]:
        def run(given: Order, material: Material, watch: Watch) -> Outcome:
            order.append(given.task)
            return honest(name)(given, material, watch)

        return run

    world.runner_of = noting
    first, second = world.start(), world.start()
    world.dispatch(second, "hospital")
    world.dispatch(first, "hospital")
    world.turns(3, "hospital")
    assert order == [first.task, second.task]


def ends(world: World, party: str, task: bytes) -> list[tuple[int, ...]]:
    return [item.statement.entries for item in world.nodes[party].evidence.all(task, statements.TaskEnd)]


@pytest.mark.parametrize("state", [TaskState.ABORTED, TaskState.REFUSED, TaskState.EXPIRED])
def test_a_node_that_was_away_while_its_task_ended_states_an_empty_list_when_it_is_back(
    world: World, state: TaskState
) -> None:
    message = world.start()
    world.chain.set_state(message.task, state=state)
    world.dispatch(message)
    stages = run_to_end(world, message.task)
    assert set(stages.values()) == {state.name.lower()}
    for party in COMMITTEE:
        assert kinds_of(world, party, message.task) == ["task-end"]
        assert ends(world, party, message.task) == [()]
        (log,) = [found for name, found in world.coordinator.logs(message.task).items() if name == party]
        assert len(log.entries) == 1


def test_attack_ended_tasks_that_are_none_of_the_node_s_do_not_fill_its_log(world: World) -> None:
    """Another task's contract under an ended task's id, no contract at all, and a task that never started."""
    ended, other, unstarted = (world.start(world.contract(nonce=f"{number:02x}" * 32)) for number in (1, 2, 3))
    world.chain.set_state(ended.task, state=TaskState.ABORTED)
    world.chain.set_state(unstarted.task, state=TaskState.ABORTED, started_at=0)
    for name, message in zip(
        COMMITTEE,
        (replace(ended, contract=other.contract), replace(ended, contract=b"{}"), unstarted),
        strict=True,
    ):
        world.dispatch(message, name)
        world.turns(3, name)
        assert kinds_of(world, name, message.task) == []


def test_a_statement_that_a_kill_left_in_the_log_alone_is_owed_after_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by tests/simulation/faults: without the release statement the coordinator takes no sealed share, and after twenty tries
    the node gave up, so that a result stayed unchecked for ever.
    """
    message = world.start()
    world.dispatch(message)
    node = world.nodes["hospital"]
    kept = type(node.state).index_entry

    def killed(state: State, epoch: int, position: int, task: bytes, kind: str) -> None:
        if state is node.state and kind == statements.Release.KIND:
            raise Killed
        kept(state, epoch, position, task, kind)

    with monkeypatch.context() as patched:
        patched.setattr(type(node.state), "index_entry", killed)
        with pytest.raises(Killed):
            world.turns(8)
    node.state.close()
    again = world.open("hospital")
    owed = [PostedReceipt.parse(item.body).body for item in again.state.due(1 << 62) if item.kind == "envelope"]
    payloads = [dsse.parse(found).payload for found in owed if isinstance(found, bytes)]
    assert statements.Release.KIND in {statements.parse(data).KIND for data in payloads}
    run_to_end(world, message.task)
    posted = [found for found in world.coordinator.posted if isinstance(found, bytes)]
    for party in COMMITTEE:
        evidence = world.nodes[party].evidence
        logged = {evidence._log.entry(place) for place in range(evidence.head()[0])}
        assert logged <= set(posted), party


def test_a_run_that_a_reorganisation_took_back_is_taken_up_again(world: World) -> None:
    """What was seen started stays: the node waits, states no end, and runs it in the order of the new start, sent again or not."""
    message = world.start()
    started = world.chain.tasks[message.task]
    world.dispatch(message)
    for name in COMMITTEE:
        world.machines[name].tick()
    world.chain.set_state(message.task, state=TaskState.PROPOSED)
    world.now += 120
    world.turns(4)
    assert world.stages(message.task) == dict.fromkeys(COMMITTEE, "checked")
    assert ends(world, "hospital", message.task) == []
    world.chain.set_state(message.task, state=started.state, started_at=started.started_at + 100)
    plan = world.machines["hospital"].plan(message.task)
    assert plan is not None
    assert plan.started == started.started_at + 100
    run_to_end(world, message.task)
    (last,) = ends(world, "hospital", message.task)
    assert last == tuple(range(len(last)))
    assert len(last) > 4
