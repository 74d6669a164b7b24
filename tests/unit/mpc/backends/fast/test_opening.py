"""Openings, releases and inputs under attack: every altered, malformed, replayed or out-of-range message ends the run."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mpc.arrays import dealing, field
from mpc.arrays.backend import SineSeries
from mpc.backends.choice import opened
from mpc.backends.fast.backend import FastBackend
from mpc.backends.fast.seat import SEAT
from protocol.errors import FormatError, RefusedError, TallyError, VerificationError
from tests.unit.mpc.backends.fast.fast_runs import dealt, run, small_chunks
from tests.unit.mpc.simulation import FakeSession, Wire, run_sessions

P = field.MODULUS
X = np.array([3, -4, 5, 0])


async def shown(backend: FastBackend) -> Any:
    return await backend.open(backend.constant(X), X.shape)


def altered(place: int) -> Callable[[bytes], bytes]:
    """The next canonical element in one place."""

    def change(data: bytes) -> bytes:
        at = place * 13 % len(data)
        value = (int.from_bytes(data[at : at + 13], "little") + 1) % P
        return data[:at] + value.to_bytes(13, "little") + data[at + 13 :]

    return change


def hit(number: int, change: Callable[[bytes], bytes]) -> Wire:
    """A wire that changes the ``number``-th message of the run."""
    count = iter(range(1 << 30))
    return Wire(lambda sender, receiver, label, data: change(data) if next(count) == number else data)


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("place", [0, 3])
def test_one_altered_share_of_an_opening_is_detected(number: int, place: int) -> None:
    """Six messages: everyone's shares to the next party, and their combination to the one before."""
    with pytest.raises(VerificationError, match=r"arrays\.inconsistent_opening"):
        run(shown, hit(number, altered(place)))


def test_an_opening_sends_six_messages_and_its_cost_is_counted() -> None:
    wire = Wire()

    async def body(backend: FastBackend) -> Any:
        assert (await shown(backend) == X).all()
        return backend.traffic.bytes_sent, backend.traffic.elements_opened

    assert run(body, wire) == [(13 * X.size + 13, X.size)] * 3
    assert len(wire.seen) == 6


def test_a_cheater_who_knows_all_its_own_messages_cannot_balance_an_error() -> None:
    """Errors that cancel in a plain sum do not cancel under weights the cheater does not know."""

    def change(data: bytes) -> bytes:
        values = field.decode(data, (4,))
        return field.encode((values + np.array([1, -1, 2, -2], dtype=object)) % P)

    with pytest.raises(VerificationError, match=r"arrays\.inconsistent_opening"):
        run(shown, Wire(lambda s, r, label, d: change(d) if (s, r) == (1, 2) and len(d) == 52 else d))


@pytest.mark.parametrize("chunk", [0, 1, 2])
def test_an_altered_share_in_any_message_of_a_long_opening_is_detected(chunk: int, monkeypatch: Any) -> None:
    small_chunks(monkeypatch)
    seen = iter(range(1 << 30))

    def tamper(sender: int, receiver: int, label: Any, data: bytes) -> bytes:
        whole = (sender, receiver) == (0, 1) and len(data) > 13
        return altered(5)(data) if whole and next(seen) == chunk else data

    async def body(backend: FastBackend) -> Any:
        return await backend.open(backend.constant(np.arange(150)), (150,))

    with pytest.raises(VerificationError, match=r"arrays\.inconsistent_opening"):
        run(body, Wire(tamper))


OPERATIONS: dict[str, Callable[[FastBackend], Any]] = {
    "share": lambda b: dealt(b, X, 1),
    "multiply": lambda b: b.multiply(b.constant(X), b.constant(X), X.shape, 1, 2, 100),
    "compare": lambda b: b.at_least(b.constant(X), X.shape, np.array([1, 2]), 30),
    "is_zero": lambda b: b.is_zero(b.constant(X), X.shape, 30),
    "sine": lambda b: b.sine_series(b.constant(X), None, X.shape, SineSeries(10, (0.5, 0.1), 18), 100),
    "precise sine": lambda b: b.sine_series(b.constant(X), None, X.shape, SineSeries(10, (0.5, 0.1), 30), 100),
    "shuffle": lambda b: b.shuffle(b.constant(X), X.shape),
    "open": lambda b: None,
}  # fmt: skip


