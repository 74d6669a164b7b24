"""``Idempotency-Key``: the same key with the same body gets the same answer, with another body, or meanwhile, a refusal.

A key is its caller's own: what others used it for is neither told nor in the way. Every POST that changes something takes one, by
:data:`Once`; the others say in :data:`WITHOUT` why they do not.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final, TypeVar, cast

from fastapi import Depends, Header, Request

from orchestrator.api.strict import StrictRequest
from orchestrator.store import work
from orchestrator.store.database import Transaction
from protocol import canonical
from protocol.errors import FormatError, RefusedError
from protocol.fields import Fields

A = TypeVar("A", bound=Fields)
WITHOUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "/v1/passkey-accounts": "An account's address follows from its passkeys: asking twice is asking once.",
        "/v1/receipts": "Each receipt is known by the hash of its body, and kept once however often it is handed in.",
        "/v1/sessions": "A signed message opens one session; the answer holds its secret, which is kept nowhere.",
        "/v1/sign-in": "Nothing is kept.",
        "/v1/tasks/preflight": "Nothing is changed.",
    }
)
"""POSTs without a key, and why they may be sent again as they are, or must not be."""
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=128, pattern=r"^[!-~]+$", description="Chosen by the client"
    ),
]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that may come again: under ``key`` (None: under none), to ``route``, with this body."""

    route: str
    key: str | None
    body: object

    def __call__(self, tx: Transaction, caller: str, kind: type[A], produce: Callable[[], A]) -> A:
        """``produce``'s answer, or the one that was given under this key before; in one transaction with its effects.

        ``caller`` is who has been verified, by its signature, token or access key: nobody is asked for by name alone.
        """
        if self.key is None:
            return produce()
        return kind.parse(_once(tx, caller, self.route, self.key, self.body, lambda: produce().to_json()))


def _exchange(request: Request, key: IdempotencyKey = None) -> Exchange:
    return Exchange(request.url.path.removeprefix("/v1/"), key, cast("StrictRequest", request).strict)


Once = Annotated[Exchange, Depends(_exchange)]


def _once(
    tx: Transaction, caller: str, route: str, key: str, body: object, produce: Callable[[], dict[str, object]]
) -> dict[str, object]:
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
