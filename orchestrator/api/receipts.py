"""What nodes send and look up: receipts and announcements."""

from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from orchestrator.api import problems
from orchestrator.api.context import ApiContext, Context
from orchestrator.api.security import Reader, Token
from orchestrator.api.strict import SIGNED_BODY, StrictRoute
from orchestrator.services.access import named_body, sender
from orchestrator.services.receiving import Receiving
from orchestrator.store import receipts
from protocol import canonical
from protocol.api import AnnouncedBy, Announcements, Problem, ReceiptOutcome, ReceiptsTaken
from protocol.errors import TallyError, UnavailableError
from protocol.messages import PostedReceipt, PostedReceipts

router = APIRouter(prefix="/v1", tags=["nodes"], route_class=StrictRoute)
F = TypeVar("F", bound=Callable[..., Any])


async def _sender(request: Request) -> bytes:
    """Authenticate the sender by the head alone: nobody else's body is read, let alone parsed."""
    context: ApiContext = request.app.state.context
    header = request.headers.get("authorization")
    digest = named_body(header)

    def ask() -> str:
        with context.database.transaction() as tx:
            return sender(tx, context.chain, context.domains.domain("Tasks"), header=header, now=context.clock())

    request.state.sender = await run_in_threadpool(ask)
    return digest


def _signed_body(by: Callable[[Request], Coroutine[Any, Any, bytes]]) -> Callable[[F], F]:
    def mark(endpoint: F) -> F:
        setattr(endpoint, SIGNED_BODY, by)
        return endpoint

    return mark


@router.post("/receipts", status_code=202)
@_signed_body(_sender)
def receive(request: Request, context: Context, body: PostedReceipts, _token: Token = None) -> ReceiptsTaken:
    """Hand in statements, progress, announcements, logs, sealed shares and chain requests of one's own.

    The access token names `receipts/` and the SHA-256 of the whole body in hex. Receipts are taken one by one: what is
    refused has a `problem`, and the others are kept.
    """
    return ReceiptsTaken(tuple(_taken(context, request, item) for item in body.items))


def _taken(context: ApiContext, request: Request, item: PostedReceipt) -> ReceiptOutcome:
    body = canonical.dumps(item.to_json())
    digest = sha256(body).digest()
    try:
        with context.database.transaction() as tx:
            receiving = Receiving(tx, context.chain, context.domains, context.clock(), request.state.sender)
            return ReceiptOutcome(digest, receiving.accept(item.body, body, digest))
    except UnavailableError:
        raise  # nothing is said about the receipt: all may be sent again
    except TallyError as error:
        return ReceiptOutcome(digest, False, Problem.parse(problems.document(error, request.url.path)))


@router.get("/announcements")
def announcements(context: Context, reader: Reader) -> Announcements:
    """Where nodes say they listen: one's own, and the committees' of running tasks that one computes, brings data to or
    audits. Check each envelope with the registry's node key.
    """
    with context.database.transaction() as tx:
        found = receipts.announcements_for(tx, reader)
    return Announcements(tuple(AnnouncedBy(party, envelope) for party, envelope in found.items()))
