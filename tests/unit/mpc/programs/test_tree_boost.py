"""Boosted trees against scikit-learn on the same bins: same splits, same scores; what is defined where nothing is to be split; the
minimum group; and who learns what."""

from typing import Any

import numpy as np
import pytest

from mpc.arrays.interface import share
from mpc.programs.scoring.tree import run as scoring
from mpc.programs.tree import splits
from mpc.programs.tree.training import boosted
from mpc.workflow.values import SharedTable
from protocol.errors import TallyError
from tests.unit.mpc.programs.forests import (
    BOOST,
    OPENED,
    REGRESS,
    applied,
    leaves_of,
    scikit,
    splits_of,
    splits_opened,
)
from tests.unit.mpc.programs.steps import aligned, label, run_step, stacked

RNG = np.random.default_rng(3)
ROWS = RNG.normal(size=(240, 4))
SIGNAL = ROWS @ [1, -1, 0.5, 0.2] + ROWS[:, 0] * ROWS[:, 2]
BITS = (SIGNAL + RNG.normal(size=240) > 0).astype(float)
REAL = SIGNAL + 0.3 * RNG.normal(size=240)
NAMES = ("a", "b", "c", "d")
TRAIN = 180
GIVEN: dict[str, Any] = {
    "trees": 1, "depth": 2, "bins": 8, "learning_rate": "0.3", "lambda": "1", "min_child_rows": 5, "train_fraction": "0.75",
}  # fmt: skip


def columns(rows: Any, target: Any) -> Any:
    """Two owners' columns; the bank has the target and half of them."""
    half = rows.shape[1] // 2
    names = tuple(f"c{at}" for at in range(rows.shape[1]))

    def inputs(me: str, _: Any) -> dict[str, Any]:
        table = aligned(me, {"bank": (names[:half], rows[:, :half]), "shop": (names[half:], rows[:, half:])})
        return {"features": (table,), "label": (label(me, "bank", target),)}

    return inputs


def below(rows: Any, target: Any, first: int) -> Any:
    """Two owners' rows, the bank's first."""
    whole = np.column_stack([rows, target])

    def inputs(me: str, _: Any) -> dict[str, Any]:
        table = stacked(me, (*NAMES[: rows.shape[1]], "y"), {"bank": whole[:first], "shop": whole[first:]})
        return {"features": (table,), "label": (table.column("y"),)}

    return inputs


def secret(rows: Any, target: Any, limit: float = 8, *, bits: int = 0) -> Any:
    """A table that an earlier step shared."""

    def inputs(me: str, backend: Any) -> dict[str, Any]:
        own = me == "bank"
        table = share(backend, rows if own else None, shape=rows.shape, owner=0, fraction_bits=24, limit=limit)
        most = 1 if bits == 0 else 16
        y = share(backend, target if own else None, shape=target.shape, owner=0, fraction_bits=bits, limit=most)
        return {"features": (SharedTable(NAMES[: rows.shape[1]], table),), "label": (y,)}

    return inputs


def boost(
    inputs: Any,
    *,
    wanted: Any = OPENED,
    backend: Any = "fast",
    group: Any = 0,
    readers: Any = (),
    **given: Any,
) -> Any:
    program = REGRESS if "label_limit" in given else BOOST
    return run_step(
        program, inputs, {**GIVEN, **given}, wanted=wanted, backend=backend, minimum_group=group, readers=readers
    ).opened  # fmt: skip


def test_classes_split_and_score_as_scikit_learn_on_the_same_bins() -> None:
    wanted = (*OPENED, "importance", "fit", "fitted_rows", "scores", "labels")
    got = boost(columns(ROWS, BITS), wanted=wanted, trees=2, depth=3)
    by = scikit(ROWS[:TRAIN], BITS[:TRAIN], {**GIVEN, "trees": 2, "depth": 3})
    assert splits_opened(got) == splits_of(by)
    assert np.abs(got["scores"] - by.decision_function(ROWS[TRAIN:])).max() < 1e-4
    assert np.abs(applied(got, ROWS[TRAIN:]) - got["scores"]).max() < 1e-4
    chances = np.clip(by.predict_proba(ROWS[:TRAIN])[np.arange(TRAIN), BITS[:TRAIN].astype(int)], 1e-9, 1)
    assert got["fit"] == pytest.approx(-np.log(chances).mean(), abs=1e-4)
    assert got["fitted_rows"].tolist() == [TRAIN, BITS[:TRAIN].sum()]
    assert np.array_equal(got["labels"], BITS[TRAIN:])
    used = {int(each) for each in got["split_columns"].ravel() if each}
    assert {at + 1 for at, gain in enumerate(got["importance"]) if gain > 1e-3} == used


