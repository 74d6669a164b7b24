"""Described columns against numpy: made-up ones on both backends, real ones on the fast one, however they are split."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.arrays.interface import share
from mpc.programs.stats.order_statistics import positions
from mpc.workflow.values import SharedTable
from protocol.errors import TallyError
from tests.unit.mpc.programs import real_data
from tests.unit.mpc.programs.steps import PARTIES, aligned, label, run_step, stacked

PROGRAM = "stats.describe@1.0.0"
ROWS = np.random.default_rng(5).normal(size=(23, 3)) * [1, 30, 4000] + [0, 200, -5000]


def figures(values: Any, ddof: int = 1, parts: int = 4) -> dict[str, Any]:
    points = np.arange(1, parts) / parts
    return {
        "count": np.full(values.shape[1], len(values)),
        "sum": values.sum(axis=0),
        "mean": values.mean(axis=0),
        "variance": values.var(axis=0, ddof=ddof),
        "shown": np.ones(values.shape[1]),
        "minimum": values.min(axis=0),
        "maximum": values.max(axis=0),
        "quantiles": np.quantile(values, points, axis=0),
    }


def split(kind: str, values: Any, at: int) -> Any:
    def inputs(me: str, backend: Any) -> dict[str, Any]:
        if kind == "aligned":
            return {"table": (aligned(me, {"bank": ("ab", values[:, :2]), "shop": ("c", values[:, 2:])}),)}
        if kind == "stacked":
            return {"table": (stacked(me, "abc", {"bank": values[:at], "shop": values[at:]}),)}
        own = values if me == "bank" else None
        rows = share(backend, own, shape=values.shape, owner=0, fraction_bits=20, limit=2**14)
        return {"table": (SharedTable(("a", "b", "c"), rows),)}

    return inputs


def check(got: dict[str, Any], expected: dict[str, Any], limit: float, *, variance: float = 1e-3) -> None:
    """``limit`` is the declared one: figures are exact to a few parts in 2^50 of it, variances of its square."""
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        tolerance = variance if name == "variance" else limit * 1e-12 * (len(value) and expected["count"][0])
        assert np.allclose(got[name], value, rtol=1e-9, atol=tolerance), (name, np.abs(got[name] - value).max())


@pytest.mark.parametrize("kind", ["aligned", "stacked", "shared"])
@pytest.mark.parametrize("backend", ["fast", "mpyc"])
def test_equal_numpy(kind: str, backend: str) -> None:
    values, expected = (ROWS, figures(ROWS)) if backend == "fast" else (ROWS[:5], figures(ROWS[:5]))
    if backend == "mpyc" and kind == "stacked":
        del expected["quantiles"]  # see the slow test
    outcome = run_step(PROGRAM, split(kind, values, 2), {"limit": "16384"}, wanted=tuple(expected), backend=backend)
    if kind == "shared":
        for name, value in expected.items():
            assert np.allclose(outcome.opened[name], value, rtol=1e-6, atol=2.0**-12), name
    else:
        check(outcome.opened, expected, 16384, variance=2.0**-18)
    assert outcome.disclosed == {}


@pytest.mark.slow
def test_quantiles_on_stock_shares() -> None:
    table = {"bank": ROWS[:2, :1], "shop": ROWS[2:5, :1]}
    outcome = run_step(
        PROGRAM,
        lambda me, _: {"table": (stacked(me, "a", table),)},
        {"limit": "16", "quantiles": 2},
        wanted=("quantiles",),
        backend="mpyc",
    )
    assert np.abs(outcome.opened["quantiles"] - np.median(ROWS[:5, 0])).max() < 1e-9


def test_only_what_is_wanted_is_computed() -> None:
    outcome = run_step(PROGRAM, split("stacked", ROWS, 4), {"limit": "16384"}, wanted=("mean",))
    assert set(outcome.opened) == {"mean"}


@pytest.mark.parametrize("parts", [2, 10])
def test_one_column_of_stacked_or_aligned_tables(parts: int) -> None:
    values = ROWS[:, 1]
    table = {"bank": values[:4, None], "shop": values[4:, None]}
    parameters = {"limit": "1000", "ddof": 0, "quantiles": parts}
    expected = figures(values[:, None], 0, parts)
    rows = run_step(PROGRAM, lambda me, _: {"table": (stacked(me, "a", table).column("a"),)}, parameters)
    check(rows.opened, expected, 1000, variance=1e-8)
    columns = run_step(PROGRAM, lambda me, _: {"table": (label(me, "shop", values),)}, parameters)
    check(columns.opened, expected, 1000, variance=1e-8)


def test_owners_outside_the_committee() -> None:
    names = (*PARTIES, "clinic", "museum")
    table = {"clinic": ROWS[:5], "museum": ROWS[5:18], "shop": ROWS[18:]}
    outcome = run_step(
        PROGRAM, lambda me, _: {"table": (stacked(me, "abc", table),)}, {"limit": "16384"}, parties=names, outside=2
    )
    check(outcome.opened, figures(ROWS), 16384, variance=2.0**-18)


@settings(max_examples=6)
@given(
    st.lists(st.integers(-(10**6), 10**6).map(lambda i: i / 1000), min_size=2, max_size=30),
    st.integers(1, 29),
    st.integers(2, 7),
)
def test_quantiles_of_any_values_ties_and_sizes(values: list[float], cut: int, parts: int) -> None:
    rows, cut = np.array(values)[:, None], min(cut, len(values) - 1)
    outcome = run_step(
        PROGRAM,
        lambda me, _: {"table": (stacked(me, "a", {"bank": rows[:cut], "shop": rows[cut:]}),)},
        {"limit": "1000", "quantiles": parts},
        wanted=("quantiles",),
    )
    expected = np.quantile(rows, np.arange(1, parts) / parts, axis=0)
    assert np.abs(outcome.opened["quantiles"] - expected).max() <= 1e-6


def test_positions_of_interpolated_quantiles() -> None:
    ranks, ends = positions(5, [0.0, 0.25, 0.4, 1.0])
    assert ranks == [1, 2, 3, 5]
    assert [(low, high, round(weight, 9)) for low, high, weight in ends] == [
        (0, 0, 0.0),
        (1, 1, 0.0),
        (1, 2, 0.6),
        (3, 3, 0.0),
    ]


@pytest.mark.parametrize(
    ("change", "group", "code"),
    [
        ({"limit": "100"}, 0, "stats.beyond_limit"),
        ({"limit": "16384"}, 24, "group.too_small"),
    ],
)
@pytest.mark.parametrize("kind", ["aligned", "stacked"])
def test_what_is_refused_before_anything_is_shared(kind: str, change: Any, group: int, code: str) -> None:
    with pytest.raises(TallyError) as caught:
        run_step(PROGRAM, split(kind, ROWS, 4), change, minimum_group=group)
    assert caught.value.code == code
    assert caught.value.fix


CREDIT = ("LIMIT_BAL", "AGE", "BILL_AMT1", "PAY_AMT2")
MARKETING = ("age", "campaign", "cons.price.idx", "euribor3m")


@pytest.mark.parametrize(
    ("name", "columns", "limit"),
    [
        pytest.param("fate/UCI_Credit_Card.csv", CREDIT, 2**21, marks=pytest.mark.slow),
        pytest.param("bank_marketing/bank_additional_full_encoded.csv", MARKETING, 128, marks=pytest.mark.slow),
        ("ev_acn/california_ev_sessions.csv.gz", ("Power", "Energy", "ConnectionHours"), 256),
    ],
)
def test_real_tables_split_by_rows(name: str, columns: tuple[str, ...], limit: int) -> None:
    values = real_data.numbers(name, columns)
    third = len(values) // 3
    table = {"bank": values[:third], "neutral": values[third : third + 99], "shop": values[third + 99 :]}
    outcome = run_step(PROGRAM, lambda me, _: {"table": (stacked(me, columns, table),)}, {"limit": str(limit)})
    expected = figures(values)
    for name_, value in expected.items():
        assert np.allclose(outcome.opened[name_], value, rtol=1e-7, atol=limit**2 * 2.0**-54), name_


def test_real_table_split_by_columns() -> None:
    values = real_data.numbers("fate/UCI_Credit_Card.csv", CREDIT)
    table = {"bank": (CREDIT[:3], values[:, :3]), "shop": (CREDIT[3:], values[:, 3:])}
    outcome = run_step(PROGRAM, lambda me, _: {"table": (aligned(me, table),)}, {"limit": "2000000"})
    for name, value in figures(values).items():
        assert np.allclose(outcome.opened[name], value, rtol=1e-10, atol=1e-5), name
