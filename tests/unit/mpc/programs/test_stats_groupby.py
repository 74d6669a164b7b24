"""Groups against numpy, for columns and for rows split, and what small groups show: nothing."""

from typing import Any

import numpy as np
import pytest

from protocol.errors import TallyError
from tests.unit.mpc.programs import real_data
from tests.unit.mpc.programs.steps import PARTIES, aligned, label, run_step, stacked

PROGRAM = "stats.groupby@1.0.0"
RNG = np.random.default_rng(6)
BY = RNG.choice(5, 83, p=[0.4, 0.3, 0.2, 0.07, 0.03])
ROWS = RNG.normal(size=(83, 3)) * [1, 100, 3] + [0, 5000, BY.mean()]


def grouped(by: Any, rows: Any, groups: int) -> tuple[Any, Any]:
    members = [rows[by == group] for group in range(groups)]
    return np.array([len(part) for part in members]), np.array([part.sum(axis=0) for part in members])


def groupby(kind: str, by: Any, rows: Any, groups: int, limit: str, group: int = 0, **options: Any) -> dict[str, Any]:
    cut = len(rows) // 4

    def inputs(me: str, _: Any) -> dict[str, Any]:
        if kind == "stacked":
            both = np.column_stack([rows, by])
            table = stacked(me, ("a", "b", "c", "g"), {"bank": both[:cut], "shop": both[cut:]})
            return {"tables": (table,), "by": (table.column("g"),)}
        table = {"bank": ("a", rows[:, :1]), "shop": ("bc", rows[:, 1:])}
        return {"tables": (aligned(me, table),), "by": (label(me, "bank", by, "g"),)}

    return run_step(PROGRAM, inputs, {"groups": groups, "limit": limit}, minimum_group=group, **options).opened


@pytest.mark.parametrize("kind", ["aligned", "stacked"])
@pytest.mark.parametrize("backend", ["fast", "mpyc"])
def test_equal_numpy_and_small_groups_are_zero(kind: str, backend: str) -> None:
    counts, sums = grouped(BY, ROWS, 6)
    got = groupby(kind, BY, ROWS, 6, "8192", 8, backend=backend)
    shown = got["shown"].astype(bool)
    assert (counts[shown] >= 8).all()
    assert shown[0]
    assert np.array_equal(got["count"], counts * shown)
    hidden = len(BY) - got["count"].sum()
    assert hidden == 0 or hidden >= 8
    assert np.allclose(got["sum"], sums * shown[:, None], rtol=1e-9, atol=1e-5)
    means = sums / np.maximum(counts, 1)[:, None]
    assert np.allclose(got["mean"], means * shown[:, None], rtol=1e-6, atol=1e-6)


def test_an_owner_outside_groups_the_others() -> None:
    table = {"bank": ("a", ROWS[:, :1]), "shop": ("bc", ROWS[:, 1:])}
    got = run_step(
        PROGRAM,
        lambda me, _: {"tables": (aligned(me, table),), "by": (label(me, "clinic", BY, "g"),)},
        {"groups": 5, "limit": "8192"},
        parties=(*PARTIES, "clinic"),
        outside=1,
    ).opened
    counts, sums = grouped(BY, ROWS, 5)
    assert np.array_equal(got["count"], counts)
    assert np.allclose(got["sum"], sums, rtol=1e-9, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "group", "code"),
    [({"limit": "100"}, 0, "stats.beyond_limit"), ({}, 84, "group.too_small"), ({"groups": 2}, 0, "stats.category")],
)
@pytest.mark.parametrize("kind", ["aligned", "stacked"])
def test_what_is_refused(kind: str, change: dict[str, Any], group: int, code: str) -> None:
    with pytest.raises(TallyError) as caught:
        groupby(kind, BY, ROWS, group=group, **{"groups": 6, "limit": "8192"} | change)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "by", "columns", "limit"),
    [
        ("fate/UCI_Credit_Card.csv", "EDUCATION", ("AGE", "LIMIT_BAL", "BILL_AMT1"), "1000000"),
        ("bank_marketing/bank_additional_full_encoded.csv", "job", ("age", "campaign", "euribor3m"), "128"),
    ],
)
@pytest.mark.parametrize("kind", ["aligned", "stacked"])
def test_real_tables(name: str, by: str, columns: tuple[str, ...], limit: str, kind: str) -> None:
    group, rows = real_data.codes(name, by), real_data.numbers(name, columns)
    groups = int(group.max()) + 1
    counts, sums = grouped(group, rows, groups)
    got = groupby(kind, group, rows, groups, limit, 15)
    shown = got["shown"].astype(bool)
    assert np.array_equal(got["count"], counts * shown)
    assert np.allclose(got["sum"], sums * shown[:, None], rtol=1e-9, atol=1e-3)
    assert np.allclose(got["mean"], (sums / counts[:, None]) * shown[:, None], rtol=1e-6)
