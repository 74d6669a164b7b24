"""Comparison and equality against Python integers, and what they cost."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.backends.fast import circuits
from mpc.backends.fast.backend import FastBackend
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


@pytest.mark.parametrize(("bits", "most"), [(45, 95), (60, 105)])
def test_a_comparison_costs_at_most_108_bytes(bits: int, most: float) -> None:
    """SPU's ABY3 comparison sends 108 bytes per element at 64 bits."""
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


@pytest.mark.parametrize("tree", [circuits.Carry, circuits.All])
@pytest.mark.parametrize("leaves", range(1, 25))
def test_circuits_on_plain_bits(tree: Any, leaves: int) -> None:
    """The local parts alone, A's and B's put together, against Python's comparison of the whole numbers."""
    rng = np.random.default_rng(leaves)
    width, words = 3 * leaves, 2

    def random(*shape: int) -> Any:
        return rng.integers(0, 1 << 64, shape, dtype=np.uint64)

    c, r = random(1, width, words), random(width, words)
    c[0, :, 0] = r[:, 0]  # the first 64 numbers are equal, but for the last bit of some
    c[0, 0, 0] ^= random(1)[0]
    dealt_leaves = circuits.deal_leaves(~r)
    half = random(*dealt_leaves.shape)
    parts = [
        circuits.evaluate_leaves(c, part, first=first) for part, first in ((half, True), (half ^ dealt_leaves, False))
    ]
    value = tree.leaves(*parts[0]) ^ tree.leaves(*parts[1])
    assert value.shape[1] == tree.leaf_rows(leaves)
    lams = [random(*value.shape) for _ in range(2)]
    m = tree.split(value ^ lams[0] ^ lams[1], leaves)
    groups = [tree.split(lam, leaves) for lam in lams]
    whole = tree.split(lams[0] ^ lams[1], leaves)
    for nodes in circuits.sizes(leaves)[:-1]:
        terms = tree.deal(whole)
        assert terms.shape[1] == tree.terms(nodes)
        half = random(*terms.shape)
        value = tree.evaluate(m, groups[0], half, first=True) ^ tree.evaluate(m, groups[1], half ^ terms, first=False)
        assert value.shape[1] == tree.rows(nodes)
        lams = [random(*value.shape) for _ in range(2)]
        m = tree.next(value ^ lams[0] ^ lams[1], m)
        groups = [tree.next(lam, group) for lam, group in zip(lams, groups, strict=True)]
        whole = tree.next(lams[0] ^ lams[1], whole)
    found = (m[0] ^ whole[0])[0, 0]

    def number(bits: Any, place: int) -> int:
        return sum(((int(row[place // 64]) >> (place % 64)) & 1) << i for i, row in enumerate(bits))

    for place in range(64 * words):
        left, right = number(c[0], place), number(r, place)
        expected = left < right if tree is circuits.Carry else left == right
        assert (int(found[place // 64]) >> (place % 64)) & 1 == expected
