"""What all of our rows share: how inputs become shares and how results are checked."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from benchmarks.engine import plaintext, unchecked_opening
from benchmarks.engine.data import Floats
from benchmarks.engine.work import Size
from mpc.arrays import fixedpoint
from mpc.arrays.backend import Backend
from mpc.arrays.interface import SecureArray, share
from mpc.session import Session

FEATURE_BITS: Final = 18


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row with its inputs shared: ``run`` is timed, ``outcome`` opens the result and compares it."""

    run: Callable[[], Awaitable[Any]]
    outcome: Callable[[Any], Awaitable[dict[str, Any]]]


def compared(size: Size, row: str) -> Callable[[SecureArray], Awaitable[dict[str, Any]]]:
    """The outcome of a row whose result is an array."""

    async def outcome(result: SecureArray) -> dict[str, Any]:
        return {"error": plaintext.error(size, row, await opened(result))}

    return outcome


async def dealt(
    session: Session, backend: Backend, values: Floats, owner: int, limit: float, fraction_bits: int = FEATURE_BITS
) -> SecureArray:
    """One owner's numbers as shares; every process has them here, only the owner's are used."""
    own = values if session.pid == owner else None
    array = share(backend, own, shape=values.shape, owner=owner, fraction_bits=fraction_bits, limit=limit)
    return await array.settled()


def opening(array: SecureArray, plain: Floats, *, checked: bool) -> Prepared:
    """Opening one array; not ``checked``: the same messages without the combinations that the check compares."""

    async def run() -> Floats:
        with contextlib.nullcontext() if checked else unchecked_opening.installed():
            return await opened(array)

    async def outcome(found: Floats) -> dict[str, Any]:
        return {"error": float(np.abs(found - plain).max())}

    return Prepared(run, outcome)


async def opened(array: SecureArray) -> Floats:
    """The numbers in the clear."""
    raw = await array.backend.open(array.shares, array.shape)
    return np.asarray(fixedpoint.decode(raw, array.fraction_bits))
