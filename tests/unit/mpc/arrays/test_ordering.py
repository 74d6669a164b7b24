"""The schedule of comparisons: right for every order, few levels, and answers that contradict each other are noticed."""

import asyncio
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.arrays import ordering
from protocol.errors import VerificationError


def ordered(keys: Any) -> tuple[np.ndarray, list[int]]:
    """The order found, and the pairs of each level; no row is compared with itself, and no pair twice."""
    keys, levels, seen = np.asarray(keys), list[int](), set[tuple[int, int]]()

    async def reached(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        pairs = {(min(pair), max(pair)) for pair in zip(left.tolist(), right.tolist(), strict=True)}
        assert len(pairs) == len(left) > 0
        assert all(one != two for one, two in pairs)
        assert not pairs & seen
        seen.update(pairs)
        levels.append(len(left))
        return keys[left] >= keys[right]

    return asyncio.run(ordering.order(len(keys), reached)), levels


@pytest.mark.parametrize("rows", range(6))
def test_every_order_of_few_rows(rows: int) -> None:
    for keys in itertools.permutations(range(rows)):
        assert np.array_equal(ordered(keys)[0], np.argsort(keys))


@settings(max_examples=100)
@given(st.integers(0, 3000), st.integers(0, 2**32))
def test_any_number_of_rows(rows: int, seed: int) -> None:
    keys = np.random.default_rng(seed).permutation(rows)
    assert np.array_equal(ordered(keys)[0], np.argsort(keys))


@pytest.mark.parametrize("keys", [np.arange(2000), np.arange(2000)[::-1], np.arange(2000) ^ 1023])
def test_orders_that_no_shuffle_makes_take_longer_and_come_out_right(keys: np.ndarray) -> None:
    assert np.array_equal(ordered(keys)[0], np.argsort(keys))


def test_comparisons_and_levels_stay_near_the_logarithm() -> None:
    rows = 20_000
    _, levels = ordered(np.random.default_rng(5).permutation(rows))
    assert sum(levels) < 1.12 * rows * np.log2(rows)
    assert len(levels) < 2.3 * np.log2(rows)


def test_contradictions_are_noticed() -> None:
    """Of the eight sets of answers about three rows two are no order."""
    refused = 0
    for answers in itertools.product((False, True), repeat=3):

        async def reached(left: np.ndarray, _: np.ndarray, answers: tuple[bool, ...] = answers) -> np.ndarray:
            assert len(left) == 3
            return np.array(answers)

        try:
            asyncio.run(ordering.order(3, reached))
        except VerificationError as error:
            assert error.code == "functions.no_order"
            refused += 1
    assert refused == 2
