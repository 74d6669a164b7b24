"""A scorecard end to end: bins by declared edges, weights of evidence, a logistic model, points and reasons; against plain numpy."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from mpc.arrays.interface import share
from mpc.programs.linear.model import LinearModel
from mpc.programs.scoring.scorecard import Scorecard
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.runner import WorkflowResult
from mpc.workflow.values import PrivateTable
from protocol.errors import TallyError
from tests.unit.mpc.programs.steps import PARTIES, aligned, run_step, stacked
from tests.unit.mpc.workflow.test_runner import BANK, SHOP, execute, reconstruct, step

RNG = np.random.default_rng(20)
ROWS, BINS = 240, 4
AGE = RNG.integers(18, 80, ROWS).astype(float)
DEBT = np.where(RNG.random(ROWS) < 0.1, np.nan, np.round(np.exp(RNG.normal(6, 1, ROWS)), 2))
ORDERS = RNG.poisson(4, ROWS).astype(float)
BAD = np.where(RNG.random(ROWS) < 1 / (1 + np.exp(0.05 * (AGE - 40) + 0.4 * (ORDERS - 4) - 0.3)), "yes", "no").astype(
    object
)
IDS = tuple(f"c{at}" for at in range(ROWS))
AT_BANK = PrivateTable(IDS, {"age": AGE, "bad": BAD, "debt": DEBT})
AT_SHOP = PrivateTable(IDS, {"orders": ORDERS})
EDGES = {"age": [30, 40, 60], "debt": [0, 300, 900], "orders": [2, 4, 6]}


def edges(name: str) -> str:
    return "bins " + " ".join(map(str, EDGES[name]))


@cache
def results(minimum_group: int = 0) -> tuple[dict[str, Any], Any]:
    """Everything opened, and the rows' bins in the order of the alignment."""
    steps = (
        step("at_bank", "prepare.table@1.0.0", {"recipe": f"age: {edges('age')}; debt: fill -1, {edges('debt')}; bad: ordinal no | yes"}, table=BANK),
        step("at_shop", "prepare.table@1.0.0", {"recipe": f"orders: {edges('orders')}"}, table=SHOP),
        step("align", "psi.align@1.0.0", tables=("at_bank.table", "at_shop.table")),
        step("woe", "feature.woe_iv@1.0.0", {"bins": BINS, "monotone": "yes"}, tables="align.aligned", label="align.aligned.bad"),
        step("fit", "glm.logistic@1.0.0", {"c": "1", "iterations": 6}, features="woe.transformed", label="woe.labels"),
        step("card", "score.card@1.0.0", {"base_score": "600", "base_odds": "30", "points_to_double": "20"}, model="fit.model", woe="woe.woe"),
        step("score", "score.points@1.0.0", {"bins": BINS, "reasons": 4}, card="card.scorecard", tables="align.aligned"),
    )  # fmt: skip
    outputs = (
        "woe.woe",
        "fit.coefficients",
        "fit.intercept",
        "card.card",
        "card.base",
        "score.points",
        "score.reasons",
        "woe.labels",
    )
    sets = (DataSet(BANK, "bank", ("age", "bad", "debt")), DataSet(SHOP, "shop", ("orders",)))
    flow = Workflow(PARTIES, sets, steps, outputs, minimum_group=minimum_group)
    found = execute(flow, {"bank": {BANK: AT_BANK}, "shop": {SHOP: AT_SHOP}})
    failed = [result for result in found if not isinstance(result, WorkflowResult)]
    assert not failed, failed
    order = [IDS.index(name) for name in found[0].alignment]
    filled = {"age": AGE, "debt": np.nan_to_num(DEBT, nan=-1), "orders": ORDERS}
    codes = np.column_stack([np.digitize(filled[name], EDGES[name]) for name in ("age", "debt", "orders")])[order]
    return reconstruct(found), codes


def test_the_card_is_the_models_and_points_are_the_cards() -> None:
    got, codes = results()
    factor = 20 / np.log(2)
    card = -factor * got["fit.coefficients"][:, None] * got["woe.woe"]
    assert np.abs(got["card.card"] - card).max() < 1e-3
    base = 600 - factor * (np.log(30) + got["fit.intercept"])
    assert abs(got["card.base"] - base) < 1e-3
    gained = got["card.card"][np.arange(3), codes]
    assert np.abs(got["score.points"] - (base + gained.sum(axis=1))).max() < 1e-2
    bad = got["woe.labels"] == 1
    assert got["score.points"][bad].mean() < got["score.points"][~bad].mean() - 5


def test_twice_the_odds_are_twenty_points() -> None:
    """The definition itself: at the base score the odds are the base odds, and they double every twenty points."""
    got, codes = results()
    woe = got["woe.woe"][np.arange(3), codes]
    odds = np.exp(-(woe @ got["fit.coefficients"] + got["fit.intercept"]))
    assert np.allclose(got["score.points"], 600 + 20 * np.log2(odds / 30), atol=1e-2)


