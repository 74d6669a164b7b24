"""Secure arrays of both backends against numpy and Python integers, all parties in one process; and what only mpyc has."""

import asyncio
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mpc.arrays import field
from mpc.arrays.interface import SecureArray, concatenate, constant, share, where
from mpc.backends.mpyc.backend import MpycBackend
from mpc.functions.extremes import maximum
from protocol.errors import FormatError, RangeError, TallyError, VerificationError
from tests.unit.mpc.simulation import FakeRuntime, FakeSession, Wire, fresh_keys, opened, run_arrays

F = 18
ULP = 2.0**-F
COMMITTEES = [("mpyc", 3, 1), ("mpyc", 4, 1), ("mpyc", 5, 2), ("fast", 3, 1)]
both = pytest.mark.parametrize("kind", ["mpyc", "fast"])
numbers = hnp.arrays(np.float64, hnp.array_shapes(max_dims=2, max_side=4), elements=st.floats(-16, 16, width=32))


def dealt(backend: Any, values: Any, owner: int = 0, *, bits: int = F, limit: float = 16) -> SecureArray:
    values = np.asarray(values)
    own = values if backend.pid == owner else None
    return share(backend, own, shape=values.shape, owner=owner, fraction_bits=bits, limit=limit)


def check(body: Any, kind: Any, parties: int = 3, threshold: int = 1) -> list[Any]:
    return run_arrays(body, parties=parties, threshold=threshold, kind=kind)


@pytest.mark.parametrize(("kind", "parties", "threshold"), COMMITTEES)
def test_products_stay_within_the_stated_slack(kind: Any, parties: int, threshold: int) -> None:
    rng = np.random.default_rng(parties)
    x, y = np.round(rng.uniform(-16, 16, (2, 40, 6)) / ULP) * ULP

    async def body(backend: Any) -> None:
        a, b = dealt(backend, x), dealt(backend, y, 1)
        slack = backend.headroom.slack * ULP
        error = await opened(a * b) - x * y
        assert np.abs(error).max() <= slack
        assert abs(error.mean()) < 0.2 * ULP  # centred: the expected carry is taken off
        assert np.abs(await opened(a.T @ b) - x.T @ y).max() <= slack
        assert np.abs(await opened((a @ b.T)[:3]) - (x @ y.T)[:3]).max() <= slack
        assert np.abs(await opened(a * 0.37) - x * 0.37).max() <= slack + 16 * 2**-24
        assert np.abs(await opened(a.rescaled(4)) - x).max() <= backend.headroom.slack / 16

    check(body, kind, parties, threshold)


@both
@settings(max_examples=12)
@given(numbers, st.integers(-9, 9), st.floats(-5, 5, width=16))
def test_linear_operations_equal_numpy(kind: Any, x: Any, whole: int, real: float) -> None:
    x = np.round(x / ULP) * ULP
    real = round(real / ULP) * ULP

    async def body(backend: Any) -> None:
        a = dealt(backend, x)
        for got, expected in (
            (a + a, x + x), (a - real, x - real), (real - a, real - x), (-a, -x), (a * whole, x * whole),
            (a.T, x.T), (a.reshape(-1), x.reshape(-1)), (a[0], x[0]), (a[..., -1:], x[..., -1:]),
            (a.sum(), x.sum()), (a.sum(axis=0), x.sum(axis=0)), (concatenate([a, a]), np.concatenate([x, x])),
            (a.rescaled(F + 3), x), (a.shifted_down(2), x / 4), (constant(backend, x, F) + a, x + x),
        ):  # fmt: skip
            assert got.shape == expected.shape
            assert np.array_equal(await opened(got), expected)

    check(body, kind)


@both
@settings(max_examples=6)
@given(
    st.lists(st.integers(-(2**10), 2**10), min_size=1, max_size=6),
    st.lists(st.integers(-(2**10), 2**10), min_size=1, max_size=9, unique=True),
)
def test_comparisons_equal_python(kind: Any, values: list[int], thresholds: list[int]) -> None:
    x = np.array(values)

    async def body(backend: Any) -> None:
        a = dealt(backend, x, bits=0, limit=2**10)
        assert np.array_equal(await opened(a.at_least(thresholds)), x[None, :] >= np.array(thresholds)[:, None])
        b = dealt(backend, x[::-1], 1, bits=0, limit=2**10)
        y = x[::-1]
        for got, expected in (
            (a < b, x < y), (a <= b, x <= y), (a > b, x > y), (a >= b, x >= y), (a == b, x == y), (a != b, x != y),
            (a == thresholds[0], x == thresholds[0]), (where(a < b, a, b), np.minimum(x, y)),
            (where(a < b, 7, b), np.where(x < y, 7, y)), (where(a < b, 7, 5), np.where(x < y, 7, 5)),
            (maximum(a), x.max()),
        ):  # fmt: skip
            assert np.array_equal(await opened(got), expected)

    check(body, kind)


