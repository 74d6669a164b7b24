"""The logistic rows as ``glm.logistic`` does them, its sharing kept out of the time.

Columns are split: the first owner has half of them and the labels, the second the rest.
"""

from typing import Final

from benchmarks.engine import data
from benchmarks.engine.our_programs import step_context
from benchmarks.engine.our_shares import Prepared, compared
from benchmarks.engine.work import Size
from mpc.arrays.backend import Backend
from mpc.arrays.interface import SecureArray
from mpc.programs.glm.solvers import descent, training
from mpc.programs.glm.solvers.classes import ClassWeights
from mpc.programs.glm.solvers.links import Link
from mpc.session import Session
from mpc.workflow.values import Aligned, AlignedTable, Label
from protocol.contract import Parameter

_LIMIT: Final = 4.0
_WEAKEST_PENALTY: Final = "100"
_LINKS: Final[dict[str, Link]] = {"linear": "linear", "segments": "segments", "accurate": "fast"}


async def prepared(row: str, size: Size, session: Session, backend: Backend) -> Prepared:
    """Share the columns; the fit is what is timed."""
    sigmoid, batch, epochs, rate = data.logistic_plan(size, row)
    batches, link = size.rows // batch, _LINKS[sigmoid]
    parameters: dict[str, Parameter] = {
        "solver": "gradient" if batches == 1 else "sgd",
        "sigmoid": link,
        "iterations": epochs,
        "batch": batch,
        "step": f"{rate:g}",
        "momentum": "0",
        "c": _WEAKEST_PENALTY,
    }
    features, label = _columns(size, session, batches * batch)
    inputs = {"features": (features,), "label": (label,)}
    context = step_context("glm.logistic@1.0.0", parameters, inputs, {"coefficients", "intercept"}, session, backend)
    unweighted = ClassWeights("none")
    found = training.read(features, label, context)
    problem = descent.roaming(training.plan(found, context, unweighted))
    cuts = batches if batches > 1 else 0
    loaded = await training.load(context, found, label, problem, link, unweighted, cuts)
    plan = descent.Descent(link, epochs * batches, rate, 0.0, cuts)
    plan.check(problem)

    async def run() -> SecureArray:
        return await (await descent.fit(loaded.data, plan, context.progress, _never)).weights.settled()

    return Prepared(run, compared(size, row))


def _columns(size: Size, session: Session, train: int) -> tuple[Aligned, Label]:
    """Aligned, standardised tables of two owners, as they come out of ``feature.standardize``; each party has its own."""
    plain, marks = data.labelled(size)
    half = size.columns // 2
    tables: list[AlignedTable] = []
    for owner, columns in enumerate((range(half), range(half, size.columns))):
        name = session.names[owner]
        own = plain[:, columns.start : columns.stop] if session.pid == owner else None
        tables.append(AlignedTable(f"columns-{name}", name, tuple(f"x{i}" for i in columns), own))
    first = session.names[0]
    label = Label(first, f"columns-{first}", "y", size.rows, marks if session.pid == 0 else None)
    return Aligned(size.rows, tuple(tables), train_rows=train, limit=_LIMIT), label


async def _never(step: int, change: SecureArray) -> bool:
    del step, change
    return False