def test_quantities_split_and_score_as_scikit_learn_on_the_same_bins() -> None:
    given = {"label_limit": "16"}
    got = boost(columns(ROWS, REAL), wanted=(*OPENED, "fit", "fitted_rows", "scores", "labels"), **given)
    by = scikit(ROWS[:TRAIN], REAL[:TRAIN], {**GIVEN, **given})
    assert splits_opened(got) == splits_of(by)
    assert np.abs(got["scores"] - by.predict(ROWS[TRAIN:])).max() < 1e-5
    assert got["fit"] == pytest.approx(by.score(ROWS[:TRAIN], REAL[:TRAIN]), abs=1e-5)
    assert got["fitted_rows"].tolist() == [TRAIN]
    assert np.abs(got["labels"] - REAL[TRAIN:]).max() < 1e-6


@pytest.mark.parametrize(
    "given",
    [{}, pytest.param({"label_limit": "16"}, marks=pytest.mark.slow)],
    ids=["logistic", "squared"],
)
def test_rows_split_or_secret_are_cut_at_common_places(given: Any) -> None:
    """Both give the trees that scikit-learn finds in the bins' numbers."""
    target = REAL if given else BITS
    plain = {**given, "limit": "8", "train_fraction": "1"}
    split = boost(below(ROWS, target, 100), **plain)
    together = boost(secret(ROWS, target, bits=20 if given else 0), **plain)
    assert splits_opened(split) == splits_opened(together)
    cuts = np.linspace(-8, 8, 9)[1:-1]
    assert {b for tree in splits_opened(split) for _, b in tree} <= set(cuts.round(6))
    by = scikit((ROWS[:, :, None] > cuts).sum(axis=2).astype(float), target, {**GIVEN, **given})
    binned = [[(c, round(cuts[int(b)], 6)) for c, b in tree] for tree in splits_of(by)]
    assert splits_opened(split) == [sorted(tree) for tree in binned]
    assert np.abs(split["leaf_values"] - together["leaf_values"]).max() < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("given", [{}, {"label_limit": "16"}], ids=["logistic", "squared"])
def test_stock_shares_grow_the_same_trees(given: Any) -> None:
    target = REAL if given else BITS
    small = {**given, "trees": 1, "depth": 2, "bins": 4, "train_fraction": "1"}
    got, other = (boost(columns(ROWS[:40, :2], target[:40]), backend=each, **small) for each in ("mpyc", "fast"))
    assert np.array_equal(got["split_columns"], other["split_columns"])
    assert np.array_equal(got["split_bounds"], other["split_bounds"])
    assert np.abs(got["leaf_values"] - other["leaf_values"]).max() < 1e-4


def test_missing_values_are_a_bin_of_their_own_below_all_others() -> None:
    rows = ROWS.copy()
    rows[np.random.default_rng(4).random(rows.shape) < 0.3] = -99
    target = ((rows[:, 2] == -99) | (rows[:, 0] > 0.5)).astype(float)
    got = boost(columns(rows, target), missing="value", missing_value="-99", wanted=(*OPENED, "scores"))
    limit = 1e6
    assert (got["split_bounds"] == -2 * limit).any()  # a question about missing values alone
    assert np.abs(applied(got, rows[TRAIN:], -99) - got["scores"]).max() < 1e-4
    assert (((got["scores"] > 0) == target[TRAIN:]).mean()) > 0.97
    cut = {bound for tree in splits_opened(got) for _, bound in tree if bound != -2 * limit}
    assert min(cut) > -3  # -99 moved no quantile


def test_a_split_on_missing_values_is_lost_where_no_number_stands_for_them() -> None:
    """Without the bin of their own, they are values like others: the same table, another model."""
    rows = ROWS.copy()
    rows[np.random.default_rng(4).random(rows.shape) < 0.3] = 0.0
    target = (rows[:, 2] == 0).astype(float)
    given = {"depth": 1, "trees": 1, "bins": 4}
    told = boost(columns(rows, target), missing="value", missing_value="0", wanted=("fit",), **given)["fit"]
    untold = boost(columns(rows, target), wanted=("fit",), **given)["fit"]
    assert told < untold - 0.1


def test_constant_and_doubled_columns_and_equal_gains_take_the_first() -> None:
    """Columns: constant, the signal, the signal again, constant. scikit-learn takes the first as well."""
    rows = np.column_stack([np.ones(240), ROWS[:, 0], ROWS[:, 0], np.zeros(240)])
    for target, given in ((BITS, {}), (REAL, {"label_limit": "16"})):
        got = boost(columns(rows, target), **given)
        used = got["split_columns"]
        assert set(used.ravel()) <= {0, 2}
        assert (used == 2).any()
        assert splits_opened(got) == splits_of(scikit(rows[:TRAIN], target[:TRAIN], {**GIVEN, **given}))


