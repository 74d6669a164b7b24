"""Runs a workflow as one party of a session, in the MPC child process.

Values pass from step to step as shares, or as private tables that stay with their owner. Only the outputs that the workflow
names leave, as this party's share of each, freshly reshared.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from mpc import faults
from mpc.arrays.interface import SecureArray
from mpc.backends.choice import RELEASED, Registry, opened
from mpc.backends.seat import RunningBackend
from mpc.programs.catalogue import find, implementation
from mpc.session import MeteredSession, Session
from mpc.workflow.context import StepContext
from mpc.workflow.digest import engine_digest
from mpc.workflow.graph import Workflow, check, not_kept
from mpc.workflow.kept import arrays_of, dump, load
from mpc.workflow.program import Program
from mpc.workflow.values import Aligned, Owned, PrivateTable, SharedTable, Source, Stacked, Value, kind_of
from protocol.contract import Step
from protocol.errors import RefusedError, UnavailableError
from protocol.sources import split_source
from protocol.statements import MpcParameters


@dataclass(frozen=True, slots=True)
class OutputShares:
    """One party's shares of one named output: 13 bytes little-endian per element, C order, canonical."""

    name: str
    shape: tuple[int, ...]
    fraction_bits: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What happened in one step, for evidence: no secret values."""

    step: str
    program: str
    milliseconds: int
    bytes_sent: int
    elements_opened: int
    disclosed: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class WorkflowResult:
    """What leaves the runner: no outputs at an owner outside the committee, which holds no shares.

    ``mpc`` is what the committee computed with, ``engine`` the digest of the engine here. ``alignment`` is private to its party: its own ids in the order of the
    aligned rows, empty where it aligned nothing. An owner learns it by the declared disclosure "which of its own rows matched".
    """

    outputs: tuple[OutputShares, ...]
    steps: tuple[StepRecord, ...]
    mpc: MpcParameters
    engine: bytes
    alignment: tuple[str, ...] = field(default=(), repr=False)
    kept: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    """(``step.output``, this party's part) of everything that the contract leaves at the nodes."""


async def run_workflow(
    session: Session,
    workflow: Workflow,
    tables: Mapping[str, PrivateTable],
    *,
    deadline: float,
    models: Mapping[str, bytes] | None = None,
    registry: Registry = RELEASED,
) -> WorkflowResult:
    """Run all steps; ``tables`` holds this party's own data sets, ``deadline`` the seconds it may take.

    ``models`` holds this party's part of all that the workflow names and an earlier task left.

    Raises the program's :class:`~protocol.errors.TallyError`, or ``workflow.deadline``; never waits longer.
    """
    check(workflow, registry)
    if faults.noticing():  # I12: at a run a fault of the rows is raised, never kept
        raise RefusedError("workflow.dry", "A dry run is being made here.", "Report this.")
    if tuple(session.committee) != workflow.committee:
        raise RefusedError(
            "workflow.committee",
            "The session's committee is not the contract's.",
            "Start the session from the contract.",
        )
    backend = opened(workflow.seat(registry), session)
    metered = MeteredSession(session)
    try:
        async with asyncio.timeout(deadline):
            return await Run(metered, workflow, tables, models or {}, backend, engine_digest()).all()
    except TimeoutError as error:
        raise UnavailableError(
            "workflow.deadline",
            f"The workflow did not end within {deadline:g} s.",
            "Start a new task with a later deadline, or on fewer rows.",
        ) from error
    finally:
        await backend.cancel()


class Run:
    """One party's run of all steps on a backend; :mod:`mpc.workflow.planning` runs it on shapes alone."""

    context_type: ClassVar[type[StepContext]] = StepContext

    def __init__(
        self,
        session: MeteredSession,
        workflow: Workflow,
        tables: Mapping[str, PrivateTable],
        models: Mapping[str, bytes],
        backend: RunningBackend,
        engine: bytes,
    ) -> None:
        self._session, self._workflow, self._tables, self._backend = session, workflow, tables, backend
        self._models = models
        self._engine = engine
        self._values: dict[str, dict[str, Value]] = {}
        self._ids: dict[str, tuple[str, ...]] = {}
        self._owned: dict[str, Owned | None] = {}

    async def all(self) -> WorkflowResult:
        """All steps in order, then the outputs."""
        records = [await self.step(step) for step in self._workflow.steps]
        outputs = [await self._export(name) for name in self._workflow.outputs]
        kept = [(name, await dump(self._backend, self._staying(name))) for name in self._workflow.keeps]
        await self._backend.idle()
        computed = self._session.pid < len(self._session.committee)
        return WorkflowResult(
            outputs=tuple(outputs) if computed else (),
            steps=tuple(records),
            mpc=self._backend.parameters,
            engine=self._engine,
            alignment=self._alignment(),
            kept=tuple(kept),
        )

    def _alignment(self) -> tuple[str, ...]:
        """Own ids in the order of the rows that results are about: the last order of all, none where a task ends in several."""
        made: dict[str, tuple[str, ...]] = {}
        for step in self._workflow.steps:
            ids = self._ids.get(step.id)
            if ids is not None:
                for read in {split_source(source)[0] for _, sources in step.inputs for source in sources}:
                    made.pop(read, None)
                made[step.id] = ids
        orders = set(made.values())
        return orders.pop() if len(orders) == 1 else ()

    async def step(self, step: Step) -> StepRecord:
        """One step; its outputs are kept for later ones."""
        program, traffic = find(step.program), self._backend.traffic
        started, sent, opened = time.monotonic(), self._sent(), traffic.elements_opened
        context = self._context(step, program)
        context.progress(*context.reached)
        values = await implementation(program.program)(context)
        for value in values.values():
            for array in arrays_of(value).values():
                await array.settled()
        self._made(step, _declared(program, values))
        self._owned |= {f"{step.id}.{name}": owned for name, owned in context.rows_of.items()}
        if context.reached[0] != context.reached[1]:
            context.progress(context.reached[1], context.reached[1])
        return StepRecord(
            step=step.id,
            program=step.program,
            milliseconds=round(1000 * (time.monotonic() - started)),
            bytes_sent=self._sent() - sent,
            elements_opened=traffic.elements_opened - opened,
            disclosed=tuple(sorted(context.disclosed.items())),
        )

    def _made(self, step: Step, values: dict[str, Value]) -> None:
        """Keep what later steps read or what leaves, and forget the rest: a table is there once, not in every form that it had."""
        self._values[step.id] = values
        ids = next((each.ids for each in values.values() if isinstance(each, Aligned) and each.ids is not None), None)
        if ids is not None:
            self._ids[step.id] = ids
        later = self._workflow.steps[self._workflow.steps.index(step) + 1 :]
        sources = [source for each in later for _, named in each.inputs for source in named]
        read: dict[tuple[str, str], set[str]] = {}
        for name in (*sources, *self._workflow.outputs, *self._workflow.keeps):
            made, output, column = split_source(name)
            read.setdefault((made, output), set()).add(column.rpartition(".")[2])
        for name, outputs in self._values.items():
            still = {output: value for output, value in outputs.items() if (name, output) in read}
            self._values[name] = {output: _needed(value, read[name, output]) for output, value in still.items()}

    def _context(self, step: Step, program: Program) -> StepContext:
        return self.context_type(
            session=self._session,
            backend=self._backend,
            program=program,
            step=step.id,
            parameters=program.validate_params(dict(step.parameters)),
            inputs=self._inputs(step, program),
            wanted=self._workflow.wanted(step.id),
            minimum_group=self._workflow.minimum_group,
            readers=frozenset(self._workflow.readers),
            owned={name: self._owner_of(sources[0]) for name, sources in step.inputs if sources},
        )

    def _owner_of(self, source: str) -> Owned | None:
        """Whose rows a secret array has; None where an earlier task left it, or no program said."""
        step, output, column = split_source(source)
        value = self._values.get(step, {}).get(output)
        if isinstance(value, SharedTable) and column:
            return value.owned
        return self._owned.get(source)

    def _sent(self) -> int:
        return self._backend.traffic.bytes_sent + self._session.bytes_sent

    def _inputs(self, step: Step, program: Program) -> dict[str, tuple[Value, ...]]:
        given = dict(step.inputs)
        return {port.name: tuple(map(self._value, given.get(port.name, ()))) for port in program.inputs}

    def _value(self, source: str) -> Value:
        data_set = self._workflow.data_set(source)
        if data_set is not None:
            return Source(data_set.name, data_set.owner, data_set.columns, self._tables.get(data_set.name))
        kept = self._workflow.kept_kind(source)
        if kept is not None:
            return load(self._backend, self._models[source], kept)
        step, output, column = split_source(source)
        value = self._values[step][output]
        return value.column(column) if column and isinstance(value, (Aligned, Stacked, SharedTable)) else value

    def _staying(self, name: str) -> Value:
        step, output, _ = split_source(name)
        value = self._values[step].get(output)
        if value is None or not arrays_of(value):
            raise not_kept(name)
        return value

    async def _export(self, name: str) -> OutputShares:
        step, output, _ = split_source(name)
        value = self._values[step].get(output)
        if not isinstance(value, SecureArray):
            raise RefusedError(
                "workflow.private_output",
                f"{name!r} is not made of shares and never leaves its owner.",
                "Name outputs that are shares.",
            )
        data = await self._backend.export(value.shares, value.shape)
        return OutputShares(name, value.shape, value.fraction_bits, data)


def _needed(value: Value, columns: set[str]) -> Value:
    """Of aligned tables the columns that are still read; "" stands for all."""
    return value.narrowed(columns) if isinstance(value, Aligned) and "" not in columns else value


def _declared(program: Program, values: dict[str, Value]) -> dict[str, Value]:
    """Only declared outputs of the declared kind pass on."""
    kinds = {port.name: port.kind for port in program.outputs}
    for name, value in values.items():
        if kinds.get(name) != kind_of(value):
            raise RefusedError(
                "program.undeclared_output",
                f"{program.program} returned {name!r}, which it does not declare.",
                "Correct the program's description.",
            )
    return values
