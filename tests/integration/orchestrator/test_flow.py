"""Propose → authorize → start → dispatch, on the real stack."""

from dataclasses import replace

import pytest

from protocol import ids
from protocol.api import TaskCost
from protocol.contract import proposal_of
from protocol.errors import TallyError
from protocol.messages import PROGRESS_TYPE, Progress, RunDispatch
from protocol.plans import PlanAnswer, PlanQuestion, StepCosts
from protocol.programs import CostModel
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
    assert {(r.code, r.party) for r in status.reasons} == {
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
    assert task in {item.task for item in client.tasks().items}


@pytest.mark.parametrize(
    ("program", "seconds", "memory", "code"),
    [
        ("stats.describe@1.0.0", "1", 5_000_000_000, "estimate.memory"),
        ("stats.correlation@1.0.0", "10*rows", 80_000_000, "estimate.seconds"),
    ],
)
def test_what_will_not_fit_is_refused_by_preflight_and_by_submission(
    world: World, monkeypatch: pytest.MonkeyPatch, program: str, seconds: str, memory: int, code: str
) -> None:
    """1,000 rows: 5 GB by the plan where a party has 4 GiB, or 10,000 s where the deadline is an hour away."""
    plan = PlanAnswer("room", steps=(StepCosts("train", 12, 3_000_000, memory, "2e-9"),))
    monkeypatch.setattr(world.app.state.context.planner, "_ask", lambda _: plan.data())
    descriptor = world.publish(program, CostModel(seconds))
    world.settle()
    world.client("platform").publish_program(descriptor)
    made = world.contract()
    contract = replace(made, steps=(replace(made.steps[0], program=program),))
    client = world.client("hospital")
    (found,) = client.preflight(contract).problems
    assert found.code == code
    assert "fewer rows" in found.fix
    domain = world.domain_map()["Tasks"]
    signed = world.parties["hospital"].sign_wallet(proposal_of(contract).digest(domain))
    for signature in (None, signed):  # the client refuses to sign; the coordinator refuses what is signed
        with pytest.raises(TallyError, match=r"task\.problems") as caught:
            client.submit(contract, signature)
        said = caught.value.what.removeprefix("The task cannot start: ")
        assert (said.partition(";")[0], caught.value.fix) == (found.what.partition(";")[0], found.fix)


def test_what_a_plan_has_no_room_for_is_refused_by_preflight_and_by_submission(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the program's own sentence and code, asked once for both; what nobody can plan is proposed."""
    asked: list[PlanQuestion] = []

    def child(data: bytes) -> bytes:
        asked.append(PlanQuestion.read(data))
        return PlanAnswer("none", "train", "linear.headroom", "Sums leave 7 binary places.", "Use fewer rows.").data()

    monkeypatch.setattr(world.app.state.context.planner, "_ask", child)
    client, contract = world.client("hospital"), world.contract()
    (found,) = client.preflight(contract).problems
    assert (found.code, found.where) == ("linear.headroom", "steps[0]")
    signed = world.parties["hospital"].sign_wallet(proposal_of(contract).digest(world.domain_map()["Tasks"]))
    with pytest.raises(TallyError, match=r"task\.problems") as caught:
        client.submit(contract, signed)
    assert "Sums leave 7 binary places" in caught.value.what
    assert [question.contract for question in asked] == [contract]
    assert {rows for _, rows in asked[0].rows} == {1000}
    stranger = world.http.post("/v1/tasks/preflight", json={"contract": world.contract().to_json()})
    assert stranger.status_code == 401  # who has no token costs nothing
    assert len(asked) == 1
    monkeypatch.setattr(world.app.state.context.planner, "_ask", lambda data: None)
    assert client.submit(world.contract())


def test_whoever_takes_part_is_told_what_a_task_costs_as_its_proposer_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that may not look up what others' data sets hold, and when the deadline is so near that nobody could propose it."""
    plan = PlanAnswer("room", steps=(StepCosts("train", 12, 3_000_000, 80_000_000, "2e-9"),))
    asked: list[PlanQuestion] = []

    def child(data: bytes) -> bytes:
        asked.append(PlanQuestion.read(data))
        return plan.data()

    monkeypatch.setattr(world.app.state.context.planner, "_ask", child)
    contract = world.contract(deadline=world.clock() + 300)
    predicted = world.client("hospital").preflight(contract)
    task = world.client("hospital").submit(contract)
    path = f"/v1/tasks/{ids.prefixed('task', task)}/cost"
    monkeypatch.setattr(world.clock, "offset", contract.deadline - world.clock() - 1)
    for reader in ("laboratory", "exchange", "regulator"):
        assert world.client(reader)._get(TaskCost, path) == TaskCost(task, predicted.estimate, predicted.level)
    assert (predicted.estimate.memory, predicted.estimate.unplanned) == (80_000_000, "")
    assert len(asked) == 1, "the same question is asked once for all"
    with pytest.raises(TallyError, match=r"task\.unknown"):
        world.client("stranger")._get(TaskCost, path)


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
    shown = {item.party: item.progress for item in status.parties if item.progress is not None}
    assert set(shown) == set(NODES)
    first = shown[NODES[0]]
    assert (first.phase, first.step, first.total, first.percent, first.eta) == ("train", 12, 90, 40, 9)
    say(NODES[0], NODES[0], 1, 99, 1)
    assert client.task(task).parties == status.parties, "an older report changes nothing"
    say(NODES[0], NODES[0], 3, 41, 0)
    assert client.task(task).eta is None, "one that cannot tell makes the whole unknown"
    with pytest.raises(TallyError):
        say(NODES[0], NODES[1], 4, 99, 1)
    assert client.task(task).percent == 35
