"""The reader behind a request: from its access token, from an access key, or from the session of who signed in with a wallet."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Cookie, Depends, Header, Request, Response, Security
from fastapi.security import SecurityScopes

from orchestrator.api.context import ApiContext, Context
from orchestrator.services import access_keys, signing_in
from orchestrator.services.access import reader
from orchestrator.services.webhooks import Manager
from protocol.access import resource_of
from protocol.access_keys import Scope, parse, presented
from protocol.errors import RefusedError
from protocol.sign_in import SessionView

COOKIE: Final = "tally_reader"
_FORM: Final = "`Tallystick <base64url of {message, signature}>`, or `Bearer <access key>`"
Token = Annotated[str | None, Header(alias="authorization", max_length=8300, description=_FORM)]
SessionSecret = Annotated[
    str | None,
    Cookie(alias=COOKIE, max_length=100, include_in_schema=False),  # OpenAPI tells of it among `securitySchemes`
]


def _by_token(request: Request, context: Context, authorization: Token = None) -> str:
    if presented(authorization):
        raise RefusedError(
            "access.key_closed", "No access key opens this.", "Send a token that your wallet signs for it, or sign in."
        )
    with context.database.transaction() as tx:
        return reader(
            tx,
            context.chain,
            context.domains.domain("Tasks"),
            header=authorization,
            resource=resource_of(request.url.path),
            now=context.clock(),
        )


def reading(
    request: Request,
    context: Context,
    scopes: SecurityScopes,
    authorization: Token = None,
    secret: SessionSecret = None,
) -> str:
    """The party behind a token, behind an access key made for one of ``scopes`` or, where neither is given, behind a session."""
    if authorization is not None and presented(authorization):
        with context.database.transaction() as tx:
            return access_keys.holder(tx, authorization, scopes.scopes, context.clock())
    if authorization is not None or secret is None:
        return _by_token(request, context, authorization)
    require_own_site(request, context)
    with context.database.transaction() as tx:
        return signing_in.session(tx, secret, context.clock()).party


def still_reading(request: Request, context: ApiContext, party: str) -> None:
    """Refuse to go on telling when the right to read tasks has ended: a stream may outlive token, key and session."""
    secret = request.cookies.get(COOKIE)
    found = reading(request, context, SecurityScopes([_TASKS]), request.headers.get("authorization"), secret)
    if found != party:
        raise RefusedError("access.not_yours", f"This is no longer {party}'s to read.", "Sign in again.")


def submitting(context: Context, authorization: Token = None) -> str | None:
    """The party of the access key that comes with what a wallet has signed; without one the signature is enough."""
    if authorization is None or not presented(authorization):
        return None
    with context.database.transaction() as tx:
        return access_keys.holder(tx, authorization, [_SUBMIT], context.clock())


def managing(request: Request, context: Context, scopes: SecurityScopes, authorization: Token = None) -> Manager:
    """Who manages webhooks: by a token that it signed, or an access key made for that. A session only reads (ADR 0074)."""
    if authorization is not None and presented(authorization):
        with context.database.transaction() as tx:
            party = access_keys.holder(tx, authorization, scopes.scopes, context.clock())
        return Manager(party, parse(authorization))
    return Manager(_by_token(request, context, authorization), None)


_TASKS: Final[Scope] = "tasks:read"
_SUBMIT: Final[Scope] = "tasks:submit"
_EVIDENCE: Final[Scope] = "evidence:read"
_RESULTS: Final[Scope] = "results:read"
_OWN_AUTHORIZATIONS: Final[Scope] = "authorizations:read"
_CATALOGUE: Final[Scope] = "catalogue:read"
_SYSTEM: Final[Scope] = "system:read"
_WEBHOOKS: Final[Scope] = "webhooks:manage"

Reader = Annotated[str, Depends(reading)]
"""The party that reads what no access key opens. Below: what a key of the named scope opens, too."""
TaskReader = Annotated[str, Security(reading, scopes=[_TASKS])]
ContractReader = Annotated[str, Security(reading, scopes=[_SUBMIT])]
EvidenceReader = Annotated[str, Security(reading, scopes=[_EVIDENCE])]
ResultReader = Annotated[str, Security(reading, scopes=[_RESULTS])]
AuthorizationReader = Annotated[str, Security(reading, scopes=[_OWN_AUTHORIZATIONS])]
CatalogueReader = Annotated[str, Security(reading, scopes=[_CATALOGUE])]
SystemReader = Annotated[str, Security(reading, scopes=[_SYSTEM])]
WebhookReader = Annotated[str, Security(reading, scopes=[_WEBHOOKS])]
WebhookManager = Annotated[Manager, Security(managing, scopes=[_WEBHOOKS])]
Submitter = Annotated[str | None, Security(submitting, scopes=[_SUBMIT])]
"""The party of the key that was given along, None for no key."""
TokenHolder = Annotated[str, Depends(_by_token)]
"""The party that acts by a token which it signed for that: being signed in is not enough, nor is holding a key."""


def ending(secret: SessionSecret = None) -> str | None:
    """The session that is to end; there need not be one."""
    return secret


EndedSession = Annotated[str | None, Depends(ending)]


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
