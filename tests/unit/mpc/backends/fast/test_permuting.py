"""Orders that one party knows: what each party sees is uniform, an order that is none is refused, and long arrays."""

import itertools
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from mpc.arrays.interface import share
from mpc.backends.fast import permuting
from mpc.backends.fast.backend import FastBackend
from mpc.backends.fast.parties import _LABELS, _PURPOSES
from mpc.backends.mpyc.backend import MOST_PERMUTED
from protocol.errors import RangeError, TallyError
from tests.unit.mpc.backends.fast.fast_runs import dealt, run, small_chunks
from tests.unit.mpc.backends.fast.test_messages import LIMIT, chi_square
from tests.unit.mpc.functions.runs import Kind, both
from tests.unit.mpc.simulation import Wire, opened, run_arrays


def place(label: int) -> int:
    return (label - _LABELS) % _PURPOSES


def test_long_arrays_go_in_several_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    small_chunks(monkeypatch)
    x = np.arange(1200).reshape(300, 4)
    orders = [np.random.default_rng(at).permutation(300) for at in range(6)]

    async def body(backend: FastBackend) -> Any:
        a = dealt(backend, x)
        found = [a]
        for at, order in enumerate(orders):
            found.append(backend.permute(found[-1], x.shape, at % 3, order if backend.pid == at % 3 else None))
        return [await backend.open(one, x.shape) for one in found]

    for found in run(body):
        for before, after, order in zip(found[:-1], found[1:], orders, strict=True):
            assert np.array_equal(after, before[order])


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_what_the_third_party_is_told_is_uniform_whatever_the_order(order: list[int]) -> None:
    """240 times three rows: each of six orders 40 times; chi-square with 5 degrees of freedom above 40 with p < 2e-7."""
    wire = Wire()

    async def body(backend: FastBackend) -> None:
        a = backend.constant(np.arange(3))
        for _ in range(240):
            await backend.settle(backend.permute(a, (3,), 0, np.array(order) if backend.pid == 0 else None))

    run(body, wire)
    told = Counter(
        tuple(np.frombuffer(data, dtype="<u4").tolist())
        for *_, label, data in wire.seen
        if place(label) == permuting._ORDER
    )
    assert sum(told.values()) == 240
    assert sum((told[one] - 40) ** 2 / 40 for one in itertools.permutations(range(3))) < 40


def test_every_half_is_uniform() -> None:
    """Of a constant that everybody knows, in an order that everybody knows."""
    count, wire = 4096, Wire()

    async def body(backend: FastBackend) -> None:
        a = backend.constant(np.full(count, 9))
        await backend.settle(backend.permute(a, (count,), 0, np.arange(count) if backend.pid == 0 else None))

    run(body, wire)
    parts: dict[Any, bytes] = defaultdict(bytes)
    for sender, receiver, label, data in wire.seen:
        if place(label) != permuting._ORDER:
            parts[sender, receiver] += data
    assert parts
    for link, data in parts.items():
        for at, column in enumerate(np.frombuffer(data, dtype=np.uint8).reshape(-1, 13).T):
            assert chi_square(column) < LIMIT, (link, at)


@pytest.mark.parametrize("told", [(0, 0, 1), (0, 1, 3), (1, 2, 2**32 - 1)])
def test_attack_a_row_is_named_twice(told: tuple[int, ...]) -> None:
    """P would hold another row's share in place of one of its own; the third party ends the run in P's name."""

    def bent(sender: int, receiver: int, label: Any, data: bytes) -> bytes:
        return np.array(told, dtype="<u4").tobytes() if place(label) == permuting._ORDER else data

    async def body(backend: FastBackend) -> Any:
        a = dealt(backend, np.arange(3))
        found = backend.permute(a, (3,), 1, np.array([1, 2, 0]) if backend.pid == 1 else None)
        return await backend.open(found, (3,))

    with pytest.raises(TallyError, match="names a row twice") as problem:
        run(body, Wire(bent))
    assert problem.value.code == "link.bad_payload"
    assert problem.value.details["peer"] == "party-1"


@both
@pytest.mark.parametrize("order", [[0, 0, 1], [0, 1], [1, 2, 3], [[0, 1, 2]]])
def test_what_is_no_order_is_refused_at_its_owner(kind: Kind, order: Any) -> None:
    async def body(backend: Any) -> None:
        a = share(backend, [1, 2, 3] if backend.pid == 0 else None, shape=(3,), owner=0, fraction_bits=0, limit=9)
        a.permuted(0, np.array(order))

    with pytest.raises(RangeError, match=r"arrays\.order"):
        run_arrays(body, kind=kind)


@both
@pytest.mark.parametrize("by", [-1, 3])
def test_only_a_compute_party_gives_an_order(kind: Kind, by: int) -> None:
    async def body(backend: Any) -> None:
        a = share(backend, [1, 2] if backend.pid == 0 else None, shape=(2,), owner=0, fraction_bits=0, limit=9)
        with pytest.raises(RangeError, match=r"arrays\.order"):
            a.permuted(0, None if backend.pid == 0 else np.array([5, 5]))
        await opened(a.permuted(by, None))

    with pytest.raises(RangeError, match=r"arrays\.order"):
        run_arrays(body, kind=kind)


def test_the_slow_stack_refuses_what_its_matrix_has_no_room_for() -> None:
    """Regression: an order of n rows took n² elements of memory, whatever n was."""

    async def body(backend: Any) -> None:
        rows = backend.constant(np.zeros(MOST_PERMUTED + 1, dtype=np.int64))
        backend.permute(rows, (MOST_PERMUTED + 1,), 0, np.arange(MOST_PERMUTED + 1) if backend.pid == 0 else None)

    with pytest.raises(RangeError, match=r"arrays\.permutation") as error:
        run_arrays(body, kind="mpyc")
    assert "three" in error.value.fix
