"""In front of everything: a name for each request, body sizes before anything is parsed, and a rate per client address.

What is left of the rate stands in every answer (draft-ietf-httpapi-ratelimit-headers-10), beside the request's name, which
problems and the log carry too.
"""

import re
import secrets
import time
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.api import problems
from protocol.errors import FormatError, TallyError
from protocol.rates import Rate, client_of

_MOST_PATH: Final = 2048
_OF_A_TASK: Final = re.compile(r"/v1/tasks/task_([0-9a-f]{64})(?:/|$)")
_BYTES_A_REQUEST: Final = 1024 * 1024
"""Body that costs as much as a request without one."""


class BodyTooLarge(FormatError):
    """More body than is allowed."""


class Limits:
    """ASGI middleware. ``receipts`` is the larger limit of the one path that carries sealed shares."""

    def __init__(self, app: ASGIApp, *, body: int, receipts: int, per_minute: int, proxies: int) -> None:
        self._app: Final = app
        self._body: Final = body
        self._receipts: Final = receipts
        self._rate: Final = Rate(per_minute)
        self._proxies: Final = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer with a problem."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        structlog.contextvars.bind_contextvars(request_id=secrets.token_hex(8))  # a request has a context of its own
        if (found := _OF_A_TASK.match(scope["path"])) is not None:
            structlog.contextvars.bind_contextvars(task=found[1])
        peer = scope["client"][0] if scope.get("client") else "unknown"
        client = client_of(peer, scope["headers"], self._proxies)

        async def told_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = problems.request_id()
                headers["ratelimit-policy"] = f'"requests";q={self._rate.burst};w={self._rate.window}'
                left, seconds = self._rate.left(client, time.monotonic())
                headers["ratelimit"] = f'"requests";r={left};t={seconds}'
            await send(message)

        await self._bounded(scope, receive, told_send, client)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send, client: str) -> None:
        try:
            self._check(scope, client)
        except TallyError as error:
            await problems.answer(error, scope["path"])(scope, receive, send)
            return
        limit = self._receipts if scope["path"] == "/v1/receipts" else self._body
        began = False

        async def counted_send(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self._app(scope, _counted(receive, limit), counted_send)
        except BodyTooLarge as error:
            if not began:
                await problems.answer(error, scope["path"])(scope, receive, send)

    def _check(self, scope: Scope, client: str) -> None:
        if len(scope["path"]) > _MOST_PATH or len(scope["query_string"]) > _MOST_PATH:
            raise FormatError("http.path", "The address is too long.", "Use the documented paths.", status=414)
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        limit = self._receipts if scope["path"] == "/v1/receipts" else self._body
        # a body of unannounced length may be as large as is allowed, and costs as much
        unannounced = b"0" if scope["method"] == "GET" else str(limit).encode()
        length = lengths[-1] if lengths else unannounced
        size = int(length) if length.isdigit() else limit
        if size > limit:
            raise _too_large(limit)
        self._rate.take(client, time.monotonic(), 1 + size / _BYTES_A_REQUEST)


def _counted(receive: Receive, limit: int) -> Receive:
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise _too_large(limit)
        return message

    return counted


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge("http.too_large", f"The body exceeds {limit} bytes.", "Send less.", limit=limit)
