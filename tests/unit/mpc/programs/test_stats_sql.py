"""Queries that a bank's analyst writes, against DuckDB's answers on the same tables; NULLs; what is refused, and who may see what."""

import asyncio
import math
from functools import cache
from typing import Any

import numpy as np
import pytest

from client import query_answer, report
from client.result_file import MadeBy, NamedResult
from mpc.programs import axes
from mpc.workflow.dry_run import dry_run
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.planning import fit
from mpc.workflow.values import PrivateTable
from protocol.axes import Axis
from protocol.errors import TallyError
from protocol.sql.query import Query
from tests.alike import some
from tests.unit.client.fitted import tensor
from tests.unit.mpc.programs.query_tables import PROGRAM, Table, cards, loans, read
from tests.unit.mpc.programs.steps import PARTIES
from tests.unit.mpc.workflow.test_runner import BANK, SHOP, execute, reconstruct, step
from workers.results import Result

QUERIES = {
    "how many": "SELECT COUNT(*) AS n FROM rows",
    "book by region": "SELECT region, COUNT(*) AS n, SUM(amount) AS book, AVG(amount) AS mean FROM bank JOIN shop USING (id)"
    " WHERE region IN (0, 1, 2, 3, 4) GROUP BY region ORDER BY region",
    "arrears": "SELECT region, 100 * SUM(overdue) / COUNT(*) AS rate FROM rows WHERE region IN (0, 1, 2, 3, 4) AND visits > 2"
    " GROUP BY region ORDER BY rate DESC, region LIMIT 3",
    "spending of late payers": "SELECT overdue, COUNT(*), AVG(spent), SUM(spent) FROM rows WHERE overdue IN (0, 1) GROUP BY overdue"
    " ORDER BY overdue",
    "channel by age": "SELECT channel, CASE WHEN age < 30 THEN 0 WHEN age < 60 THEN 1 ELSE 2 END AS band, COUNT(*) AS n, AVG(amount) AS m"
    " FROM rows WHERE channel IN (0, 1, 2) GROUP BY channel, band ORDER BY n DESC, channel, band",
    "known incomes": "SELECT region, COUNT(income) AS known, COUNT(*) - COUNT(income) AS unknown, AVG(income) AS mean FROM rows"
    " WHERE region IN (0, 1, 2, 3, 4) AND amount BETWEEN 1000 AND 100000 GROUP BY region ORDER BY region",
    "ratings": "SELECT rating, COUNT(*) AS n, SUM(spent) / SUM(amount) AS share FROM rows WHERE rating IN (1, 2, 3, 4, 5) GROUP BY rating"
    " ORDER BY share",
    "no rating": "SELECT COUNT(*) AS n, AVG(spent) AS mean FROM rows WHERE rating IS NULL AND (visits >= 3 OR overdue = 1)",
    "debt above income": "SELECT COUNT(*) AS n, SUM(amount - income) AS gap FROM rows WHERE amount > income",
    "neither is true": "SELECT COUNT(*) AS n FROM rows WHERE NOT (amount > income OR rating = 3)",
    "coalesced": "SELECT AVG(COALESCE(income, 0)) AS a, AVG(income) AS b, SUM(COALESCE(rating, 3) + visits) AS c FROM rows",
    "weighted": "SELECT channel, SUM(overdue * spent) AS late, SUM(spent) AS whole, SUM(overdue * spent) / SUM(spent) AS part FROM rows"
    " WHERE channel IN (0, 1, 2) AND overdue BETWEEN 0 AND 1 GROUP BY channel ORDER BY channel",
    "two owners decide": "SELECT CASE WHEN overdue = 1 AND visits < 2 THEN 2 WHEN amount / 12 > income THEN 1 ELSE 0 END AS risk,"
    " COUNT(*) AS n, AVG(age) AS mean FROM rows GROUP BY risk ORDER BY risk",
    "spread": "SELECT region, STDDEV_SAMP(age) AS s, VAR_POP(age) AS v, AVG(age) AS m FROM rows"
    " WHERE region IN (0, 1, 2, 3) AND age BETWEEN 18 AND 90 AND channel <> 1 GROUP BY region ORDER BY region",
    "spread of spending": "SELECT VAR_SAMP(spent) AS v, STDDEV_POP(spent) AS s FROM rows WHERE spent BETWEEN 0 AND 100000 AND region < 3",
    "having": "SELECT region, channel, COUNT(*) AS n, AVG(spent) AS m FROM rows WHERE region IN (0, 1, 2, 3, 4) AND channel IN (0, 1, 2)"
    " GROUP BY region, channel HAVING COUNT(*) >= 40 AND AVG(spent) BETWEEN 50 AND 900 ORDER BY m DESC",
    "conditional sums": "SELECT region, SUM(CASE WHEN visits > 3 THEN amount ELSE 0 END) AS often, AVG(CASE WHEN overdue = 1 THEN spent END) AS"
    " late FROM rows WHERE region IN (2, 0, 1) GROUP BY region ORDER BY region DESC",
    "not in": "SELECT COUNT(*) AS n, SUM(spent) AS s FROM rows WHERE region NOT IN (1, 3) AND NOT (age BETWEEN 30 AND 50) AND channel IN (0, 2)",
    "a missing group": "SELECT region, COUNT(*) AS n FROM rows WHERE region IN (0, 4, 9) AND rating IS NOT NULL GROUP BY region ORDER BY n",
    "arithmetic": "SELECT AVG((amount - spent) / 1000) AS a, SUM(-visits) AS b FROM rows"
    " WHERE region + channel < 4 AND visits * 2 <> age - 40",
    "limits by education": "SELECT education, sex, COUNT(*) AS n, AVG(limit_bal) AS m FROM rows WHERE education IN (1, 2, 3, 4) AND sex IN (1, 2)"
    " GROUP BY education, sex ORDER BY education, sex",
    "defaults by delay": "SELECT pay_0, COUNT(*) AS n, SUM(bad) AS lost, 100 * AVG(bad) AS rate FROM rows WHERE pay_0 IN (-2, -1, 0, 1, 2, 3)"
    " GROUP BY pay_0 HAVING SUM(bad) > 5 ORDER BY rate DESC",
    "use of the limit": "SELECT marriage, SUM(bill_amt1) / SUM(limit_bal) AS used, COUNT(*) AS n FROM rows WHERE marriage IN (1, 2, 3)"
    " AND limit_bal > bill_amt1 GROUP BY marriage ORDER BY used",
    "paid of billed": "SELECT CASE WHEN bill_amt1 <= 0 THEN 0 WHEN pay_amt1 >= bill_amt1 THEN 2 ELSE 1 END AS paid, COUNT(*) AS n, AVG(bad) AS d,"
    " AVG(age) AS a FROM rows WHERE education IS NOT NULL GROUP BY paid ORDER BY paid",
}
OF_CARDS = ("limits by education", "defaults by delay", "use of the limit", "paid of billed")
ASKED = [(name, layout) for name in QUERIES for layout in ("columns", "rows")]
ROUNDED = ("spread", "spread of spending")
"""Of squares: six digits."""


