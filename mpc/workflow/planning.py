"""What a workflow would cost on its committee's protocol stack, by running its programs on shapes alone: no data, no peers, no time.

Programs that work on rows at their owners (alignment, stacking) say themselves what their result looks like.
All other programs run their own implementation, so a plan cannot fall behind them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mpc.backends.seat import CountingBackend
from mpc.programs.catalogue import find, shape_of
from mpc.session import MeteredSession
from mpc.workflow.graph import Workflow, check
from mpc.workflow.runner import Run, StepRecord
from mpc.workflow.values import Source, Value
from protocol.backends import threshold_of
from protocol.contract import Step
from protocol.costs import FAILURE_LIMIT
from protocol.errors import RangeError, RefusedError, TallyError


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step: bytes sent by one compute party (the owner that sends most), shares in memory at its peak.

    ``rounds`` depend on each other and count from the start of the workflow.
    """

    step: str
    program: str
    rounds: int
    traffic: int
    elements_opened: int
    memory: int
    failure: float


async def plan(workflow: Workflow, rows: Mapping[str, int]) -> tuple[StepPlan, ...]:
    """The steps' plans when the data sets have so many rows."""
    check(workflow)
    run = _Plan(workflow, rows)
    await run.all()
    return tuple(run.plans)


async def room(workflow: Workflow, rows: Mapping[str, int], least: Mapping[str, int]) -> tuple[str, TallyError] | None:
    """The step that has no room for tables of any size from ``least`` to ``rows``, with its refusal; None where there is room.

    What a program refuses for its size it refuses for every larger one, or (too few rows) for every smaller one: what it
    refuses at both ends for one reason, it refuses in between. Where only one end is refused, the run will tell.
    """
    found = await _refused(workflow, rows)
    # what is refused for a minimum group is refused for every smaller table too; at the other end it must not hide anything else
    if found is None or dict(least) == dict(rows) or found[1].code.startswith("group."):
        return found
    other = await _refused(replace(workflow, minimum_group=0), least)
    return found if other is not None and other[1].code == found[1].code else None


async def _refused(workflow: Workflow, rows: Mapping[str, int]) -> tuple[str, TallyError] | None:
    check(workflow)
    run = _Plan(workflow, rows)
    try:
        await run.all()
    except TallyError as error:
        done = len(run.plans)
        return workflow.steps[min(done, len(workflow.steps) - 1)].id, error
    failure = math.fsum(step.failure for step in run.plans)
    if failure <= FAILURE_LIMIT:
        return None
    worst = max(run.plans, key=lambda step: step.failure)
    return worst.step, RangeError(
        "estimate.failure",
        f"A truncation could go wrong with probability {failure:.1g}; the limit is {FAILURE_LIMIT:.1g}.",
        "Use fewer rows, fewer steps or smaller declared limits.",
    )


class NoPeers:
    """A session in which nobody can be reached: of the party ``me``, or of a compute party without data."""

    def __init__(self, workflow: Workflow, me: str | None = None) -> None:
        outside = tuple(owner for owner in workflow.owners if owner not in workflow.committee)
        busy = set(workflow.owners)
        self.committee = workflow.committee
        self.names = (*workflow.committee, *outside)
        without = next((i for i, name in enumerate(self.committee) if name not in busy), 0)
        self.pid = without if me is None else self.names.index(me)
        self.threshold = threshold_of(len(workflow.committee))
        self.run_id = bytes(32)

    @property
    def mpc(self) -> Any:  # noqa: ANN401 - mpyc has no types
        """Nobody is there."""
        raise alone()

    async def send(self, peer: str, label: str, message: bytes) -> None:
        """Nobody is there."""
        del peer, label, message
        raise alone()

    async def receive(self, peer: str, label: str) -> bytes:
        """Nobody is there."""
        del peer, label
        raise alone()

    def sign(self, label: str, message: bytes) -> bytes:
        """Nobody is there."""
        del label, message
        raise alone()

    def verify(self, peer: str, label: str, message: bytes, signature: bytes) -> bool:
        """Nobody is there."""
        del peer, label, message, signature
        raise alone()

    def progress(self, phase: str, step: int, total: int) -> None:
        """Nobody looks."""

    def refuse(self, peer: str, what: str) -> Exception:
        """Nobody is there."""
        del peer, what
        return alone()


class _Plan(Run):
    def __init__(self, workflow: Workflow, rows: Mapping[str, int]) -> None:
        seat = workflow.seat()
        if seat.counting is None:
            raise RefusedError(
                "plan.uncounted",
                f"Nobody has counted what the protocol stack {seat.facts.name!r} sends.",
                "Plan for a committee of three, or use the programs' formulas.",
            )
        self._counting = seat.counting()
        super().__init__(MeteredSession(NoPeers(workflow)), workflow, {}, {}, self._counting, bytes(32))
        self._rows = rows
        self.plans: list[StepPlan] = []

    async def step(self, step: Step) -> StepRecord:
        backend = self._counting
        before, dealt = _so_far(backend), max(backend.dealt.values(), default=0)
        backend.begin()
        if find(step.program).rows_stay:
            record = self._given(step)
        else:
            record = await super().step(step)
        traffic = backend.traffic
        sent = traffic.bytes_sent - before[0] + max(backend.dealt.values(), default=0) - dealt
        self.plans.append(
            StepPlan(
                step.id, step.program, traffic.rounds, sent, traffic.elements_opened - before[1], backend.peak_memory,
                traffic.failure - before[2],
            )
        )  # fmt: skip
        return record

    def _value(self, source: str) -> Value:
        if self._workflow.kept_kind(source) is not None:
            raise RefusedError(
                "plan.kept_model", "The size of what an earlier task left is the nodes' own.", "Plan without this step."
            )
        return super()._value(source)

    def _given(self, step: Step) -> StepRecord:
        values = [value for port in self._inputs(step, find(step.program)).values() for value in port]
        sources = [value for value in values if isinstance(value, Source)]
        rows = [self._rows[source.data_set] for source in sources]
        self._values[step.id] = shape_of(step.program)(sources, rows)
        return StepRecord(step.id, step.program, 0, 0, 0, ())


def _so_far(backend: CountingBackend) -> tuple[int, int, float]:
    """Bytes, openings and failure so far."""
    return backend.traffic.bytes_sent, backend.traffic.elements_opened, backend.traffic.failure


def alone() -> RefusedError:
    """What a program hears that talks to peers where there are none."""
    return RefusedError(
        "plan.talks", "The program talks to peers beside its arrays.", "Give the plan this step's result instead."
    )
