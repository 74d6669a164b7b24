"""In front of everything: a name for each request, body sizes before anything is parsed, and a rate per client address.

What is left of the rate stands in every answer (draft-ietf-httpapi-ratelimit-headers-10), beside the request's name, which
problems and the log carry too.
"""

import math
import re
import secrets
import time
from collections import OrderedDict
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.api import problems
from protocol.errors import FormatError, RefusedError, TallyError

_MOST_CLIENTS: Final = 10_000
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
        client = _client(scope, self._proxies)

        async def told_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = problems.request_id()
                headers["ratelimit-policy"] = f'"requests";q={self._rate.burst};w={self._rate.window}'
                left, seconds = self._rate.left(client)
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
        self._rate.take(client, 1 + size / _BYTES_A_REQUEST)


class Rate:
    """A token bucket per client; the least recent clients are forgotten first."""

    def __init__(self, per_minute: int) -> None:
        self._per_second: Final = per_minute / 60
        self._burst: Final = max(1.0, per_minute / 6)
        self.burst: Final = int(self._burst)
        """Requests that may come at once."""
        self.window: Final = math.ceil(self._burst / self._per_second)
        """Seconds in which an empty bucket is full again."""
        self._buckets: Final[OrderedDict[str, tuple[float, float]]] = OrderedDict()

    def take(self, client: str, cost: float = 1) -> None:
        """Count a request that costs as much as ``cost`` small ones; ``http.too_many`` when there were too many."""
        now = time.monotonic()
        tokens = self._tokens(client, now)
        self._buckets.pop(client, None)
        # a large request takes what is left and leaves the rest owed: it waits for no more than a full bucket
        enough = tokens >= min(cost, self._burst)
        self._buckets[client] = (tokens - cost if enough else tokens, now)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        if not enough:
            wait = math.ceil((min(cost, self._burst) - tokens) / self._per_second)
            raise RefusedError(
                "http.too_many",
                "Too many requests from this address.",
                f"Wait {wait} s and try again.",
                status=429,
                retry_after=max(1, wait),
            )

    def left(self, client: str) -> tuple[int, int]:
        """How many small requests a client may send at once, and the seconds until its bucket is full."""
        tokens = self._tokens(client, time.monotonic())
        return max(0, int(tokens)), math.ceil((self._burst - tokens) / self._per_second)

    def _tokens(self, client: str, now: float) -> float:
        tokens, then = self._buckets.get(client, (self._burst, now))
        return min(self._burst, tokens + (now - then) * self._per_second)


def _client(scope: Scope, proxies: int) -> str:
    """The address that the outermost trusted proxy saw; a client's own header counts for nothing."""
    peer = scope["client"][0] if scope.get("client") else "unknown"
    if proxies == 0:
        return peer
    forwarded = next((value for name, value in reversed(scope["headers"]) if name == b"x-forwarded-for"), b"")
    chain = [part.strip() for part in forwarded.decode("latin-1").split(",") if part.strip()]
    return chain[-proxies] if len(chain) >= proxies else peer


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
