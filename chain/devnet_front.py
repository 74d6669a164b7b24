"""The devnet's public door: ``python -m chain.devnet_front STATE_DIR PORT``, one process with anvil as its child.

Reads go straight to anvil. ``eth_sendRawTransaction`` goes through the sequencer. Everything else is refused: with
``anvil_*`` or ``eth_sendTransaction`` any client could act as any party. A killed anvil is started again behind the
same address. A request that falls in between is answered once the replay is done.
"""

import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import structlog

from chain.child import write_atomically
from chain.jsonrpc import RpcError
from chain.sequencer import Sequencer
from logs.configuration import configure
from protocol.errors import TallyError, UnavailableError

_log = structlog.get_logger()
MAX_BODY: Final = 4 * 1024 * 1024
_METHOD_NOT_FOUND = -32601
_INVALID_REQUEST = -32600
_SERVER_ERROR = -32000
_READS: Final = frozenset(
    {"net_version", "web3_clientVersion"}
    | {
        f"eth_{name}"
        for name in (
            *("blockNumber", "call", "chainId", "createAccessList", "estimateGas", "feeHistory", "gasPrice"),
            *("getBalance", "getBlockByHash", "getBlockByNumber", "getBlockReceipts", "getBlockTransactionCountByHash"),
            *("getBlockTransactionCountByNumber", "getCode", "getLogs", "getProof", "getStorageAt"),
            *("getTransactionByBlockHashAndIndex", "getTransactionByBlockNumberAndIndex", "getTransactionByHash"),
            *("getTransactionCount", "getTransactionReceipt", "maxPriorityFeePerGas", "syncing"),
        )
    }
)


class Front:
    """Answers JSON-RPC bodies; knows nothing of HTTP."""

    def __init__(self, sequencer: Sequencer) -> None:
        self._sequencer: Final = sequencer

    def answer(self, body: bytes) -> bytes:
        """The answer to one request or to a batch of them; UnavailableError when there is no node to ask."""
        try:
            request: object = json.loads(body)
        except ValueError:
            return _encode(_failure(None, -32700, "parse error"))
        if isinstance(request, list):
            return _encode([self._one(item) for item in request])
        return _encode(self._one(request))

    def _one(self, request: object) -> dict[str, object]:
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return _failure(None, _INVALID_REQUEST, "not a JSON-RPC request")
        identifier, method, params = request.get("id"), str(request["method"]), request.get("params", [])
        try:
            return {"jsonrpc": "2.0", "id": identifier, "result": self._result(method, params)}
        except RpcError as error:
            answer = _failure(identifier, error.number, error.message)
            if error.data is not None:
                answer["error"] = {"code": error.number, "message": error.message, "data": error.data}
            return answer
        except UnavailableError:
            raise
        except TallyError as error:
            _log.error("devnet.call_failed", method=method, code=error.code)
            return _failure(identifier, _SERVER_ERROR, str(error))

    def _result(self, method: str, params: object) -> object:
        if not isinstance(params, list):
            raise RpcError(method, {"code": -32602, "message": "params must be a list"})
        if method == "eth_sendRawTransaction" and len(params) == 1 and isinstance(params[0], str):
            return self._sequencer.send(params[0])
        if method == "evm_mine" and not params:
            self._sequencer.mine()
            return "0x0"
        if method not in _READS:
            message = f"{method} is not served here: this devnet takes signed transactions and reads."
            raise RpcError(method, {"code": _METHOD_NOT_FOUND, "message": message})
        return self._sequencer.read(method, params)


def _handler(front: Front) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Header and body leave in one packet where they fit, and at once where they do not: a second one would wait for the client's
        # delayed acknowledgement of the first (40 ms), a contract's code among them.
        wbufsize = -1
        disable_nagle_algorithm = True
        timeout = 300

        def do_POST(self) -> None:
            """One JSON-RPC body in, one out."""
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > MAX_BODY:
                self.close_connection = True
                self.send_error(413 if length.isdigit() else 411)
                return
            try:
                answer = front.answer(self.rfile.read(int(length)))
            except UnavailableError as error:
                # No JSON-RPC error: those mean that the node decided. This one means: ask again.
                _log.warning("devnet.unavailable", code=error.code, reason=error.what)
                self.send_error(503)
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """One line per request is noise."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Where socketserver would print the error's words."""
        del request, client_address
        _log.exception("devnet.request_crashed")


def serve(state_dir: Path, port: int) -> None:
    """Runs until SIGTERM or SIGINT. Writes ``front.json`` with the port once everything is ready."""
    configure("devnet")
    sequencer = Sequencer(state_dir)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        sequencer.start()
        with _Server(("127.0.0.1", port), _handler(Front(sequencer))) as server:
            threading.Thread(target=server.serve_forever, name="serve", daemon=True).start()
            write_atomically(state_dir / "front.json", json.dumps({"port": server.server_address[1]}).encode())
            ended.wait()
            server.shutdown()
    finally:
        sequencer.stop()


def _failure(identifier: object, number: object, message: str) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": identifier, "error": {"code": number, "message": message}}


def _encode(answer: object) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
