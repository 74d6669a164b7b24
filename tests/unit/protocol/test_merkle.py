"""RFC 6962/9162 against the RFC's own recursive definitions, every size pair, and every way to break a proof."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import FormatError, TallyError, VerificationError
from protocol.merkle import (
    EMPTY_ROOT,
    MerkleTree,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).parents[2] / "vectors" / "merkle.json"
MAX = 260


def _k(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def oracle_root(d: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, written down as it stands there."""
    if not d:
        return hashlib.sha256(b"").digest()
    if len(d) == 1:
        return hashlib.sha256(b"\x00" + d[0]).digest()
    k = _k(len(d))
    return hashlib.sha256(b"\x01" + oracle_root(d[:k]) + oracle_root(d[k:])).digest()


def oracle_path(m: int, d: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1."""
    if len(d) == 1:
        return []
    k = _k(len(d))
    if m < k:
        return [*oracle_path(m, d[:k]), oracle_root(d[k:])]
    return [*oracle_path(m - k, d[k:]), oracle_root(d[:k])]


def oracle_subproof(m: int, d: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2."""
    if m == len(d):
        return [] if whole else [oracle_root(d)]
    k = _k(len(d))
    if m <= k:
        return [*oracle_subproof(m, d[:k], whole), oracle_root(d[k:])]
    return [*oracle_subproof(m - k, d[k:], whole=False), oracle_root(d[:k])]


def entries(count: int) -> list[bytes]:
    return [b"entry %d" % i for i in range(count)]


@pytest.fixture(scope="module")
def tree() -> MerkleTree:
    return MerkleTree(leaf_hash(entry) for entry in entries(MAX))


def test_rfc6962_reference_roots() -> None:
    """The eight-leaf tree of the certificate-transparency reference implementation's tests."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    tree = MerkleTree()
    for text, root in zip(inputs, roots, strict=True):
        tree.append(bytes.fromhex(text))
        assert tree.root().hex() == root


def test_roots_equal_the_definition_at_every_size(tree: MerkleTree) -> None:
    leaves = [leaf_hash(entry) for entry in entries(MAX)]
    for size in range(MAX + 1):
        expected = oracle_root(entries(size))
        assert tree.root(size) == expected
        assert root_of(leaves[:size]) == expected


def test_every_inclusion_proof_to_size_256(tree: MerkleTree) -> None:
    for size in range(1, 257):
        root = tree.root(size)
        for index in range(size):
            verify_inclusion(tree.leaf(index), index, size, tree.inclusion_proof(index, size), root)


def test_every_consistency_proof_to_size_256(tree: MerkleTree) -> None:
    roots = [tree.root(size) for size in range(257)]
    for new in range(257):
        for old in range(new + 1):
            verify_consistency(old, roots[old], new, roots[new], tree.consistency_proof(old, new))


def test_proofs_equal_the_recursive_definition(tree: MerkleTree) -> None:
    for size in range(1, 40):
        data = entries(size)
        for index in range(size):
            assert list(tree.inclusion_proof(index, size)) == oracle_path(index, data)
            if index:
                assert list(tree.consistency_proof(index, size)) == oracle_subproof(index, data, whole=True)


def test_proofs_of_another_length_are_refused(tree: MerkleTree) -> None:
    for new in range(1, 34):
        for old in range(new + 1):
            proof = tree.consistency_proof(old, new)
            changed = [(*proof, tree.root(new)), (tree.root(old), *proof), (*proof, EMPTY_ROOT)]
            changed += [proof[:-1], proof[1:]] if proof else []
            for bad in changed:
                with pytest.raises(VerificationError):
                    verify_consistency(old, tree.root(old), new, tree.root(new), bad)
        for index in range(new):
            path = tree.inclusion_proof(index, new)
            longer = [(*path, tree.root(new)), (tree.leaf(index), *path)]
            for bad in [*longer, *([path[:-1], path[1:]] if path else [])]:
                with pytest.raises(VerificationError):
                    verify_inclusion(tree.leaf(index), index, new, bad, tree.root(new))


def test_a_proof_of_another_length_is_refused_even_when_it_leads_to_the_root(tree: MerkleTree) -> None:
    """A root does not bind its size: only the exact length tells an honest proof from one for other sizes."""
    refused = 0
    for new in range(1, 34):
        for claimed in range(1, 34):
            for index in range(min(new, claimed)):
                proof = tree.inclusion_proof(index, new)
                if len(proof) != len(tree.inclusion_proof(index, claimed)):
                    refused += 1
                    with pytest.raises(VerificationError):
                        verify_inclusion(tree.leaf(index), index, claimed, proof, tree.root(new))
            for old in range(1, min(new, claimed)):
                proof = tree.consistency_proof(old, new)
                if len(proof) != len(tree.consistency_proof(old, claimed)):
                    refused += 1
                    with pytest.raises(VerificationError):
                        verify_consistency(old, tree.root(old), claimed, tree.root(new), proof)
    assert refused > 10_000


def test_a_proof_of_a_larger_tree_is_refused_as_too_long(tree: MerkleTree) -> None:
    """At the right edge a larger tree's proof folds to its root under a smaller claimed size as well."""
    with pytest.raises(VerificationError, match="too long"):
        verify_inclusion(tree.leaf(3), 1, 2, tree.inclusion_proof(3, 4), tree.root(4))
    with pytest.raises(VerificationError, match="too long"):
        verify_consistency(3, tree.root(7), 4, tree.root(8), tree.consistency_proof(7, 8))


def test_an_inner_node_is_no_leaf(tree: MerkleTree) -> None:
    """A subtree's root shown as a leaf would pass with a proof that is one hash too short."""
    with pytest.raises(VerificationError, match="too short"):
        verify_inclusion(tree.subtree(1, 0), 0, 4, [tree.subtree(1, 1)], tree.root(4))
    with pytest.raises(VerificationError, match="too short"):
        verify_consistency(2, tree.subtree(1, 0), 8, tree.root(4), [tree.subtree(1, 1)])


@given(st.data())
def test_one_changed_bit_fails(tree: MerkleTree, data: st.DataObject) -> None:
    new = data.draw(st.integers(2, MAX))
    old = data.draw(st.integers(1, new - 1))
    parts = [tree.root(old), tree.root(new), *tree.consistency_proof(old, new)]
    which = data.draw(st.integers(0, len(parts) - 1))
    bit = data.draw(st.integers(0, 255))
    changed = bytearray(parts[which])
    changed[bit // 8] ^= 1 << (bit % 8)
    parts[which] = bytes(changed)
    with pytest.raises(VerificationError) as caught:
        verify_consistency(old, parts[0], new, parts[1], parts[2:])
    assert caught.value.code == "merkle.consistency"


@given(st.data())
def test_an_inclusion_proof_is_for_one_index_and_leaf_only(tree: MerkleTree, data: st.DataObject) -> None:
    size = data.draw(st.integers(2, MAX))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index))
    proof = tree.inclusion_proof(index, size)
    with pytest.raises(VerificationError):
        verify_inclusion(tree.leaf(other), index, size, proof, tree.root(size))
    with pytest.raises(VerificationError):
        verify_inclusion(tree.leaf(index), other, size, proof, tree.root(size))


