"""What the helper of a join works out from digest lists alone: which rows come out, and where they lie in each table.

Lists are strictly ascending, as :func:`~mpc.programs.alignment.psi_align.run.read_digests` takes them. A position of -1 says that a
table lacks the row. Nothing here is random and nothing is secret of anybody's but the digests themselves.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mpc.programs.alignment.psi_align.run import Digests, ascending_order

Positions: TypeAlias = NDArray[np.int64]


def located(wanted: Digests, digests: Digests) -> Positions:
    """The position of each wanted digest in an ascending list, -1 where it is not there."""
    at = np.minimum(np.searchsorted(digests, wanted), len(digests) - 1)
    return np.where(digests[at] == wanted, at, -1)


def kept(kind: str, tables: Sequence[Digests], label: Digests | None) -> list[Positions]:
    """Where the rows of the join lie in each table, and last in the label's, if there is one.

    ``kind`` is ``inner`` (of all tables), ``left`` (of the first table) or ``outer`` (of any table). A row without its label is none.
    """
    if kind == "outer":
        whole = np.concatenate(tables)
        ascending = whole[ascending_order(whole)]
        found = ascending[np.append(True, ascending[1:] != ascending[:-1])]
    else:
        found = tables[0]
    for other in (*(tables[1:] if kind == "inner" else ()), *(() if label is None else (label,))):
        found = found[located(found, other) >= 0]
    return [located(found, digests) for digests in (*tables, *(() if label is None else (label,)))]


def common(positions: Sequence[Positions]) -> int:
    """How many of the rows every table has."""
    return int(np.logical_and.reduce([at >= 0 for at in positions]).sum())


def order_of(positions: Positions, rows: int, padding: int) -> Positions:
    """The order that puts a table's rows first where the join has them; ``padding`` empty rows stand behind the table's own ``rows``.

    A row that the table lacks takes an empty one. What is left follows, so that it is an order of all.
    """
    missing = positions < 0
    first = np.where(missing, rows + np.cumsum(missing) - 1, positions)
    left = np.ones(rows + padding, dtype=bool)
    left[first] = False
    return np.concatenate([first, np.flatnonzero(left)])
