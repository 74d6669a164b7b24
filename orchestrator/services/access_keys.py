"""Access keys: kept for a wallet's signature over their hash, used by whoever holds the key, ended by time or their party."""

from collections.abc import Sequence
from typing import Final

from orchestrator.services.ports import ChainView
from orchestrator.services.registry import require_party
from orchestrator.services.signatures import Accepted, require_wallet
from orchestrator.services.webhooks import end_with_key
from orchestrator.store import access_keys
from orchestrator.store.database import Row, Transaction
from protocol import access_keys as keys
from protocol import ids
from protocol.access_keys import KeyRequest, KeyStanding, KeyView
from protocol.errors import RefusedError, VerificationError
from protocol.typed import AccessKey, Domain

MOST_KEYS: Final = 200
"""Of one party at the same time, those among them that were revoked before their end."""
_NOTED: Final = 3600


def word(tx: Transaction, chain: ChainView, domain: Domain, request: KeyRequest, now: int) -> Accepted:
    """The wallet's signature of a key; ``key.*`` for what no key may be, ``signature.not_wallet`` for another's word."""
    keys.require(request.message, now)
    return require_wallet(
        chain, require_party(tx, request.message.party), request.message.digest(domain), request.signature
    )


def keep(tx: Transaction, message: AccessKey, signature: Accepted, now: int) -> KeyView:
    """Keep a key that the party's registered wallet signed; repeating it changes nothing, and brings back no revoked one."""
    party = require_party(tx, message.party)
    row = access_keys.get(tx, message.key_hash)
    if row is None:
        if access_keys.count(tx, party.name) >= MOST_KEYS:
            raise RefusedError(
                "key.too_many",
                f"{party.name} has {MOST_KEYS} access keys.",
                "Wait until some end, and make them last less.",
            )
        access_keys.add(
            tx,
            message.key_hash,
            party=party.name,
            wallet=party.wallet,
            scopes=message.scopes,
            label=message.label,
            signature=signature,
            made_at=now,
            not_after=message.not_after,
        )
        row = access_keys.get(tx, message.key_hash)
    if row is None or _signed(row) != (message.party, message.scopes, message.label, message.not_after):
        raise RefusedError("key.other", "This key was given with other words before.", "Draw a new key.")
    return view(row, party.wallet, now)


def holder(tx: Transaction, header: str, scopes: Sequence[str], now: int) -> str:
    """The party in whose name a key reads what asks for one of ``scopes``; no scope: what no key opens."""
    digest = keys.parse(header)
    row = access_keys.get(tx, digest)
    if row is None:
        raise keys.unknown()
    party = require_party(tx, ids.name(row["party"], "party"))
    standing = _standing(row, party.wallet, now)
    if standing != "active":
        raise VerificationError(
            "access.key_over", f"This access key does not open anything any more: {standing}.", "Make a new one."
        )
    if not scopes:
        raise RefusedError(
            "access.key_closed", "No access key opens this.", "Send a token that your wallet signs for it, or sign in."
        )
    if not set(scopes) & set(row["scopes"]):
        raise RefusedError(
            "access.key_scope",
            f"The access key is for {', '.join(row['scopes'])}; this asks for {' or '.join(scopes)}.",
            "Make a key with that scope.",
            fields=list(scopes),
        )
    access_keys.used(tx, digest, now, _NOTED)
    return party.name


def own(
    tx: Transaction,
    party: str,
    before: tuple[int, bytes] | None,
    limit: int,
    now: int,
    status: KeyStanding | None = None,
) -> list[KeyView]:
    """A page of a party's keys, newest first; of one standing, where one is given."""
    wallet = require_party(tx, party).wallet
    rows = access_keys.of_party(tx, party, before, limit, status=status, wallet=wallet, now=now)
    return [view(row, wallet, now) for row in rows]


def revoke(tx: Transaction, party: str, digest: bytes, now: int) -> None:
    """End a key of the party's, at once and for good; ``key.not_yours`` where it has none of this id."""
    if not access_keys.revoke(tx, digest, party, now):
        raise RefusedError(
            "key.not_yours", f"{party} has no access key {ids.prefixed('key', digest)}.", "Look with `tally token list`.",
            status=404,
        )  # fmt: skip
    end_with_key(tx, digest)


def view(row: Row, wallet: str, now: int) -> KeyView:
    """A kept key as its party sees it."""
    return KeyView(
        key=bytes(row["key_hash"]),
        label=row["label"],
        scopes=tuple(row["scopes"]),
        status=_standing(row, wallet, now),
        made_at=row["made_at"],
        not_after=row["not_after"],
        used_at=row["used_at"],
    )


def _signed(row: Row) -> tuple[str, tuple[str, ...], str, int]:
    return row["party"], tuple(row["scopes"]), row["label"], row["not_after"]


def _standing(row: Row, wallet: str, now: int) -> KeyStanding:
    if row["revoked_at"] is not None:
        return "revoked"
    if row["not_after"] <= now:
        return "expired"
    return "active" if row["wallet"] == wallet else "other-wallet"
