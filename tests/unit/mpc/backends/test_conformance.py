"""Every protocol stack of the registry, and the toy, owe the same: each operation on ordinary and ugly values, and the edges."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest

from mpc.arrays import dealing, field
from mpc.arrays.backend import Backend, Clip, Line, SineSeries
from mpc.arrays.interface import SecureArray, share
from mpc.backends.choice import RELEASED, opened
from mpc.backends.seat import Seat
from protocol.backends import threshold_of
from protocol.errors import TallyError
from tests.unit.mpc.backends.conformance import OPERATIONS, SERIES, Case, corners
from tests.unit.mpc.backends.toy.seat import WITH_TOY
from tests.unit.mpc.simulation import FakeRuntime, FakeSession, Wire, fresh_keys, run_sessions

EDGES = {"shuffle", "permute", "order", "settle", "open", "export", "restore", "share"}
"""Operations with tests of their own below."""
PLACES = [
    pytest.param(
        seat,
        parties,
        id=f"{seat.facts.name}-{parties}",
        marks=[pytest.mark.slow] if seat.facts.name == "mpyc" and parties > seat.facts.least_parties else [],
    )
    for seat in WITH_TOY.seats
    for parties in sorted({seat.facts.least_parties, min(seat.facts.most_parties, 5)})
]
everywhere = pytest.mark.parametrize(("seat", "parties"), PLACES)
KEEPING_SECRETS = [place for place in PLACES if not place.values[0].facts.simulated]  # type: ignore[attr-defined]
Body = Callable[[Any, FakeSession], Awaitable[Any]]


def run(seat: Seat, parties: int, body: Body, *, outside: int = 0, wire: Wire | None = None) -> list[Any]:
    """Every party's result or exception, the last ``outside`` not on the committee."""

    async def party(session: FakeSession) -> Any:
        backend = opened(seat, session)  # type: ignore[arg-type]
        try:
            found = await body(backend, session)
            await backend.idle()
            return found
        finally:
            await backend.cancel()

    names = tuple(f"p{i}" for i in range(parties + outside))
    return run_sessions(names, party, wire=wire, threshold=threshold_of(parties), outside=outside)


def succeeded(found: list[Any]) -> list[Any]:
    for result in found:
        if isinstance(result, BaseException):
            raise result
    return found


def dealt(backend: Any, session: FakeSession, values: Any, owner: int) -> Any:
    return backend.share(values if session.pid == owner else None, np.shape(values), owner)


def differs(case: Case, found: Any, slack: int) -> str:
    expected = np.asarray(case.expected)
    if found.shape != expected.shape:
        return f"shape {found.shape}, due {expected.shape}"
    error = np.abs(field.objects(found) - field.objects(expected)) if found.size else np.zeros(1)
    most = case.slack * slack + case.more
    return f"off by {error.max()}, at most {most}: {case.inputs}" if bool((error > most).any()) else ""


@everywhere
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_equals_plain_integers(seat: Seat, parties: int, operation: str) -> None:
    async def body(backend: Any, session: FakeSession) -> Any:
        rng, wrong = np.random.default_rng(20261128), []
        for number, case in enumerate(OPERATIONS[operation](backend.headroom, rng)):
            shares = [dealt(backend, session, x, (number + i) % parties) for i, x in enumerate(case.inputs)]
            result = case.run(backend, *shares)
            found = await backend.open(result, np.shape(case.expected))
            if what := differs(case, found, backend.headroom.slack):
                wrong.append(f"case {number}: {what}")
        return number + 1, wrong

    for count, wrong in succeeded(run(seat, parties, body)):
        assert wrong == []
        assert count >= 4


def test_every_operation_of_the_interface_has_cases() -> None:
    offered = {name for name, value in vars(Backend).items() if callable(value) and not name.startswith("_")}
    assert offered == set(OPERATIONS) | EDGES


def test_every_registered_stack_is_among_the_places() -> None:
    assert {place.values[0].facts for place in KEEPING_SECRETS} == {seat.facts for seat in RELEASED.seats}  # type: ignore[attr-defined]


@everywhere
def test_long_arrays_go_in_several_messages_and_come_out_whole(seat: Seat, parties: int) -> None:
    count = 70_001 if seat.facts.name == "fast" else 1501
    x = np.random.default_rng(1).integers(-(1 << 20), 1 << 20, count)

    async def body(backend: Any, session: FakeSession) -> Any:
        a = dealt(backend, session, x, 1)
        square = await backend.open(backend.multiply(a, a, x.shape, 1, 0, 1 << 40), x.shape)
        signs = await backend.open(backend.at_least(a, x.shape, np.zeros(1, dtype=np.int64), 22), (1, count))
        return bool((square == x * x).all()), bool((signs[0] == (x >= 0)).all())

    assert succeeded(run(seat, parties, body)) == [(True, True)] * parties


