"""Whether a task fits an owner's columns and the programs' room for its tables: what preflight asks of public facts, asked of
the node's own declared schema and of its own programs, before anybody signs and again before any input.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from mpc import plan
from protocol import columns
from protocol.contract import TaskContract
from protocol.errors import TallyError
from protocol.plans import PlannedCosts
from protocol.programs import ProgramDescriptor
from workers.sources.schema import Schema

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Room:
    """``costs`` of the whole task, None where no plan tells; the ``step`` that does not fit, with its ``refusal``."""

    costs: PlannedCosts | None = None
    step: str = ""
    refusal: TallyError | None = None


def column_findings(
    contract: TaskContract, own: Mapping[str, Schema], programs: Mapping[str, ProgramDescriptor]
) -> tuple[columns.ColumnFinding, ...]:
    """What the owner's columns cannot be, by its whole schemas (by data set) and by what is said of each program."""
    described = {name: tuple(column.described(whole=True) for column in schema.columns) for name, schema in own.items()}
    return columns.examine(contract.inputs, contract.steps, described, programs)


def room(contract: TaskContract, rows: Mapping[str, int], models: Mapping[str, bytes], memory: int) -> Room:
    """What the installed programs' plan says of tables with so many rows at a node that has ``memory`` bytes for a run; ``models``
    are the node's parts of what the task reads from earlier ones. What no plan can know is left to the run.
    """
    try:
        found = plan.fits(contract, rows, models)
    except TallyError as error:
        _log.info("plan.unknown", code=error.code)
        return Room()
    except Exception:  # noqa: BLE001 - a program that fails on shapes says nothing: the run will tell
        _log.warning("plan.failed", exc_info=True)
        return Room()
    if found.refusal is not None:
        return Room(None, *found.refusal)
    steps = tuple(step.costs for step in found.steps)
    costs = PlannedCosts.of(steps) if steps else None
    for step in steps:
        if (error := PlannedCosts.of((step,)).beyond(memory)) is not None:
            return Room(costs, step.step, error)
    return Room(costs)
