"""The rows on secure arrays and the product's own functions, solvers and programs."""

from benchmarks.engine import data, our_logistic, our_programs
from benchmarks.engine.our_shares import Prepared, compared, dealt, opening
from benchmarks.engine.work import Size
from mpc.arrays.backend import Backend
from mpc.arrays.interface import SecureArray
from mpc.functions.order import sort
from mpc.functions.reciprocal import divide
from mpc.session import Session

_LIMIT = 32.0
_MATRIX_LIMIT = 8.0
_DIVISORS = (1.0, 100.0)
_KEY_LIMIT = 2.0**31


async def prepared(row: str, size: Size, session: Session, backend: Backend) -> Prepared:
    """Share the inputs of a row."""
    if row in {"multiply", "compare", "matmul"}:
        return await _elementwise(row, size, session, backend)
    if row == "divide":
        return await _divided(size, session, backend)
    if row in {"shuffle", "sort"}:
        return await _ordered(row, size, session, backend)
    if row.startswith("open"):
        plain = data.pair(size)[0]
        return opening(await dealt(session, backend, plain, 0, _LIMIT), plain, checked=row == "open")
    if row.startswith(("full_", "mini_")):
        return await our_logistic.prepared(row, size, session, backend)
    if row == "psi":
        return our_programs.alignment(size, session, backend)
    if row.startswith("split_"):
        return our_programs.split_rows(row, size, session, backend)
    raise LookupError(f"no row {row!r}")


async def _elementwise(row: str, size: Size, session: Session, backend: Backend) -> Prepared:
    limit = _MATRIX_LIMIT if row == "matmul" else _LIMIT
    plain = data.matrices(size) if row == "matmul" else data.pair(size)
    a, b = [await dealt(session, backend, values, owner, limit) for owner, values in enumerate(plain)]

    async def run() -> SecureArray:
        result = a * b if row == "multiply" else a < b if row == "compare" else a @ b
        return await result.settled()

    return Prepared(run, compared(size, row))


async def _divided(size: Size, session: Session, backend: Backend) -> Prepared:
    numerators, divisors = data.quotients(size)
    a = await dealt(session, backend, numerators, 0, _LIMIT)
    b = await dealt(session, backend, divisors, 1, _DIVISORS[1])

    async def run() -> SecureArray:
        return await divide(a, b, floor=_DIVISORS[0], limit=_LIMIT).settled()

    return Prepared(run, compared(size, "divide"))


async def _ordered(row: str, size: Size, session: Session, backend: Backend) -> Prepared:
    keys = await dealt(session, backend, data.keys(size), 0, _KEY_LIMIT, fraction_bits=0)

    async def run() -> SecureArray:
        return await (keys.shuffled() if row == "shuffle" else (await sort(keys))[0]).settled()

    return Prepared(run, compared(size, row))
