"""A rate per client address in front of the explorer's pages. What is forwarded to the coordinator's API is counted there."""

import time
from collections.abc import Callable
from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from audit_explorer.security import HEADERS
from protocol.errors import RefusedError
from protocol.rates import Rate, client_of

_FREE: Final = ("/static/", "/health", "/v1/")
PRINTING: Final = 100
"""A page to print takes a browser's start: it counts as so many."""
_SAID: Final = "Too many requests from this address: try again in {wait} s.\n此地址的请求过多：请在 {wait} 秒后再试。\n[http.too_many]\n"


class Rates:
    """ASGI middleware. ``proxies`` is how many trusted proxies stand in front and append to X-Forwarded-For."""

    def __init__(
        self, app: ASGIApp, *, per_minute: int, proxies: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app: Final = app
        self._rate: Final = Rate(per_minute)
        self._proxies: Final = proxies
        self._clock: Final = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or say how long to wait."""
        if scope["type"] == "http" and not scope["path"].startswith(_FREE):
            peer = scope["client"][0] if scope.get("client") else "unknown"
            client = client_of(peer, scope["headers"], self._proxies)
            try:
                self._rate.take(client, self._clock(), PRINTING if scope["path"].endswith(".pdf") else 1)
            except RefusedError as error:
                wait = str(error.details["retry_after"])
                answer = PlainTextResponse(
                    _SAID.format(wait=wait), 429, {**HEADERS, "cache-control": "no-store", "retry-after": wait}
                )
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)
