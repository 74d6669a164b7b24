"""Whether a task fits an owner's columns and the programs' room for its tables: what preflight asks of public facts, asked of
the node's own declared schema, before anybody signs and again before any input.
"""

import sys
from collections.abc import Mapping

from chain.asking import ask
from mpc.programs.catalogue import code_digest
from protocol import columns
from protocol.contract import TaskContract
from protocol.errors import TallyError
from protocol.plans import SECONDS, PlanAnswer, PlanQuestion, unknown
from protocol.programs import ProgramDescriptor
from workers.sources.schema import Schema


def column_findings(
    contract: TaskContract, own: Mapping[str, Schema], programs: Mapping[str, ProgramDescriptor]
) -> tuple[columns.ColumnFinding, ...]:
    """What the owner's columns cannot be, by its whole schemas (by data set) and by what is said of each program."""
    described = {name: tuple(column.described(whole=True) for column in schema.columns) for name, schema in own.items()}
    return columns.examine(contract.inputs, contract.steps, described, programs)


def planned(contract: TaskContract, rows: Mapping[str, int]) -> PlanAnswer:
    """What a process of its own, bounded in time and memory, says of tables with so many rows; programs must be installed."""
    programs = tuple((name, code_digest(name)) for name in contract.programs)
    question = PlanQuestion(contract, tuple(sorted(rows.items())), programs)
    data = ask([sys.executable, "-P", "-m", "mpc.plan"], question.data(), 4.0 * SECONDS)
    try:
        return unknown("plan.too_long") if data is None else PlanAnswer.read(data)
    except TallyError:
        return unknown("plan.no_answer")
