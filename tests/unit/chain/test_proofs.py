"""Headers and receipt tries of blocks made here, against the verifier in ``protocol`` and the ``trie`` package."""

from dataclasses import dataclass, replace
from itertools import takewhile

import pytest
import rlp
from eth_hash.auto import keccak
from eth_keys.datatypes import PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from trie import HexaryTrie

from chain.endpoint import Json, RawLog, RawReceipt
from chain.errors import EndpointError
from chain.proofs import Facts, Place, Prover, header_rlp, receipt_rlp
from protocol import chainproof, finality, qbft
from protocol.bundle import ReceiptProof
from protocol.errors import TallyError

ADDRESS = "0x" + "52" * 20
words = st.binary(min_size=32, max_size=32)
logs = st.builds(
    RawLog,
    st.just(ADDRESS),
    st.lists(words, max_size=4).map(tuple),
    st.binary(max_size=120),
    st.just(1),
    st.just(bytes(32)),
    st.just(bytes(32)),
    st.just(0),
    st.just(0),
    st.just(0),
)

NOTHING = Facts()


@st.composite
def receipts(draw: st.DrawFn) -> RawReceipt:
    fields = {
        "type": draw(st.sampled_from(["0x0", "0x1", "0x2", "0x3"])),
        "cumulativeGasUsed": hex(draw(st.integers(0, 2**63))),
        "logsBloom": f"0x{draw(st.binary(min_size=256, max_size=256)).hex()}",
    }
    succeeded = draw(st.booleans())
    return RawReceipt(draw(words), 1, bytes(32), succeeded, tuple(draw(st.lists(logs, max_size=3))), fields)


def hexed(value: bytes) -> str:
    return f"0x{value.hex()}"


def block(**changes: object) -> dict[str, object]:
    """An osaka block that hashes to what it says."""
    fields: dict[str, object] = {
        **{name: hexed(bytes(32)) for name in ("parentHash", "sha3Uncles", "stateRoot", "transactionsRoot")},
        "receiptsRoot": hexed(bytes(32)),
        "miner": "0x" + "00" * 20,
        "logsBloom": hexed(bytes(256)),
        "difficulty": "0x0",
        "number": "0x1",
        "gasLimit": "0x1c9c380",
        "gasUsed": "0x5208",
        "timestamp": "0x6553f100",
        "extraData": "0x",
        "mixHash": hexed(b"\1" * 32),
        "nonce": "0x" + "00" * 8,
        "baseFeePerGas": "0x0",
        "withdrawalsRoot": hexed(bytes(32)),
        "blobGasUsed": "0x0",
        "excessBlobGas": "0x0",
        "parentBeaconBlockRoot": hexed(bytes(32)),
        "requestsHash": hexed(b"\2" * 32),
        **changes,
    }
    return {**fields, "hash": hexed(own_hash(fields))}


def own_hash(fields: dict[str, object]) -> bytes:
    order = (
        *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom"),
        *("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce"),
        *("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash"),
    )
    numbers = {
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "baseFeePerGas",
        "blobGasUsed",
        "excessBlobGas",
    }
    present = list(takewhile(lambda name: fields.get(name) is not None, order))
    values = [
        int(str(fields[name]), 16) if name in numbers else bytes.fromhex(str(fields[name])[2:]) for name in present
    ]
    return keccak(rlp.encode(values))


@dataclass
class Node:
    """A node with one block."""

    found: Json
    kept: tuple[RawReceipt, ...]

    def block(self, number: int) -> Json | None:
        return {0: block(number="0x0"), 1: self.found}.get(number)

    def receipts(self, block_hash: bytes) -> tuple[RawReceipt, ...]:
        assert hexed(block_hash) == self.found["hash"]
        return self.kept


def node(kept: list[RawReceipt]) -> Node:
    trie = HexaryTrie({})
    for index, receipt in enumerate(kept):
        trie[rlp.encode(index)] = receipt_rlp(receipt)
    found = block(receiptsRoot=hexed(trie.root_hash))
    block_hash = own_hash(found)
    return Node(found, tuple(replace(receipt, block_hash=block_hash) for receipt in kept))


def proven(made: Node, receipt: RawReceipt) -> ReceiptProof:
    place = Place(1, bytes.fromhex(str(made.found["hash"])[2:]), receipt.transaction_hash)
    (proof,) = Prover(made, {}).evidence([place], NOTHING, 1).receipts  # type: ignore[arg-type]
    return proof


@given(st.lists(receipts(), min_size=1, max_size=40, unique_by=lambda one: one.transaction_hash))
def test_every_receipt_of_a_block_is_proven(kept: list[RawReceipt]) -> None:
    made = node(kept)
    header = chainproof.parse_header(header_rlp(made.found))
    for index, receipt in enumerate(kept):
        proof = proven(made, receipt)
        assert (proof.block, proof.index) == (1, index)
        found = chainproof.verify_receipt(header, index, proof.receipt, proof.nodes)
        assert found.succeeded == receipt.succeeded
        assert [(log.topics, log.data) for log in found.logs] == [(log.topics, log.data) for log in receipt.logs]


