"""One JSON-RPC endpoint, strictly typed: deadlines, retries, and reverts as data. The one user of web3's transport.

Only reads and the (idempotent) broadcast of a signed transaction go through here, so every call may be repeated.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeGuard, TypeVar
from urllib.parse import urlsplit

import requests
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from chain.errors import EndpointError, StatePrunedError
from protocol.errors import TallyError, UnavailableError

Json: TypeAlias = Mapping[str, object]
Answer = TypeVar("Answer")
_LONGEST_QUERY = 5_000
"""So many blocks in one query for logs."""
_BATCH = 100
"""So many calls in one round trip; Besu's own limit is 1,024."""
_BATCHES_AGAIN = 600.0
"""Seconds after which a node that refused a batch is asked for one again: it may be another behind the same address."""
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0
_ASK_AGAIN = frozenset({408, 425, 429})
"""Statuses that mean "later": time-out, too early, too many requests (RFC 9110, RFC 8470, RFC 6585)."""


class RevertError(TallyError):
    """A call was reverted; ``data`` is what the contract returned (selector and arguments), empty when nothing."""

    def __init__(self, data: bytes, message: str) -> None:
        self.data: Final = data
        super().__init__("chain.reverted", message, "Decode the data.")


class RefusedByNodeError(UnavailableError):
    """The node understood the request and refused it: ``message`` says why (it syncs, its pool is off, a limit…).

    What a node will not do now it may do later, and another node at once: it says nothing about who asked, nor about
    what was asked. So it is no verdict, only a reason to try again.
    """

    def __init__(self, method: str, number: object, message: str) -> None:
        self.number: Final = number
        self.message: Final = message
        super().__init__(
            "chain.refused",
            f"The chain's node refused {method}: {message}.",
            "Nothing is lost, it is tried again. If it lasts, look at the node's log and limits (`tally doctor`).",
            method=method,
        )


@dataclass(frozen=True, slots=True)
class BlockRef:
    """What names a block and links it to the one before; ``time`` in unix seconds, ``bloom``: see :mod:`chain.blooms`."""

    number: int
    hash: bytes
    parent: bytes
    time: int
    bloom: int


@dataclass(frozen=True, slots=True)
class RawLog:
    """One log as the node returned it; ``time`` is 0 when the node does not say."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    transaction_hash: bytes
    transaction_index: int
    log_index: int
    time: int


@dataclass(frozen=True, slots=True)
class RawReceipt:
    """The parts of a receipt that are decided upon, and ``fields``, all of it."""

    transaction_hash: bytes
    block_number: int
    block_hash: bytes
    succeeded: bool
    logs: tuple[RawLog, ...]
    fields: Json

    @property
    def sender(self) -> bytes:
        """Who sent the transaction. No receipts root covers it: it is the node's word."""
        return _bytes(self.fields["from"])


@dataclass(frozen=True, slots=True)
class StateProof:
    """Trie nodes of an account and of some of its storage slots, in the order they were asked for."""

    account: tuple[bytes, ...]
    storage: tuple[tuple[bytes, ...], ...]


