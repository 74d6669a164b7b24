"""Trees and bits of every variant: at every width, at lengths around words and pieces, against Python integers."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.backends.fast.circuits import Tree
from mpc.backends.fast.kernels.choice import load, usable
from mpc.backends.fast.kernels.interface import Kernels
from protocol.errors import FormatError
from tests.unit.mpc.backends.fast.kernels.reference import Reference, decode

REFERENCE: Any = Reference()
LENGTHS = (1, 5, 63, 64, 65, 511, 512, 513, 577, 1030)


class Drawn:
    """Everything that one tree needs, at random."""

    def __init__(self, bits: int, equality: bool, answers: int, n: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.tree, self.n, self.words = Tree(bits, equality), n, -(-n // 64)
        self.low, self.targets = self.of(n), self.of(answers)
        self.masks = self.of(answers, self.tree.rows, self.words)
        self.pads = self.of((self.tree.leaf_terms + answers * self.tree.terms) * self.words)
        self.terms = self.pads[self.tree.leaf_terms * self.words :].reshape(answers, self.tree.terms, self.words).copy()
        self.bits = self.of(answers * n)

    def of(self, *shape: int) -> Any:
        return self.rng.integers(0, 1 << 64, shape, dtype=np.uint64)

    def answers(self, k: Any, *, first: bool) -> list[Any]:
        """All that a variant computes for it, with the same peer at every level."""
        tree, equality = self.tree, self.tree.equality
        found = [
            *k.tree_leaves(self.low, self.targets, tree.bits, self.pads, self.masks, equality=equality, first=first)
        ]
        found += k.tree_deal(self.low, tree.bits, self.masks, self.pads, equality=equality)
        m, part, at, above = found[0], self.masks[:, : tree.leaf_rows].copy(), tree.leaf_rows, 0
        for nodes in tree.below:
            own = k.tree_level(m, part, nodes, self.terms, above, self.masks, at, equality=equality, first=first)
            m = k.tree_next(own, 0, own[:, ::-1].copy(), m, nodes, equality=equality)
            part = k.tree_next(self.masks, at, None, part, nodes, equality=equality)
            found += [own, m, part]
            at, above = at + own.shape[1], above + tree.terms_above(nodes)
        halves = k.halves_dealt(found[3], self.bits, self.n)
        found += [halves, decode(k.halves_of_a(found[3], self.bits, self.n))]
        return [*found, decode(k.halves_of_b(found[3], halves, self.n))]


def same(one: list[Any], other: list[Any]) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(one, other, strict=True))


@settings(max_examples=60)
@given(
    st.integers(1, 64), st.booleans(), st.integers(1, 3), st.integers(1, 140), st.booleans(), st.integers(0, 1 << 32)
)
def test_every_variant_computes_what_the_definition_says(
    bits: int, equality: bool, answers: int, n: int, first: bool, seed: int
) -> None:
    drawn = Drawn(bits, equality, 1 if equality else answers, n, seed)
    expected = drawn.answers(REFERENCE, first=first)
    for variant in usable():
        assert same(drawn.answers(load(variant), first=first), expected), variant


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("equality", [False, True])
def test_variants_agree_at_every_width_and_length(length: int, equality: bool) -> None:
    for bits in range(1, 65):
        drawn = Drawn(bits, equality, 1 if equality else 2, length, bits)
        expected = drawn.answers(load("numpy"), first=bool(bits % 2))
        for variant in usable():
            assert same(drawn.answers(load(variant), first=bool(bits % 2)), expected), (variant, bits)


@pytest.mark.parametrize("length", LENGTHS)
def test_what_goes_into_and_comes_out_of_trees(kernels: Kernels, length: int) -> None:
    rng = np.random.default_rng(length)
    a, gamma = (rng.integers(0, 1 << 52, (2, length), dtype=np.uint64) for _ in range(2))
    halves, cuts = (rng.integers(0, 1 << 52, (2, 2, length), dtype=np.uint64) for _ in range(2))
    row = rng.integers(0, 1 << 64, -(-length // 64), dtype=np.uint64)
    for k, other in ((kernels, REFERENCE),):
        streams = [[x.keystream(bytes([i] * 16)) for i in range(2)] for x in (k, other)]
        for shift in (0, 19, 51, 52, 53, 103):
            assert k.cuts_dealt(a, shift, row, streams[0][0], 3) == other.cuts_dealt(a, shift, row, streams[1][0], 3)
            for negative in (False, True):
                words = k.shifted_words(a, shift, negative=negative)
                assert (words == other.shifted_words(a, shift, negative=negative)).all()
        chosen = k.canonical(k.chosen(gamma, halves, cuts, row, -7))
        assert (chosen == other.chosen(gamma, halves, cuts, row, -7)).all()
        sent, own = k.join(a, streams[0][0], 4, -3, 7**40, 5)
        told, kept = other.join(a, streams[1][0], 4, -3, 7**40, 5)
        assert sent == told
        assert (k.canonical(own) == kept).all()
        both = k.canonical(k.both(streams[0][0], 2, streams[0][1], -(5**50), 6, (length,)))
        assert (both == other.both(streams[1][0], 2, streams[1][1], -(5**50), 6, (length,))).all()
        for low in range(1, 9):
            data = k.split_pack(a, low)
            assert data == other.split_pack(a, low)
            assert same([*k.split_join(gamma, data, low)], [*other.split_join(gamma, data, low)])


def test_what_does_not_fit_is_refused(kernels: Kernels) -> None:
    """Lengths from a peer with a code, shapes from a caller as a bug: nothing is read beyond an array's end."""
    a, drawn = np.zeros((2, 70), dtype=np.uint64), Drawn(25, False, 2, 70, 0)
    for data in (b"", bytes(8 * 70 - 1), bytes(8 * 70 + 1)):
        with pytest.raises(FormatError, match=r"arrays\.wrong_length"):
            kernels.split_join(a, data, 4)
    for data in (b"", bytes(7 * 140 - 1)):
        with pytest.raises(FormatError, match=r"arrays\.wrong_length"):
            kernels.halves_of_b(drawn.masks[:, 0].copy(), data, 70)
    with pytest.raises((ValueError, TypeError)):
        kernels.tree_leaves(
            drawn.low, drawn.targets, 25, drawn.pads, drawn.masks[:, :, :1].copy(), equality=False, first=True
        )
    with pytest.raises((ValueError, TypeError)):
        kernels.tree_deal(drawn.low, 25, drawn.masks, drawn.pads[:-1], equality=False)
    if kernels.name == "numpy":
        return
    with pytest.raises((ValueError, TypeError)):
        kernels.tree_level(
            drawn.masks, drawn.masks, 8, drawn.terms, 0, drawn.masks, drawn.tree.rows, equality=False, first=True
        )
    with pytest.raises((ValueError, TypeError)):
        kernels.tree_next(drawn.masks, drawn.tree.rows, None, drawn.masks, 8, equality=False)
    with pytest.raises(TypeError):
        kernels.halves_dealt(drawn.masks[:, 0, ::-1], drawn.bits, 70)
    with pytest.raises(ValueError, match="fit"):
        kernels.chosen(
            a, np.zeros((2, 2, 70), dtype=np.uint64), np.zeros((2, 2, 70), dtype=np.uint64), a[0, :1].copy(), 1
        )
