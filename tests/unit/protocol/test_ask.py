"""What is not agreed is not allowed: every field of a contract, changed in turn, is refused by every ask."""

import dataclasses
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpc.programs.catalogue import find
from protocol import canonical
from protocol.ask import PER_TASK, Ask, FilterRange, Ranges, Span, complete, differences
from protocol.contract import Keep, KeptModel, Output, RowFilter, TaskContract
from protocol.errors import FormatError
from tests.unit.protocol import samples
from tests.unit.protocol.samples import DIAGNOSES, MEASUREMENTS

_SMALL = samples.contract()
FULL = replace(
    _SMALL,
    inputs=(replace(_SMALL.inputs[0], filters=(RowFilter("mean_radius", "lt", "50"),)), _SMALL.inputs[1]),
    steps=(replace(_SMALL.steps[0], parameters=(("minimum", 20),)), _SMALL.steps[1]),
    reviewer="chamber",
    review_within=86_400,
    outputs=(Output("fit.coefficients", ("hospital",)), Output("fit.quality", ("hospital", "laboratory"))),
    keeps=(Keep("fit.model", ("hospital",), 1_900_000_000),),
    models=(KeptModel("earlier", b"\x09" * 32, "fit.model", "model:linear"),),
)
"""No field is empty, so that every field has something to change."""


