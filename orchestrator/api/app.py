"""The application: routes, bounds and problems put together; nothing happens on import."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from orchestrator.api import authorizations, catalogue, joining, problems, receipts, sessions, system, tasks
from orchestrator.api.context import ApiContext
from orchestrator.api.limits import Limits
from orchestrator.api.security import COOKIE
from orchestrator.api.strict import REFERENCE, records_of
from protocol.api import Problem
from protocol.fields import schemas

OPENAPI: Final = Path(__file__).parent / "openapi.json"
_ABOUT: Final = (
    "Task API of the Tallystick coordinator. Reads need `Authorization: Tallystick …`, a wallet-signed EIP-712 `Access`"
    " message, or the session of a browser that signed in (EIP-4361, `/v1/sign-in`); posts authenticate by the signatures in their bodies. Errors are RFC 9457 problems with a stable `code`."
)

PARTS: Final = (system, sessions, catalogue, joining, tasks, authorizations, receipts)
_SCHEMES: Final = {
    "token": {
        "type": "apiKey",
        "in": "header",
        "name": "authorization",
        "description": "`Tallystick <base64url of {message, signature}>`: an EIP-712 `Access` signed by the party's wallet or node"
        " signer, for one resource or all, for an hour at most; `tally task token` prints one.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "Session of a browser that signed in with the party's wallet (EIP-4361): `/v1/sign-in`, `/v1/sessions`.",
    },
}
_PROBLEM: Final = {"schema": {"$ref": REFERENCE + Problem.__name__}}

__all__ = ["OPENAPI", "ApiContext", "create_app", "openapi_text"]


def create_app(context: ApiContext) -> FastAPI:
    """The API over a context."""
    app = _routes()
    app.state.context = context
    app.add_middleware(
        Limits,
        body=context.most_body,
        receipts=context.most_receipt,
        per_minute=context.requests_per_minute,
        proxies=context.proxies,
    )
    return app


def openapi_text() -> str:
    """The OpenAPI document as committed beside this file."""
    return json.dumps(openapi_document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document: FastAPI's paths, the records' own schemas."""
    document = _routes().openapi()
    kinds = {
        kind
        for part in PARTS
        for route in part.router.routes
        if isinstance(route, APIRoute)
        for kind in records_of(route.endpoint)
        if kind is not None
    }
    document["components"] = {"schemas": schemas({Problem, *kinds}, REFERENCE), "securitySchemes": _SCHEMES}
    for part in PARTS:
        for route in part.router.routes:
            if isinstance(route, APIRoute):
                for method in route.methods or ():
                    document["paths"][route.path][method.lower()]["security"] = _keys(route.dependant)
    return document


def _keys(dependant: Dependant) -> list[dict[str, list[str]]]:
    """What opens a route: any of these; none where the body's own signatures do, or nothing is asked."""
    held = {parameter.alias for inner in _flat(dependant) for parameter in inner.header_params + inner.cookie_params}
    return [{name: []} for name, place in (("token", "authorization"), ("session", COOKIE)) if place in held]


def _flat(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _flat(inner)


def _routes() -> FastAPI:
    app = FastAPI(
        title="Tallystick coordinator",
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        responses={"default": {"content": {problems.MEDIA_TYPE: _PROBLEM}, "description": "Problem"}},
    )
    for part in PARTS:
        app.include_router(part.router)
    app.get("/openapi.json", include_in_schema=False)(_openapi)
    problems.install(app)
    return app


def _openapi() -> Response:
    return Response(openapi_text(), media_type="application/json")
