"""What a recipe's text says: read once, refused with a place and a reason, and the ranges that follow from it."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpc.programs.prepare.owner import prepared
from mpc.workflow.values import PrivateTable
from protocol import columns
from protocol.catalogue import Column
from protocol.contract import Input, Step
from protocol.errors import RangeError
from protocol.prepared import columns_made, unfit
from protocol.programs import CostModel, ParameterSpec, Port, ProgramDescriptor, Words
from protocol.recipes import MOST_TEXT, Recipe, quoted

WORDS = Words("column", "列")
LOANS = "loans-" + "a" * 32

WRONG = {
    "age": "does not begin with",
    "age:": "names no operation",
    "Age: log": "no column's name",
    ": log": "does not begin with",
    '"age": log': "does not begin with",
    ";": "does not begin with",
    "age: log; age: fill 1": "named twice",
    "age: log, clip 0 1": "after what is done later",
    "age: fill 1, fill 2": "there twice",
    "age: round": "no operation",
    "age: fill": "no operation",
    'age: "log"': "no operation",
    "age: ,log": "no operation",
    'age: "log': "not closed",
    "age: fill x": "no plain number",
    "age: fill 1e3": "no plain number",
    "age: fill nan": "no plain number",
    "age: clip 1": "a lower and a higher bound",
    "age: clip 2 1": "a lower and a higher bound",
    "age: clip quantiles 0 2": "from 0 to 1",
    "age: clip 0 1, ordinal a | b": "as numbers, as levels or as dates",
    "age: log, bins 1 2": "as numbers, as levels or as dates",
    "age: bins 2 1": "ascending edges",
    "age: indicator": "fill it, too",
    "age: empty -1": "must be filled",
    "age: empty x, fill 0": "a plain number",
    "age: other column": "only levels have others",
    "sex: one-hot m": "two levels at least",
    "sex: one-hot m | m": "different texts",
    "sex: one-hot m | f |": "levels are written",
    "sex: one-hot m, f": "no operation",
    "sex: one-hot m | f, other level": "a column of their own",
    "sex: ordinal m | f, other column": "a level of their own",
    "sex: fill x, one-hot m | f": "none of the levels",
    "sex: fill mean, one-hot m | f": "have no mean",
    "sex: indicator, one-hot missing | f": "has the name of a column",
    "sex: one-hot other | f, other column": "has the name of a column",
    "opened: days since 2020-02-30": "no day",
    "opened: fill never, year": "no day",
    "opened: year, year": "has the name of a column",
    "x: one-hot " + " | ".join(map(str, range(257))): "up to 256",
    "x: fill " + "1" * MOST_TEXT: "the limit is",
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:40])
def test_what_cannot_be_read_is_refused_with_its_column_and_reason(text: str) -> None:
    with pytest.raises(RangeError) as error:
        Recipe.parse(text)
    assert error.value.code == "program.recipe"
    assert WRONG[text] in error.value.what
    assert error.value.details["column"] in ("", text.partition(":")[0])


def test_nothing_changes_nothing() -> None:
    assert Recipe.parse("") == Recipe(())
    assert Recipe.parse("  ").names(("a", "b")) == ("a", "b")


def test_one_recipe_however_it_is_spaced_and_composed() -> None:
    spaced = ' purpose :fill "radio, tv" , one-hot  car|"radio, tv" ,other column ;opened: days since 2000-01-01,month'
    plain = 'purpose: fill "radio, tv", one-hot car | "radio, tv", other column; opened: days since 2000-01-01, month;'
    assert Recipe.parse(spaced) == Recipe.parse(plain)
    assert Recipe.parse("x: ordinal u\u0308 | b") == Recipe.parse("x: ordinal \u00fc | b")  # cells are kept composed


@given(st.lists(st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=20), min_size=2, max_size=6))  # fmt: skip
def test_any_level_can_be_written_and_is_read_back(levels: list[str]) -> None:
    text = f"x: ordinal {' | '.join(map(quoted, levels))}"
    normal = Recipe.parse(f"x: ordinal {quoted(levels[0])} | {quoted(levels[0] + '~')}").parts[0].levels[0]
    assert normal
    try:
        (part,) = Recipe.parse(text).parts
    except RangeError as error:
        assert "different texts" in error.what  # equal once composed
    else:
        assert len(part.levels) == len(levels)
        assert part.levels[0] == normal
        assert Recipe.parse(f"x: ordinal {' | '.join(map(quoted, part.levels))}").parts[0] == part


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        recipe = Recipe.parse(text)
    except RangeError as error:
        assert error.code == "program.recipe"
    else:
        assert len(set(recipe.names([part.column for part in recipe.parts]))) >= len(recipe.parts)


# -- declared columns --------------------------------------------------------------------------------------------

NUMBER = st.integers(-50, 50)
STEPS = {
    "": ("-50", "50", "integer"),
    "fill 60": ("-50", "60", "integer"),
    "fill 0.5": ("-50", "50", "decimal"),
    "fill mean": ("-50", "50", "decimal"),
    "clip 0 10": ("0", "10", "integer"),
    "clip 60 70": None,
    "clip 0 10, log": ("0", "2.397895273", "decimal"),
    "signed log": ("-3.931825633", "3.931825633", "decimal"),
    "log": ("", "", "decimal"),
    "bins -10 0 10": ("0", "3", "integer"),
    "ordinal 1 | 2, other level": ("0", "2", "integer"),
}


@pytest.mark.parametrize("done", [key for key in STEPS if key])
def test_ranges_follow_the_operations(done: str) -> None:
    (part,) = Recipe.parse(f"x: {done}").parts
    (made,) = columns_made(part, Column("x", "integer", WORDS, False, "-50", "50"))
    expected = STEPS[done]
    if expected is not None:
        assert (made.low, made.high, made.kind) == expected
    assert made.nullable is False


@given(st.lists(NUMBER, min_size=3, max_size=20), st.sampled_from([key for key in STEPS if key and key != "log"]))
def test_what_comes_out_is_within_what_is_declared(values: list[int], done: str) -> None:
    (part,) = Recipe.parse(f"x: {done}").parts
    declared = columns_made(part, Column("x", "integer", WORDS, False, "-50", "50"))
    table = PrivateTable(tuple(map(str, range(len(values)))), {"x": np.array(values, dtype=float)})
    for column, found in zip(declared, prepared(part, table).columns, strict=True):
        assert column.name in part.names
        if column.low:
            assert float(Decimal(column.low)) <= found.min()
            assert found.max() <= float(Decimal(column.high))
        if column.kind == "integer":
            assert np.array_equal(found, np.rint(found))


@pytest.mark.parametrize(
    ("kind", "done", "fits"),
    [
        ("text", "one-hot a | b", True), ("integer", "one-hot 1 | 2", True), ("decimal", "one-hot 1 | 2", False),
        ("date", "ordinal a | b", False), ("date", "year", True), ("text", "year", True), ("integer", "year", False),
        ("text", "fill 0", False), ("boolean", "fill 0", True), ("date", "bins 1 2", False), ("decimal", "bins 1 2", True),
    ],
)  # fmt: skip
def test_kinds_that_a_recipe_takes(kind: str, done: str, fits: bool) -> None:
    (part,) = Recipe.parse(f"x: {done}").parts
    found = unfit(part, Column("x", kind, WORDS, nullable=False))
    assert (found is None) == fits
    if found is not None:
        assert found.what.chinese
        assert found.fix.chinese.endswith("。")


def _descriptor(name: str, port: Port, output: Port, *parameters: ParameterSpec) -> ProgramDescriptor:
    return ProgramDescriptor(
        name, WORDS, (port,), (output,), parameters, "three", 3, 7, 4, 1, (), CostModel("1"), bytes(32)
    )  # fmt: skip


def test_columns_are_followed_through_a_recipe() -> None:
    """An ordinal of two levels is a label; dates and texts reach no model; what is not filled is found where it stands."""
    spec = ParameterSpec("recipe", "recipe", "", "", "", (), WORDS)
    programs = {
        "prepare@1.0.0": _descriptor("prepare@1.0.0", Port("table", "table", WORDS, values="raw", levels="recipe"), Port("table", "table", WORDS, values="prepared"), spec),
        "align@1.0.0": _descriptor("align@1.0.0", Port("tables", "table", WORDS, values="numbers", identified=True), Port("aligned", "aligned", WORDS, values="kept")),
        "fit@1.0.0": _descriptor("fit@1.0.0", Port("label", "label", WORDS, values="bits"), Port("w", "shares", WORDS)),
    }  # fmt: skip
    known = {
        LOANS: (
            Column("id", "identifier", WORDS, nullable=False),
            Column("age", "integer", WORDS, True, "0", "99"),
            Column("bad", "text", WORDS, nullable=False),
        )
    }

    def said(recipe: str, *, identified: bool = True, named: tuple[str, ...] = ("age", "bad")) -> Any:
        steps = (
            Step("prepare", "prepare@1.0.0", (("recipe", recipe),), (("table", (LOANS,)),)),
            Step("align", "align@1.0.0", (), (("tables", ("prepare.table",)),)),
            Step("fit", "fit@1.0.0", (), (("label", ("align.aligned.bad",)),)),
        )
        described = {LOANS: known[LOANS][0 if identified else 1 :]}
        found = columns.examine((Input(LOANS, 1, "bank", named, ()),), steps, described, programs)
        return [(item.step, item.code, item.column) for item in found]

    assert said("age: fill 0; bad: ordinal no | yes") == []
    assert said("age: fill 0; bad: ordinal no | yes | maybe") == [("fit", "input.kind", "bad")]
    assert said("bad: ordinal no | yes") == [("prepare", "input.null", "age")]
    assert said("age: clip 0 9; bad: ordinal no | yes") == [("prepare", "input.null", "age")]
    assert said("age: fill 0") == [("prepare", "input.kind", "bad")]
    assert said("age: fill 0; bad: ordinal no | yes", identified=False) == [("align", "input.kind", "")]
    assert said("not: a recipe") == []  # which is refused as a parameter
    with pytest.raises(RangeError):
        spec.check("not: a recipe")
    with pytest.raises(RangeError):
        spec.check(3)