def test_ties_are_broken_by_the_margin_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the rounding of two equal gains decides, and the second column is taken sometimes."""

    def without(values: Any, axis: int, *, margin: Any = None) -> Any:
        del margin
        return original(values, axis)

    original = splits.argmax_one_hot
    monkeypatch.setattr(splits, "argmax_one_hot", without)
    rows = np.repeat(ROWS[:, :1], 4, axis=1)
    used = boost(columns(rows, BITS), depth=3)["split_columns"]
    assert (used > 1).any()


def test_nothing_to_split_leaves_every_row_in_the_first_leaf() -> None:
    rows = np.ones((60, 2))
    got = boost(columns(rows, BITS[:60]), wanted=(*OPENED, "importance", "scores"))
    assert not got["split_columns"].any()
    assert not got["importance"].any()
    assert np.abs(got["leaf_values"]).max() < 1e-3  # the start is the optimum already
    assert np.ptp(got["scores"]) < 1e-5


def test_few_rows_and_a_pure_node_are_no_error() -> None:
    rows, bits = ROWS[:12, :2].copy(), np.array([0.0, 1] * 6)
    rows[:, 0] = bits  # after the first split both nodes are pure
    got = boost(columns(rows, bits), train_fraction="1", min_child_rows=1, min_child_weight="0.01")
    assert got["split_columns"][0, 0] == 1
    assert not got["split_columns"][0, 1:].any()
    assert (applied(got, rows) > 0).tolist() == bits.astype(bool).tolist()


def test_a_leaf_has_the_least_rows_and_weight() -> None:
    for least, weight in ((30, "0.01"), (1, "8")):
        got = boost(columns(ROWS, BITS), min_child_rows=least, min_child_weight=weight, depth=3)
        sizes = np.bincount(leaves_of(got, 0, ROWS[:TRAIN]))
        assert sizes[sizes > 0].min() >= max(least, 4 * float(weight))  # p(1 - p) is a quarter at most
        assert sizes.max() < TRAIN


def test_gains_below_the_least_do_not_split() -> None:
    all_, few, none = (boost(columns(ROWS, BITS), min_gain=least)["split_columns"] for least in ("0", "12", "10000"))
    assert (all_ > 0).sum() > (few > 0).sum() > 0 == (none > 0).sum()


@pytest.mark.parametrize(
    ("inputs", "given", "code"),
    [
        (columns(ROWS, np.ones(240)), {}, "frame.one_class"),
        (below(ROWS, np.ones(240), 100), {"limit": "8"}, "label.one_class"),
        (columns(ROWS, REAL), {}, "frame.label"),
        (columns(ROWS, REAL), {"label_limit": "0.5"}, "arrays.out_of_range"),
        (columns(ROWS, BITS), {"limit": "0.5"}, "arrays.out_of_range"),
        (columns(ROWS, BITS), {"train_fraction": "1"}, "boost.no_test_rows"),
        (secret(ROWS, BITS), {"missing": "value"}, "boost.missing_shared"),
        (secret(ROWS, REAL, bits=20), {}, "boost.label"),
        (secret(ROWS, REAL, bits=20), {"label_limit": "1"}, "boost.label_limit"),
        (lambda me, b: columns(ROWS, BITS)(me, b) | {"label": below(ROWS, BITS, 9)(me, b)["label"]}, {}, "boost.kinds"),
        (
            lambda me, b: columns(ROWS, BITS)(me, b) | {"label": columns(ROWS[:9], BITS[:9])(me, b)["label"]},
            {},
            "boost.rows",
        ),
    ],
)
def test_what_is_refused(inputs: Any, given: Any, code: str) -> None:
    with pytest.raises(TallyError) as caught:
        boost(inputs, wanted=("scores",), **given)
    assert caught.value.code == code
    assert caught.value.fix


# -- the minimum group ---------------------------------------------------------------------------------------------

GROUP = 12
SQUARED: dict[str, Any] = {"label_limit": "16"}
OTHERS: list[tuple[str, dict[str, Any]]] = [("aligned", SQUARED), ("stacked", {}), ("shared", {}), ("shared", SQUARED)]


def rare_corner(people: int = 7) -> tuple[Any, Any]:
    """A few people who stand out in a column, all of one class: the best split there is about them."""
    draw = np.random.default_rng(5)
    rows = np.clip(draw.normal(size=(240, 2)), -1.9, 1.9).round(2)
    bits = (draw.random(240) < 0.2).astype(float)
    rows[:people, 0], bits[:people] = 50.0, 1.0
    return rows, bits


def test_no_leaf_is_of_fewer_people_than_the_group_or_of_a_few_of_a_class() -> None:
    rows, bits = rare_corner()
    plain = {"train_fraction": "1", "min_child_rows": 1, "min_child_weight": "0.01", "trees": 1, "bins": 64, "depth": 2}
    smallest: list[int] = []
    for group in (0, GROUP):
        got = boost(columns(rows, bits), group=group, **plain)
        at = leaves_of(got, 0, rows)
        sizes, ones = np.bincount(at), np.bincount(at, bits)
        counts = np.concatenate([sizes, ones, sizes - ones])
        smallest.append(int(counts[counts > 0].min()))
    assert smallest[0] < GROUP <= smallest[1]


def test_who_reads_subtracts_its_own_rows_from_every_leaf() -> None:
    """The bank reads: every leaf must have enough of the shop's rows, though bank and shop together have more."""
    rows, bits = rare_corner(20)
    shop = np.zeros(240, dtype=bool)
    shop[[*range(4), *range(100, 240)]] = True
    order = np.argsort(shop, kind="stable")
    rows, bits, shop = rows[order], bits[order], shop[order]
    plain = {
        "train_fraction": "1", "min_child_rows": 1, "min_child_weight": "0.01", "trees": 1, "bins": 64, "depth": 2, "limit": "64",
    }  # fmt: skip
    inputs = below(rows, bits, int((~shop).sum()))
    for readers, safe in ((("bank",), True), ((), False)):
        got = boost(inputs, group=GROUP, readers=readers, **plain)
        at = leaves_of(got, 0, rows[shop])
        sizes, ones = np.bincount(at), np.bincount(at, bits[shop])
        counts = np.concatenate([sizes, ones, sizes - ones])
        assert bool(counts[counts > 0].min() >= GROUP) is safe


