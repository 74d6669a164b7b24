"""Headers and receipts from bytes: mainnet's first blocks, the ``trie`` package as prover, every kind of bad proof."""

from dataclasses import replace
from typing import Any

import pytest
import rlp as oracle
from eth_hash.auto import keccak
from hypothesis import given
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
    assert chainproof.parse_header(genesis).hash == MAINNET
    block = chainproof.parse_header(block_one)
    assert block.hash.hex() == "88e96d4537bea4d9c05d12549907b32561d3bf31f45aae734cdc119f13406cb6"
    assert (block.number, block.timestamp, block.receipts_root) == (1, 1438269988, EMPTY_TRIE)
    assert block.state_root.hex().startswith("d67e4d450343046425ae")


def header(parent: bytes, height: int, timestamp: int, receipts_root: bytes, extra_fields: int = 5) -> bytes:
    tail = [number(1), bytes(32), b"", b"", bytes(32), bytes(32)]
    return oracle.encode(
        [
            parent, NO_OMMERS, bytes(20), bytes(32), EMPTY_TRIE, receipts_root, bytes(256), b"", number(height),
            number(30_000_000), b"", number(timestamp), b"tallystick", bytes(32), bytes(8), *tail[:extra_fields],
        ]
    )  # fmt: skip


HEADER = header(bytes(32), 1, 101, bytes([1]) * 32)


@pytest.mark.parametrize("extra_fields", range(7))
def test_every_fork_parses(extra_fields: int) -> None:
    data = header(bytes(32), 7, 8, EMPTY_TRIE, extra_fields)
    assert chainproof.parse_header(data).hash == keccak(data)


def test_malformed_headers_are_refused() -> None:
    fields: list[Any] = oracle.decode(HEADER)
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
    return replace(chainproof.parse_header(HEADER), receipts_root=root)


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
