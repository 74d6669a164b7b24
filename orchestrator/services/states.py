"""A task's state may only move along the one table."""

from protocol.errors import RefusedError
from protocol.vocabulary import TRANSITIONS, TaskState


def require_transition(before: str | None, after: str) -> None:
    """``task.transition`` when a task cannot go from one state to the other."""
    from_ = TaskState.NONE if before is None else TaskState[before.upper()]
    if TaskState[after.upper()] not in TRANSITIONS.get(from_, frozenset()):
        raise RefusedError(
            "task.transition",
            f"A task cannot go from {before or 'nothing'} to {after}.",
            "The index and the chain disagree: rebuild the index.",
        )
