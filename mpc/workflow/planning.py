"""What a workflow would cost on its committee's protocol stack, by running its programs on shapes alone: no data, no peers, no time.

Programs that work on rows at their owners (alignment, stacking) say themselves what their result looks like and what they send.
All other programs run their own implementation, so a plan cannot fall behind them.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from mpc.arrays.interface import SecureArray
from mpc.backends.seat import CountingBackend
from mpc.programs.catalogue import find, outline_of
from mpc.session import MeteredSession
from mpc.workflow.context import StepContext
from mpc.workflow.graph import Workflow, check
from mpc.workflow.runner import Run, StepRecord
from mpc.workflow.values import Aligned, Floats, Outline, Value
from protocol.backends import threshold_of
from protocol.contract import Step
from protocol.errors import RangeError, RefusedError, TallyError
from protocol.plans import FAILURE_LIMIT, StepCosts, probability
from protocol.sources import split_source
from protocol.variants import ListName

_PROCESS_BYTES: Final = 82_000_000
"""What a party's process holds before any table: interpreter, libraries, programs."""
_CELL_BYTES: Final = 8
_OWN_COPIES: Final = 3
"""Of each cell that a step works on in the clear: the column, its matrix, and the step's own copy of it. Later steps hold the columns and those
matrices that are still read."""
_PACKED: Final = 2
"""Copies of genotypes that it holds: the stored rows, and the chosen ones of these."""
_WORKING: Final = 1.75
"""A process's bytes for each byte of shares that are alive at once: messages on their way, and what an operation needs in between.

These were read off measured processes (``benchmarks/results_cost.json``), which they meet within a factor of two.
"""


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step: bytes sent by one compute party (the owner that sends most), bytes of a party's process at its peak.

    ``rounds`` depend on each other and on those of the steps before.
    """

    step: str
    program: str
    rounds: int
    traffic: int
    elements_opened: int
    memory: int
    failure: float

    @property
    def costs(self) -> StepCosts:
        """As it is told."""
        return StepCosts(self.step, self.rounds, self.traffic, self.memory, probability(self.failure))


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether there is room. ``steps`` when the data sets have all their rows, empty where that many do not fit; ``refusal`` names the
    step that has no room for tables of any size, with its own sentence.
    """

    steps: tuple[StepPlan, ...] = ()
    refusal: tuple[str, TallyError] | None = None


async def plan(
    workflow: Workflow, rows: Mapping[str, int], models: Mapping[str, bytes] | None = None
) -> tuple[StepPlan, ...]:
    """The steps' plans when the data sets have so many rows; ``models`` as at a run, for a workflow that names any."""
    check(workflow)
    run = _Plan(workflow, rows, models or {})
    await run.all()
    return tuple(run.plans)


async def fit(
    workflow: Workflow, rows: Mapping[str, int], least: Mapping[str, int], models: Mapping[str, bytes] | None = None
) -> Fit:
    """What a task takes, and whether there is room for tables of any size from ``least`` to ``rows``.

    What a program refuses for its size it refuses for every larger one, or (too few rows) for every smaller one: what it
    refuses at both ends for one reason, it refuses in between. Where only one end is refused, the run will tell.
    """
    found = await _tried(workflow, rows, models or {})
    # what is refused for a minimum group is refused for every smaller table too; at the other end it must not hide anything else
    if found.refusal is None or dict(least) == dict(rows) or found.refusal[1].code.startswith("group."):
        return found
    other = await _tried(replace(workflow, minimum_group=0), least, models or {})
    same = other.refusal is not None and other.refusal[1].code == found.refusal[1].code
    return found if same else Fit()


async def _tried(workflow: Workflow, rows: Mapping[str, int], models: Mapping[str, bytes]) -> Fit:
    check(workflow)
    run = _Plan(workflow, rows, models)
    try:
        await run.all()
    except TallyError as error:
        done = len(run.plans)
        return Fit((), (workflow.steps[min(done, len(workflow.steps) - 1)].id, error))
    failure = math.fsum(step.failure for step in run.plans)
    if failure <= FAILURE_LIMIT:
        return Fit(tuple(run.plans))
    worst = max(run.plans, key=lambda step: step.failure)
    refusal = RangeError(
        "estimate.failure",
        f"A truncation could go wrong with probability {failure:.1g}; the limit is {FAILURE_LIMIT:.1g}.",
        "Use fewer rows, fewer steps or smaller declared limits.",
    )
    return Fit((), (worst.step, refusal))


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


class _Counted(StepContext):
    async def reveal(self, name: str, array: SecureArray) -> Floats:
        """Vectors are ones, at their own scale: a step that ends when what it opens is small takes all that it may take."""
        found = await super().reveal(name, array)
        return np.ones(array.shape) if array.shape else found


