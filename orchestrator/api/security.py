"""The reader behind a request: from its access token, or from the session of somebody who signed in with a wallet."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Cookie, Depends, Header, Request, Response

from orchestrator.api.context import ApiContext, Context
from orchestrator.services import signing_in
from orchestrator.services.access import reader
from protocol.access import resource_of
from protocol.errors import RefusedError
from protocol.sign_in import SessionView

COOKIE: Final = "tally_reader"
_FORM: Final = "`Tallystick <base64url of {message, signature}>`"
Token = Annotated[str | None, Header(alias="authorization", max_length=8300, description=_FORM)]
SessionSecret = Annotated[
    str | None,
    Cookie(alias=COOKIE, max_length=100, include_in_schema=False),  # OpenAPI tells of it among `securitySchemes`
]


def _by_token(request: Request, context: Context, authorization: Token = None) -> str:
    with context.database.transaction() as tx:
        return reader(
            tx,
            context.chain,
            context.domains.domain("Tasks"),
            header=authorization,
            resource=resource_of(request.url.path),
            now=context.clock(),
        )


def reading(request: Request, context: Context, authorization: Token = None, secret: SessionSecret = None) -> str:
    """The party behind a token or, where none is given, behind a session."""
    if authorization is not None or secret is None:
        return _by_token(request, context, authorization)
    require_own_site(request, context)
    with context.database.transaction() as tx:
        return signing_in.session(tx, secret, context.clock()).party


Reader = Annotated[str, Depends(reading)]
"""The party that reads."""
TokenHolder = Annotated[str, Depends(_by_token)]
"""The party that acts by a token which it signed for that: being signed in is not enough."""


def require_own_site(request: Request, context: ApiContext) -> None:
    """Refuse what a page of another site makes a browser send (Fetch Metadata, and RFC 6454's Origin where it is given).

    Nothing is refused of what no browser sends: who can send a cookie by other means holds it.
    """
    own = urlsplit(context.door.require_url())
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none") or (origin is not None and origin != f"{own.scheme}://{own.netloc}"):
        raise RefusedError(
            "access.foreign_site", "The request comes from a page of another site.", "Open the coordinator's own page."
        )


def give_cookie(context: ApiContext, response: Response, secret: str, view: SessionView) -> None:
    """Hand a session's cookie out: for this API's part of this site, for no script, and over TLS alone where there is TLS."""
    own = urlsplit(context.door.require_url())
    response.set_cookie(
        COOKIE,
        secret,
        max_age=max(0, view.not_after - context.clock()),
        path=f"{own.path}/v1",
        secure=own.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def drop_cookie(context: ApiContext, response: Response) -> None:
    """Have the browser forget it."""
    own = urlsplit(context.door.require_url())
    response.delete_cookie(
        COOKIE, path=f"{own.path}/v1", secure=own.scheme == "https", httponly=True, samesite="strict"
    )