@cache
def table(name: str) -> Table:
    return cards() if name in OF_CARDS else loans()


def close(found: Any, expected: Any, digits: float) -> bool:
    if found is None or expected is None:
        return found is expected
    return math.isclose(float(found), float(expected), rel_tol=digits, abs_tol=1e-12)


def same(found: Any, expected: Any, digits: float = 1e-9) -> None:
    assert len(found) == len(expected)
    for row, other in zip(found, expected, strict=True):
        assert len(row) == len(other)
        assert all(close(a, b, digits) for a, b in zip(row, other, strict=True)), (row, other)


@pytest.mark.parametrize(("name", "layout"), some(ASKED, always=(*range(0, len(ASKED), 4), 2, 14, 22, 24, 26)))
def test_the_answer_is_duckdbs(name: str, layout: str) -> None:
    text = QUERIES[name] if layout == "columns" else QUERIES[name].replace("bank JOIN shop USING (id)", "rows")
    expected = table(name).duckdb(text)
    assert expected
    found = table(name).answer(text, layout)
    same(found.rows, expected, 1e-6 if name in ROUNDED else 1e-9)
    assert found.names == tuple(item.name for item in Query.parse(text).items)


@pytest.mark.parametrize("backend", ["fast", "mpyc"])
def test_both_backends_give_the_same(backend: str) -> None:
    few = {
        owner: {name: values[:40] for name, values in own.items() if name not in ("age", "overdue")}
        for owner, own in loans().owners.items()
    }
    small = Table(few, "4000000")
    text = (
        "SELECT channel, COUNT(income) AS n, SUM(amount - spent) AS s FROM rows WHERE channel IN (0, 1, 2) AND amount > spent"
        " GROUP BY channel ORDER BY channel"
    )
    same(small.answer(text, "columns", backend=backend).rows, small.duckdb(text))


