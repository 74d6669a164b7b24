"""Boolean circuits on bit slices, local parts only: what C deals and what A and B compute between exchanges.

A wire carries x = m ⊕ λ: A and B know m, C knows λ = λ_A ⊕ λ_B, and A and B hold one part each (masked evaluation with a
dealer: Turbospeedz: Ben-Efraim, Nielsen, Omri, ACNS 2019; among three: ASTRA, Chaudhari, Choudhury, Patra, Suresh, CCSW 2019). A
product of wires is a polynomial in the public m whose coefficients are products of λ, which C deals as XOR shares: A's from a
common key, B's sent. A and B then exchange their parts of the result's m: two bits for each output, however many factors it has (ABY2.0: Patra, Schneider, Suresh, Yalame, USENIX Security 2021).

Here, with three wires to a node (fewer bits and fewer rounds than two):

* a **leaf** compares three bits of the public c with three of C's r: e = [equal], g = [c < r]; with ρ = ¬r, bit i is equal
  when c_i ⊕ ρ_i, a wire without any exchange. Dealt: the 7 products of ρ_0, ρ_1, ρ_2.
* a **carry** node joins neighbours, most significant 2: G = g2 ⊕ e2·g1 ⊕ e2·e1·g0, E = e2·e1·e0. Dealt: 4 bits for G, 3 for E.
  The lowest node of a level needs no E.
* an **all** node: E = e2·e1·e0. Dealt: 4 bits.

Arrays are uint64 words, 64 elements each, of shape (thresholds, nodes, words); nodes from the least significant up.
"""

from collections.abc import Sequence
from typing import Final, Protocol, TypeAlias

import numpy as np

from mpc.backends.fast.kernels import Words

LEAF_BITS: Final = 3
LEAF_TERMS: Final = 7

Group: TypeAlias = tuple[Words, ...]
"""The wires of one level: (g, e) of a carry tree, where the lowest node has no e; (e,) of an all tree."""


class Tree(Protocol):
    """One kind of tree; see the module."""

    @staticmethod
    def leaves(less: Words, equal: Words) -> Words:
        """The rows of the leaves' results that the tree needs."""
        ...

    @staticmethod
    def leaf_rows(nodes: int) -> int:
        """How many those are."""
        ...

    @staticmethod
    def rows(nodes: int) -> int:
        """How many results a level of so many nodes has, in bits per element."""
        ...

    @staticmethod
    def terms(nodes: int) -> int:
        """How many bits C deals for the next level above so many nodes."""
        ...

    @staticmethod
    def split(rows: Words, nodes: int) -> Group:
        """The rows of a level as a group."""
        ...

    @staticmethod
    def deal(lam: Group) -> Words:
        """The products of masks that the next level needs."""
        ...

    @staticmethod
    def evaluate(m: Group, part: Group, dealt: Words, *, first: bool) -> Words:
        """A's (``first``) or B's XOR shares of the next level's results, without those that pass through."""
        ...

    @staticmethod
    def next(rows: Words, below: Group) -> Group:
        """The group of the next level, from its new rows and what passes through from below."""
        ...


