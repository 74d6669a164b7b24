"""Orders of every variant against the written specification, and that all of them are equally likely."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.backends.fast import kernels as package
from mpc.backends.fast.kernels import orders
from mpc.backends.fast.kernels.choice import load, usable
from mpc.backends.fast.kernels.interface import Kernels
from tests.unit.mpc.backends.fast.kernels.reference import Reference

REFERENCE = Reference()
halves = st.one_of(st.sampled_from([0, 1, 2, 2**31, 2**32 - 1]), st.integers(0, 2**32 - 1))


@settings(max_examples=150)
@given(st.lists(st.tuples(halves, halves), max_size=20), st.integers(0, 40))
def test_an_order_is_the_one_that_its_words_make(pairs: list[tuple[int, int]], rows: int) -> None:
    words = np.array([low | high << 32 for low, high in pairs], dtype=np.uint64)
    expected = REFERENCE.draw_order(words, rows)
    for name in usable():
        found = load(name).draw_order(words, rows)
        assert (found is None) == (expected is None), name
        if found is not None:
            assert found.dtype == np.uint32
            assert np.array_equal(found, expected), name


def test_what_would_make_a_place_likelier_is_passed_over(kernels: Kernels) -> None:
    """2^32 mod 3 = 1: of all halves one is passed over for three rows, 0; the next one serves."""
    assert kernels.draw_order(np.array([0], dtype=np.uint64), 3) is None
    one = kernels.draw_order(np.array([0 | 7 << 32, 1 << 31], dtype=np.uint64), 3)
    two = kernels.draw_order(np.array([7 | 1 << 63], dtype=np.uint64), 3)
    assert one is not None
    assert two is not None
    assert np.array_equal(one, two)


def test_all_orders_of_four_rows_are_equally_likely() -> None:
    """4,800 of them, 200 for each: chi-square with 23 degrees of freedom above 93 with p < 1e-9."""
    prf = package.Prf(bytes(range(16)))
    counts = Counter(tuple(prf.order(nonce, 4).tolist()) for nonce in range(4800))
    assert sum((counts[order] - 200) ** 2 / 200 for order in itertools.permutations(range(4))) < 93


@pytest.mark.parametrize("rows", [0, 1, 2, 1000, 70_001])
def test_words_that_run_out_are_drawn_again(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    prf = package.Prf(bytes(16))
    whole = prf.order(3, rows)
    assert np.array_equal(np.sort(whole), np.arange(rows))
    monkeypatch.setattr(package, "words_for", lambda _: 1)
    assert np.array_equal(prf.order(3, rows), whole)


@pytest.mark.parametrize("shape", [(0,), (9,), (9, 1), (9, 4), (9, 2, 3), (9, 0)])
def test_rows_are_gathered(kernels: Kernels, shape: tuple[int, ...]) -> None:
    planes = np.random.default_rng(1).integers(0, 2**52, (2, *shape)).astype(np.uint64)
    for order in (np.arange(shape[0])[::-1], np.zeros(3 if shape[0] else 0), np.arange(shape[0] // 2)):
        numbers = order.astype(np.uint32)
        found = kernels.gather(planes, numbers)
        assert found.flags.c_contiguous
        assert np.array_equal(found, planes[:, numbers])


def test_composing_is_applying_one_after_the_other(kernels: Kernels) -> None:
    rng = np.random.default_rng(2)
    first, second = (rng.permutation(500).astype(np.uint32) for _ in range(2))
    x = rng.integers(0, 2**52, (2, 500)).astype(np.uint64)
    both = kernels.gather(kernels.gather(x, first), second)
    assert np.array_equal(kernels.gather(x, kernels.compose_orders(first, second)), both)


def test_rows_that_are_not_there_are_refused(kernels: Kernels) -> None:
    x, order = np.zeros((2, 3), dtype=np.uint64), np.array([0, 3], dtype=np.uint32)
    with pytest.raises(IndexError):
        kernels.gather(x, order)
    with pytest.raises(IndexError):
        kernels.compose_orders(np.arange(3, dtype=np.uint32), order)
    with pytest.raises(TypeError):
        kernels.gather(x, np.array([0, 1]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="32-bit"):
        kernels.draw_order(np.zeros(1, dtype=np.uint64), orders.MOST_ROWS)
