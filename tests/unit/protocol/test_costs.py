"""Shapes followed through a workflow, and formulas evaluated at them."""

from dataclasses import replace

import pytest

from protocol.contract import Step
from protocol.costs import Duration, Shape, of_steps, variables_of
from protocol.errors import FormatError, RangeError
from protocol.programs import CostModel, Measured, ParameterSpec, Port, ProgramDescriptor, Words

WORDS = Words("x", "x")


def number(name: str, default: str) -> ParameterSpec:
    return ParameterSpec(name, "decimal", default, "0", "1000", (), WORDS)


def program(
    name: str, inputs: dict[str, str], outputs: dict[str, str], *parameters: ParameterSpec
) -> ProgramDescriptor:
    return ProgramDescriptor(
        name, WORDS,
        tuple(Port(port, kind, WORDS, 1, 100) for port, kind in inputs.items()),
        tuple(Port(port, kind, WORDS) for port, kind in outputs.items()),
        parameters, "three", 3, 9, 4, 1, (), CostModel("rows + 5*[layout=stacked]"), bytes(32),
        measured=(Measured("rows", 100, 1200),),
    )  # fmt: skip


PROGRAMS = {
    made.program: made
    for made in (
        program("align@1.0.0", {"tables": "table"}, {"aligned": "aligned"}),
        program("stack@1.0.0", {"tables": "table"}, {"stacked": "stacked"}),
        program("fit@1.0.0", {"x": "aligned|stacked", "y": "label|stacked-label"}, {"scores": "shares"},
                number("train_fraction", "0.75")),
        program("test@1.0.0", {"scores": "shares"}, {"auc": "shares"}),
        program("bin@1.0.0", {"x": "aligned"}, {"binned": "aligned"}, number("bins", "8"),
                ParameterSpec("output", "choice", "codes", "", "", ("codes", "one-hot"), WORDS)),
        program("keep@1.0.0", {"x": "aligned"}, {"kept": "aligned"}, number("keep", "3")),
    )
}  # fmt: skip
SETS = {
    "a": Shape(1000, 4, "table", frozenset({"anna"})),
    "b": Shape(600, 5, "table", frozenset({"bert"})),
}


def step(name: str, program: str, parameters: dict[str, str] | None = None, **inputs: tuple[str, ...]) -> Step:
    return Step(name, f"{program}@1.0.0", tuple((parameters or {}).items()), tuple(inputs.items()))


def seen(*steps: Step) -> list[tuple[object, ...]]:
    found = variables_of(steps, SETS, PROGRAMS)
    return [(v["rows"], v["columns"], v["owners"], v["layout"]) for _, v in found]


def test_rows_add_up_one_below_the_other() -> None:
    steps = (
        step("s", "stack", tables=("a", "b")),
        step("f", "fit", x=("s.stacked",), y=("s.stacked.y",)),
        step("t", "test", scores=("f.scores",)),
    )
    assert seen(*steps) == [(1600, 5, 2, "table"), (1600, 5, 2, "stacked"), (400, 5, 2, "shares")]


def test_columns_add_up_side_by_side() -> None:
    steps = (step("s", "align", tables=("a", "b")), step("f", "fit", {"train_fraction": "1"}, x=("s.aligned",)))
    assert seen(*steps) == [(1000, 9, 2, "table"), (1000, 9, 2, "aligned")]


@pytest.mark.parametrize(
    ("middle", "columns"),
    [
        (step("m", "bin", x=("s.aligned",)), 9),
        (step("m", "bin", {"output": "one-hot"}, x=("s.aligned",)), 72),
        (step("m", "keep", x=("s.aligned",)), 3),
        (step("m", "keep", {"keep": "50"}, x=("s.aligned",)), 9),
    ],
)
def test_steps_that_change_the_columns(middle: Step, columns: int) -> None:
    output = "kept" if "keep" in middle.program else "binned"
    found = seen(step("s", "align", tables=("a", "b")), middle, step("f", "fit", x=(f"m.{output}",)))
    assert found[-1] == (1000, columns, 2, "aligned")


def test_seconds_add_up_and_count_twice_beyond_what_was_measured() -> None:
    steps = (step("s", "stack", tables=("a", "b")), step("f", "fit", x=("s.stacked",)))
    beyond = of_steps(steps, SETS, PROGRAMS)
    assert (beyond.seconds, beyond.beyond) == (2 * 1600 + 2 * 1605, ("s.rows", "f.rows"))
    (first, second) = (step("s", "stack", tables=("a",)), step("f", "fit", x=("s.stacked",)))
    assert of_steps((first, second), SETS, PROGRAMS) == Duration(1000 + 1005)


def test_smaller_is_beyond_only_where_less_of_a_parameter_costs_more() -> None:
    made = replace(
        PROGRAMS["bin@1.0.0"],
        seconds=CostModel("rows*bins^-1"),
        measured=(Measured("bins", 8, 16), Measured("rows", 50, 60)),
    )
    for rows, bins, names in (
        (10, "8", ()),
        (60, "16", ()),
        (61, "8", ("rows",)),
        (10, "4", ("bins",)),
        (10, "17", ("bins",)),
    ):
        assert made.unmeasured({"rows": rows, "bins": bins, "output": "codes"}) == names
    assert replace(made, measured=()).unmeasured({"rows": 1}) == ("rows",)  # nobody says: versions before
    with pytest.raises(RangeError):
        Measured("rows", 2, 1).require("program.measured[0]")


def test_what_is_unknown_or_wrong_counts_as_nothing() -> None:
    wild = replace(PROGRAMS["test@1.0.0"], seconds=CostModel("1e308*rows"))
    known = {**PROGRAMS, "test@1.0.0": wild}
    steps = (step("s", "stack", tables=("a",)), step("t", "test", scores=("s.stacked",)), step("u", "nowhere"))
    costs = of_steps(steps, SETS, known)
    assert costs.seconds == float("inf")
    wrong = {**PROGRAMS, "test@1.0.0": replace(wild, seconds=CostModel("unknown"))}
    assert of_steps(steps, SETS, wrong).seconds == 1000
    assert seen(step("t", "test", scores=("nothing.there",))) == [(0, 0, 0, "shares")]


def test_the_smaller_of_two_and_negative_powers_of_parameters() -> None:
    model = CostModel("2*min(rows,sample)*batch^-1 + 3*[solver=newton]")
    at = {"rows": 100, "sample": 40, "batch": 8, "solver": "newton"}
    assert model.at(at) == 13
    assert model.at({**at, "rows": 16, "solver": "sgd"}) == 4
    assert CostModel("min(rows,64)").at(at) == 64
    assert CostModel("rows^9.999").at({"rows": 1e300}) == float("inf")
    assert CostModel("rows^1.5").at({"rows": 4}) == 8
    assert CostModel("rows*log(rows)^2*batch^-0.5").at({"rows": 8, "batch": 4}) == 36
    assert CostModel("log(rows)").at({"rows": 0}) == CostModel("log(rows)").at({"rows": 1}) == 0
    with pytest.raises(FormatError, match="which is 0"):
        model.at({**at, "batch": 0})


@pytest.mark.parametrize(
    "text",
    [
        "rows^-1",
        "rows^-0.5",
        "log(rows)^-1",
        "log(rows",
        "log(64)",
        "rows^1.2345",
        "rows^",
        "2*columns^-2",
        "owners^-1",
        "min(rows)",
        "min(2,rows)",
        "min(rows,-2)",
        "min(a,b,c)",
    ],
)
def test_no_formula_falls_when_a_table_grows(text: str) -> None:
    with pytest.raises(FormatError):
        CostModel(text)