def sizes(leaves: int) -> list[int]:
    """Nodes of each level, from the leaves to the root."""
    found = [leaves]
    while found[-1] > 1:
        found.append(-(-found[-1] // 3))
    return found


def joined(nodes: int) -> int:
    """How many nodes above come from two or three below (a single one passes through)."""
    return nodes // 3 + (nodes % 3 == 2)


def deal_leaves(rho: Words) -> Words:
    """The products of ρ in each leaf, (7, leaves, words), from (3·leaves, words)."""
    r0, r1, r2 = rho[0::3], rho[1::3], rho[2::3]
    pair = r2 & r1
    return np.stack([r0, r1, r2, r1 & r0, r2 & r0, pair, pair & r0])


def evaluate_leaves(c: Words, dealt: Words, *, first: bool) -> tuple[Words, Words]:
    """XOR shares of [c < r] and [c = r] in each leaf, from c (thresholds, 3·leaves, words)."""
    c0, c1, c2 = c[:, 0::3], c[:, 1::3], c[:, 2::3]
    r0, r1, r2, r10, r20, r21, r210 = dealt
    e2 = r2 ^ c2 if first else r2
    cross = (c2 & r1) ^ r21
    pair = cross ^ (c1 & r2)
    both = c2 & c1
    with_r0 = (both & r0) ^ (c2 & r10) ^ (c1 & r20) ^ r210
    if first:
        pair = pair ^ both
    equal = (c0 & pair) ^ with_r0
    less = (~c0 & (pair ^ with_r0)) ^ (~c1 & (e2 ^ cross)) ^ (~c2 & (~r2 if first else r2))
    return less, equal


class Carry:
    """[c < r] for the whole number."""

    @staticmethod
    def leaves(less: Words, equal: Words) -> Words:
        """All g, and all e but the lowest."""
        return np.concatenate([less, equal[:, 1:]], axis=1)

    @staticmethod
    def leaf_rows(nodes: int) -> int:
        """See :class:`Tree`."""
        return 2 * nodes - 1

    @staticmethod
    def rows(nodes: int) -> int:
        """See :class:`Tree`."""
        return 2 * joined(nodes) - 1

    @staticmethod
    def terms(nodes: int) -> int:
        """See :class:`Tree`."""
        triples, pair = nodes // 3, nodes % 3 == 2
        return 7 * triples - 3 * (triples > 0) + pair + (pair and triples > 0)

    @staticmethod
    def split(rows: Words, nodes: int) -> Group:
        """See :class:`Tree`."""
        return rows[:, :nodes], rows[:, nodes:]

    @staticmethod
    def deal(lam: Group) -> Words:
        """See :class:`Tree`."""
        g, e = lam
        nodes = g.shape[1]
        triples = nodes // 3
        found: list[Words] = []
        if triples:
            g0, g1, _ = _threes(g, triples)
            e0, e1, e2 = _equal_threes(e, triples)
            pair = e2 & e1
            found += [pair, e2 & g0, e1 & g0, (e2 & g1) ^ (pair & g0)]
            found += [e2[:, 1:] & e0, e1[:, 1:] & e0, pair[:, 1:] & e0]
        if nodes % 3 == 2:
            found.append(e[:, -1:] & g[:, -2:-1])
            if triples:
                found.append(e[:, -1:] & e[:, -2:-1])
        return np.concatenate(found, axis=1)

    @staticmethod
    def evaluate(m: Group, part: Group, dealt: Words, *, first: bool) -> Words:
        """See :class:`Tree`."""
        (mg, me), (pg, pe) = m, part
        nodes = mg.shape[1]
        triples = nodes // 3
        less: list[Words] = []
        equal: list[Words] = []
        if triples:
            m0, m1, m2 = _threes(mg, triples)
            p0, p1, p2 = _threes(pg, triples)
            n0, n1, n2 = _equal_threes(me, triples)
            q0, q1, q2 = _equal_threes(pe, triples)
            own_e2, own_g2 = (q2 ^ n2, p2 ^ m2) if first else (q2, p2)
            d21, d20, d10, d = _rows(dealt, [triples] * 4)
            pair, both = _pair(n2, n1, own_e2, q1, d21), n2 & n1
            less.append(own_g2 ^ (n2 & p1) ^ (m1 & own_e2) ^ _third(pair, both, n1, n2, m0, p0, d20, d10, d))
            e20, e10, e210 = _rows(dealt[:, 4 * triples :], [triples - 1] * 3)
            equal.append(_third(pair[:, 1:], both[:, 1:], n1[:, 1:], n2[:, 1:], n0, q0, e20, e10, e210))
        if nodes % 3 == 2:
            rest = dealt[:, 7 * triples - 3 * (triples > 0) :]
            high, own = me[:, -1:], pe[:, -1:] ^ me[:, -1:] if first else pe[:, -1:]
            top = pg[:, -1:] ^ mg[:, -1:] if first else pg[:, -1:]
            less.append(top ^ _pair(high, mg[:, -2:-1], own, pg[:, -2:-1], rest[:, :1]))
            if triples:
                equal.append(_pair(high, me[:, -2:-1], own, pe[:, -2:-1], rest[:, 1:2]))
        return np.concatenate(less + equal, axis=1)

    @staticmethod
    def next(rows: Words, below: Group) -> Group:
        """See :class:`Tree`."""
        g, e = below
        count = joined(g.shape[1])
        if g.shape[1] % 3 != 1:
            return rows[:, :count], rows[:, count:]
        return np.concatenate([rows[:, :count], g[:, -1:]], axis=1), np.concatenate(
            [rows[:, count:], e[:, -1:]], axis=1
        )


class All:
    """[c = r] for the whole number."""

    @staticmethod
    def leaves(less: Words, equal: Words) -> Words:
        """All e."""
        del less
        return equal

    @staticmethod
    def leaf_rows(nodes: int) -> int:
        """See :class:`Tree`."""
        return nodes

    @staticmethod
    def rows(nodes: int) -> int:
        """See :class:`Tree`."""
        return joined(nodes)

    @staticmethod
    def terms(nodes: int) -> int:
        """See :class:`Tree`."""
        return 4 * (nodes // 3) + (nodes % 3 == 2)

    @staticmethod
    def split(rows: Words, nodes: int) -> Group:
        """See :class:`Tree`."""
        del nodes
        return (rows,)

    @staticmethod
    def deal(lam: Group) -> Words:
        """See :class:`Tree`."""
        (e,) = lam
        e0, e1, e2 = _threes(e, e.shape[1] // 3)
        pair = e2 & e1
        found = [pair, e2 & e0, e1 & e0, pair & e0]
        if e.shape[1] % 3 == 2:
            found.append(e[:, -1:] & e[:, -2:-1])
        return np.concatenate(found, axis=1)

    @staticmethod
    def evaluate(m: Group, part: Group, dealt: Words, *, first: bool) -> Words:
        """See :class:`Tree`."""
        (me,), (pe,) = m, part
        triples = me.shape[1] // 3
        n0, n1, n2 = _threes(me, triples)
        q0, q1, q2 = _threes(pe, triples)
        d21, d20, d10, d = _rows(dealt, [triples] * 4)
        pair = _pair(n2, n1, q2 ^ n2 if first else q2, q1, d21)
        found = [_third(pair, n2 & n1, n1, n2, n0, q0, d20, d10, d)]
        if me.shape[1] % 3 == 2:
            own = pe[:, -1:] ^ me[:, -1:] if first else pe[:, -1:]
            found.append(_pair(me[:, -1:], me[:, -2:-1], own, pe[:, -2:-1], dealt[:, 4 * triples :]))
        return np.concatenate(found, axis=1)

    @staticmethod
    def next(rows: Words, below: Group) -> Group:
        """See :class:`Tree`."""
        (e,) = below
        return (rows,) if e.shape[1] % 3 != 1 else (np.concatenate([rows, e[:, -1:]], axis=1),)


def _pair(mx: Words, my: Words, own_x: Words, part_y: Words, dealt: Words) -> Words:
    """A share of x·y = m_x·λ_y ⊕ m_y·(m_x ⊕ λ_x) ⊕ λ_x·λ_y; ``own_x`` is the share of x, at A with m_x in it."""
    return (mx & part_y) ^ (my & own_x) ^ dealt


def _third(
    pair: Words, both: Words, m1: Words, m2: Words, mx: Words, px: Words, d20: Words, d10: Words, d: Words
) -> Words:
    """A share of (w2·w1)·x, given the share ``pair`` of w2·w1 and ``both`` = m2·m1."""
    return (mx & pair) ^ (both & px) ^ (m1 & d20) ^ (m2 & d10) ^ d


def _threes(rows: Words, triples: int) -> tuple[Words, Words, Words]:
    return rows[:, 0 : 3 * triples : 3], rows[:, 1 : 3 * triples : 3], rows[:, 2 : 3 * triples : 3]


def _equal_threes(e: Words, triples: int) -> tuple[Words, Words, Words]:
    """The e of nodes 0, 1, 2 of every triple, where row i belongs to node i + 1: node 0 of the lowest has none."""
    end = 3 * triples - 1
    return e[:, 2:end:3], e[:, 0:end:3], e[:, 1:end:3]


def _rows(dealt: Words, counts: Sequence[int]) -> list[Words]:
    found: list[Words] = []
    start = 0
    for count in counts:
        found.append(dealt[:, start : start + count])
        start += count
    return found
