"""The costs that the program reference quotes: planned at stated shapes, at the program's defaults, when the page is written."""

import asyncio
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.cost.cases import Case, at_defaults, case_of, cases
from mpc.programs.catalogue import CATALOGUE
from mpc.workflow.planning import Fit, StepPlan, fit
from protocol.contract import Parameter
from protocol.costs import MARGIN, Shape, variables_of

SHAPES: Final = ((1_000, 8, 3), (100_000, 20, 3))
"""(rows, columns, owners) at which every program is planned."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One program at one shape, in a workflow on a ``layout`` of tables: its ``plan`` and seconds, or the code that refuses it.

    ``beyond`` names what no measurement reaches; the seconds have their margin then.
    """

    layout: str
    plan: StepPlan | None
    seconds: float
    beyond: tuple[str, ...]
    refusal: str = ""


@functools.cache
def cells(program: str) -> tuple[Cell, ...]:
    """At every shape, in the first workflow of the program that has room at most of them."""
    found: list[tuple[Cell, ...]] = []
    for layout, name in _workflows(program):
        found.append(tuple(_cell(program, layout, name, shape) for shape in SHAPES))
        if all(cell.plan is not None for cell in found[-1]):
            break
    return max(found, key=lambda row: sum(cell.plan is not None for cell in row))


def _workflows(program: str) -> list[tuple[str, str]]:
    """Layouts and names of the cases that run it: of columns split before rows split, and the latest first, which has least beside it."""
    found = [case for case in cases([(60, 6, 3)]) if any(step.program == program for step in case.steps)]
    latest = [(case.layout, case.name) for case in reversed(found)]
    return sorted(latest, key=lambda key: key[0])


def _cell(program: str, layout: str, name: str, shape: tuple[int, int, int]) -> Cell:
    rows, columns, owners = shape
    size = (rows if layout == "aligned" else rows // owners, columns, owners)
    case = at_defaults(case_of((layout, name, *size)), program)
    planned = _planned(case)
    if planned.refusal is not None:
        return Cell(layout, None, 0.0, (), planned.refusal[1].code)
    at = next(i for i, step in enumerate(case.steps) if step.program == program)
    variables = _variables(case, at)
    descriptor = CATALOGUE[program].published()
    beyond = descriptor.unmeasured(variables)
    return Cell(layout, planned.steps[at], descriptor.seconds.at(variables) * (MARGIN if beyond else 1.0), beyond)


@functools.cache
def _planned(case: Case) -> Fit:
    return asyncio.run(fit(case.workflow, case.sizes, case.sizes))


def _variables(case: Case, at: int) -> Mapping[str, Parameter | float]:
    sets = {
        item.name: Shape(case.rows, len(item.columns), "table", frozenset({item.owner}))
        for item in case.workflow.data_sets
    }
    programs = {step.program: CATALOGUE[step.program].published() for step in case.steps}
    return variables_of(case.steps, sets, programs)[at][1]
