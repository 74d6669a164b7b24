"""Access keys: a wallet gives one, its party lists and ends them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from orchestrator.api import paging
from orchestrator.api.context import Context
from orchestrator.api.idempotency import Once
from orchestrator.api.paging import Cursor, Limit
from orchestrator.api.security import Reader, TokenHolder
from orchestrator.api.strict import StrictRoute
from orchestrator.services import access_keys
from protocol import ids
from protocol.access_keys import KeyPage, KeyRequest, KeyStanding, KeyView

router = APIRouter(prefix="/v1", tags=["keys"], route_class=StrictRoute)


@router.post("/keys", status_code=201)
def give(context: Context, body: KeyRequest, once: Once) -> KeyView:
    """Give an access key: the body's signature is the party's wallet's over the EIP-712 `AccessKey`, which holds the key's hash,
    what it opens and its end. The key itself is not sent.
    """
    with context.database.transaction() as tx:
        now = context.clock()
        signature = access_keys.word(tx, context.chain, context.domains.domain("Tasks"), body, now)
        party, message = body.message.party, body.message
        return once(tx, party, KeyView, lambda: access_keys.keep(tx, message, signature, now))


@router.get("/keys")
def own(
    context: Context,
    reader: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[KeyStanding | None, Query(description="Only keys that stand like this")] = None,
) -> KeyPage:
    """The reader's access keys, newest first, until their end; by a key itself nobody reads this."""
    with context.database.transaction() as tx:
        found = access_keys.own(tx, reader, paging.newest_before(cursor, "key"), limit + 1, context.clock(), status)
    last = found[limit - 1] if len(found) > limit else None
    more = None if last is None else paging.newest("key", last.made_at, last.key)
    return KeyPage(tuple(found[:limit]), more)


@router.delete("/keys/{key}", status_code=204)
def revoke(context: Context, reader: TokenHolder, key: str) -> Response:
    """End an access key of the reader's, at once and for good."""
    with context.database.transaction() as tx:
        access_keys.revoke(tx, reader, ids.unprefixed("key", key), context.clock())
    return Response(status_code=204)
