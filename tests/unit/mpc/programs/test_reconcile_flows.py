"""Reported lines against banks' lines: equal to DuckDB's comparison in the clear, and nobody learns more than is declared."""

import asyncio
import unicodedata
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client import report
from client.reconciliation import FINDINGS as SAID
from client.reconciliation import reconciliations, section
from client.result_file import MadeBy, NamedResult
from mpc.programs.alignment.key_columns import keys
from mpc.programs.reconcile.flows.lines import Terms, own_lines
from mpc.programs.reconcile.flows.words import AMOUNTS, FINDINGS, LINE, TOTALS
from mpc.workflow.dry_run import dry_run
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.planning import plan
from mpc.workflow.values import PrivateTable, Source
from protocol.axes import Axis, places
from protocol.contract import Step
from protocol.errors import TallyError
from tests.alike import some
from tests.unit.client.fitted import tensor
from tests.unit.mpc.programs.flow_tables import KEYS, PROGRAM, Row, drawn, expected, found, inputs, reconciled
from tests.unit.mpc.programs.steps import PARTIES, run_step
from tests.unit.mpc.simulation import Wire
from workers.results import Result

FOUR = (*PARTIES, "regulator")
REPORTED: list[Row] = [("p1", "a", 1, "10.00"), ("p2", "a", 1, "-3.25"), ("p3", "b", 2, "0.00")]


def assert_same(reported: list[Row], banks: dict[str, list[Row]], tolerance: str = "0", **options: Any) -> None:
    outcome = reconciled(reported, banks, tolerance=tolerance, **options)
    assert found(outcome) == expected(reported, banks, tolerance)
    assert outcome.disclosed == {}
    if options.get("backend") != "mpyc":  # whose comparisons open masked numbers
        assert outcome.elements_opened == 0


@pytest.mark.parametrize(
    ("seed", "tolerance"),
    some([(0, "0"), (1, "1"), (2, "1.01"), (3, "0.99"), (4, "25"), (5, "1000000")], always=(0, 1)),
)
def test_findings_are_duckdbs(seed: int, tolerance: str) -> None:
    assert_same(*drawn(seed, 60), tolerance)


def test_a_regulator_outside_the_committee_and_two_banks() -> None:
    """A payment may be in one bank or in both: then there are several lines of it."""
    reported, banks = drawn(7, 90, ("bank", "shop"))
    assert any(finding == 2 for _, finding in expected(reported, banks, "1").lines)
    assert_same(reported, banks, "1", owner="regulator", parties=FOUR, outside=1)


def test_banks_outside_the_committee() -> None:
    reported, banks = drawn(8, 60, ("north", "shop", "south"))
    assert_same(reported, banks, "1", parties=(*PARTIES, "north", "south"), outside=2)


def test_the_other_stack_finds_the_same() -> None:
    assert_same(*drawn(9, 16), "1", backend="mpyc")


EDGES: dict[str, list[Row]] = {
    "all match": REPORTED[::-1],
    "none matches": [("x", "a", 1, "10.00")],
    "another payer": [("p1", "b", 1, "10.00")],
    "another day": [("p1", "a", 2, "10.00")],
    "keys that would be one if cells were joined": [("p", "1a", 1, "10.00")],
    "at the tolerance and a cent beyond": [("p1", "a", 1, "10.05"), ("p2", "a", 1, "-3.31"), ("p3", "b", 2, "-0.05")],
    "the other sign": [("p1", "a", 1, "-10.00"), ("p2", "a", 1, "3.25")],
    "doubled": [("p1", "a", 1, "10.00")] * 3,
    "in parts": [("p1", "a", 1, "4.00"), ("p1", "a", 1, "6.00"), ("p2", "a", 1, "1.00")],
    "taken back": [("p3", "b", 2, "900.00"), ("p3", "b", 2, "-900.00")],
}


@pytest.mark.parametrize("edge", some(EDGES, always=(1, 4, 5, 7, 8, 9)))
def test_edges(edge: str) -> None:
    assert_same(REPORTED, {"shop": EDGES[edge]}, "0.05")
    assert_same(EDGES[edge], {"shop": REPORTED}, "0.05")


