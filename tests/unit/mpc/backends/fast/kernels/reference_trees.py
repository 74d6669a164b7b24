"""Comparison trees by their definition: a wire is m ⊕ λ, and a share of a product of wires is a polynomial in the public m.

Rows of bits are Python integers here; every formula is written from the protocol's text, term by term.
"""

from itertools import combinations
from typing import Any

import numpy as np

Row = int


def integer(row: np.ndarray) -> Row:
    return sum(int(word) << (64 * i) for i, word in enumerate(row))


def rows(numbers: list[Row], words: int) -> np.ndarray:
    return np.array([[(x >> (64 * i)) % 2**64 for i in range(words)] for x in numbers], dtype=np.uint64)


def bits_of(lines: np.ndarray, n: int) -> list[int]:
    return [integer(line) >> i & 1 for line in lines for i in range(n)]


def sliced(values: list[int], bits: int) -> list[Row]:
    return [sum((v >> bit & 1) << i for i, v in enumerate(values)) for bit in range(bits)]


def share(wires: list[tuple[Row, Row]], products: dict[tuple[int, ...], Row], ones: Row, *, first: bool) -> Row:
    """Of the product of wires (m, own part of λ), where ``products`` holds own shares of products of λ."""
    found = 0
    for size in range(len(wires) + 1):
        for chosen in combinations(range(len(wires)), size):
            term = ones
            for i, (m, _) in enumerate(wires):
                term &= m if i not in chosen else ones
            if not chosen:
                found ^= term if first else 0
            else:
                found ^= term & (wires[chosen[0]][1] if size == 1 else products.get(chosen, 0))
    return found


