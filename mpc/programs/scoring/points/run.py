"""``score.points``: what a scorecard gives each row, and why, with card and rows staying secret.

Owners share their bins as bits; a row's points of a column are a product of its bits with the card's row. A reason is a column that
costs the row most points against the column's best bin (Siddiqi, Credit Risk Scorecards, 2006, ch. 10): the largest shortfalls in
turn, the earlier column first among equals; a shortfall below a hundredth of a point is none. Only points and reasons open, to whom the
contract says: level 4.
"""

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, stack, where
from mpc.functions.extremes import argmax_one_hot, maximum
from mpc.programs.categories import one_hot
from mpc.programs.scoring.scorecard import POINT_BITS, Scorecard
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Aligned, Floats, Stacked, Value
from protocol.errors import RefusedError

_LEAST = 0.01
_DONE = -1


async def run(context: StepContext) -> dict[str, Value]:
    """Score all rows of the tables."""
    (given,), (table,) = context.inputs["card"], context.inputs["tables"]
    card = Scorecard.of(given)
    context.progress(0, context.integer("reasons"))
    assert isinstance(table, (Aligned, Stacked))
    bins = context.integer("bins")
    if bins != card.points.shape[1]:
        raise RefusedError(
            "points.bins",
            f"The card has {card.points.shape[1]} bins, not {bins}.",
            "Cut the records as the card's were cut.",
        )
    bits = _bits(context, table, card, bins)
    each = [
        block.matmul(card.points[at], fraction_bits=POINT_BITS, limit=card.points.limit)
        for at, block in enumerate(bits)
    ]
    gained = stack(each, axis=1)
    points = gained.sum(axis=1, limit=gained.limit * len(each)) + card.base.reshape(1)
    outputs: dict[str, Value] = {"points": points}
    if "reasons" in context.wanted:
        best = maximum(card.points, axis=1)
        outputs["reasons"] = await _reasons(context, best.reshape(1, -1) - gained)
    context.rows_of |= {"points": table.owned, "reasons": table.owned}
    return outputs


async def _reasons(context: StepContext, short: SecureArray) -> SecureArray:
    """Numbers of columns from 1, (rows, reasons), from their shortfalls (rows, columns)."""
    width, count = short.shape[1], context.integer("reasons")
    found: list[SecureArray] = []
    for at in range(min(count, width)):
        context.progress(at, count)
        first = argmax_one_hot(short, axis=1)
        largest = (first * short).sum(axis=1, limit=short.limit)
        number = (first @ np.arange(1, width + 1)).within(width, because="one column")
        found.append(number * largest.at_least([_LEAST])[0])
        short = await where(first, _DONE, short).settled()
    nothing = found[0] * 0
    return stack([*found, *[nothing] * (count - len(found))], axis=1)


def _bits(context: StepContext, table: Aligned | Stacked, card: Scorecard, bins: int) -> list[SecureArray]:
    """Of each of the card's columns the rows' bins, as bits (rows, bins)."""
    if isinstance(table, Aligned):
        places = {name: (part, at) for part in reversed(table.tables) for at, name in enumerate(part.columns)}
        names = [name for part in table.tables for name in part.columns]
        _require(card, names)
        found: list[SecureArray] = []
        for name in card.columns:
            part, at = places[name]
            own = None if part.values is None else one_hot(part.values[:, at], bins, name)
            found.append(share_from(context, own, part.owner, (table.rows, bins), 0, 1))
        return found
    _require(card, table.columns)
    return [
        concatenate(
            [
                share_from(context, _own(part.values, table.columns.index(name), bins, name), part.owner, (part.rows, bins), 0, 1)
                for part in table.tables
            ]
        )
        for name in card.columns
    ]  # fmt: skip


def _own(values: Floats | None, at: int, bins: int, name: str) -> Floats | None:
    return None if values is None else one_hot(values[:, at], bins, name)


def _require(card: Scorecard, names: "list[str] | tuple[str, ...]") -> None:
    lacking = [name for name in card.columns if list(names).count(name) != 1]
    if lacking:
        raise RefusedError(
            "points.columns",
            f"The records have {', '.join(lacking)} not once, as the card does.",
            "Bring each of the card's columns once, under the names that it was made with.",
        )