@pytest.mark.parametrize("rows", some([1, 2, 7], always=(1,)))
def test_every_line_reported_again(rows: int) -> None:
    """One key alone, on the reported side, on the banks', and on both."""
    one, many = [("p1", "a", 1, "2.00")], [("p1", "a", 1, "2.00")] * rows
    for reported, lines in ((many, one), (one, many), (many, many)):
        assert_same(reported, {"shop": lines})


@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.sampled_from(["0", "1", "1.01"]))
def test_any_lines(seed: int, rows: int, tolerance: str) -> None:
    reported, banks = drawn(seed, rows)
    assert_same(reported or REPORTED, banks, tolerance)


# -- keys and amounts ------------------------------------------------------------------------------------------------


def table(**columns: Any) -> PrivateTable:
    rows = len(next(iter(columns.values())))
    cells = {
        name: np.array(values, dtype=object if any(isinstance(v, str | None) for v in values) else float)
        for name, values in columns.items()
    }
    return PrivateTable(tuple(map(str, range(rows))), cells)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (" p1\t", "p1", True),
        ("Zoe\u0308", "Zoë", True),
        ("张三", "张三 ", True),
        (20240105, "20240105", True),
        (-0.0, "0", True),
        (1.5, "1.5", True),
        (1.5, "1.50", False),
        ("p1", "P1", False),
        ("007", 7, False),
        (2.0**53, 2.0**53 - 1, False),
        (0.1, 0.30000000000000004 - 0.2, False),
    ],
)
def test_how_cells_are_compared(one: Any, other: Any, alike: bool) -> None:
    (first,), (second,) = (keys(table(key=[cell]), ["key"]) for cell in (one, other))
    assert (first == second) == alike


@given(st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=3, max_size=9))
def test_no_two_rows_of_different_cells_have_one_key(text: str) -> None:
    """Attack: whoever chooses a reference may not move a part of it into the payer."""
    plain = unicodedata.normalize("NFC", text)
    cuts = range(1, len(plain))
    found = keys(table(a=[plain[:at] for at in cuts], b=[plain[at:] for at in cuts]), ["a", "b"])
    assert len(set(found)) == len(cuts)


TERMS = Terms(("key",), 2, 100_000, 0)


def lines(cells: list[Any], amounts: list[Any], terms: Terms = TERMS) -> Any:
    return own_lines(Source("set", "bank", ("key", "amount"), table(key=cells, amount=amounts)), terms)


def test_amounts_are_whole_units_where_doubles_are_not() -> None:
    amounts = [0.29, 1.1, 999.99, -0.07, 1000.0, -1000.0]
    assert lines(list("abcdef"), amounts).amounts.tolist() == [29, 110, 99_999, -7, 100_000, -100_000]
    wide = replace(TERMS, limit=2**49)
    assert lines(list("ab"), [5e12 + 0.01, -5e12 - 0.99], wide).amounts.tolist() == [5 * 10**14 + 1, -5 * 10**14 - 99]


@pytest.mark.parametrize(
    ("cells", "amounts", "code", "rows"),
    [
        (["a", "b"], [1.005, 2], "reconcile.places", 1),
        (["a", "b"], [1e9 + 0.001, 0.001], "stats.beyond_limit", 1),
        (["a", "b", "a"], [600, 1, 600], "reconcile.sum", 2),
        (["a", "b", "a"], [-600, 1, 600], "reconcile.sum", 2),
        (["a", " ", "c"], [1, 2, 3], "input.null", 1),
        (["a", None, ""], [1, 2, 3], "input.null", 2),
        ([1.0, float("nan"), float("inf")], [1, 2, 3], "input.null", 2),
        (["a", "b"], [1, float("nan")], "input.null", 1),
        (["a", "b"], ["1", "2"], "input.kind", None),
    ],
)
def test_an_owner_is_told_what_is_wrong_with_its_lines(cells: Any, amounts: Any, code: str, rows: int | None) -> None:
    with pytest.raises(TallyError) as error:
        lines(cells, amounts)
    assert error.value.code == code
    assert error.value.details.get("rows") == rows
    assert error.value.details["columns"] in (["key"], ["amount"])
    assert error.value.fix


