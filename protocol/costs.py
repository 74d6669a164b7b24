"""How long a whole workflow takes, from its programs' published formulas: shapes are followed from the data sets through the steps.
What it sends and holds, and how sure it is, a plan counts (:mod:`protocol.plans`).

Every formula is evaluated at the shape that its step works on: one below the other rows add up and columns stay, side by side
columns add up and rows are at most the smallest table's. What is not known before the run (how many ids match, how many
columns are selected) is bounded from above.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from protocol.contract import Parameter, Step, TaskContract
from protocol.errors import TallyError
from protocol.limits import LIMITS
from protocol.programs import CostModel, ProgramDescriptor
from protocol.recipes import Recipe

_TABLES: Final = ("aligned", "stacked", "shared")
MARGIN: Final = 2.0
"""What the seconds of a step count for whose shape or parameters are beyond what its formula was measured at."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A value's public size. ``layout`` is a port kind; ``trains`` the part of the rows that trains; ``owners`` bring them."""

    rows: int
    columns: int
    layout: str
    owners: frozenset[str]
    trains: float = 1.0


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds in all. ``beyond`` names what no measurement reaches, as ``step.rows``: such steps count :data:`MARGIN` times."""

    seconds: float
    beyond: tuple[str, ...] = ()


def of_contract(contract: TaskContract, rows: Mapping[str, int], programs: Mapping[str, ProgramDescriptor]) -> Duration:
    """How long a task takes whose data sets have so many rows; steps of unknown programs count as nothing."""
    sets = {
        item.data_set: Shape(
            min(rows.get(item.data_set, 0), LIMITS.psi_ids), len(item.columns), "table", frozenset({item.owner})
        )
        for item in contract.inputs
    }
    return of_steps(contract.steps, sets, programs)


def of_steps(steps: Sequence[Step], sets: Mapping[str, Shape], programs: Mapping[str, ProgramDescriptor]) -> Duration:
    """Seconds add up, with the margin where they are extrapolated."""
    seconds, beyond = 0.0, list[str]()
    for step, variables in variables_of(steps, sets, programs):
        descriptor = programs[step.program]
        outside = descriptor.unmeasured(variables)
        beyond += [f"{step.id}.{name}" for name in outside]
        seconds += _at(descriptor.seconds, variables) * (MARGIN if outside else 1.0)
    return Duration(seconds, tuple(beyond))


def variables_of(
    steps: Sequence[Step], sets: Mapping[str, Shape], programs: Mapping[str, ProgramDescriptor]
) -> list[tuple[Step, dict[str, Parameter | float]]]:
    """Each step with what its formulas are evaluated at; a step whose inputs are unknown sees an empty table."""
    outputs: dict[str, dict[str, Shape]] = {}
    found: list[tuple[Step, dict[str, Parameter | float]]] = []
    for step in steps:
        descriptor = programs.get(step.program)
        if descriptor is None:
            continue
        kinds = {port.name: port.kind for port in descriptor.outputs}
        inputs = [
            shape for _, sources in step.inputs for source in sources if (shape := _source(source, sets, outputs))
        ]
        work = _together(inputs, kinds)
        given = {**{spec.name: spec.default for spec in descriptor.parameters}, **dict(step.parameters)}
        outputs[step.id] = {name: _output(work, kind, given) for name, kind in kinds.items()}
        found.append(
            (step, descriptor.cost_variables(work.rows, work.columns, len(work.owners), step.parameters, work.layout))
        )
    return found


def _source(source: str, sets: Mapping[str, Shape], outputs: Mapping[str, Mapping[str, Shape]]) -> Shape | None:
    if source in sets:
        return sets[source]
    step, _, rest = source.partition(".")
    output, _, column = rest.partition(".")
    found = outputs.get(step, {}).get(output)
    return replace(found, columns=1) if found is not None and column else found


def _together(inputs: Sequence[Shape], kinds: Mapping[str, str]) -> Shape:
    """What a step works on: tables that become one, or else its largest input."""
    owners = frozenset(owner for shape in inputs for owner in shape.owners)
    tables = [shape for shape in inputs if shape.layout == "table"]
    if tables and "stacked" in kinds.values():
        return Shape(sum(shape.rows for shape in tables), max(shape.columns for shape in tables), "table", owners)
    if tables:
        return Shape(max(shape.rows for shape in tables), sum(shape.columns for shape in tables), "table", owners)
    largest = max(
        inputs,
        key=lambda shape: (shape.layout in _TABLES, shape.columns, shape.rows),
        default=Shape(0, 0, "shares", owners),
    )
    return replace(largest, owners=owners, trains=min((shape.trains for shape in inputs), default=1.0))


def _output(work: Shape, kind: str, given: Mapping[str, Parameter]) -> Shape:
    trains = min(work.trains, _number(given.get("train_fraction"), 1.0))
    columns = work.columns
    if given.get("output") == "one-hot":
        columns *= round(_number(given.get("bins"), 1))
    if "recipe" in given:
        columns += _more(str(given["recipe"]))
    if "keep" in given:
        columns = min(columns, round(_number(given["keep"], columns)))
    if kind == "shares":  # scores and labels are of the rows that did not train
        rows = work.rows if trains >= 1 else work.rows - math.floor(work.rows * trains)
        return Shape(rows, columns, kind, work.owners, trains)
    return Shape(work.rows, columns, kind, work.owners, trains)


def _more(text: str) -> int:
    """How many columns more a recipe makes; one that cannot be read is a problem of its own."""
    try:
        return sum(len(part.names) - 1 for part in Recipe.parse(text).parts)
    except TallyError:
        return 0


def _number(value: Parameter | None, default: float) -> float:
    try:
        return default if value is None else float(value)
    except ValueError:
        return default


def _at(model: CostModel, variables: Mapping[str, Parameter | float]) -> float:
    """A cost; one that depends on a parameter which is wrong (a problem of its own) counts as nothing."""
    try:
        return model.at(variables)
    except (TallyError, ValueError):
        return 0.0
    except OverflowError:
        return math.inf
