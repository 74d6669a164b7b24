"""The logistic rows, on the solver that ``glm.logistic`` runs: first owner half of the columns and the labels, second the rest."""

from typing import Final

from benchmarks.engine import data
from benchmarks.engine.our_shares import Prepared, compared, dealt
from benchmarks.engine.work import Size
from workers.mpc.arrays.backend import Backend
from workers.mpc.arrays.interface import SecureArray, concatenate
from workers.mpc.programs.logistic import descent
from workers.mpc.programs.logistic.links import Link
from workers.mpc.programs.logistic.passes import Data
from workers.mpc.programs.logistic.problem import Precision, Problem
from workers.mpc.programs.logistic.rows import Part, block

_LIMIT: Final = 4.0
_COEFFICIENTS: Final = 16.0
_NO_PENALTY: Final = 1e9
_LINKS: Final[dict[str, Link]] = {"linear": "linear", "segments": "segments", "accurate": "fast"}


async def prepared(row: str, size: Size, backend: Backend) -> Prepared:
    """Share the columns; the fit is what is timed."""
    sigmoid, batch, epochs, rate = data.logistic_plan(size, row)
    plain, marks = data.labelled(size)
    half = size.columns // 2
    columns = [
        await dealt(backend, part, owner, _LIMIT) for owner, part in enumerate((plain[:, :half], plain[:, half:]))
    ]
    labels = await dealt(backend, marks, 0, 1, fraction_bits=0)
    rows = await concatenate(columns, axis=1).settled()
    problem = Problem(
        parts=(size.rows,),
        samples=(size.rows,),
        columns=size.columns,
        inverse_penalty=_NO_PENALTY,
        coefficient_limit=_COEFFICIENTS,
        value_limit=_LIMIT,
        weight_limit=1.0,
        standardised=True,
        pooled=False,
    )
    problem = descent.roaming(problem)
    link, batches = _LINKS[sigmoid], size.rows // batch
    blocks = tuple(
        block(rows[i * batch : (i + 1) * batch], labels[i * batch : (i + 1) * batch], None) for i in range(batches)
    )
    fitted = Data((Part(blocks, len(blocks), size.rows),), problem, Precision.of(problem, link, backend.headroom))
    plan = descent.Descent(link, epochs * batches, rate, 0.0, batches if batches > 1 else 0)
    plan.check(problem)

    async def run() -> SecureArray:
        return await (await descent.fit(fitted, plan, _silent, _never)).settled()

    return Prepared(run, compared(size, row))


def _silent(step: int, total: int) -> None:
    del step, total


async def _never(step: int, change: SecureArray) -> bool:
    del step, change
    return False
