"""The shape of comparison trees: how many rows of bits each step has. See :mod:`mpc.backends.fast.circuits`."""

from typing import Final

LEAF_BITS: Final = 3
LEAF_TERMS: Final = 7
TOP_BYTES: Final = 4
"""Bytes of the highest bits in a split opening."""
HALF_BYTES: Final = 7
"""A result bit is dealt as a sum modulo 2^56."""


def leaves_of(bits: int, *, equality: bool) -> int:
    """Blocks of three compared bits: all, or all but the highest."""
    return max(1, -(-(bits if equality else bits - 1) // LEAF_BITS))


def sizes(leaves: int) -> list[int]:
    """Nodes of each level, from the leaves to the root."""
    found = [leaves]
    while found[-1] > 1:
        found.append(-(-found[-1] // 3))
    return found


def joined(nodes: int) -> int:
    """How many nodes above come from two or three below (a single one passes through)."""
    return nodes // 3 + (nodes % 3 == 2)


def rows_of(nodes: int, *, equality: bool) -> int:
    """Wires of so many nodes: [less] of all and [equal] of all but the lowest; or [equal] alone."""
    return nodes if equality else max(0, 2 * nodes - 1)


def terms_above(nodes: int, *, equality: bool) -> int:
    """Products of masks that the dealer deals for the level above ``nodes``."""
    triples, pair = nodes // 3, nodes % 3 == 2
    return 4 * triples + pair if equality else 7 * triples - 3 * (triples > 0) + pair + (pair and triples > 0)
