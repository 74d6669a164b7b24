"""Errors as RFC 9457 problem documents: stable code, what happened, what to do, and ids as fields."""

from collections.abc import Sequence
from typing import Any, Final, cast

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from protocol.errors import FormatError, RangeError, RefusedError, TallyError, UnavailableError, VerificationError

MEDIA_TYPE: Final = "application/problem+json"
_BASE: Final = "https://tallystick.dev/problems/"
_RETRY_AFTER: Final = "2"
_MOST_ERRORS: Final = 20
_log = structlog.get_logger()

_TITLES: Final = {
    "format": "The request is malformed",
    "range": "A value is out of range",
    "verification": "A signature or proof does not hold",
    "refused": "A rule says no",
    "unavailable": "Something needed does not answer",
    "internal": "The coordinator failed",
}


def install(app: FastAPI) -> None:
    """Let the application answer every error in this form."""
    app.add_exception_handler(TallyError, _tally_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _crash)


def category_and_status(error: TallyError) -> tuple[str, int]:
    """The error's kind and HTTP status; an error may carry its own ``status``."""
    stated = error.details.get("status")
    match error:
        case FormatError():
            category, status = "format", 413 if error.code.endswith("too_large") else 400
        case RangeError():
            category, status = "range", 422
        case VerificationError():
            category, status = "verification", 401 if error.code.startswith("access.") else 403
        case RefusedError():
            category, status = "refused", 403 if error.code.startswith("access.") else 409
        case UnavailableError():
            category, status = "unavailable", 503
        case _:
            category, status = "internal", 502
    return category, stated if isinstance(stated, int) else status


def document(error: TallyError, instance: str) -> dict[str, object]:
    """The problem document of an error."""
    category, status = category_and_status(error)
    details = {key: value for key, value in error.details.items() if key not in ("status", "type", "retry_after")}
    return {
        **details,
        "type": _BASE + error.code,
        "title": _TITLES[category],
        "status": status,
        "detail": error.what,
        "code": error.code,
        "fix": error.fix,
        "category": category,
        "instance": instance,
        "request_id": request_id(),
    }


def request_id() -> str:
    """The name of the request that is being answered: the same in its answer, its problem and the log."""
    return str(structlog.contextvars.get_contextvars().get("request_id", "none"))


def answer(error: TallyError, instance: str) -> JSONResponse:
    """The HTTP answer of an error."""
    body = document(error, instance)
    status = cast("int", body["status"])
    headers = {"www-authenticate": "Tallystick, Bearer"} if status == 401 else {}
    if status in (429, 503) or "retry_after" in error.details:
        headers["retry-after"] = str(error.details.get("retry_after", _RETRY_AFTER))
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _tally_error(request: Request, error: Exception) -> JSONResponse:
    found = cast("TallyError", error)
    category, status = category_and_status(found)
    if status >= 500:
        _log.warning("api.error", code=found.code, what=found.what, path=request.url.path, category=category)
    return answer(found, request.url.path)


def _validation_error(request: Request, error: Exception) -> JSONResponse:
    found = cast("RequestValidationError", error).errors()[:_MOST_ERRORS]
    return answer(_first(found), request.url.path)


def _first(found: Sequence[Any]) -> TallyError:
    item = found[0]
    where = ".".join(str(part) for part in item["loc"])
    places = [".".join(str(part) for part in other["loc"]) for other in found]
    kind = str(item["type"])
    if kind == "extra_forbidden":
        return FormatError("json.unknown_field", f"{where} is not known.", "Remove it.", fields=places)
    if kind == "missing":
        return FormatError("json.missing_field", f"{where} is missing.", "Add it.", fields=places)
    return FormatError("json.wrong_value", f"{where}: {item['msg']}.", "Correct it.", fields=places)


def _http_error(request: Request, error: Exception) -> JSONResponse:
    found = cast("HTTPException", error)
    if found.status_code == 404:
        problem: TallyError = RefusedError(
            "http.no_such_path", f"There is nothing at {request.url.path}.", "See /openapi.json.", status=404
        )
    elif found.status_code == 405:
        problem = RefusedError(
            "http.method", f"{request.method} is not allowed here.", "See /openapi.json.", status=405
        )
    else:
        problem = FormatError("http.error", str(found.detail), "Correct the request.", status=found.status_code)
    response = answer(problem, request.url.path)
    response.headers.update(found.headers or {})  # Allow, where a method is not allowed (RFC 9110, 15.5.6)
    return response


def _crash(request: Request, error: Exception) -> JSONResponse:
    _log.error("api.crash", path=request.url.path, exc_info=error)
    problem = TallyError(
        "coordinator.internal", "The coordinator failed on this request.", "Try again; tell the operator.", status=500
    )
    return answer(problem, request.url.path)