# -- the minimum group -----------------------------------------------------------------------------------------------

K = 10


def people(**given: Any) -> Table:
    """Sixty people: ``ward`` 0 to 2 and ``x`` at the bank, ``kind`` 0 or 1 and ``y`` at the shop."""
    rng = np.random.default_rng(7)
    own: dict[str, Any] = {
        "ward": np.arange(60) % 3.0, "x": rng.normal(size=60).round(3),
        "kind": np.arange(60) // 3 % 2.0, "y": rng.normal(size=60).round(3), **given,
    }  # fmt: skip
    at_bank = {name: own[name] for name in own if name in ("ward", "x", "flag", "one")}
    return Table({"bank": at_bank, "shop": {name: own[name] for name in own if name not in at_bank}}, "1000")


def one(at: int = 4, rows: int = 60) -> Any:
    return (np.arange(rows) == at).astype(float)


HIDES = {
    "where_leaves_one_out": ("SELECT COUNT(*), SUM(x) FROM rows WHERE mark = 0", {"mark": one()}),
    "where_leaves_one_in": ("SELECT COUNT(*), SUM(x) FROM rows WHERE mark = 1", {"mark": one()}),
    "one_is_in_no_group": (
        "SELECT kind, SUM(x) FROM rows WHERE kind IN (0, 1) GROUP BY kind",
        {"kind": one() * 2 + np.arange(60) // 3 % 2},
    ),
    "a_sum_that_is_a_count": ("SELECT SUM(mark) FROM rows", {"mark": one()}),
    "a_sum_with_a_count_in_it": ("SELECT SUM(y + mark) FROM rows", {"mark": one()}),
    "a_sum_of_two_owners_with_a_count_in_it": ("SELECT SUM(x + mark) FROM rows", {"mark": one()}),
    "a_product_that_is_a_count": (
        "SELECT SUM(flag * mark) FROM rows WHERE flag BETWEEN 0 AND 1 AND mark BETWEEN 0 AND 1",
        {"flag": (np.arange(60) % 2 == 0) * 1.0, "mark": np.maximum(np.arange(60) % 2, one())},
    ),
    "a_branch_of_one": ("SELECT SUM(CASE WHEN mark = 1 THEN x ELSE y END) FROM rows", {"mark": one()}),
    "a_branch_of_one_at_its_owner": (
        "SELECT SUM(CASE WHEN mark = 1 THEN y ELSE y + 100 END) FROM rows",
        {"mark": one()},
    ),
    "a_branch_of_one_number": ("SELECT SUM(CASE WHEN mark = 1 THEN 100 ELSE x END) FROM rows", {"mark": one()}),
    "a_branch_of_one_number_at_its_owner": (
        "SELECT SUM(CASE WHEN mark = 1 THEN 100 ELSE y END) FROM rows",
        {"mark": one()},
    ),
    "a_branch_with_one": (
        "SELECT SUM(CASE WHEN kind = 1 THEN flag ELSE 0 END) FROM rows",
        {
            "flag": np.maximum((np.arange(60) // 3 % 2 == 0) * (np.arange(60) % 2), one(4)),
            "kind": np.arange(60) // 3 % 2.0,
        },
    ),
    "one_is_NULL": ("SELECT COUNT(y) FROM rows", {"y": np.where(one() == 1, np.nan, 1.0 * np.arange(60))}),
    "all_but_one_are_NULL": ("SELECT AVG(y) FROM rows", {"y": np.where(one() == 1, 5.0, np.nan)}),
    "a_group_of_one": ("SELECT mark, SUM(x) FROM rows WHERE mark IN (0, 1) GROUP BY mark", {"mark": one()}),
}


ATTACKS = [(name, layout) for name in HIDES for layout in ("columns", "rows")]


@pytest.mark.parametrize(("name", "layout"), some(ATTACKS, always=(0, 1, 4, 10, 12, 18, 20, 24)))
def test_attack_a_figure_about_one_person_does_not_show(name: str, layout: str) -> None:
    """Without the group it is there; with it nothing is, and nothing says whether there was somebody."""
    text, given = HIDES[name]
    table = people(**given)
    assert table.answer(text, layout).rows
    for readers in ((), ("shop",), ("bank", "shop")):
        opened = table.run(text, layout, minimum_group=K, readers=readers).opened
        assert not opened["figures"].any()
        assert not opened["shown"].any()
    told = read(text, table.limit, opened)
    assert told.rows == ()
    assert told.unseen == told.groups


@pytest.mark.parametrize("layout", ["columns", "rows"])
def test_enough_people_show(layout: str) -> None:
    """The defence hides nothing that is about enough: the same queries over marks of many."""
    many = {"mark": np.arange(60) // 2 % 2.0, "flag": np.arange(60) // 4 % 2.0}
    for name in (
        "where_leaves_one_out",
        "a_sum_that_is_a_count",
        "a_sum_with_a_count_in_it",
        "a_branch_of_one",
        "a_group_of_one",
    ):
        table = people(**many)
        found = table.answer(HIDES[name][0], layout, minimum_group=5)
        assert found.unseen == 0
        same(found.rows, table.duckdb(HIDES[name][0]))


def test_attack_a_small_cell_follows_from_no_margin() -> None:
    """One of ward 1 is of kind 0. Both owners know their own margins; hidden is ward 1 as a whole, and another ward with it."""
    ward = np.repeat([0.0, 1.0, 2.0], 20)
    kind = np.tile([0.0, 1.0], 30)
    kind[20:40] = 1
    kind[25] = 0
    text = "SELECT ward, kind, COUNT(*) FROM rows WHERE ward IN (0, 1, 2) AND kind IN (0, 1) GROUP BY ward, kind"
    for layout in ("columns", "rows"):
        shown = people(ward=ward, kind=kind).run(text, layout, minimum_group=5).opened["shown"].reshape(3, 2)
        assert (shown[:, 0] == shown[:, 1]).all()  # of a ward all or nothing
        assert shown[1, 0] == 0
        assert shown.sum() in (0, 2)
        left = [int(((kind == each) & ~np.isin(ward, np.flatnonzero(shown[:, 0]))).sum()) for each in (0, 1)]
        assert min(left) >= 5


@pytest.mark.parametrize("layout", ["columns", "rows"])
def test_hidden_groups_are_counted_and_others_are_duckdbs(layout: str) -> None:
    text = "SELECT region, COUNT(*) AS n, AVG(amount) AS m FROM rows WHERE region IN (0, 1, 2, 3, 4, 8) GROUP BY region ORDER BY region"
    whole = loans().duckdb(text)
    least = int(min(row[1] for row in whole)) + 1
    found = loans().answer(text, layout, minimum_group=least)
    shown = {row[0] for row in found.rows}
    same(found.rows, [row for row in whole if row[0] in shown])
    # the smallest, the next smallest beside it, and region 8, of which nobody hears that it is empty
    assert (found.unseen, found.groups, len(found.rows)) == (3, 6, 3)


def test_attack_a_reader_subtracts_its_own_rows() -> None:
    """Of the bank's 24 rows one is of kind 1; the shop, which reads, has many of both."""
    table = people(kind=np.where(np.arange(60) < 24, one(), np.arange(60) % 2))
    text = "SELECT kind, COUNT(*), SUM(x) FROM rows WHERE kind IN (0, 1) GROUP BY kind"
    assert table.run(text, "rows", minimum_group=5, readers=("neutral",)).opened["shown"].all()
    assert not table.run(text, "rows", minimum_group=5, readers=("shop",)).opened["shown"].any()


# -- refusals --------------------------------------------------------------------------------------------------------

REFUSED = {
    "SELECT COUNT(wages) FROM rows": (
        "program.sql",
        "at character 14 (`wages) FROM rows`): there is no column wages; there are",
    ),
    "SELECT COUNT(bank.spent) FROM rows": ("program.sql", "there is no column bank.spent"),
    "SELECT COUNT(*) FROM bank JOIN clinic USING (id)": ("program.sql", "at character 22 (`bank JOIN"),
    "SELECT SUM(amount) FROM rows WHERE age < 5000": ("stats.beyond_limit", "amount"),
    "SELECT SUM(amount * spent) FROM rows": ("program.sql", "say how large its columns are"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_no_run_can_answer_is_refused_with_its_place(text: str) -> None:
    code, words = REFUSED[text]
    table = loans()
    if code == "stats.beyond_limit":
        table = Table(table.owners, "1000")
    with pytest.raises(TallyError) as caught:
        table.run(text, "columns")
    assert caught.value.code == code
    assert words in str(caught.value)


def test_rows_below_each_other_have_no_owners_names() -> None:
    with pytest.raises(TallyError, match="write FROM rows"):
        loans().run("SELECT COUNT(*) FROM bank JOIN shop USING (id)", "rows")


def test_where_lets_an_owner_leave_out_what_is_beyond_the_limit() -> None:
    table = Table(loans().owners, "20000")
    text = "SELECT COUNT(*) AS n, SUM(amount) AS s FROM rows WHERE amount <= 20000 AND visits > 1"
    same(table.answer(text, "columns").rows, table.duckdb(text))


def test_values_that_their_places_cannot_tell_are_refused() -> None:
    """A column that varies by 1e-9 within a limit of 4e6 has no variance to speak of: it is refused, not answered with noise."""
    owners = {owner: dict(own) for owner, own in loans().owners.items()}
    owners["bank"]["age"] = 1 + 1e-9 * np.arange(900)
    table = Table(owners, "4000000")
    for text in ("SELECT VAR_SAMP(age) FROM rows", "SELECT SUM(age) FROM rows WHERE visits > 1"):
        for layout in ("columns", "rows"):
            with pytest.raises(TallyError) as caught:
                table.run(text, layout)
            assert caught.value.code == "values.too_fine"


def test_axes_name_groups_and_figures() -> None:
    query = Query.parse(QUERIES["spread"])
    names = query.sum_names(4e6)
    assert query.cell_names() == ("region=0", "region=1", "region=2", "region=3")
    assert query.count_names() == ("COUNT(*)", "COUNT(age)")
    assert [name.partition(" ")[0] for name in names] == ["SUM(age)", "SUM((age)^2)"]
    assert ("stats.sql", "figures") in axes.OUTPUTS


# -- from a raw table to the page ------------------------------------------------------------------------------------

_ROWS = 80
_IDS = tuple(f"c{at}" for at in range(_ROWS))
_RAW = PrivateTable(
    _IDS,
    {
        "income": np.where(np.arange(_ROWS) % 5 == 0, np.nan, 100.0 + np.arange(_ROWS) ** 2),
        "housing": np.array(["own", "rent"] * (_ROWS // 2), dtype=object),
    },
)
_ORDERS = PrivateTable(_IDS, {"spent": 3.25 * np.arange(_ROWS)})
_PREPARED = (
    "SELECT housing, COUNT(*) AS n, COUNT(income) AS known, AVG(income - spent) AS gap FROM bank JOIN shop USING (id)"
    " WHERE housing IN (0, 1) AND (income > 2 * spent OR income IS NULL) GROUP BY housing ORDER BY housing"
)


def flow(text: str) -> Workflow:
    sets = (DataSet(BANK, "bank", ("housing", "income")), DataSet(SHOP, "shop", ("spent",)))
    recipe = "housing: ordinal own | rent; income: fill 0, indicator"
    steps = (
        step("prepare", "prepare.table@1.0.0", {"recipe": recipe}, table=BANK),
        step("align", "psi.align@1.0.0", tables=("prepare.table", SHOP)),
        step("ask", PROGRAM, {"sql": text, "limit": "10000"}, tables="align.aligned"),
    )
    return Workflow(PARTIES, sets, steps, ("ask.figures", "ask.shown"), minimum_group=5)


def test_a_raw_table_is_prepared_matched_and_asked() -> None:
    found = reconstruct(execute(flow(_PREPARED), {"bank": {BANK: _RAW}, "shop": {SHOP: _ORDERS}}))
    opened = {"figures": found["ask.figures"], "shown": found["ask.shown"]}
    columns = {"housing": np.arange(_ROWS) % 2.0, "income": _RAW.columns["income"]}
    oracle = Table({"bank": columns, "shop": dict(_ORDERS.columns)}, "10000")
    same(read(_PREPARED, "10000", opened).rows, oracle.duckdb(_PREPARED))
    names = [axis.names for axis in axes.axes(flow(_PREPARED), "ask.figures", np.shape(found["ask.figures"]))]
    assert names == [
        ("housing=0", "housing=1"),
        ("COUNT(*)", "COUNT(income)", "COUNT(income - spent)", "SUM(income - spent) / 2^1"),
    ]


def test_a_column_that_is_not_there_is_known_before_anybody_signs() -> None:
    """By the plan, which the coordinator and every node make from the contract alone, and by an owner's check of its rows."""
    text = "SELECT COUNT(*) FROM rows WHERE wages > 5"
    sizes = {BANK: _ROWS, SHOP: _ROWS}
    refusal = asyncio.run(fit(flow(text), sizes, sizes)).refusal
    assert refusal is not None
    assert refusal[1].code == "program.sql"
    assert "at character 33 (`wages > 5`): there is no column wages" in str(refusal[1])
    checked = asyncio.run(dry_run(flow(text), "bank", {BANK: _RAW}, sizes))
    assert [finding.code for finding in checked.findings if not finding.notice] == ["program.sql"]


def test_an_owner_hears_of_its_own_values_beyond_the_limit_before_it_signs() -> None:
    far = PrivateTable(_IDS, {**_RAW.columns, "income": np.where(np.arange(_ROWS) == 3, 1e6, 5.0)})
    sizes = {BANK: _ROWS, SHOP: _ROWS}
    found = asyncio.run(dry_run(flow(_PREPARED), "bank", {BANK: far}, sizes)).findings
    assert [(each.code, each.columns, each.rows) for each in found if not each.notice] == [
        ("stats.beyond_limit", ("income",), 1)
    ]


def test_the_page_shows_the_query_its_answer_and_how_many_groups_do_not_show() -> None:
    text = (
        'SELECT region, COUNT(*) AS n, AVG(amount) AS "<b>m" FROM rows WHERE region IN (0, 1, 2, 3, 4) GROUP BY region'
    )
    outcome = loans().run(text, "columns", minimum_group=60)
    names = {
        "ask.figures": (Axis("group", Query.parse(text).cell_names()), Axis("figure", ("a", "b", "c"))),
        "ask.shown": (Axis("group", Query.parse(text).cell_names()),),
    }
    made = (MadeBy("ask", PROGRAM, {"sql": text, "limit": loans().limit}),)
    outputs = tuple((f"ask.{name}", (bytes(32),), tensor(outcome.opened[name])) for name in ("figures", "shown"))
    result = NamedResult.read(Result(b"\7" * 32, b"\2" * 32, True, outputs, names, made).data())
    (answered,) = query_answer.answers(result)
    whole = {row[0]: row for row in loans().duckdb(text)}
    same(answered.answer.rows, [whole[row[0]] for row in answered.answer.rows], 1e-8)
    assert answered.answer.unseen == 2
    page = report.page(result)
    assert "2 of 5 groups do not show" in page
    assert "5 组中有 2 组未显示" in page
    assert "<b>" not in page
    assert "SELECT region, COUNT(*) AS n" in page
    assert f"{whole[0][2]:.8g}" in page  # all digits of an amount
