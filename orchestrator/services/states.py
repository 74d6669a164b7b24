"""A task's states: the one transition table, the same as ``TaskStates.sol``."""

from typing import Final

from protocol.errors import RefusedError

SUBMITTED: Final = "submitted"
FAILED: Final = "failed"
ENDED: Final = frozenset({"completed", "disputed", "aborted", "refused", "expired"})
BY_NUMBER: Final = ("none", "proposed", "started", "completed", "disputed", "aborted", "refused", "expired")
TRANSITIONS: Final[dict[str | None, frozenset[str]]] = {
    None: frozenset({"proposed"}),
    "proposed": frozenset({"started", "aborted", "refused", "expired"}),
    "started": ENDED,
    **{state: frozenset[str]() for state in sorted(ENDED)},
}


def require_transition(before: str | None, after: str) -> None:
    """``task.transition`` when a task cannot go from one state to the other."""
    if after not in TRANSITIONS[before]:
        raise RefusedError(
            "task.transition",
            f"A task cannot go from {before or 'nothing'} to {after}.",
            "The index and the chain disagree: rebuild the index.",
        )
