"""Early stopping on one declared bit: whether every coefficient changed by less than a tolerance in the last step."""

from dataclasses import dataclass

from mpc.arrays.interface import SecureArray
from mpc.workflow.context import StepContext

DISCLOSURE = "converged"


@dataclass(frozen=True, slots=True)
class Stopping:
    """Opens the bit after every ``every``-th step; 0: never, and nothing is computed for it."""

    context: StepContext
    every: int
    tolerance: float

    async def __call__(self, step: int, change: SecureArray) -> bool:
        """Whether to end after ``step`` steps."""
        if not self.every or step % self.every:
            return False
        reached = change.at_least([self.tolerance, -self.tolerance])
        moved = (reached[0] + ~reached[1]).within(1, because="not above and below at once").sum()
        return bool(await self.context.reveal(DISCLOSURE, moved == 0))
