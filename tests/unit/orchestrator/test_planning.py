"""The coordinator's planner: no question twice, one at a time, and nobody's questions at others' cost."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.services import preflight
from orchestrator.services.planning import InAChild, Planner
from orchestrator.services.preflight import Bounds
from protocol.api import Estimate
from protocol.contract import TaskContract
from protocol.plans import PlanAnswer, PlanQuestion, StepCosts
from tests.patience import scaled
from tests.unit.orchestrator.sample import DIAGNOSES, NOW, PANELS, PROGRAM, contract, facts

ROOM = PlanAnswer("room")


def question(rows: int, **changes: Any) -> PlanQuestion:
    return PlanQuestion(contract(**changes), ((DIAGNOSES, rows), (PANELS, rows)), ((PROGRAM, bytes(32)),))


class Child:
    """A child that counts questions; each takes ``seconds`` on the test's clock."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.asked: list[PlanQuestion] = []
        self.now = 0.0
        self.seconds = seconds

    def __call__(self, data: bytes) -> bytes | None:
        self.asked.append(PlanQuestion.read(data))
        self.now += self.seconds
        return ROOM.data()

    def clock(self) -> float:
        return self.now


def test_the_same_question_is_asked_once_whoever_asks() -> None:
    child = Child()
    planner = Planner(child, child.clock)
    assert [planner.answer(question(5), who) for who in ("hospital", "laboratory", "hospital")] == [ROOM] * 3
    assert len(child.asked) == 1
    planner.answer(question(6), "hospital")
    assert len(child.asked) == 2


def test_attack_a_caller_that_asks_without_end_uses_up_its_own_budget_alone() -> None:
    child = Child(seconds=20)
    planner = Planner(child, child.clock)
    found = [planner.answer(question(rows), "stranger") for rows in range(20)]
    assert found.count(ROOM) == len(child.asked) <= 4
    assert {answer.code for answer in found if answer != ROOM} == {"plan.budget"}
    assert planner.answer(question(99), "hospital") == ROOM
    child.now += 3600  # what it is allowed comes back with time
    assert planner.answer(question(19), "stranger") == ROOM


def test_attack_a_caller_has_one_question_under_way_and_holds_nobody_up() -> None:
    began, go = threading.Event(), threading.Event()

    def slow(data: bytes) -> bytes | None:
        del data
        began.set()
        go.wait(scaled(30))
        return ROOM.data()

    planner = Planner(slow)
    first = threading.Thread(target=planner.answer, args=(question(1), "stranger"))
    first.start()
    assert began.wait(scaled(30))
    assert planner.answer(question(2), "stranger").code == "plan.busy"  # at once
    go.set()
    first.join(scaled(30))
    assert planner.answer(question(3), "hospital") == ROOM


def test_a_child_that_dies_or_lies_says_nothing_of_the_task() -> None:
    for said, code in ((None, "plan.too_long"), (b"", "plan.no_answer"), (b'{"outcome":"none"}', "plan.no_answer")):
        answer = Planner(lambda _, said=said: said).answer(question(5), "hospital")
        assert (answer.outcome, answer.code) == ("unknown", code)


def test_a_real_child_answers() -> None:
    """It knows no such digest for the sample's program, and says so."""
    child = InAChild()
    try:
        for rows in (5, 6):
            found = child(question(rows).data())
            assert found is not None
            assert PlanAnswer.read(found).code == "plan.other_code"
    finally:
        child.close()


def look(made: TaskContract) -> preflight.Report:
    return preflight.examine(made, facts(), Bounds("platform"), NOW)


def test_preflight_asks_only_where_nothing_else_is_wrong_and_tells_the_programs_own_words() -> None:
    good, bad = look(contract()), look(contract(scheduler="hospital"))
    assert good.question == PlanQuestion(contract(), ((DIAGNOSES, 1000), (PANELS, 1000)), ((PROGRAM, b"\x07" * 32),))
    assert bad.question is None
    none = PlanAnswer("none", "train", "linear.headroom", "Sums leave 7 places.", "Use fewer rows.")
    assert bad.planned(none) == bad
    busy = good.planned(PlanAnswer("unknown", code="plan.busy"))
    assert (busy.problems, busy.estimate) == ((), replace(good.estimate, unplanned="plan.busy"))
    (found,) = good.planned(none).problems
    assert (found.code, found.where) == ("linear.headroom", "steps[0]")
    assert found.what == "Step 'train': Sums leave 7 places."


def test_what_people_see_is_what_the_plan_counts() -> None:
    """Rounds, bytes and failure of all steps, memory of the largest; too much of it is refused."""
    steps = (StepCosts("train", 10, 1000, 90, "1.5e-9"), StepCosts("test", 3, 500, 80, "1e-12"))
    report = look(contract()).planned(PlanAnswer("room", steps=steps))
    assert report.problems == ()
    assert report.estimate == Estimate(2, 1500, 90, 13, "1.6e-9", (), "")
    most = look(contract()).memory
    (found,) = look(contract()).planned(PlanAnswer("room", steps=(replace(steps[0], memory=most + 1),))).problems
    assert (found.code, found.where) == ("estimate.memory", "steps")
    uncertain = look(contract()).planned(PlanAnswer("room", code="plan.fewer_rows"))
    assert (uncertain.problems, uncertain.estimate.traffic, uncertain.estimate.unplanned) == (
        (),
        None,
        "plan.fewer_rows",
    )


@pytest.mark.parametrize("kind", ["text", "date"])
def test_preflight_refuses_columns_by_their_public_description(kind: str) -> None:
    known = facts()
    described = known.data_sets[PANELS].descriptor
    program = known.programs[PROGRAM].descriptor
    assert described is not None
    assert program is not None
    columns = (replace(described.columns[0], kind=kind, nullable=True),)
    known.data_sets[PANELS] = replace(known.data_sets[PANELS], descriptor=replace(described, columns=columns))
    port = replace(program.inputs[0], values="numbers")
    known.programs[PROGRAM] = replace(known.programs[PROGRAM], descriptor=replace(program, inputs=(port,)))
    (found,) = preflight.examine(contract(), known, Bounds("platform"), NOW).problems
    assert (found.code, found.where) == ("input.kind", "steps[0].inputs.table")
    assert "Column age" in found.what
    assert "列 age" in found.chinese
