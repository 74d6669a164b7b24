"""Consent: what owners are asked, what they sign, take back and refuse."""

from typing import Annotated

from fastapi import APIRouter, Query

from orchestrator.api import paging
from orchestrator.api.context import Context
from orchestrator.api.idempotency import Once
from orchestrator.api.paging import Cursor, DataSetName, Limit
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
def authorize(context: Context, task: str, body: AuthorizeRequest, once: Once) -> Taken:
    """Give an authorization for a task."""
    identity = ids.unprefixed("task", task)
    with context.database.transaction() as tx:
        signed = consent.owner_signed(tx, context.chain, context.domains, body.authorization)

        def take() -> Taken:
            digest = consent.accept(tx, context.chain, context.domains, identity, signed, context.clock())
            return Taken(ids.prefixed("auth", digest))

        return once(tx, signed.owner, Taken, take)


@router.post("/authorizations", status_code=202)
def authorize_standing(context: Context, body: AuthorizeRequest, once: Once) -> Taken:
    """Give a standing authorization: `task` is zero, the ask says what a task may ask."""
    with context.database.transaction() as tx:
        signed = consent.owner_signed(tx, context.chain, context.domains, body.authorization)

        def take() -> Taken:
            digest = consent.accept_standing(tx, context.domains, signed, context.clock())
            return Taken(ids.prefixed("auth", digest))

        return once(tx, signed.owner, Taken, take)


@router.get("/authorizations")
def own(
    context: Context,
    reader: AuthorizationReader,
    limit: Limit = 50,
    cursor: Cursor = None,
    data_set: Annotated[DataSetName | None, Query(description="Only authorizations for this data set")] = None,
) -> AuthorizationPage:
    """The reader's own authorizations, newest first, each with the wallet that signed it."""
    with context.database.transaction() as tx:
        found, submissions = consent.own(tx, reader, paging.newest_before(cursor, "auth"), limit + 1, data_set)
        wallet = require_party(tx, reader).wallet
    more = paging.newest("auth", *found[limit - 1].position) if len(found) > limit else None
    return AuthorizationPage(tuple(_line(item, wallet) for item in found[:limit]), submissions, more)


@router.post("/authorizations/revocation", status_code=202)
def revoke_all(context: Context, body: RevokeAllRequest, once: Once) -> Taken:
    """Take back all that an owner has submitted, up to a number: at once here, and on chain as soon as it takes it."""
    with context.database.transaction() as tx:
        signature = consent.owners_word(tx, context.chain, context.domains, body.message, body.signature)

        def take() -> Taken:
            consent.revoke_all(tx, body.message, signature)
            return Taken(f"party_{body.message.owner}")

        return once(tx, body.message.owner, Taken, take)


@router.post("/authorizations/{authorization}/revocation", status_code=202)
def revoke(context: Context, authorization: str, body: RevokeRequest, once: Once) -> Taken:
    """Take an authorization back: at once here, and on chain as soon as it takes it."""
    digest = ids.unprefixed("auth", authorization)
    if body.message.authorization != digest:
        raise FormatError("revocation.other", "The message names another authorization.", "Post it to that one.")
    with context.database.transaction() as tx:
        signature = consent.owners_word(tx, context.chain, context.domains, body.message, body.signature)

        def take() -> Taken:
            consent.revoke(tx, body.message, signature)
            return Taken(authorization)

        return once(tx, body.message.owner, Taken, take)


@router.post("/tasks/{task}/refusal", status_code=202)
def refuse(context: Context, task: str, body: RefuseRequest, once: Once) -> Taken:
    """Say no to a task."""
    if body.message.task != ids.unprefixed("task", task):
        raise FormatError("refusal.other", "The message names another task.", "Post it to that one.")
    with context.database.transaction() as tx:
        signature = consent.partys_word(tx, context.chain, context.domains, body.message, body.signature)

        def take() -> Taken:
            consent.refuse(tx, body.message, signature, context.clock())
            return Taken(task)

        return once(tx, body.message.party, Taken, take)


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
