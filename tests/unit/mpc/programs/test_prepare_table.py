"""An owner's raw table made numbers: against numpy and scikit-learn, refused before anything is sent, and the same at every owner."""

import asyncio
import datetime as dt
from typing import Any

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder

from mpc.programs.prepare.owner import prepared
from mpc.workflow.dry_run import DryRun, dry_run
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.planning import fit
from mpc.workflow.runner import WorkflowResult
from mpc.workflow.values import PrivateTable, Source
from protocol.errors import TallyError
from protocol.recipes import Recipe
from tests.unit.mpc.programs.steps import PARTIES, Outcome, run_step
from tests.unit.mpc.workflow.test_runner import BANK, SHOP, execute, reconstruct, step

PROGRAM = "prepare.table@1.0.0"
RNG = np.random.default_rng(86)
ROWS = 60
INCOME = np.round(np.exp(RNG.normal(10, 1.5, ROWS)), 2) * np.where(RNG.random(ROWS) < 0.1, -1, 1)
EMPTY = RNG.random(ROWS) < 0.2
LEVELS = RNG.choice(["car", "radio, tv", "other goods", "Möbel"], ROWS)
DAYS = [dt.date(2019, 1, 1) + dt.timedelta(int(n)) for n in RNG.integers(0, 900, ROWS)]
RAW: dict[str, Any] = {
    "age": np.where(EMPTY, np.nan, RNG.integers(18, 80, ROWS)),
    "income": INCOME,
    "opened": np.array([None if gone else str(day) for gone, day in zip(EMPTY, DAYS, strict=True)], dtype=object),
    "purpose": np.array([None if gone else level for gone, level in zip(EMPTY, LEVELS, strict=True)], dtype=object),
    "sex": RNG.integers(1, 3, ROWS).astype(float),
}
TABLE = PrivateTable(tuple(f"c{at}" for at in range(ROWS)), RAW)
NAMES = tuple(sorted(RAW))


def made(recipe: str, table: PrivateTable = TABLE) -> dict[str, Any]:
    """The columns that come out, by name."""
    parts = Recipe.parse(recipe).parts
    return {
        name: values for part in parts for name, values in zip(part.names, prepared(part, table).columns, strict=True)
    }


def run(recipe: str, table: PrivateTable = TABLE, **options: Any) -> Outcome:
    def inputs(me: str, _: Any) -> dict[str, Any]:
        return {"table": (Source(BANK, "bank", tuple(sorted(table.columns)), table if me == "bank" else None),)}

    return run_step(PROGRAM, inputs, {"recipe": recipe}, **options)


# -- what comes out ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["mean", "median"])
def test_empty_cells_are_filled_as_scikit_learn_fills_them(by: str) -> None:
    expected = SimpleImputer(strategy=by, add_indicator=True).fit_transform(RAW["age"].reshape(-1, 1))
    found = made(f"age: fill {by}, indicator")
    assert list(found) == ["age", "age[missing]"]
    assert np.allclose(np.column_stack(list(found.values())), expected, rtol=0, atol=1e-12)


def test_levels_are_encoded_as_scikit_learn_encodes_them() -> None:
    text = np.array([level or "" for level in RAW["purpose"]], dtype=object).reshape(-1, 1)
    levels = ["car", "Möbel", "radio, tv", "other goods"]
    encoder = OneHotEncoder(categories=[levels], handle_unknown="ignore", sparse_output=False).fit(text[~EMPTY])
    recipe = 'purpose: indicator, one-hot car | Möbel | "radio, tv" | other goods'
    found = made(recipe)
    assert list(found) == [
        "purpose[car]", "purpose[Möbel]", "purpose[radio, tv]", "purpose[other goods]", "purpose[missing]",
    ]  # fmt: skip
    matrix = np.column_stack(list(found.values()))
    assert np.array_equal(matrix[:, :4], encoder.transform(text))
    assert (matrix.sum(axis=1) == 1).all()
    dummies = made(recipe.replace("one-hot", "dummy"))
    assert list(dummies) == list(found)[1:]
    assert all(np.array_equal(dummies[name], found[name]) for name in dummies)
    codes = made("purpose: fill car, ordinal car | Möbel, other level")["purpose"]
    place = {"": 0, "car": 0, "Möbel": 1}
    assert codes.tolist() == [place.get(level, 2) for level in text[:, 0]]
    few = made("purpose: fill car, one-hot car | Möbel, other column")
    assert list(few) == ["purpose[car]", "purpose[Möbel]", "purpose[other]"]
    assert np.array_equal(few["purpose[other]"], codes == 2)
    assert np.array_equal(made("sex: ordinal 2 | 1")["sex"], 2 - RAW["sex"])


