"""What is said to become known is what does, with the given parameters and inputs: for every program, against real runs."""

from dataclasses import replace
from itertools import chain
from typing import Any

import pytest

from mpc.programs.both_classes import BOTH
from mpc.programs.catalogue import CATALOGUE
from protocol.contract import Step
from protocol.disclosed import becoming_known
from protocol.programs import Condition, Disclosure, Words
from tests.unit.mpc.programs.test_every_program import CASES, execute
from tests.unit.orchestrator import sample

UNRECORDED = {"matched_rows", "overlaps", "table_sizes"}
"""What an alignment's helper and owners see in what they are sent: no number of it is opened."""
SWITCHES = [
    (name, condition)
    for name, program in CATALOGUE.items()
    for condition in sorted({c for item in program.disclosures for c in item.when}, key=str)
]


def shown(program: str, parameters: dict[str, Any], sources: int = 2) -> set[str]:
    """The names of what preflight tells of a step whose every input has so many sources."""
    described = CATALOGUE[program].published()
    inputs = tuple((port.name, ("source",) * sources) for port in described.inputs)
    return {item.name for item in described.disclosed_by(tuple(parameters.items()), inputs)}


def test_conditions_name_numbers_and_inputs_that_there_are() -> None:
    assert SWITCHES
    for program in CATALOGUE.values():
        names = {
            "parameter": {p.name for p in program.parameters if p.kind == "integer"},
            "sources": {p.name for p in program.inputs},
        }
        for condition in chain.from_iterable(item.when for item in program.disclosures):
            assert condition.name in names[condition.subject], (program.program, condition)
        for item in program.disclosures:
            assert not item.about.english.startswith("Only"), "the condition is declared, not told"


@pytest.mark.parametrize(("program", "condition"), SWITCHES, ids=lambda item: getattr(item, "name", item))
def test_every_switch_shows_its_disclosures_on_one_side_alone(program: str, condition: Condition) -> None:
    switched = {item.name for item in CATALOGUE[program].disclosures if condition in item.when}
    for over in (condition.over, condition.over + 1):
        sides = {condition.name: over} if condition.subject == "parameter" else {}
        found = shown(program, sides, over if condition.subject == "sources" else 2)
        assert (switched <= found) == (over > condition.over)
        assert switched.isdisjoint(found) == (over <= condition.over)


@pytest.mark.parametrize("name", CASES)
def test_a_run_discloses_what_was_shown_for_its_parameters_and_nothing_else(name: str) -> None:
    program, _, parameters = CASES[name]
    assert set(execute(name).disclosed) == shown(f"{program}@1.0.0", parameters) - UNRECORDED


@pytest.mark.parametrize("every", [0, 1, 2])
@pytest.mark.parametrize("name", ["logistic, columns", "logistic, rows"])
def test_the_bit_of_early_stopping_is_shown_exactly_where_it_is_opened(
    name: str, every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, build, parameters = CASES[name]
    monkeypatch.setitem(CASES, name, (program, build, {**parameters, "iterations": 9, "check_every": every}))
    opened = set(execute(name).disclosed)
    expected = {"every_class_occurs"} | ({"converged"} if every else set())
    assert opened == shown("glm.logistic@1.0.0", {"check_every": every}) == expected


def test_a_standing_permission_is_told_what_any_value_within_its_ranges_discloses() -> None:
    fit = Step("fit", "glm.logistic@1.0.0", (("check_every", 0),), ())
    other = replace(fit, id="other")
    programs = {name: program.published() for name, program in CATALOGUE.items()}
    asked = sample.contract(steps=(fit, other, fit))
    always = becoming_known(asked, programs)
    assert always == (BOTH.about,)
    assert len(becoming_known(asked, programs, ["fit.check_every"])) == 2
    assert becoming_known(asked, programs, ["fit.iterations", "third.check_every"]) == always
    assert becoming_known(asked, {}, ["fit.check_every"]) == ()


def test_what_cannot_be_told_may_be_so() -> None:
    item = Disclosure(
        "x", "everyone", Words("x", "x"), (Condition("parameter", "rounds", 3), Condition("sources", "t", 1))
    )
    assert item.when[0].holds({"rounds": "4"}, {})
    assert not item.when[0].holds({"rounds": "3.0"}, {})
    assert item.when[0].holds({"rounds": "many"}, {})
    assert item.when[0].holds({}, {})
    assert not item.when[1].holds({}, {})
