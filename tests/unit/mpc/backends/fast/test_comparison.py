"""Comparison and equality against Python integers, and what they cost."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.backends.fast import comparison, kernels
from mpc.backends.fast.backend import FastBackend
from mpc.backends.fast.circuits import Tree
from mpc.backends.fast.kernels import MODULUS
from protocol.errors import TallyError
from tests.unit.mpc.backends.fast.fast_runs import dealt, run, small_chunks


async def compared(backend: FastBackend, x: Any, thresholds: Any, bits: int) -> None:
    a, t = dealt(backend, x), np.asarray(thresholds, dtype=np.int64)
    found = await backend.open(backend.at_least(a, x.shape, t, bits), (t.size, *x.shape))
    assert (found == (x[None] >= t.reshape(-1, *(1,) * x.ndim))).all(), (bits, x, t, found)


async def equal(backend: FastBackend, x: Any, bits: int) -> None:
    found = await backend.open(backend.is_zero(dealt(backend, x), x.shape, bits), x.shape)
    assert (found == (x == 0)).all(), (bits, x, found)


@pytest.mark.parametrize("bits", [*range(1, 20), 27, 28, 29, 30, 45, 55, 60, 61])
def test_every_width_at_its_edges(bits: int) -> None:
    """All tree shapes: 1 to 21 leaves. |x - t| < 2^(bits - 1)."""
    largest = (1 << (bits - 1)) - 1
    x = np.array(sorted({0, 1, -1, largest, -largest, largest // 2, -(largest // 3)} & set(range(-largest, largest + 1)))
                 if bits < 5 else [0, 1, -1, largest, -largest, largest // 2, -(largest // 3)])  # fmt: skip

    async def body(backend: FastBackend) -> None:
        await compared(backend, x, [0], bits)
        await equal(backend, x, bits)
        if bits > 3:
            near = x // 4
            await compared(backend, near, [largest // 4, -(largest // 4), 1, 0, -1], bits)

    run(body)


def test_all_small_numbers_against_all_small_thresholds() -> None:
    values = np.arange(-15, 16)

    async def body(backend: FastBackend) -> None:
        await compared(backend, values, values, 6)

    run(body)


@settings(max_examples=15)
@given(
    st.integers(4, 60).flatmap(
        lambda bits: st.tuples(
            st.just(bits),
            st.lists(st.integers(-(2 ** (bits - 3)), 2 ** (bits - 3)), min_size=1, max_size=70),
            st.lists(st.integers(-(2 ** (bits - 3)), 2 ** (bits - 3)), min_size=1, max_size=5),
        )
    )
)
def test_comparisons_equal_python(case: tuple[int, list[int], list[int]]) -> None:
    bits, values, thresholds = case

    async def body(backend: FastBackend) -> None:
        x = np.array(values)
        await compared(backend, x, thresholds, bits)
        await equal(backend, x - thresholds[0], bits)
        await equal(backend, x - values[0], bits)

    run(body)


@pytest.mark.parametrize("shape", [(0,), (1,), (63,), (64,), (65,), (200,), (3, 50), (2, 3, 25)])
@pytest.mark.parametrize("thresholds", [0, 1, 3])
def test_shapes_and_many_messages(shape: tuple[int, ...], thresholds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    small_chunks(monkeypatch)
    rng = np.random.default_rng(3)
    x, asked = rng.integers(-500, 500, shape), rng.integers(-500, 500, thresholds)

    async def body(backend: FastBackend) -> None:
        await compared(backend, x, asked, 12)
        await equal(backend, x // 300, 12)
        await backend.idle()

    run(body)


@pytest.mark.parametrize(("bits", "most"), [(25, 65), (31, 68), (45, 83), (60, 98)])
def test_a_comparison_costs_at_most_98_bytes(bits: int, most: float) -> None:
    """SPU's ABY3 comparison sends 108 bytes per element at 64 bits, MP-SPDZ's 68 at 31."""
    count = 6400

    async def body(backend: FastBackend) -> int:
        a = dealt(backend, np.arange(count))
        await backend.settle(a)
        before = backend.traffic.bytes_sent
        await backend.settle(backend.at_least(a, (count,), np.zeros(1, dtype=np.int64), bits))
        await backend.idle()
        return backend.traffic.bytes_sent - before

    assert sum(run(body)) / count <= most


def test_bits_are_numbers_for_every_later_operation() -> None:
    x, y = np.array([-5, 5, 0, 9]), np.array([7, 8, 9, 10])

    async def body(backend: FastBackend) -> None:
        bit = backend.at_least(dealt(backend, x), x.shape, np.array([0]), 10)
        chosen = backend.multiply(backend.take(bit, 0), dealt(backend, y, 1), x.shape, 1, 0, 10)
        assert (await backend.open(chosen, x.shape) == np.where(x >= 0, y, 0)).all()

    run(body)


@pytest.mark.parametrize("equality", [False, True])
@pytest.mark.parametrize("bits", range(1, 63))
def test_trees_on_plain_bits(bits: int, equality: bool) -> None:
    """The local parts alone, A's and B's put together, against Python's comparison of the whole numbers."""
    rng, n = np.random.default_rng(bits), 131
    tree, words = Tree(bits, equality), 3
    zero = np.zeros(1, dtype=np.uint64)

    def random(*shape: int) -> Any:
        return rng.integers(0, 1 << 64, shape, dtype=np.uint64)

    c, r = random(n), random(n)
    c[:64] = r[:64]  # equal, but for the last bit of some
    c[:64] ^= random(64) & np.uint64(1)
    parts = [random(1, tree.rows, words) for _ in range(2)]
    pads = random((tree.leaf_terms + tree.terms) * words)
    for_b, last = kernels.tree_deal(r, bits, parts[0] ^ parts[1], pads, equality=equality)
    sides = (pads, parts[0], True), (for_b, parts[1], False)
    found = [kernels.tree_leaves(c, zero, bits, dealt, p, equality=equality, first=first) for dealt, p, first in sides]
    top = found[0][1]
    m, at, above = found[0][0] ^ found[1][0], tree.leaf_rows, 0
    below = [np.ascontiguousarray(p[:, :at]) for p in parts]
    for nodes in tree.below:
        made = [
            kernels.tree_level(
                m, under, nodes, dealt[tree.leaf_terms * words :].reshape(1, tree.terms, words), above, p, at,
                equality=equality, first=first,
            )
            for under, (dealt, p, first) in zip(below, sides, strict=True)
        ]  # fmt: skip
        m = kernels.tree_next(made[0], 0, made[1], m, nodes, equality=equality)
        below = [
            kernels.tree_next(p, at, None, under, nodes, equality=equality)
            for under, p in zip(below, parts, strict=True)
        ]
        at, above = at + tree.rows_above(nodes), above + tree.terms_above(nodes)
    assert (at, above) == (tree.rows, tree.terms)
    value = m[0, 0] ^ last[0] ^ (0 if equality else top[0])
    for i, (x, y) in enumerate(zip(c.tolist(), r.tolist(), strict=True)):
        difference = (x - y) % 2**bits
        expected = difference == 0 if equality else difference >> (bits - 1)
        assert (int(value[i // 64]) >> (i % 64)) & 1 == expected, (bits, i)


def test_doubtful_sums_are_told_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the highest bits leave open, once in 2^31 elements, is asked for again; nothing of the first answer is used."""
    real, asked = kernels.split_join, list[int]()

    def doubting(masked: Any, data: Any, low: int) -> Any:
        words, doubtful = real(masked, data, low)
        doubtful = np.arange(3, words.size, 7)
        words[doubtful] ^= np.uint64(0x5555555555555555)
        asked.append(doubtful.size)
        return words, doubtful

    monkeypatch.setattr(comparison.kernels, "split_join", doubting)
    x = np.arange(-100, 100)

    async def body(backend: FastBackend) -> None:
        await compared(backend, x, [-3, 50], 12)
        await equal(backend, x, 12)

    run(body)
    assert asked


def test_what_the_highest_bits_leave_open_is_noticed() -> None:
    """Sums of the parts around p and 2^104, where the low parts decide, and around zero."""
    rng = np.random.default_rng(2)
    sums = [MODULUS + d for d in (-(1 << 73), -(1 << 72) - 1, -(1 << 71), -40, -1, 0, 1, 16, 17, 18, 1 << 71, 1 << 73)]
    sums += [*range(40), MODULUS // 2, MODULUS // 2 + 1, 2 * MODULUS - 2]
    for total in sums:
        parts = [int(rng.integers(1 << 60)) << 43 for _ in range(20)] + [0, 1, total // 2, total - 1, total]
        pairs = [(a, total - a) for a in parts if 0 <= a < MODULUS and 0 <= total - a < MODULUS]
        mine, theirs = (
            np.array([[v & (1 << 52) - 1 for v in side], [v >> 52 for v in side]], dtype=np.uint64)
            for side in zip(*pairs, strict=True)
        )
        for low in (1, 4, 8):
            words, doubtful = kernels.split_join(mine, kernels.split_pack(theirs, low), low)
            _, seen = kernels.split_join(theirs, kernels.split_pack(mine, low), low)
            assert (doubtful == seen).all(), "both parties doubt the same"
            right = words == (total % MODULUS) % (1 << 8 * low)
            assert right[np.setdiff1d(np.arange(len(pairs)), doubtful)].all(), (total - MODULUS, low)
            if MODULUS - 100 < total < 1 << 104:
                assert doubtful.size == len(pairs)


def test_a_wrong_length_names_the_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too short for the opening is refused before a word of it is read."""
    real = kernels.split_pack
    monkeypatch.setattr(comparison.kernels, "split_pack", lambda masked, low: real(masked, low)[:-1])

    async def body(backend: FastBackend) -> str:
        try:
            await backend.settle(backend.at_least(dealt(backend, np.arange(9)), (9,), np.array([1]), 9))
        except TallyError as error:
            await backend.cancel()
            return f"{error.code} {error.what}"
        return ""

    assert any("bytes where 54 are due" in found for found in run(body))
