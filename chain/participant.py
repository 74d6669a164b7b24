"""What a participant's own wallet puts on chain past any coordinator: the review of an output, the return of a use.

Each act looks at the chain first, so repeating one that took effect changes nothing.
"""

from chain.bindings import consents, tasks
from chain.gateway import Gateway
from protocol.errors import RefusedError

_UNDECIDED, _APPROVED = 0, 1
_RETURNED = 2


def review(gateway: Gateway, task: bytes, *, approved: bool, statement: bytes) -> bool:
    """Allow or forbid the release of a completed task's result; False when the chain holds this word already.

    ``statement`` is the SHA-256 of the reviewer's own document, zero for none. The word is final.
    """
    found = gateway.read(tasks.get(task), block=gateway.head()).review
    if found != _UNDECIDED:
        if (found == _APPROVED) != approved:
            raise RefusedError(
                "review.decided", "The output has been reviewed, with the other answer.", "A review is final."
            )
        return False
    gateway.send(tasks.review(task, approved, statement))
    return True


def return_use(gateway: Gateway, task: bytes, authorization: bytes, signature: bytes) -> bool:
    """Give a use back by the owner's signed ``NoInputSent``; False when it was given back before."""
    if gateway.read(consents.use_of(task, authorization), block=gateway.head()) == _RETURNED:
        return False
    gateway.send(consents.return_use(task, authorization, signature))
    return True