def test_without_the_bits_of_the_group_a_leaf_of_few_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The defence taken out: splits count whatever their children hold."""
    rows, bits = rare_corner()
    monkeypatch.setattr(splits, "_all", lambda conditions: conditions[0] * 0 + 1)
    got = boost(columns(rows, bits), group=GROUP, train_fraction="1", trees=1, bins=64, depth=2)
    sizes = np.bincount(leaves_of(got, 0, rows))
    assert 0 < sizes[sizes > 0].min() < GROUP


def test_a_label_of_a_few_does_not_show() -> None:
    bits = np.zeros(240)
    bits[:5] = 1
    with pytest.raises(TallyError) as caught:
        boost(columns(ROWS, bits), group=GROUP)
    assert caught.value.code == "group.rare"
    got = boost(below(ROWS, bits, 100), group=GROUP, limit="8", wanted=(*OPENED, "importance", "fit", "fitted_rows"))
    assert all(not np.any(each) for each in got.values())
    with pytest.raises(TallyError) as caught:
        boost(columns(ROWS[:100], BITS[:100]), group=GROUP, trees=8)  # 75 rows for 32 leaves
    assert caught.value.code == "group.model"


# -- scoring -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("aligned", {}),
        ("stacked", SQUARED),
        *(pytest.param(kind, given, marks=pytest.mark.slow) for kind, given in OTHERS),
    ],
)
def test_a_forest_scores_as_it_predicted(kind: str, given: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records in another order of columns; the forest passes as it does between steps."""
    target = REAL if given else BITS
    made: dict[str, Any] = {
        "aligned": columns(ROWS, target), "stacked": below(ROWS, target, 100), "shared": secret(ROWS, target, bits=20 if given else 0),
    }  # fmt: skip
    plain = {**GIVEN, **given, "limit": "8", "train_fraction": "1"}
    order = [2, 0, 3, 1]

    def records(me: str, backend: Any) -> Any:
        if kind == "aligned":
            mixed = {"shop": (("c3", "c2"), ROWS[:, [3, 2]]), "bank": (("c1", "c0"), ROWS[:, [1, 0]])}
            return aligned(me, mixed)
        if kind == "stacked":
            return stacked(me, [NAMES[at] for at in order], {"bank": ROWS[:60][:, order], "shop": ROWS[60:][:, order]})
        own = ROWS[:, order] if me == "bank" else None
        shares = share(backend, own, shape=ROWS.shape, owner=0, fraction_bits=24, limit=8)
        return SharedTable(tuple(NAMES[at] for at in order), shares)

    async def both(context: Any) -> Any:
        """Train, then score with what was trained."""
        found = await boosted(context, "squared" if given else "logistic")
        context.inputs = {"model": (found["model"],), "tables": (records(context.me, context.backend),)}
        context.parameters = {"output": "mean"}
        scored = await scoring.run(context)
        return {**{name: found[name] for name in OPENED}, "scores": scored["scores"]}

    monkeypatch.setattr("tests.unit.mpc.programs.steps.implementation", lambda _: both)
    got = run_step(REGRESS if given else BOOST, made[kind], plain, wanted=(*OPENED, "model")).opened
    raw = applied(got, ROWS)
    assert np.abs(got["scores"] - (raw if given else 1 / (1 + np.exp(-raw)))).max() < 2e-4