@given(
    st.integers(-2, 2**65),
    st.integers(-2, 2**65),
    st.lists(st.binary(max_size=33).map(lambda b: b.ljust(32, b"\0")), max_size=70),
)
def test_any_input_ends_in_an_answer(old: int, new: int, proof: list[bytes]) -> None:
    root = hashlib.sha256(b"root").digest()
    for call in (
        lambda: verify_consistency(old, EMPTY_ROOT, new, root, proof),
        lambda: verify_inclusion(root, old, new, proof, root),
    ):
        try:
            call()
        except TallyError:
            continue
        assert not proof


def test_empty_and_equal_sizes(tree: MerkleTree) -> None:
    verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    verify_consistency(0, EMPTY_ROOT, 5, tree.root(5), [])
    verify_consistency(5, tree.root(5), 5, tree.root(5), [])
    bad = [
        (0, tree.root(1), 5, tree.root(5), []),
        (0, EMPTY_ROOT, 5, tree.root(5), [EMPTY_ROOT]),
        (5, tree.root(5), 5, tree.root(6), []),
        (5, tree.root(5), 5, tree.root(5), [EMPTY_ROOT]),
        (6, tree.root(6), 5, tree.root(5), []),
        (5, tree.root(5), 6, tree.root(6), []),
        (4, tree.root(4), 6, tree.root(6), []),
        (-1, EMPTY_ROOT, 5, tree.root(5), []),
    ]
    for case in bad:
        with pytest.raises(VerificationError):
            verify_consistency(*case)


def test_hashes_of_another_length_and_sizes_out_of_range_are_refused(tree: MerkleTree) -> None:
    with pytest.raises(FormatError, match=r"merkle\.bad_hash"):
        MerkleTree([b"short"])
    with pytest.raises(FormatError, match=r"merkle\.bad_hash"):
        verify_inclusion(b"x" * 31, 0, 1, [], b"x" * 31)
    for call in (
        lambda: tree.root(MAX + 1),
        lambda: tree.root(-1),
        lambda: tree.leaf(MAX),
        lambda: tree.inclusion_proof(5, 5),
        lambda: tree.consistency_proof(6, 5),
    ):
        with pytest.raises(FormatError, match=r"merkle\.out_of_range"):
            call()


