"""Plans against what the fast backend really does, and the descriptors' formulas against plans and the kept measurement."""

import asyncio
import json
from typing import Any

import pytest

from benchmarks.cost.cases import BANK, COMMITTEE, SHOP, Case, cases
from benchmarks.cost_model import MEASURES, PLANNED_SHAPES, RESULTS, planned
from protocol.errors import TallyError
from tests.unit.workers.mpc.simulation import FakeSession, run_sessions
from workers.mpc.programs.catalogue import CATALOGUE
from workers.mpc.programs.planning import StepPlan, plan
from workers.mpc.programs.runner import run_workflow

SMALL = cases([(120, 6)])
HEAVY = ("describe", "logistic", "poisson", "softmax")
GIVEN = ("psi.align", "table.stack")
LEAST_TRAFFIC = 20_000
"""Bytes below which nobody plans anything: a factor of 2 of less does not matter."""


def plan_of(case: Case) -> tuple[StepPlan, ...]:
    return asyncio.run(plan(case.workflow, {BANK: case.rows, SHOP: case.rows}))


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[pytest.mark.slow] if case.name in HEAVY else [], id=f"{case.layout}-{case.name}")
        for case in SMALL
    ],
)
def test_a_plan_counts_what_the_fast_backend_sends(case: Case) -> None:
    async def party(session: FakeSession) -> Any:
        return await run_workflow(session, case.workflow, case.tables(session.names[session.pid]), deadline=25)

    results = run_sessions(COMMITTEE, party)
    assert not [r for r in results if isinstance(r, BaseException)], results
    records = [result.steps for result in results]
    for at, expected in enumerate(plan_of(case)):
        if expected.program.startswith(GIVEN):
            continue
        sent = max(steps[at].bytes_sent for steps in records)
        assert expected.traffic == pytest.approx(sent, rel=0.15, abs=1500), (expected, sent)
        assert expected.elements_opened == records[0][at].elements_opened


def test_a_plan_holds_no_rows_and_needs_no_peers() -> None:
    """A million rows of twenty columns are planned in the memory of their descriptions."""
    case = next(c for c in cases([(1_000_000, 20)]) if (c.layout, c.name) == ("aligned", "kmeans"))
    (_, near) = plan_of(case)
    assert near.traffic > 13 * 1_000_000 * 20 / 2
    assert near.memory > 16 * 1_000_000 * 20
    assert near.failure < 2**-20


def test_programs_that_talk_beside_their_arrays_say_so() -> None:
    case = SMALL[0]
    with pytest.raises(TallyError):
        asyncio.run(plan(case.workflow, {BANK: 2, SHOP: 2}))


@pytest.fixture(scope="module")
def plans() -> list[dict[str, Any]]:
    return planned(PLANNED_SHAPES)


@pytest.mark.parametrize("program", sorted(name for name in CATALOGUE if not name.startswith(GIVEN)))
def test_formulas_are_within_a_factor_of_two_of_the_plans(program: str, plans: list[dict[str, Any]]) -> None:
    own = [entry for entry in plans if entry["program"] == program]
    assert own, "no benchmark case runs this program"
    described = CATALOGUE[program]
    for entry in own:
        at = entry["variables"]
        if entry["traffic"] > LEAST_TRAFFIC:
            assert 0.5 < described.traffic.at(at) / entry["traffic"] < 2, at
        assert described.truncation_failure.at(at) >= entry["failure"] / 2, at


@pytest.mark.parametrize("what", MEASURES)
def test_formulas_are_within_a_factor_of_two_of_the_measurement(what: str) -> None:
    """Of results_cost.json: `python -m benchmarks.cost_model --write` on a quiet machine renews it."""
    floor = {"seconds": 0.1, "traffic": LEAST_TRAFFIC, "memory": 0}[what]
    missed: list[str] = []
    seen: set[str] = set()
    for entry in json.loads(RESULTS.read_text()):
        at, program = entry["variables"], entry["program"]
        seen.add(program)
        ratio = (getattr(CATALOGUE[program], what).at(at) + floor) / (entry[what] + floor)
        if not 0.5 <= ratio <= 2:
            missed.append(f"{program} {at['layout']} {at['rows']}x{at['columns']}: {ratio:.2f} of {entry[what]:.3g}")
    assert not missed
    assert seen == set(CATALOGUE)
