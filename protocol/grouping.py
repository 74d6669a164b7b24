"""Two tables of one task over the same people, each by other groups: their cells can differ by a few, whatever either hides.

Groups of one column may lie inside groups of another (wards in hospitals, towns in provinces): what a hidden group has is then what the
larger one has less the others. No table sees the other, so where a minimum group is agreed only one step of a task may give readers figures
by the values of columns. Several tasks are counted for the owner instead (docs/adr/0071).
"""

from collections.abc import Mapping, Sequence
from typing import Final

from protocol.contract import Step
from protocol.programs import ProgramDescriptor, Words
from protocol.sources import split_source

CODE: Final = "group.two_tables"
_BY_VALUES: Final = ("genotypes", "keyed", "levels")
"""What columns hold by whose values people are counted."""
FIX: Final = Words(
    "Ask for one of them in this task (a crosstab has both columns), and for the other in a task of its own.",
    "本任务只请求其中一个（列联表可同时含两列），另一个请另立任务。",
)


def by_groups(
    steps: Sequence[Step], outputs: Sequence[str], programs: Mapping[str, ProgramDescriptor], minimum_group: int
) -> tuple[str, ...]:
    """The steps of a task that give readers figures by the values of columns, where there are several that may not; else none.

    ``outputs`` names what is read (``step.output``); programs that are not described are passed over.
    """
    read = {split_source(source)[:2] for source in outputs}
    found = tuple(step.id for step in steps if step.program in programs and _groups(step, programs[step.program], read))
    return found if minimum_group > 1 and len(found) > 1 else ()


def what(steps: Sequence[str]) -> Words:
    """That these steps give figures by groups of the same people."""
    return Words(
        f"Steps {', '.join(steps)} each give figures by groups: of the same people they could differ by fewer than the minimum group.",
        f"步骤 {'、'.join(steps)} 均按组输出数字：对相同的人，两者之差可能少于最小分组。",
    )


def _groups(step: Step, descriptor: ProgramDescriptor, read: set[tuple[str, str]]) -> bool:
    by_values = any(port.values in _BY_VALUES for port in descriptor.inputs)
    by_values = by_values or any(spec.kind == "sql" for spec in descriptor.parameters)  # its text groups and filters
    return by_values and any(port.support == "cells" and (step.id, port.name) in read for port in descriptor.outputs)
