"""The application: routes, bounds and problems put together; nothing happens on import."""

import json
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from orchestrator.api import authorizations, catalogue, problems, receipts, system, tasks
from orchestrator.api.context import ApiContext
from orchestrator.api.limits import Limits
from orchestrator.api.models import ProblemBody

OPENAPI: Final = Path(__file__).parent / "openapi.json"
_ABOUT: Final = (
    "Task API of the Tallystick coordinator. Reads need `Authorization: Tallystick …`, a wallet-signed EIP-712 `Access`"
    " message; posts authenticate by the signatures in their bodies. Errors are RFC 9457 problems with a stable `code`."
)

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
    return json.dumps(_routes().openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _routes() -> FastAPI:
    app = FastAPI(
        title="Tallystick coordinator",
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        responses={"default": {"model": ProblemBody, "content": {problems.MEDIA_TYPE: {}}, "description": "Problem"}},
    )
    for part in (system, catalogue, tasks, authorizations, receipts):
        app.include_router(part.router)
    problems.install(app)
    return app
