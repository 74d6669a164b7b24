"""Signing in with a wallet, to read: a message to sign, a session for its signature, its end."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from orchestrator.api.context import Context
from orchestrator.api.security import EndedSession, SessionSecret, drop_cookie, give_cookie, require_own_site
from orchestrator.api.strict import StrictRoute
from orchestrator.services import signing_in
from protocol.sign_in import SessionView, SignedIn, SignInMessage, SignInRequest

router = APIRouter(prefix="/v1", tags=["sessions"], route_class=StrictRoute)


@router.post("/sign-in")
def message(context: Context, body: SignInRequest) -> SignInMessage:
    """A message (EIP-4361) for a registered wallet to sign within five minutes; nothing is kept."""
    with context.database.transaction() as tx:
        return signing_in.message(tx, context.door, body, context.clock())


@router.post("/sessions", status_code=201)
def sign_in(request: Request, context: Context, body: SignedIn) -> SessionView:
    """A session for a signed message; its secret is a cookie that no script reads. It reads, and agrees to nothing."""
    require_own_site(request, context)
    with context.database.transaction() as tx:
        secret, view = signing_in.open_session(tx, context.chain, context.door, body, context.clock())
    response = JSONResponse(view.to_json(), 201)
    give_cookie(context, response, secret, view)
    return response  # pyright: ignore[reportReturnType]


@router.get("/sessions/own")
def own(context: Context, secret: SessionSecret = None) -> SessionView:
    """Whose session it is, and its end."""
    with context.database.transaction() as tx:
        return signing_in.session(tx, secret, context.clock())


@router.delete("/sessions/own", status_code=204)
def sign_out(request: Request, context: Context, secret: EndedSession) -> Response:
    """End the session; there need not be one."""
    require_own_site(request, context)
    with context.database.transaction() as tx:
        signing_in.close(tx, secret)
    response = Response(status_code=204)
    drop_cookie(context, response)
    return response
