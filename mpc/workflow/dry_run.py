"""A workflow tried by one owner alone, over its own rows: everything that would stop the run because of them, at once.

The programs themselves run, on shapes: the owner's rows are there as at a run, nobody is reached and nothing is sent.
What they would refuse is kept (:mod:`mpc.faults`), so this cannot fall behind them.

What only the peers' rows decide is assumed: all of this owner's rows match, and what is opened is 0, or 1 where it is a bit.
Alignment and stacking put rows into a random order, and training rows are the first of them: several orders are drawn. A
finding of some of them only is ``drawn``: it depends on chance whether the run stops.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpc import faults
from mpc.arrays.backend import Traffic
from mpc.arrays.fixedpoint import Integers
from mpc.arrays.headroom import Headroom
from mpc.arrays.interface import SecureArray
from mpc.backends.ghost import Shape, ShapeArithmetic
from mpc.programs.catalogue import alone_of, find
from mpc.session import MeteredSession
from mpc.workflow.context import StepContext
from mpc.workflow.digest import engine_digest
from mpc.workflow.graph import Workflow, check
from mpc.workflow.planning import NoPeers, alone
from mpc.workflow.runner import Run, StepRecord
from mpc.workflow.values import Floats, PrivateTable
from protocol.backends import BackendFacts
from protocol.contract import Step
from protocol.data_faults import RULES, DataFault
from protocol.errors import Detail, TallyError
from protocol.statements import MpcParameters

ORDERS: Final = 4
"""Orders that are drawn."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with this owner's rows for a step, or (``notice``) what the step does with them unasked.

    ``columns`` are the owner's; ``rows`` counts its rows, the most of all orders; None where it is a matter of all.
    """

    code: str
    step: str
    data_sets: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int | None
    notice: bool
    drawn: bool
    what: str
    fix: str
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DryRun:
    """``findings`` in the order of the steps; ``untried`` steps stand behind one that could not be completed."""

    findings: tuple[Finding, ...]
    untried: tuple[str, ...]


async def dry_run(
    workflow: Workflow,
    me: str,
    tables: Mapping[str, PrivateTable],
    rows: Mapping[str, int],
    models: Mapping[str, bytes] | None = None,
    *,
    seed: int = 0,
) -> DryRun:
    """Try every step that reads this owner's rows; ``rows`` says how many every data set has, by what is registered.

    ``models`` holds this party's part of what an earlier task left, as :func:`~mpc.workflow.runner.run_workflow` takes it.
    """
    check(workflow)
    found: dict[tuple[str, str, tuple[str, ...]], list[Finding]] = {}
    untried: dict[str, None] = {}
    for draw in range(ORDERS):
        run = _Dry(workflow, me, tables, rows, models or {}, seed=seed * ORDERS + draw)
        with faults.kept(run):
            await run.all_steps()
        untried |= dict.fromkeys(run.untried)
        for key, finding in run.found.items():
            found.setdefault(key, []).append(finding)
    merged = [_merged(items) for items in found.values()]
    places = {step.id: at for at, step in enumerate(workflow.steps)}
    return DryRun(tuple(sorted(merged, key=lambda item: places[item.step])), tuple(untried))


def _merged(items: list[Finding]) -> Finding:
    most = max(items, key=lambda item: -1 if item.rows is None else item.rows)
    return Finding(
        most.code, most.step, most.data_sets, most.columns, most.rows, most.notice, len(items) < ORDERS, most.what,
        most.fix, most.details,
    )  # fmt: skip


class _Shapes(ShapeArithmetic):
    """The owner's end of the arrays without any peer: what it deals is checked and goes nowhere."""

    def __init__(self, facts: BackendFacts, headroom: Headroom) -> None:
        super().__init__(headroom)
        self.facts = facts
        self.traffic = Traffic()

    @property
    def parameters(self) -> MpcParameters:
        raise alone()

    def share(self, values: Integers | None, shape: Shape, owner: int) -> Shape:
        del values, owner
        return shape

    async def settle(self, a: Shape) -> None:
        del a

    async def open(self, a: Shape, shape: Shape) -> Integers:
        del a
        return np.zeros(shape, dtype=np.int64)

    async def export(self, a: Shape, shape: Shape) -> bytes:
        del a, shape
        return b""

    def restore(self, data: bytes, shape: Shape) -> Shape:
        del data
        return shape

    async def idle(self) -> None:
        """Nothing is on its way."""

    async def cancel(self) -> None:
        """Nothing is on its way."""


