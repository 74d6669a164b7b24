"""What nodes answer, well and badly. The transport is replaced: no socket is opened."""

import time
from collections.abc import Callable

import pytest
import requests

import chain.endpoint
from chain.endpoint import Endpoint, RefusedByNodeError, RevertError
from chain.errors import EndpointError
from protocol.errors import UnavailableError
from tests.patience import Patience

ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"
LOG = {
    "address": ADDRESS,
    "topics": ["0x" + "11" * 32],
    "data": "0x",
    "blockNumber": "0x5",
    "blockHash": "0x" + "22" * 32,
    "transactionHash": "0x" + "33" * 32,
    "transactionIndex": "0x0",
    "logIndex": "0x1",
}


def endpoint(answer: object | Callable[[str, list[object]], object], deadline: float = 5.0) -> Endpoint:
    found = Endpoint("http://node.invalid", deadline=deadline)

    def make_request(method: str, params: list[object]) -> object:
        return answer(method, params) if callable(answer) else answer

    found._provider.make_request = make_request  # type: ignore[method-assign, assignment]
    return found


def error(code: int, message: str, data: object = None) -> dict[str, object]:
    return {"error": {"code": code, "message": message, **({} if data is None else {"data": data})}}


@pytest.mark.parametrize(
    "refusal",
    [
        error(3, "execution reverted: custom error", "0x12345678"),  # geth, anvil
        error(-32000, "Execution reverted", "0x12345678"),  # Besu
        error(-32015, "VM execution error.", "0x12345678"),  # Nethermind
    ],
)
def test_a_revert_carries_its_data_whatever_the_node(refusal: object) -> None:
    for call in (
        lambda: endpoint(refusal).call(ADDRESS, b"", 1),
        lambda: endpoint(refusal).estimate_gas(ADDRESS, b"", ADDRESS),
    ):
        with pytest.raises(RevertError) as caught:
            call()
        assert caught.value.data == bytes.fromhex("12345678")


def test_a_revert_without_data_is_one_too() -> None:
    with pytest.raises(RevertError) as caught:
        endpoint(error(-32000, "execution reverted")).call(ADDRESS, b"", 1)
    assert caught.value.data == b""


def test_a_refusal_is_not_a_revert() -> None:
    with pytest.raises(RefusedByNodeError, match="nonce too low"):
        endpoint(error(-32000, "nonce too low")).send(b"\2")
    with pytest.raises(RefusedByNodeError):
        endpoint(error(-32000, "missing trie node")).call(ADDRESS, b"", 1)
    with pytest.raises(RefusedByNodeError):
        endpoint({"error": "rate limit"}).head()


def test_passing_faults_are_tried_again() -> None:
    faults = [requests.ConnectionError(), requests.Timeout(), requests.HTTPError("503"), ValueError("not JSON")]

    def flaky(method: str, params: list[object]) -> object:
        assert (method, params) == ("eth_blockNumber", [])
        if faults:
            raise faults.pop()
        return {"result": "0x10"}

    assert endpoint(flaky).head() == 16


def test_a_dead_node_ends_at_the_deadline_with_its_address() -> None:
    def dead(method: str, params: list[object]) -> object:
        raise requests.ConnectionError

    patience = Patience(3, "the end of it")
    with pytest.raises(EndpointError, match=r"node\.invalid") as caught:
        endpoint(dead, deadline=0.2).head()
    assert caught.value.code == "chain.unreachable"
    patience.check()


def test_an_unreachable_address_is_named_without_the_key_in_it() -> None:
    with pytest.raises(EndpointError) as caught:
        Endpoint("http://user:s3cret@127.0.0.1:9/v3/k3y?token=t0ken", timeout=0.1, deadline=0.1).head()
    assert "http://127.0.0.1:9 to" in caught.value.what
    assert not [part for part in ("user", "s3cret", "k3y", "t0ken") if part in str(caught.value)]


def test_a_refusal_is_not_tried_again() -> None:
    calls: list[str] = []

    def refusing(method: str, params: list[object]) -> object:
        calls.append(method)
        return error(-32601, "no such method")

    with pytest.raises(RefusedByNodeError):
        endpoint(refusing).head()
    assert calls == ["eth_blockNumber"]


def block(number: int) -> dict[str, str]:
    return {
        "number": hex(number),
        "hash": f"0x{number:064x}",
        "parentHash": f"0x{number:064x}",
        "timestamp": "0x1",
        "logsBloom": f"0x{0:0512x}",
    }


def http_error(status: int, body: bytes = b"") -> requests.HTTPError:
    response = requests.Response()
    response.status_code, response._content = status, body
    return requests.HTTPError(f"{status} for url", response=response)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_refusal_by_an_http_status_is_one_at_once(status: int) -> None:
    calls: list[str] = []

    def refusing(method: str, params: list[object]) -> object:
        calls.append(method)
        raise http_error(status)

    with pytest.raises(RefusedByNodeError, match=str(status)):
        endpoint(refusing).logs([ADDRESS], 1, 5)
    assert len(calls) == 1