def test_heavy_tails_are_clipped_and_logged_as_numpy_does() -> None:
    low, high = np.quantile(INCOME, [0.05, 0.9])
    cut = np.clip(INCOME, low, high)
    assert np.array_equal(made("income: clip quantiles 0.05 0.9")["income"], cut)
    logged = made("income: clip quantiles 0.05 0.9, signed log")["income[log]"]
    assert np.allclose(logged, np.sign(cut) * np.log(1 + np.abs(cut)), rtol=1e-14)
    assert np.allclose(
        made("income: clip 0 50000, log")["income[log]"], np.log(1 + np.clip(INCOME, 0, 50000)), rtol=1e-14
    )
    assert np.array_equal(made("income: bins 0 20000 50000.5")["income[bin]"], np.digitize(INCOME, [0, 20000, 50000.5]))
    filled = np.where(np.isclose(INCOME, INCOME[3]), np.median(np.delete(INCOME, 3)), INCOME)
    assert np.array_equal(made(f"income: empty {INCOME[3]:.2f}, fill median")["income"], filled)


def test_dates_are_counted_and_taken_apart() -> None:
    found = made("opened: fill 2020-02-29, days since 2000-01-01, year, month, day, weekday")
    days = [dt.date(2020, 2, 29) if gone else day for gone, day in zip(EMPTY, DAYS, strict=True)]
    expected = [[(d - dt.date(2000, 1, 1)).days, d.year, d.month, d.day, d.isoweekday()] for d in days]
    assert list(found) == [f"opened[{part}]" for part in ("days", "year", "month", "day", "weekday")]
    assert np.array_equal(np.column_stack(list(found.values())), expected)


def test_columns_that_are_not_named_pass_and_counts_are_exact() -> None:
    recipe = (
        "age: fill 40, clip 20 60; purpose: fill car, one-hot car | Möbel, other column; opened: fill 2020-01-01, month"
    )
    outcome = run(recipe)
    table = outcome.values["table"]
    assert isinstance(table, Source)
    assert table.columns == (
        "age", "income", "opened[month]", "purpose[car]", "purpose[Möbel]", "purpose[other]", "sex",
    )  # fmt: skip
    assert table.table is not None
    assert np.array_equal(table.table.matrix(("income", "sex")), np.column_stack([INCOME, RAW["sex"]]))
    age = np.where(EMPTY, 40, RAW["age"])
    others = ~EMPTY & np.isin(LEVELS, ["radio, tv", "other goods"])
    clipped = ((age < 20) | (age > 60)).sum()
    assert outcome.opened["counts"].tolist() == [EMPTY.sum(), clipped, EMPTY.sum(), EMPTY.sum(), others.sum()]


# -- what is refused, before anything is sent --------------------------------------------------------------------

REFUSED = {
    "empty": ("age: clip 0 100", "input.null"),
    "empty, among others": ("sex: fill 1; purpose: one-hot car | Möbel, other column", "input.null"),
    "level": ("purpose: fill car, one-hot car | Möbel", "prepare.level"),
    "level of a number": ("sex: one-hot 1 | 3", "prepare.level"),
    "text as number": ("purpose: fill 0", "input.kind"),
    "number as date": ("income: days since 2000-01-01", "input.kind"),
    "text as date": ("purpose: fill 2020-01-01, year", "prepare.date"),
    "log": ("income: log", "prepare.log"),
}


