"""A data owner that does not compute and listens nowhere: its node checks, dials out, brings its data, and logs."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocol.commitments import Transcript
from protocol.contract import TaskContract
from protocol.statements import InputCommitment, OutputCommitment, Run
from tests.integration.node.test_run import RealWorld
from tests.unit.workers import world as worlds
from workers import results
from workers.jobs.run import Seat

COMMITTEE = ("exchange", "hospital", "ministry")


class OutsideWorld(RealWorld):
    """The laboratory stays off the committee; a ministry without data computes in its place."""

    PARTIES = (*COMMITTEE, "laboratory")

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        node = self.nodes["laboratory"]
        node.config = replace(node.config, bind_host="", bind_port=0, advertise_host="", advertise_port=0)
        del self.coordinator.envelopes["laboratory"]

    def contract(self, **changes: Any) -> TaskContract:
        return super().contract(**{"committee": COMMITTEE, **changes})


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[OutsideWorld]:
    digests = dict(worlds.CODE)
    made = OutsideWorld(tmp_path)
    yield made
    made.close()
    worlds.CODE.clear()
    worlds.CODE.update(digests)


@pytest.mark.timeout(150)
def test_an_owner_outside_the_committee_brings_its_data_and_leaves_evidence(outside: OutsideWorld) -> None:
    assert not outside.nodes["laboratory"].config.listens
    message = outside.start()
    assert len(message.announcements) == 3
    outside.dispatch(message)
    outside.serve(lambda: set(outside.stages(message.task).values()) == {"done"}, 110)
    for node in outside.nodes.values():
        node.stopping.clear()
    assert results.collect(outside.nodes["hospital"], message.task)
    document = json.loads((outside.folder / "hospital" / "results" / message.task.hex() / "result.json").read_text())
    assert np.isfinite(document["outputs"]["fit.coefficients"]["values"]).all()
    assert document["outputs"]["fit.coefficients"]["shape"] == [30]
    assert 0.97 < document["outputs"]["judge.auc"]["values"] <= 1.001

    evidence = outside.nodes["laboratory"].evidence
    (stated,) = (item.statement for item in evidence.all(message.task, Run))
    assert [link.peer for link in stated.links] == list(COMMITTEE)
    assert evidence.all(message.task, InputCommitment)
    assert not evidence.all(message.task, OutputCommitment)
    assert (message.task, "laboratory") not in outside.chain.committed
    assert {party for task, party in outside.chain.committed if task == message.task} == set(COMMITTEE)
    for link in stated.links:
        transcript = Transcript.seen_by(
            stated.run or b"", "laboratory", link.peer,
            (link.sent, link.sent_frames), (link.received, link.received_frames),
        )  # fmt: skip
        transcript.verify(outside.keys["laboratory"].node_public, link.signature)
        transcript.verify(outside.keys[link.peer].node_public, link.countersignature)
    ran = {node.evidence.all(message.task, Run)[0].statement.mpc for node in outside.nodes.values()}
    assert len(ran) == 1  # the same backend, said by all
    assert not (outside.nodes["laboratory"].work(message.task)).exists()


@pytest.mark.timeout(60)
def test_a_node_that_listens_nowhere_cannot_compute(outside: OutsideWorld) -> None:
    """Asked all the same, it starts no child, names itself as what is missing, and gives up at the deadline."""
    message = outside.start(outside.contract(committee=("exchange", "hospital", "laboratory")))
    node, machine = outside.nodes["laboratory"], outside.machines["laboratory"]
    machine.dispatch(message.to_json())
    machine.tick()
    assert machine.plan(message.task) is not None
    assert machine.attempt(message.task, Seat()), "it waits for another attempt"
    job = node.state.job(message.task)
    assert job is not None
    assert (job.stage, job.attempts) == ("checked", 1)
