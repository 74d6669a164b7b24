"""A series or a line with its tails against numpy, and what goes over the wire for it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.arrays.backend import Clip, Curve, Line, SineSeries
from mpc.arrays.interface import SecureArray, share
from mpc.backends.fast import clipped
from mpc.backends.fast.backend import FastBackend
from mpc.backends.fast.clipped import Plan
from protocol.errors import TallyError
from tests.unit.mpc.backends.fast.fast_runs import dealt, run, small_chunks
from tests.unit.mpc.backends.fast.test_messages import LIMIT, chi_square
from tests.unit.mpc.simulation import Wire, run_arrays

SERIES = SineSeries(41, (0.6, 0.01, 0.14), 18)
LINE = Line(23, 18)
CLIP = Clip(32, 192, 131000)
COUNT = 4096


def curve(z: Any, series: Curve) -> Any:
    if isinstance(series, Line):
        return z / 2.0**series.shift
    turns = (np.asarray(z) % (1 << series.period_bits)).astype(float) / 2.0**series.period_bits
    total = sum((b * np.sin(2 * np.pi * k * turns) for k, b in enumerate(series.coefficients, start=1)), 0 * turns)
    return total * 2.0**series.fraction_bits


def agrees(found: Any, z: Any, series: Curve, clip: Clip, slack: float) -> bool:
    """Every number is the curve or the tail, as its argument says; at the edges either will do."""
    found, unit = found - clip.tail, 1 << clip.shift
    on_curve = np.abs(found - curve(z, series)) <= slack
    above, below = found == clip.tail, found == -clip.tail
    sure_above, sure_below = z >= clip.edge * unit, z < -(clip.edge + 1) * unit
    sure_inside = (z >= -clip.edge * unit) & (z < (clip.edge - 1) * unit)
    may_above = z > (clip.edge - 1) * unit
    may_below = z < -clip.edge * unit
    fine = np.where(sure_above, above, np.where(sure_below, below, np.where(sure_inside, on_curve, True)))
    return bool((fine & (on_curve | (above & may_above) | (below & may_below))).all())


async def checked(backend: FastBackend, z: Any, series: Curve, clip: Clip, bound: int) -> None:
    one = backend.constant(np.array([[1]]))
    shares = backend.clipped(dealt(backend, z.reshape(-1, 1)), one, (z.size, 1), series, clip, bound)
    found = (await backend.open(shares, (z.size, 1))).reshape(-1)
    assert agrees(found, z, series, clip, 1 if isinstance(series, Line) else 4 + len(series.coefficients))


@settings(max_examples=25)
@given(
    st.lists(st.integers(-(2**44), 2**44), min_size=1, max_size=70),
    st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=9),
    st.integers(20, 45),
    st.integers(8, 24),
    st.integers(10, 56),
    st.integers(1, 300),
    st.integers(0, 1 << 20),
)
def test_curve_and_tails_equal_numpy(
    values: list[int], coefficients: list[float], period: int, fraction: int, shift: int, edge: int, tail: int
) -> None:
    series = SineSeries(period, tuple(coefficients), fraction)
    run(lambda backend: checked(backend, np.array(values), series, Clip(shift, edge, tail), 2**44))


@settings(max_examples=25)
@given(
    st.lists(st.integers(-(2**44), 2**44), min_size=1, max_size=70),
    st.integers(0, 60),
    st.integers(10, 50),
    st.integers(1, 300),
    st.integers(0, 1 << 20),
)
def test_line_and_tails_equal_numpy(values: list[int], down: int, shift: int, edge: int, tail: int) -> None:
    run(lambda backend: checked(backend, np.array(values), Line(down, 18), Clip(shift, edge, tail), 2**44))


def test_edges_largest_arguments_and_long_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    small_chunks(monkeypatch)
    monkeypatch.setattr(clipped, "_CHUNK", 64)
    bound, unit = (1 << 60) - 1, 1 << CLIP.shift
    edges = [s * (CLIP.edge * unit + d) for s in (-1, 1) for d in (-unit, -1, 0, 1, unit)]
    random = np.random.default_rng(6)
    z = np.concatenate([[bound, -bound, 0, 1, -1], edges, random.integers(-bound, bound, 95)])
    z = np.concatenate([z, random.integers(-300 * unit, 300 * unit, 200)])

    async def body(backend: FastBackend) -> None:
        await checked(backend, z, SERIES, CLIP, bound)
        await checked(backend, z, SineSeries(41, (0.6, 0.01), 24), CLIP, bound)
        await checked(backend, z, LINE, CLIP, bound)
        await checked(backend, z[:0], SERIES, CLIP, bound)
        await backend.idle()

    run(body)


@pytest.mark.parametrize("kind", ["fast", "mpyc"])
@pytest.mark.parametrize("series", [SineSeries(2 * 12 + 5, (0.6, 0.01, 0.14), 16), Line(11, 16)])
def test_both_backends_give_the_same_product(kind: Any, series: Curve) -> None:
    rng = np.random.default_rng(3)
    rows, weights = np.round(rng.normal(size=(40, 3)), 3), np.array([3.0, -9.0, 5.5])
    clip = Clip(2 * 12 - 4, 192, 32000)

    async def body(backend: Any) -> Any:
        def array(values: Any) -> SecureArray:
            own = values if backend.pid == 0 else None
            return share(backend, own, shape=values.shape, owner=0, fraction_bits=12, limit=16.0)

        found = array(rows).matmul_clipped(array(weights), series, clip, limit=100.0)
        assert found.limit < 3
        return await backend.open(found.shares, found.shape)

    for found in run_arrays(body, kind=kind):
        z = np.rint(rows * 2**12).astype(np.int64) @ np.rint(weights * 2**12).astype(np.int64)
        assert agrees(found + clip.tail, z, series, clip, 8)


def test_a_range_beyond_the_failure_budget_is_refused() -> None:
    async def body(backend: FastBackend) -> None:
        big, one = backend.constant(np.zeros((1 << 23, 1), dtype=np.int64)), backend.constant(np.array([[1]]))
        with pytest.raises(TallyError, match="Truncations"):
            backend.clipped(big, one, (1 << 23, 1), SERIES, CLIP, 1 << 61)

    run(body)


@pytest.mark.parametrize(("series", "least"), [(SERIES, 118 + 16 * 3), (LINE, 92)])
def test_cost_per_element(series: Curve, least: int) -> None:
    """92 bytes, 26 and eight for each of 2·K factors of a series, and the tree's: at most one for each of the 12 bits compared."""
    total = sum(len(data) for *_, data in messages(0, series)) / COUNT
    assert least < total < least + 14


