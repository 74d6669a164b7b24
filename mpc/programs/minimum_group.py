"""The contract's minimum group: no figure about fewer people than that leaves, whatever a program computes (ADR 0071).

It is counted per reader. A reader subtracts what it brought, readers may put together what they brought, and of people whose
rows are their own there is nothing to hide from them: what counts are rows of everybody else. :func:`views` lists whose rows these
are; each must have enough, or none. Rows of aligned tables are nobody's: each holds columns of other owners.

Where a count is public the step is refused (:func:`require`). Where it is secret, it is compared on shares and figures are multiplied
by the bits (:func:`cells`, :func:`enough`): what may not show is zero, and nobody learns how small it was.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from mpc import faults
from mpc.arrays.interface import SecureArray, concatenate, stack, where
from mpc.functions.extremes import maximum
from mpc.workflow.context import StepContext
from mpc.workflow.values import Floats, Owned, rows_in
from protocol.data_faults import too_few
from protocol.errors import RefusedError

ROWS_EACH: Final = 3
"""Rows for each number of a model: with fewer a model is little less than its rows (DataSHIELD's ``nfilter.glm`` is 0.33)."""
_FEW: Final = 16


def views(context: StepContext, owned: Owned) -> tuple[frozenset[str], ...]:
    """Whose rows must be enough together: those of all who do not read, or, where all owners read, each one's alone.

    Any readers that work together leave out one of these at least, so they learn of no smaller part.
    """
    owners = {owner for owner, rows in owned if rows}
    others = frozenset(owners - context.readers)
    return (others,) if others else tuple(frozenset({owner}) for owner in sorted(owners))


def least_of(context: StepContext) -> int:
    """The minimum group, from 1."""
    return max(1, context.minimum_group)


def guarded(context: StepContext) -> bool:
    """Whether a group was agreed."""
    return context.minimum_group > 1


def require(context: StepContext, owned: Owned | None, numbers: int = 0) -> None:
    """Refuse a step about too few rows for some reader; where a model has ``numbers``, about fewer than three for each."""
    for count in _counts(context, owned):
        least = max(least_of(context), ROWS_EACH * numbers if guarded(context) else 0)
        if count < least:
            faults.refuse(too_few("group.too_small" if least == least_of(context) else "group.model", count, least))


def require_split(context: StepContext, train: Owned | None, test: Owned | None, numbers: int = 0) -> None:
    """As :func:`require` of the rows that train; those that do not are none, or enough as well: they are the difference."""
    require(context, train, numbers)
    if test is not None and rows_in(test):
        require(context, test)


def _counts(context: StepContext, owned: Owned | None) -> list[int]:
    if owned is None:
        if not guarded(context):
            return []
        raise RefusedError(
            "group.unknown_rows",
            "Whose rows an earlier task left at the nodes is not known, so no minimum group can be held for its readers.",
            "Start from the data sets, or agree on no minimum group.",
        )
    sizes = dict.fromkeys((owner for owner, _ in owned), 0)
    for owner, rows in owned:
        sizes[owner] += rows
    return [sum(sizes[owner] for owner in view) for view in views(context, owned)] or [0]


# -- secret counts -------------------------------------------------------------------------------------------------


def by_view(context: StepContext, owned: Owned, parts: Sequence[SecureArray]) -> SecureArray:
    """Sums of the owners' ``parts`` for each view, shape (views, …); a part for each entry of ``owned``."""
    found: list[SecureArray] = []
    for view in views(context, owned):
        own = [part for (owner, _), part in zip(owned, parts, strict=True) if owner in view]
        found.append(added(own))
    return stack(found)


def added(parts: Sequence[SecureArray]) -> SecureArray:
    """The sum of some arrays."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def or_group(context: StepContext, owned: Owned, parts: Sequence[SecureArray]) -> SecureArray:
    """The owners' counts of some of their rows, added up; the minimum group in place of one that is of too few people, or of all but
    too few, in any view: that it is not 0 may be known. ``parts`` are of one shape, one for each entry of ``owned``.
    """
    total, least = added(parts), context.minimum_group
    if not guarded(context):
        return total
    rows, most = rows_in(owned), max(rows for _, rows in owned)
    left = [
        (count - part).within(most, because="rows less some of them")
        for (_, count), part in zip(owned, parts, strict=True)
    ]
    seen = stack([by_view(context, owned, each).within(rows, because="counts of rows") for each in (parts, left)])
    few = small(seen.reshape(-1, *total.shape), least).sum(axis=0) >= 1
    return where(few, least, total).within(max(rows, least), because="a count of rows, or the group")


def own_or_group(context: StepContext, counts: Floats, rows: int) -> Floats:
    """The same of an owner's counts of rows that are nobody's, before it shares them."""
    least = context.minimum_group
    if not guarded(context):
        return counts
    few = ((counts > 0) & (counts < least)) | ((counts < rows) & (rows - counts < least))
    return np.where(few, float(least), counts)


def small(counts: SecureArray, least: int) -> SecureArray:
    """Bits: which counts are of somebody, but of fewer than ``least``."""
    reached = counts.at_least([1, least])
    return (reached[0] - reached[1]).within(1, because="who is at least so many is at least one")


def enough(counts: SecureArray, least: int) -> SecureArray:
    """One bit: no count of any view and place is small."""
    return _none(small(counts.reshape(-1), least))


def cells(counts: SecureArray, sizes: SecureArray, least: int) -> SecureArray:
    """Bits (rows,): which rows of a table of counts may show, given ``counts`` (views, rows, columns) and the rows' ``sizes``
    (views, rows).

    Readers may know both margins: the rows' owner knows its own, totals show columns'. So a row hides as a whole where any cell of
    it is small; where the hidden rows together leave a small number in a column, the smallest other row hides with them, and
    with it all of its size; where that is not enough, all rows. What hides is then a whole block of two rows or more, of which
    no margin is small, and no cell follows from margins (complementary suppression: Willenborg, de Waal, Elements of
    Statistical Disclosure Control, 2001, ch. 2). A row that is empty in a view does not show. Some ``log2(rows) + 8`` comparisons deep.
    """
    some = sizes >= 1
    if least <= 1:
        return _all_views(some)
    kept = small(counts, least).sum(axis=2) < 1
    shows = kept * some
    distance = ((sizes * -1 + (sizes.bound + 1)) * shows).within(sizes.bound + 1, because="a count less the largest")
    smallest = (distance == maximum(distance, axis=1).reshape(-1, 1)) * shows
    kept = kept * (1 - smallest * _at_risk(counts, kept, least))
    kept = kept * (1 - _at_risk(counts, kept, least))
    return _all_views(kept * some)


def kept(counts: SecureArray, least: int) -> SecureArray:
    """Bits (groups,): as :func:`cells` of groups with nothing but their counts, shape (views, groups)."""
    return cells(counts.reshape(*counts.shape, 1), counts, least)


def _none(bits: SecureArray) -> SecureArray:
    """A bit: none of a vector's are set. A few are multiplied, which is fewer rounds than a comparison of their sum."""
    if bits.size > _FEW:
        return bits.sum() < 1
    left = ~bits
    while left.size > 1:
        half = left.size // 2
        pairs = left[:half] & left[half : 2 * half]
        left = pairs if left.size == 2 * half else concatenate([pairs, left[2 * half :]])
    return left[0]


async def coarse(seen: SecureArray, curves: Sequence[SecureArray], least: int) -> list[SecureArray]:
    """Curves (…, thresholds) over the same falling thresholds as they may show: a point at which some class changes by a small number
    since the last one that shows repeats it. ``seen`` are the classes' counts, which fall, in each view: (views, classes, thresholds).

    What is left after a point is not small either. One comparison after the other; zero where the first point is small.
    """
    last, held = seen[:, :, 0], [curve[..., 0] for curve in curves]
    whole = enough(last, least)
    found = [[one * whole] for one in held]
    for place in range(1, seen.shape[2]):
        now = seen[:, :, place]
        steps = (last - now).within(seen.bound, because="counts fall")
        good = enough(stack([steps, now]), least)
        last = (last - good * steps).within(seen.bound, because="one of both")
        for at, curve in enumerate(curves):
            moved = held[at] - good * (held[at] - curve[..., place])
            held[at] = await moved.within(curve.limit, because="one of both").settled()
            found[at].append(held[at] * whole)
    return [stack(points, axis=-1) for points in found]


def _at_risk(counts: SecureArray, kept: SecureArray, least: int) -> SecureArray:
    """Bits (views, 1): what hides adds up to a small number in some column."""
    hidden = ((1 - kept).reshape(*kept.shape, 1) * counts).sum(axis=1)
    return (small(hidden, least).sum(axis=1) >= 1).reshape(-1, 1)


def _all_views(bits: SecureArray) -> SecureArray:
    return bits[0] if bits.shape[0] == 1 else bits.sum(axis=0) >= bits.shape[0]
