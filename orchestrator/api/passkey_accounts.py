"""Accounts for passkeys of people who are invited: asked for with the invitation, again and again until they are there."""

from typing import Annotated

from fastapi import APIRouter, Header

from chain import passkeys
from orchestrator.api.context import Context
from orchestrator.api.strict import StrictRoute
from orchestrator.services import passkey_accounts
from protocol.api import PasskeyAccountRequest, PasskeyAccountView

router = APIRouter(prefix="/v1", tags=["joining"], route_class=StrictRoute)
Invitation = Annotated[
    str,
    Header(alias="invitation", min_length=1, max_length=128, pattern=r"^[!-~]+$", description="The invitation's code"),
]


@router.post("/passkey-accounts", status_code=202)
def ask(context: Context, body: PasskeyAccountRequest, invitation: Invitation) -> PasskeyAccountView:
    """Have an account made for passkeys, as who is invited to apply. The coordinator sends it and pays; ask until it is `made`."""
    account = passkeys.address_of(context.deployment, body.owners).lower()
    with context.database.transaction() as tx:
        passkey_accounts.ask(tx, account, body, invitation, context.clock())
    return PasskeyAccountView(account, context.chain.is_passkey_account(account))
