"""An ASGI application behind httpx's synchronous client: the real routes and middleware, no sockets."""

import asyncio
from typing import Any

import httpx


class AsgiTransport(httpx.BaseTransport):
    """Runs one request to its end in an event loop of its own."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()

        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
            inner = httpx.Request(request.method, request.url, headers=request.headers, content=body)
            answer = await transport.handle_async_request(inner)
            return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())

        return asyncio.run(exchange())


def client_of(app: Any) -> httpx.Client:
    """A client of the application at ``http://testserver``."""
    return httpx.Client(transport=AsgiTransport(app), base_url="http://testserver")
