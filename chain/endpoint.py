"""One JSON-RPC endpoint, strictly typed: deadlines, retries, and reverts as data. The one user of web3's transport.

Only reads and the (idempotent) broadcast of a signed transaction go through here, so every call may be repeated.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeGuard
from urllib.parse import urlsplit

import requests
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from chain.errors import EndpointError, StatePrunedError
from protocol.errors import TallyError

Json: TypeAlias = Mapping[str, object]
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0


class RevertError(TallyError):
    """A call was reverted; ``data`` is what the contract returned (selector and arguments), empty when nothing."""

    def __init__(self, data: bytes, message: str) -> None:
        self.data: Final = data
        super().__init__("chain.reverted", message, "Decode the data.")


class RefusedByNodeError(TallyError):
    """The node understood the request and refused it: ``message`` says why (nonce too low, already known…)."""

    def __init__(self, method: str, number: object, message: str) -> None:
        self.number: Final = number
        self.message: Final = message
        super().__init__("chain.refused", f"{method}: {message}", "Read the message.", method=method)


@dataclass(frozen=True, slots=True)
class BlockRef:
    """What names a block and links it to the one before; ``time`` in unix seconds."""

    number: int
    hash: bytes
    parent: bytes
    time: int


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
        if found is None:
            return None
        return BlockRef(
            _number(found["number"]), _bytes(found["hash"]), _bytes(found["parentHash"]), _number(found["timestamp"])
        )

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

    def receipts(self, block_hash: bytes) -> tuple[RawReceipt, ...]:
        """All receipts of a block, in the order of its transactions."""
        found = self._call("eth_getBlockReceipts", f"0x{block_hash.hex()}")
        return tuple(parse_receipt(_object(item)) for item in _list(found))

    def logs(self, addresses: Sequence[str], first: int, last: int) -> tuple[RawLog, ...]:
        """All logs of the addresses in the blocks ``first`` to ``last``, both included."""
        wanted = {"address": list(addresses), "fromBlock": hex(first), "toBlock": hex(last)}
        return tuple(_log(_object(item)) for item in _list(self._call("eth_getLogs", wanted)))

    def _call(self, method: str, *params: object) -> object:
        stop, pause = time.monotonic() + self._deadline, _FIRST_PAUSE
        while True:
            try:
                answer = self._provider.make_request(RPCEndpoint(method), list(params))
            except (requests.RequestException, OSError, ValueError) as error:
                if time.monotonic() + pause > stop:
                    raise EndpointError(
                        "chain.unreachable",
                        f"No answer from {_origin(self.url)} to {method} in {self._deadline:.0f} s: {type(error).__name__}.",
                        "Check that the chain runs and the address is right (`tally doctor`).",
                        method=method,
                    ) from error
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            if "error" not in answer:
                return answer.get("result")
            raise _refusal(method, answer["error"])


def _origin(url: str) -> str:
    """The address without what providers put their keys into: user, path and query."""
    found = urlsplit(url)
    return f"{found.scheme}://{found.hostname}" + (f":{found.port}" if found.port else "")


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