def flow(recipe: str, *, minimum_group: int = 0) -> Workflow:
    sets = (DataSet(BANK, "bank", NAMES), DataSet(SHOP, "shop", ("orders",)))
    steps = (
        step("prepare", PROGRAM, {"recipe": recipe}, table=BANK),
        step("align", "psi.align@1.0.0", tables=("prepare.table", SHOP)),
        step("describe", "stats.describe@1.0.0", {"limit": "10000000"}, table="align.aligned"),
    )
    return Workflow(PARTIES, sets, steps, ("describe.mean",), minimum_group=minimum_group)


ORDERS = PrivateTable(TABLE.ids, {"orders": np.arange(ROWS, dtype=float)})


def whole(recipe: str) -> str:
    """A recipe for every column that needs one."""
    named = {part.column for part in Recipe.parse(recipe).parts}
    more = {
        "age": "fill 40",
        "purpose": "fill car, ordinal car | Möbel, other level",
        "opened": "fill 2020-01-01, month",
    }
    return "; ".join([recipe, *(f"{column}: {done}" for column, done in more.items() if column not in named)])


def check(recipe: str, table: PrivateTable = TABLE) -> DryRun:
    return asyncio.run(dry_run(flow(recipe), "bank", {BANK: table}, {BANK: ROWS, SHOP: ROWS}))


@pytest.mark.parametrize("name", REFUSED)
def test_what_rows_cannot_do_is_known_before_signing_and_refused_before_sending(name: str) -> None:
    recipe, code = whole(REFUSED[name][0]), REFUSED[name][1]
    said = [finding for finding in check(recipe).findings if not finding.notice]
    assert [finding.code for finding in said] == [code]
    assert said[0].data_sets == (BANK,)
    with pytest.raises(TallyError) as error:
        run(recipe)
    assert error.value.code == code
    assert error.value.details["columns"] == list(said[0].columns)
    assert error.value.details["rows"] == said[0].rows


def test_a_column_that_passes_holds_numbers_and_no_empty_cell() -> None:
    recipe = "purpose: fill car, ordinal car | Möbel, other level; opened: fill 2020-01-01, month"
    said = [finding for finding in check(recipe).findings if not finding.notice]
    assert [(finding.step, finding.code, finding.columns, finding.rows) for finding in said] == [
        ("prepare", "input.null", ("age",), EMPTY.sum())
    ]


def test_a_column_without_any_value_has_no_statistic() -> None:
    empty = PrivateTable(TABLE.ids, {**RAW, "age": np.full(ROWS, np.nan)})
    for by in ("fill mean", "fill median", "fill 1, clip quantiles 0.1 0.9"):
        assert [f.code for f in check(whole(f"age: {by}"), empty).findings if not f.notice] == ["prepare.all_empty"]
    assert [f.code for f in check(whole("age: fill 1"), empty).findings if not f.notice] == []


def test_what_is_done_unasked_is_told_before_signing_with_its_count() -> None:
    notices = {f.code: f.rows for f in check(whole("income: clip 0 50000")).findings if f.notice}
    assert notices["prepare.clipped"] == ((INCOME < 0) | (INCOME > 50000)).sum()
    assert notices["prepare.filled"] == EMPTY.sum()
    assert "prepare.other" in notices


# -- the steps after it ------------------------------------------------------------------------------------------


def test_a_prepared_table_is_aligned_and_described() -> None:
    recipe = whole("income: signed log")
    results = execute(flow(recipe), {"bank": {BANK: TABLE}, "shop": {SHOP: ORDERS}})
    assert all(isinstance(result, WorkflowResult) for result in results), results
    expected = np.array([values.mean() for values in run(recipe).values["table"].table.columns.values()])  # type: ignore[union-attr]
    got = reconstruct(results)["describe.mean"]
    assert np.abs(got[:-1] - expected).max() < 1e-6
    assert abs(got[-1] - (ROWS - 1) / 2) < 1e-6


