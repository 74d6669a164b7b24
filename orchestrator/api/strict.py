"""Strict reading of requests: JSON without duplicate keys or floats, known query parameters only."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from protocol import canonical
from protocol.errors import FormatError

_LARGE: Final = 64 * 1024


class StrictRequest(Request):
    """A request whose JSON went through :mod:`protocol.canonical`."""

    _strict: Any = None

    async def read(self) -> None:
        """Parse the body; ``json.*`` when it is not strict JSON, ``http.content_type`` when it is not JSON at all."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise FormatError(
                "http.content_type", f"The body is {kind or 'of no type'}.", "Send application/json.", status=415
            )
        body = await self.body()
        self._strict = canonical.parse(body) if len(body) < _LARGE else await run_in_threadpool(canonical.parse, body)

    async def json(self) -> Any:  # noqa: ANN401 - JSON has no narrower type
        """The parsed body."""
        return self._strict


class StrictRoute(APIRoute):
    """A route that refuses what it does not know."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind our own reading."""
        handler = super().get_route_handler()
        known = {parameter.alias for parameter in self.dependant.query_params}

        async def strict(request: Request) -> Response:
            if unknown := sorted(set(request.query_params) - known):
                raise FormatError(
                    "http.unknown_parameter", f"There is no query parameter {unknown[0]!r} here.", "Remove it."
                )
            if any(len(request.query_params.getlist(name)) > 1 for name in known):
                raise FormatError("http.parameter_twice", "A query parameter occurs twice.", "Send it once.")
            if self.body_field is None:
                return await handler(request)
            reader = StrictRequest(request.scope, request.receive)
            await reader.read()
            return await handler(reader)

        return strict