# -- what is refused before anybody signs ------------------------------------------------------------------------------


def refused(code: str, *, given: dict[str, Any] | None = None, **options: Any) -> TallyError:
    """Of a run with these parameters; what everybody knows is refused at every party."""
    made = options.pop("made", inputs(REPORTED, {"shop": REPORTED}))
    with pytest.raises(TallyError) as error:
        run_step(PROGRAM, made, {"keys": ", ".join(KEYS), **(given or {})}, **options)
    assert error.value.code == code
    assert error.value.fix
    return error.value


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"keys": ""}, "program.columns"),
        ({"keys": "reference,payer"}, "program.columns"),
        ({"keys": "reference, reference"}, "program.columns"),
        ({"keys": "Reference"}, "program.columns"),
        ({"keys": ", ".join(f"c{at}" for at in range(9))}, "program.columns"),
        ({"keys": 7}, "program.parameter"),
        ({"keys": "reference, payer, day, place"}, "reconcile.columns"),
        ({"keys": "reference, payer"}, "reconcile.columns"),
        ({"keys": "reference, payer, day, amount"}, "reconcile.columns"),
        ({"limit": "1000000000000", "places": 6}, "reconcile.units"),
        ({"limit": "500000000000", "places": 3}, None),
    ],
)
def test_what_the_contract_says_is_checked(given: dict[str, Any], code: str | None) -> None:
    if code is None:
        run_step(PROGRAM, inputs(REPORTED, {"shop": REPORTED}), {"keys": ", ".join(KEYS), **given}, wanted=["lines"])
    else:
        refused(code, given=given)


def test_amounts_that_could_leave_the_range_are_refused_where_they_are_wanted() -> None:
    wide = {"limit": "5000000000000"[:12], "places": 3}
    many = [(f"p{at}", "a", 1, "1.00") for at in range(4000)]
    refused("reconcile.amounts", given=wide, made=inputs(many, {"shop": many}))


def test_who_reports_and_who_is_asked_are_two() -> None:
    refused("reconcile.owners", made=inputs(REPORTED, {"bank": REPORTED}))
    refused("reconcile.owners", made=inputs(REPORTED, {"shop": REPORTED, "bank": REPORTED}))


def test_attack_findings_by_line_go_to_nobody_but_the_owner_of_the_lines() -> None:
    """A bank that read them would see which lines of its competitor a regulator is after."""
    made = inputs(REPORTED, {"shop": REPORTED})
    for readers in (("shop",), ("bank", "shop"), ("stranger",)):
        assert readers[-1] in refused("reconcile.reader", readers=readers).what
    given = {"keys": ", ".join(KEYS)}
    assert run_step(PROGRAM, made, given, readers=("bank",)).opened
    assert set(run_step(PROGRAM, made, given, readers=("shop",), wanted=["totals"]).opened) == {"totals"}
    refused("reconcile.reader", readers=("bank", "shop"), wanted=["totals"], minimum_group=2)


WORKFLOW = Workflow(
    PARTIES,
    (DataSet("bank-set", "bank", (*KEYS, "amount")), DataSet("shop-set", "shop", (*KEYS, "amount"))),
    (Step("compare", PROGRAM, (("keys", ", ".join(KEYS)),), (("banks", ("shop-set",)), ("reported", ("bank-set",)))),),
    ("compare.lines", "compare.totals", "compare.amounts"),
)


def test_a_check_before_signing_says_what_is_doubled_and_everything_that_is_wrong() -> None:
    rows: list[Any] = [("p1", "a", 1, 1.0), ("p1", "a", 1, 2.0), ("p2", "", 1, 1.005), ("p3", "a", 1, 4.0)]
    own = table(**{name: [row[at] for row in rows] for at, name in enumerate((*KEYS, "amount"))})
    checked = asyncio.run(dry_run(WORKFLOW, "bank", {"bank-set": own}, {"bank-set": 4, "shop-set": 9}))
    assert checked.untried == ()
    said = {item.code: item for item in checked.findings}
    assert set(said) == {"reconcile.several", "reconcile.places", "input.null"}
    assert [code for code, item in said.items() if item.notice] == ["reconcile.several"]
    assert said["reconcile.several"].rows == 1
    assert "added up" in said["reconcile.several"].what
    assert {item.data_sets for item in checked.findings} == {("bank-set",)}


