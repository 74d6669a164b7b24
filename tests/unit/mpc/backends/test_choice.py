"""Owners outside the committee: their inputs arrive, openings reach them, and whoever lies on either way is caught."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.arrays import dealing, field
from mpc.arrays.interface import SecureArray, concatenate, constant, share, where
from mpc.backends.choice import backend_for
from mpc.backends.ghost import GhostBackend
from mpc.backends.seat import RunningBackend
from mpc.programs.features.standardize.description import PROGRAM as FEATURE_STANDARDIZE
from mpc.workflow.context import StepContext
from mpc.workflow.program import Disclosure, Program
from protocol.errors import TallyError
from protocol.programs import Words
from tests.unit.mpc.simulation import FakeSession, Wire, run_sessions

COMMITTEES = {3: ("c1", "c2", "c3"), 5: ("c1", "c2", "c3", "c4", "c5")}
OUTSIDE = ("zoe", "zed")


def run(
    body: Callable[[RunningBackend, FakeSession], Any], *, parties: int = 3, wire: Wire | None = None
) -> dict[str, Any]:
    """Each party's result or exception, by name."""

    async def party(session: FakeSession) -> Any:
        backend = backend_for(session)
        try:
            found = await body(backend, session)
            await backend.idle()
            return found
        finally:
            await backend.cancel()

    names = (*COMMITTEES[parties], *OUTSIDE)
    results = run_sessions(names, party, wire=wire, threshold=(parties - 1) // 2, outside=2)
    return dict(zip(names, results, strict=True))


def dealt(backend: RunningBackend, session: FakeSession, values: Any, owner: str) -> SecureArray:
    place = session.names.index(owner)
    own = values if session.pid == place else None
    return share(backend, own, shape=np.shape(values), owner=place, fraction_bits=18, limit=16)


async def shown(array: SecureArray) -> Any:
    raw = await array.backend.open(array.shares, array.shape)
    return np.ldexp(raw.astype(np.float64), -array.fraction_bits)


@pytest.mark.parametrize("parties", [3, 5])
def test_outside_inputs_meet_inside_ones_and_everyone_sees_what_opens(parties: int) -> None:
    rng = np.random.default_rng(3)
    x, y, z = rng.uniform(-4, 4, (3, 4)), rng.uniform(-4, 4, (4, 2)), rng.uniform(-4, 4, (3, 2))

    async def body(backend: RunningBackend, session: FakeSession) -> Any:
        a, b, c = (dealt(backend, session, v, o) for v, o in ((x, "zoe"), (y, "c2"), (z, "zed")))
        product = a @ b + c * 0.5
        larger = where(product < c, product, c)
        both = concatenate([product, larger.reshape(3, 2)], axis=1)[1:].T
        first = await shown(both)
        second = await shown((both - 1).sum(axis=0))
        assert await backend.export(product.shares, product.shape) == b"" or session.pid < parties
        return first, second

    product = x @ y + z * 0.5
    expected = np.concatenate([product, np.minimum(product, z)], axis=1)[1:].T
    for result in run(body, parties=parties).values():
        first, second = result
        assert np.abs(first - expected).max() < 1e-4
        assert np.abs(second - (expected - 1).sum(axis=0)).max() < 1e-3


def test_an_outside_owner_holds_a_ghost_and_reports_the_committees_backend() -> None:
    async def body(backend: RunningBackend, session: FakeSession) -> Any:
        return type(backend) is GhostBackend, backend.parameters, backend.headroom

    results = run(body)
    assert [ghost for ghost, _, _ in results.values()] == [False] * 3 + [True] * 2
    assert len({(name, headroom) for _, name, headroom in results.values()}) == 1


def _polynomials(change: Callable[[int, bytes], bytes]) -> Wire:
    """Zoe's first input, changed on its way to each compute party."""

    def tamper(sender: int, receiver: int, label: Any, data: bytes) -> bytes:
        return change(receiver, data) if (sender, label) == (3, "share/1") else data

    return Wire(tamper)


def _bent(receiver: int, data: bytes) -> bytes:
    values = field.decode(data, (4,))
    values[2] = (values[2] + (receiver == 1)) % field.MODULUS
    return field.encode(values)


def _other_line(receiver: int, data: bytes) -> bytes:
    return field.encode(field.objects([receiver + 1, 2, 3, (receiver + 1) ** 2]))


@pytest.mark.parametrize(
    "change",
    [
        _bent,
        _other_line,
        lambda r, d: d[:-1] if r == 2 else d,
        lambda r, d: b"" if r == 0 else d,
        lambda r, d: d + d if r == 1 else d,
        lambda r, d: b"\xff" * len(d) if r == 1 else d,
        lambda r, d: field.MODULUS.to_bytes(13, "little") + d[13:],
        lambda r, d: (2**104 - 1).to_bytes(13, "little") + d[13:],
        lambda r, d: (b"\x07" * len(d)) if r == 1 else d,
    ],
    ids=["one-off", "parabola", "short", "empty", "long", "ones", "modulus", "second-zero", "garbage"],
)
def test_an_owner_that_deals_no_sharing_is_refused_by_name(change: Any) -> None:
    async def body(backend: RunningBackend, session: FakeSession) -> Any:
        a = dealt(backend, session, np.arange(4.0), "zoe")
        return None if session.pid >= 3 else (await a.settled()).shape

    results = run(body, wire=_polynomials(change))
    blamed = [r.details["peer"] for r in results.values() if isinstance(r, TallyError)]
    assert blamed
    assert set(blamed) == {"zoe"}


def test_a_line_the_owner_shifts_is_only_another_input() -> None:
    """Consistent shares of something else are an owner's right: nothing tells them from its data."""

    def shifted(receiver: int, data: bytes) -> bytes:
        values = field.decode(data, (4,))
        return field.encode(field.objects((values + 2**18 * (1 + 5 * (receiver + 1))) % field.MODULUS))

    async def body(backend: RunningBackend, session: FakeSession) -> Any:
        return await shown(dealt(backend, session, np.arange(4.0), "zoe"))

    for result in run(body, wire=_polynomials(shifted)).values():
        assert result.tolist() == [1.0, 2.0, 3.0, 4.0]


def _lie(change: Callable[[bytes], bytes]) -> Wire:
    def tamper(sender: int, receiver: int, label: Any, data: bytes) -> bytes:
        return change(data) if (sender, receiver, label) == (1, 4, "open/1") else data

    return Wire(tamper)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: bytes([d[0] ^ 1]) + d[1:], "arrays.inconsistent_opening"),
        (lambda d: field.encode((field.decode(d, (3,)) + 5) % field.MODULUS), "arrays.inconsistent_opening"),
        (lambda d: d[:-1], "link.bad_payload"),
        (lambda d: b"\xff" * len(d), "link.bad_payload"),
    ],
)
def test_a_compute_party_that_lies_to_an_outside_owner_is_detected(change: Any, code: str) -> None:
    async def body(backend: RunningBackend, session: FakeSession) -> Any:
        return await shown(dealt(backend, session, np.arange(3.0), "c1"))

    results = run(body, wire=_lie(change))
    assert results["zed"].code == code
    if code == "link.bad_payload":
        assert results["zed"].details["peer"] == "c2"