def changed(value: Any) -> Iterator[tuple[str, Any]]:
    """Every way to change one thing somewhere inside ``value``, by its types alone."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            for where, other in changed(getattr(value, field.name)):
                yield f"{field.name}{where}", replace(value, **{field.name: other})
    elif isinstance(value, tuple) and value and all(isinstance(item, tuple) for item in value):
        # named values, which are no lists: a name, a value, one fewer, one more
        for place, (name, held) in enumerate(value):
            before, after = value[:place], value[place + 1 :]
            yield f"[{place}] left out", (*before, *after)
            yield f"[{place}] renamed", (*before, (name + "0", held), *after)
            for where, other in changed(held):
                yield f"[{place}]{where}", (*before, (name, other), *after)
        yield " with one more", (*value, ("zz", value[0][1]))
    elif isinstance(value, tuple):
        assert value, "a sample without items shows nothing"
        for place, item in enumerate(value):
            yield f"[{place}] left out", value[:place] + value[place + 1 :]
            for where, other in changed(item):
                yield f"[{place}]{where}", (*value[:place], other, *value[place + 1 :])
        yield " with one more", (*value, _more(value[0]))
    elif isinstance(value, bool):
        yield "", not value
    elif isinstance(value, int):
        yield " up", value + 1
        yield " down", value - 1
    elif isinstance(value, bytes):
        yield "", bytes([value[0] ^ 1]) + value[1:]
    else:
        assert isinstance(value, str)
        yield "", value + "0"
        if value:
            yield " emptied", ""


def _more(item: Any) -> Any:
    return next(other for _, other in changed(item))


CHANGES = [
    pytest.param(other, id=where) for where, other in changed(FULL) if where.split(" ")[0] not in ("nonce", "deadline")
]


def test_the_sample_has_every_field() -> None:
    fields = {field.name for field in dataclasses.fields(TaskContract)}
    assert all(getattr(FULL, name) not in ((), "") for name in fields)
    walked = {where.split("[")[0].split(" ")[0] for where, _ in changed(FULL)}
    assert walked >= fields


@pytest.mark.parametrize("other", CHANGES)
@pytest.mark.parametrize("data_set", [DIAGNOSES, MEASUREMENTS])
def test_attack_a_task_that_asks_anything_else(other: TaskContract, data_set: str) -> None:
    assert differences(Ask.of(FULL, data_set), other)
    assert differences(replace(Ask.of(FULL, data_set), tasks_per_day=9), other)


NEWER = {FULL.engine: "tallystick.engine@1.1.0", FULL.steps[0].program: "align.next@1.0.1"}


def stands_in(agreed: str, asked: str) -> bool:
    return agreed == asked or NEWER.get(agreed) == asked


def upgraded(made: TaskContract) -> TaskContract:
    steps = tuple(replace(step, program=NEWER.get(step.program, step.program)) for step in made.steps)
    return replace(made, engine=NEWER.get(made.engine, made.engine), steps=steps)


def test_a_release_may_stand_in_where_somebody_says_so_and_only_there() -> None:
    ask = Ask.of(FULL, DIAGNOSES)
    assert differences(ask, upgraded(FULL), stands_in) == []
    assert {item.split(":")[0] for item in differences(ask, upgraded(FULL))} == {"engine", "steps[0].program"}
    back = Ask.of(upgraded(FULL), DIAGNOSES)
    assert differences(back, FULL, stands_in), "an older release is no successor"


@pytest.mark.parametrize("other", CHANGES)
def test_attack_beside_a_successor_nothing_else_changes(other: TaskContract) -> None:
    """Every field of a contract, changed in turn together with an upgrade that is allowed."""
    assert differences(Ask.of(FULL, DIAGNOSES), upgraded(other), stands_in)
    assert differences(Ask.of(FULL, DIAGNOSES), other, stands_in)


def test_two_tasks_that_ask_the_same_differ_in_nonce_and_deadline_only() -> None:
    ask = Ask.of(FULL, DIAGNOSES)
    assert differences(ask, FULL) == []
    assert differences(ask, replace(FULL, nonce="08" * 32, deadline=FULL.deadline - 5)) == []
    assert {"nonce", "deadline", "format"} == set(PER_TASK)


def test_what_is_signed_is_what_is_read() -> None:
    ask = Ask.of(FULL, DIAGNOSES)
    assert Ask.read(ask.data()) == ask
    assert Ask.read(WIDE.data()) == WIDE
    assert ask.digest() == canonical.sha256(ask.data()) != WIDE.digest()
    with pytest.raises(FormatError):
        Ask.read(ask.data().replace(b'"tasks_per_day":1', b'"tasks_per_day":1,"x":1'))
    with pytest.raises(FormatError):
        Ask.read(ask.data().replace(b'"terms":{', b'"terms":{"nonce":"' + b"0" * 64 + b'",'))


def test_two_asks_for_one_contract_differ_by_data_set() -> None:
    assert Ask.of(FULL, DIAGNOSES).digest() != Ask.of(FULL, MEASUREMENTS).digest()


STRENGTH = Ranges(parameters=(("fit.inverse_strength", Span("0.01", "1")),))
WIDE = Ask(
    DIAGNOSES,
    Ask.of(FULL, DIAGNOSES).contract,
    24,
    Ranges(
        parameters=(("fit.inverse_strength", ("0.1", "0.2")),),
        filters=(FilterRange(MEASUREMENTS, 0, Span("0", "10")),),
        versions=(MEASUREMENTS,),
        absent=(MEASUREMENTS,),
        counterparts=1,
        until=(("fit.model", 1_950_000_000),),
    ),
)


def with_strength(value: str) -> TaskContract:
    align, fit = FULL.steps
    return replace(FULL, steps=(align, replace(fit, parameters=(("inverse_strength", value),))))


def with_filter(operator: str, value: str, column: str = "worst_area") -> TaskContract:
    first, second = FULL.inputs
    return replace(FULL, inputs=(first, replace(second, filters=(RowFilter(column, operator, value),))))


def with_version(version: int) -> TaskContract:
    first, second = FULL.inputs
    return replace(FULL, inputs=(first, replace(second, version=version)))


def with_until(until: int) -> TaskContract:
    return replace(FULL, keeps=(replace(FULL.keeps[0], until=until),))


def alone() -> TaskContract:
    align, fit = FULL.steps
    return replace(FULL, inputs=FULL.inputs[:1], steps=(replace(align, inputs=(("tables", (DIAGNOSES,)),)), fit))


@pytest.mark.parametrize(
    ("ranges", "inside", "outside"),
    [
        (STRENGTH, [with_strength("1"), with_strength("0.01")], [with_strength("1.01"), with_strength("nan")]),
        (
            Ranges(parameters=(("fit.inverse_strength", ("0.1", "0.2")),)),
            [with_strength("0.2")],
            [with_strength("0.15"), with_strength("0.20")],
        ),
        (
            Ranges(filters=(FilterRange(MEASUREMENTS, 0, Span("0", "10")),)),
            [with_filter("gt", "10")],
            [
                with_filter("gt", "11"),
                with_filter("ge", "5"),
                with_filter("gt", "5", "age"),
                with_filter("gt", "2026-01-01"),
            ],
        ),
        (Ranges(versions=(MEASUREMENTS,)), [with_version(7)], []),
        (Ranges(until=(("fit.model", 1_950_000_000),)), [with_until(1_950_000_000)], [with_until(1_950_000_001)]),
    ],
    ids=["numbers", "words", "filter", "version", "until"],
)
def test_a_range_lets_through_what_it_names_and_nothing_else(
    ranges: Ranges, inside: list[TaskContract], outside: list[TaskContract]
) -> None:
    ask = Ask(DIAGNOSES, Ask.of(FULL, DIAGNOSES).contract, 1, ranges)
    assert Ask.read(ask.data()) == ask
    for other in inside:
        assert differences(Ask.of(FULL, DIAGNOSES), other), "without the range it is something else"
        assert differences(ask, other) == []
    for other in outside:
        assert differences(ask, other)


@pytest.mark.parametrize("other", CHANGES)
def test_attack_a_range_on_one_thing_opens_no_other(other: TaskContract) -> None:
    """With every kind of range at once, only changes of just these places pass, and each only within its range."""
    found = differences(WIDE, other)
    if found:
        return
    assert other in (
        with_version(3), with_version(1), with_until(1_900_000_001), with_until(1_899_999_999), with_filter("gt", "00"),
    )  # fmt: skip


def test_counterparts_may_be_absent_down_to_the_number_agreed() -> None:
    ask = Ask(DIAGNOSES, Ask.of(FULL, DIAGNOSES).contract, 1, Ranges(absent=(MEASUREMENTS,), counterparts=1))
    assert differences(ask, FULL) == []
    assert differences(ask, alone()) == ["counterparts: 0 instead of at least 1"]
    third = replace(FULL.inputs[1], data_set="visits-" + "c" * 32, owner="clinic")
    wide = replace(
        FULL,
        inputs=(*FULL.inputs, third),
        steps=(replace(FULL.steps[0], inputs=(("tables", (DIAGNOSES, MEASUREMENTS, third.data_set)),)), FULL.steps[1]),
    )
    ranges = Ranges(absent=(MEASUREMENTS, third.data_set), counterparts=1)
    ask = Ask(DIAGNOSES, Ask.of(wide, DIAGNOSES).contract, 1, ranges)
    assert differences(ask, FULL) == []
    assert differences(ask, alone()) != []
    assert differences(Ask.of(FULL, DIAGNOSES), wide), "a counterpart that was not named is refused"


@pytest.mark.parametrize(
    "ranges",
    [
        Ranges(parameters=(("fit.absent", ("1",)),)),
        Ranges(filters=(FilterRange(MEASUREMENTS, 1, Span("0", "1")),)),
        Ranges(filters=(FilterRange("other-" + "d" * 32, 0, Span("0", "1")),)),
        Ranges(versions=(DIAGNOSES,)),
        Ranges(absent=(DIAGNOSES,), counterparts=1),
        Ranges(absent=(MEASUREMENTS,)),
        Ranges(counterparts=2),
        Ranges(until=(("fit.other", 5),)),
    ],
    ids=["parameter", "place", "data-set", "own-version", "own-absence", "all-absent", "too-many", "keep"],
)
def test_ranges_about_nothing_are_refused_before_anybody_signs(ranges: Ranges) -> None:
    ask = Ask(DIAGNOSES, Ask.of(FULL, DIAGNOSES).contract, 1, ranges)
    with pytest.raises(FormatError, match=r"ask\.range"):
        Ask.read(ask.data())


@pytest.mark.parametrize(
    ("low", "high"),
    [("2", "1"), ("a", "b"), ("1", "2026-01-01"), ("1e3", "1e4"), ("", ""), ("2026-02-01", "2026-01-01")],
)
def test_spans_of_nothing_are_refused(low: str, high: str) -> None:
    with pytest.raises(FormatError, match=r"ask\.span"):
        Span.parse({"from": low, "to": high}, "x")


@given(st.integers(-1000, 1000), st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_a_span_of_numbers_holds_what_lies_between(low: int, high: int, value: int) -> None:
    assert Span(str(low), str(high)).holds(str(value)) == (low <= value <= high)


def test_a_span_of_dates_holds_dates_only() -> None:
    span = Span("2026-01-01", "2026-12-31")
    assert span.holds("2026-06-30")
    assert not span.holds("2027-01-01")
    assert not span.holds("2026-6-30")
    assert not span.holds("2026")


def test_defaults_are_written_out() -> None:
    programs = {step.program: find(step.program).published() for step in FULL.steps}
    bare = replace(FULL, steps=tuple(replace(step, parameters=()) for step in FULL.steps))
    filled = complete(bare, programs)
    for step in filled.steps:
        assert programs[step.program].left_out(step.parameters) == ()
        assert programs[step.program].check_parameters(step.parameters) == dict(step.parameters)
    assert differences(Ask.of(bare, DIAGNOSES), filled), "what was left out is not agreed"
    assert complete(filled, programs) == filled