@everywhere
def test_fused_operations_are_the_same_whether_a_stack_fuses_them_or_not(seat: Seat, parties: int) -> None:
    rng = np.random.default_rng(8)
    x, y, z = rng.uniform(-2, 2, (6, 3)), rng.uniform(-2, 2, (3,)), rng.uniform(-2, 2, (6,))

    async def body(backend: Any, session: FakeSession) -> Any:
        a, b, c = (
            share(backend, v if session.pid == 0 else None, shape=v.shape, owner=0, fraction_bits=18, limit=2)
            for v in (x, y, z)
        )
        added = a.matmul_add(b, c, np.asarray(np.int64(1 << 18)), scale=2, down=18, limit=40)
        clipped = a.matmul_clipped(b, SineSeries(40, (0.5,), 18), Clip(18, 3 << 18, 1 << 17), limit=12)
        slack = (backend.headroom.slack + 1) * 2.0**-18
        wide = x @ y
        beyond = np.where(np.abs(wide) < 3, 0.5 * np.sin(2 * np.pi * wide / 16), np.sign(wide) * 0.5)
        return (
            float(np.abs(await _floats(added) - (2 * wide + z)).max()) / slack,
            float(np.abs(await _floats(clipped) - beyond).max()) / slack,
        )

    for added, clipped in succeeded(run(seat, parties, body)):
        assert added <= 8  # the plain factors are rounded to 18 bits before
        assert clipped <= 16


async def _floats(array: SecureArray) -> Any:
    return np.ldexp((await array.backend.open(array.shares, array.shape)).astype(float), -array.fraction_bits)


@everywhere
@pytest.mark.parametrize("shape", [(1,), (40,), (12, 2), (3, 0), (1, 4)])
def test_a_shuffle_keeps_rows_whole(seat: Seat, parties: int, shape: tuple[int, ...]) -> None:
    x = corners(shape, 1 << 40, np.random.default_rng(2))

    async def body(backend: Any, session: FakeSession) -> Any:
        a = dealt(backend, session, x, 0)
        return [await backend.open(backend.shuffle(a, shape), shape) for _ in range(3)]

    everyone = succeeded(run(seat, parties, body))
    for found in everyone:
        for one, first in zip(found, everyone[0], strict=True):
            assert np.array_equal(one, first)
            assert sorted(map(repr, one.tolist())) == sorted(map(repr, x.tolist()))
    if shape == (40,):
        assert len({tuple(one.tolist()) for one in (*everyone[0], x)}) == 4


@everywhere
@pytest.mark.parametrize("shape", [(1,), (9,), (6, 2), (3, 0), (0, 2), (5, 2, 2)])
def test_rows_take_the_order_that_one_party_gives(seat: Seat, parties: int, shape: tuple[int, ...]) -> None:
    x = corners(shape, 1 << 40, np.random.default_rng(5))
    orders = [np.random.default_rng(at).permutation(shape[0]) for at in range(parties)]

    async def body(backend: Any, session: FakeSession) -> Any:
        a = dealt(backend, session, x, 0)
        found = [backend.permute(a, shape, at, orders[at] if session.pid == at else None) for at in range(parties)]
        return [await backend.open(one, shape) for one in found]

    for everyone in succeeded(run(seat, parties, body, outside=1)):
        for one, order in zip(everyone, orders, strict=True):
            assert np.array_equal(one, x[order])


@everywhere
@pytest.mark.parametrize("count", [0, 1, 2, 25])
def test_an_order_is_found_and_an_owner_outside_needs_none(seat: Seat, parties: int, count: int) -> None:
    room = 1 << 40
    x = np.unique(corners((2 * count,), room, np.random.default_rng(3)))[:count]
    x = np.random.default_rng(4).permutation(x)

    async def body(backend: Any, session: FakeSession) -> Any:
        a = dealt(backend, session, x, session.names.index("p0"))
        found = await backend.order(a, x.size, room.bit_length() + 2)
        return found, await backend.open(a, x.shape)

    *committee, outside = succeeded(run(seat, parties, body, outside=1))
    for found, _ in committee:
        assert np.array_equal(found, np.argsort(x))
    assert sorted(outside[0].tolist()) == list(range(x.size))
    assert np.array_equal(outside[1], x)