@pytest.mark.parametrize(("kind", "parties", "threshold"), COMMITTEES)
def test_comparisons_at_their_edges(kind: Any, parties: int, threshold: int) -> None:
    x = np.array([-(2**15), -(2**15) + 1, -1, 0, 1, 2**15 - 1, 2**15])

    async def body(backend: Any) -> None:
        a = dealt(backend, x, bits=0, limit=2**15)
        for level in (-(2**15), 0, 2**15):
            assert np.array_equal(await opened(a >= level), x >= level)
            assert np.array_equal(await opened(a == level), x == level)

    check(body, kind, parties, threshold)


@both
def test_products_in_other_precisions(kind: Any) -> None:
    x = np.linspace(-1, 1, 12).reshape(3, 4)

    async def body(backend: Any) -> None:
        a, b = dealt(backend, x, bits=24, limit=1), dealt(backend, x, 1, bits=10, limit=1)
        assert (a * b).fraction_bits == 24
        assert np.abs(await opened(a * b) - x * x).max() < 2**-10
        wide = a.multiply(b, fraction_bits=34)
        assert wide.fraction_bits == 34
        exact = np.round(x * 2**24) * np.round(x * 2**10)
        assert np.array_equal(await opened(wide) * 2**34, exact)
        mean = a.T.matmul(a, scale=round(2**10 / 3), down=10, limit=1.5)
        assert np.abs(await opened(mean) - x.T @ x / 3).max() < 2**-9
        bit = a >= 0
        assert (bit * a).fraction_bits == 24
        with pytest.raises(RangeError, match=r"arrays\.fraction"):
            a.multiply(b, fraction_bits=35)
        with pytest.raises(RangeError, match=r"arrays\.fraction"):
            _ = bit + 0.5

    check(body, kind)


@both
def test_overflow_is_refused_before_it_happens(kind: Any) -> None:
    async def body(backend: Any) -> None:
        a = dealt(backend, np.ones((2, 2)), bits=18, limit=2**10)
        square = a * a
        with pytest.raises(RangeError, match=r"arrays\.overflow"):
            _ = square * square
        with pytest.raises(RangeError, match=r"arrays\.overflow"):
            _ = a * 2**40
        with pytest.raises(RangeError, match=r"arrays\.overflow"):
            a.rescaled(60)
        with pytest.raises(RangeError, match=r"arrays\.overflow"):
            a.at_least([2.0**42])
        with pytest.raises(RangeError, match=r"arrays\.shape"):
            _ = a @ a[0, :1]
        with pytest.raises(RangeError, match=r"arrays\.no_proof"):
            a.within(1, because="")
        assert (square.within(4, because="ones") * square.within(4, because="ones")).limit < 17
        with pytest.raises(TypeError):
            bool(a)

    check(body, kind)


@both
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused_before_sharing(kind: Any, bad: float) -> None:
    wire = Wire()

    async def body(backend: Any) -> None:
        if backend.pid == 0:
            dealt(backend, np.array([1.0, bad]))

    with pytest.raises(RangeError, match=r"arrays\.not_finite"):
        run_arrays(body, wire=wire, kind=kind)
    assert wire.seen == []


@both
def test_values_beyond_the_declared_limit_are_refused_before_sharing(kind: Any) -> None:
    wire = Wire()

    async def body(backend: Any) -> None:
        if backend.pid == 0:
            dealt(backend, np.array([1.0, 16.5]))

    with pytest.raises(RangeError, match=r"arrays\.out_of_range"):
        run_arrays(body, wire=wire, kind=kind)
    assert wire.seen == []


@both
def test_every_two_shares_reconstruct_and_exports_are_fresh(kind: Any) -> None:
    x = np.array([[1.5, -2.25], [0.0, 7.0]])

    async def body(backend: Any) -> tuple[bytes, bytes]:
        a = dealt(backend, x)
        return await backend.export(a.shares, a.shape), await backend.export(a.shares, a.shape)

    results = check(body, kind)
    for copy in range(2):
        shares = [field.decode(result[copy], x.shape) for result in results]
        assert all(len(result[copy]) == 13 * x.size for result in results)
        for first, second in ((0, 1), (0, 2), (1, 2)):
            i, j = first + 1, second + 1
            weight = pow(j - i, -1, field.MODULUS)
            secret = field.signed((shares[first] * j - shares[second] * i) * weight % field.MODULUS)
            assert np.array_equal(np.ldexp(secret.astype(float), -F), x)
    assert all(result[0] != result[1] for result in results)


