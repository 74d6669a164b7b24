"""Accounts for passkeys: the coordinator's relay makes them, and pays, for who is invited to apply (ADR 0102)."""

from typing import Final

from orchestrator.services import inviting, relay
from orchestrator.store import catalogue, work
from orchestrator.store.database import Transaction
from protocol import ids
from protocol.api import PasskeyAccountRequest
from protocol.errors import RefusedError

MOST: Final = 8
"""Accounts that are made for one name: people make mistakes, and an invitation is no purse."""


def ask(tx: Transaction, account: str, request: PasskeyAccountRequest, invitation: str, now: int) -> None:
    """Have an account (lower case) made. Asking again for the same one is asking once, and no invitation is used up."""
    catalogue.lock_name(tx, ids.on_chain(request.party))
    inviting.require_usable(tx, request.party, invitation, b"", now)
    known = relay.passkey_account(tx, account) is not None
    if not known and work.passkey_accounts_of(tx, request.party) >= MOST:
        raise RefusedError(
            "passkey.too_many",
            f"{MOST} accounts were made for {request.party} already.",
            "Use one of them, or have the operator make one (`tally passkey account`).",
            status=429,
        )
    relay.ask_passkey_account(tx, account, request.party, request.owners)
