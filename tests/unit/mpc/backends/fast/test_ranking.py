"""Orders of masked numbers: right on ugly values, the same at all honest parties, and what they cost."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mpc.backends.fast import ranking
from mpc.backends.fast.backend import FastBackend
from mpc.backends.fast.parties import _LABELS, _PURPOSES
from mpc.backends.fast.plan import PlanBackend
from protocol.errors import TallyError
from tests.unit.mpc.backends.fast.fast_runs import dealt, run, small_chunks
from tests.unit.mpc.backends.fast.test_messages import LIMIT, chi_square
from tests.unit.mpc.simulation import Wire


def order_of(x: Any, bits: int, wire: Wire | None = None) -> list[Any]:
    async def body(backend: FastBackend) -> Any:
        return (await backend.order(dealt(backend, x, 1), len(x), bits)).tolist()

    return run(body, wire)


@pytest.mark.parametrize("bits", [3, 4, 20, 51, 62])
def test_the_ends_of_the_range_and_neighbours(bits: int) -> None:
    most = (1 << (bits - 2)) - 1
    x = {0, 1, -1, most, -most, most - 1, 1 - most, most // 2, most // 2 + 1, most >> 7}
    x = np.random.default_rng(bits).permutation([v for v in x if abs(v) <= most])
    for found in order_of(x, bits):
        assert found == np.argsort(x).tolist()


def test_many_rows_in_several_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    small_chunks(monkeypatch)
    x = np.random.default_rng(3).permutation(700) - 300
    for found in order_of(x, 12):
        assert found == np.argsort(x).tolist()


def test_a_plan_says_what_it_costs() -> None:
    """Rounds and bytes are those of an order of its own: the run's differ by chance."""
    x, wire = np.random.default_rng(4).permutation(3000), Wire()

    async def body(backend: FastBackend) -> Any:
        a = dealt(backend, x, 1)
        await backend.settle(a)
        await backend.idle()
        rounds, sent = backend.traffic.rounds, backend.traffic.bytes_sent
        await backend.order(a, x.size, 40)
        return backend.traffic.rounds - rounds, backend.traffic.bytes_sent - sent, backend.traffic.failure

    found = run(body, wire)
    planned = PlanBackend()

    async def plan() -> None:
        assert sorted((await planned.order(planned.restore(b"", x.shape), x.size, 40)).tolist()) == list(range(3000))

    asyncio.run(plan())
    assert planned.traffic.bytes_sent * 3 == pytest.approx(sum(sent for _, sent, _ in found), rel=0.03)
    assert planned.traffic.rounds == pytest.approx(found[0][0], rel=0.3)
    assert {failure for *_, failure in found} == {planned.traffic.failure}


def place(label: int) -> int:
    """Which message of its operation a label is for."""
    return (label - _LABELS) % _PURPOSES


TOLD: dict[str, Callable[[int, int], bool]] = {
    "m, which A tells C": lambda step, size: step == ranking._TOLD,
    "a digest": lambda step, size: step == ranking._AGREED,
    "λ, which C tells A": lambda step, size: step == ranking._DEALT and size == 8,
    "λ, which C tells B": lambda step, size: step == ranking._DEALT and size > 8,
}


@pytest.mark.parametrize("kind", TOLD)
def test_a_lie_about_answers_stops_an_honest_party_and_blames_nobody(kind: str) -> None:
    """Each message in turn: somebody honest notices at once, and nobody goes on with other answers than another."""
    x, wire = np.array([4, 1, 3, 0, 2]), Wire()
    order_of(x, 9, wire)
    lies = [m for m in wire.seen if TOLD[kind](place(m[2]), len(m[3]))]
    assert lies
    for sender, receiver, label, _ in lies:

        def bent(s: int, r: int, at: Any, data: bytes, lie: Any = (sender, receiver, label)) -> bytes:
            return data[:-8] + bytes([data[-8] ^ 1]) + data[-7:] if (s, r, at) == lie else data

        results: list[Any] = []

        async def body(backend: FastBackend, results: list[Any] = results) -> None:
            try:
                results.append((await backend.order(dealt(backend, x, 1), len(x), 9)).tolist())
            except TallyError as error:
                results.append(error)
                raise

        with pytest.raises(TallyError, match=r"functions\.no_order") as problem:
            run(body, Wire(bent))
        assert "peer" not in problem.value.details
        assert all(isinstance(found, TallyError) or found == np.argsort(x).tolist() for found in results)


def test_every_message_is_uniform() -> None:
    """Of numbers that everybody knows, the least random there are: byte by byte, as in :mod:`test_messages`."""
    x, wire = np.random.default_rng(0).permutation(4096), Wire()

    async def body(backend: FastBackend) -> None:
        await backend.order(backend.constant(x), x.size, 20)

    run(body, wire)
    sent: dict[tuple[int, int, int], bytes] = defaultdict(bytes)
    for sender, receiver, label, data in wire.seen:
        sent[sender, receiver, place(label)] += data
    for (sender, receiver, step), data in sent.items():
        width = 13 if step == ranking._OPEN else 8
        for at, column in enumerate(np.frombuffer(data, dtype=np.uint8).reshape(-1, width).T):
            assert chi_square(column) < LIMIT, (sender, receiver, step, at)


def test_the_digest_is_what_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the lie of :func:`test_a_lie_about_answers` is believed."""
    monkeypatch.setattr(ranking, "_digest", lambda _: hashlib.sha256().digest())
    lied: list[Any] = []

    def bent(s: int, r: int, label: Any, data: bytes) -> bytes:
        if place(label) == ranking._TOLD and isinstance(label, int) and not lied:
            lied.append(label)
            return bytes([data[0] ^ 1]) + data[1:]
        return data

    found = order_of(np.array([1, 0]), 9, Wire(bent))
    assert len({tuple(one) for one in found}) == 2
