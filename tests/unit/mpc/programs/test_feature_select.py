"""Which columns are kept, against sorting in the clear; only that opens."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_selection import SelectKBest, f_regression

from mpc.arrays.interface import share
from mpc.programs.features.select.run import best
from mpc.workflow.values import Aligned
from protocol.errors import TallyError
from tests.unit.mpc.programs import real_data
from tests.unit.mpc.programs.steps import aligned, label, run_step
from tests.unit.mpc.programs.test_precision import evaluate

PROGRAM = "feature.select@1.0.0"
RNG = np.random.default_rng(12)
LABEL = RNG.normal(size=70)
ROWS = RNG.normal(size=(70, 6)) * [1, 5, 2, 9, 3, 4] + LABEL[:, None] * [0, 1, -4, 0.1, 2, 0]


def select(rule: str, keep: int, rows: Any = ROWS, labels: Any = LABEL, scores: Any = None, **options: Any) -> Any:
    names = tuple(f"c{at}" for at in range(rows.shape[1]))

    def inputs(me: str, backend: Any) -> dict[str, Any]:
        table = aligned(me, {"bank": (names[:2], rows[:, :2]), "shop": (names[2:], rows[:, 2:])})
        found: dict[str, Any] = {"tables": (table,)}
        if labels is not None:
            found["label"] = (label(me, "bank", labels),)
        if scores is not None:
            own = scores if me == "bank" else None
            found["scores"] = (share(backend, own, shape=scores.shape, owner=0, fraction_bits=24, limit=100),)
        return found

    outcome = run_step(PROGRAM, inputs, {"rule": rule, "keep": keep}, **options)
    table = outcome.values["selected"]
    assert isinstance(table, Aligned)
    width = sum(len(part.columns) for part in table.tables)
    assert width == keep
    assert table.tables[0].values is not None
    assert table.tables[0].values.shape == (len(rows), len(table.tables[0].columns))
    assert outcome.disclosed == {"selected_columns": rows.shape[1]}
    return [int(name[1:]) for part in table.tables for name in part.columns]


@pytest.mark.parametrize("backend", ["fast", "mpyc"])
def test_rules(backend: str) -> None:
    correlations = [abs(np.corrcoef(column, LABEL)[0, 1]) for column in ROWS.T]
    assert select("correlation", 2, backend=backend) == sorted(np.argsort(correlations)[-2:])
    assert select("variance", 3, backend=backend) == sorted(np.argsort(ROWS.var(axis=0))[-3:])
    scores = np.array([0.1, 3, 0.2, 0.2, 7, 0.2])
    assert select("low-scores", 2, scores=scores, backend=backend) == [0, 2]
    assert select("scores", 3, scores=scores, backend=backend) == [1, 2, 4]


@settings(max_examples=20)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=9), st.integers(1, 9))
def test_ties_go_to_the_earlier_column(scores: list[int], keep: int) -> None:
    bits = evaluate(lambda x: best(x, keep), (np.array(scores, float), 0, 5))
    first = sorted(range(len(scores)), key=lambda at: (-scores[at], at))[:keep]
    assert [at for at, bit in enumerate(bits) if bit] == sorted(first)


@pytest.mark.parametrize(
    ("rule", "keep", "options", "code"),
    [
        ("scores", 2, {}, "select.scores"),
        ("scores", 2, {"scores": np.zeros(5)}, "select.scores"),
        ("correlation", 2, {"labels": None}, "select.no_label"),
        ("variance", 7, {}, "select.too_few_columns"),
        ("variance", 2, {"minimum_group": 71}, "group.too_small"),
    ],
)
def test_what_is_refused(rule: str, keep: int, options: dict[str, Any], code: str) -> None:
    with pytest.raises(TallyError) as caught:
        select(rule, keep, **options)
    assert caught.value.code == code


def test_real_columns_as_scikit_learn_selects_them() -> None:
    names = tuple(f"x{at}" for at in range(20))
    rows = real_data.numbers("fate/breast_homo_guest.csv", names)
    labels = real_data.numbers("fate/breast_homo_guest.csv", ("y",))[:, 0]
    expected = SelectKBest(f_regression, k=6).fit(rows, labels).get_support(indices=True)
    assert select("correlation", 6, rows, labels) == expected.tolist()
