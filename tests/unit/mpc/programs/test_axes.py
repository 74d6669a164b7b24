"""Every number of every output that a contract can give away has names, and they are those of the run's own columns."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.cost.cases import Case, cases
from mpc.arrays.interface import SecureArray
from mpc.programs import axes
from mpc.programs.catalogue import CATALOGUE
from mpc.workflow import planning
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.values import Aligned, SharedTable, Stacked
from protocol.axes import KINDS
from protocol.contract import Step
from protocol.errors import TallyError
from protocol.sources import SHARES

ALL = [*cases([(120, 6, 2)]), *cases([(120, 6, 3)], ["federated"])]


def values(case: Case) -> dict[str, dict[str, Any]]:
    """What each step gives when every output is asked for, on shapes alone: from the programs' own code."""
    if case.key in FOUND:
        return FOUND[case.key]
    outputs = [
        f"{step.id}.{port.name}"
        for step in case.steps
        for port in CATALOGUE[step.program].outputs
        if port.kind == SHARES
    ]
    # some need a table of another kind: those stay out
    for name in ["", *outputs]:
        wanted = tuple(sorted({*case.outputs, *([name] if name else outputs)}))
        run = planning._Plan(replace(case.workflow, outputs=wanted), case.sizes, {})
        try:
            asyncio.run(run.all())
        except TallyError:
            continue
        FOUND.setdefault(case.key, {})
        for step, found in run._values.items():
            FOUND[case.key].setdefault(step, {}).update(found)
        if not name:
            break
    return FOUND[case.key]


FOUND: dict[Any, dict[str, dict[str, Any]]] = {}


def test_every_output_of_every_program_has_its_axes() -> None:
    given = {
        (program.partition("@")[0], output.name)
        for program, found in CATALOGUE.items()
        for output in found.outputs
        if output.kind == SHARES
    }
    assert given == set(axes.OUTPUTS)


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.layout}-{case.name}")
def test_names_are_as_many_as_numbers_and_those_of_the_run(case: Case) -> None:
    found = values(case)
    for step_id, outputs in found.items():
        for name, value in outputs.items():
            source = f"{step_id}.{name}"
            if isinstance(value, SecureArray):
                made = axes.axes(case.workflow, source, value.shape)
                assert len(made) == len(value.shape)
                for axis, size in zip(made, value.shape, strict=True):
                    assert axis.of in KINDS
                    assert axis.of != "place", source
                    assert len(axis.names) == len(set(axis.names)) == size
                    known = all("select" not in step.program for step in case.steps)
                    assert axis.of != "column" or not known or not axis.names[0].isdigit(), (source, axis)
            elif isinstance(value, Aligned | Stacked | SharedTable) and "select" not in source:
                try:
                    names = axes.columns_of(case.workflow, source)
                except axes._UnknownError:
                    assert any("select" in step.program for step in case.steps), source
                    continue
                assert [it.rpartition(".")[2] for it in names] == [it.rpartition(".")[2] for it in own(value)]
                if isinstance(value, Aligned):
                    assert names == own(value)


def test_every_output_was_looked_at() -> None:
    """Runs after the cases, whose programs gave these."""
    seen = {
        (next(it.program for it in case.steps if it.id == step).partition("@")[0], output)
        for case in ALL
        for step, outputs in values(case).items()
        for output in outputs
    }
    assert set(axes.OUTPUTS) <= seen


def own(value: Aligned | Stacked | SharedTable) -> tuple[str, ...]:
    if isinstance(value, Aligned):
        return tuple(f"{table.owner}.{column}" for table in value.tables for column in table.columns)
    return value.columns


def test_what_is_not_known_is_counted() -> None:
    table = "loans-" + "a" * 32
    step = Step("fit", "other.program@9.0.0", (), (("tables", (table,)),))
    workflow = Workflow(("a", "b", "c"), (DataSet(table, "a", ("x",)),), (step,), ("fit.result",))
    (axis,) = axes.named(workflow, "fit.result", (2,))
    assert axis == axes.Axis("place", ("1", "2"))
    assert axes.named(workflow, "gone.result", (1, 1)) == (axes.Axis("place", ("1",)),) * 2