def test_a_plan_grows_with_the_lines_and_not_with_what_they_hold() -> None:
    def planned(reported: int, lines: int) -> Any:
        (found,) = asyncio.run(plan(WORKFLOW, {"bank-set": reported, "shop-set": lines}))
        return found

    one, two = planned(1000, 1000), planned(2000, 2000)
    assert one.rounds == two.rounds
    assert 1.9 * one.traffic < two.traffic < 2.1 * one.traffic
    assert two.failure < 2.0**-40


# -- what parties see --------------------------------------------------------------------------------------------------


def seen(reported: list[Row], lines: list[Row], **options: Any) -> list[tuple[int, int, str, int, bytes]]:
    wire = Wire()
    reconciled(reported, {"shop": lines}, wire=wire, **options)
    return [(sender, receiver, str(name), len(data), data) for sender, receiver, name, data in wire.seen]


def test_attack_nobody_sees_what_matches_nor_how_often_a_key_stands() -> None:
    """Links, labels and sizes of all messages are the same for any two tables of these sizes; what the helper says is sizes alone."""
    other = [(f"q{at}", "a", 1, "1.00") for at in range(3)]
    ways = [REPORTED, REPORTED[:1] * 3, other]
    shapes = set()
    for lines in ways:
        messages = seen(REPORTED, lines)
        shapes.add(tuple(sorted(message[:4] for message in messages)))
        told = {data for sender, _, name, _, data in messages if name == "step/sizes" and PARTIES[sender] == "neutral"}
        assert told == {np.array([3, 3], "<u4").tobytes()}
    assert len(shapes) == 1


def test_attack_digests_of_doubled_lines_differ_and_are_fresh() -> None:
    """Three lines of one key at either side: the helper is shown six numbers of which one pair matches, and others the next time."""

    def digests() -> list[set[bytes]]:
        found = [
            {data[at : at + 16] for at in range(0, len(data), 16)}
            for _, _, name, _, data in seen(REPORTED[:1] * 3, REPORTED[:1] * 3)
            if name.startswith("step/digests/")
        ]
        assert [len(each) for each in found] == [3, 3]
        assert len(found[0] & found[1]) == 1
        return found

    (one, _), (two, _) = digests(), digests()
    assert not one & two


def test_the_order_of_the_findings_is_fresh() -> None:
    many = [(f"p{at}", "a", 1, "1.00") for at in range(12)]
    orders = {tuple(reconciled(many, {"shop": many}).opened["lines"][:, 0].tolist()) for _ in range(3)}
    assert len(orders) == 3


@pytest.mark.parametrize(
    ("label", "told"),
    some(
        [
            ("step/sizes", b""),
            ("step/sizes", np.array([3], "<u4").tobytes()),
            ("step/sizes", np.array([3, 0], "<u4").tobytes()),
            ("step/sizes", np.array([4, 3], "<u4").tobytes()),
            ("step/digests/0", bytes(32)),
            ("step/digests/1", b"\x01" * 17),
            ("step/digests/1", b""),
        ],
        always=(3, 4),
    ),
)
def test_attack_what_is_no_list_and_no_size_ends_the_run(label: str, told: bytes) -> None:
    def bent(_: int, receiver: int, name: Any, data: bytes) -> bytes:
        return told if name == label and receiver in (0, 1) else data

    with pytest.raises(TallyError) as error:
        reconciled(REPORTED, {"shop": REPORTED}, wire=Wire(bent))
    assert error.value.code == "link.bad_payload"


# -- the minimum group -------------------------------------------------------------------------------------------------


