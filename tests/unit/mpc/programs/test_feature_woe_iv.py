"""Weight of evidence and information value against the textbook formula, by columns and by rows, on real tables."""

from typing import Any

import numpy as np
import pytest

from mpc.workflow.values import SharedTable
from protocol.errors import TallyError
from tests.unit.mpc.programs import real_data
from tests.unit.mpc.programs.group_rule import shown_rows
from tests.unit.mpc.programs.steps import aligned, label, run_step, stacked

PROGRAM = "feature.woe_iv@1.0.0"
RNG = np.random.default_rng(8)
LABEL = (RNG.random(60) < 0.35).astype(float)
BINS = np.minimum(RNG.integers(0, 4, (60, 3)) + (LABEL[:, None] * (RNG.random((60, 3)) < 0.4)), 3)


def textbook(bins: Any, labels: Any, count: int, smoothing: float, least: int = 0) -> tuple[Any, Any]:
    woe, iv = np.zeros((bins.shape[1], count)), np.zeros(bins.shape[1])
    good, bad = (labels == 0).sum() + smoothing * count, (labels == 1).sum() + smoothing * count
    for column in range(bins.shape[1]):
        both = np.array([[((bins[:, column] == b) & (labels == y)).sum() for y in (0, 1)] for b in range(count)])
        shows = shown_rows([both], least) if least > 1 else np.ones(count, bool)
        for place in range(count):
            inside = labels[bins[:, column] == place]
            if shows[place]:
                p, q = (inside.sum() + smoothing) / bad, ((1 - inside).sum() + smoothing) / good
                woe[column, place] = np.log(p / q)
                iv[column] += (p - q) * np.log(p / q)
    return woe, iv


def weighed(kind: str, bins: Any, labels: Any, count: int, train: int | None = None, **options: Any) -> Any:
    cut = len(bins) // 3

    def inputs(me: str, _: Any) -> dict[str, Any]:
        if kind == "stacked":
            both = np.column_stack([bins, labels])
            names = (*(f"c{at}" for at in range(bins.shape[1])), "y")
            table = stacked(me, names, {"bank": both[:cut], "shop": both[cut:]})
            return {"tables": (table,), "label": (table.column("y"),)}
        names = tuple(f"c{at}" for at in range(bins.shape[1]))
        table = aligned(me, {"bank": (names[:1], bins[:, :1]), "shop": (names[1:], bins[:, 1:])}, train)
        return {"tables": (table,), "label": (label(me, "bank", labels),)}

    return run_step(PROGRAM, inputs, {"bins": count}, **options)


def check(outcome: Any, bins: Any, labels: Any, count: int, train: int | None = None, least: int = 0) -> None:
    woe, iv = textbook(bins[:train], labels[:train], count, 0.5, least)
    assert np.abs(outcome.opened["woe"] - woe).max() < 1e-6
    assert np.abs(outcome.opened["iv"] - iv).max() < 1e-6
    rows = np.column_stack([woe[at][bins[:, at].astype(int)] for at in range(bins.shape[1])])
    assert np.abs(outcome.opened["transformed"] - rows).max() < 1e-6
    table = outcome.values["transformed"]
    assert isinstance(table, SharedTable)
    assert table.train_rows == train


@pytest.mark.parametrize("kind", ["aligned", "stacked"])
@pytest.mark.parametrize("backend", ["fast", "mpyc"])
def test_equal_the_textbook(kind: str, backend: str) -> None:
    found = weighed(kind, BINS, LABEL, 4, backend=backend)
    check(found, BINS, LABEL, 4)
    assert np.array_equal(found.opened["labels"], LABEL)


def test_weights_come_from_the_training_rows_only() -> None:
    changed = LABEL.copy()
    changed[40:] = 1 - changed[40:]
    for labels in (LABEL, changed):
        check(weighed("aligned", BINS, labels, 4, 40), BINS, LABEL, 4, 40)


@pytest.mark.parametrize("kind", ["aligned", "stacked"])
def test_small_and_empty_bins_weigh_nothing(kind: str) -> None:
    sizes = [np.bincount(BINS[:, at].astype(int), minlength=6) for at in range(3)]
    for least in (3, int(np.median(sizes)) + 1):
        check(weighed(kind, BINS, LABEL, 6, minimum_group=least), BINS, LABEL, 6, least=least)


@pytest.mark.parametrize(
    ("bins", "labels", "group", "code"),
    [
        (BINS + 2, LABEL, 0, "stats.category"),
        (BINS + 0.5, LABEL, 0, "stats.category"),
        (BINS, LABEL * 2, 0, None),
        (BINS, LABEL, 61, "group.too_small"),
    ],
)
@pytest.mark.parametrize("kind", ["aligned", "stacked"])
def test_what_is_refused(kind: str, bins: Any, labels: Any, group: int, code: str | None) -> None:
    with pytest.raises(TallyError) as caught:
        weighed(kind, bins, labels, 4, minimum_group=group)
    assert caught.value.code == (code or ("frame.label" if kind == "aligned" else "stats.category"))


@pytest.mark.parametrize(
    ("name", "columns", "target"),
    [
        ("german_credit/germancredit.csv", ("purpose", "credit_history", "property"), "creditability"),
        ("bank_marketing/bank_additional_full_encoded.csv", ("job", "month", "poutcome"), "y"),
    ],
)
@pytest.mark.parametrize("kind", ["aligned", "stacked"])
def test_real_tables(name: str, columns: tuple[str, ...], target: str, kind: str) -> None:
    bins = np.column_stack([real_data.codes(name, column) for column in columns])
    labels, count = real_data.codes(name, target), int(bins.max()) + 1
    check(weighed(kind, bins, labels, count, minimum_group=5), bins, labels, count, least=5)
