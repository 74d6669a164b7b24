"""The rows on secure arrays and the product's own functions, solvers and programs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.engine import data, plaintext
from benchmarks.engine.data import Floats
from benchmarks.engine.work import Size
from workers.mpc.arrays import fixedpoint
from workers.mpc.arrays.backend import Backend
from workers.mpc.arrays.interface import SecureArray, share
from workers.mpc.session import Session

FEATURE_BITS = 18
_LIMIT = 32.0
_MATRIX_LIMIT = 8.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row with its inputs shared: ``run`` is timed, ``outcome`` opens the result and compares it."""

    run: Callable[[], Awaitable[Any]]
    outcome: Callable[[Any], Awaitable[dict[str, float]]]


async def prepared(row: str, size: Size, session: Session, backend: Backend) -> Prepared:
    """Share the inputs of a row."""
    if row in {"multiply", "compare", "matmul"}:
        return await _elementwise(row, size, backend)
    raise LookupError(f"no row {row!r}")


async def _elementwise(row: str, size: Size, backend: Backend) -> Prepared:
    limit = _MATRIX_LIMIT if row == "matmul" else _LIMIT
    plain = data.matrices(size) if row == "matmul" else data.pair(size)
    a, b = [await dealt(backend, values, owner, limit) for owner, values in enumerate(plain)]

    async def run() -> SecureArray:
        result = a * b if row == "multiply" else a < b if row == "compare" else a @ b
        return await result.settled()

    return Prepared(run, _compared(size, row))


def _compared(size: Size, row: str) -> Callable[[SecureArray], Awaitable[dict[str, float]]]:
    async def outcome(result: SecureArray) -> dict[str, float]:
        return {"error": plaintext.error(size, row, await opened(result))}

    return outcome


async def dealt(backend: Backend, values: Floats, owner: int, limit: float) -> SecureArray:
    """One owner's numbers as shares; every process has them here, only the owner's are used."""
    own = values if backend.pid == owner else None
    array = share(backend, own, shape=values.shape, owner=owner, fraction_bits=FEATURE_BITS, limit=limit)
    return await array.settled()


async def opened(array: SecureArray) -> Floats:
    """The numbers in the clear."""
    raw = await array.backend.open(array.shares, array.shape)
    return np.asarray(fixedpoint.decode(raw, array.fraction_bits))
