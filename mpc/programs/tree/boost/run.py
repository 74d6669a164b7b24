"""``tree.boost``: gradient boosting of second order (Chen, Guestrin, KDD 2016) on shares, for two classes.

Columns of several owners (aligned tables), rows of several owners (stacked tables) or an already secret table. The shape of the trees is
public; which split a node takes, which rows reach it and what it weighs stay shared (:mod:`mpc.programs.tree.training`). Nothing is opened
on the way but that both classes occur: level 4.
"""

from mpc.programs.tree.training import boosted
from mpc.workflow.context import StepContext
from mpc.workflow.values import Value


async def run(context: StepContext) -> dict[str, Value]:
    """Grow trees for the log loss."""
    return await boosted(context, "logistic")