def stacking(first: str, second: str | None) -> Workflow:
    sets = (DataSet(BANK, "bank", ("a", "b")), DataSet(SHOP, "shop", ("a", "b")))
    prepare = [step("one", PROGRAM, {"recipe": first}, table=BANK)]
    prepare += [] if second is None else [step("two", PROGRAM, {"recipe": second}, table=SHOP)]
    tables = ("one.table", SHOP if second is None else "two.table")
    steps = (
        *prepare,
        step("stack", "table.stack@1.0.0", tables=tables),
        step("all", "stats.describe@1.0.0", {"limit": "1000"}, table="stack.stacked"),
    )
    return Workflow(PARTIES, sets, steps, ("all.mean",))


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("a: fill 1", "a: fill 1", ""),
        ("a: fill mean", "a: fill mean", "stack.own_statistics"),
        ("a: fill 1, clip quantiles 0 0.9", "a: fill 1, clip quantiles 0 0.9", "stack.own_statistics"),
        ("a: fill 1", "a: fill 2", "stack.prepared_differently"),
        ("a: fill 1", None, "stack.prepared_differently"),
        ("a: fill 1, log", "a: fill 1", "stack.columns_differ"),
    ],
)
def test_stacked_rows_mean_the_same_at_every_owner(first: str, second: str | None, code: str) -> None:
    """Attack on the meaning of a model: one owner's mean is not another's. Known from the contract alone, and refused by the run."""
    workflow = stacking(first, second)
    known = asyncio.run(fit(workflow, {BANK: 30, SHOP: 30}, {BANK: 1, SHOP: 1})).refusal
    assert ("" if known is None else known[1].code) == code
    own = {
        owner: {
            name: PrivateTable(
                tuple(map(str, range(30))), {"a": np.where(np.arange(30) < 3, np.nan, scale), "b": np.arange(30.0)}
            )
        }
        for owner, name, scale in (("bank", BANK, 5.0), ("shop", SHOP, 50.0))
    }
    if second is None:
        own["shop"][SHOP] = PrivateTable(own["shop"][SHOP].ids, {"a": np.ones(30), "b": np.ones(30)})
    if not code:
        assert np.allclose(reconstruct(execute(workflow, own))["all.mean"], [(0.1 + 0.9 * 27.5), 14.5], atol=1e-6)
    elif code == "stack.own_statistics":
        results = execute(workflow, own)
        assert {result.code for result in results if isinstance(result, TallyError)} == {code}


# -- what a count tells ------------------------------------------------------------------------------------------


def test_counts_of_a_few_rows_show_the_minimum_group() -> None:
    def counted(age: Any, minimum_group: int) -> Any:
        table = PrivateTable(TABLE.ids, {"age": age, "income": INCOME})
        return run("age: fill 40, clip 30 35", table, minimum_group=minimum_group).opened["counts"].tolist()

    few = np.where(np.arange(ROWS) < 2, np.nan, 30.0)
    assert counted(few, 0) == [2, 2]
    assert counted(few, 5) == [5, 5]
    assert counted(few[::-1] * np.nan, 5) == [ROWS, ROWS]
    assert counted(np.where(np.arange(ROWS) < ROWS - 2, np.nan, 30.0), 5) == [5, 5]


def test_a_recipe_of_other_columns_or_of_nothing_to_count_is_refused() -> None:
    plain = PrivateTable(TABLE.ids, {"income": INCOME})
    for recipe, code in (("wages: fill 0", "prepare.no_column"), ("income: signed log", "prepare.nothing_counted")):
        with pytest.raises(TallyError) as error:
            run(recipe, plain)
        assert error.value.code == code
