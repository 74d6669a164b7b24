"""Propose → authorize → start → dispatch, on the real stack."""

import pytest

from protocol import ids
from protocol.errors import TallyError
from protocol.messages import PROGRESS_TYPE, Progress, RunDispatch
from tests.integration.orchestrator.world import NODES, World


def test_from_contract_to_queues(world: World) -> None:
    client = world.client("hospital")
    contract = world.contract()
    report = client.preflight(contract)
    assert report.problems == ()
    assert (report.level, report.collusion_threshold) == (4, 2)
    task = client.submit(contract)
    assert client.task(task).state == "submitted"
    world.settle()
    status = client.task(task)
    assert status.state == "proposed"
    assert {(r["code"], r["party"]) for r in status.reasons} == {
        ("authorization.missing", "hospital"),
        ("authorization.missing", "laboratory"),
    }
    world.authorize(task)
    world.settle()
    assert client.task(task).state == "started"
    for party in NODES:
        (queued,) = [m for m in world.queued(party) if m["id"].split(":")[1] == task.hex()]
        assert queued["name"] == "tally.task.run"
        dispatch = RunDispatch.parse(queued["message"])
        assert dispatch.contract == contract.data()
        assert [a.owner for a in dispatch.authorizations] == [i.owner for i in contract.inputs]
        assert len(dispatch.announcements) == 3
    assert {r.status for r in client.authorizations(task)} == {"consumed"}
    assert ids.prefixed("task", task) in {item["id"] for item in client.tasks().items}


def test_each_partys_progress_is_shown_with_percent_and_time_left(world: World) -> None:
    task = world.started()
    client = world.client("hospital")
    assert client.task(task).percent == 0
    assert client.task(task).eta is None

    def say(party: str, signer: str, sequence: int, percent: int, eta: int) -> None:
        said = Progress(party, task, "computing", "train", 12, 90, percent, eta, "", "", sequence)
        world.client(signer).receipt(world.parties[signer].envelope(said.data(), PROGRESS_TYPE))

    for party, percent, eta in zip(NODES, (40, 35, 60), (9, 12, 5), strict=True):
        say(party, party, 2, percent, eta)
    status = client.task(task)
    assert (status.percent, status.eta) == (35, 12)
    shown = {item.party: item for item in status.progress}
    assert set(shown) == set(NODES)
    first = shown[NODES[0]]
    assert (first.phase, first.step, first.total, first.percent, first.eta) == ("train", 12, 90, 40, 9)
    say(NODES[0], NODES[0], 1, 99, 1)
    assert client.task(task).progress == status.progress, "an older report changes nothing"
    say(NODES[0], NODES[0], 3, 41, 0)
    assert client.task(task).eta is None, "one that cannot tell makes the whole unknown"
    with pytest.raises(TallyError):
        say(NODES[0], NODES[1], 4, 99, 1)
    assert client.task(task).percent == 35
