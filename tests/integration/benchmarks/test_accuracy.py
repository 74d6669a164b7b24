"""The page of accuracies is of this catalogue, and what it says holds."""

import re

import pytest

from benchmarks.accuracy import page
from benchmarks.accuracy.cases import ELSEWHERE, Compared, cases
from mpc.programs.catalogue import CATALOGUE

QUICK = ("federated rare", "ridge far rows", "regression diabetes", "describe diabetes columns")
"""Cases that take a second or two."""


def programs_on_the_page() -> set[str]:
    return set(re.findall(r"^\| `([a-z_.]+)` \|", page.PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE))


def test_every_program_is_compared_or_says_where_its_numbers_are_checked() -> None:
    known = {program.partition("@")[0] for program in CATALOGUE}
    assert programs_on_the_page() | set(ELSEWHERE) == known
    assert not programs_on_the_page() & set(ELSEWHERE)


def test_no_number_on_the_page_is_far_off() -> None:
    parts = re.findall(r"\| ([^|]+) \| [^|]+ \|$", page.PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    far = [float(part) for part in parts[2:] if float(part) > 2e-3]
    assert len(parts) > 50
    assert not far


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_a_case_is_as_near_as_the_page_says(name: str) -> None:
    found: list[Compared] = list(dict(cases())[name]())
    assert found
    for each in found:
        assert each.difference <= 1e-4 * each.scale, each
    assert page.text(found).count("\n| `") == len(found)