def test_reasons_are_the_largest_shortfalls_in_turn() -> None:
    got, codes = results()
    card = got["card.card"]
    short = card.max(axis=1) - card[np.arange(3), codes]
    reasons = got["score.reasons"].astype(int)
    assert reasons.shape == (ROWS, 4)
    assert (reasons[:, 3] == 0).all()  # the card has three columns
    for row, named in zip(short, reasons, strict=True):
        costing = [at for at in np.argsort(-row, kind="stable") if row[at] >= 0.011]
        assert [name for name in named if name][: len(costing)] == [at + 1 for at in costing] or np.isclose(
            np.sort(row)[::-1][: len(costing)], row[[name - 1 for name in named if name]][: len(costing)], atol=1e-3
        ).all()
        assert len(set(named[named > 0])) == (named > 0).sum()


# -- what is refused, and what a small class shows -----------------------------------------------------------------


def card_of(backend: Any, me: str, woe: Any, **changes: Any) -> Any:
    def secret(values: Any) -> Any:
        return share(backend, values if me == "bank" else None, shape=values.shape, owner=0, fraction_bits=20, limit=8)

    facts: dict[str, Any] = {"link": "logit", "columns": ("a", "b"), "limit": 8.0, "trained_on": "shared"} | changes
    model = LinearModel(weights=secret(np.array([1.0, -0.5, 0.25])), **facts).value()
    return {"model": (model,), "woe": (secret(woe),)}


WOE = np.array([[0.5, -0.5], [0.0, 1.0]])


def test_other_models_make_no_card() -> None:
    for changes, woe, code in (
        ({"link": "identity"}, WOE, "card.model"),
        ({"trained_on": "raw"}, WOE, "card.model"),
        ({}, WOE[:1], "card.columns"),
    ):
        with pytest.raises(TallyError) as error:
            run_step("score.card@1.0.0", lambda me, b, c=changes, w=woe: card_of(b, me, w, **c))
        assert error.value.code == code


def test_a_base_tells_no_small_class() -> None:
    """Attack: where every weight is hidden because one class has a few rows, the intercept would still count them."""
    owned = {"woe": (("", 40),)}
    shown = run_step(
        "score.card@1.0.0", lambda me, b: card_of(b, me, WOE), wanted=("base", "card"), minimum_group=5, owned=owned
    )
    hidden = run_step(
        "score.card@1.0.0", lambda me, b: card_of(b, me, WOE * 0), wanted=("base", "card"), minimum_group=5, owned=owned
    )
    assert abs(shown.opened["base"] - (600 - 20 / np.log(2) * (np.log(20) + 0.25))) < 1e-3
    assert hidden.opened["base"] == 0
    assert (hidden.opened["card"] == 0).all()
    with pytest.raises(TallyError, match=r"group\.unknown_rows"):
        run_step(
            "score.card@1.0.0",
            lambda me, b: card_of(b, me, WOE),
            wanted=("card",),
            minimum_group=5,
            owned={"woe": None},
        )


@pytest.mark.parametrize("layout", ["aligned", "stacked"])
def test_records_need_the_cards_columns_and_bins(layout: str) -> None:
    codes = np.array([[0.0, 1.0], [1.0, 1.0], [1.0, 0.0]])

    def inputs(names: str, rows: Any = codes) -> Any:
        def made(me: str, backend: Any) -> dict[str, Any]:
            def secret(values: Any) -> Any:
                return share(
                    backend, values if me == "bank" else None, shape=values.shape, owner=0, fraction_bits=18, limit=900
                )

            card = Scorecard(
                ("a", "b"), secret(np.array([[10.0, -5.0], [0.0, 7.0]])), secret(np.array([600.0]))
            ).value()
            split = {"bank": (names[0], rows[:, :1]), "shop": (names[1], rows[:, 1:])}
            table = (
                aligned(me, split) if layout == "aligned" else stacked(me, names, {"bank": rows[:1], "shop": rows[1:]})
            )
            return {"card": (card,), "tables": (table,)}

        return made

    found = run_step("score.points@1.0.0", inputs("ba", codes[:, ::-1]), {"bins": 2, "reasons": 2})
    assert np.allclose(found.opened["points"], [617, 602, 595], atol=1e-3)
    assert found.opened["reasons"].tolist() == [[0, 0], [1, 0], [1, 2]]
    for given, parameters, code in (
        (inputs("ac"), {"bins": 2}, "points.columns"),
        (inputs("ab"), {"bins": 3}, "points.bins"),
        (inputs("ab", codes + 1), {"bins": 2}, "stats.category"),
    ):
        with pytest.raises(TallyError) as error:
            run_step("score.points@1.0.0", given, parameters)
        assert error.value.code == code