class _Plan(Run):
    context_type = _Counted

    def __init__(self, workflow: Workflow, rows: Mapping[str, int], models: Mapping[str, bytes]) -> None:
        seat = workflow.seat()
        if seat.counting is None:
            raise RefusedError(
                "plan.uncounted",
                f"Nobody has counted what the protocol stack {seat.facts.name!r} sends.",
                "Take a committee of three, whose protocol stack is counted.",
            )
        self._counting = seat.counting(len({*workflow.owners} - {*workflow.committee}))
        super().__init__(MeteredSession(NoPeers(workflow)), workflow, {}, models, self._counting, bytes(32))
        self._rows = rows
        self.plans: list[StepPlan] = []

    async def step(self, step: Step) -> StepRecord:
        backend = self._counting
        rounds, before, dealt = backend.traffic.rounds, _so_far(backend), max(backend.dealt.values(), default=0)
        backend.begin()
        told, matrices = Outline({}), self._matrices(step)
        if find(step.program).rows_stay:
            told = await self._given(step)
            record = StepRecord(step.id, step.program, 0, 0, 0, ())
        else:
            record = await super().step(step)
        traffic = backend.traffic
        sent = traffic.bytes_sent - before[0] + max(backend.dealt.values(), default=0) - dealt
        self.plans.append(
            StepPlan(
                step.id, step.program, traffic.rounds - rounds + told.rounds, sent + told.traffic,
                traffic.elements_opened - before[1], self._resident(matrices), traffic.failure - before[2],
            )
        )  # fmt: skip
        return record

    def _matrices(self, step: Step) -> Counter[str] | None:
        """Cells by owner of the matrices that are there when a step begins; None where it may make copies of its own: columns that were
        standardised are shared as they are.
        """
        read = {split_source(source) for _, given in step.inputs for source in given}
        tables = [
            self._values[name][output]
            for name, output, column in read
            if output and not column and name in self._values
        ]
        ready = [value.limit is not None for value in tables if isinstance(value, Aligned)]
        if not ready or not all(ready):
            return None
        cells: Counter[str] = Counter()
        held = [value for outputs in self._values.values() for value in outputs.values()]
        for value in (each for each in held if isinstance(each, Aligned)):
            for part in value.tables:
                cells[part.owner] += value.rows * len(part.columns)
        return cells

    def _resident(self, matrices: Counter[str] | None) -> int:
        """The process of the party that holds most rows in the clear."""
        cells: Counter[str] = Counter()
        for item in self._workflow.data_sets:
            cells[item.owner] += self._rows[item.name] * len(item.columns)
        most = max(_OWN_COPIES * cells[name] if matrices is None else cells[name] + matrices[name] for name in cells)
        clear = _CELL_BYTES * most + _PACKED * max(self._packed().values(), default=0)
        return _PROCESS_BYTES + clear + round(_WORKING * self._counting.peak_memory)

    def _packed(self) -> Counter[str]:
        """Bytes of genotypes by owner: one person's are far more than a cell."""
        found: dict[str, int] = {}
        for step in self._workflow.steps:
            given, program = dict(step.inputs), find(step.program)
            for port in (port for port in program.inputs if port.values == "genotypes"):
                width = ListName(int(program.validate_params(dict(step.parameters))[port.levels]), b"").width
                found |= {name: self._rows[name] * width for name in given.get(port.name, ()) if name in self._rows}
        owners = {item.name: item.owner for item in self._workflow.data_sets}
        held: Counter[str] = Counter()
        for name, size in found.items():
            held[owners[name]] += size
        return held

    def _value(self, source: str) -> Value:
        if self._workflow.kept_kind(source) is not None and source not in self._models:
            raise RefusedError(
                "plan.kept_model", "The size of what an earlier task left is the nodes' own.", "Plan without this step."
            )
        return super()._value(source)

    async def _given(self, step: Step) -> Outline:
        context = self._context(step, find(step.program))
        found = await outline_of(step.program)(context, self._rows)
        names = self._session.names
        counts = [self._backend.share(None, (1,), names.index(owner)) for owner in found.counts]
        if counts:
            await self._backend.open(self._backend.concatenate(counts, 0), (len(counts),))
        self._made(step, found.outputs)
        self._owned |= {f"{step.id}.{name}": owned for name, owned in context.rows_of.items()}
        return found


def _so_far(backend: CountingBackend) -> tuple[int, int, float]:
    """Bytes, openings and failure so far."""
    return backend.traffic.bytes_sent, backend.traffic.elements_opened, backend.traffic.failure


def alone() -> RefusedError:
    """What a program hears that talks to peers where there are none."""
    return RefusedError(
        "plan.talks", "The program talks to peers beside its arrays.", "Give the plan this step's result instead."
    )
