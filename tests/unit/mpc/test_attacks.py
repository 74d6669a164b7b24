"""Attacks on every operation of secure arrays, on both backends: what a compute party may send in place of its messages.

Malformed messages (pickles among them) end the run in their sender's name, messages of another run and altered shares in openings
void it. An altered message inside a product or a comparison has no redundancy (docs/active-security.md): the parties then
either notice or agree on one value, and never hold different ones.
"""

import asyncio
import pickle
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import numpy as np
import pytest

from mpc.arrays import field
from mpc.arrays.backend import SineSeries
from mpc.arrays.interface import SecureArray, constant, share, where
from mpc.backends.choice import opened as opened_seat
from mpc.functions.order import sort
from mpc.programs.features.select.description import PROGRAM as FEATURE_SELECT
from mpc.workflow.context import StepContext
from protocol.errors import FormatError, TallyError
from tests.alike import some
from tests.unit.mpc.simulation import SEATS, FakeSession, Wire, opened, run_sessions

both = pytest.mark.parametrize("kind", some(["fast", "mpyc"], always=(0,)))
X = np.array([1.5, -2.0, 0.25])
SERIES = SineSeries(18 + 4, (0.5, -0.25), 18)
CHEATER = 1
VOID = {"arrays.inconsistent_opening", "arrays.opened_out_of_range", "functions.no_order", "link.bad_payload"}


def dealt(backend: Any) -> SecureArray:
    own = X if getattr(backend, "pid", None) == CHEATER else None
    return share(backend, own, shape=X.shape, owner=CHEATER, fraction_bits=18, limit=4)


async def shuffled(a: SecureArray) -> SecureArray:
    return a.shuffled()


async def permuted(a: SecureArray) -> SecureArray:
    return a.permuted(CHEATER, np.array([2, 0, 1]) if getattr(a.backend, "pid", None) == CHEATER else None)


async def ordered(a: SecureArray) -> SecureArray:
    return (await sort(a))[0]


async def released(a: SecureArray) -> SecureArray:
    data = await a.backend.export(a.shares, a.shape)
    return SecureArray(a.backend, a.backend.restore(data, a.shape), a.shape, a.fraction_bits, a.bound)


def at_once(function: Callable[[SecureArray], SecureArray]) -> Callable[[SecureArray], Awaitable[SecureArray]]:
    async def run(a: SecureArray) -> SecureArray:
        return function(a)

    return run


OPERATIONS: dict[str, Callable[[SecureArray], Awaitable[SecureArray]]] = {
    "share and open": at_once(lambda a: a),
    "product": at_once(lambda a: a * a),
    "exact product": at_once(lambda a: a.multiply(a, fraction_bits=36)),
    "matrix product": at_once(lambda a: a.reshape(3, 1) @ a.reshape(1, 3)),
    "truncation": at_once(lambda a: a.rescaled(4)),
    "comparison": at_once(lambda a: a < 0.25),
    "equality": at_once(lambda a: a == 0.25),
    "choice": at_once(lambda a: where(a >= 0, a, -a)),
    "sine series": at_once(lambda a: a.sine_series(SERIES)),
    "sine of a product": at_once(lambda a: a.reshape(3, 1).matmul_sine(a[:1], SERIES)),
    "shuffle": shuffled,
    "permutation": permuted,
    "sort": ordered,
    "release": released,
}
RAN: list[str] = []


def ran() -> None:
    """What a hostile pickle calls."""
    RAN.append("code of a peer")


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return ran, ()


PICKLE = pickle.dumps(Evil())


async def values(backend: Any, name: str) -> Any:
    found = await opened(await OPERATIONS[name](dealt(backend)))
    await backend.idle()
    return found


def outcomes(name: str, kind: Any, wire: Wire) -> list[Any]:
    """Each party's value or exception; None where another party's end came first. As links do, a refusal ends the run."""
    over: list[asyncio.Event] = []

    async def party(session: FakeSession) -> Any:
        over[:] = over or [asyncio.Event()]
        refused: list[Exception] = []

        def refuse(peer: str, what: str) -> Exception:
            refused.append(FormatError("link.bad_payload", what, "", peer=peer))
            over[0].set()
            return refused[0]

        session.refuse = refuse  # type: ignore[method-assign]
        backend = SEATS[kind].member(session)
        work, end = asyncio.ensure_future(values(backend, name)), asyncio.ensure_future(over[0].wait())
        try:
            await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
            if refused:
                raise refused[0]
            if work.done():
                return work.result()
            return None
        except Exception:
            over[0].set()
            raise
        finally:
            work.cancel()
            end.cancel()
            await backend.cancel()

    return run_sessions(("party-0", "party-1", "party-2"), party, wire=wire)


def errors_of(results: list[Any]) -> list[Exception]:
    return [found for found in results if isinstance(found, Exception)]


def honest(name: str, kind: Any) -> list[tuple[int, int, Any, bytes]]:
    wire = Wire()
    assert all(isinstance(found, np.ndarray) for found in outcomes(name, kind, wire))
    return wire.seen


def in_place_of(message: tuple[int, int, Any, bytes], change: Callable[[bytes], bytes]) -> Wire:
    """A wire that changes the message with this one's sender, receiver and label."""
    return Wire(lambda s, r, label, d: change(d) if (s, r, label) == message[:3] else d)