def pieces_of(data: bytes, plan: Plan) -> list[tuple[bytes, int]]:
    """A message's parts with the width of their numbers."""
    lengths = plan.lengths(COUNT)
    if len(data) == sum(lengths):
        starts = [sum(lengths[:i]) for i in range(4)]
        parts = [data[start : start + length] for start, length in zip(starts, lengths, strict=True)]
        return list(zip(parts, (8, 8, 7, 13), strict=True))
    leaves = len(data) - 13 * COUNT
    if leaves > 0:
        return [(data[:leaves], 8), (data[leaves:], 13)]
    return [(data, 8 if len(data) % 13 else 13)]


def messages(level: int, series: Curve = SERIES) -> list[tuple[int, int, Any, bytes]]:
    wire = Wire()

    async def body(backend: FastBackend) -> None:
        a, one = backend.constant(np.full((COUNT, 1), level)), backend.constant(np.array([[1]]))
        await backend.settle(backend.clipped(a, one, (COUNT, 1), series, CLIP, 1 << 42))
        await backend.idle()

    run(body, wire)
    return wire.seen


@pytest.mark.parametrize("series", [SERIES, LINE])
@pytest.mark.parametrize("level", [0, 13 << 36, -(13 << 36)])
def test_every_message_is_uniform(level: int, series: Curve) -> None:
    plan, kinds = Plan(series, CLIP, 1 << 42), set()
    for sender, receiver, _, data in messages(level, series):
        found = pieces_of(data, plan)
        kinds.add(len(found))
        for number, (piece, width) in enumerate(found):
            compact = len(found) == 4 and number == 0
            columns = np.frombuffer(piece, dtype=np.uint8).reshape(-1, width).T
            for place, column in enumerate(columns[:7] if compact else columns):
                assert not column.size or chi_square(column) < LIMIT, (sender, receiver, width, place)
    assert kinds == ({1, 2, 4} if series is SERIES else {1, 4})


@pytest.mark.parametrize("series", [SERIES, LINE])
def test_nothing_is_sent_twice_and_c_hears_nothing(series: Curve) -> None:
    seen = messages(5, series)
    blocks = [data[at : at + 104] for *_, data in seen for at in range(0, len(data) - 103, 104)]
    assert len(set(blocks)) == len(blocks)
    assert len({receiver for _, receiver, *_ in seen}) == 2