def flows(**counts: int) -> tuple[list[Row], list[Row]]:
    """So many reported lines with each finding, and lines that nobody reported."""
    reported: list[Row] = []
    held: list[Row] = []
    for name, count in counts.items():
        for at in range(count):
            row, ours, theirs = (f"{name} {at}", "a", 1), 1, 1
            if name == "several":
                theirs = 2
            ours, theirs = {"missing": (1, 0), "unreported": (0, 1)}.get(name, (ours, theirs))
            reported += [(*row, "2.00")] * ours
            held += [(*row, "3.00" if name == "differ" else "2.00" if theirs == 1 else "1.00")] * theirs
    return reported, held


@pytest.mark.parametrize("finding", ["agree", "differ", "several", "missing", "unreported"])
@pytest.mark.parametrize(("count", "shows"), some([(0, True), (1, False), (4, False), (5, True)], always=(2, 3)))
def test_attack_totals_that_are_about_a_few_lines_do_not_show(finding: str, count: int, shows: bool) -> None:
    """One payment that differs: its amount would be the difference of the sums. Nothing says how few there were."""
    counts = dict.fromkeys(["agree", "differ", "several", "missing", "unreported"], 6) | {finding: count}
    reported, held = flows(**counts)
    outcome = reconciled(reported, {"shop": held}, minimum_group=5)
    whole = expected(reported, {"shop": held}, "0")
    assert found(outcome).lines == whole.lines
    assert found(outcome).totals == (whole.totals if shows else [0] * 8)
    assert found(outcome).amounts == (whole.amounts if shows else [0, 0])


def test_a_table_of_too_few_lines_is_refused_under_a_group() -> None:
    many = [(f"p{at}", "a", 1, "1.00") for at in range(6)]
    for reported, held in ((many, many[:4]), (many[:4], many)):
        with pytest.raises(TallyError, match=r"group\.too_small"):
            reconciled(reported, {"shop": held}, minimum_group=5)


# -- the page ----------------------------------------------------------------------------------------------------------


def result_of(outcome: Any, *names: str) -> NamedResult:
    """As the regulator's client reads it."""
    made = (MadeBy("compare", PROGRAM, {"keys": "reference, payer, day", "places": "2", "tolerance": "0.05"}),)
    axes = {"lines": (places("row", len(outcome.opened["lines"])), Axis("figure", LINE)), "totals": (Axis("figure", TOTALS),), "amounts": (Axis("figure", AMOUNTS),)}  # fmt: skip
    outputs = tuple((f"compare.{name}", (bytes(32),), tensor(outcome.opened[name])) for name in names)
    given = {f"compare.{name}": axes[name] for name in names}
    return NamedResult.read(Result(b"\7" * 32, b"\2" * 32, True, outputs, given, made).data())


def test_the_page_says_which_lines_do_not_agree_in_both_languages() -> None:
    reported, banks = drawn(11, 60)
    outcome = reconciled(reported, banks, tolerance="0.05")
    whole = expected(reported, banks, "0.05")
    result = result_of(outcome, "lines", "totals", "amounts")
    (told,) = reconciliations(result)
    assert list(told.lines.items()) == whole.lines
    assert list(told.totals) == whole.totals
    assert [int(100 * amount) for amount in told.amounts] == whole.amounts
    page = report.page(result)
    missing = [str(line) for line, finding in whole.lines if finding == 4]
    assert f"<td>{', '.join(missing)}</td>" in page
    assert "No bank has a line with these keys" in page
    assert "各银行均无此明细" in page
    assert f"{whole.amounts[0] / 100:.2f}" in page
    assert section(reconciliations(result_of(outcome, "lines"))[0]) in report.page(result_of(outcome, "lines"))


def test_every_finding_has_its_words() -> None:
    assert len(SAID) == len(FINDINGS)


def test_the_page_says_that_totals_do_not_show() -> None:
    reported, held = flows(agree=6, differ=2)
    outcome = reconciled(reported, {"shop": held}, minimum_group=5)
    for names in (("totals", "amounts"), ("amounts",), ("lines", "totals")):
        (told,) = reconciliations(result_of(outcome, *names))
        assert told.hidden
        assert "总计不予显示" in section(told)
        assert bool(told.lines) == ("lines" in names)