def of_cheater(seen: list[tuple[int, int, Any, bytes]], most: int) -> Iterator[tuple[int, int, Any, bytes]]:
    """The cheater's messages, about so many of them, spread over the run."""
    own = [message for message in seen if message[0] == CHEATER]
    yield from own[:: max(1, len(own) // most)]


@both
@pytest.mark.parametrize("name", OPERATIONS)
def test_pickles_and_other_malformed_payloads_run_nothing_and_name_their_sender(name: str, kind: Any) -> None:
    RAN.clear()
    changes: list[Callable[[bytes], bytes]] = [
        lambda _: PICKLE,
        lambda d: d[:-1],
        lambda d: PICKLE[: len(d)].ljust(len(d) + 1, b"."),
        lambda _: b"",
        lambda d: d * 2,
    ]
    for place, message in enumerate(of_cheater(honest(name, kind), 8 if kind == "fast" else 4)):
        for change in (changes[0], changes[1 + place % 4]):
            errors = errors_of(outcomes(name, kind, in_place_of(message, change)))
            assert errors
            for error in errors:
                assert isinstance(error, FormatError)
                assert (error.code, error.details["peer"]) == ("link.bad_payload", "party-1")
    assert RAN == []


@both
@pytest.mark.parametrize("name", OPERATIONS)
def test_elements_beyond_the_modulus_are_refused_in_every_operation(name: str, kind: Any) -> None:
    """p itself and the largest 13 bytes: second representations of 0 and of 16."""
    found = 0
    for message in of_cheater(honest(name, kind), 8 if kind == "fast" else 4):
        if len(message[3]) % 13 or len(message[3]) % 8 == 0:
            continue  # words of bits and eight-byte factors: every pattern is a value
        for high in (field.MODULUS, 2**104 - 1):
            wire = in_place_of(message, lambda d, high=high: high.to_bytes(13, "little") + d[13:])
            errors = errors_of(outcomes(name, kind, wire))
            assert errors
            assert {error.code for error in errors if isinstance(error, TallyError)} == {"link.bad_payload"}
            found += 1
    assert found


def flipped(data: bytes) -> bytes:
    """Another valid message: the first element plus one, or another word."""
    if len(data) % 13 == 0:
        return ((int.from_bytes(data[:13], "little") + 1) % field.MODULUS).to_bytes(13, "little") + data[13:]
    return bytes([data[0] ^ 1]) + data[1:]


@both
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_altered_message_voids_the_run_or_all_agree(name: str, kind: Any) -> None:
    """Whoever sends it, whatever it belongs to; a plain opening is always voided."""
    seen = honest(name, kind)
    codes: set[str] = set()
    for message in seen[:: max(1, len(seen) // (18 if kind == "fast" else 9))]:
        results = outcomes(name, kind, in_place_of(message, flipped))
        errors = errors_of(results)
        assert all(isinstance(error, TallyError) and error.code in VOID for error in errors), (message[:3], errors)
        codes |= {error.code for error in errors if isinstance(error, TallyError)}
        if not errors:
            assert name not in ("share and open", "release")
            assert all(np.array_equal(found, results[0]) for found in results[1:]), message[:3]
    assert codes  # openings at least


@both
@pytest.mark.parametrize("name", OPERATIONS)
def test_messages_of_another_run_void_this_one(name: str, kind: Any) -> None:
    """The links refuse replayed frames; if they did not, keys of this run would not fit what they carried."""
    old = {message[:3]: message[3] for message in honest(name, kind) if message[0] == CHEATER}
    assert old
    errors = errors_of(outcomes(name, kind, Wire(lambda s, r, label, d: old.get((s, r, label), d))))
    assert errors
    assert all(isinstance(error, TallyError) and error.code in VOID for error in errors)


# -- one wrong share of its own, in each kind of opening -----------------------------------------------------------


def bent(a: SecureArray) -> SecureArray:
    """The cheater's share is off by one; the others' are not."""
    if getattr(a.backend, "pid", None) != CHEATER:
        return a
    shares = a.backend.add_public(a.shares, np.ones(a.shape, dtype=np.int64))
    return SecureArray(a.backend, shares, a.shape, a.fraction_bits, a.bound)


async def of_a_program(backend: Any, session: FakeSession) -> Any:
    context = StepContext(session, backend, FEATURE_SELECT, "step", {}, {}, frozenset(), 0)
    return await context.reveal(FEATURE_SELECT.disclosures[0].name, bent(dealt(backend)))


async def of_a_product(backend: Any, _: FakeSession) -> Any:
    a = dealt(backend)
    return await opened(bent(await (a * a).settled()))


async def of_a_public_number(backend: Any, _: FakeSession) -> Any:
    return await opened(bent(constant(backend, X, 18)))


OPENINGS = {
    "disclosed by a program": of_a_program,
    "a truncated product": of_a_product,
    "a public number": of_a_public_number,
}


@both
@pytest.mark.parametrize("name", OPENINGS)
def test_a_wrong_share_in_any_opening_is_detected_by_the_committee_and_by_owners_outside(name: str, kind: Any) -> None:
    async def party(session: FakeSession) -> Any:
        backend: Any = opened_seat(SEATS[kind], session)  # type: ignore[arg-type]
        try:
            return await OPENINGS[name](backend, session)
        finally:
            await backend.cancel()

    for place, found in enumerate(run_sessions(("p0", "p1", "p2", "owner"), party, outside=1)):
        if place != CHEATER:
            assert isinstance(found, TallyError), (place, found)
            assert found.code == "arrays.inconsistent_opening"
