"""Which groups show: against the rule written out, for tables of every kind; and that no total betrays a hidden one."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mpc.programs.minimum_group import kept
from tests.unit.mpc.programs.test_precision import evaluate


def shown(counts: list[int], least: int) -> list[bool]:
    """The rule in plain Python."""
    large = [count >= max(1, least) for count in counts]
    hidden = sum(count for count, flag in zip(counts, large, strict=True) if not flag)
    if least > 1 and 0 < hidden < least and any(large):
        smallest = min(count for count, flag in zip(counts, large, strict=True) if flag)
        large = [flag and count != smallest for count, flag in zip(counts, large, strict=True)]
    return large


@settings(max_examples=40)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=9), st.integers(0, 8))
def test_small_groups_are_hidden_and_never_alone(counts: list[int], least: int) -> None:
    total = sum(counts)
    assume(total >= max(1, least))  # programs refuse the others
    bits = evaluate(lambda x: kept(x, least, total), (np.array(counts, float), 0, total))
    assert bits.astype(bool).tolist() == shown(counts, least)
    hidden = total - int((bits * counts).sum())
    assert hidden == 0 or hidden >= least


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([7, 2, 9, 30], [0, 0, 1, 1]), ([7, 2, 3, 30], [1, 0, 0, 1]), ([4, 1, 0], [0, 0, 0]), ([5, 5, 1], [0, 0, 0])],
)
def test_the_rule_by_example(counts: list[int], expected: list[int]) -> None:
    """[7, 2, 3, 30]: the hidden ones have 5 rows together, so nothing else need hide."""
    bits = evaluate(lambda x: kept(x, 5, sum(counts)), (np.array(counts, float), 0, sum(counts)))
    assert bits.tolist() == expected
