"""One workflow among three parties in threads of this process, over real links, and what opening its outputs gives."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.cost.cases import COMMITTEE
from benchmarks.cost.measure import free_ports
from benchmarks.cost.party import session_config
from mpc.arrays import field
from mpc.arrays.dealing import opened
from mpc.runtime import Session, run_session
from mpc.workflow import runner
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.values import PrivateTable
from protocol.contract import Step

Floats = NDArray[np.float64]
_SECONDS: Final = 900.0
_DEGREE: Final = (len(COMMITTEE) - 1) // 2


def run(
    tables: Mapping[str, Mapping[str, PrivateTable]], steps: Sequence[Step], outputs: Sequence[str]
) -> dict[str, Floats]:
    """``tables``: owner -> data set -> table. Every output in the clear, as all three parties' shares agree on it."""
    sets = tuple(
        DataSet(name, owner, tuple(sorted(table.columns)))
        for owner, own in tables.items()
        for name, table in own.items()
    )
    workflow = Workflow(COMMITTEE, sets, tuple(steps), tuple(outputs))
    ports = free_ports()

    def party(name: str) -> runner.WorkflowResult:
        async def program(session: Session) -> runner.WorkflowResult:
            return await runner.run_workflow(session, workflow, tables.get(name, {}), deadline=_SECONDS)

        return run_session(session_config(name, ports), program).value

    with ThreadPoolExecutor(len(COMMITTEE)) as pool:
        results = list(pool.map(party, COMMITTEE))
    return {source: _opened([result.outputs[at] for result in results]) for at, source in enumerate(_names(results[0]))}


def _names(result: runner.WorkflowResult) -> list[str]:
    return [output.name for output in result.outputs]


def _opened(shares: Sequence[runner.OutputShares]) -> Floats:
    held: dict[int, Any] = {at: field.decode(it.data, it.shape or (1,)) for at, it in enumerate(shares)}
    values = np.asarray(opened(held, _DEGREE)).astype(np.float64)
    return np.ldexp(values, -shares[0].fraction_bits).reshape(shares[0].shape)
