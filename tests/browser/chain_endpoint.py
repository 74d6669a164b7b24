"""A simulated chain behind JSON-RPC, as a page in a browser asks an endpoint."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Route

from protocol import ancestry, rlp
from tests.unit.protocol.simulated_task import SimulatedTask

FIELDS = (
    "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty", "number",
    "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas", "withdrawalsRoot", "blobGasUsed",
    "excessBlobGas", "parentBeaconBlockRoot", "requestsHash",
)  # fmt: skip
QUANTITIES = {
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "baseFeePerGas",
    "blobGasUsed",
    "excessBlobGas",
}


class Node:
    """Answers about a story's chain; ``asked`` are the methods so far, ``altered`` changes answers by method."""

    def __init__(self, story: SimulatedTask) -> None:
        self.blocks = {block.number: block for block in story.chain.built()}
        self.chain_id = story.trust.chain_id
        self.codes = {address: f"code of {name}".encode() for name, address in story.trust.contracts}
        self.asked: list[str] = []
        self.altered: dict[str, Callable[[Any], Any]] = {}

    def answer(self, route: Route) -> None:
        """Fulfil one request."""
        request: Any = json.loads(route.request.post_data or "")
        method = request["method"]
        self.asked.append(method)
        result = getattr(self, method)(*request["params"])
        result = self.altered.get(method, lambda value: value)(result)
        headers = {"access-control-allow-origin": "*", "access-control-allow-headers": "content-type"}
        route.fulfill(json={"jsonrpc": "2.0", "id": request["id"], "result": result}, headers=headers)

    def eth_chainId(self) -> str:
        return hex(self.chain_id)

    def eth_getCode(self, address: str, _: str) -> str:
        return f"0x{self.codes.get(address, b'').hex()}"

    def eth_getBlockByNumber(self, number: str, _: bool) -> object:
        block = self.blocks.get(int(number, 16))
        if block is None:
            return None
        fields: Any = rlp.decode(block.header)
        named = {
            name: hex(int.from_bytes(value, "big")) if name in QUANTITIES else f"0x{value.hex()}"
            for name, value in zip(FIELDS, fields, strict=False)
        }
        return {**named, "hash": f"0x{block.hash.hex()}"}

    def eth_getProof(self, _: str, slots: list[str], number: str) -> object:
        block = self.blocks[int(number, 16)]
        proofs = [(slot, block.slot(ancestry.HISTORY, int(slot, 16))) for slot in slots]
        return {
            "accountProof": [f"0x{node.hex()}" for node in block.account(ancestry.HISTORY)],
            "storageProof": [{"key": slot, "proof": [f"0x{node.hex()}" for node in nodes]} for slot, nodes in proofs],
        }
