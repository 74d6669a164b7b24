"""What a query's text says: read once, refused with a place and a reason, and the table that follows from opened figures."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpc.programs.catalogue import CATALOGUE
from protocol.contract import Step
from protocol.errors import RangeError
from protocol.grouping import by_groups
from protocol.sentences import step_said
from protocol.sql.answer import answer
from protocol.sql.nodes import In, Number
from protocol.sql.query import MOST_GROUPS, Query, said
from protocol.sql.tokens import MOST_TEXT

WRONG = {
    "": (1, "SELECT is expected"),
    "COUNT(*)": (1, "SELECT is expected"),
    "SELECT * FROM rows": (8, "single rows are not given"),
    "SELECT x FROM rows": (8, "x is of rows"),
    "SELECT COUNT(*)": (16, "FROM is expected"),
    "SELECT COUNT(*) FROM": (21, "`rows`, or the owners"),
    "SELECT COUNT(*) FROM a JOIN b": (30, "USING is expected"),
    "SELECT COUNT(*) FROM a JOIN a USING (id)": (41, "named once"),
    "SELECT COUNT(*) FROM a JOIN b USING (x)": (39, "by their identifier"),
    "SELECT COUNT(*) FROM rows; DROP TABLE rows": (26, "without a semicolon"),
    "SELECT COUNT(*) FROM rows -- all": (27, "nothing may follow"),
    "SELECT COUNT(*) FROM (SELECT 1)": (22, "`rows`, or the owners"),
    "SELECT COUNT(*) FROM rows WHERE a = 'x'": (37, "write a category's number"),
    'SELECT COUNT("a) FROM rows': (14, "not closed"),
    "SELECT COUNT(*) FROM rows WHERE a": (33, "a condition is expected"),
    "SELECT COUNT(*) FROM rows WHERE a = NULL": (37, "compare with IS NULL"),
    "SELECT COUNT(*) FROM rows WHERE a = 1 = 1": (39, "nothing may follow"),
    "SELECT COUNT(*) FROM rows WHERE (a = 1) + 1 > 0": (41, "conditions are not compared"),
    "SELECT COUNT(*) FROM rows WHERE NOT a": (33, "NOT takes a condition"),
    "SELECT COUNT(*) FROM rows WHERE a IN ()": (39, "a number is expected"),
    "SELECT COUNT(*) FROM rows WHERE a IN (b)": (39, "a number is expected"),
    "SELECT COUNT(*) FROM rows WHERE a IN (1, 1)": (44, "different numbers"),
    "SELECT COUNT(*) FROM rows WHERE a NOT 1": (39, "BETWEEN or IN"),
    "SELECT COUNT(*) FROM rows WHERE SUM(a) > 1": (33, "use HAVING"),
    "SELECT COUNT(*) FROM rows WHERE a BETWEEN 1": (44, "AND is expected"),
    "SELECT COUNT(*) FROM rows WHERE CASE WHEN a = 1 THEN 1 END BETWEEN 0 AND 1": (60, "use >= and <="),
    "SELECT SUM(a > 1) FROM rows": (12, "a value is expected"),
    "SELECT SUM(a / b) FROM rows": (14, "divided by a number"),
    "SELECT SUM(a / 0) FROM rows": (14, "divided by a number"),
    "SELECT SUM(SUM(a)) FROM rows": (12, "SUM is of groups"),
    "SELECT SUM(DISTINCT a) FROM rows": (12, "different values are not counted"),
    "SELECT DISTINCT a FROM rows": (8, "group by the columns"),
    "SELECT MEDIAN(a) FROM rows": (8, "there is no function MEDIAN"),
    "SELECT MAX(a) FROM rows": (8, "there is no function MAX"),
    "SELECT SUM(COALESCE(a + 1, 0)) FROM rows": (26, "COALESCE takes a column"),
    "SELECT COUNT(*) FROM rows GROUP BY g": (36, "declared once in WHERE"),
    "SELECT COUNT(*) FROM rows WHERE g IN (1) OR a = 2 GROUP BY g": (60, "declared once in WHERE"),
    "SELECT COUNT(*) FROM rows WHERE g IN (1) GROUP BY g + 1": (53, "by a column or by CASE"),
    "SELECT COUNT(*) FROM rows WHERE g IN (1) GROUP BY g, g": (54, "there twice"),
    "SELECT COUNT(*) FROM rows GROUP BY CASE WHEN a > 1 THEN 1 END": (36, "has an ELSE"),
    "SELECT COUNT(*) FROM rows GROUP BY CASE WHEN a > 1 THEN b ELSE 0 END": (57, "gives numbers only"),
    "SELECT COUNT(*) AS n, SUM(a) AS n FROM rows": (8, "two columns of the answer"),
    "SELECT SUM(a) AS b, SUM(b) FROM rows": (8, "choose another name"),
    "SELECT COUNT(*) FROM rows HAVING a > 1": (34, "a is of rows"),
    "SELECT COUNT(*) FROM rows LIMIT 0": (33, "a whole number"),
    "SELECT COUNT(*) FROM rows LIMIT 1.5": (33, "a whole number"),
    "SELECT COUNT(*) FROM rows WHERE a > 1e5": (37, "no plain number"),
    "SELECT COUNT(*) FROM rows WHERE a > 1234567890123456": (37, "15 digits"),
    "SELECT COUNT(*) FROM rows WHERE \u0430 > 1": (33, "plain ones"),
    "SELECT COUNT(*) FROM rows          WHERE a > 1": (26, "more than 8 blanks"),
    "SELECT SUM(" + "a + " * 120 + "a) FROM rows": (8, "more than 100 parts"),
    "SELECT COUNT(*) FROM rows WHERE " + "(" * 31 + "a = 1": (63, "nested more than 30"),
    "SELECT SUM(" + "- " * 31 + "a) FROM rows": (None, "nested more than 30"),
    "SELECT COUNT(*) FROM rows WHERE " + "NOT " * 31 + "a = 1": (None, "nested more than 30"),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_query_is_refused_with_its_place(text: str) -> None:
    at, words = WRONG[text]
    with pytest.raises(RangeError) as caught:
        Query.parse(text)
    assert caught.value.code == "program.sql"
    assert words in caught.value.what
    assert at is None or caught.value.details["character"] == at


def test_sizes_are_bounded() -> None:
    with pytest.raises(RangeError, match=f"the limit is {MOST_TEXT}"):
        Query.parse("SELECT COUNT(*) FROM rows" + " " * MOST_TEXT)
    many = ", ".join(map(str, range(40)))
    with pytest.raises(RangeError, match=f"more than {MOST_GROUPS} groups"):
        Query.parse(f"SELECT COUNT(*) FROM rows WHERE a IN ({many}) AND b IN ({many}) GROUP BY a, b")
    sums = ", ".join(f"SUM(c{at})" for at in range(40))
    with pytest.raises(RangeError, match="more than 64 different"):
        Query.parse(f"SELECT {sums} FROM rows")


def test_attack_a_text_that_doubles_with_each_pair_of_parentheses_is_refused_at_once() -> None:
    """A BETWEEN is written out as two comparisons: nested in itself thirty times it would be a thousand million."""
    inside = "a"
    for _ in range(24):
        inside = f"CASE WHEN {inside} BETWEEN 0 AND 1 THEN 1 ELSE 0 END"
    with pytest.raises(RangeError, match="use >= and <="):
        Query.parse(f"SELECT SUM({inside}) FROM rows")


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for whole in (text, f"SELECT COUNT(*) FROM rows WHERE {text}", f"SELECT SUM({text}) FROM rows"):
        try:
            Query.parse(whole)
        except RangeError as error:
            assert error.code == "program.sql"


VALUES = (
    "a - (bank.b - 1) * 2",
    '-"c[log]" / 12 + 0.25',
    "CASE WHEN a = 1 AND (b < 2 OR NOT c >= -3) THEN a ELSE 2 * b END",
    "CASE WHEN a IS NOT NULL THEN CASE WHEN b IN (1, -2.5) THEN 1 END WHEN b BETWEEN 1 AND 2 THEN -a END",
    "COALESCE(a, b + 1) - COALESCE(bank.a, 0)",
)


@pytest.mark.parametrize("value", VALUES)
def test_what_is_said_of_a_value_reads_as_the_same_value(value: str) -> None:
    (argument,) = Query.parse(f"SELECT COUNT({value}) FROM rows").arguments
    (again,) = Query.parse(f"SELECT COUNT({said(argument)}) FROM rows").arguments
    assert again == argument


def test_signs_bind_as_in_sql() -> None:
    same = {
        "a + b * 2 - c": "((a + (b * 2)) - c)",
        "-a * b": "((0 - a) * b)",
        "CASE WHEN a = 1 OR b = 2 AND NOT c < 3 THEN 1 END": "CASE WHEN (a = 1) OR ((b = 2) AND (NOT (c < 3))) THEN 1 END",
        "CASE WHEN a != 1 AND b NOT BETWEEN 1 AND 2 AND c = 3 THEN 1 END": (
            "CASE WHEN ((a <> 1) AND (NOT ((b >= 1) AND (b <= 2)))) AND (c = 3) THEN 1 END"
        ),
    }
    for text, plain in same.items():
        assert (
            Query.parse(f"SELECT SUM({text}) FROM rows").arguments
            == Query.parse(f"SELECT SUM({plain}) FROM rows").arguments
        )


def test_groups_are_what_the_text_declares() -> None:
    query = Query.parse(
        "SELECT g, CASE WHEN a < 30 THEN 1 WHEN a < 60 THEN 5 ELSE 0 END AS band, COUNT(*) FROM rows"
        " WHERE g IN (7, -1) AND a IS NOT NULL GROUP BY g, band"
    )
    assert query.cells == 6
    assert query.blocks == 2
    assert [tuple(map(int, query.values_of(cell))) for cell in range(6)] == [
        (-1, 0),
        (-1, 1),
        (-1, 5),
        (7, 0),
        (7, 1),
        (7, 5),
    ]
    assert len(query.where) == 1  # what only lists the groups is no condition that leaves somebody out of them
    assert isinstance(query.declaring[0], In)


def told(text: str, figures: Any, shown: Any = None) -> Any:
    query = Query.parse(text)
    rows = [[Fraction(value) for value in row] for row in figures]
    return answer(query, 1.0, rows, [True] * query.cells if shown is None else shown)


def test_nulls_come_last_and_what_is_empty_or_hidden_does_not_come() -> None:
    text = "SELECT g, AVG(a) AS m FROM rows WHERE g IN (0, 1, 2, 3, 4) GROUP BY g ORDER BY m {}, g LIMIT 3"
    figures = [[5, 0, 0], [5, 2, 1], [0, 0, 0], [5, 4, 3], [9, 9, 9]]
    shown = [True, True, True, True, False]
    rising, falling = (told(text.format(way), figures, shown) for way in ("", "DESC"))
    assert rising.rows == ((1.0, 0.5), (3.0, 0.75), (0.0, None))
    assert falling.rows == ((3.0, 0.75), (1.0, 0.5), (0.0, None))
    assert (rising.unseen, rising.groups) == (1, 5)


def test_quotients_by_zero_and_variances_of_one_are_null() -> None:
    found = told(
        "SELECT SUM(a) / (COUNT(*) - 1) AS q, VAR_SAMP(a) AS v, VAR_POP(a) AS p FROM rows", [[1, 1, 0.5, 0.25]]
    )
    assert found.rows == ((None, None, 0.0),)


def test_the_text_stands_in_the_consent_sentence_as_it_runs() -> None:
    text = 'SELECT COUNT(*) FROM rows WHERE "purpose[car]" = 1'
    step = Step("ask", "stats.sql@1.0.0", (("limit", "10"), ("sql", text)), (("tables", ("join.aligned",)),))
    assert text.replace('"', "'") in step_said(step)


def test_two_queries_of_one_task_are_two_tables_by_groups() -> None:
    """Their conditions may differ by one person: under a minimum group a task asks one."""
    programs = {"stats.sql@1.0.0": CATALOGUE["stats.sql@1.0.0"].published()}
    steps = [
        Step(name, "stats.sql@1.0.0", (("limit", "10"), ("sql", "SELECT COUNT(*) FROM rows")), (("tables", ("j.a",)),))
        for name in ("one", "two")
    ]
    read = ("one.figures", "two.figures")
    assert by_groups(steps, read, programs, 5) == ("one", "two")
    assert by_groups(steps, read[:1], programs, 5) == ()


def test_number_is_number() -> None:
    (argument,) = Query.parse("SELECT SUM(-2.50) FROM rows").arguments
    assert isinstance(argument, Number)
    assert said(argument) == "-2.50"
