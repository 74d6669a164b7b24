"""Propose → authorize → start → dispatch, on the real stack."""

from protocol import ids
from protocol.messages import RunDispatch
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