async def one_operation(backend: FastBackend, name: str) -> None:
    shares = OPERATIONS[name](backend)
    if shares is None:
        await shown(backend)
    else:
        await backend.settle(shares)
    await backend.idle()


def messages(name: str) -> list[tuple[int, int, Any, bytes]]:
    wire = Wire()
    run(lambda backend: one_operation(backend, name), wire)
    return wire.seen


def first_like(message: tuple[int, int, Any, bytes], change: Callable[[bytes], bytes]) -> Wire:
    """A wire that changes the first message with this one's sender, receiver and label."""
    hits = iter([True])
    return Wire(lambda s, r, label, d: change(d) if (s, r, label) == message[:3] and next(hits, False) else d)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_message_of_the_wrong_length_or_beyond_the_modulus_names_its_sender(name: str) -> None:
    seen = messages(name)
    assert seen
    for place, (sender, _, label, data) in enumerate(seen):
        changes = [(lambda d: d[:-1], lambda d: d + b"\0", lambda d: b"")[place % 3]]
        if len(data) % 13 == 0 and len(data) % 8:
            changes.append(lambda d: d[:-13] + P.to_bytes(13, "little"))
        for change in changes:
            wire = first_like(seen[place], change)
            with pytest.raises(FormatError, match=r"link\.bad_payload") as caught:
                run(lambda backend: one_operation(backend, name), wire)
            assert caught.value.details["peer"] == f"party-{sender}", label


def test_a_replayed_opening_of_another_run_is_detected() -> None:
    """The links refuse it first (another TLS session); if they did not, the shares would not fit."""

    async def body(backend: FastBackend) -> Any:
        shares = dealt(backend, X, 1)
        return await backend.open(backend.multiply(shares, shares, X.shape, 1, 0, 100), X.shape)

    first = Wire()
    assert all((found == X * X).all() for found in run(body, first))
    old = {(s, r, label): data for s, r, label, data in first.seen if r == 2}
    with pytest.raises(VerificationError, match=r"arrays\.(inconsistent_opening|opened_out_of_range)"):
        run(body, Wire(lambda s, r, label, d: old.get((s, r, label), d)))


def test_an_altered_message_of_a_product_cannot_pass_its_range_unnoticed_when_opened() -> None:
    """A masked message has no redundancy; that it was altered shows once the result leaves its range."""

    async def body(backend: FastBackend) -> Any:
        a = backend.multiply(backend.constant(X), backend.constant(X), X.shape, 1, 0, 100)
        await backend.settle(a)
        return await backend.open(a, X.shape)

    def change(data: bytes) -> bytes:
        return field.encode((field.decode(data, X.shape) + (1 << 90)) % P)

    with pytest.raises(VerificationError, match=r"arrays\.(inconsistent_opening|opened_out_of_range)"):
        run(body, hit(0, change))


