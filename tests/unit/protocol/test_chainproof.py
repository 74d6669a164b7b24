"""Headers and receipts from bytes: mainnet's first blocks, the ``trie`` package as prover, every kind of bad proof."""

from dataclasses import replace
from typing import Any

import pytest
import rlp as oracle
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from protocol import chainproof
from protocol.chainproof import Log
from protocol.errors import FormatError, TallyError, VerificationError

EMPTY_TRIE = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
NO_OMMERS = bytes.fromhex("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347")


def number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def mainnet_genesis() -> list[bytes]:
    return [
        bytes(32),
        NO_OMMERS,
        bytes(20),
        bytes.fromhex("d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544"),
        EMPTY_TRIE,
        EMPTY_TRIE,
        bytes(256),
        number(0x400000000),
        b"",
        number(5000),
        b"",
        b"",
        bytes.fromhex("11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa"),
        bytes(32),
        bytes.fromhex("0000000000000042"),
    ]


MAINNET = bytes.fromhex("d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3")


def test_mainnet_genesis_and_block_one() -> None:
    genesis = oracle.encode(mainnet_genesis())
    block_one = oracle.encode(
        [
            MAINNET,
            NO_OMMERS,
            bytes.fromhex("05a56e2d52c817161883f50c441c3228cfe54d9f"),
            bytes.fromhex("d67e4d450343046425ae4271474353857ab860dbc0a1dde64b41b5cd3a532bf3"),
            EMPTY_TRIE,
            EMPTY_TRIE,
            bytes(256),
            number(17171480576),
            number(1),
            number(5000),
            b"",
            number(1438269988),
            b"Geth/v1.0.0/linux/go1.4.2",
            bytes.fromhex("969b900de27b6ac6a67742365dd65f55a0526c41fd18e1b16f1a1215c2e66f59"),
            bytes.fromhex("539bd4979fef1ec4"),
        ]
    )
    blocks = chainproof.verify_header_chain([genesis, block_one], MAINNET)
    assert blocks[1].hash.hex() == "88e96d4537bea4d9c05d12549907b32561d3bf31f45aae734cdc119f13406cb6"
    assert (blocks[1].number, blocks[1].timestamp, blocks[1].receipts_root) == (1, 1438269988, EMPTY_TRIE)


def header(parent: bytes, height: int, timestamp: int, receipts_root: bytes, extra_fields: int = 5) -> bytes:
    tail = [number(1), bytes(32), b"", b"", bytes(32), bytes(32)]
    return oracle.encode(
        [
            parent, NO_OMMERS, bytes(20), bytes(32), EMPTY_TRIE, receipts_root, bytes(256), b"", number(height),
            number(30_000_000), b"", number(timestamp), b"tallystick", bytes(32), bytes(8), *tail[:extra_fields],
        ]
    )  # fmt: skip


def chain(length: int) -> list[bytes]:
    headers = [header(bytes(32), 0, 100, EMPTY_TRIE)]
    for height in range(1, length):
        headers.append(header(keccak(headers[-1]), height, 100 + height, bytes([height]) * 32))
    return headers


HEADERS = chain(5)
GENESIS = keccak(HEADERS[0])


def test_a_chain_down_to_the_genesis() -> None:
    blocks = chainproof.verify_header_chain(HEADERS, GENESIS)
    assert [block.number for block in blocks] == [0, 1, 2, 3, 4]
    assert [block.hash for block in blocks] == [keccak(item) for item in HEADERS]


@pytest.mark.parametrize("extra_fields", range(7))
def test_every_fork_parses(extra_fields: int) -> None:
    data = header(bytes(32), 7, 8, EMPTY_TRIE, extra_fields)
    assert chainproof.parse_header(data).hash == keccak(data)


@given(st.integers(0, 4), st.data())
def test_one_changed_byte_breaks_the_chain(which: int, data: st.DataObject) -> None:
    headers = list(HEADERS)
    changed = bytearray(headers[which])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    headers[which] = bytes(changed)
    # the tip of a plain chain is held by its parent only: add a child so that every header is some block's parent
    headers.append(header(keccak(HEADERS[4]), 5, 105, EMPTY_TRIE))
    with pytest.raises(TallyError):
        chainproof.verify_header_chain(headers, GENESIS)


