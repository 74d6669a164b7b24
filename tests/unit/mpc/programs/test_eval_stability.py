"""The population stability index against its formula in numpy: columns split, rows split, scores."""

from typing import Any

import numpy as np
import pytest

from mpc.arrays.interface import share
from protocol.errors import TallyError
from tests.unit.mpc.programs.steps import Outcome, aligned, run_step, stacked

PROGRAM = "eval.stability@1.0.0"
RNG = np.random.default_rng(31)
BINS = 5
BEFORE = RNG.integers(0, BINS, (300, 3)).astype(float)
AFTER = np.minimum(RNG.integers(0, BINS, (200, 3)) + (RNG.random((200, 3)) < [0, 0.3, 0.9]), BINS - 1).astype(float)


def index(before: Any, after: Any, bins: int = BINS, smoothing: float = 0.5) -> Any:
    def parts(rows: Any) -> Any:
        counts = np.array([np.bincount(rows[:, at].astype(int), minlength=bins) for at in range(rows.shape[1])])
        return (counts + smoothing) / (len(rows) + bins * smoothing)

    e, a = parts(before), parts(after)
    return ((a - e) * np.log(a / e)).sum(axis=1)


def run(before: Any = BEFORE, after: Any = AFTER, names: str = "abc", **options: Any) -> Outcome:
    def inputs(me: str, _: Any) -> dict[str, Any]:
        tables = [
            aligned(me, {"bank": (named[:2], rows[:, :2]), "shop": (named[2:], rows[:, 2:])})
            for named, rows in (("abc", before), (names, after))
        ]
        return {"expected": tables[:1], "actual": tables[1:]}

    return run_step(PROGRAM, inputs, {"bins": BINS}, **options)


def test_columns_of_two_owners() -> None:
    found = run().opened["stability"]
    assert np.abs(found - index(BEFORE, AFTER)).max() < 1e-5
    assert found[0] < 0.1 < found[2]
    assert np.abs(run(BEFORE, BEFORE).opened["stability"]).max() < 1e-6


def test_rows_of_owners_some_of_which_are_in_one_table_only() -> None:
    def inputs(me: str, _: Any) -> dict[str, Any]:
        first = stacked(me, "abc", {"bank": BEFORE[:120], "shop": BEFORE[120:]})
        second = stacked(me, "abc", {"neutral": AFTER[:50], "bank": AFTER[50:]})
        return {"expected": (first,), "actual": (second,)}

    found = run_step(PROGRAM, inputs, {"bins": BINS}).opened["stability"]
    assert np.abs(found - index(BEFORE, AFTER)).max() < 1e-5


def test_scores_on_shares() -> None:
    before, after = RNG.beta(2, 5, 400), RNG.beta(3, 4, 250)

    def inputs(me: str, backend: Any) -> dict[str, Any]:
        def secret(values: Any) -> Any:
            return share(
                backend, values if me == "bank" else None, shape=values.shape, owner=0, fraction_bits=18, limit=1
            )

        return {"expected": (secret(before),), "actual": (secret(after),)}

    found = run_step(PROGRAM, inputs, {"bins": 8}).opened["stability"]
    cut = [np.digitize(values, np.linspace(0, 1, 9)[1:-1]).reshape(-1, 1) for values in (before, after)]
    assert np.abs(found - index(*cut, bins=8)).max() < 1e-5
    with pytest.raises(TallyError, match=r"stability\.scores"):
        run_step(PROGRAM, inputs, {"low": "1", "high": "0"})


def test_a_bin_of_one_person_shows_nowhere() -> None:
    """Attack: with all other bins known, the index of a column would give one person's bin away."""
    before, after = np.repeat([[0.0], [1.0]], [30, 30], axis=0), np.repeat([[0.0], [1.0]], [30, 30], axis=0)
    one = after.copy()
    one[0] = 2.0
    wide = [np.column_stack([rows] * 3) for rows in (before, after, one)]
    assert run(wide[0], wide[2]).opened["stability"].min() > 0.01
    assert not run(wide[0], wide[2], minimum_group=5).opened["stability"].any()


def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(TallyError, match=r"stability\.columns"):
        run(names="abd")
    with pytest.raises(TallyError, match=r"group\.too_small"):
        run(minimum_group=201)
    with pytest.raises(TallyError, match=r"stats\.category"):
        run(after=AFTER + 1)
