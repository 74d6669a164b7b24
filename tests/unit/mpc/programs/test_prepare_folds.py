"""Folds of like labels: in proportion, complementary, random within, and what opens says nothing of a label."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mpc.programs.prepare.folds.run import drawn, edges
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.runner import WorkflowResult
from mpc.workflow.values import Aligned
from protocol.errors import TallyError
from tests.unit.mpc.programs.steps import PARTIES, aligned, label, run_step
from tests.unit.mpc.workflow.test_runner import BANK, SHOP, execute, reconstruct, step, tables

ROWS = 130
RNG = np.random.default_rng(3)
LABEL = (RNG.random(ROWS) < 0.15).astype(float)
AT_SHOP = RNG.normal(size=(ROWS, 1))


def folded(folds: int, y: Any = LABEL, me: str = "bank", **options: Any) -> tuple[Aligned, Any]:
    def inputs(who: str, _: Any) -> dict[str, Any]:
        table = aligned(
            who, {"bank": ("xy", np.column_stack([np.arange(len(y)), y])), "shop": ("z", AT_SHOP[: len(y)])}
        )
        return {"tables": (table,), "label": (label(who, me, y),)}

    outcome = run_step("prepare.folds@1.0.0", inputs, {"folds": folds}, **options)
    found = outcome.values["folded"]
    assert isinstance(found, Aligned)
    return found, outcome


@given(st.integers(2, 9), st.integers(20, 60), st.integers(1, 4), st.integers(0, 2**32))
def test_every_value_is_in_proportion_in_every_fold(folds: int, each: int, values: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, values + 1, folds * each + int(rng.integers(folds))).astype(float)
    places = drawn(y, folds)
    assert sorted(places) == list(range(len(y)))
    cuts = edges(len(y), folds)
    for value in np.unique(y):
        counts = [((places[y == value] >= a) & (places[y == value] < b)).sum() for a, b in itertools.pairwise(cuts)]
        assert max(counts) - min(counts) <= 2


def test_within_a_fold_the_order_says_nothing_of_a_label() -> None:
    """Attack: an order that spreads labels evenly *within* a fold would tell them to whoever knows how many there are."""
    y = np.repeat([1.0, 0.0], [20, 60])
    draws = np.zeros((2000, 40))
    for at in range(len(draws)):
        by_place = y[np.argsort(drawn(y, 2))]
        draws[at] = by_place[:40]
    assert (draws.sum(axis=1) == 10).all()
    assert np.abs(draws.mean(axis=0) - 0.25).max() < 5 * np.sqrt(0.25 * 0.75 / len(draws))
    pairs = (draws[:, :-1] * draws[:, 1:]).mean(axis=0)  # neighbours: 10/40 · 9/39
    assert np.abs(pairs - 0.25 * 9 / 39).max() < 5 * np.sqrt(0.0577 * 0.943 / len(draws))


def test_all_owners_have_the_same_order_and_only_places_are_opened() -> None:
    found, outcome = folded(5)
    bank = found.tables[0].values
    assert bank is not None
    order = bank[:, 0].astype(int)
    assert sorted(order) == list(range(ROWS))
    assert np.array_equal(bank[:, 1], LABEL[order])
    assert outcome.elements_opened == ROWS
    assert found.tables[1].values is None
    positives = [int(bank[a:b, 1].sum()) for a, b in zip(edges(ROWS, 5), edges(ROWS, 5)[1:], strict=False)]
    assert max(positives) - min(positives) <= 2


def test_small_folds_are_refused() -> None:
    for options in ({"folds": 7}, {"folds": 5, "minimum_group": 27}):
        with pytest.raises(TallyError, match=r"folds\.too_few_rows"):
            folded(**options)  # type: ignore[arg-type]
    with pytest.raises(TallyError, match=r"frame\.not_whole"):
        folded(2, LABEL + 0.5)


def one(folds: int, fold: int, rows: int = ROWS, **options: Any) -> Aligned:
    def inputs(who: str, _: Any) -> dict[str, Any]:
        return {
            "tables": (
                aligned(
                    who, {"bank": ("x", np.arange(float(rows)).reshape(-1, 1)), "shop": ("z", np.zeros((rows, 1)))}
                ),
            )
        }

    found = run_step("prepare.fold@1.0.0", inputs, {"folds": folds, "fold": fold}, **options).values["folded"]
    assert isinstance(found, Aligned)
    return found


def test_folds_are_complementary_and_marked() -> None:
    tested: list[float] = []
    for fold in (1, 2, 3):
        table = one(3, fold)
        values = table.tables[0].values
        assert values is not None
        assert table.train_rows is not None
        assert sorted(values[:, 0]) == list(range(ROWS))
        tested += values[table.train_rows :, 0].tolist()
    assert sorted(tested) == list(range(ROWS))
    with pytest.raises(TallyError, match=r"folds\.no_such_fold"):
        one(3, 4)
    with pytest.raises(TallyError, match=r"group\.too_small"):
        one(10, 1, minimum_group=14)


@pytest.mark.slow
def test_each_row_is_tested_once_in_a_contract_of_three_folds() -> None:
    """Labels are in proportion in every fold, and no order of ids is kept for a task that ends in three."""
    bank, shop = tables(150)
    target = "align.aligned.bank.default"
    steps = [
        step("align", "psi.align@1.0.0", tables=(BANK, SHOP)),
        step("folds", "prepare.folds@1.0.0", {"folds": 3}, tables="align.aligned", label=target),
    ]
    outputs: list[str] = []
    for fold in (1, 2, 3):
        steps += [
            step(f"fold{fold}", "prepare.fold@1.0.0", {"folds": 3, "fold": fold}, tables="folds.folded"),
            step(f"scale{fold}", "feature.standardize@1.0.0", tables=f"fold{fold}.folded", label=f"fold{fold}.folded.bank.default"),
            step(f"fit{fold}", "glm.logistic@1.0.0", {"c": "0.5"}, features=f"scale{fold}.features", label=f"fold{fold}.folded.bank.default"),
        ]  # fmt: skip
        outputs += [f"fit{fold}.scores", f"fit{fold}.labels"]
    sets = (DataSet(BANK, "bank", ("age", "default", "income")), DataSet(SHOP, "shop", ("orders", "returns")))
    results = execute(
        Workflow(PARTIES, sets, tuple(steps), tuple(outputs)), {"bank": {BANK: bank}, "shop": {SHOP: shop}}
    )
    assert all(isinstance(result, WorkflowResult) for result in results), results
    got = reconstruct(results)
    labels = np.concatenate([got[f"fit{fold}.labels"] for fold in (1, 2, 3)])
    positives = bank.columns["default"].sum()
    assert len(labels) == 150
    assert labels.sum() == positives
    for fold in (1, 2, 3):
        assert abs(got[f"fit{fold}.labels"].sum() - positives / 3) <= 2
        assert roc_auc_score(got[f"fit{fold}.labels"], got[f"fit{fold}.scores"]) > 0.6
    assert all(result.alignment == () for result in results)


def test_ids_follow_the_last_order() -> None:
    """Attack on the owner's own reading: scores in the folds' order beside ids in the alignment's would be other people's."""
    bank, shop = tables(90)
    target = "folds.folded.bank.default"
    steps = (
        step("align", "psi.align@1.0.0", tables=(BANK, SHOP)),
        step("folds", "prepare.folds@1.0.0", {"folds": 3}, tables="align.aligned", label="align.aligned.bank.default"),
        step("scale", "feature.standardize@1.0.0", {"train_fraction": "0.67"}, tables="folds.folded", label=target),
        step("fit", "glm.logistic@1.0.0", {"c": "0.5", "iterations": 3}, features="scale.features", label=target),
    )
    sets = (DataSet(BANK, "bank", ("age", "default", "income")), DataSet(SHOP, "shop", ("orders", "returns")))
    results = execute(Workflow(PARTIES, sets, steps, ("fit.labels",)), {"bank": {BANK: bank}, "shop": {SHOP: shop}})
    labels = reconstruct(results)["fit.labels"]
    mine = results[0].alignment
    known = dict(zip(bank.ids, bank.columns["default"], strict=True))
    assert [known[name] for name in mine[-len(labels) :]] == labels.tolist()
