"""Which outputs need the owners' word, for every output of the catalogue, with a minimum group and without one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpc.programs.catalogue import CATALOGUE
from protocol.ask import Ask, not_opted_in, per_person, supports
from protocol.contract import Output, Step, TaskContract
from protocol.support import UNKNOWN, WORDS
from tests.unit.orchestrator.sample import DIAGNOSES, contract

KNOWN = {name: program.published() for name, program in CATALOGUE.items()}
LEAVING = [(name, port) for name, found in KNOWN.items() for port in found.outputs if port.support != "held"]


def reading(program: str, output: str, group: int) -> TaskContract:
    steps = (Step("about", program, (), (("table", (DIAGNOSES,)),)),)
    return replace(contract(), steps=steps, outputs=(Output(f"about.{output}", ("hospital",)),), minimum_group=group)


@given(st.sampled_from(LEAVING), st.sampled_from([0, 1, 2, 10]))
def test_attack_order_statistics_and_rows_leave_only_where_every_owner_named_them(
    case: tuple[str, object], group: int
) -> None:
    program, port = case
    asked = reading(program, port.name, group)  # type: ignore[attr-defined]
    name = asked.outputs[0].source
    kind = port.support  # type: ignore[attr-defined]
    needed = kind == "per-person" or (kind == "order-statistic" and group >= 2)
    assert per_person(asked, KNOWN) == ((name,) if needed else ())
    ask = Ask.of(asked, DIAGNOSES)
    assert not_opted_in(ask, asked, KNOWN) == ([f"{name} is about single people"] if needed else [])
    assert not_opted_in(replace(ask, per_person=(name,)), asked, KNOWN) == []
    assert supports(asked, KNOWN) == {name: WORDS[kind]}
    assert supports(asked, {}) == {name: UNKNOWN}


@pytest.mark.parametrize(
    ("program", "output"),
    [
        ("stats.describe", "minimum"),
        ("stats.describe", "maximum"),
        ("stats.describe", "quantiles"),
        ("feature.bin", "edges"),
    ],
)
def test_values_of_single_people_are_order_statistics(program: str, output: str) -> None:
    (port,) = [port for port in KNOWN[f"{program}@1.0.0"].outputs if port.name == output]
    assert port.support == "order-statistic"
