"""Consent: what owners are asked, what they sign, take back and refuse."""

import base64

from fastapi import APIRouter

from orchestrator.api import idempotency
from orchestrator.api.context import Context
from orchestrator.api.idempotency import IdempotencyKey
from orchestrator.api.models import (
    AuthorizationsView,
    AuthorizationView,
    AuthorizeBody,
    RefuseBody,
    RevokeBody,
    TakenView,
    WordsView,
)
from orchestrator.api.security import Reader
from orchestrator.api.strict import StrictRoute
from orchestrator.services import access, consent
from orchestrator.services.consent import Ask
from protocol import ask as protocol_ask
from protocol import ids
from protocol.errors import FormatError
from protocol.messages import SignedAuthorization
from protocol.record import Record
from protocol.sentences import authorization_sentence
from protocol.typed import Abort, Revocation

router = APIRouter(prefix="/v1", tags=["consent"], route_class=StrictRoute)


@router.get("/tasks/{task}/authorizations")
def asked(context: Context, reader: Reader, task: str) -> AuthorizationsView:
    """What each owner is asked, in plain words and as typed data, and what was given."""
    with context.database.transaction() as tx:
        row, _ = access.task_for(tx, reader, ids.unprefixed("task", task))
        found = consent.asks(tx, row, context.clock())
    return AuthorizationsView(items=[_view(context, ask) for ask in found])


@router.post("/tasks/{task}/authorizations", status_code=202)
def authorize(context: Context, task: str, body: AuthorizeBody, key: IdempotencyKey = None) -> TakenView:
    """Give an authorization for a task."""
    identity = ids.unprefixed("task", task)
    plain = body.plain()
    signed = SignedAuthorization.parse(plain["authorization"])
    with context.database.transaction() as tx:

        def take() -> dict[str, object]:
            digest = consent.accept(
                tx, context.chain, context.domains, task=identity, signed=signed, now=context.clock()
            )
            return {"id": ids.prefixed("auth", digest), "status": "received"}

        return TakenView.model_validate(idempotency.once(tx, f"tasks/{task}/authorizations", key, plain, take))


@router.post("/authorizations", status_code=202)
def authorize_standing(context: Context, body: AuthorizeBody, key: IdempotencyKey = None) -> TakenView:
    """Give a standing authorization: `task` is zero, the ask says what a task may ask."""
    plain = body.plain()
    signed = SignedAuthorization.parse(plain["authorization"])
    with context.database.transaction() as tx:

        def take() -> dict[str, object]:
            digest = consent.accept_standing(tx, context.chain, context.domains, signed=signed, now=context.clock())
            return {"id": ids.prefixed("auth", digest), "status": "received"}

        return TakenView.model_validate(idempotency.once(tx, "authorizations", key, plain, take))


@router.post("/authorizations/{authorization}/revocation", status_code=202)
def revoke(context: Context, authorization: str, body: RevokeBody) -> TakenView:
    """Take an authorization back: at once here, and on chain as soon as it takes it."""
    digest = ids.unprefixed("auth", authorization)
    message = Revocation.from_json(body.message.plain())
    signature = Record({"signature": body.signature}, "body").hex_bytes("signature", 4096)
    if message.authorization != digest:
        raise FormatError("revocation.other", "The message names another authorization.", "Post it to that one.")
    with context.database.transaction() as tx:
        consent.revoke(tx, context.chain, context.domains, message, signature)
    return TakenView(id=authorization, status="received")


@router.post("/tasks/{task}/refusal", status_code=202)
def refuse(context: Context, task: str, body: RefuseBody) -> TakenView:
    """Say no to a task."""
    message = Abort.from_json(body.message.plain())
    signature = Record({"signature": body.signature}, "body").hex_bytes("signature", 4096)
    if message.task != ids.unprefixed("task", task):
        raise FormatError("refusal.other", "The message names another task.", "Post it to that one.")
    with context.database.transaction() as tx:
        consent.refuse(tx, context.chain, context.domains, message=message, signature=signature, now=context.clock())
    return TakenView(id=task, status="received")


def _view(context: Context, ask: Ask) -> AuthorizationView:
    words = authorization_sentence(ask.message, protocol_ask.Ask.read(ask.policy), ask.owner)
    return AuthorizationView(
        id=ids.prefixed("auth", context.domains.digest(ask.message)),
        owner=ask.owner,
        data_set=ask.data_set,
        status=ask.status,  # pyright: ignore[reportArgumentType] - pydantic checks it
        sentence=WordsView(en=words.english, zh=words.chinese),
        typed_data=ask.message.typed_data(context.domains.domain(ask.message.HOME)),
        policy=base64.b64encode(ask.policy).decode(),
    )
