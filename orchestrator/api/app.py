"""The application: routes, bounds and problems put together; nothing happens on import."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Response
from fastapi.dependencies.models import Dependant
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from orchestrator.api import (
    authorizations,
    catalogue,
    events,
    joining,
    keys,
    logs,
    passkey_accounts,
    problems,
    receipts,
    reference,
    security,
    sessions,
    system,
    tasks,
    webhooks,
)
from orchestrator.api.conditional import DOCUMENTED
from orchestrator.api.context import ApiContext
from orchestrator.api.idempotency import WITHOUT
from orchestrator.api.limits import Limits
from orchestrator.api.security import COOKIE
from orchestrator.api.streaming import MEDIA_TYPE
from orchestrator.api.strict import REFERENCE, records_of
from protocol.api import Problem
from protocol.fields import schemas
from protocol.programs import Language

OPENAPI: Final = Path(__file__).parent / "openapi.json"
_ABOUT: Final = (
    "Task API of the Tallystick coordinator. Reads need `Authorization: Tallystick …`, a wallet-signed EIP-712 `Access`"
    " message, an access key (`/v1/keys`), or the session of a browser that signed in (EIP-4361, `/v1/sign-in`); posts authenticate by the signatures in their bodies. Errors are RFC 9457 problems with a stable `code`."
)

PARTS: Final = (
    system, sessions, keys, catalogue, joining, passkey_accounts, tasks, events, webhooks, authorizations, logs, receipts,
)  # fmt: skip
_SCHEMES: Final = {
    "token": {
        "type": "apiKey",
        "in": "header",
        "name": "authorization",
        "description": "`Tallystick <base64url of {message, signature}>`: an EIP-712 `Access` signed by the party's wallet or node"
        " signer, for one resource or all, for an hour at most; `tally task token` prints one.",
    },
    "key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "tallykey_…",
        "description": "Access key: 256 random bits whose hash, scopes and end the party's wallet signed (`POST /v1/keys`;"
        " `tally token create` makes one). It opens what names one of its scopes, and agrees to nothing.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "Session of a browser that signed in with the party's wallet (EIP-4361): `/v1/sign-in`, `/v1/sessions`.",
    },
}
_NAMES: Final[dict[tuple[str, str], tuple[str, object]]] = {
    ("path", "task"): ("The task's id", "task_" + "4f" * 32),
    ("path", "authorization"): ("The authorization's id", "auth_" + "5a" * 32),
    ("path", "key"): ("The key's id: the SHA-256 of the key", "key_" + "6b" * 32),
    ("path", "hook"): ("The webhook's id", "hook_" + "8d" * 32),
    ("path", "party"): ("The party's id", "party_hospital"),
    ("path", "user"): ("The result user's name: the reader's own", "hospital"),
    ("path", "data_set"): ("The data set's id", "ds_diagnoses-" + "7c" * 16),
    ("path", "program"): ("The program's id", "prog_glm.logistic@1.0.0"),
    ("query", "state"): ("", "completed"),
    ("query", "part"): ("", "proposer"),
    ("query", "limit"): ("", 20),
    ("query", "head"): ("Number of the block that the reader trusts", 1_200_000),
    ("query", "wait"): ("Seconds to wait at most for the task's end", 20),
    ("query", "seconds"): ("", 60),
}
"""What names and values in addresses are, and an example of each, by their place and name; "" where the parameter says it itself."""
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
                    operation = document["paths"][route.path][method.lower()]
                    operation["security"] = _keys(route.dependant)
                    if method == "POST" and (why := WITHOUT.get(route.path)):
                        operation["description"] += f"\n\nWithout `Idempotency-Key`: {why}"
                    _exemplify(operation.get("parameters", []))
                    if method == "GET" and MEDIA_TYPE not in operation["responses"]["200"]["content"]:
                        operation.setdefault("parameters", []).append(DOCUMENTED["parameter"])
                        operation["responses"]["304"] = DOCUMENTED["answer"]
    return document


def _exemplify(parameters: list[dict[str, Any]]) -> None:
    for parameter in parameters:
        about, example = _NAMES.get((parameter["in"], parameter["name"]), ("", None))
        if about:
            parameter["description"] = about
        if example is not None:
            parameter["example"] = example


def _keys(dependant: Dependant) -> list[dict[str, list[str]]]:
    """What opens a route: any of these; none where the body's own signatures do, or nothing is asked."""
    inner = list(_flat(dependant))
    if any(found.call is security.submitting for found in inner):
        return [{}, *_scoped(inner)]
    held = {parameter.alias for found in inner for parameter in found.header_params + found.cookie_params}
    ways = [{name: list[str]()} for name, place in (("token", "authorization"), ("session", COOKIE)) if place in held]
    without: list[dict[str, list[str]]] = [{}] if any(found.call is security.ending for found in inner) else []
    return without + ways + _scoped(inner)


def _scoped(inner: list[Dependant]) -> list[dict[str, list[str]]]:
    return [{"key": found.own_oauth_scopes} for found in inner if found.own_oauth_scopes]


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
    app.get("/docs", include_in_schema=False)(_reference)
    problems.install(app)
    return app


def _openapi() -> Response:
    return Response(_served(None), media_type="application/json")


def _reference(lang: Language = "en") -> Response:
    return HTMLResponse(_served(lang), headers=reference.HEADERS)


@cache
def _served(language: Language | None) -> str:
    """The document, or its page in a language, made once: anybody may ask for it."""
    return openapi_text() if language is None else reference.page(openapi_document(), language)
