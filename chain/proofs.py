"""Evidence from the chain for a verifier without one: headers as RLP, receipts with their Merkle-Patricia proofs.

The verifying side is :mod:`protocol.chainproof`; every header made here is checked with it before it is handed out.

Sources: Ethereum yellow paper 4.3 and appendix D; EIP-2718 (typed receipts); header fields of EIP-1559, 4895, 4844,
4788, 7685 in this order.
"""

from collections.abc import Iterator
from typing import Final

from eth_utils.address import to_checksum_address
from trie.hexary import HexaryTrie

from chain.deployment import Deployment
from chain.endpoint import Endpoint, Json, RawReceipt
from chain.errors import EndpointError
from chain.gateway import Gateway
from protocol import chainproof, rlp
from protocol.bundle import ReceiptProof
from protocol.errors import FormatError
from protocol.trust import Trust

_FIXED: Final = "bytes"
_NUMBER: Final = "number"
_HEADER: Final = (
    ("parentHash", _FIXED),
    ("sha3Uncles", _FIXED),
    ("miner", _FIXED),
    ("stateRoot", _FIXED),
    ("transactionsRoot", _FIXED),
    ("receiptsRoot", _FIXED),
    ("logsBloom", _FIXED),
    ("difficulty", _NUMBER),
    ("number", _NUMBER),
    ("gasLimit", _NUMBER),
    ("gasUsed", _NUMBER),
    ("timestamp", _NUMBER),
    ("extraData", _FIXED),
    ("mixHash", _FIXED),
    ("nonce", _FIXED),
)
_LATER: Final = (
    ("baseFeePerGas", _NUMBER),
    ("withdrawalsRoot", _FIXED),
    ("blobGasUsed", _NUMBER),
    ("excessBlobGas", _NUMBER),
    ("parentBeaconBlockRoot", _FIXED),
    ("requestsHash", _FIXED),
)


def header_rlp(block: Json) -> bytes:
    """The header of a block from its JSON-RPC fields; EndpointError when its hash is not the block's."""
    later = [item for item in _LATER if block.get(item[0]) is not None]
    header = rlp.encode([_field(block, name, kind) for name, kind in (*_HEADER, *later)])
    found = chainproof.parse_header(header).hash
    if found != _bytes(block["hash"]):
        raise EndpointError(
            "chain.header_mismatch",
            f"The header of block {block['number']} does not hash to what the endpoint says.",
            "Use an endpoint that returns every header field, of a fork up to Prague.",
        )
    return header


class Prover:
    """Makes evidence from one endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint: Final = endpoint

    def header_chain(self, first: int, last: int) -> Iterator[bytes]:
        """Headers of the blocks ``first`` to ``last``, both included, one by one, each the child of the one before."""
        before: bytes | None = None
        for number in range(first, last + 1):
            found = self._endpoint.block(number)
            if found is None:
                raise _missing(f"Block {number}")
            header = header_rlp(found)
            block = chainproof.parse_header(header)
            if before is not None and block.parent != before:
                raise EndpointError(
                    "chain.reorganised", f"The chain changed at block {number} while it was read.", "Try again."
                )
            before = block.hash
            yield header

    def receipt_proof(self, transaction_hash: bytes) -> ReceiptProof:
        """The transaction's receipt and the trie nodes from its block's receiptsRoot down to it."""
        receipt = self._endpoint.receipt(transaction_hash)
        if receipt is None:
            raise _missing(f"Transaction 0x{transaction_hash.hex()}")
        receipts = self._endpoint.receipts(receipt.block_hash)
        block = self._endpoint.block(receipt.block_number)
        if block is None or _bytes(block["hash"]) != receipt.block_hash:
            raise EndpointError(
                "chain.reorganised", f"Block {receipt.block_number} was replaced while it was read.", "Try again."
            )
        index = [one.transaction_hash for one in receipts].index(transaction_hash)
        trie = _trie(receipts)
        root = _bytes(block["receiptsRoot"])
        if trie.root_hash != root:
            raise EndpointError(
                "chain.receipts_mismatch",
                f"The receipts of block {receipt.block_number} do not hash to its receiptsRoot.",
                "Use an endpoint that returns receipts whole.",
            )
        nodes = tuple(rlp.encode(node) for node in trie.get_proof(_key(index)))
        proof = ReceiptProof(receipt.block_number, index, receipt_rlp(receipts[index]), nodes)
        chainproof.verify_receipt(chainproof.parse_header(header_rlp(block)), index, proof.receipt, proof.nodes)
        return proof


def receipt_rlp(receipt: RawReceipt) -> bytes:
    """The receipt as it stands in the trie: its type byte, unless legacy, and the RLP of its four fields."""
    fields = receipt.fields
    kind = _bytes_of_number(fields.get("type", "0x0"))
    logs = [[bytes.fromhex(log.address[2:]), list(log.topics), log.data] for log in receipt.logs]
    status = b"\x01" if receipt.succeeded else b""
    return kind + rlp.encode([status, _bytes_of_number(fields["cumulativeGasUsed"]), _bytes(fields["logsBloom"]), logs])


def _trie(receipts: tuple[RawReceipt, ...]) -> HexaryTrie:
    trie = HexaryTrie({})
    for index, receipt in enumerate(receipts):
        trie.set(_key(index), receipt_rlp(receipt))
    return trie


def _key(index: int) -> bytes:
    return rlp.encode(index.to_bytes((index.bit_length() + 7) // 8, "big"))


def _field(block: Json, name: str, kind: str) -> bytes:
    if name not in block:
        raise EndpointError(
            "chain.header_incomplete", f"The endpoint's blocks have no {name}.", "Use another endpoint."
        )
    return _bytes(block[name]) if kind == _FIXED else _bytes_of_number(block[name])


def _bytes(value: object) -> bytes:
    if isinstance(value, str) and value.startswith("0x"):
        return bytes.fromhex(value[2:])
    raise FormatError("chain.not_hex", f"{value!r} is not 0x and hex digits.", "Use another endpoint.")


def _bytes_of_number(value: object) -> bytes:
    """A quantity as RLP has numbers: big-endian without leading zeros, zero as nothing."""
    number = int(str(value), 16)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _missing(what: str) -> EndpointError:
    return EndpointError("chain.not_found", f"{what} is not known to the endpoint.", "Wait for it, or use a full node.")


def compare_with_trust(rpc_url: str, trust: Trust) -> None:
    """Checks that a live endpoint serves the chain and code of a trust root; WrongChainError or EndpointError if not.

    The deployment id needs no check of its own: it is an immutable, so part of the code that is compared.
    """
    deployment = Deployment(
        chain_id=trust.chain_id,
        deployment_id=f"0x{trust.deployment.hex()}",
        genesis_hash=f"0x{trust.genesis_hash.hex()}",
        contracts={name: to_checksum_address(address) for name, address in trust.contracts},
        runtime_code_hashes={name: f"0x{code.hex()}" for name, code in trust.runtime_code_hashes},
        confirmations=trust.confirmations,
        deployed_block=0,
    )
    Gateway(rpc_url, deployment).check()
