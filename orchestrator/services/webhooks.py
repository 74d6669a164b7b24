"""Webhooks of a party: where it wants to hear of its tasks; made, listed, given another secret, replayed and removed by it alone."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from orchestrator.services.registry import require_party
from orchestrator.store import webhooks
from orchestrator.store.database import Row, Transaction
from protocol import ids
from protocol import webhooks as rules
from protocol.errors import RefusedError
from protocol.webhooks import DeliveryStanding, DeliveryView, HookRequest, HookStanding, HookView, ReplayRequest

_OVER: Final = "webhook.key_over"


@dataclass(frozen=True, slots=True)
class Manager:
    """Who manages webhooks, and the hash of the access key by which it does; None: by a token that it signed."""

    party: str
    key: bytes | None


def add(tx: Transaction, manager: Manager, request: HookRequest, named: Collection[str], now: int) -> HookView:
    """Keep a webhook; ``webhook.*`` for what cannot be served."""
    secret = rules.require(request, named)
    party = require_party(tx, manager.party)
    webhooks.lock(tx, party.name)
    if webhooks.count(tx, party.name) >= rules.MOST_HOOKS:
        raise RefusedError(
            "webhook.too_many",
            f"{party.name} has {rules.MOST_HOOKS} webhooks.",
            "Remove one, or let one serve several.",
        )
    hook = secrets.token_bytes(32)
    webhooks.add(
        tx,
        hook,
        party=party.name,
        wallet=party.wallet,
        key=manager.key,
        url=request.url,
        kinds=request.kinds,
        label=request.label,
        secret=secret,
        made_at=now,
    )
    return view(_own(tx, party.name, hook))


def own(
    tx: Transaction, party: str, before: tuple[int, bytes] | None, limit: int, status: HookStanding | None
) -> list[HookView]:
    """A page of a party's webhooks, newest first."""
    return [view(row) for row in webhooks.of_party(tx, party, before, limit, status)]


def remove(tx: Transaction, party: str, hook: bytes) -> None:
    """Forget a webhook and what it was still to be sent."""
    if not webhooks.remove(tx, party, hook):
        raise rules.not_yours(party, ids.prefixed("hook", hook))


def rotate(tx: Transaction, party: str, hook: bytes, secret: str, now: int) -> HookView:
    """Another secret; for a day the one before signs, too."""
    key = rules.key_of(secret)
    _own(tx, party, hook)
    webhooks.rotate(tx, hook, key, now + rules.OVERLAP)
    return view(_own(tx, party, hook))


def switch_on(tx: Transaction, manager: Manager, hook: bytes) -> HookView:
    """Have an address tried again; one whose party has another wallet by now is to be made anew."""
    row, party = _own(tx, manager.party, hook), require_party(tx, manager.party)
    if row["wallet"] != party.wallet or row["code"] == _OVER:
        raise RefusedError(
            "webhook.over", "The wallet or the access key that made it has ended.", "Remove it and add it again."
        )
    webhooks.switch_on(tx, hook)
    return view(_own(tx, party.name, hook))


def replay(tx: Transaction, party: str, hook: bytes, request: ReplayRequest) -> int:
    """Have messages sent again, under their ids; how many."""
    message, since = rules.require_one(request)
    row = _own(tx, party, hook)
    if row["off_at"] is not None:
        raise RefusedError("webhook.off", "The webhook is switched off.", "Switch it on first: `tally webhook on`.")
    found = webhooks.replay(tx, hook, message, all_since=since)
    if not found:
        raise RefusedError(
            "webhook.no_message",
            f"The webhook has no message {ids.prefixed('msg', message)}.",
            "Look with `tally webhook messages`; they are kept for thirty days.",
            status=404,
        )
    return found


def sent(
    tx: Transaction, party: str, hook: bytes, before: int | None, limit: int, status: DeliveryStanding | None
) -> list[tuple[int, DeliveryView]]:
    """A page of a webhook's messages, newest first, each with its place."""
    _own(tx, party, hook)
    return [(row["number"], _message(row)) for row in webhooks.messages(tx, hook, before, limit, status)]


def end_with_key(tx: Transaction, key: bytes) -> None:
    """An access key was taken back: what it made is switched off with it."""
    webhooks.switch_off_key(tx, key, _OVER)


def view(row: Row) -> HookView:
    """A webhook as its party sees it."""
    return HookView(
        hook=bytes(row["hook_id"]),
        url=row["url"],
        kinds=tuple(row["kinds"]),
        label=row["label"],
        status=row["status"],
        made_at=row["made_at"],
        key=None if row["key_hash"] is None else bytes(row["key_hash"]),
        delivered_at=row["delivered_at"],
        failing_since=row["failing_since"],
        off_at=row["off_at"],
        code=row["code"],
        overlap_until=row["overlap_until"],
    )


def _own(tx: Transaction, party: str, hook: bytes) -> Row:
    row = webhooks.get(tx, party, hook)
    if row is None:
        raise rules.not_yours(party, ids.prefixed("hook", hook))
    return row


def _message(row: Row) -> DeliveryView:
    return DeliveryView(
        message=bytes(row["message"]),
        kind=row["kind"],
        task=bytes(row["task_id"]),
        at=row["at"],
        status=row["state"],
        tries=row["attempts"],
        next_at=row["next_at"],
        code=row["code"],
        answer=row["answer"],
    )