@pytest.mark.parametrize("bad", [np.nan, np.inf, 17.0])
def test_an_outside_owner_refuses_its_own_bad_values_before_dealing(bad: float) -> None:
    wire = Wire()

    async def body(backend: RunningBackend, session: FakeSession) -> Any:
        if session.names[session.pid] == "zoe":
            dealt(backend, session, np.array([1.0, bad]), "zoe")

    results = run(body, wire=wire)
    assert results["zoe"].code in ("arrays.not_finite", "arrays.out_of_range")
    assert wire.seen == []


def test_what_an_owner_deals_tells_one_compute_party_nothing() -> None:
    """Shares of two very different inputs look alike at one party: uniform over the field, by their top byte."""
    tops: list[Any] = []
    for level in (0.0, 15.9):
        data = field.encode(dealing.deal(np.full(20_000, round(level * 2**18)), 3, 1)[1])
        tops.append(np.bincount(np.frombuffer(data, np.uint8)[12::13] >> 4, minlength=16))
    for counts in tops:
        assert ((counts - 1250) ** 2 / 1250).sum() < 50  # 15 degrees of freedom: p < 1e-5


@settings(max_examples=30)
@given(
    st.lists(st.integers(-(2**61), 2**61), min_size=1, max_size=5),
    st.sampled_from([(3, 1), (5, 2), (7, 3), (4, 1)]),
    st.data(),
)
def test_dealing_and_opening_agree_with_the_integers(
    values: list[int], committee: tuple[int, int], data: st.DataObject
) -> None:
    parties, degree = committee
    shares = dict(enumerate(dealing.deal(np.array(values, np.int64), parties, degree)))
    assert dealing.opened(shares, degree).tolist() == values
    chosen = data.draw(st.permutations(range(parties)))[: degree + 1]
    recombined = field.signed(dealing.recombine({party: shares[party] for party in chosen}, 0))
    assert recombined.tolist() == values
    liar, place = data.draw(st.integers(0, parties - 1)), data.draw(st.integers(0, len(values) - 1))
    shares[liar] = shares[liar].copy()
    shares[liar][place] = (shares[liar][place] + data.draw(st.integers(1, field.MODULUS - 1))) % field.MODULUS
    assert not dealing.consistent(shares, degree)


def _context(session: FakeSession, backend: RunningBackend, *disclosures: str) -> StepContext:
    declared = tuple(Disclosure(name, "everyone", Words(name, name)) for name in disclosures)
    fields = {name: getattr(FEATURE_STANDARDIZE, name) for name in Program.__slots__}
    program = Program(**{**fields, "disclosures": declared})
    return StepContext(session, backend, program, "step", {}, {}, frozenset(), 0)


def test_reveal_opens_what_is_declared_to_everyone_and_counts_it() -> None:
    async def body(backend: RunningBackend, session: FakeSession) -> Any:
        context = _context(session, backend, "weights")
        array = dealt(backend, session, np.array([[1.5, -2.25]]), "zed")
        values = await context.reveal("weights", array)
        await context.reveal("weights", array[:, :1])
        return values.tolist(), dict(context.disclosed)

    for result in run(body).values():
        assert result == ([[1.5, -2.25]], {"weights": 3})


def test_reveal_refuses_what_is_not_declared_before_anything_is_sent() -> None:
    wire = Wire()

    async def body(backend: RunningBackend, session: FakeSession) -> Any:
        await _context(session, backend, "sizes").reveal("weights", constant(backend, np.ones(2), 0))

    results = run(body, wire=wire)
    assert {result.code for result in results.values()} == {"program.undeclared_disclosure"}
    assert wire.seen == []
