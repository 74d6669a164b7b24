"""The first line of `tally verify` says what the ten steps come to, and never more than they do."""

import itertools
from typing import get_args

import pytest

from cli.verify import verdict
from protocol.programs import Words
from protocol.verify import Outcome, Report, StepResult

PROVEN, OPEN, FALSE = ("PROVEN", "已证实"), ("NOT PROVEN", "尚未证实"), ("FALSE", "不成立")


def report(*outcomes: Outcome) -> Report:
    words = Words("…", "…")
    return Report(b"\1" * 32, "completed", tuple(StepResult(n, words, o, words) for n, o in enumerate(outcomes, 1)))


@pytest.mark.parametrize("outcomes", [*itertools.product(get_args(Outcome), repeat=3)])
def test_the_verdict_is_the_exit_status_in_words(outcomes: tuple[Outcome, ...]) -> None:
    found = report(*outcomes)
    said = verdict(found, None)
    english, chinese = (PROVEN, FALSE, OPEN)[found.exit_code]
    assert said.english.startswith(english)
    assert said.chinese.startswith(chinese)
    due = {1: "fails", 2: "cannot"}.get(found.exit_code)
    numbers = [] if due is None else [str(step.number) for step in found.steps if step.outcome == due]
    assert not numbers or f"step {', '.join(numbers)} " in said.english
    assert ("nothing" in said.english) == (found.exit_code == 0 and "nothing" in outcomes)


def test_another_chain_is_no_evidence_whatever_holds() -> None:
    assert verdict(report("holds"), "other genesis").english.startswith("NOT this chain's")
