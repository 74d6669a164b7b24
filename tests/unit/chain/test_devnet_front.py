import json
from collections.abc import Sequence

import pytest

from chain.devnet_front import Front
from chain.jsonrpc import RpcError
from protocol.errors import FormatError, UnavailableError


class Chain:
    """A sequencer that notes what reaches it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, object]] = []
        self.error: Exception | None = None

    def read(self, method: str, params: Sequence[object]) -> object:
        self.calls.append((method, list(params)))
        if self.error is not None:
            raise self.error
        return "0x1"

    def send(self, transaction: str) -> str:
        self.calls.append(("send", transaction))
        return "0xhash"

    def mine(self) -> None:
        self.calls.append(("mine", None))


def ask(chain: Chain, request: object) -> object:
    return json.loads(Front(chain).answer(json.dumps(request).encode()))  # type: ignore[arg-type]


def call(method: str, *params: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": 3, "method": method, "params": list(params)}


def test_reads_pass_and_sends_go_through_the_sequencer() -> None:
    chain = Chain()
    assert ask(chain, call("eth_blockNumber")) == {"jsonrpc": "2.0", "id": 3, "result": "0x1"}
    assert ask(chain, call("eth_sendRawTransaction", "0x02")) == {"jsonrpc": "2.0", "id": 3, "result": "0xhash"}
    assert chain.calls == [("eth_blockNumber", []), ("send", "0x02")]


@pytest.mark.parametrize(
    "method",
    [
        *("anvil_setBalance", "anvil_dropAllTransactions", "anvil_reorg", "evm_revert", "evm_snapshot", "evm_setTime"),
        *(
            "eth_sendTransaction",
            "eth_sign",
            "eth_signTypedData_v4",
            "eth_accounts",
            "hardhat_setCode",
            "debug_traceCall",
        ),
        *("eth_sendRawTransactionConditional", "", "eth_", "ETH_CALL", "txpool_content", "admin_peers"),
    ],
)
def test_everything_else_is_refused(method: str) -> None:
    chain = Chain()
    answer = ask(chain, call(method, "0x" + "11" * 20))
    assert answer["error"]["code"] == -32601  # type: ignore[index]
    assert chain.calls == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"7", -32600),
        (b"null", -32600),
        (b"{}", -32600),
        (b'{"method":7}', -32600),
        (b'{"id":1,"method":"eth_call","params":{}}', -32602),
        (b'{"id":1,"method":"eth_sendRawTransaction","params":[]}', -32601),
        (b'{"id":1,"method":"eth_sendRawTransaction","params":[7]}', -32601),
        (b'{"id":1,"method":"eth_sendRawTransaction","params":["0x","0x"]}', -32601),
    ],
)
def test_malformed_requests_get_an_error_and_reach_nothing(body: bytes, code: int) -> None:
    chain = Chain()
    assert json.loads(Front(chain).answer(body))["error"]["code"] == code  # type: ignore[arg-type]
    assert chain.calls == []


def test_a_batch_is_answered_in_order() -> None:
    chain = Chain()
    answers = ask(chain, [call("eth_blockNumber"), call("evm_revert"), 7])
    assert [next(iter(set(answer) & {"result", "error"})) for answer in answers] == ["result", "error", "error"]  # type: ignore[union-attr]


def test_the_nodes_refusal_is_passed_on_as_it_was() -> None:
    chain = Chain()
    chain.error = RpcError("eth_call", {"code": 3, "message": "execution reverted", "data": "0x1234"})
    assert ask(chain, call("eth_call"))["error"] == {"code": 3, "message": "execution reverted", "data": "0x1234"}  # type: ignore[index]


def test_other_errors_of_ours_are_told_and_an_absent_node_is_no_answer() -> None:
    chain = Chain()
    chain.error = FormatError("test.code", "What.", "Fix.")
    assert "test.code" in ask(chain, call("eth_call"))["error"]["message"]  # type: ignore[index]
    chain.error = UnavailableError("rpc.unreachable", "What.", "Fix.")
    with pytest.raises(UnavailableError):
        ask(chain, call("eth_call"))