def test_gaps_swaps_and_another_genesis_are_refused() -> None:
    for headers, genesis, code in (
        ([], GENESIS, "chain.empty"),
        (HEADERS, bytes(32), "chain.genesis"),
        (HEADERS[1:], keccak(HEADERS[1]), "chain.number"),
        ([HEADERS[0], *HEADERS[2:]], GENESIS, "chain.number"),
        ([HEADERS[0], HEADERS[2], HEADERS[1]], GENESIS, "chain.number"),
        ([HEADERS[0], header(bytes(32), 1, 101, EMPTY_TRIE)], GENESIS, "chain.parent"),
        ([HEADERS[0], header(GENESIS, 1, 99, EMPTY_TRIE)], GENESIS, "chain.parent"),
    ):
        with pytest.raises(VerificationError) as caught:
            chainproof.verify_header_chain(headers, genesis)
        assert caught.value.code == code


def test_malformed_headers_are_refused() -> None:
    fields: list[Any] = oracle.decode(HEADERS[1])
    for position, bad in (
        (0, bytes(31)),
        (2, bytes(21)),
        (6, bytes(255)),
        (8, b"\0\1"),
        (8, b"\1" * 9),
        (13, []),
        (16, b""),
        (12, [b""]),
    ):
        changed = list(fields)
        changed[position] = bad
        with pytest.raises(FormatError):
            chainproof.parse_header(oracle.encode(changed))
    for bad_header in (oracle.encode(fields[:14]), oracle.encode([*fields, bytes(32), bytes(32)]), b"", b"\x80"):
        with pytest.raises(FormatError):
            chainproof.parse_header(bad_header)


def receipt(index: int, *, kind: int = 2, logs: int = 1, status: bytes = b"\x01") -> bytes:
    entries = [
        [bytes([index % 256]) * 20, [bytes([i]) * 32 for i in range(logs % 5)], b"data" * i] for i in range(logs)
    ]
    body = oracle.encode([status, number(21000 * (index + 1)), bytes(256), entries])
    return (bytes([kind]) if kind else b"") + body


def tries(receipts: list[bytes]) -> tuple[HexaryTrie, list[list[bytes]]]:
    tree = HexaryTrie({})
    for index, item in enumerate(receipts):
        tree[oracle.encode(index)] = item
    proofs: list[list[bytes]] = []
    for index in range(len(receipts)):
        nodes = [oracle.encode(node) for node in tree.get_proof(oracle.encode(index))]
        # nodes under 32 bytes are embedded in their parent, except the root
        proofs.append([node for i, node in enumerate(nodes) if i == 0 or len(node) >= 32])
    return tree, proofs


def block_with(root: bytes) -> chainproof.Block:
    return replace(chainproof.parse_header(HEADERS[1]), receipts_root=root)


@pytest.mark.parametrize("count", [1, 2, 17, 127, 129, 300])
def test_every_receipt_of_a_block_is_proven(count: int) -> None:
    receipts = [receipt(i, kind=i % 4 if i % 4 != 0 else 0, logs=i % 4) for i in range(count)]
    tree, proofs = tries(receipts)
    block = block_with(tree.root_hash)
    for index in range(count):
        found = chainproof.verify_receipt(block, index, receipts[index], proofs[index])
        assert found.succeeded
        assert found.kind == index % 4
        assert len(found.logs) == index % 4
        wrong = (index + 1) % count
        if wrong != index:
            with pytest.raises(VerificationError, match=r"chain\.trie"):
                chainproof.verify_receipt(block, wrong, receipts[index], proofs[index])
            with pytest.raises(VerificationError, match=r"chain\.trie"):
                chainproof.verify_receipt(block, index, receipts[wrong], proofs[index])


def test_embedded_nodes() -> None:
    """Short values make nodes of under 32 bytes, which live inside their parents."""
    tree = HexaryTrie({})
    values = {bytes([a, b]): bytes([1 + a]) for a in range(4) for b in range(4)}
    for key, value in values.items():
        tree[key] = value
    for key, value in values.items():
        nodes = [oracle.encode(node) for node in tree.get_proof(key)]
        short = [node for i, node in enumerate(nodes) if i == 0 or len(node) >= 32]
        assert len(short) < len(nodes)
        chainproof.verify_trie(tree.root_hash, key, value, short)
        with pytest.raises(VerificationError):
            chainproof.verify_trie(tree.root_hash, key, value, nodes)


@given(st.dictionaries(st.binary(min_size=1, max_size=4), st.binary(min_size=1, max_size=60), min_size=1, max_size=30))
@settings(max_examples=50)
def test_the_trie_package_agrees(values: dict[bytes, bytes]) -> None:
    tree = HexaryTrie({})
    for key, value in values.items():
        tree[key] = value
    for key, value in values.items():
        nodes = [oracle.encode(node) for node in tree.get_proof(key)]
        proof = [node for i, node in enumerate(nodes) if i == 0 or len(node) >= 32]
        chainproof.verify_trie(tree.root_hash, key, value, proof)
        with pytest.raises(VerificationError):
            chainproof.verify_trie(tree.root_hash, key, value + b"x", proof)
        with pytest.raises(TallyError):
            chainproof.verify_trie(tree.root_hash, key + b"x", value, proof)