class Endpoint:
    """A node's HTTP endpoint.

    ``timeout`` (seconds) bounds one HTTP round trip, ``deadline`` a call with its retries. Safe for threads.
    """

    def __init__(self, url: str, *, timeout: float = 10.0, deadline: float = 20.0) -> None:
        self.url: Final = url
        self._deadline: Final = deadline
        self._no_batches_until = 0.0
        # web3's own retries off: they would multiply with ours, and ours know the deadline.
        self._provider: Final = HTTPProvider(
            url, request_kwargs={"timeout": timeout}, exception_retry_configuration=None
        )

    def chain_id(self) -> int:
        """The chain id (EIP-695)."""
        return _number(self._call("eth_chainId"))

    def head(self) -> int:
        """Number of the newest block."""
        return _number(self._call("eth_blockNumber"))

    def block(self, number: int) -> Json | None:
        """The block's header fields as the node names them, or None when there is no such block."""
        found = self._call("eth_getBlockByNumber", hex(number), False)
        return None if found is None else _object(found)

    def block_ref(self, number: int) -> BlockRef | None:
        """As :meth:`block`, parsed."""
        found = self.block(number)
        return None if found is None else _block_ref(found)

    def block_refs(self, numbers: Sequence[int]) -> tuple[BlockRef | None, ...]:
        """As :meth:`block_ref` for many blocks, in few round trips."""
        found: list[BlockRef | None] = []
        for start in range(0, len(numbers), _BATCH):
            asked = [("eth_getBlockByNumber", (hex(number), False)) for number in numbers[start : start + _BATCH]]
            found += [None if item is None else _block_ref(_object(item)) for item in self._call_many(asked)]
        return tuple(found)

    def code(self, address: str) -> bytes:
        """Runtime code at the address; empty when there is none."""
        return _bytes(self._call("eth_getCode", address, "latest"))

    def proof(self, address: str, slots: Sequence[int], block: int) -> StateProof:
        """Account and storage proofs (EIP-1186) against the state root of a block; StatePrunedError without its state."""
        keys = [f"0x{slot:064x}" for slot in slots]
        try:
            found = self._call("eth_getProof", address, keys, hex(block))
        except RefusedByNodeError as error:
            raise StatePrunedError(block, error.message) from error
        if found is None:
            raise StatePrunedError(block, "no answer")
        answer = _object(found)
        by_slot = {_number(item["key"]): _nodes(item["proof"]) for item in map(_object, _list(answer["storageProof"]))}
        if by_slot.keys() != set(slots):
            raise _nonsense("a proof for every slot", found)
        return StateProof(_nodes(answer["accountProof"]), tuple(by_slot[slot] for slot in slots))

    def call(
        self, address: str, data: bytes, block: int | str, sender: str | None = None, gas: int | None = None
    ) -> bytes:
        """Result of a call at a block, with at most so much gas; RevertError when the contract reverts."""
        asked = _transaction(address, data, sender) | ({} if gas is None else {"gas": hex(gas)})
        return _bytes(self._call("eth_call", asked, _block(block)))

    def estimate_gas(self, address: str | None, data: bytes, sender: str) -> int:
        """Gas that a transaction would need on top of the pending block; RevertError when it would revert."""
        return _number(self._call("eth_estimateGas", _transaction(address, data, sender), "pending"))

    def transaction_count(self, address: str, *, pending: bool = False) -> int:
        """The account's next nonce by the newest block, or by what waits in the node's pool as well."""
        return _number(self._call("eth_getTransactionCount", address, "pending" if pending else "latest"))

    def send(self, signed: bytes) -> None:
        """Broadcasts a signed transaction; RefusedByNodeError when the node will not have it."""
        self._call("eth_sendRawTransaction", f"0x{signed.hex()}")

    def receipt(self, transaction_hash: bytes) -> RawReceipt | None:
        """The receipt, or None while the transaction is in no block."""
        found = self._call("eth_getTransactionReceipt", f"0x{transaction_hash.hex()}")
        return None if found is None else parse_receipt(_object(found))

    def senders(self, transactions: Sequence[bytes]) -> tuple[bytes | None, ...]:
        """Who sent each transaction, in few round trips; None for one that the node does not find by its hash."""
        found: list[bytes | None] = []
        for start in range(0, len(transactions), _BATCH):
            asked = [
                ("eth_getTransactionByHash", (f"0x{item.hex()}",)) for item in transactions[start : start + _BATCH]
            ]
            found += [None if item is None else _bytes(_object(item)["from"]) for item in self._call_many(asked)]
        return tuple(found)

    def receipts(self, block_hash: bytes) -> tuple[RawReceipt, ...]:
        """All receipts of a block, in the order of its transactions."""
        found = self._call("eth_getBlockReceipts", f"0x{block_hash.hex()}")
        return tuple(parse_receipt(_object(item)) for item in _list(found))

    def logs(self, addresses: Sequence[str], first: int, last: int) -> tuple[RawLog, ...]:
        """All logs of the addresses in the blocks ``first`` to ``last``, both included."""
        wanted = {"address": list(addresses), "fromBlock": hex(first), "toBlock": hex(last)}
        return tuple(_log(_object(item)) for item in _list(self._call("eth_getLogs", wanted)))

    def logs_in_parts(self, addresses: Sequence[str], first: int, last: int) -> tuple[RawLog, ...]:
        """As :meth:`logs`, however long the range is: a node that refuses so much is asked for less."""
        found: list[RawLog] = []
        size = _LONGEST_QUERY
        while first <= last:
            until = min(first + size - 1, last)
            try:
                found += self.logs(addresses, first, until)
            except RefusedByNodeError:
                if size == 1:
                    raise
                size = max(1, (until - first + 1) // 2)
            else:
                first = until + 1
        return tuple(found)

    def _call(self, method: str, *params: object) -> object:
        return _result(
            method, self._patiently(method, lambda: self._provider.make_request(RPCEndpoint(method), list(params)))
        )

    def _call_many(self, calls: Sequence[tuple[str, tuple[object, ...]]]) -> list[object]:
        """The results of many calls of one method in one round trip (JSON-RPC 2.0, section 6), one by one where a node refuses."""
        if len(calls) == 1 or time.monotonic() < self._no_batches_until:
            return [self._call(method, *params) for method, params in calls]
        asked = [(RPCEndpoint(method), list(params)) for method, params in calls]
        method = calls[0][0]
        try:
            answers = self._patiently(method, lambda: self._provider.make_batch_request(asked))
        except RefusedByNodeError:
            answers = None
        if not isinstance(answers, list) or len(answers) != len(calls):
            self._no_batches_until = time.monotonic() + _BATCHES_AGAIN
        else:
            with suppress(RefusedByNodeError):  # of one call: the batch was taken
                return [_result(method, answer) for answer in answers]
        return [self._call(method, *params) for method, params in calls]

    def _patiently(self, method: str, ask: Callable[[], Answer]) -> Answer:
        """An answer, asked for again until the deadline while there is none."""
        stop, pause = time.monotonic() + self._deadline, _FIRST_PAUSE
        while True:
            try:
                return ask()
            except (requests.RequestException, OSError, ValueError) as error:
                refusal = _refused_by_http(method, error)
                if refusal is not None:
                    raise refusal from error
                if time.monotonic() + pause > stop:
                    raise EndpointError(
                        "chain.unreachable",
                        f"No answer from {_origin(self.url)} to {method} in {self._deadline:.0f} s: {type(error).__name__}.",
                        "Check that the chain runs and the address is right (`tally doctor`).",
                        method=method,
                    ) from error
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)


