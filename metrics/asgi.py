"""Counts an ASGI application's answers: by closed words that the application names, and the seconds until each begins."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias

from metrics.board import Meter

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Naming: TypeAlias = Callable[[Scope], tuple[str, ...]]
_NOTHING: Final = "5xx"
"""What an application answered that broke off before it said anything."""


class Metered:
    """``requests`` counts answers under the words of ``route`` and the status' class, ``seconds`` times them under those of ``asked``."""

    def __init__(
        self,
        app: App,
        meter: Meter,
        *,
        requests: str,
        seconds: str,
        route: Naming = lambda _: (),
        asked: Naming = lambda _: (),
    ) -> None:
        self._app: Final = app
        self._meter: Final = meter
        self._requests: Final = requests
        self._seconds: Final = seconds
        self._route: Final = route
        self._asked: Final = asked
        self.open = 0
        """Requests under way."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status, took = time.monotonic(), _NOTHING, None

        async def timed(message: Message) -> None:
            nonlocal status, took
            if message["type"] == "http.response.start" and took is None:
                status, took = f"{int(message['status']) // 100}xx", time.monotonic() - begun
            await send(message)

        self.open += 1
        try:
            await self._app(scope, receive, timed)
        finally:
            self.open -= 1
            self._meter.count(self._requests, *self._route(scope), status)
            self._meter.observe(self._seconds, time.monotonic() - begun if took is None else took, *self._asked(scope))
