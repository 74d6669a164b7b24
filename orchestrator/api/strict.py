"""Strict reading of requests, and records on both sides: a route takes and gives :class:`protocol.fields.Fields` types.

JSON without duplicate keys or floats, known query parameters only. An endpoint's parameter of a record type is read from
the body by the record's own parser, its answer is written by it, and OpenAPI shows the record's own schema.
"""

import inspect
from collections.abc import Callable, Coroutine
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeAlias, cast

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from orchestrator.api import conditional
from protocol import canonical
from protocol.errors import FormatError, VerificationError
from protocol.fields import Fields

REFERENCE: Final = "#/components/schemas/"
Endpoint: TypeAlias = Callable[..., Any]
Sender: TypeAlias = Callable[[Request], Coroutine[Any, Any, bytes]]
SIGNED_BODY: Final = "signed_body"
"""Attribute of an endpoint whose body is signed as a whole: from the request's head it gives the body's SHA-256, or raises."""
_LARGE: Final = 64 * 1024


class StrictRequest(Request):
    """A request whose JSON went through :mod:`protocol.canonical`."""

    strict: object = None

    async def read(self, digest: bytes | None) -> None:
        """Parse the body; ``json.*`` when it is not strict JSON, ``http.content_type`` when it is not JSON at all.

        A body that does not have the SHA-256 ``digest``, where one is given, is not parsed: ``access.other_body``.
        """
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise FormatError(
                "http.content_type", f"The body is {kind or 'of no type'}.", "Send application/json.", status=415
            )
        try:
            body = await self.body()
        except ClientDisconnect as error:
            # Nobody is left to hear it, and nothing went wrong here that a trace would explain.
            raise FormatError(
                "http.body_incomplete", "The sender went away before the body was whole.", "Send it again."
            ) from error
        if digest is not None and sha256(body).digest() != digest:
            raise VerificationError(
                "access.other_body", "The body is not the one that the token names.", "Sign what is sent."
            )
        self.strict = canonical.parse(body) if len(body) < _LARGE else await run_in_threadpool(canonical.parse, body)


class StrictRoute(APIRoute):
    """A route that refuses what it does not know."""

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:  # noqa: ANN401 - as APIRoute's
        self._sender: Sender | None = getattr(endpoint, SIGNED_BODY, None)
        body, answer = records_of(endpoint)
        if body is not None:
            content = {"application/json": {"schema": {"$ref": REFERENCE + body.__name__}}}
            options["openapi_extra"] = {"requestBody": {"content": content, "required": True}}
        if answer is not None:
            content = {"application/json": {"schema": {"$ref": REFERENCE + answer.__name__}}}
            options["responses"] = {options.get("status_code") or HTTPStatus.OK.value: {"content": content}}
        super().__init__(path, _plain(endpoint, options.get("status_code") or HTTPStatus.OK), **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind our own reading."""
        handler = super().get_route_handler()
        known = {parameter.alias for parameter in self.dependant.query_params}
        body, _ = records_of(self.endpoint)

        async def strict(request: Request) -> Response:
            if unknown := sorted(set(request.query_params) - known):
                raise FormatError(
                    "http.unknown_parameter", f"There is no query parameter {unknown[0]!r} here.", "Remove it."
                )
            if any(len(request.query_params.getlist(name)) > 1 for name in known):
                raise FormatError("http.parameter_twice", "A query parameter occurs twice.", "Send it once.")
            if body is None:
                return conditional.answered(request, await handler(request))
            reader = StrictRequest(request.scope, request.receive)
            digest = await self._sender(request) if self._sender is not None else None
            await reader.read(digest)
            return await handler(reader)

        return strict


def records_of(endpoint: Endpoint) -> tuple[type[Fields] | None, type[Fields] | None]:
    """The record that an endpoint reads from the body, and the one that it answers with."""
    signature = inspect.signature(inspect.unwrap(endpoint), eval_str=True)
    kinds = [parameter.annotation for parameter in signature.parameters.values()]
    return next((kind for kind in kinds if _is_record(kind)), None), (
        signature.return_annotation if _is_record(signature.return_annotation) else None
    )


def _is_record(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Fields)


def _plain(endpoint: Endpoint, status: int) -> Endpoint:
    """The endpoint as FastAPI sees it: the body is a dependency, the answer a response."""
    signature = inspect.signature(endpoint, eval_str=True)
    parameters = [
        parameter.replace(annotation=Annotated[parameter.annotation, Depends(_reader(parameter.annotation))])
        if _is_record(parameter.annotation)
        else parameter
        for parameter in signature.parameters.values()
    ]

    def written(found: object) -> object:
        return JSONResponse(found.to_json(), status) if isinstance(found, Fields) else found

    async def later(**values: object) -> object:
        return written(await endpoint(**values))

    def now(**values: object) -> object:
        return written(endpoint(**values))

    answer = wraps(endpoint)(later if inspect.iscoroutinefunction(endpoint) else now)
    answer.__signature__ = signature.replace(parameters=parameters, return_annotation=Response)  # pyright: ignore[reportAttributeAccessIssue, reportFunctionMemberAccess]
    return answer


def _reader(kind: type[Fields]) -> Callable[[Request], Fields]:
    def read(request: Request) -> Fields:
        return kind.parse(cast("StrictRequest", request).strict)

    return read
