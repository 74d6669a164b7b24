"""I10: ``kill -9`` of any process at any moment loses nothing and repeats nothing visible.

A node, or its MPC child, that dies after input was sent ends the task: early, with a reason, and the next task works.
Everything else that dies only delays: the task completes and its bundle verifies.
"""

import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

import pytest

from tests.patience import until
from tests.simulation.runs import LONG, Runs, contract_for

TRIES: Final = 4
DOWN: Final = 0.5
"""Seconds that the killed process stays away: the others get to see that it is gone."""


@dataclass(frozen=True, slots=True)
class Moment:
    """``stages``: what the victim's own disk (a node's) or the hospital's shows then; none for a task only proposed."""

    name: str
    stages: frozenset[str]


PROPOSED: Final = Moment("proposed", frozenset())
BEFORE_INPUT: Final = Moment("before_input", frozenset({"running"}))
INPUT_SENT: Final = Moment("input_sent", frozenset({"input_sent"}))
COMMITTED: Final = Moment("committed", frozenset({"committed"}))
RELEASED: Final = Moment("released", frozenset({"released", "erased"}))
MOMENTS: Final = (PROPOSED, BEFORE_INPUT, INPUT_SENT, COMMITTED, RELEASED)

SERVICES: Final = ("api", "engine", "front", "anvil", "postgres", "redis")
SIDES: Final = ("node-hospital", "node-exchange", "child-hospital", "child-exchange")
QUICK: Final = {("engine", BEFORE_INPUT), ("node-exchange", INPUT_SENT)}
"""One that the task survives and one that ends it; the others are slow tests."""


def cases() -> list[object]:
    """Every victim at every moment at which it exists."""
    found: list[object] = []
    for victim in (*SERVICES, *SIDES):
        for moment in MOMENTS:
            if victim.startswith("child-") and moment not in (BEFORE_INPUT, INPUT_SENT):
                continue  # its only other life is to wait for an order
            marks = [] if (victim, moment) in QUICK else [pytest.mark.slow]
            found.append(pytest.param(victim, moment, id=f"{victim}-{moment.name}", marks=marks))
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("victim", "moment"), cases())
def test_killing_one_process_at_one_moment(runs: Runs, victim: str, moment: Moment) -> None:
    fatal = victim in SIDES and moment == INPUT_SENT
    for _ in range(TRIES):
        task = runs.submit(contract_for(runs.cluster, iterations=LONG) if fatal else None)
        hit = strike(runs, task, victim, moment)
        time.sleep(DOWN)
        runs.cluster.revive()
        if moment == PROPOSED:
            runs.authorize(task)
        if hit:
            break
        # the stage passed before the blow: how that task ends is another case's question
        until(120, "the missed task's end", lambda task=task: ended(runs, task), poll=0.2)
    else:
        pytest.fail(f"{victim} was never caught at {moment.name}")
    if fatal:
        runs.check_fails_well(task)
        runs.check_next_works()
    else:
        runs.check_completes(task)


def strike(runs: Runs, task: bytes, victim: str, moment: Moment) -> bool:
    """Kill at the moment; whether the disks say that it was indeed that moment."""
    cluster = runs.cluster
    if moment == PROPOSED:
        cluster.kill(victim)
        return True
    party = victim.partition("-")[2] or "hospital"
    # a peer that does not answer holds all others before their input, for as long as it takes to strike
    with cluster.frozen("child-laboratory") if moment == BEFORE_INPUT else nullcontext():
        runs.authorize(task)
        runs.await_stage(party, task, moment.stages)
        cluster.kill(victim)
        reached = set(cluster.stages(task).values()) if moment == BEFORE_INPUT else {cluster.stage(party, task)}
    return reached <= moment.stages | ({"received", "checked"} if moment == BEFORE_INPUT else set())


def ended(runs: Runs, task: bytes) -> bool:
    """Whether the coordinator shows an end."""
    status = runs.status(task)
    return status is not None and status.ended