@everywhere
def test_owners_outside_deal_and_see_what_opens(seat: Seat, parties: int) -> None:
    async def body(backend: Any, session: FakeSession) -> Any:
        found = []
        for shape in ((), (0,), (4,), (1, 3)):
            x = corners(shape, backend.headroom.limit // 4, np.random.default_rng(3))
            a, b = dealt(backend, session, x, parties), dealt(backend, session, x, 1)
            await backend.settle(a)
            found.append(np.array_equal(await backend.open(backend.add(a, b), shape), 2 * x))
        return found, backend.facts, backend.parameters

    everyone = succeeded(run(seat, parties, body, outside=2))
    assert [found for found, _, _ in everyone] == [[True] * 4] * (parties + 2)
    assert {facts for _, facts, _ in everyone} == {seat.facts}
    assert len({parameters for _, _, parameters in everyone}) == 1


@everywhere
def test_what_is_released_are_fresh_shamir_shares_that_a_later_run_restores(seat: Seat, parties: int) -> None:
    x = corners((3, 4), 1 << 40, np.random.default_rng(4))

    async def first(backend: Any, session: FakeSession) -> Any:
        a = dealt(backend, session, x, 0)
        return [await backend.export(a, x.shape) for _ in range(2)]

    once, again = zip(*succeeded(run(seat, parties, first)), strict=True)
    assert once != again
    flat = {party: field.decode(data, x.shape).reshape(-1) for party, data in enumerate(once)}

    assert dealing.consistent(flat, threshold_of(parties))
    assert np.array_equal(dealing.opened(flat, threshold_of(parties)).reshape(x.shape), x)

    async def later(backend: Any, session: FakeSession) -> Any:
        a = backend.restore(once[session.pid], x.shape)
        return np.array_equal(await backend.open(backend.add(a, a), x.shape), 2 * x)

    assert succeeded(run(seat, parties, later)) == [True] * parties

    async def broken(backend: Any, session: FakeSession) -> Any:
        backend.restore(once[session.pid][:-1], x.shape)

    assert {error.code for error in run(seat, parties, broken)} == {"arrays.wrong_length"}


@everywhere
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 16.0001, -17.0])
@pytest.mark.parametrize("owner", ["inside", "outside"])
def test_what_is_out_of_range_is_refused_before_anything_is_sent(
    seat: Seat, parties: int, bad: float, owner: str
) -> None:
    wire, place = Wire(), 0 if owner == "inside" else parties

    async def body(backend: Any, session: FakeSession) -> Any:
        if session.pid == place:
            share(backend, np.array([1.0, bad]), shape=(2,), owner=place, fraction_bits=18, limit=16)

    found = run(seat, parties, body, outside=1, wire=wire)
    assert found[place].code in ("arrays.not_finite", "arrays.out_of_range")
    assert wire.seen == []