RECEIPTS = [receipt(i, logs=i % 3) for i in range(40)]
TREE, PROOFS = tries(RECEIPTS)
BLOCK = block_with(TREE.root_hash)


@given(st.data())
def test_one_changed_byte_fails(data: st.DataObject) -> None:
    parts = [RECEIPTS[20], *PROOFS[20]]
    which = data.draw(st.integers(0, len(parts) - 1))
    changed = bytearray(parts[which])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    parts[which] = bytes(changed)
    with pytest.raises(TallyError):
        chainproof.verify_receipt(BLOCK, 20, parts[0], parts[1:])


def test_missing_and_superfluous_nodes_are_refused() -> None:
    proof = PROOFS[20]
    assert len(proof) > 1
    for bad in (proof[1:], proof[:-1], [*proof, proof[-1]], [proof[0], *proof], list(reversed(proof)), []):
        with pytest.raises(VerificationError, match=r"chain\.trie"):
            chainproof.verify_receipt(BLOCK, 20, RECEIPTS[20], bad)


@given(st.lists(st.binary(max_size=40), max_size=3), st.binary(max_size=40))
def test_any_proof_ends_in_an_answer(nodes: list[bytes], value: bytes) -> None:
    root = keccak(nodes[0]) if nodes else bytes(32)
    try:
        chainproof.verify_trie(root, b"\x01", value, nodes)
    except TallyError:
        return
    # an honest one-leaf trie can come up
    assert oracle.decode(nodes[0])[1] == value


def test_crafted_nodes_are_refused() -> None:
    leaf = [b"\x20\x01", b"value" * 8]
    good = oracle.encode(leaf)
    chainproof.verify_trie(keccak(good), b"\x01", b"value" * 8, [good])
    for node in (
        [b"\x21\x01", b"value" * 8],
        [b"\x2f\x01", b"value" * 8],
        [b"\x40\x01", b"value" * 8],
        [b"", b"value" * 8],
        [b"\x00", good],
        [b"\x20\x01", b"value" * 8, b""],
        [[b"\x20"], b"value" * 8],
        [b"\x20\x01", [b"value" * 8]],
    ):
        data = oracle.encode(node)
        with pytest.raises(TallyError):
            chainproof.verify_trie(keccak(data), b"\x01", b"value" * 8, [data])


def test_crafted_tries_are_refused() -> None:
    """Nodes that lead to the value and hash as they should, but that no real trie contains."""
    value = b"value" * 8

    def refused(root_node: Any, given: bytes, rest: list[bytes], why: str) -> None:
        data = oracle.encode(root_node)
        with pytest.raises(VerificationError, match=why):
            chainproof.verify_trie(keccak(data), b"\x12", given, [data, *rest])

    branch: list[Any] = [b""] * 17
    branch[1] = [b"\x32", value]
    refused(branch, value, [], "a long node is embedded")
    leaf = oracle.encode([b"\x20\x12", value])
    refused([b"\x00", keccak(leaf)], value, [leaf], "an extension is empty")
    refused([b"\x20\x12", b""], b"", [], "the value is not the one given")


def test_receipts() -> None:
    assert chainproof.parse_receipt(receipt(1, logs=2)).logs == (
        Log(b"\x01" * 20, (bytes(32), b"\x01" * 32), b""),
        Log(b"\x01" * 20, (bytes(32), b"\x01" * 32), b"data"),
    )
    assert not chainproof.parse_receipt(receipt(1, status=b"")).succeeded
    body: list[Any] = oracle.decode(receipt(1, kind=0))
    many = [[bytes(20), [bytes(32)] * 5, b""]]
    for bad in (
        receipt(1, status=bytes([2])),
        receipt(1, status=bytes(32)),
        b"\x00" + receipt(1, kind=0),
        b"",
        b"\x02",
        oracle.encode(body[:3]),
        oracle.encode([*body, b""]),
        oracle.encode([*body[:2], bytes(255), body[3]]),
        oracle.encode([*body[:3], many]),
        oracle.encode([*body[:3], [[bytes(19), [], b""]]]),
        oracle.encode([*body[:3], [[bytes(20), [bytes(31)], b""]]]),
        oracle.encode([*body[:3], b""]),
    ):
        with pytest.raises(FormatError):
            chainproof.parse_receipt(bad)


@given(st.binary(max_size=120))
def test_any_receipt_bytes_end_in_an_answer(data: bytes) -> None:
    with pytest.raises(TallyError):
        chainproof.parse_receipt(data)
