"""Merkle-Patricia proofs against the `trie` package as prover: inclusion, exclusion, and every kind of bad proof."""

from typing import Any

import pytest
import rlp as oracle
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from protocol import trie
from protocol.errors import TallyError, VerificationError
from tests.unit.protocol.simulated_chain import proof_nodes


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
        trie.verify(tree.root_hash, key, value, short)
        with pytest.raises(VerificationError):
            trie.verify(tree.root_hash, key, value, nodes)


@given(st.dictionaries(st.binary(min_size=1, max_size=4), st.binary(min_size=1, max_size=60), min_size=1, max_size=30))
@settings(max_examples=50)
def test_the_trie_package_agrees(values: dict[bytes, bytes]) -> None:
    tree = HexaryTrie({})
    for key, value in values.items():
        tree[key] = value
    for key, value in values.items():
        proof = proof_nodes(tree, key)
        trie.verify(tree.root_hash, key, value, proof)
        with pytest.raises(VerificationError):
            trie.verify(tree.root_hash, key, value + b"x", proof)
        with pytest.raises(TallyError):
            trie.verify(tree.root_hash, key + b"x", value, proof)


@given(st.lists(st.binary(max_size=40), max_size=3), st.binary(max_size=40))
def test_any_proof_ends_in_an_answer(nodes: list[bytes], value: bytes) -> None:
    root = keccak(nodes[0]) if nodes else bytes(32)
    try:
        trie.verify(root, b"\x01", value, nodes)
    except TallyError:
        return
    # an honest one-leaf trie can come up
    assert oracle.decode(nodes[0])[1] == value


def test_crafted_nodes_are_refused() -> None:
    leaf = [b"\x20\x01", b"value" * 8]
    good = oracle.encode(leaf)
    trie.verify(keccak(good), b"\x01", b"value" * 8, [good])
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
            trie.verify(keccak(data), b"\x01", b"value" * 8, [data])


def test_crafted_tries_are_refused() -> None:
    """Nodes that lead to the value and hash as they should, but that no real trie contains."""
    value = b"value" * 8

    def refused(root_node: Any, given: bytes, rest: list[bytes], why: str) -> None:
        data = oracle.encode(root_node)
        with pytest.raises(VerificationError, match=why):
            trie.verify(keccak(data), b"\x12", given, [data, *rest])

    branch: list[Any] = [b""] * 17
    branch[1] = [b"\x32", value]
    refused(branch, value, [], "a long node is embedded")
    leaf = oracle.encode([b"\x20\x12", value])
    refused([b"\x00", keccak(leaf)], value, [leaf], "an extension is empty")
    refused([b"\x20\x12", b""], b"", [], "a leaf has no value")


@given(
    st.dictionaries(st.binary(min_size=2, max_size=2), st.binary(min_size=1, max_size=60), max_size=30),
    st.binary(min_size=2, max_size=2),
)
@settings(max_examples=100, deadline=None)
def test_absence_is_proven_and_presence_cannot_be_hidden(values: dict[bytes, bytes], key: bytes) -> None:
    tree = HexaryTrie({})
    for name, value in values.items():
        tree[name] = value
    nodes = proof_nodes(tree, key) if values else ()
    assert trie.lookup(tree.root_hash, key, nodes) == values.get(key)
    for name in values:
        if name != key:  # another key's proof answers for itself only, unless both end in the same place
            try:
                assert trie.lookup(tree.root_hash, key, proof_nodes(tree, name)) == values.get(key)
            except VerificationError:
                continue


def test_a_proof_of_absence_is_refused_as_one_of_inclusion_and_has_no_trailing_nodes() -> None:
    tree = HexaryTrie({})
    for key in (b"\x10", b"\x11", b"\x20"):
        tree[key] = key * 40
    absent = proof_nodes(tree, b"\x12")
    assert trie.lookup(tree.root_hash, b"\x12", absent) is None
    with pytest.raises(VerificationError, match="the key leads elsewhere"):
        trie.verify(tree.root_hash, b"\x12", b"\x10" * 40, absent)
    with pytest.raises(VerificationError, match="not needed"):
        trie.lookup(tree.root_hash, b"\x12", [*absent, absent[-1]])
    assert trie.lookup(HexaryTrie({}).root_hash, b"\x12", []) is None
    with pytest.raises(VerificationError, match="not needed"):
        trie.lookup(HexaryTrie({}).root_hash, b"\x12", [b"\x80"])