@pytest.mark.parametrize("count", [1, 2, 127, 128, 129, 200])
def test_tries_of_every_size_around_the_keys_change_of_length(count: int) -> None:
    fields = {"type": "0x2", "cumulativeGasUsed": "0x5208", "logsBloom": hexed(bytes(256))}
    kept = [RawReceipt(number.to_bytes(32, "big"), 1, bytes(32), True, (), fields) for number in range(count)]
    made = node(kept)
    for index in {0, count // 2, count - 1}:
        assert proven(made, kept[index]).index == index


def test_a_header_ends_with_the_first_field_that_it_lacks() -> None:
    """Besu's QBFT blocks have no beacon root: whatever JSON says of later fields is not in their header."""
    found = {**block(parentBeaconBlockRoot=None, requestsHash=None), "requestsHash": hexed(b"\2" * 32)}
    assert len(rlp.decode(header_rlp(found))) == 19


@pytest.mark.parametrize("fork", [0, 1, 2, 5, 6])
def test_headers_of_every_fork_hash_to_their_block(fork: int) -> None:
    later = [
        "baseFeePerGas",
        "withdrawalsRoot",
        "blobGasUsed",
        "excessBlobGas",
        "parentBeaconBlockRoot",
        "requestsHash",
    ]
    changes: dict[str, object] = {"requestsHash": hexed(b"\2" * 32)} | dict.fromkeys(later[fork:])
    found = block(**changes)
    assert keccak(header_rlp(found)) == bytes.fromhex(str(found["hash"])[2:])


def test_a_qbft_headers_hash_leaves_out_round_and_seals() -> None:
    def extra(round_number: int, seals: list[bytes]) -> bytes:
        return rlp.encode([bytes(32), [b"\3" * 20], [], round_number, seals])

    hashed = block(mixHash=hexed(qbft.MIX_HASH), extraData=hexed(extra(0, [])))
    served = {**hashed, "extraData": hexed(extra(2, [b"\4" * 65]))}
    assert chainproof.parse_header(header_rlp(served)).hash == bytes.fromhex(str(hashed["hash"])[2:])


@pytest.mark.parametrize("field", ["parentHash", "receiptsRoot", "number", "timestamp", "extraData", "blobGasUsed"])
def test_a_field_that_differs_is_noticed(field: str) -> None:
    found = block()
    changed = {**found, field: "0x" + "07" * max(1, len(str(found[field])) // 2 - 1)}
    with pytest.raises(EndpointError, match="header_mismatch"):
        header_rlp(changed)


@pytest.mark.parametrize("field", ["parentHash", "logsBloom", "nonce"])
def test_a_field_that_is_missing_is_named(field: str) -> None:
    found = block()
    del found[field]
    with pytest.raises(EndpointError, match=field):
        header_rlp(found)


@given(receipts())
def test_receipts_that_do_not_belong_to_the_header_are_refused(receipt: RawReceipt) -> None:
    made = node([receipt])
    lied = replace(made.kept[0], succeeded=not receipt.succeeded)
    with pytest.raises(EndpointError, match="receipts_mismatch"):
        proven(Node(made.found, (lied,)), receipt)


def test_what_the_node_does_not_know_is_named() -> None:
    made = node([])
    with pytest.raises(EndpointError, match="not_found"):
        proven(made, RawReceipt(b"\5" * 32, 1, bytes(32), True, (), {}))
    with pytest.raises(EndpointError, match="Block 2"):
        Prover(made, {}).header(2)  # type: ignore[arg-type]
    with pytest.raises(EndpointError, match="reorganised"):
        Prover(made, {}).evidence([Place(1, b"\1" * 32, b"\5" * 32)], NOTHING, 1)  # type: ignore[arg-type]


class Sealed:
    """A QBFT chain by its validator sets only; counts what it is asked for."""

    def __init__(self, sets: dict[int, list[int]], last: int) -> None:
        self.sets, self.last, self.asked = sets, last, 0

    def block(self, number: int) -> Json | None:
        self.asked += 1
        members = self.sets[max(start for start in self.sets if start <= number)]
        keys = [PrivateKey(bytes([member]) * 32) for member in members]
        addresses = [key.public_key.to_canonical_address() for key in keys]

        def served(seals: list[bytes]) -> dict[str, object]:
            extra = rlp.encode([bytes(32), addresses, [], 0, seals])
            return block(
                number=hex(number), mixHash=hexed(qbft.MIX_HASH), extraData=hexed(extra), parentBeaconBlockRoot=None,
                requestsHash=None,
            )  # fmt: skip

        digest = bytes.fromhex(str(served([])["hash"])[2:])
        seals = [key.sign_msg_hash(digest).to_bytes() for key in keys] if number else []
        return {**served(seals), "hash": hexed(digest)}


SETS = {0: [1, 2, 3, 4], 700: [2, 3, 4, 5], 40_000: [4, 5, 6, 7], 41_000: [6, 7, 8, 9], 41_001: [8, 9, 10, 11]}


@pytest.mark.parametrize("head", [1, 699, 700, 39_999, 40_000, 41_000, 41_001, 15_000_000])
def test_validators_are_followed_from_genesis_to_any_head(head: int) -> None:
    chain = Sealed(SETS, head)
    prover = Prover(chain)  # type: ignore[arg-type]
    header = prover.header(head)
    seals = prover.seals(header)
    genesis = chainproof.parse_header(seals[0])
    assert finality.verify(seals, chainproof.parse_header(header), genesis.hash)
    assert len(seals) <= 2 + sum(start <= head for start in SETS) - 1
    assert chain.asked <= 2 + 3 * 24 * len(SETS), "halving, not scanning"


def test_an_unchanged_set_costs_the_genesis_only_however_old_the_chain_is() -> None:
    chain = Sealed({0: [1, 2, 3, 4]}, 15_000_000)
    prover = Prover(chain)  # type: ignore[arg-type]
    for head in (10, 200_000, 15_000_000):
        assert len(prover.seals(prover.header(head))) == 2
    assert chain.asked == 4


def test_hex_that_is_none_is_refused() -> None:
    with pytest.raises((TallyError, ValueError)):
        header_rlp({**block(), "parentHash": "text"})
