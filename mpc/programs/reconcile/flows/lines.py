"""An owner's lines in the clear, as they are compared: keys, amounts in whole units, and what stands more than once.

Amounts are counted in units of the last decimal place that the contract says, so that a comparison of cents is one of whole numbers: no amount at the
tolerance falls on either side by rounding. Lines of one key are added up at the first of them. Their number is the owner's secret: the later ones keep a
place of their own, with nothing in it and under a digest that no other table has.
"""

from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from mpc import faults
from mpc.programs import columns
from mpc.programs.alignment.key_columns import keys
from mpc.workflow.context import StepContext
from mpc.workflow.values import Floats, Source
from protocol.column_names import parse
from protocol.data_faults import DataFault
from protocol.errors import RangeError, RefusedError

UNITS: Final = 2**49
"""Amounts in units stay below: then a double tells a unit from its neighbours, and sums over all banks stay in range."""
_ROUNDING: Final = 2.0**-51
_NEAR: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Terms:
    """What the contract says of the columns: the ``keys``, decimal ``places`` of amounts, and ``limit`` and ``tolerance`` in units of the last one."""

    keys: tuple[str, ...]
    places: int
    limit: int
    tolerance: int

    @classmethod
    def of(cls, context: StepContext) -> Self:
        """Refuses limits that a double has no room for (``reconcile.units``)."""
        places = context.integer("places")
        limit, tolerance = (
            int((Decimal(context.choice(name)) * 10**places).to_integral_value(ROUND_FLOOR)) for name in ("limit", "tolerance")
        )  # fmt: skip
        if limit > UNITS:
            raise RangeError(
                "reconcile.units",
                f"Amounts up to {context.choice('limit')} with {places} decimal places are more than 2^49 units of the last place.",
                "Lower limit, or places, in the contract.",
            )
        return cls(parse(context.choice("keys")), places, limit, tolerance)

    @property
    def most(self) -> float:
        """The limit as an amount."""
        return float(Decimal(self.limit).scaleb(-self.places))

    def amount(self, source: Source) -> str:
        """The column of a table that holds its amounts: the one that is no key (``reconcile.columns`` where that is not one)."""
        left = [name for name in source.columns if name not in self.keys]
        lacking = [name for name in self.keys if name not in source.columns]
        if lacking or len(left) != 1:
            raise RefusedError(
                "reconcile.columns",
                f"{source.data_set} has the columns {', '.join(source.columns)} in this contract, of which {', '.join(self.keys)} are to be the keys and one more the amount.",
                "Name in the contract the key columns, which are called alike in all data sets, and one column of amounts.",
            )
        return left[0]


@dataclass(frozen=True, slots=True)
class Lines:
    """One table's lines. ``items`` are what is digested, ``numbers`` count the lines from 1 as the table has them; ``amounts`` are sums in units and
    ``counts`` numbers of lines, both at the first line of a key and 0 at further ones.
    """

    items: list[bytes] = field(repr=False)
    numbers: Floats = field(repr=False)
    amounts: Floats = field(repr=False)
    counts: Floats = field(repr=False)

    def ordered(self, order: NDArray[np.int64]) -> "Lines":
        """In another order; without the items, which have been digested."""
        return Lines([], self.numbers[order], self.amounts[order], self.counts[order])


def own_lines(source: Source, terms: Terms) -> Lines:
    """The owner's lines: all that they alone can be refused for."""
    assert source.table is not None
    amounts = _units(source, terms)
    found = keys(source.table, terms.keys)
    first: dict[bytes, int] = {}
    group = np.array([first.setdefault(key, row) for row, key in enumerate(found)], dtype=np.int64)
    rows = len(found)
    further = group != np.arange(rows)
    if again := int(further.sum()):
        faults.notice("reconcile.several", terms.keys, again)
    large = np.bincount(group, np.abs(amounts), rows)[group] > terms.limit
    if bool(large.any()):  # of magnitudes: below the limit they add up exactly, in any order
        faults.refuse(DataFault("reconcile.sum", [terms.amount(source)], int(large.sum()), limit=f"{terms.most:g}"))
        amounts = np.where(large, 0.0, amounts)
    named = b"\1" + source.data_set.encode() + b"\0"
    items = [
        named + b"%d" % row if again else b"\0" + key for row, (key, again) in enumerate(zip(found, further.tolist(), strict=True))
    ]  # fmt: skip
    sums, counts = (np.bincount(group, weights, rows).astype(np.float64) for weights in (amounts, np.ones(rows)))
    return Lines(items, np.arange(1.0, rows + 1), sums, counts)


def _units(source: Source, terms: Terms) -> Floats:
    """Amounts in units of the last place, refused where they have more places or are beyond the limit."""
    assert source.table is not None
    name = terms.amount(source)
    values = columns.within(source.table.matrix((name,)), (name,), terms.most, "stats.beyond_limit", clip=False)[:, 0]
    values = values * 10.0**terms.places
    units = np.rint(values)
    wrong = np.abs(values - units) > np.maximum(_NEAR, np.abs(units) * _ROUNDING)
    if bool(wrong.any()):
        faults.refuse(DataFault("reconcile.places", [name], int(wrong.sum()), places=terms.places))
    return units
