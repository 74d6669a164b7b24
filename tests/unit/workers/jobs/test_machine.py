import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from protocol import checkpoint, dsse, merkle, statements
from protocol.checkpoint import Origin
from tests.unit.workers.world import COMMITTEE, World, notice
from workers import disk, results
from workers.child_messages import Order, Outcome
from workers.supervise import Material, Watch


def test_a_task_goes_from_dispatch_to_attested_result(world: World) -> None:
    message = world.start()
    world.dispatch(message)
    world.turns(6)
    assert world.stages(message.task) == dict.fromkeys(COMMITTEE, "done")
    assert world.runs == dict.fromkeys(COMMITTEE, 1)
    world.machines["hospital"].collect(notice(message.task))
    results.collect_waiting(world.nodes["hospital"])
    world.turns(2)
    path = world.folder / "hospital" / "results" / message.task.hex() / "result.json"
    document = json.loads(path.read_text())
    assert document["outputs"]["fit.coefficients"]["values"] == [3.0, 3.0]
    assert document["checked"] is True
    assert path.stat().st_mode & 0o777 == 0o600
    assert world.chain.attestations[message.task, "hospital"].hex() == document["result_hash"][2:]


def test_every_party_hands_over_evidence_that_verifies(world: World) -> None:
    message = world.start()
    world.dispatch(message)
    world.turns(6)
    logs = world.coordinator.logs(message.task)
    assert sorted(logs) == list(COMMITTEE)
    for party, log in logs.items():
        key = world.keys[party].node_public
        origin = Origin(world.chain.deployment_id, world.chain.chain_id, party, 0)
        head = checkpoint.open_checkpoint(log.checkpoint.encode(), origin, key)
        anchored = [a for a in world.chain.anchors if a[0] == party and a[2] == log.size]
        assert anchored
        assert (head.size, head.root) == (log.size, log.root)
        kinds = [type(dsse.open_statement(e.envelope, key)).KIND for e in log.entries]
        assert kinds.count("run") == kinds.count("output-commitment") == kinds.count("erasure") == 1
        assert kinds.count("release") == 2
        assert ("input-commitment" in kinds) == (party != "exchange")
        for entry in log.entries:
            merkle.verify_inclusion(merkle.leaf_hash(entry.envelope), entry.index, log.size, entry.proof, log.root)
        committed = world.chain.committed[message.task, party]
        heads = {(size, root): proof for size, root, proof in log.consistency}
        assert (committed.log_size, committed.log_root) in heads
        for (size, root), proof in heads.items():
            merkle.verify_consistency(size, root, log.size, log.root, proof)


def test_a_run_of_the_release_before_is_stated_as_that_release_did(world: World) -> None:
    """Its outcome was stored before the upgrade, with SHA-256 transcripts; nothing of it is lost, and none is called BLAKE3."""

    def older(party: str) -> Callable[[Order, Material, Watch], Outcome]:
        run = world.honest_runner(party)
        return lambda order, material, watch: replace(run(order, material, watch), transcript=1)

    world.runner_of = older
    message = world.start()
    world.dispatch(message)
    world.turns(6)
    assert world.stages(message.task) == dict.fromkeys(COMMITTEE, "done")
    for party, log in world.coordinator.logs(message.task).items():
        stated = [dsse.open_statement(e.envelope, world.keys[party].node_public) for e in log.entries]
        assert [type(said) for said in stated if isinstance(said, statements.Run)] == [statements.RunV2]


def test_a_node_killed_while_it_erases_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Overwritten and not yet removed: the stored outcome cannot be read any more, and need not be."""
    whole, cut = disk.erase, list[Path]()

    def killed(path: Path) -> None:
        if path.name == "outcome" and not cut:
            cut.append(path)
            path.write_bytes(bytes(path.stat().st_size))
            raise OSError("killed here")
        whole(path)

    monkeypatch.setattr(disk, "erase", killed)
    message = world.start()
    world.dispatch(message)
    with pytest.raises(OSError, match="killed here"):
        world.turns(10)
    assert cut[0].exists()
    world.turns(10)
    assert world.stages(message.task) == dict.fromkeys(COMMITTEE, "done")


def test_a_second_task_anchors_on_top_of_the_first(world: World) -> None:
    first, second = world.start(), world.start()
    world.dispatch(first)
    world.turns(6)
    world.dispatch(second)
    world.turns(6)
    assert world.stages(second.task) == dict.fromkeys(COMMITTEE, "done")
    for log in world.coordinator.logs(second.task).values():
        previous = [old for party, old, size in world.chain.anchors if party == log.party and size == log.size]
        assert previous[0] > 0
        assert previous[0] in [size for size, _, _ in log.consistency]


def test_two_tasks_at_once_never_anchor_past_an_open_commitment(world: World) -> None:
    first, second = world.start(), world.start()
    world.dispatch(first)
    world.dispatch(second)
    # one party is slow to run, so its peers' commitments stay open while other tasks want anchors
    for _ in range(4):
        world.turn("exchange", "hospital")
    world.turns(8)
    assert world.stages(first.task) == world.stages(second.task) == dict.fromkeys(COMMITTEE, "done")


def test_redelivered_dispatches_change_nothing(world: World) -> None:
    message = world.start()
    for _ in range(3):
        world.dispatch(message)
        world.turns(3)
    world.dispatch(message)
    world.turns(3)
    assert world.runs == dict.fromkeys(COMMITTEE, 1)
    assert world.stages(message.task) == dict.fromkeys(COMMITTEE, "done")


def test_statements_of_a_task_are_in_order_and_complete(world: World) -> None:
    message = world.start()
    world.dispatch(message)
    world.turns(6)
    node = world.nodes["hospital"]
    kinds = [kind for _, kind in node.state.entries_of(0, message.task)]
    assert kinds == [
        "task-contract",
        "consent-check",
        "input-commitment",
        "run",
        "output-commitment",
        "release",
        "release",
        "erasure",
        "task-end",
    ]
    (end,) = node.evidence.all(message.task, statements.TaskEnd)
    assert end.statement.entries == tuple(range(end.position - 8, end.position))
    check = node.evidence.all(message.task, statements.ConsentCheck)[0].statement
    assert {c.answer for c in check.checks if c.name != "clock"} == {"holds"}