@everywhere
def test_bounds_beyond_the_headroom_are_refused(seat: Seat, parties: int) -> None:
    wire = Wire()

    async def body(backend: Any, session: FakeSession) -> Any:
        del session
        one, limit = backend.constant(np.array([1])), backend.headroom.limit
        array = SecureArray(backend, one, (1,), 0, limit // 2)
        codes = []
        for operate in (lambda: array + array, lambda: array * array, lambda: array >= 0, lambda: array.rescaled(2)):
            with pytest.raises(TallyError) as caught:
                operate()
            codes.append(caught.value.code)
        return codes

    for codes in succeeded(run(seat, parties, body, wire=wire)):
        assert set(codes) == {"arrays.overflow"}
    assert wire.seen == []


@everywhere
def test_a_committee_that_keeps_no_secret_is_refused(seat: Seat, parties: int) -> None:
    """I4, at the stack itself: whoever opens it past the registry is refused as well."""
    wire = Wire()
    for threshold in (0, (parties + 1) // 2):
        for pid in range(parties):
            runtime = FakeRuntime(pid, wire, fresh_keys(parties, threshold), parties, threshold)
            session = FakeSession(runtime, pid, tuple(f"p{i}" for i in range(parties)), wire, threshold=threshold)
            with pytest.raises(TallyError):
                seat.member(session)  # type: ignore[arg-type]
    assert wire.seen == []


@everywhere
def test_a_stack_computes_with_what_its_facts_say(seat: Seat, parties: int) -> None:
    async def body(backend: Any, session: FakeSession) -> Any:
        del session
        return backend.facts, backend.parameters

    for facts, used in succeeded(run(seat, parties, body)):
        assert facts is seat.facts
        assert (used.backend, used.security_model, used.field, used.kappa) == (
            facts.name, facts.security_model, facts.field, facts.kappa,
        )  # fmt: skip
        assert used.threshold == threshold_of(parties) >= 1
        assert used.field == field.MODULUS


@everywhere
@pytest.mark.parametrize("outside", [0, 1])
def test_one_altered_share_of_an_opening_is_detected(seat: Seat, parties: int, outside: int) -> None:
    """By everyone it was told to; nobody takes a wrong value."""
    x = corners((6,), 1 << 30, np.random.default_rng(5))
    opening: list[bool] = []

    def tamper(sender: int, receiver: int, label: Any, data: bytes) -> bytes:
        del receiver, label
        return bytes([data[0] ^ 1]) + data[1:] if opening and sender == 1 else data

    async def body(backend: Any, session: FakeSession) -> Any:
        a = dealt(backend, session, x, 0)
        if session.pid < parties:
            await backend.settle(a)
        await asyncio.sleep(0.01)
        opening.append(True)
        return await backend.open(a, x.shape)

    found = run(seat, parties, body, outside=outside, wire=Wire(tamper))
    for place, result in enumerate(found):
        if place != 1:
            assert isinstance(result, TallyError | asyncio.CancelledError), (place, result)
    assert {r.code for r in found if isinstance(r, TallyError)} <= {"arrays.inconsistent_opening", "link.bad_payload"}
    assert any(isinstance(r, TallyError) for r in found)


class SlowWire(Wire):
    """Messages arrive when the event loop has turned a random number of times."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._turns = np.random.default_rng(seed)

    async def get(self, sender: int, receiver: int, label: Any) -> bytes:
        data = await super().get(sender, receiver, label)
        for _ in range(int(self._turns.integers(0, 6))):
            await asyncio.sleep(0)
        return data


def several(backend: Any, session: FakeSession) -> list[tuple[Any, tuple[int, ...]]]:
    """Operations issued at once, each with its shape: exact ones, so that every run opens the same."""
    x = corners((5, 3), 1 << 20, np.random.default_rng(6))
    a, b = dealt(backend, session, x, 0), dealt(backend, session, x[::-1], 2)
    product = backend.multiply(a, b, (5, 3), 1, 0, 1 << 41)
    return [
        (product, (5, 3)),
        (backend.at_least(a, (5, 3), np.array([0, 5]), 23), (2, 5, 3)),
        (backend.matmul(backend.transpose(a), b, (3, 3), 1, 0, 1 << 44), (3, 3)),
        (backend.is_zero(backend.subtract(a, b), (5, 3), 23), (5, 3)),
        (backend.sum(backend.add(product, a), 0), (3,)),
    ]


@everywhere
def test_what_opens_does_not_depend_on_when_messages_arrive(seat: Seat, parties: int) -> None:
    async def body(backend: Any, session: FakeSession) -> Any:
        return [(await backend.open(shares, shape)).tolist() for shares, shape in several(backend, session)]

    expected, *_ = succeeded(run(seat, parties, body))
    for seed in range(3):
        assert succeeded(run(seat, parties, body, wire=SlowWire(seed))) == [expected] * parties


@pytest.mark.parametrize(("seat", "parties"), KEEPING_SECRETS)
def test_no_message_of_a_run_is_that_of_another_run(seat: Seat, parties: int) -> None:
    """Keys and masks are fresh: not one message of four bytes or more comes twice."""

    async def body(backend: Any, session: FakeSession) -> Any:
        for shares, shape in several(backend, session):
            await backend.settle(shares)
            await backend.export(shares, shape)

    sent: list[set[bytes]] = []
    for _ in range(2):
        wire = Wire()
        succeeded(run(seat, parties, body, wire=wire))
        sent.append({data for *_, data in wire.seen if len(data) >= 4})
    assert sent[0]
    assert sent[0].isdisjoint(sent[1])


class Meter(Wire):
    """What is sent, and the longest chain of messages that waited for each other."""

    def __init__(self) -> None:
        super().__init__()
        self.depth: dict[int, int] = defaultdict(int)
        self._depths: dict[tuple[int, int, Any], deque[int]] = defaultdict(deque)

    def put(self, sender: int, receiver: int, label: Any, data: bytes) -> None:
        self._depths[sender, receiver, label].append(self.depth[sender] + 1)
        super().put(sender, receiver, label, data)

    async def get(self, sender: int, receiver: int, label: Any) -> bytes:
        data = await super().get(sender, receiver, label)
        self.depth[receiver] = max(self.depth[receiver], self._depths[sender, receiver, label].popleft())
        return data


N = 960
COSTED: dict[str, Callable[[Any, Any, Any], Any]] = {
    "multiply": lambda b, x, y: b.multiply(x, y, (N, 2), 1, 18, 1 << 40),
    "exact": lambda b, x, y: b.multiply(x, y, (N, 2), 1, 0, 1 << 40),
    "matmul": lambda b, x, y: b.matmul(b.transpose(x), y, (2, 2), 1, 18, 1 << 50),
    "truncate": lambda b, x, y: b.truncate(x, (N, 2), np.asarray(np.int64(3)), 18, 1 << 22),
    "compare": lambda b, x, y: b.at_least(x, (N, 2), np.array([0]), 60),
    "compare-few-bits": lambda b, x, y: b.at_least(x, (N, 2), np.array([0]), 24),
    "compare-several": lambda b, x, y: b.at_least(x, (N, 2), np.array([0, 5, -7]), 30),
    "equal": lambda b, x, y: b.is_zero(x, (N, 2), 60),
    "equal-few-bits": lambda b, x, y: b.is_zero(x, (N, 2), 22),
    "series": lambda b, x, y: b.sine_series(x, None, (N, 2), SERIES, 1 << 22),
    "clipped": lambda b, x, y: b.clipped(
        b.take(x, slice(0, 40)),
        b.transpose(b.take(y, slice(0, 40))),
        (40, 40),
        SERIES,
        Clip(20, 1 << 8, 1 << 17),
        1 << 45,
    ),
    "clipped line": lambda b, x, y: b.clipped(
        b.take(x, slice(0, 40)),
        b.transpose(b.take(y, slice(0, 40))),
        (40, 40),
        Line(20, 18),
        Clip(20, 1 << 8, 1 << 17),
        1 << 45,
    ),
    "steps": lambda b, x, y: b.step_functions(x, (N, 2), np.array([0, 5, 9]), np.array([[1, 2, 4], [7, -3, 0]]), 30),
    "shuffle": lambda b, x, y: b.shuffle(x, (N, 2)),
    "permute": lambda b, x, y: b.permute(x, (N, 2), 1, np.arange(N) if getattr(b, "pid", 1) == 1 else None),
}


@pytest.mark.parametrize("operation", COSTED)
@pytest.mark.parametrize("seat", [pytest.param(s, id=s.facts.name) for s in WITH_TOY.seats if s.counting is not None])
def test_a_plan_counts_the_rounds_and_bytes_of_what_really_goes_over_the_wire(seat: Seat, operation: str) -> None:
    """Rounds exactly; bytes of all parties together within 2 %."""
    parties, counting = seat.facts.least_parties, seat.counting
    assert counting is not None
    x = np.random.default_rng(7).integers(-(1 << 20), 1 << 20, (N, 2))
    shape, act = x.shape, COSTED[operation]
    wire, before = Meter(), [0]
    together = asyncio.Barrier(parties)

    async def body(backend: Any, session: FakeSession) -> Any:
        a, b = dealt(backend, session, x, 0), dealt(backend, session, x, 1)
        await backend.settle(a)
        await backend.settle(b)
        await backend.idle()
        await together.wait()
        wire.depth[session.pid], before[0], sent = 0, len(wire.seen), backend.traffic.bytes_sent
        counted = backend.traffic.rounds
        await together.wait()
        await backend.settle(act(backend, a, b))
        await backend.idle()
        return backend.traffic.bytes_sent - sent, backend.traffic.rounds - counted

    found = succeeded(run(seat, parties, body, wire=wire))
    planned = counting(0)
    a, b = (planned.restore(b"", shape) for _ in range(2))
    act(planned, a, b)
    sent = sum(len(data) for *_, data in wire.seen[before[0] :])
    assert sum(size for size, _ in found) == sent
    assert planned.traffic.rounds == max(wire.depth.values())
    assert {rounds for _, rounds in found} == {planned.traffic.rounds}
    assert planned.traffic.bytes_sent * parties == pytest.approx(sent, rel=0.02)


@everywhere
def test_a_stack_counts_what_it_sends(seat: Seat, parties: int) -> None:
    wire = Wire()

    async def body(backend: Any, session: FakeSession) -> Any:
        for shares, shape in several(backend, session):
            await backend.open(shares, shape)
        await backend.idle()
        return backend.traffic.bytes_sent

    assert sum(succeeded(run(seat, parties, body, outside=1, wire=wire))) == sum(len(data) for *_, data in wire.seen)
