"""``tree.regress``: gradient boosting of second order (Chen, Guestrin, KDD 2016) on shares, for a quantity.

As ``tree.boost`` (:mod:`mpc.programs.tree.training`), with the squared loss: gradients are residuals, leaves their shrunken means, and a
leaf's weight is its rows. Nothing is opened on the way: level 4.
"""

from mpc.programs.tree.training import boosted
from mpc.workflow.context import StepContext
from mpc.workflow.values import Value


async def run(context: StepContext) -> dict[str, Value]:
    """Grow trees for the squared loss."""
    return await boosted(context, "squared")