def _origin(url: str) -> str:
    """The address without what providers put their keys into: user, path and query."""
    found = urlsplit(url)
    return f"{found.scheme}://{found.hostname}" + (f":{found.port}" if found.port else "")


def _refused_by_http(method: str, error: Exception) -> TallyError | None:
    """The refusal in an HTTP status of 4xx, by which some providers tell of their limits; None when asking again may do."""
    response = error.response if isinstance(error, requests.HTTPError) else None
    if response is None or not 400 <= response.status_code < 500 or response.status_code in _ASK_AGAIN:
        return None
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if _is_object(answer) and answer.get("error"):
        return _refusal(method, answer["error"])
    return RefusedByNodeError(method, response.status_code, f"HTTP status {response.status_code}")


def _result(method: str, answer: Mapping[str, Any]) -> object:
    if "error" in answer:
        raise _refusal(method, answer["error"])
    return answer.get("result")


def _block_ref(found: Json) -> BlockRef:
    return BlockRef(
        _number(found["number"]),
        _bytes(found["hash"]),
        _bytes(found["parentHash"]),
        _number(found["timestamp"]),
        _number(found["logsBloom"]),
    )


def parse_receipt(found: Json) -> RawReceipt:
    """A receipt object of the JSON-RPC interface."""
    return RawReceipt(
        transaction_hash=_bytes(found["transactionHash"]),
        block_number=_number(found["blockNumber"]),
        block_hash=_bytes(found["blockHash"]),
        succeeded=_number(found["status"]) == 1,
        logs=tuple(_log(_object(item)) for item in _list(found["logs"])),
        fields=found,
    )


def _refusal(method: str, error: object) -> TallyError:
    if not _is_object(error):
        return RefusedByNodeError(method, None, str(error))
    message, data = str(error.get("message", "")), error.get("data")
    # All that nodes agree on: a revert carries its return data, or says "revert" (geth's code 3, Besu's -32000).
    reverted = method in {"eth_call", "eth_estimateGas"} and (isinstance(data, str) or "revert" in message.lower())
    if reverted:
        return RevertError(_bytes(data) if isinstance(data, str) and data.startswith("0x") else b"", message)
    return RefusedByNodeError(method, error.get("code"), message)


def _log(found: Json) -> RawLog:
    said = found.get("blockTimestamp")
    return RawLog(
        address=str(found["address"]),
        topics=tuple(_bytes(topic) for topic in _list(found["topics"])),
        data=_bytes(found["data"]),
        block_number=_number(found["blockNumber"]),
        block_hash=_bytes(found["blockHash"]),
        transaction_hash=_bytes(found["transactionHash"]),
        transaction_index=_number(found["transactionIndex"]),
        log_index=_number(found["logIndex"]),
        time=0 if said is None else _number(said),
    )


def _nodes(value: object) -> tuple[bytes, ...]:
    """A proof's nodes as the tries have them: those under 32 bytes are part of their parent, an empty trie has none."""
    nodes = [_bytes(item) for item in _list(value)]
    return tuple(node for place, node in enumerate(nodes) if len(node) >= 32 or (place == 0 and node != b"\x80"))


def _transaction(address: str | None, data: bytes, sender: str | None) -> dict[str, str]:
    fields = {"to": address, "data": f"0x{data.hex()}", "from": sender}
    return {name: value for name, value in fields.items() if value is not None}


def _block(block: int | str) -> str:
    return hex(block) if isinstance(block, int) else block


def _number(value: object) -> int:
    # anvil sends a log's blockTimestamp as hex, a receipt's as a plain number.
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.startswith("0x") and len(value) > 2:
        return int(value, 16)
    raise _nonsense("a number", value)


def _bytes(value: object) -> bytes:
    if isinstance(value, str) and value.startswith("0x"):
        return bytes.fromhex(value[2:])
    raise _nonsense("bytes", value)


def _object(value: object) -> Json:
    if _is_object(value):
        return value
    raise _nonsense("an object", value)


def _is_object(value: object) -> TypeGuard[Json]:
    return isinstance(value, Mapping)


def _list(value: object) -> Sequence[object]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    raise _nonsense("a list", value)


def _nonsense(wanted: str, value: object) -> EndpointError:
    return EndpointError(
        "chain.nonsense",
        f"The endpoint sent {type(value).__name__} where {wanted} belongs.",
        "Check that the address is an Ethereum JSON-RPC endpoint.",
    )
