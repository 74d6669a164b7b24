"""The contract's minimum group: no figure about fewer people than that leaves, whatever a program computes.

Where a group's size is public the step is refused. Where it is secret, :func:`kept` decides on shares which groups may
show, and callers multiply by its bits: a group that may not is zero, and nobody learns how small it was.
"""

from mpc import faults
from mpc.arrays.interface import SecureArray, where
from mpc.functions.extremes import maximum
from mpc.workflow.context import StepContext
from protocol.data_faults import too_few


def require(context: StepContext, rows: int) -> None:
    """Refuse a step about fewer rows than the contract's minimum group."""
    if rows < max(1, context.minimum_group):
        faults.refuse(too_few("group.too_small", rows, context.minimum_group))


def kept(counts: SecureArray, least: int, total: int) -> SecureArray:
    """Bits, shape of ``counts`` (one dimension): which groups may show, where all counts add up to the public ``total``.

    Groups below ``least`` are hidden. If the hidden ones together have rows, but fewer than ``least``, then the total would
    give them away (complementary disclosure: Willenborg, de Waal, Elements of Statistical Disclosure Control, 2001, ch. 2):
    the smallest group that shows is hidden as well, and with it all of the same size. ``log2(groups) + 4`` comparisons deep.
    """
    large = counts >= max(1, least)
    if least <= 1:
        return large
    hidden = (total - (large * counts).sum()).within(total, because="counts of distinct rows")
    at_risk = hidden.reshape(1).at_least([1, least])
    needed = at_risk[0, 0] - at_risk[1, 0]
    distance = where(large, total - counts, -1).within(total, because="a count lies between 0 and the total")
    smallest = distance == maximum(distance)
    return large * (1 - smallest * needed)