@pytest.mark.parametrize("value", [1 << 62, -(1 << 62), (1 << 62) + 5, 1 << 80])
def test_opened_values_beyond_62_bits_void_the_run(value: int) -> None:
    async def body(backend: FastBackend) -> Any:
        wide = backend.scale(backend.constant(np.array([1 << 40])), np.int64(1 << 40 if value == 1 << 80 else 1))
        if value != 1 << 80:
            half = backend.constant(np.array([value // 2]))
            wide = backend.add(half, backend.constant(np.array([value - value // 2])))
        return await backend.open(wide, (1,))

    with pytest.raises(VerificationError, match=r"arrays\.opened_out_of_range"):
        run(body)


def test_the_largest_values_open() -> None:
    x = np.array([(1 << 62) - 1, 1 - (1 << 62), 0])

    async def body(backend: FastBackend) -> Any:
        return await backend.open(backend.constant(x), x.shape)

    assert all((found == x).all() for found in run(body))


def test_exports_are_fresh_lines_through_the_same_values_and_can_be_restored() -> None:
    async def body(backend: FastBackend) -> Any:
        a = dealt(backend, X)
        first, second = await backend.export(a, X.shape), await backend.export(a, X.shape)
        restored = await backend.open(backend.restore(first, X.shape), X.shape)
        assert (restored == X).all()
        return first, second, backend.pid

    results = run(body)
    for copy in range(2):
        shares = {pid: field.decode(found[copy], X.shape) for *found, pid in results}
        assert (dealing.opened(shares, 1) == X).all()
    slopes = [(field.decode(results[1][c], X.shape) - field.decode(results[0][c], X.shape)) % P for c in range(2)]
    assert (slopes[0] != slopes[1]).all()
    with pytest.raises(FormatError):
        run(lambda backend: backend.settle(backend.restore(b"\0" * 12, (1,))))


NAMES = ("party-0", "party-1", "party-2", "zoe", "zed")


def with_outside(body: Callable[[Any, FakeSession], Any], wire: Wire | None = None) -> list[Any]:
    async def party(session: FakeSession) -> Any:
        backend: Any = opened(SEAT, session)
        try:
            found = await body(backend, session)
            await backend.idle()
            return found
        finally:
            await backend.cancel()

    return run_sessions(NAMES, party, wire=wire, outside=2)


async def from_outside(backend: Any, session: FakeSession) -> Any:
    a = backend.share(X if session.pid == 3 else None, X.shape, 3)
    b = backend.share(X + 1 if session.pid == 4 else None, X.shape, 4)
    return await backend.open(backend.multiply(a, b, X.shape, 1, 0, 100), X.shape)


def test_outside_owners_deal_and_see_what_opens() -> None:
    for found in with_outside(from_outside):
        assert (found == X * (X + 1)).all()


@pytest.mark.parametrize("sender", [0, 1, 2])
def test_an_outside_owner_detects_an_altered_share(sender: int) -> None:
    wire = Wire(lambda s, r, label, d: altered(1)(d) if (s, r) == (sender, 3) else d)
    found = with_outside(from_outside, wire)
    assert isinstance(found[3], VerificationError)
    assert found[3].code == "arrays.inconsistent_opening"


@pytest.mark.parametrize("receiver", [0, 1, 2])
def test_an_outside_owner_that_deals_no_sharing_is_refused_by_name(receiver: int) -> None:
    wire = Wire(lambda s, r, label, d: altered(2)(d) if (s, r) == (4, receiver) else d)
    found = with_outside(from_outside, wire)
    for result in found[:3]:
        assert isinstance(result, TallyError)
        assert (result.code, result.details["peer"]) == ("link.bad_payload", "zed")


@pytest.mark.parametrize("change", [lambda d: d[:-1], lambda d: d + d, lambda d: b"\xff" * len(d)], ids=range(3))
def test_a_malformed_outside_input_names_its_owner(change: Any) -> None:
    found = with_outside(from_outside, Wire(lambda s, r, label, d: change(d) if (s, r) == (3, 1) else d))
    assert isinstance(found[1], FormatError)
    assert found[1].details["peer"] == "zoe"


@pytest.mark.parametrize("size", [0, 15, 17])
def test_a_coin_of_the_wrong_size_names_its_sender(size: int) -> None:
    wire = Wire(lambda s, r, label, d: bytes(size) if s == 2 and len(d) == 16 else d)

    async def body(backend: FastBackend) -> Any:
        return await backend.export(backend.constant(X), X.shape)

    with pytest.raises(FormatError, match=r"link\.bad_payload") as caught:
        run(body, wire)
    assert caught.value.details["peer"] == "party-2"


def test_a_protocol_that_draws_a_nonce_twice_fails_the_operation() -> None:
    async def body(backend: FastBackend) -> None:
        operation = backend._party.operation()
        backend._party.operation = lambda: operation  # type: ignore[method-assign]
        a = backend.constant(X)
        backend.multiply(a, a, X.shape, 1, 2, 100)
        await backend.settle(backend.multiply(a, a, X.shape, 1, 2, 100))

    with pytest.raises(RefusedError, match=r"fast\.nonce_reuse"):
        run(body)