def test_the_words_in_a_refusals_body_are_read() -> None:
    body = b'{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"query returned more than 10000 results"}}'

    def refusing(method: str, params: list[object]) -> object:
        raise http_error(400, body)

    with pytest.raises(RefusedByNodeError, match="more than 10000 results") as caught:
        endpoint(refusing).logs([ADDRESS], 1, 5)
    assert caught.value.number == -32005


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_a_status_that_means_later_is_tried_again(status: int) -> None:
    faults: list[Exception] = [http_error(status), http_error(status)]

    def flaky(method: str, params: list[object]) -> object:
        if faults:
            raise faults.pop()
        return {"result": "0x10"}

    assert endpoint(flaky).head() == 16


def test_a_refusal_is_something_to_try_again_and_no_verdict() -> None:
    assert issubclass(RefusedByNodeError, UnavailableError)


def test_many_blocks_come_in_one_round_trip_or_one_by_one_where_a_node_refuses_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blocks = {n: block(n) for n in range(250)}
    trips: list[int] = []

    class Provider:
        batches = True

        def make_request(self, method: str, params: list[object]) -> object:
            trips.append(1)
            return {"result": blocks.get(int(str(params[0]), 16))}

        def make_batch_request(self, calls: list[tuple[str, list[object]]]) -> object:
            trips.append(len(calls))
            if not self.batches:
                return error(-32600, "no batches here")
            return [{"result": blocks.get(int(str(params[0]), 16))} for _, params in calls]

    found = Endpoint("http://node.invalid")
    provider = Provider()
    found._provider = provider  # type: ignore[misc,assignment]
    refs = found.block_refs(range(251))
    assert [None if ref is None else ref.number for ref in refs] == [*range(250), None]
    assert trips == [100, 100, 51]
    provider.batches = False
    trips.clear()
    assert found.block_refs(range(251)) == refs
    assert trips == [100, *[1] * 251]  # refused once, and not asked for again
    provider.batches = True
    trips.clear()
    assert found.block_refs(range(51)) == refs[:51]
    assert max(trips) == 1
    monkeypatch.setattr(chain.endpoint, "_BATCHES_AGAIN", 0.0)
    found._no_batches_until = time.monotonic()  # the while is over
    trips.clear()
    assert found.block_refs(range(51)) == refs[:51]
    assert trips == [51]


@pytest.mark.parametrize("nonsense", [None, "", "0x", "10", [], {}, True, 1.5])
def test_nonsense_instead_of_a_number_is_told(nonsense: object) -> None:
    with pytest.raises(EndpointError, match="nonsense"):
        endpoint({"result": nonsense}).head()


@pytest.mark.parametrize("nonsense", [None, 7, "text", {}])
def test_nonsense_instead_of_logs_is_told(nonsense: object) -> None:
    with pytest.raises(EndpointError, match="nonsense"):
        endpoint({"result": nonsense}).logs([ADDRESS], 0, 1)


@pytest.mark.parametrize(("time_said", "expected"), [("0x64", 100), (100, 100), (None, 0)])
def test_logs_are_parsed_with_or_without_their_blocks_time(time_said: object, expected: int) -> None:
    answer = {"result": [LOG if time_said is None else {**LOG, "blockTimestamp": time_said}]}
    (log,) = endpoint(answer).logs([ADDRESS], 5, 5)
    assert (log.block_number, log.log_index, log.time) == (5, 1, expected)
    assert log.topics == (b"\x11" * 32,)


def test_queries_are_as_the_interface_wants_them() -> None:
    seen: list[tuple[str, list[object]]] = []

    def node(method: str, params: list[object]) -> object:
        seen.append((method, params))
        return {"result": {"eth_getLogs": [], "eth_getBlockByNumber": None, "eth_call": "0x00"}.get(method, "0x1")}

    found = endpoint(node)
    found.logs([ADDRESS], 1, 16)
    assert found.block(255) is None
    found.call(ADDRESS, b"\1", 16, ADDRESS)
    found.estimate_gas(None, b"\1", ADDRESS)
    found.transaction_count(ADDRESS, pending=True)
    assert seen == [
        ("eth_getLogs", [{"address": [ADDRESS], "fromBlock": "0x1", "toBlock": "0x10"}]),
        ("eth_getBlockByNumber", ["0xff", False]),
        ("eth_call", [{"to": ADDRESS, "data": "0x01", "from": ADDRESS}, "0x10"]),
        ("eth_estimateGas", [{"data": "0x01", "from": ADDRESS}, "pending"]),
        ("eth_getTransactionCount", [ADDRESS, "pending"]),
    ]


def test_senders_come_in_the_order_that_they_were_asked_for_and_none_is_made_up() -> None:
    known = {bytes([number]) * 32: f"0x{number:040x}" for number in (1, 2)}

    def answer(method: str, params: list[object]) -> object:
        assert method == "eth_getTransactionByHash"
        found = known.get(bytes.fromhex(str(params[0])[2:]))
        return {"result": None if found is None else {"from": found}}

    node = endpoint(answer)
    node._no_batches_until = time.monotonic() + 1_000
    asked = [bytes([number]) * 32 for number in (2, 7, 1)]
    assert node.senders(asked) == (bytes.fromhex(f"{2:040x}"), None, bytes.fromhex(f"{1:040x}"))
    with pytest.raises(EndpointError):
        endpoint({"result": {"from": None}}).senders(asked[:1])
