"""Gather and scatter by an index that one party knows: exact against numpy on both stacks, and nothing of the index reaches anybody."""

import itertools
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mpc.arrays.interface import share
from mpc.functions.indexed import NOWHERE, gather, scatter_add
from protocol.errors import RangeError
from tests.unit.mpc.functions.runs import Kind, both
from tests.unit.mpc.simulation import Wire, opened, run_arrays

LIMIT = 2.0**20


def shared(backend: Any, values: NDArray[np.float64], limit: float = LIMIT) -> Any:
    own = values if backend.pid == 0 else None
    return share(backend, own, shape=values.shape, owner=0, fraction_bits=20, limit=limit)


def own(backend: Any, by: int, index: Any) -> Any:
    return np.array(index, dtype=np.int64) if backend.pid == by else None


def gathered(values: Any, index: Any, by: int = 1, kind: Kind = "fast", wire: Wire | None = None) -> Any:
    async def body(backend: Any) -> Any:
        return await opened(gather(shared(backend, values), own(backend, by, index), len(index), by=by))

    return run_arrays(body, kind=kind, wire=wire)[0]


def scattered(values: Any, targets: Any, size: int, by: int = 1, kind: Kind = "fast", wire: Wire | None = None) -> Any:
    async def body(backend: Any) -> Any:
        found = scatter_add(shared(backend, values), own(backend, by, targets), size, by=by, limit=LIMIT)
        assert found.limit < LIMIT + 1
        return await opened(found)

    return run_arrays(body, kind=kind, wire=wire)[0]


def added(values: Any, targets: Any, size: int) -> Any:
    """What numpy adds up."""
    found = np.zeros((size, *values.shape[1:]))
    keep = np.asarray(targets) != NOWHERE
    np.add.at(found, np.asarray(targets, dtype=np.int64)[keep], values[keep])
    return found


INDICES = {
    "once each": (5, [3, 0, 4, 1, 2]),
    "repeats": (5, [2, 2, 2, 0, 4, 2, 4]),
    "one of many": (6, [5]),
    "many of one": (1, [0, 0, 0]),
    "none": (4, []),
}


@both
@pytest.mark.parametrize("by", [0, 1, 2])
@pytest.mark.parametrize("name", INDICES)
def test_gather_takes_the_rows_of_the_index(kind: Kind, by: int, name: str) -> None:
    rows, index = INDICES[name]
    values = np.random.default_rng(rows).integers(-(2**20), 2**20, (rows, 2)) / 2.0**10
    assert np.array_equal(gathered(values, index, by, kind=kind), values[np.array(index, dtype=np.int64)])


TARGETS = {
    "once each": ([3, 0, 4, 1, 2], 5),
    "several rows of a target": ([1, 1, 3, 1, 3], 5),
    "some go nowhere": ([NOWHERE, 2, NOWHERE, 2, 0], 3),
    "all go nowhere": ([NOWHERE] * 3, 4),
    "one target": ([0, 0, 0], 1),
    "no target": ([NOWHERE, NOWHERE], 0),
}


@both
@pytest.mark.parametrize("by", [0, 1, 2])
@pytest.mark.parametrize("name", TARGETS)
def test_scatter_adds_up_the_rows_of_a_target(kind: Kind, by: int, name: str) -> None:
    targets, size = TARGETS[name]
    values = np.random.default_rng(size).integers(-(2**20), 2**20, (len(targets), 2)) / 2.0**10
    assert np.array_equal(scattered(values, targets, size, by, kind=kind), added(values, targets, size))


@settings(max_examples=25)
@given(st.integers(1, 9), st.lists(st.integers(0, 8), max_size=12), st.integers(0, 2**32 - 1))
def test_any_index_of_vectors(rows: int, index: list[int], seed: int) -> None:
    values = np.random.default_rng(seed).integers(-(2**30), 2**30, rows) / 2.0**10
    places = [place % rows for place in index]
    assert np.array_equal(gathered(values, places), values[np.array(places, dtype=np.int64)])
    targets = np.random.default_rng(seed).integers(NOWHERE, 5, rows)
    assert np.array_equal(scattered(values, targets, 5), added(values, targets, 5))


def test_a_sparse_matrix_times_a_vector() -> None:
    """Of edges that one party knows: gather at their heads, weigh, scatter to their tails."""
    rng = np.random.default_rng(5)
    heads, tails, weights = rng.integers(0, 40, 300), rng.integers(0, 40, 300), rng.integers(1, 9, 300)
    values = rng.integers(-1000, 1000, 40).astype(float)
    matrix = np.zeros((40, 40))
    np.add.at(matrix, (tails, heads), weights)

    async def body(backend: Any) -> Any:
        along = gather(shared(backend, values), own(backend, 2, heads), 300, by=2) * weights
        return await opened(scatter_add(along, own(backend, 2, tails), 40, by=2, limit=LIMIT))

    assert np.array_equal(run_arrays(body, kind="fast")[0], matrix @ values)