class _Context(StepContext):
    """Opens nothing: bits count as 1 (every column is kept), everything else as 0."""

    async def reveal(self, name: str, array: SecureArray) -> Floats:
        self._require_declared(name)
        return np.full(array.shape, 1.0 if array.is_bits and array.shape else 0.0)


class _Dry(Run):
    context_type = _Context

    def __init__(
        self,
        workflow: Workflow,
        me: str,
        tables: Mapping[str, PrivateTable],
        rows: Mapping[str, int],
        models: Mapping[str, bytes],
        *,
        seed: int,
    ) -> None:
        session = NoPeers(workflow, me)
        seat = workflow.seat()
        backend = _Shapes(seat.facts, seat.outside(session).headroom)
        super().__init__(MeteredSession(session), workflow, tables, models, backend, engine_digest())
        self._rows, self._random = rows, np.random.default_rng(seed)
        self._reads: dict[str, frozenset[str]] = {}
        self._broken: set[tuple[str, str]] = set()
        self._step = ""
        self._last: Step | None = None
        self.found: dict[tuple[str, str, tuple[str, ...]], Finding] = {}
        self.untried: list[str] = []

    async def all_steps(self) -> None:
        for step in self._workflow.steps:
            self._step, self._reads[step.id] = step.id, self._reached(step)
            if not self._reads[step.id]:
                if not await self._tried(step):
                    self.untried.append(step.id)
            elif not self._there(step) or not await self._tried(step):
                self.untried.append(step.id)

    async def _tried(self, step: Step) -> bool:
        try:
            await self.step(step)
        except TallyError as error:
            self.keep(error)
            return False
        except Exception as error:  # noqa: BLE001 - our slip must not keep an owner from signing; its words may hold values
            self.keep(DataFault("step.untried", error=type(error).__name__))
            return False
        return True

    def _there(self, step: Step) -> bool:
        """Whether every earlier step that this one reads was completed, and the kept models are there."""
        sources = [source for _, given in step.inputs for source in given]
        kept = {source for source in sources if self._workflow.kept_kind(source) is not None}
        return not {source.split(".", 1)[0] for source in sources} & set(self.untried) and kept <= self._models.keys()

    def _reached(self, step: Step) -> frozenset[str]:
        """Own data sets that the step reads, through earlier steps too."""
        found: set[str] = set()
        for _, sources in step.inputs:
            for source in sources:
                found |= {source} if source in self._tables else self._reads.get(source.split(".", 1)[0], frozenset())
        return frozenset(found)

    async def step(self, step: Step) -> StepRecord:
        if not find(step.program).rows_stay:
            return await super().step(step)
        context = self._context(step, find(step.program))
        rows = {name: self._rows.get(name, 1) for name in (item.name for item in self._workflow.data_sets)}
        self._made(step, alone_of(step.program)(context, rows, self._order))
        self._owned |= {f"{step.id}.{name}": owned for name, owned in context.rows_of.items()}
        return StepRecord(step.id, step.program, 0, 0, 0, ())

    def _order(self, rows: int) -> NDArray[np.int64]:
        return self._random.permutation(rows).astype(np.int64)

    def keep(self, fault: TallyError) -> None:
        """The first fault of a column in a step: what follows in the same step follows from it."""
        named = fault.details.get("columns")
        columns = tuple(map(str, named)) if isinstance(named, list) else ()
        plain = tuple(dict.fromkeys(name.split("[", 1)[0] for name in columns))
        rule = RULES.get(fault.code)
        notice = rule is not None and rule.notice
        at_step = {key for key in self._broken if key[0] == self._step}
        if not notice:
            if at_step and (not plain or all((self._step, name) in self._broken for name in plain)):
                return
            if fault.code == "input.kind":  # no number in it: nothing that is said of its numbers later says more
                self._broken |= {(step.id, name) for step in self._workflow.steps for name in plain}
            self._broken |= {(self._step, name) for name in plain or ("",)}
        elif plain and all((self._step, name) in self._broken for name in plain):
            return
        rows = fault.details.get("rows")
        self.found[fault.code, self._step, plain] = Finding(
            fault.code, self._step, self._sets(plain), plain, rows if isinstance(rows, int) else None, notice, False,
            fault.what, fault.fix, fault.details,
        )  # fmt: skip

    def _sets(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Own data sets that the step reads, those that have one of the columns if any are named."""
        reads = sorted(self._reads[self._step])
        plain = {name.rpartition(".")[2] for name in columns}
        having = [name for name in reads if plain & set(self._columns(name))]
        return tuple(having or reads)

    def _columns(self, data_set: str) -> tuple[str, ...]:
        found = self._workflow.data_set(data_set)
        return () if found is None else found.columns
