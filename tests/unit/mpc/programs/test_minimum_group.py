"""What shows under a minimum group: against the rule written out, and against somebody who knows every margin and subtracts."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.arrays.interface import share
from mpc.programs.minimum_group import cells, coarse, kept, require, require_split, views
from mpc.workflow.context import StepContext
from mpc.workflow.values import Owned, cut, rows_in
from protocol.errors import RefusedError
from tests.unit.mpc.programs.group_rule import is_small, shown_rows, told
from tests.unit.mpc.programs.test_precision import evaluate
from tests.unit.mpc.simulation import opened, run_arrays

TABLES = st.integers(1, 2).flatmap(
    lambda many: st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
        lambda shape: st.lists(
            st.lists(st.integers(0, 12), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]).map(
                lambda flat: np.array(flat).reshape(shape)
            ),
            min_size=many,
            max_size=many,
        )
    )
)


def shows(counts: Any, least: int) -> Any:
    """The rule on shares."""
    whole = np.asarray(counts, float)
    bits = evaluate(lambda x, y: cells(x, y, least), (whole, 0, 200), (whole.sum(axis=2), 0, 2000))
    return bits.astype(bool)


@settings(max_examples=30, deadline=None)
@given(TABLES, st.integers(1, 6))
def test_attack_margins_of_a_table_are_subtracted(counts: list[Any], least: int) -> None:
    views_ = np.stack(counts)
    bits = shows(views_, least)
    assert bits.tolist() == shown_rows(views_, least).tolist()
    if not bits.any():  # nothing was told, whatever margins say by themselves
        return
    for one in views_:
        shown = np.broadcast_to(bits.reshape(-1, 1), one.shape)
        assert not is_small(one[shown], least).any()
        assert not is_small(one[~shown].sum(), least)
        assert not is_small(told(one, shown), least).any()
        assert not is_small(one[~bits].sum(axis=0), least).any()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([7, 2, 9, 30], [0, 0, 1, 1]), ([7, 2, 3, 30], [1, 0, 0, 1]), ([4, 1, 0], [0, 0, 0]), ([5, 5, 1], [0, 0, 0])],
)
def test_the_rule_by_example(counts: list[int], expected: list[int]) -> None:
    """[7, 2, 3, 30]: the hidden ones have 5 rows together, so nothing else need hide."""
    bits = evaluate(lambda x: kept(x, 5), (np.array([counts], float), 0, sum(counts)))
    assert bits.tolist() == expected


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 7), min_size=2, max_size=2), min_size=1, max_size=7), st.integers(2, 6))
def test_attack_neighbouring_points_of_a_curve_are_subtracted(falls: list[list[int]], least: int) -> None:
    counts = np.cumsum(np.array([*falls, [0, 0]])[::-1], axis=0)[::-1].T.astype(float)

    async def body(backend: Any) -> Any:
        given_ = share(
            backend, counts if backend.pid == 0 else None, shape=counts.shape, owner=0, fraction_bits=0, limit=100
        )
        (held,) = await coarse(given_.reshape(1, *counts.shape), [given_], least)
        return await opened(held)

    held = run_arrays(body, kind="fast")[0]
    assert not is_small(held, least).any()
    steps = held[:, :-1] - held[:, 1:]
    assert (steps >= 0).all()
    assert not is_small(steps, least).any()
    if not is_small(counts[:, 0], least).any():
        assert held[:, 0].tolist() == counts[:, 0].tolist()
        fine = ~is_small(counts[:, :-1] - counts[:, 1:], least).any() and not is_small(counts, least).any()
        assert not fine or held.tolist() == counts.tolist()


class _Context:
    def __init__(self, group: int, readers: frozenset[str]) -> None:
        self.minimum_group, self.readers = group, readers


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["bank", "clinic", "shop", "school"]), st.integers(0, 9), min_size=1),
    st.frozensets(st.sampled_from(["bank", "clinic", "shop", "school", "stranger"])),
    st.integers(2, 6),
)
def test_attack_any_readers_put_their_own_rows_together(
    sizes: dict[str, int], readers: frozenset[str], group: int
) -> None:
    """Whatever readers work together, the rows of everybody else are none, or enough."""
    context: Any = _Context(group, readers)
    owned: Owned = tuple(sizes.items())
    assert {owner for view in views(context, owned) for owner in view} <= sizes.keys()
    try:
        require(context, owned)
    except RefusedError as error:
        assert error.code == "group.too_small"
        worst = min((left for left in _left(sizes, readers) if left), default=0)
        assert worst < group
        return
    assert all(left == 0 or left >= group for left in _left(sizes, readers))
    assert sum(sizes.values()) >= group


def _left(sizes: dict[str, int], readers: frozenset[str]) -> list[int]:
    """Rows of all others, for every set of readers that work together."""
    bring = sorted(readers & sizes.keys())
    sets = [{name for at, name in enumerate(bring) if pick >> at & 1} for pick in range(1 << len(bring))]
    return [sum(rows for owner, rows in sizes.items() if owner not in together) for together in sets]


def test_rows_that_train_and_those_that_do_not_are_both_enough() -> None:
    context: Any = _Context(5, frozenset())
    require_split(context, (("", 20),), (("", 0),))
    require_split(context, (("", 20),), None)
    for train, test, numbers, code in ((4, 20, 0, "small"), (20, 4, 0, "small"), (20, 6, 7, "model")):
        with pytest.raises(RefusedError) as refused:
            require_split(context, (("", train),), (("", test),), numbers)
        assert refused.value.code == {"small": "group.too_small", "model": "group.model"}[code]
    with pytest.raises(RefusedError) as refused:
        require(context, None)
    assert refused.value.code == "group.unknown_rows"
    require(_none(), None)


def _none() -> StepContext:
    context: Any = _Context(0, frozenset())
    return context  # type: ignore[no-any-return]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=5), st.data())
def test_a_cut_of_rows_counts_each_row_once(owned: list[tuple[str, int]], data: st.DataObject) -> None:
    whole = [owner for owner, rows in owned for _ in range(rows)]
    start = data.draw(st.integers(0, len(whole)))
    stop = data.draw(st.integers(start, len(whole)))
    found = cut(tuple(owned), start, stop)
    assert [owner for owner, rows in found for _ in range(rows)] == whole[start:stop]
    assert rows_in(found) == stop - start
