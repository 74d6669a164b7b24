from dataclasses import replace

import pytest
import rlp
from eth_account import Account
from eth_hash.auto import keccak
from eth_typing import HexStr
from trie import HexaryTrie

from chain.errors import EndpointError, WrongChainError
from chain.proofs import Prover, compare_with_trust
from chain.sender import Transaction
from protocol import chainproof
from tests.integration.chain.conftest import World, admit


def several_in_one_block(world: World, count: int) -> list[bytes]:
    """Transactions of three kinds in one block: calls with logs (type 2), a failing one, a legacy one without logs."""
    world.anvil.rpc.call("evm_setAutomine", False)
    sender, address = world.gateway._signer(), world.deployment.contracts["PartyRegistry"]
    hashes = [
        sender._submit(Transaction(address, admit(f"party-{number}").data, 800_000)).hash for number in range(count)
    ]
    hashes.append(sender._submit(Transaction(address, admit("party-0").data, 800_000)).hash)
    stranger = Account.create()
    legacy = stranger.sign_transaction(
        {
            "nonce": 0,
            "gas": 21_000,
            "gasPrice": 0,
            "to": HexStr(stranger.address),
            "value": 0,
            "data": b"",
            "chainId": world.deployment.chain_id,
        }
    )
    world.gateway.endpoint.send(bytes(legacy.raw_transaction))
    world.anvil.rpc.call("evm_mine")
    return [*hashes, bytes(legacy.hash)]


@pytest.mark.parametrize("count", [1, 20])
def test_receipts_of_every_kind_are_proven_against_the_header(world: World, count: int) -> None:
    hashes = several_in_one_block(world, count)
    prover = Prover(world.gateway.endpoint)
    last = world.gateway.head()
    headers = list(prover.header_chain(0, last))
    blocks = chainproof.verify_header_chain(headers, bytes.fromhex(world.deployment.genesis_hash[2:]))
    for transaction in hashes:
        receipt = world.gateway.endpoint.receipt(transaction)
        assert receipt is not None
        proof = prover.receipt_proof(transaction)
        assert proof.block == last
        # Checked by our own verifier …
        found = chainproof.verify_receipt(blocks[last], proof.index, proof.receipt, proof.nodes)
        assert found.succeeded == receipt.succeeded
        assert [log.data for log in found.logs] == [log.data for log in receipt.logs]
        # … and by code that is not ours: header and trie by the rlp and trie packages.
        fields = rlp.decode(headers[last])
        assert keccak(headers[last]) == receipt.block_hash
        nodes = [rlp.decode(node) for node in proof.nodes]
        assert HexaryTrie.get_from_proof(fields[5], rlp.encode(proof.index), nodes) == proof.receipt


def test_a_flipped_byte_in_any_node_fails_the_proof(world: World) -> None:
    hashes = several_in_one_block(world, 3)
    prover = Prover(world.gateway.endpoint)
    (header,) = prover.header_chain(world.gateway.head(), world.gateway.head())
    block, proof = chainproof.parse_header(header), prover.receipt_proof(hashes[1])
    for position, node in enumerate(proof.nodes):
        changed = bytes([node[0], *node[1:-1], node[-1] ^ 1])
        nodes = (*proof.nodes[:position], changed, *proof.nodes[position + 1 :])
        with pytest.raises(Exception, match=r"chain\.|rlp"):
            chainproof.verify_receipt(block, proof.index, proof.receipt, nodes)


def test_an_unknown_transaction_or_block_is_named(world: World) -> None:
    prover = Prover(world.gateway.endpoint)
    with pytest.raises(EndpointError, match="not_found"):
        prover.receipt_proof(b"\1" * 32)
    with pytest.raises(EndpointError, match="not_found"):
        list(prover.header_chain(0, world.gateway.head() + 1))


def test_a_live_chain_is_compared_with_a_trust_root(world: World) -> None:
    trust = world.deployment.trust()
    compare_with_trust(world.anvil.url, trust)
    with pytest.raises(WrongChainError):
        compare_with_trust(world.anvil.url, replace(trust, genesis_hash=bytes(32)))
