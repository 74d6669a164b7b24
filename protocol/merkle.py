"""The Merkle tree of RFC 6962 (SHA-256) with proofs as in RFC 9162, sections 2.1.1 to 2.1.4.

Leaves and nodes are hashed under different prefixes, so a node can never be shown as a leaf. Verification is strict:
a proof one hash too long or too short is refused, although a lenient verifier would end up at the same root. The same
vectors (``tests/vectors/merkle.json``) are run by the Solidity verifier of ``contracts/``.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from protocol.errors import FormatError, VerificationError

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""MTH({}) of RFC 6962: the root of a tree without leaves."""

_LEAF = b"\x00"
_NODE = b"\x01"
_MAX_SIZE = 2**64 - 1


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data)."""
    return hashlib.sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(_NODE + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf *hashes*, level by level; the odd node of a level moves up unchanged, as RFC 6962 splits."""
    level = list(leaves)
    if not level:
        return EMPTY_ROOT
    sha256 = hashlib.sha256
    while len(level) > 1:
        paired = [sha256(_NODE + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0]


class MerkleTree:
    """An append-only tree that keeps every complete subtree, so roots and proofs for any past size cost O(log² n)."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        # _levels[k][i] is the root of leaves [i * 2^k, (i + 1) * 2^k); incomplete subtrees are not stored.
        self._levels: list[list[bytes]] = [[]]
        for leaf in leaves:
            self.append_hash(leaf)

    def __len__(self) -> int:
        return len(self._levels[0])

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self)

    def append(self, data: bytes) -> int:
        """Append an entry; returns its index."""
        return self.append_hash(leaf_hash(data))

    def append_hash(self, leaf: bytes) -> int:
        """Append an entry by its leaf hash; returns its index."""
        _check_hash(leaf, "leaf hash")
        index = len(self._levels[0])
        self._levels[0].append(leaf)
        height = 0
        while len(self._levels[height]) % 2 == 0:
            if height + 1 == len(self._levels):
                self._levels.append([])
            left, right = self._levels[height][-2:]
            self._levels[height + 1].append(node_hash(left, right))
            height += 1
        return index

    def leaf(self, index: int) -> bytes:
        """The leaf hash at ``index``."""
        if not 0 <= index < len(self):
            raise _range_error(f"leaf {index} of {len(self)}")
        return self._levels[0][index]

    def subtree(self, height: int, index: int) -> bytes:
        """Root of the complete subtree over leaves [index * 2^height, (index + 1) * 2^height)."""
        if not 0 <= height < len(self._levels) or not 0 <= index < len(self._levels[height]):
            raise _range_error(f"the complete subtree {index} of height {height} among {len(self)} leaves")
        return self._levels[height][index]

    def root(self, size: int | None = None) -> bytes:
        """Root of the first ``size`` leaves (all of them when None)."""
        size = self._size(size)
        return self._range_root(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """PATH(index, D[size]) of RFC 9162, 2.1.3.1: the audit path from the leaf to the root of the first ``size``."""
        size = self._size(size)
        if not 0 <= index < size:
            raise _range_error(f"inclusion of leaf {index} in {size}")
        path: list[bytes] = []
        low, high = 0, size
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                path.append(self._range_root(middle, high))
                high = middle
            else:
                path.append(self._range_root(low, middle))
                low = middle
        return tuple(reversed(path))

    def consistency_proof(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """PROOF(old, D[new]) of RFC 9162, 2.1.4.1; empty when ``old`` is 0 or equals ``new``."""
        new = self._size(new)
        if not 0 <= old <= new:
            raise _range_error(f"consistency from {old} to {new}")
        if old in (0, new):
            return ()
        path: list[bytes] = []
        low, high = 0, new
        # Invariant: [low, high) contains the old size, and everything left of low is in both trees.
        while old != high:
            middle = low + _split(high - low)
            if old <= middle:
                path.append(self._range_root(middle, high))
                high = middle
            else:
                path.append(self._range_root(low, middle))
                low = middle
        if low:  # PROOF's flag: the old root itself (low == 0) is known to the verifier and is left out
            path.append(self._range_root(low, high))
        return tuple(reversed(path))

    def _size(self, size: int | None) -> int:
        if size is None:
            return len(self)
        if not 0 <= size <= len(self):
            raise _range_error(f"a tree of size {size}, {len(self)} leaves are known")
        return size

    def _range_root(self, low: int, high: int) -> bytes:
        """Root of leaves [low, high); low is a multiple of the largest power of two not above high - low."""
        peaks: list[bytes] = []
        while low < high:
            height = (high - low).bit_length() - 1
            peaks.append(self._levels[height][low >> height])
            low += 1 << height
        return _fold(peaks)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """RFC 9162, 2.1.3.2. Raises :class:`VerificationError` ``merkle.inclusion`` unless the leaf hash is in the tree."""
    _check_hashes(proof, leaf, root)
    if not 0 <= index < size <= _MAX_SIZE:
        raise _inclusion_error(f"index {index} is outside a tree of {size}")
    fn, sn = index, size - 1
    node = leaf
    for sibling in proof:
        if sn == 0:
            raise _inclusion_error("the proof is too long")
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            node = node_hash(node, sibling)
        fn >>= 1
        sn >>= 1
    if sn:
        raise _inclusion_error("the proof is too short")
    if node != root:
        raise _inclusion_error(f"it leads to {node.hex()}, not to the root {root.hex()}")


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """RFC 9162, 2.1.4.2, extended to sizes 0 and equal sizes, for which the proof must be empty.

    Raises :class:`VerificationError` ``merkle.consistency`` unless the new tree begins with the old one.
    """
    _check_hashes(proof, old_root, new_root)
    if not 0 <= old_size <= new_size <= _MAX_SIZE:
        raise _consistency_error(f"a log never shrinks from {old_size} to {new_size}")
    if old_size in (0, new_size):
        if proof:
            raise _consistency_error("the proof must be empty for these sizes")
        if old_size == 0 and old_root != EMPTY_ROOT:
            raise _consistency_error("the old root is not that of an empty log")
        if old_size == new_size and old_root != new_root:
            raise _consistency_error("two roots were given for one size")
        return
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise _consistency_error("the proof is too short")
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    old_node = new_node = path[0]
    for sibling in path[1:]:
        if sn == 0:
            raise _consistency_error("the proof is too long")
        if fn & 1 or fn == sn:
            old_node = node_hash(sibling, old_node)
            new_node = node_hash(sibling, new_node)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            new_node = node_hash(new_node, sibling)
        fn >>= 1
        sn >>= 1
    if sn:
        raise _consistency_error("the proof is too short")
    if old_node != old_root:
        raise _consistency_error(f"it leads to the old root {old_node.hex()}, not to {old_root.hex()}")
    if new_node != new_root:
        raise _consistency_error(f"it leads to the new root {new_node.hex()}, not to {new_root.hex()}")


def _split(count: int) -> int:
    """The largest power of two smaller than ``count`` (RFC 6962's k); ``count`` is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)


def _fold(peaks: Sequence[bytes]) -> bytes:
    node = peaks[-1]
    for peak in reversed(peaks[:-1]):
        node = node_hash(peak, node)
    return node


def _check_hash(value: bytes, what: str) -> None:
    if len(value) != HASH_SIZE:
        raise FormatError("merkle.bad_hash", f"A {what} has {len(value)} bytes, not 32.", "Send SHA-256 hashes.")


def _check_hashes(proof: Sequence[bytes], *others: bytes) -> None:
    for value in (*proof, *others):
        _check_hash(value, "hash in the proof")


def _range_error(what: str) -> FormatError:
    return FormatError("merkle.out_of_range", f"The tree was asked for {what}.", "Ask within the tree's size.")


def _inclusion_error(reason: str) -> VerificationError:
    return VerificationError(
        "merkle.inclusion", f"The inclusion proof does not hold: {reason}.", "Ask the log's owner for a correct proof."
    )


def _consistency_error(reason: str) -> VerificationError:
    return VerificationError(
        "merkle.consistency",
        f"The consistency proof does not hold: {reason}.",
        "The log was forked or the proof is for other sizes: compare both checkpoints.",
    )
