"""Consent: what owners are asked, what they sign, take back and refuse."""

from fastapi import APIRouter

from orchestrator.api import idempotency, paging
from orchestrator.api.context import Context
from orchestrator.api.idempotency import IdempotencyKey
from orchestrator.api.paging import Cursor, Limit
from orchestrator.api.security import AuthorizationReader, TaskReader
from orchestrator.api.strict import StrictRoute
from orchestrator.services import access, consent
from orchestrator.services.consent import Ask, Own
from orchestrator.services.registry import require_party
from protocol import ask as protocol_ask
from protocol import ids
from protocol.api import (
    AuthorizationLine,
    AuthorizationPage,
    AuthorizationRequest,
    AuthorizationRequests,
    AuthorizeRequest,
    ConsentWords,
    Reason,
    RefuseRequest,
    RevokeAllRequest,
    RevokeRequest,
    Taken,
)
from protocol.errors import FormatError
from protocol.sentences import authorization_sentence

router = APIRouter(prefix="/v1", tags=["consent"], route_class=StrictRoute)


@router.get("/tasks/{task}/authorizations")
def asked(context: Context, reader: TaskReader, task: str) -> AuthorizationRequests:
    """What each owner is asked, in plain words and as typed data, and what was given."""
    with context.database.transaction() as tx:
        row, _ = access.task_for(tx, reader, ids.unprefixed("task", task))
        found = consent.asks(tx, context.chain, row, context.clock())
    return AuthorizationRequests(tuple(_view(context, ask) for ask in found))


@router.post("/tasks/{task}/authorizations", status_code=202)
def authorize(context: Context, task: str, body: AuthorizeRequest, key: IdempotencyKey = None) -> Taken:
    """Give an authorization for a task."""
    identity = ids.unprefixed("task", task)
    with context.database.transaction() as tx:
        signed = consent.owner_signed(tx, context.chain, context.domains, body.authorization)

        def take() -> dict[str, object]:
            digest = consent.accept(tx, context.chain, context.domains, identity, signed, context.clock())
            return Taken(ids.prefixed("auth", digest)).to_json()

        route = f"tasks/{task}/authorizations"
        return Taken.parse(idempotency.once(tx, signed.owner, route, key, body.to_json(), take))


@router.post("/authorizations", status_code=202)
def authorize_standing(context: Context, body: AuthorizeRequest, key: IdempotencyKey = None) -> Taken:
    """Give a standing authorization: `task` is zero, the ask says what a task may ask."""
    with context.database.transaction() as tx:
        signed = consent.owner_signed(tx, context.chain, context.domains, body.authorization)

        def take() -> dict[str, object]:
            digest = consent.accept_standing(tx, context.domains, signed, context.clock())
            return Taken(ids.prefixed("auth", digest)).to_json()

        return Taken.parse(idempotency.once(tx, signed.owner, "authorizations", key, body.to_json(), take))


@router.get("/authorizations")
def own(context: Context, reader: AuthorizationReader, limit: Limit = 50, cursor: Cursor = None) -> AuthorizationPage:
    """The reader's own authorizations, newest first, each with the wallet that signed it."""
    with context.database.transaction() as tx:
        found, submissions = consent.own(tx, reader, paging.newest_before(cursor, "auth"), limit + 1)
        wallet = require_party(tx, reader).wallet
    more = paging.newest("auth", *found[limit - 1].position) if len(found) > limit else None
    return AuthorizationPage(tuple(_line(item, wallet) for item in found[:limit]), submissions, more)


@router.post("/authorizations/revocation", status_code=202)
def revoke_all(context: Context, body: RevokeAllRequest) -> Taken:
    """Take back all that an owner has submitted, up to a number: at once here, and on chain as soon as it takes it."""
    with context.database.transaction() as tx:
        consent.revoke_all(tx, context.chain, context.domains, body.message, body.signature)
    return Taken(f"party_{body.message.owner}")


@router.post("/authorizations/{authorization}/revocation", status_code=202)
def revoke(context: Context, authorization: str, body: RevokeRequest) -> Taken:
    """Take an authorization back: at once here, and on chain as soon as it takes it."""
    digest = ids.unprefixed("auth", authorization)
    if body.message.authorization != digest:
        raise FormatError("revocation.other", "The message names another authorization.", "Post it to that one.")
    with context.database.transaction() as tx:
        consent.revoke(tx, context.chain, context.domains, body.message, body.signature)
    return Taken(authorization)


@router.post("/tasks/{task}/refusal", status_code=202)
def refuse(context: Context, task: str, body: RefuseRequest) -> Taken:
    """Say no to a task."""
    if body.message.task != ids.unprefixed("task", task):
        raise FormatError("refusal.other", "The message names another task.", "Post it to that one.")
    with context.database.transaction() as tx:
        consent.refuse(
            tx, context.chain, context.domains, message=body.message, signature=body.signature, now=context.clock()
        )
    return Taken(task)


def _line(item: Own, wallet: str) -> AuthorizationLine:
    return AuthorizationLine(
        authorization=item.digest,
        data_set=item.data_set,
        task=item.task,
        status=item.status,
        wallet=item.wallet,
        current_wallet=item.wallet in (None, wallet),
        sequence=item.sequence,
        uses_left=item.uses_left,
        not_after=item.not_after,
        problem=None if item.problem is None else Reason(*item.problem),
    )


def _view(context: Context, ask: Ask) -> AuthorizationRequest:
    words = authorization_sentence(ask.message, protocol_ask.Ask.read(ask.policy), ask.owner)
    return AuthorizationRequest(
        digest=context.domains.digest(ask.message),
        owner=ask.owner,
        data_set=ask.data_set,
        status=ask.status,
        sentence=ConsentWords(words.english, words.chinese),
        typed_data=ask.message.typed_data(context.domains.domain(ask.message.HOME)),
        policy=ask.policy,
    )
