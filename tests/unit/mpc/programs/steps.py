"""One program with all parties in one process, on either backend: public tables in, opened outputs out."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mpc.arrays.interface import SecureArray
from mpc.backends.choice import opened as opened_seat
from mpc.programs.catalogue import find, implementation
from mpc.workflow.context import StepContext
from mpc.workflow.kept import arrays_of
from mpc.workflow.values import (
    Aligned,
    AlignedTable,
    Label,
    Owned,
    Stacked,
    StackedTable,
    Value,
)
from tests.unit.mpc.simulation import SEATS, FakeSession, Wire, opened, run_sessions

PARTIES = ("bank", "neutral", "shop")
BY_NAME = frozenset({"standard_errors", "intercept_error", "spread", "vif"})
"""Outputs that only some parameters allow, or that cost more than all others: not among all those that are asked for where none is named."""


@dataclass
class Outcome:
    """What opening every output gives, what was disclosed, and the tables that stay with their owners."""

    opened: dict[str, Any] = field(default_factory=dict)
    disclosed: dict[str, int] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    elements_opened: int = 0


def aligned(me: str, tables: Mapping[str, tuple[Sequence[str], Any]], train_rows: int | None = None) -> Aligned:
    """``tables``: owner -> (columns, rows)."""
    rows = len(next(iter(tables.values()))[1])
    parts = tuple(
        AlignedTable(f"{owner}-set", owner, tuple(columns), np.asarray(values, float) if owner == me else None)
        for owner, (columns, values) in tables.items()
    )
    return Aligned(rows, parts, train_rows)


def stacked(me: str, columns: Sequence[str], tables: Mapping[str, Any]) -> Stacked:
    """``tables``: owner -> rows."""
    parts = tuple(
        StackedTable(f"{owner}-set", owner, len(values), np.asarray(values, float) if owner == me else None)
        for owner, values in tables.items()
    )
    return Stacked(tuple(columns), parts)


def label(me: str, owner: str, values: Any, column: str = "y") -> Label:
    return Label(owner, f"{owner}-set", column, len(values), np.asarray(values, float) if owner == me else None)


def _secret(value: Value) -> Value:
    """The array of a value that is made of one."""
    arrays = list(arrays_of(value).values())
    return arrays[0] if len(arrays) == 1 else value


def run_step(
    program: str,
    inputs: Any,
    parameters: Mapping[str, Any] | None = None,
    *,
    wanted: Sequence[str] | None = None,
    minimum_group: int = 0,
    readers: tuple[str, ...] = (),
    owned: Mapping[str, Owned | None] | None = None,
    backend: str = "fast",
    parties: tuple[str, ...] = PARTIES,
    outside: int = 0,
    wire: Wire | None = None,
) -> Outcome:
    """The last ``outside`` of ``parties`` own data but do not compute. ``inputs(me, backend)`` gives a party's inputs by port; the first party's outcome, all being equal, or its error."""
    found = find(program)
    run = implementation(program)
    outputs = wanted if wanted is not None else [port.name for port in found.outputs if port.name not in BY_NAME]

    async def party(session: FakeSession) -> Outcome:
        stack: Any = opened_seat(SEATS[backend], session)  # type: ignore[arg-type]
        me = session.names[session.pid]
        context = StepContext(
            session=session,
            backend=stack,
            program=found,
            step="step",
            parameters=found.validate_params(dict(parameters or {})),
            inputs={port.name: () for port in found.inputs} | inputs(me, stack),
            wanted=frozenset(outputs),
            minimum_group=minimum_group,
            readers=frozenset(readers),
            owned=dict(owned or {}),
        )
        try:
            values = await run(context)
            outcome = Outcome(disclosed=context.disclosed, values=values, elements_opened=stack.traffic.elements_opened)
            assert set(values) <= {port.name for port in found.outputs}
            for key in sorted(values):
                value = values[key]
                array = _secret(value)
                if isinstance(array, SecureArray):
                    await array.settled()
                    shown = await opened(array)
                    assert np.abs(shown).max(initial=0) <= array.limit
                    outcome.opened[key] = shown
            return outcome
        finally:
            await stack.cancel()

    results = run_sessions(parties, party, wire=wire, outside=outside, threshold=(len(parties) - outside - 1) // 2)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, asyncio.CancelledError):
            raise result
    first = results[0]
    assert isinstance(first, Outcome)
    for other in results[1:]:
        for key, value in first.opened.items():
            assert np.array_equal(value, other.opened[key])
    return first