def test_opened_values_are_masked_uniformly() -> None:
    """What a truncation opens looks the same for zeros as for extremes: chi-square over the top four bits of c's mask."""
    seen: dict[int, list[int]] = {0: [], 1: []}

    async def body(backend: MpycBackend) -> None:
        record = backend._open

        async def spy(operation: int, own: Any, degree: int) -> Any:
            value = await record(operation, own, degree)
            if backend.pid == 0 and operation in chosen:
                seen[chosen[operation]] += [int(v) for v in value]
            return value

        chosen: dict[int, int] = {}
        backend._open = spy  # type: ignore[method-assign]
        for kind, level in enumerate((0.0, 15.999)):
            a = dealt(backend, np.full(3000, level))
            chosen[backend._next + 1] = kind
            await (a * a).settled()

    check(body, "mpyc")
    for values in seen.values():
        assert len(values) == 3000
        low = np.bincount([value & 15 for value in values], minlength=16)
        assert ((low - 187.5) ** 2 / 187.5).sum() < 50  # 15 degrees of freedom: p < 1e-5
    means = [sum(values) / len(values) / 2**102 for values in seen.values()]
    assert all(abs(mean - 1.5) < 0.05 for mean in means)  # three uniform masks below 2^102


@both
def test_a_changed_share_of_an_opened_value_is_detected(kind: Any) -> None:
    def tamper(sender: int, receiver: int, label: Any, data: bytes) -> bytes:
        return bytes([data[0] ^ 1]) + data[1:] if (sender, receiver) == (1, 0) else data

    async def body(backend: MpycBackend) -> Any:
        a = constant(backend, np.array([3.0]), F)
        return await opened(a)

    with pytest.raises(VerificationError, match=r"arrays\.inconsistent_opening"):
        run_arrays(body, wire=Wire(tamper), kind=kind)


@both
@pytest.mark.parametrize(
    "change", [lambda d: d[:-1], lambda d: d + b"\0", lambda d: b"\xff" * len(d), lambda d: b""], ids=range(4)
)
def test_malformed_shares_name_the_sender(kind: Any, change: Any) -> None:
    def tamper(sender: int, receiver: int, label: Any, data: bytes) -> bytes:
        return change(data) if sender == 1 else data

    async def body(backend: MpycBackend) -> None:
        await dealt(backend, np.arange(3.0), 1).settled()

    with pytest.raises(FormatError, match=r"link\.bad_payload") as caught:
        run_arrays(body, wire=Wire(tamper), kind=kind)
    assert caught.value.details["peer"] == "party-1"


@both
def test_a_failed_input_reaches_whoever_waits_for_the_result(kind: Any) -> None:
    async def body(backend: MpycBackend) -> None:
        a = dealt(backend, np.ones(2), 1)
        product = a * a + a
        await product.settled()

    def tamper(sender: int, receiver: int, label: Any, data: bytes) -> bytes:
        return b"" if sender == 1 else data

    with pytest.raises(TallyError, match=r"link\.bad_payload"):
        run_arrays(body, wire=Wire(tamper), kind=kind)


@pytest.mark.parametrize(("parties", "threshold"), [(2, 0), (2, 1), (3, 0), (4, 2), (1, 0)])
def test_no_honest_majority_no_backend(parties: int, threshold: int) -> None:
    """I4: never with threshold 0, nor with fewer than three parties."""
    runtime = FakeRuntime(0, Wire(), fresh_keys(parties, min(threshold, parties - 1)), parties, threshold)
    session = FakeSession(runtime, 0, tuple(f"party-{i}" for i in range(parties)), Wire())
    with pytest.raises(TallyError, match=r"mpc\.no_honest_majority"):
        MpycBackend(session)


def test_operation_numbers_never_repeat_and_do_not_depend_on_timing() -> None:
    orders: list[list[int]] = []

    async def body(backend: MpycBackend) -> None:
        wait = random.Random(backend.pid)
        labels: list[int] = []
        send = backend._send

        def spy(operation: int, party: int, data: bytes) -> None:
            labels.append(operation)
            send(operation, party, data)

        backend._send = spy  # type: ignore[method-assign]
        a, b = dealt(backend, np.arange(4.0)), dealt(backend, np.arange(4.0), 1)
        c = (a * b + 1) * a
        if wait.random() < 0.7:
            await asyncio.sleep(0.01)
        d = where(a < b + 0.5, c, b)
        await d.settled()
        orders.append(sorted(set(labels) - {1, 2}))  # 1 and 2: each owner deals its own
        assert labels.count(max(labels)) <= 2  # one message to each peer

    check(body, "mpyc")
    assert len({tuple(order) for order in orders}) == 1
