"""Merkle-Patricia tries as Ethereum commits to receipts, accounts and storage: what a proof shows, byte by byte.

A proof is the list of nodes from the root to the place of a key; every node is used, in this order, and none is left.

Source: Ethereum yellow paper, appendix D.
"""

from collections.abc import Sequence
from typing import Final

from eth_hash.auto import keccak

from protocol import rlp
from protocol.errors import VerificationError

_HASH: Final = 32
_LEAF_FLAG = 2
_ODD_FLAG = 1
_BRANCH = 17
_EMPTY: Final = keccak(rlp.encode(b""))


def verify(root: bytes, key: bytes, value: bytes, nodes: Sequence[bytes]) -> None:
    """Inclusion of ``key`` → ``value``; raises :class:`VerificationError` ``chain.trie`` otherwise."""
    found = lookup(root, key, nodes)
    if found is None:
        raise _error("the key leads elsewhere")
    if found != value:
        raise _error("the value is not the one given")


def lookup(root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes | None:
    """The value of ``key``, or None where the proof shows that the trie has no such key (exclusion).

    Raises :class:`VerificationError` ``chain.trie`` for a proof that shows neither.
    """
    path = [nibble for byte in key for nibble in (byte >> 4, byte & 15)]
    expected: rlp.Item = root
    left = list(nodes)
    if root == _EMPTY:
        return _end(None, left)
    while True:
        node = _resolve(expected, left)
        if len(node) == _BRANCH:
            if not path:
                return _end(node[16] or None, left)
            expected = node[path.pop(0)]
            if expected == b"":
                return _end(None, left)
            continue
        prefix, leaf = _compact(node)
        if path[: len(prefix)] != prefix or (leaf and len(path) != len(prefix)):
            return _end(None, left)
        del path[: len(prefix)]
        if leaf:
            if not node[1]:
                raise _error("a leaf has no value")
            return _end(node[1], left)
        expected = node[1]


def _resolve(expected: rlp.Item, left: list[bytes]) -> list[rlp.Item]:
    """The node behind a reference: the node itself when it has under 32 bytes, the next proof node otherwise."""
    if isinstance(expected, list):
        if len(rlp.encode(expected)) >= _HASH:
            raise _error("a long node is embedded")
        node = expected
    else:
        if len(expected) != _HASH or not left or keccak(left[0]) != expected:
            raise _error("a node is missing or is not the one referred to")
        node = rlp.decode_list(left.pop(0))
    if len(node) not in (2, _BRANCH):
        raise _error("a node is neither branch, extension nor leaf")
    return node


def _compact(node: list[rlp.Item]) -> tuple[list[int], bool]:
    """Nibbles and leaf flag of an extension's or leaf's compact (hex-prefix) path."""
    data = rlp.text(node[0])
    flag = data[0] >> 4 if data else 16
    odd = flag & _ODD_FLAG
    if flag > (_LEAF_FLAG | _ODD_FLAG) or (not odd and data[0] & 15):
        raise _error("a path is not in compact form")
    nibbles = [data[0] & 15] if odd else []
    nibbles += [nibble for byte in data[1:] for nibble in (byte >> 4, byte & 15)]
    leaf = bool(flag & _LEAF_FLAG)
    if not leaf and not nibbles:
        raise _error("an extension is empty")
    return nibbles, leaf


def _end(found: "rlp.Item | None", left: list[bytes]) -> bytes | None:
    if isinstance(found, list):
        raise _error("the value is no byte string")
    if left:
        raise _error("it holds nodes that are not needed")
    return found


def _error(reason: str) -> VerificationError:
    return VerificationError(
        "chain.trie", f"The Merkle-Patricia proof does not hold: {reason}.", "Fetch the proof again."
    )
