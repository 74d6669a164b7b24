"""The stages of a job and the one table of transitions between them.

A stage is stored before the act it announces: ``input_sent`` is on disk before the first input leaves the node, so a
node that finds it after a crash knows that input may be out and never resumes that run (I10).
"""

from enum import StrEnum
from typing import Final

from protocol.errors import TallyError


class Stage(StrEnum):
    """Where a job stands."""

    RECEIVED = "received"
    CHECKED = "checked"
    RUNNING = "running"
    INPUT_SENT = "input_sent"
    COMPUTED = "computed"
    COMMITTED = "committed"
    COMPLETED = "completed"
    RELEASED = "released"
    FAILED = "failed"
    ERASED = "erased"
    ANCHORED = "anchored"
    DONE = "done"
    REFUSED = "refused"
    ABORTED = "aborted"
    EXPIRED = "expired"
    DISPUTED = "disputed"


_S = Stage
ENDED: Final = frozenset({_S.DONE, _S.REFUSED, _S.ABORTED, _S.EXPIRED, _S.DISPUTED})
BEFORE_INPUT: Final = frozenset({_S.RECEIVED, _S.CHECKED, _S.RUNNING})
"""Stages in which nothing of the owner's data can have left the node."""
TRANSITIONS: Final[dict[Stage, frozenset[Stage]]] = {
    _S.RECEIVED: frozenset({_S.CHECKED, _S.FAILED}),
    _S.CHECKED: frozenset({_S.RUNNING, _S.FAILED}),
    _S.RUNNING: frozenset({_S.CHECKED, _S.INPUT_SENT, _S.FAILED}),
    _S.INPUT_SENT: frozenset({_S.COMPUTED, _S.FAILED}),
    _S.COMPUTED: frozenset({_S.COMMITTED, _S.FAILED}),
    _S.COMMITTED: frozenset({_S.COMPLETED, _S.FAILED}),
    _S.COMPLETED: frozenset({_S.RELEASED}),
    _S.RELEASED: frozenset({_S.ERASED}),
    _S.FAILED: frozenset({_S.ERASED}),
    _S.ERASED: frozenset({_S.ANCHORED}),
    _S.ANCHORED: ENDED,
    **{end: frozenset[Stage]() for end in ENDED},
}


class TransitionError(TallyError):
    """A job was moved where its stage does not lead: a defect, never a user's mistake."""


def require(current: Stage, target: Stage) -> None:
    """Refuse a transition that is not in the table."""
    if target not in TRANSITIONS[current]:
        raise TransitionError(
            "job.transition", f"A job cannot go from {current} to {target}.", "Report this with the node's log."
        )
