from dataclasses import replace

import pytest
import rlp
from eth_account import Account
from eth_hash.auto import keccak
from eth_typing import HexStr
from trie import HexaryTrie

from chain.endpoint import Endpoint
from chain.errors import EndpointError, StatePrunedError, WrongChainError
from chain.proofs import Facts, Place, Prover, compare_with_trust
from chain.sender import Transaction
from protocol import ancestry, chainproof, finality, ids
from protocol.registers import Registers
from tests.integration.chain.conftest import World, admit

NOTHING = Facts()


def several_in_one_block(world: World, count: int) -> list[bytes]:
    """Transactions of three kinds in one block: calls with logs (type 2), a failing one, a legacy one without logs."""
    world.anvil.rpc.call("evm_setAutomine", False)
    sender, address = world.gateway._signer(), world.deployment.contracts["PartyRegistry"]
    hashes = [
        sender._submit(Transaction(address, admit(world.deployment, f"party-{number}").data, 800_000)).hash
        for number in range(count)
    ]
    hashes.append(sender._submit(Transaction(address, admit(world.deployment, "party-0").data, 800_000)).hash)
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


def places(world: World, hashes: list[bytes]) -> list[Place]:
    found: list[Place] = []
    for transaction in hashes:
        receipt = world.gateway.endpoint.receipt(transaction)
        assert receipt is not None
        found.append(Place(receipt.block_number, receipt.block_hash, transaction))
    return found


@pytest.mark.parametrize("count", [1, 20])
def test_receipts_of_every_kind_are_proven_against_the_header(world: World, count: int) -> None:
    hashes = several_in_one_block(world, count)
    last = world.gateway.head()
    evidence = Prover(world.gateway.endpoint).evidence(places(world, hashes), NOTHING, last)
    (block,) = evidence.descent.verify()
    assert not finality.verify(evidence.seals, block, bytes.fromhex(world.deployment.genesis_hash[2:]))
    assert len(evidence.receipts) == len(hashes)
    receipts = {receipt.transaction_hash: receipt for receipt in world.gateway.endpoint.receipts(block.hash)}
    for proof, transaction in zip(evidence.receipts, receipts, strict=True):
        receipt = receipts[transaction]
        assert proof.block == last
        # Checked by our own verifier …
        found = chainproof.verify_receipt(block, proof.index, proof.receipt, proof.nodes)
        assert found.succeeded == receipt.succeeded
        assert [log.data for log in found.logs] == [log.data for log in receipt.logs]
        # … and by code that is not ours: header and trie by the rlp and trie packages.
        fields = rlp.decode(evidence.descent.head)
        assert keccak(evidence.descent.head) == receipt.block_hash
        nodes = [rlp.decode(node) for node in proof.nodes]
        assert HexaryTrie.get_from_proof(fields[5], rlp.encode(proof.index), nodes) == proof.receipt


def test_a_flipped_byte_in_any_node_fails_the_proof(world: World) -> None:
    hashes = several_in_one_block(world, 3)
    evidence = Prover(world.gateway.endpoint).evidence(places(world, hashes), NOTHING, world.gateway.head())
    block, proof = chainproof.parse_header(evidence.descent.head), evidence.receipts[1]
    for position, node in enumerate(proof.nodes):
        changed = bytes([node[0], *node[1:-1], node[-1] ^ 1])
        nodes = (*proof.nodes[:position], changed, *proof.nodes[position + 1 :])
        with pytest.raises(Exception, match=r"chain\.|rlp"):
            chainproof.verify_receipt(block, proof.index, proof.receipt, nodes)


def test_earlier_blocks_are_proven_by_the_chain_s_own_state(world: World) -> None:
    """The history contract of EIP-2935 is written for every block, empty ones too, and checked by code that is not ours."""
    hashes = several_in_one_block(world, 1)
    first = world.gateway.head()
    world.anvil.rpc.call("anvil_mine", hex(300))
    top = world.gateway.head()
    prover = Prover(world.gateway.endpoint)
    evidence = prover.evidence(places(world, hashes), NOTHING, top)
    head, early = evidence.descent.verify()
    assert (head.number, early.number) == (top, first)
    (window,) = evidence.descent.windows
    account = HexaryTrie.get_from_proof(
        head.state_root, keccak(ancestry.HISTORY), list(map(rlp.decode, window.account))
    )
    nodes = list(map(rlp.decode, window.blocks[0].storage))
    slot = keccak((first % 8191).to_bytes(32, "big"))
    stored = HexaryTrie.get_from_proof(rlp.decode(account)[2], slot, nodes)
    assert rlp.decode(stored).rjust(32, b"\0") == keccak(window.blocks[0].header) == early.hash


class Counting(Endpoint):
    """Notes what it is asked."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.asked: list[str] = []

    def _call(self, method: str, *params: object) -> object:
        self.asked.append(method)
        return super()._call(method, *params)


def test_calls_depend_on_receipts_only_and_blocks_are_fetched_once(world: World) -> None:
    parties = [f"party-{number}" for number in range(3)]
    for name in parties:
        world.gateway.send(admit(world.deployment, name))
    facts = Facts(key_periods=tuple((ids.on_chain(name), 1) for name in parties))
    counts: list[int] = []
    sizes: list[int] = []
    for gap in (1, 700):
        world.anvil.rpc.call("anvil_mine", hex(gap))
        hashes = [
            world.gateway.send(admit(world.deployment, f"event-{gap}-{number}")).transaction_hash for number in range(4)
        ]
        endpoint = Counting(world.anvil.url)
        prover = Prover(endpoint, world.deployment.contracts)
        evidence = prover.evidence(places(world, hashes), facts, world.gateway.head())
        registers = Registers.read(evidence.registers, evidence.descent.top.state_root, world.deployment.trust())
        assert all(registers.node_key(ids.on_chain(name), 1) for name in parties)
        counts.append(len(endpoint.asked))
        sizes.append(sum(len(node) for window in evidence.descent.windows for b in window.blocks for node in b.storage))
        endpoint.asked.clear()
        assert prover.evidence(places(world, hashes), facts, world.gateway.head()) == evidence
        assert set(endpoint.asked) == {"eth_getProof"}, "headers and receipts are not fetched again"
    # two for each block, one window, one for each contract, the genesis
    assert counts == [2 * 4 + 1 + len(world.deployment.contracts) + 1] * 2
    assert sizes[1] < 3 * sizes[0]


def test_an_unknown_transaction_or_block_is_named(world: World) -> None:
    prover, block = Prover(world.gateway.endpoint), world.gateway.block_ref(1)
    assert block is not None
    with pytest.raises(EndpointError, match="not_found"):
        prover.evidence([Place(1, block.hash, b"\1" * 32)], NOTHING, 1)
    with pytest.raises(EndpointError, match="not_found"):
        prover.header(world.gateway.head() + 1)


def test_a_state_that_the_node_has_not_is_named(world: World) -> None:
    with pytest.raises(StatePrunedError, match=r"chain\.state_pruned"):
        world.gateway.endpoint.proof("0x" + ancestry.HISTORY.hex(), [1], 10_000)


def test_a_live_chain_is_compared_with_a_trust_root(world: World) -> None:
    trust = world.deployment.trust()
    compare_with_trust(world.anvil.url, trust)
    with pytest.raises(WrongChainError):
        compare_with_trust(world.anvil.url, replace(trust, genesis_hash=bytes(32)))