def test_sums_on_the_way_may_be_of_any_size() -> None:
    """Running sums of 4,000 entries at the limit leave the range that a comparison has; what is kept does not."""
    limit = 2.0**37
    values = np.full(4000, limit)

    async def body(backend: Any) -> None:
        held = share(
            backend, values if backend.pid == 0 else None, shape=(4000,), owner=0, fraction_bits=20, limit=limit
        )
        sums = scatter_add(held, own(backend, 1, np.arange(4000)), 4000, by=1, limit=limit)
        assert np.array_equal(await opened(sums), values)
        assert np.array_equal(await opened(gather(held, own(backend, 1, [7] * 4000), 4000, by=1)), values)
        assert (await opened(sums >= 1)).all()

    run_arrays(body, kind="fast")


@both
@pytest.mark.parametrize("index", [[0, 3], [-1, 0], [0], [0, 1, 2], [[0], [1]], [0.0, 1.0]])
def test_an_index_that_is_none_is_refused_at_its_owner(kind: Kind, index: Any) -> None:
    """Attack: a place outside would be some other row's running sum. The others have sent nothing that depends on it."""
    wire = Wire()

    async def body(backend: Any) -> None:
        held = shared(backend, np.ones(3))
        if backend.pid != 1:
            return
        with pytest.raises(RangeError, match=r"arrays\.index") as error:
            gather(held, index, 2, by=1)
        assert error.value.fix
        targets = [*index, 0] if index == [-1, 0] else index
        with pytest.raises(RangeError, match=r"arrays\.index"):
            scatter_add(held[:2], targets, 3, by=1)

    run_arrays(body, kind=kind, wire=wire)
    assert {sender for sender, *_ in wire.seen} <= {0}, "the owner of the values dealt them"


def test_no_rows_are_refused() -> None:
    async def body(backend: Any) -> None:
        for wrong in (lambda a: gather(a, None, 1, by=0), lambda a: scatter_add(a, None, 1, by=0)):
            with pytest.raises(RangeError, match=r"arrays\.shape"):
                wrong(shared(backend, np.ones(2))[:0])

    run_arrays(body, kind="fast")


def told(index: list[int], times: int, size: int) -> Counter[bytes]:
    """The orders that the third party is told while a vector of three is gathered or (``size``) scattered: 12 or 4 bytes a row, by message."""
    wire = Wire()

    async def body(backend: Any) -> None:
        values = shared(backend, np.arange(3.0)[: len(index) if size else 3])
        for _ in range(times):
            found = (
                scatter_add(values, own(backend, 0, index), size, by=0)
                if size
                else gather(values, own(backend, 0, index), len(index), by=0)
            )
            await found.settled()

    run_arrays(body, kind="fast", wire=wire)
    rows = 4 * (size + len(index) if size else 3 + len(index))
    return Counter(data for *_, data in wire.seen if len(data) == rows and _is_order(data))


def _is_order(data: bytes) -> bool:
    found = np.frombuffer(data, dtype="<u4")
    return np.array_equal(np.sort(found), np.arange(len(found)))


@pytest.mark.parametrize(
    ("index", "size"), [([0], 0), ([2], 0), ([0, 0], 2), ([1, NOWHERE], 2)], ids=["first", "last", "twice", "nowhere"]
)
def test_attack_what_the_third_party_is_told_is_uniform_whatever_the_index(index: list[int], size: int) -> None:
    """Both orders of 60 runs, of four rows: each of 24 orders 5 times; chi-square with 23 degrees of freedom above 85 with p < 1e-8."""
    found = told(index, 60, size)
    orders = [np.array(one, dtype="<u4").tobytes() for one in itertools.permutations(range(4))]
    assert sum(found.values()) == 120
    assert sum((found[one] - 5) ** 2 / 5 for one in orders) < 85


def test_attack_messages_are_alike_whatever_the_index() -> None:
    """Who sends whom how many bytes under which label, in order, depends on the shape alone; and halves are no two times the same."""

    def sent(index: list[int]) -> tuple[list[Any], set[bytes]]:
        wires = [Wire(), Wire()]
        gathered(np.arange(4.0), index, wire=wires[0])
        scattered(np.arange(4.0), [place - 1 for place in index], 3, wire=wires[1])
        seen = [(at, *each) for at, wire in enumerate(wires) for each in wire.seen]
        return sorted((at, a, b, str(label), len(d)) for at, a, b, label, d in seen), {d for *_, d in seen}

    (one, first), (other, second) = sent([0, 0, 0, 0]), sent([3, 1, 2, 0])
    assert one == other
    assert not {data for data in first & second if len(data) >= 13}
