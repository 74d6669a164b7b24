"""An application served over a loopback socket in a thread of its own."""

import threading

import uvicorn
from starlette.types import ASGIApp

from tests import patience


class Served:
    """Serves ``app`` until :meth:`stop`; ``port`` 0 takes any free one."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, proxy_headers=False))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        patience.until(20, "the server", lambda: self._server.started)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(patience.scaled(20))
        assert not self._thread.is_alive()
