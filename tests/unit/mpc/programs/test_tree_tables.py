"""Boosted trees on two public tables of different kind, columns split between a bank and another source: as pooled scikit-learn on the same
bins, and better than the bank alone."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.unit.mpc.programs import real_data
from tests.unit.mpc.programs.forests import BOOST, OPENED, applied, scikit, splits_of, splits_opened
from tests.unit.mpc.programs.steps import aligned, label, run_step

pytestmark = pytest.mark.slow
GIVEN: dict[str, Any] = {
    "trees": 4, "depth": 4, "bins": 16, "learning_rate": "0.3", "lambda": "1", "min_child_rows": 20, "train_fraction": "0.75",
    "limit": "10000000",
}  # fmt: skip
BANK = ("age", "job", "marital", "education", "default", "housing", "loan", "contact", "month", "day_of_week", "campaign", "pdays",
        "previous", "poutcome", "emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed")  # fmt: skip
CREDIT = (
    "LIMIT_BAL",
    "SEX",
    "EDUCATION",
    "MARRIAGE",
    "AGE",
    "PAY_0",
    "PAY_2",
    "PAY_3",
    "BILL_AMT1",
    "BILL_AMT2",
    "PAY_AMT1",
    "PAY_AMT2",
)


def marketing() -> tuple[Any, Any, int]:
    name = "bank_marketing/bank_additional_full_encoded.csv"
    return real_data.numbers(name, BANK), real_data.numbers(name, ("y",))[:, 0], 14


def credit() -> tuple[Any, Any, int]:
    name = "fate/UCI_Credit_Card.csv"
    target = next(column for column in real_data.table(name) if column.startswith("default"))
    return real_data.numbers(name, CREDIT), real_data.numbers(name, (target,))[:, 0], 5


@pytest.mark.parametrize("table", [marketing, credit])
def test_the_same_trees_as_pooled(table: Any) -> None:
    values, target, own = table()
    order = np.random.default_rng(2).permutation(len(values))[:12_000]
    values, target = values[order], target[order]
    train = 9000

    def inputs(me: str, _: Any) -> dict[str, Any]:
        names = tuple(f"c{at}" for at in range(values.shape[1]))
        parts = {"bank": (names[:own], values[:, :own]), "shop": (names[own:], values[:, own:])}
        return {"features": (aligned(me, parts),), "label": (label(me, "bank", target),)}

    got = run_step(BOOST, inputs, GIVEN, wanted=(*OPENED, "scores", "labels")).opened
    by, alone = (scikit(part[:train], target[:train], GIVEN) for part in (values, values[:, :own]))
    auc = roc_auc_score(target[train:], got["scores"])
    assert np.abs(applied(got, values[train:]) - got["scores"]).max() < 1e-4
    assert auc == pytest.approx(roc_auc_score(target[train:], by.decision_function(values[train:])), abs=2e-3)
    assert auc > roc_auc_score(target[train:], alone.decision_function(values[:, :own][train:])) + 0.01
    first = [set(tree) for tree in (splits_opened(got)[0], splits_of(by)[0])]
    assert len(first[0] & first[1]) >= 0.9 * len(first[1])
