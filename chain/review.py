"""The output review: what the reviewer that a task contract names puts on chain, with its own wallet."""

from chain.bindings import tasks
from chain.gateway import Gateway
from protocol.errors import RefusedError

_NONE, _APPROVED = 0, 1


def review(gateway: Gateway, task: bytes, *, approved: bool, statement: bytes) -> bool:
    """Allow or forbid the release of a completed task's result; False when the chain holds this word already.

    ``statement`` is the SHA-256 of the reviewer's own document, zero for none. The word is final.
    """
    found = gateway.read(tasks.get(task), block=gateway.head()).review
    if found != _NONE:
        if (found == _APPROVED) != approved:
            raise RefusedError(
                "review.decided", "The output has been reviewed, with the other answer.", "A review is final."
            )
        return False
    gateway.send(tasks.review(task, approved, statement))
    return True
