"""``Idempotency-Key``: the same key with the same body gets the same answer, with another body, or meanwhile, a refusal.

A key is its caller's own: what others used it for is neither told nor in the way.
"""

import hashlib
from collections.abc import Callable
from typing import Annotated

from fastapi import Header

from orchestrator.store import work
from orchestrator.store.database import Transaction
from protocol import canonical
from protocol.errors import FormatError, RefusedError

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=128, pattern=r"^[!-~]+$", description="Chosen by the client"
    ),
]


def once(
    tx: Transaction, caller: str, route: str, key: str | None, body: object, produce: Callable[[], dict[str, object]]
) -> dict[str, object]:
    """``produce``'s answer, or the one that was given under this key before; in one transaction with its effects.

    ``caller`` is the party whose signature has been verified: nobody is asked for by name alone.
    """
    if key is None:
        return produce()
    body_hash = hashlib.sha256(canonical.dumps(body)).digest()
    if not work.claim(tx, caller, route, key):
        raise RefusedError(
            "idempotency.in_flight",
            "A request with this key is being answered.",
            "Send it again in a moment: it gets the same answer.",
            retry_after=1,
        )
    held = work.remembered(tx, caller, route, key)
    if held is not None:
        if bytes(held["body_hash"]) != body_hash:
            raise FormatError(
                "idempotency.mismatch", "This key was used with another body.", "Use a fresh key.", status=422
            )
        return canonical.parse(bytes(held["answer"]))
    answer = produce()
    work.remember(tx, caller, route, key, body_hash=body_hash, status=200, answer=canonical.dumps(answer))
    return answer
