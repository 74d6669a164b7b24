"""Gather and scatter by an index that one compute party knows: ``x[index]``, and sums of the rows of a target.

Both are two permutations (:meth:`~mpc.arrays.interface.SecureArray.permuted`) with running sums in between, which are local. To gather, the
differences between neighbouring entries and a row of zeros for each wanted place are permuted so that a zero stands behind the difference
of the entry that it wants: its running sum is that entry. To scatter, a row of zeros ends the rows of its target: sums up to
the ends of two neighbouring targets differ by what the later one gets. So repeats cost nothing, and a sparse matrix that one party
knows times a shared vector is a gather and a scatter.

Rounds: 4. Bytes of all parties, of n rows and m places: 78 an element of n + m rows and 8 a row (the permutation's, twice). Exact: running
sums may be of any size on the way, as they are sums modulo p, and what is kept is within its bound.

Leaks: nothing but n, m and the shape. Each permutation is of all n + m rows whatever the index is, so that nobody but its owner learns which
entries are wanted, how often, or how many are not; and its owner learns nothing of the entries. Source of the idea: Laud, Parallel Oblivious
Array Access for Secure Multiparty Computation (PoPETs 2015), with sorts where one party knows the order.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mpc.arrays.interface import SecureArray, concatenate, constant
from protocol.errors import RangeError

NOWHERE: Final = -1
"""The target of a row that is to be added to nothing."""


def gather(values: SecureArray, index: ArrayLike | None, count: int, *, by: int) -> SecureArray:
    """``values[index]``, shape (count, …), for an ``index`` that compute party ``by`` alone knows; the others give None.

    ``values`` has shape (n, …). A place that is not there is refused at its owner before anything is sent (``arrays.index``).
    """
    rows = _rows(values)
    places = None if index is None else _checked(index, count, 0, rows)
    if not count:
        return values[:0]
    steps = concatenate([values[:1], values[1:] - values[:-1]])
    keys = None if places is None else np.concatenate([np.arange(rows), places])
    return _summed(steps, count, keys, by, values.limit)


def scatter_add(
    values: SecureArray, targets: ArrayLike | None, size: int, *, by: int, limit: float | None = None
) -> SecureArray:
    """Shape (size, …): at t the sum of the ``values`` with target t, of targets that compute party ``by`` alone knows; the others give None.

    ``values`` has shape (n, …). Rows with the target :data:`NOWHERE` are added to nothing; any other target that is not there is refused at
    its owner before anything is sent (``arrays.index``). ``limit`` states a proven bound of every sum; by default n times the values'.
    """
    rows = _rows(values)
    found = None if targets is None else _checked(targets, rows, NOWHERE, size)
    if not size:
        return values[:0]
    most = values.limit * rows if limit is None else limit
    keys = None if found is None else np.concatenate([np.where(found == NOWHERE, size, found), np.arange(size)])
    ends = _summed(values, size, keys, by, most)
    return concatenate([ends[:1], ends[1:] - ends[:-1]]).within(
        most, because="the caller's bound, or all rows at one place"
    )


def _summed(values: SecureArray, places: int, keys: NDArray[np.int64] | None, by: int, limit: float) -> SecureArray:
    """Running sums of the values in the order of their keys, at each of so many ``places``, whose keys come last: up to all values of this
    key or a smaller one.
    """
    rows = len(values)
    zeros = constant(values.backend, np.zeros((places, *values.shape[1:])), values.fraction_bits)
    there = back = None
    if keys is not None:
        there = np.argsort(keys, kind="stable")
        position = np.empty(len(there), dtype=np.int64)
        position[there] = np.arange(len(there))
        back = np.concatenate([position[rows:], position[:rows]])
    sums = concatenate([values, zeros]).permuted(by, there).cumsum(0, limit=limit)
    return sums.permuted(by, back)[:places]


def _rows(values: SecureArray) -> int:
    if not values.shape or not values.shape[0]:
        raise RangeError("arrays.shape", f"An array of shape {values.shape} has no rows.", "Check the shape.")
    return values.shape[0]


def _checked(index: ArrayLike, count: int, least: int, size: int) -> NDArray[np.int64]:
    """The owner's own index."""
    found = np.asarray(index)
    whole = found.shape == (count,) and (not count or found.dtype.kind in "iu")
    if not whole or (count and not least <= int(found.min()) <= int(found.max()) < size):
        raise RangeError(
            "arrays.index",
            f"An index of {count} places from {least} to {size - 1} is none: one lies outside, or their number is another.",
            "Check the index against the number of rows.",
        )
    return found.astype(np.int64)
