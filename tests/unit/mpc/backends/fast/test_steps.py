"""Step functions: exact on ugly values and weights, nothing on the wire that tells, and what they cost."""

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.arrays.interface import SecureArray, share
from mpc.backends.fast import steps
from mpc.backends.fast.backend import FastBackend
from mpc.backends.fast.comparison import Question
from mpc.backends.fast.kernels import to_int64
from mpc.backends.fast.parties import _LABELS, _PURPOSES
from mpc.backends.fast.plan import PlanBackend
from protocol.errors import RangeError
from tests.unit.mpc.backends.fast.fast_runs import dealt, run
from tests.unit.mpc.backends.fast.test_messages import LIMIT, chi_square
from tests.unit.mpc.functions.runs import Kind, both, computed
from tests.unit.mpc.simulation import Wire

POWERS = 2 ** np.arange(40, dtype=np.int64)


def around(thresholds: Any) -> Any:
    return np.concatenate([np.asarray(thresholds) + d for d in (-1, 0, 1)])


def plainly(x: Any, thresholds: Any, weights: Any) -> Any:
    return weights @ (x >= np.asarray(thresholds)[:, None])


@pytest.mark.parametrize(
    ("thresholds", "weights"),
    [
        ([0], [[1]]),
        ([-5, 0, 7], [[1, 1, 1], [-4, 0, 9], [0, 0, 0]]),
        (POWERS, [np.diff([0, *POWERS]), -np.diff([0, *POWERS])]),
        (POWERS[:3], [[1 << 59, -(1 << 59), 1 << 59]]),
    ],
)
def test_sums_are_exact(thresholds: Any, weights: Any) -> None:
    asked, given_ = np.asarray(thresholds, dtype=np.int64), np.asarray(weights, dtype=np.int64)
    x = np.concatenate([around(asked), [(1 << 40) - 1, -(1 << 40) + 1]])

    async def body(backend: FastBackend) -> Any:
        found = backend.step_functions(dealt(backend, x, 2), x.shape, asked, given_, 43)
        return await backend.open(found, (len(given_), x.size))

    for found in run(body):
        assert np.array_equal(found, plainly(x, asked, given_))


@settings(max_examples=200)
@given(
    st.integers(1, 61).flatmap(lambda b: st.lists(st.integers(-(1 << b), 1 << b), min_size=1, max_size=2)),
    st.lists(st.integers(-(1 << 47), 1 << 47), min_size=4, max_size=4),
)
def test_halves_are_summed_as_whole_numbers(weights: list[int], numbers: list[int]) -> None:
    """Every split into digits that fit a word gives the same element."""
    if sum(map(abs, weights)) >= 1 << 61:
        return
    asked = steps.Steps(Question(20, np.arange(len(weights))), np.array([weights], dtype=np.int64))
    given_ = np.array(numbers[: 2 * len(weights)], dtype=np.int64).reshape(len(weights), -1)
    found = asked.summed(given_)
    expected = [sum(w * n for w, n in zip(weights, column, strict=True)) for column in given_.T.tolist()]
    if all(abs(value) < 1 << 61 for value in expected):
        assert to_int64(found).tolist() == expected
    values = [low + (high << 52) for low, high in found.T.tolist()]
    assert [value % (2**104 - 17) for value in values] == [value % (2**104 - 17) for value in expected]


@both
@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3)])
def test_arrays_of_every_shape_on_either_stack(kind: Kind, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(6).uniform(-4, 4, shape)
    weights = np.array([[1, 2, 4], [3, -1, -1]])

    def functions(a: SecureArray) -> SecureArray:
        return a.step_functions([-1, 0.5, 2], weights)

    found = computed(functions, x, kind=kind)
    expected = np.tensordot(weights, np.stack([x >= t for t in (-1, 0.5, 2)]).astype(int), axes=1)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(("thresholds", "weights"), [([1, 1], [[1, 2]]), ([2, 1], [[1, 2]]), ([1], [[1, 2]])])
def test_thresholds_ascend_and_have_a_weight_each(thresholds: Any, weights: Any) -> None:
    with pytest.raises(RangeError, match=r"arrays\.shape"):
        computed(lambda a: a.step_functions(thresholds, np.array(weights)), [1.0], kind="fast")


def test_every_message_is_uniform_and_counted() -> None:
    count, wire = 4096, Wire()
    thresholds, weights = np.array([3, 9, 100]), np.array([[1, 2, 4], [4, -1, -1]])

    async def body(backend: FastBackend) -> None:
        a = backend.constant(np.full(count, 50))
        await backend.settle(backend.step_functions(a, (count,), thresholds, weights, 30))

    run(body, wire)
    planned = PlanBackend()
    planned.step_functions(planned.restore(b"", (count,)), (count,), thresholds, weights, 30)
    sent = sum(len(data) for *_, data in wire.seen)
    assert planned.traffic.bytes_sent * 3 == pytest.approx(sent, abs=3)
    words = 8 * steps.comparison.dealt_words(Question(30, thresholds), count)
    parts: dict[Any, bytes] = defaultdict(bytes)
    for sender, receiver, label, data in wire.seen:
        if (label - _LABELS) % _PURPOSES == steps._DEALT:
            parts[8, sender, "tree"] += data[:words]
            parts[6, sender, "halves"] += data[words:]
        else:
            parts[13 if len(data) % 13 == 0 else 8, sender, receiver] += data
    for (width, *what), data in parts.items():
        columns = np.frombuffer(data, dtype=np.uint8).reshape(-1, width).T
        for place, column in enumerate(columns[:5] if width == 6 else columns):  # t has 47 bits of 48
            assert chi_square(column) < LIMIT, (what, place)


def test_a_step_function_sends_less_than_its_answers_would() -> None:
    def sent(act: Any) -> int:
        planned = PlanBackend()
        x = share(planned, None, shape=(6400,), owner=1, fraction_bits=18, limit=100)
        before = planned.traffic.bytes_sent
        act(x)
        return planned.traffic.bytes_sent - before

    thresholds, weights = 2.0 ** np.arange(7), np.ones((1, 7), dtype=np.int64)
    assert sent(lambda x: x.step_functions(thresholds, weights)) < 0.5 * sent(lambda x: x.at_least(thresholds))
