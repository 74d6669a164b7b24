"""Catalogue programs as a step of a workflow runs them: the rows whose data stay with their owners until the clock starts."""

from collections.abc import Mapping
from hashlib import sha256
from itertools import count
from typing import Any, Final

import numpy as np

from benchmarks.engine import data, local
from benchmarks.engine.our_shares import Prepared, opened
from benchmarks.engine.work import Size
from mpc.arrays.backend import Backend
from mpc.arrays.interface import SecureArray
from mpc.programs.catalogue import find, implementation
from mpc.session import Session
from mpc.workflow.context import StepContext
from mpc.workflow.values import Aligned, PrivateTable, Source, Stacked, StackedLabel, StackedTable, Value
from protocol.contract import Parameter

_STEPS = count()
"""Numbers the steps of a session: labels of messages are never used twice. Equal at all parties."""
_PROGRAMS: Final[dict[str, tuple[str, dict[str, Parameter]]]] = {
    "split_linear": ("linear.ridge@1.0.0", {"alpha": str(local.PENALTY), "label_limit": "32", "limit": "8"}),
    "split_logistic": ("glm.logistic@1.0.0", {"c": str(local.PENALTY)}),
    "split_logistic_level2": ("glm.logistic_federated@1.0.0", {"c": str(local.PENALTY)}),
}
_OWNERS: Final = {"split_linear": 2, "split_logistic": 2, "split_logistic_level2": 3}


async def step(
    program: str,
    parameters: Mapping[str, Parameter],
    inputs: Mapping[str, tuple[Value, ...]],
    wanted: set[str],
    session: Session,
    backend: Backend,
) -> dict[str, Value]:
    """Run one step; everything it returns is settled by the caller."""
    context = step_context(program, parameters, inputs, wanted, session, backend)
    return await implementation(context.program.program)(context)


def step_context(
    program: str,
    parameters: Mapping[str, Parameter],
    inputs: Mapping[str, tuple[Value, ...]],
    wanted: set[str],
    session: Session,
    backend: Backend,
) -> StepContext:
    """What a step of this program would be given."""
    found = find(program)
    return StepContext(
        session=session,
        backend=backend,
        program=found,
        step=f"step-{next(_STEPS)}",
        parameters=found.validate_params(dict(parameters)),
        inputs=inputs,
        wanted=frozenset(wanted),
        minimum_group=0,
    )


def id_table(size: Size, session: Session, owner: int) -> Source:
    """Ids of one owner; the first half of them is common to both owners. Only the owner has them."""
    name = session.names[owner]
    if session.pid != owner:
        return Source(f"ids-{name}", name, (), None)
    half = size.ids // 2
    common = np.arange(half)
    own = np.arange(half, size.ids) + owner * size.ids
    ids = np.random.default_rng(owner).permutation(np.concatenate([common, own]))
    return Source(f"ids-{name}", name, (), PrivateTable(tuple(_person(i) for i in ids.tolist()), {}))


def _person(number: int) -> str:
    return f"person-{number:09d}"


def stacked(row: str, size: Size, session: Session) -> tuple[Stacked, StackedLabel]:
    """The owners' rows and what is to be predicted; each party has only its own."""
    owners = _OWNERS[row]
    rows = size.three_rows if owners == 3 else size.two_rows
    tables: list[StackedTable] = []
    targets: list[StackedTable] = []
    for owner in range(owners):
        name, features, target = session.names[owner], None, None
        if session.pid == owner:
            features, labels, outcome = data.split(size, owner, rows)
            target = (outcome if row == "split_linear" else labels).reshape(-1, 1)
        tables.append(StackedTable(f"rows-{name}", name, rows, features))
        targets.append(StackedTable(f"rows-{name}", name, rows, target))
    columns = tuple(f"x{i}" for i in range(size.split_columns))
    return Stacked(columns, tuple(tables)), StackedLabel("y", tuple(targets))


def alignment(size: Size, session: Session, backend: Backend) -> Prepared:
    """``psi.align`` of two owners' ids."""
    tables = tuple(id_table(size, session, owner) for owner in range(2))

    async def run() -> Aligned:
        aligned = (await step("psi.align@1.0.0", {}, {"tables": tables}, {"aligned"}, session, backend))["aligned"]
        assert isinstance(aligned, Aligned)
        return aligned

    async def outcome(result: Aligned) -> dict[str, Any]:
        """Wrong: an id too few, too many or twice; the harness compares the owners' orders."""
        half = size.ids // 2
        if result.ids is None:
            return {"error": float(abs(result.rows - half))}
        wrong = set(result.ids) ^ {_person(number) for number in range(half)}
        return {
            "error": float(len(wrong) + abs(len(result.ids) - half)),
            "order": sha256("".join(result.ids).encode()).hexdigest(),
        }

    return Prepared(run, outcome)


def split_rows(row: str, size: Size, session: Session, backend: Backend) -> Prepared:
    """A regression over several owners' rows, from private tables to shares of the model: sharing is in the time."""
    features, label = stacked(row, size, session)
    program, parameters = _PROGRAMS[row]

    async def run() -> list[SecureArray]:
        inputs: dict[str, tuple[Value, ...]] = {"features": (features,), "label": (label,)}
        found = await step(program, parameters, inputs, {"coefficients", "intercept"}, session, backend)
        arrays = [found["coefficients"], found["intercept"]]
        return [await array.settled() for array in arrays if isinstance(array, SecureArray)]

    async def outcome(result: list[SecureArray]) -> dict[str, Any]:
        return {"coefficients": [float(item) for array in result for item in np.ravel(await opened(array))]}

    return Prepared(run, outcome)
