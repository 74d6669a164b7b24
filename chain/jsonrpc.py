"""A small JSON-RPC 2.0 client over HTTP for talking to our own anvil (the gateway uses web3 instead)."""

import http.client
import itertools
import json
import threading
from typing import Final

from protocol.errors import TallyError, UnavailableError


class RpcError(TallyError):
    """The endpoint answered with an error object: ``number``, ``message`` and ``data`` as it sent them."""

    def __init__(self, method: str, error: dict[str, object]) -> None:
        self.number: Final = error.get("code")
        self.message: Final = str(error.get("message", ""))
        self.data: Final = error.get("data")
        super().__init__("rpc.refused", f"{method}: {self.message}", "Read the message.", method=method)


class _Connection(http.client.HTTPConnection):
    def __del__(self) -> None:
        # A thread's connection goes with the thread; nobody else could close it.
        self.close()


class RpcClient:
    """One endpoint; one kept-alive connection per thread; every call has a time limit in seconds."""

    def __init__(self, port: int, timeout: float, host: str = "127.0.0.1") -> None:
        self._host: Final = host
        self._port: Final = port
        self._timeout: Final = timeout
        self._local: Final = threading.local()
        self._ids: Final = itertools.count(1)

    def call(self, method: str, *params: object) -> object:
        """The result of one call; RpcError when refused, UnavailableError when nobody answers."""
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        answer = json.loads(self.post(json.dumps(request).encode()))
        if "error" in answer:
            raise RpcError(method, answer["error"])
        return answer["result"]

    def call_text(self, method: str, *params: object) -> str:
        """A call whose result is a string (hash, quantity, data)."""
        result = self.call(method, *params)
        if not isinstance(result, str):
            raise RpcError(method, {"message": f"expected a string, got {type(result).__name__}"})
        return result

    def call_object(self, method: str, *params: object) -> dict[str, object]:
        """A call whose result is an object (block, receipt)."""
        result = self.call(method, *params)
        if not isinstance(result, dict):
            raise RpcError(method, {"message": f"expected an object, got {type(result).__name__}"})
        return result

    def post(self, body: bytes) -> bytes:
        """One round trip of raw bytes. A kept connection that the server closed meanwhile is opened once more."""
        for attempt in (1, 2):
            kept: _Connection | None = getattr(self._local, "connection", None)
            connection = kept or _Connection(self._host, self._port, timeout=self._timeout)
            self._local.connection = connection
            try:
                connection.request("POST", "/", body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                answer = response.read()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if kept is None or attempt == 2 or isinstance(error, TimeoutError):
                    raise UnavailableError(
                        "rpc.unreachable",
                        f"No answer from http://{self._host}:{self._port}: {type(error).__name__}: {error}.",
                        "Check that the chain is running (`tally doctor`).",
                    ) from error
            else:
                if response.status != http.HTTPStatus.OK:
                    raise UnavailableError(
                        "rpc.unavailable", f"The chain's endpoint answered {response.status}.", "Try again."
                    )
                return answer
        raise AssertionError("unreachable: the second attempt returns or raises")

    def close(self) -> None:
        """Closes this thread's connection."""
        connection: _Connection | None = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None:
            connection.close()
