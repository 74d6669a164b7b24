"""Secure sum: every owner adds up its own rows in the clear; only the local sums are shared.

Rounds: one message of each owner. Bytes: 13 from each owner to each other compute party per number, whatever the number of rows.
Exact. Nothing leaks but the sum, if it is opened: with two owners an opened sum tells each the other's.
"""

from collections.abc import Sequence

from numpy.typing import ArrayLike

from mpc.arrays.backend import Backend
from mpc.arrays.interface import SecureArray, share
from protocol.errors import RangeError


def secure_sum(
    backend: Backend,
    parts: Sequence[tuple[int, ArrayLike | None]],
    *,
    shape: tuple[int, ...],
    fraction_bits: int,
    limit: float,
    total: float | None = None,
) -> SecureArray:
    """The sum over owners of their local statistics, shape ``shape``.

    ``parts`` names the owners by index, in the same order at all parties, one that has two tables twice; a party gives its own
    statistics and None for the others'. ``limit`` bounds each owner's numbers (checked by that owner: ``arrays.out_of_range``), ``total`` their sum, if the
    caller can prove a smaller bound than owners·limit.
    """
    if not parts:
        raise RangeError("functions.no_owner", "A sum over no owner is not defined.", "Name at least one owner.")
    dealt = [
        share(backend, values, shape=shape, owner=owner, fraction_bits=fraction_bits, limit=limit)
        for owner, values in parts
    ]
    result = dealt[0]
    for part in dealt[1:]:
        result = result + part
    return result if total is None else result.within(total, because="the caller's bound of the sum over all owners")