def consistency_vectors() -> list[dict[str, Any]]:
    """What ``tests/vectors/merkle.json`` must hold: entries are the four-byte big-endian index."""
    tree = MerkleTree(leaf_hash(i.to_bytes(4, "big")) for i in range(1025))
    vectors: list[dict[str, Any]] = []

    def add(old: int, old_root: bytes, new: int, new_root: bytes, proof: tuple[bytes, ...], *, why: str) -> None:
        try:
            verify_consistency(old, old_root, new, new_root, proof)
            valid = True
        except VerificationError:
            valid = False
        vectors.append(
            {
                "old_size": old,
                "old_root": "0x" + old_root.hex(),
                "new_size": new,
                "new_root": "0x" + new_root.hex(),
                "proof": ["0x" + item.hex() for item in proof],
                "valid": valid,
                "note": why,
            }
        )

    pairs = [(o, n) for n in range(18) for o in range(n + 1)]
    pairs += [(o, n) for n in (31, 32, 33, 64, 127, 255, 256, 1000, 1024, 1025) for o in (1, 2, 3, 16, 31)]
    pairs += [(255, 256), (256, 257), (512, 1025), (513, 1025), (1023, 1024), (1024, 1025), (1025, 1025)]
    for old, new in pairs:
        add(old, tree.root(old), new, tree.root(new), tree.consistency_proof(old, new), why="ok")
    zero = bytes(32)
    for old, new in [
        (1, 2),
        (2, 3),
        (3, 4),
        (3, 7),
        (4, 7),
        (6, 7),
        (7, 8),
        (8, 16),
        (13, 17),
        (512, 1025),
        (513, 1025),
    ]:
        good = tree.consistency_proof(old, new)
        old_root, new_root = tree.root(old), tree.root(new)
        flipped = bytes([good[0][0] ^ 1]) + good[0][1:]
        add(old, old_root, new, new_root, (*good, zero), why="one hash too long")
        add(old, old_root, new, new_root, (old_root, *good), why="old root prepended")
        add(old, old_root, new, new_root, good[:-1], why="one hash too short")
        add(old, old_root, new, new_root, (flipped, *good[1:]), why="first hash changed")
        if len(good) > 1:
            add(old, old_root, new, new_root, tuple(reversed(good)), why="order reversed")
        add(old, tree.root(old - 1), new, new_root, good, why="another old root")
        add(old, old_root, new, tree.root(new - 1) if new - 1 > old else zero, good, why="another new root")
        add(old, old_root, new, new_root, (), why="empty proof")
        add(new, new_root, old, old_root, good, why="log shrinks")
        add(old, old_root, old, new_root, (), why="two roots for one size")
        add(old, old_root, old, old_root, good, why="proof for equal sizes")
        add(0, EMPTY_ROOT, new, new_root, good, why="proof from size zero")
    # the right root under another size, which only the exact length refuses
    for old, new, claimed in [
        (1, 4, 2),
        (1, 2, 4),
        (2, 8, 4),
        (2, 4, 8),
        (3, 8, 4),
        (3, 4, 8),
        (6, 16, 7),
        (6, 7, 16),
        (4, 5, 9),
    ]:
        add(old, tree.root(old), claimed, tree.root(new), tree.consistency_proof(old, new), why="another size")
    for old, new, small, large in [(7, 8, 3, 4), (15, 16, 7, 8), (13, 16, 5, 8)]:
        proof = tree.consistency_proof(old, new)
        add(small, tree.root(old), large, tree.root(new), proof, why="a larger tree's proof at its right edge")
    return vectors


def inclusion_vectors() -> list[dict[str, Any]]:
    tree = MerkleTree(leaf_hash(i.to_bytes(4, "big")) for i in range(33))
    return [
        {
            "index": index,
            "size": size,
            "leaf": "0x" + tree.leaf(index).hex(),
            "root": "0x" + tree.root(size).hex(),
            "proof": ["0x" + item.hex() for item in tree.inclusion_proof(index, size)],
            "valid": True,
        }
        for size in (1, 2, 3, 7, 8, 33)
        for index in sorted({0, size // 2, size - 1})
    ]


def render_vectors() -> str:
    def lines(vectors: list[dict[str, Any]]) -> str:
        return ",\n".join(json.dumps(vector) for vector in vectors)

    return (
        f'{{"consistency": [\n{lines(consistency_vectors())}\n],\n"inclusion": [\n{lines(inclusion_vectors())}\n]}}\n'
    )


def test_golden_vectors_are_unchanged() -> None:
    """Solidity and TypeScript read this file: the code may not drift from it."""
    assert VECTORS.read_text() == render_vectors()
    invalid = [v for v in consistency_vectors() if not v["valid"]]
    assert all(v["note"] != "ok" for v in invalid)
    assert all(v["valid"] == (v["note"] == "ok") for v in consistency_vectors())