class ReferenceTrees:
    def tree_leaves(
        self, low: np.ndarray, targets: np.ndarray, bits: int, dealt: np.ndarray, masks: np.ndarray, *,
        equality: bool, first: bool,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        words, compared = masks.shape[2], bits if equality else bits - 1
        leaves, ones = max(1, -(-compared // 3)), 2 ** (64 * masks.shape[2]) - 1
        terms = [integer(row) for row in dealt[: 7 * leaves * words].reshape(-1, words)]
        out, top = [], []
        for answer, target in enumerate(targets.tolist()):
            c = sliced([(x - target) % 2**64 for x in low.tolist()], bits)
            whole = [0] * (3 * leaves - compared) + c[:compared]
            less, equal = [], []
            for leaf in range(leaves):
                order = (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)
                known = {key: terms[k * leaves + leaf] for k, key in enumerate(order)}
                wires = [(whole[3 * leaf + i], known[(i,)]) for i in range(3)]

                def of(*places: int, known: Any = known, wires: Any = wires) -> Row:
                    inner = {
                        key: known[tuple(places[i] for i in key)]
                        for size in (2, 3) for key in combinations(range(len(places)), size)
                    }  # fmt: skip
                    return share([wires[i] for i in places], inner, ones, first=first)

                equal.append(of(0, 1, 2))
                # [c < r] = c2 < r2, or equal there and c1 < r1, or...; [c_i < r_i] = not c_i and not [c_i = r_i]
                top_less = (ones ^ wires[2][0]) & (of(2) ^ (ones if first else 0))
                mid_less = (ones ^ wires[1][0]) & (of(2) ^ of(1, 2))
                less.append(top_less ^ mid_less ^ (ones ^ wires[0][0]) & (of(1, 2) ^ of(0, 1, 2)))
            found = equal if equality else less + equal[1:]
            out.append(rows(found, words) ^ masks[answer, : len(found)])
            top.append(rows([c[bits - 1]], words)[0])
        return np.stack(out), np.stack(top)

    def tree_deal(
        self, low: np.ndarray, bits: int, masks: np.ndarray, pads: np.ndarray, *, equality: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        words, compared = masks.shape[2], bits if equality else bits - 1
        leaves, ones = max(1, -(-compared // 3)), 2 ** (64 * masks.shape[2]) - 1
        r = sliced(low.tolist(), bits)
        rho = [ones ^ x for x in [0] * (3 * leaves - compared) + r[:compared]]
        dealt: list[Row] = []
        for places in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)):
            for leaf in range(leaves):
                product = ones
                for i in places:
                    product &= rho[3 * leaf + i]
                dealt.append(product)
        last = []
        for answer in masks:
            lines, at = [integer(row) for row in answer], leaves if equality else 2 * leaves - 1
            g, e = ([], lines[:at]) if equality else (lines[:leaves], [0, *lines[leaves:at]])
            while len(e) > 1:
                triples, pair = len(e) // 3, len(e) % 3 == 2
                x = e if equality else g
                threes = [
                    (e[3 * i + 2], e[3 * i + 1], x[3 * i], g[3 * i + 1 : 3 * i + 2], e[3 * i]) for i in range(triples)
                ]
                dealt += [e2 & e1 for e2, e1, *_ in threes]
                dealt += [e2 & x0 for e2, _, x0, *_ in threes]
                dealt += [e1 & x0 for _, e1, x0, *_ in threes]
                dealt += [e2 & e1 & x0 if equality else (e2 & g1[0]) ^ (e2 & e1 & x0) for e2, e1, x0, g1, _ in threes]
                if not equality:
                    dealt += [e2 & e0 for e2, *_, e0 in threes[1:]]
                    dealt += [e1 & e0 for _, e1, _, _, e0 in threes[1:]]
                    dealt += [e2 & e1 & e0 for e2, e1, _, _, e0 in threes[1:]]
                if pair:
                    dealt += [e[-1] & x[-2]] + ([e[-1] & e[-2]] if triples and not equality else [])
                count = triples + pair
                passing = ([] if equality else g[-1:], e[-1:]) if len(e) % 3 == 1 else ([], [])
                above = lines[at : at + (count if equality else 2 * count - 1)]
                at += len(above)
                g = [] if equality else above[:count] + passing[0]
                e = (above if equality else [0, *above[count:]]) + passing[1]
            last.append(e[0] if equality else g[0] ^ r[bits - 1])
        # of each level: the terms of all answers together, one answer after the other
        return rows(dealt, words).reshape(-1) ^ pads, rows(last, words)

    def tree_level(
        self, m: np.ndarray, part: np.ndarray, nodes: int, dealt: np.ndarray, above: int, masks: np.ndarray, at: int, *,
        equality: bool, first: bool,
    ) -> np.ndarray:  # fmt: skip
        words, ones, out = m.shape[2], 2 ** (64 * m.shape[2]) - 1, []
        triples, pair = nodes // 3, nodes % 3 == 2
        for answer in range(m.shape[0]):
            wires = [(integer(a), integer(b)) for a, b in zip(m[answer], part[answer], strict=True)]
            g, e = ([], wires) if equality else (wires[:nodes], [(0, 0), *wires[nodes:]])
            terms = [integer(row) for row in dealt[answer, above:]]
            less, equal = [], []
            low = e if equality else g
            for i in range(triples):
                three = [e[3 * i + 2], e[3 * i + 1], low[3 * i]]
                first_pair = terms[i]
                known = {(0, 1): first_pair, (0, 2): terms[triples + i], (1, 2): terms[2 * triples + i],
                         (0, 1, 2): terms[3 * triples + i]}  # fmt: skip
                found = share(three, known, ones, first=first)
                if equality:
                    equal.append(found)
                    continue
                top = share([g[3 * i + 2]], {}, ones, first=first)
                less.append(top ^ share([three[0], g[3 * i + 1]], {}, ones, first=first) ^ found)
                if i:
                    rest = [terms[4 * triples + k * (triples - 1) + i - 1] for k in range(3)]
                    known = {(0, 1): first_pair, (0, 2): rest[0], (1, 2): rest[1], (0, 1, 2): rest[2]}
                    equal.append(share([*three[:2], e[3 * i]], known, ones, first=first))
            if pair:
                rest = terms[4 * triples if equality else 7 * triples - 3 * (triples > 0) :]
                found = share([e[-1], low[-2]], {(0, 1): rest[0]}, ones, first=first)
                if equality:
                    equal.append(found)
                else:
                    less.append(share([g[-1]], {}, ones, first=first) ^ found)
                    if triples:
                        equal.append(share([e[-1], e[-2]], {(0, 1): rest[1]}, ones, first=first))
            made = rows(less + equal, words)
            out.append(made ^ masks[answer, at : at + made.shape[0]])
        return np.stack(out)

    def tree_next(
        self, own: np.ndarray, at: int, theirs: np.ndarray | None, below: np.ndarray, nodes: int, *, equality: bool
    ) -> np.ndarray:
        count, out = nodes // 3 + (nodes % 3 == 2), []
        for answer in range(own.shape[0]):
            made = list(own[answer, at : at + (count if equality else 2 * count - 1)])
            if theirs is not None:
                made = [a ^ b for a, b in zip(made, theirs[answer], strict=True)]
            if nodes % 3 == 1:
                if equality:
                    made.append(below[answer, -1])
                else:
                    made = [*made[:count], below[answer, nodes - 1], *made[count:], below[answer, -1]]
            out.append(np.stack(made))
        return np.stack(out)
