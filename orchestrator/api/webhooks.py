"""Webhooks: a party says where it wants to hear of its tasks, by a token that it signed or an access key made for that."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from orchestrator.api import paging
from orchestrator.api.context import Context
from orchestrator.api.idempotency import Once
from orchestrator.api.paging import Cursor, Limit
from orchestrator.api.security import WebhookManager, WebhookReader
from orchestrator.api.strict import StrictRoute
from orchestrator.services import webhooks
from protocol import ids
from protocol.webhooks import (
    DeliveryPage,
    DeliveryStanding,
    HookPage,
    HookRequest,
    HookStanding,
    HookView,
    Replayed,
    ReplayRequest,
    RotateRequest,
    SwitchOn,
)

router = APIRouter(prefix="/v1", tags=["webhooks"], route_class=StrictRoute)


@router.post("/webhooks", status_code=201)
def add(context: Context, manager: WebhookManager, body: HookRequest, once: Once) -> HookView:
    """Have events about your tasks sent to an https address, signed by Standard Webhooks with the secret that you drew. They are
    delivered at least once, in any order, and name ids and states only.
    """
    with context.database.transaction() as tx:
        return once(
            tx, manager.party, HookView, lambda: webhooks.add(tx, manager, body, context.webhook_hosts, context.clock())
        )


@router.get("/webhooks")
def own(
    context: Context,
    reader: WebhookReader,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[HookStanding | None, Query(description="Only webhooks that stand like this")] = None,
) -> HookPage:
    """The reader's webhooks, newest first: how each stands, and why it fails or was switched off."""
    with context.database.transaction() as tx:
        found = webhooks.own(tx, reader, paging.newest_before(cursor, "hook"), limit + 1, status)
    last = found[limit - 1] if len(found) > limit else None
    return HookPage(tuple(found[:limit]), None if last is None else paging.newest("hook", last.made_at, last.hook))


@router.delete("/webhooks/{hook}", status_code=204)
def remove(context: Context, manager: WebhookManager, hook: str) -> Response:
    """Forget a webhook, and all that it was still to be sent."""
    with context.database.transaction() as tx:
        webhooks.remove(tx, manager.party, ids.unprefixed("hook", hook))
    return Response(status_code=204)


@router.post("/webhooks/{hook}/secret")
def rotate(context: Context, manager: WebhookManager, hook: str, body: RotateRequest, once: Once) -> HookView:
    """Give a webhook another secret. For a day the one before signs, too; the same one again changes nothing."""
    identity = ids.unprefixed("hook", hook)
    with context.database.transaction() as tx:
        return once(
            tx,
            manager.party,
            HookView,
            lambda: webhooks.rotate(tx, manager.party, identity, body.secret, context.clock()),
        )


@router.post("/webhooks/{hook}/on")
def switch_on(
    context: Context,
    manager: WebhookManager,
    hook: str,
    body: SwitchOn,  # noqa: ARG001 - `{}`
    once: Once,
) -> HookView:
    """Have an address tried again that was switched off or rests."""
    identity = ids.unprefixed("hook", hook)
    with context.database.transaction() as tx:
        return once(tx, manager.party, HookView, lambda: webhooks.switch_on(tx, manager, identity))


@router.post("/webhooks/{hook}/replay", status_code=202)
def replay(context: Context, manager: WebhookManager, hook: str, body: ReplayRequest, once: Once) -> Replayed:
    """Have one message sent again, or all from one on: under their ids, so that who had them knows them."""
    identity = ids.unprefixed("hook", hook)
    with context.database.transaction() as tx:
        return once(tx, manager.party, Replayed, lambda: Replayed(webhooks.replay(tx, manager.party, identity, body)))


@router.get("/webhooks/{hook}/messages")
def messages(
    context: Context,
    reader: WebhookReader,
    hook: str,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[DeliveryStanding | None, Query(description="Only messages that stand like this")] = None,
) -> DeliveryPage:
    """A webhook's messages of the last thirty days, newest first, with what became of each."""
    with context.database.transaction() as tx:
        before = paging.numbered_before(cursor)
        found = webhooks.sent(tx, reader, ids.unprefixed("hook", hook), before, limit + 1, status)
    more = paging.numbered(found[limit - 1][0]) if len(found) > limit else None
    return DeliveryPage(tuple(item for _, item in found[:limit]), more)
