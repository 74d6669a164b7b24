"""Comparison on bit slices with numpy alone: what the kernels of csrc/trees.h compute. :mod:`mpc.backends.fast.circuits` has the protocol.

Rows are words, 64 elements each. The wires of a level of n nodes are, for each answer, n rows [less] followed by n - 1 rows
[equal] of nodes 1 to n - 1; where only equality is asked, n rows [equal]. ``first``: whether it is A who computes.
"""

from typing import Final

import numpy as np

from mpc.backends.fast.kernels import numpy_field as field
from mpc.backends.fast.kernels.interface import Keystream
from mpc.backends.fast.kernels.planes import (
    ELEMENT_BYTES,
    LIMB_BITS,
    Integers,
    Planes,
    Words,
    alike,
    check_shift,
    check_trees,
    check_wire,
    planes,
    size,
)
from mpc.backends.fast.kernels.trees import HALF_BYTES, LEAF_BITS, LEAF_TERMS, TOP_BYTES, joined, rows_of, terms_above

_TOP_SHIFT: Final = 20
_HALF: Final = (1 << 8 * HALF_BYTES) - 1


class NumpyTrees:
    """See :mod:`mpc.backends.fast.kernels`."""

    def tree_leaves(  # noqa: D102
        self, low: Words, targets: Words, bits: int, dealt: Words, masks: Words, *, equality: bool, first: bool
    ) -> tuple[Words, Words]:
        leaves, words = check_trees(bits, equality, masks, low.size), masks.shape[2]
        moved = np.stack([_sliced(low - target, bits, words) for target in targets])
        c = _whole(moved, bits, leaves, equality=equality)
        c0, c1, c2 = c[:, 0::3], c[:, 1::3], c[:, 2::3]
        r0, r1, r2, r10, r20, r21, r210 = dealt[: LEAF_TERMS * leaves * words].reshape(LEAF_TERMS, leaves, words)
        e2 = r2 ^ c2 if first else r2
        cross, both = (c2 & r1) ^ r21, c2 & c1
        pair = cross ^ (c1 & r2)
        pair = pair ^ both if first else pair
        with_r0 = (both & r0) ^ (c2 & r10) ^ (c1 & r20) ^ r210
        equal = (c0 & pair) ^ with_r0
        less = (~c0 & (pair ^ with_r0)) ^ (~c1 & (e2 ^ cross)) ^ (~c2 & (~r2 if first else r2))
        rows = equal if equality else np.concatenate([less, equal[:, 1:]], axis=1)
        return rows ^ masks[:, : rows.shape[1]], np.ascontiguousarray(moved[:, bits - 1])

    def tree_deal(  # noqa: D102
        self, low: Words, bits: int, masks: Words, pads: Words, *, equality: bool
    ) -> tuple[Words, Words]:
        leaves, words = check_trees(bits, equality, masks, low.size), masks.shape[2]
        r = _sliced(low, bits, words)[None]
        r0, r1, r2 = (~_whole(r, bits, leaves, equality=equality)[0, k::3] for k in range(3))
        pair = r2 & r1
        leaf = np.stack([r0, r1, r2, r1 & r0, r2 & r0, pair, pair & r0]).reshape(-1)
        at, nodes, terms = rows_of(leaves, equality=equality), leaves, [masks[:, :0]]
        group = masks[:, :at]
        while nodes > 1:
            terms.append(_dealt(group, nodes, equality=equality))
            rows = rows_of(joined(nodes), equality=equality)
            group = self.tree_next(masks[:, at : at + rows], 0, None, group, nodes, equality=equality)
            at, nodes = at + rows, -(-nodes // 3)
        dealt = np.concatenate([leaf, np.concatenate(terms, axis=1).reshape(-1)]) ^ pads
        return dealt, group[:, 0] if equality else group[:, 0] ^ r[:, bits - 1]

    def tree_level(  # noqa: D102
        self,
        m: Words,
        part: Words,
        nodes: int,
        dealt: Words,
        above: int,
        masks: Words,
        at: int,
        *,
        equality: bool,
        first: bool,
    ) -> Words:
        triples, pair = nodes // 3, nodes % 3 == 2
        dealt = dealt[:, above : above + terms_above(nodes, equality=equality)]
        (mg, me), (pg, pe) = _split(m, nodes, equality=equality), _split(part, nodes, equality=equality)
        less, equal = [m[:, :0]], [m[:, :0]]
        if triples:
            n0, n1, n2 = _threes(me, triples, lacking=not equality)
            q0, q1, q2 = _threes(pe, triples, lacking=not equality)
            own = q2 ^ n2 if first else q2
            d21, d20, d10, d = (dealt[:, k * triples : (k + 1) * triples] for k in range(4))
            two, both = _pair(n2, n1, own, q1, d21), n2 & n1
            if equality:
                equal.append(_third(two, both, n1, n2, n0, q0, d20, d10, d))
            else:
                m0, m1, m2 = _threes(mg, triples)
                p0, p1, p2 = _threes(pg, triples)
                top = p2 ^ m2 if first else p2
                less.append(top ^ (n2 & p1) ^ (m1 & own) ^ _third(two, both, n1, n2, m0, p0, d20, d10, d))
                e20, e10, e210 = np.split(dealt[:, 4 * triples : 7 * triples - 3], 3, axis=1)
                equal.append(_third(two[:, 1:], both[:, 1:], n1[:, 1:], n2[:, 1:], n0, q0, e20, e10, e210))
        if pair:
            rest = dealt[:, -(1 if equality or not triples else 2) :]
            high, own = me[:, -1:], pe[:, -1:] ^ me[:, -1:] if first else pe[:, -1:]
            if equality:
                equal.append(_pair(high, me[:, -2:-1], own, pe[:, -2:-1], rest))
            else:
                top = pg[:, -1:] ^ mg[:, -1:] if first else pg[:, -1:]
                less.append(top ^ _pair(high, mg[:, -2:-1], own, pg[:, -2:-1], rest[:, :1]))
                if triples:
                    equal.append(_pair(high, me[:, -2:-1], own, pe[:, -2:-1], rest[:, 1:]))
        rows = np.concatenate(less + equal, axis=1)
        return rows ^ masks[:, at : at + rows.shape[1]]

    def tree_next(  # noqa: D102
        self, own: Words, at: int, theirs: Words | None, below: Words, nodes: int, *, equality: bool
    ) -> Words:
        count = joined(nodes)
        rows = own[:, at : at + rows_of(count, equality=equality)]
        if theirs is not None:
            rows = rows ^ theirs
        if nodes % 3 != 1:
            return np.ascontiguousarray(rows)
        if equality:
            return np.concatenate([rows, below[:, -1:]], axis=1)
        g, e = _split(below, nodes, equality=False)
        return np.concatenate([rows[:, :count], g[:, -1:], rows[:, count:], e[:, -1:]], axis=1)

    def split_pack(self, a: Planes, low: int) -> bytes:  # noqa: D102
        flat = planes(a).reshape(2, -1)
        l0, l1 = field.canonical(field.pair(flat, slice(None)))
        out = np.empty((flat.shape[1], low + TOP_BYTES), dtype=np.uint8)
        out[:, :low] = (l0 | (l1 << LIMB_BITS)).astype("<u8").view(np.uint8).reshape(-1, 8)[:, :low]
        out[:, low:] = (l1 >> _TOP_SHIFT).astype("<u4").view(np.uint8).reshape(-1, TOP_BYTES)
        return out.tobytes()

    def split_join(self, a: Planes, data: bytes | memoryview, low: int) -> tuple[Words, Integers]:  # noqa: D102
        flat = planes(a).reshape(2, -1)
        l0, l1 = field.canonical(field.pair(flat, slice(None)))
        raw = split_raw(data, low, flat.shape[1])
        padded = np.zeros((raw.shape[0], 8), dtype=np.uint8)
        padded[:, :low] = raw[:, :low]
        carried = ((l1 >> _TOP_SHIFT) + _tops(raw, low)) >> 32
        kept = (1 << 8 * low) - 1
        found: field.Limbs = (l0 | (l1 << LIMB_BITS)) + padded.view("<u8")[:, 0] + np.uint64(17) * carried
        return found & np.uint64(kept), doubtful(flat, data, low)

    def halves_dealt(self, last: Words, pads: Words, n: int) -> bytes:  # noqa: D102
        halves = (unsliced(last, n) - (pads >> np.uint64(8))) & np.uint64(_HALF)
        return halves.astype("<u8", copy=False).view(np.uint8).reshape(-1, 8)[:, :HALF_BYTES].tobytes()

    def halves_of_a(self, m: Words, pads: Words, n: int) -> Planes:  # noqa: D102
        values = (pads >> np.uint64(8)).view(np.int64)
        return _turned(m, values, 1, n)

    def halves_of_b(self, m: Words, data: bytes | memoryview, n: int) -> Planes:  # noqa: D102
        check_wire(len(data), (m.shape[0] * n,), HALF_BYTES)
        padded = np.zeros((m.shape[0] * n, 8), dtype=np.uint8)
        padded[:, :HALF_BYTES] = np.frombuffer(data, dtype=np.uint8).reshape(-1, HALF_BYTES)
        values = padded.view("<i8")[:, 0].astype(np.int64, copy=False) - np.int64(_HALF + 1)
        return _turned(m, values, 0, n)

    def cuts_dealt(self, masked: Planes, shift: int, row: Words, stream: Keystream, nonce: int) -> bytes:  # noqa: D102
        check_shift(shift)
        pair = field.pair(planes(masked).reshape(2, -1), slice(None))
        r = np.stack(field.shift_right(field.canonical(field.neg(pair)), shift))
        kept = r * unsliced(row.reshape(1, -1), r.shape[1])
        pads = stream.elements(nonce, (2, r.shape[1]))
        whole = np.stack([kept, r - kept], axis=1)
        return self.pack(np.stack(field.sub((whole[0], whole[1]), (pads[0], pads[1]))))

    def chosen(self, gamma: Planes, halves: Planes, cuts: Planes, row: Words, twice: int) -> Planes:  # noqa: D102
        gamma, (halves, cuts), n = planes(gamma), alike(halves, cuts), size(gamma)
        set_here = unsliced(row.reshape(1, -1), n).astype(np.bool_)
        cut = np.where(set_here, cuts[:, 1], cuts[:, 0])
        product = field.mul((gamma[0], gamma[1]), (halves[0, 0], halves[1, 0]))
        found = field.add(product, field.mul_scalar((halves[0, 1], halves[1, 1]), twice))
        return np.stack(field.sub(found, (cut[0], cut[1])))

    def pack(self, a: Planes) -> bytes:  # noqa: D102
        flat = planes(a).reshape(2, -1)
        out = np.empty((flat.shape[1], ELEMENT_BYTES), dtype=np.uint8)
        for part in field.blocks(flat.shape[1]):
            l0, l1 = field.canonical(field.pair(flat, part))
            words = np.empty((l0.size, 2), dtype="<u8")
            words[:, 0] = l0 | (l1 << LIMB_BITS)
            words[:, 1] = l1 >> (64 - LIMB_BITS)
            out[part] = words.view(np.uint8)[:, :ELEMENT_BYTES]
        return out.tobytes()

    def shifted_words(self, a: Planes, shift: int, *, negative: bool) -> Words:  # noqa: D102
        pair = field.pair(planes(a).reshape(2, -1), slice(None))
        l0, l1 = field.canonical(field.neg(pair) if negative else pair)
        if shift < LIMB_BITS:
            found: field.Limbs = (l0 >> shift) | (l1 << (LIMB_BITS - shift))
        else:
            found = l1 >> (shift - LIMB_BITS)
        return found


def split_raw(data: bytes | memoryview, low: int, n: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """The bytes that :func:`split_pack` made, ``(n, low + 4)``; ``FormatError`` for another length."""
    check_wire(len(data), (n,), low + TOP_BYTES)
    return np.frombuffer(data, dtype=np.uint8).reshape(n, low + TOP_BYTES)


def doubtful(a: Planes, data: bytes | memoryview, low: int) -> Integers:
    """Where the highest bits alone do not say whether the sum passes p: all ones, or one less."""
    flat = a.reshape(2, -1)
    high = field.canonical(field.pair(flat, slice(None)))[1] >> _TOP_SHIFT
    total = high + _tops(split_raw(data, low, size(a)), low)
    return np.asarray(np.flatnonzero((total == 0xFFFFFFFE) | (total == 0xFFFFFFFF)), dtype=np.int64)


def unsliced(rows: Words, n: int) -> Words:
    """The bits of rows ``(answers, words)``, flat over answers and elements."""
    raw = np.ascontiguousarray(rows).astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(raw, axis=-1, count=n, bitorder="little").reshape(-1).astype(np.uint64)


def _tops(raw: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]", low: int) -> Words:
    return np.ascontiguousarray(raw[:, low:]).view("<u4")[:, 0].astype(np.uint64)


def _turned(m: Words, values: Integers, one: int, n: int) -> Planes:
    bits = unsliced(m, n).astype(np.bool_)
    l0, l1 = field.from_int64(np.where(bits, one - values, values))
    return np.stack([l0, l1]).reshape(2, m.shape[0], n)


def _sliced(low: Words, bits: int, words: int) -> Words:
    """The lowest bits as rows ``(bits, words)``."""
    raw = np.zeros((64 * words, 8), dtype=np.uint8)
    raw[: low.size] = low.astype("<u8", copy=False).view(np.uint8).reshape(-1, 8)
    matrix = np.unpackbits(raw, axis=1, bitorder="little")[:, :bits]
    packed = np.packbits(matrix.T, axis=1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u8").astype(np.uint64, copy=False)


def _whole(bits: Words, width: int, leaves: int, *, equality: bool) -> Words:
    """The compared bits with equal zeros below them: ``(answers, 3·leaves, words)``."""
    compared = width if equality else width - 1
    zeros = np.zeros((bits.shape[0], leaves * LEAF_BITS - compared, bits.shape[2]), dtype=np.uint64)
    return np.concatenate([zeros, bits[:, :compared]], axis=1)


def _split(rows: Words, nodes: int, *, equality: bool) -> tuple[Words, Words]:
    """[less] and [equal] of a level."""
    return (rows[:, :0], rows) if equality else (rows[:, :nodes], rows[:, nodes:])


def _dealt(lam: Words, nodes: int, *, equality: bool) -> Words:
    """The products of masks for the level above ``nodes``."""
    triples = nodes // 3
    g, e = _split(lam, nodes, equality=equality)
    found = [lam[:, :0]]
    if triples:
        e0, e1, e2 = _threes(e, triples, lacking=not equality)
        x0 = e0 if equality else g[:, 0 : 3 * triples : 3]
        pair = e2 & e1
        found += [pair, e2 & x0, e1 & x0]
        if equality:
            found.append(pair & x0)
        else:
            found.append((e2 & g[:, 1 : 3 * triples : 3]) ^ (pair & x0))
            found += [e2[:, 1:] & e0, e1[:, 1:] & e0, pair[:, 1:] & e0]
    if nodes % 3 == 2:
        found.append(e[:, -1:] & (e if equality else g)[:, -2:-1])
        if triples and not equality:
            found.append(e[:, -1:] & e[:, -2:-1])
    return np.concatenate(found, axis=1)


def _pair(mx: Words, my: Words, own_x: Words, part_y: Words, dealt: Words) -> Words:
    """A share of x·y = m_x·λ_y ⊕ m_y·(m_x ⊕ λ_x) ⊕ λ_x·λ_y; ``own_x`` is the share of x, at A with m_x in it."""
    return (mx & part_y) ^ (my & own_x) ^ dealt


def _third(
    pair: Words, both: Words, m1: Words, m2: Words, mx: Words, px: Words, d20: Words, d10: Words, d: Words
) -> Words:
    """A share of (w2·w1)·x, given the share ``pair`` of w2·w1 and ``both`` = m2·m1."""
    return (mx & pair) ^ (both & px) ^ (m1 & d20) ^ (m2 & d10) ^ d


def _threes(rows: Words, triples: int, *, lacking: bool = False) -> tuple[Words, Words, Words]:
    """The rows of nodes 0, 1, 2 of every triple; ``lacking``: the lowest node has no row, and so node 0 one row less."""
    if lacking:
        end = 3 * triples - 1
        return rows[:, 2:end:3], rows[:, 0:end:3], rows[:, 1:end:3]
    return rows[:, 0 : 3 * triples : 3], rows[:, 1 : 3 * triples : 3], rows[:, 2 : 3 * triples : 3]
