"""The table says what the sentence says: whatever a contract asks of an owner is in it, in both languages."""

from dataclasses import replace

import pytest

from cli.consent import consent_lines
from cli.layout import width
from protocol.ask import NOTHING_VARIES, Ask, Ranges
from protocol.consent_table import Line, consent_table
from protocol.contract import ZERO32, TaskContract
from protocol.errors import TallyError
from protocol.support import WORDS
from protocol.typed import Authorization
from tests.unit.orchestrator.sample import contract
from tests.unit.protocol import samples
from tests.unit.protocol.test_ask import CHANGES, FULL, MEASUREMENTS


def made(asked: TaskContract, ranges: Ranges = NOTHING_VARIES, **changes: object) -> tuple[Authorization, Ask, str]:
    message = samples.authorization(
        asked, MEASUREMENTS, task=ZERO32, min_protection_level=asked.protection_level,
        impact_assessment=asked.impact_assessment,
    )  # fmt: skip
    owner = asked.input_of(MEASUREMENTS).owner
    return replace(message, **changes), replace(Ask.of(asked, MEASUREMENTS), ranges=ranges), owner  # type: ignore[arg-type]


def said(lines: tuple[Line, ...]) -> tuple[str, str]:
    return "\n".join(line.said.english for line in lines), "\n".join(line.said.chinese for line in lines)


@pytest.mark.parametrize("other", CHANGES)
def test_attack_two_tasks_whose_tables_read_alike(other: TaskContract) -> None:
    try:
        TaskContract.parse(other.to_json()).input_of(MEASUREMENTS)
    except TallyError:
        return  # no contract, or one that asks nothing of this owner
    for before, after in zip(said(consent_table(*made(FULL), {})), said(consent_table(*made(other), {})), strict=True):
        assert before != after


@pytest.mark.parametrize(
    "change",
    [
        {"proposer": "stranger"}, {"data_version": 9}, {"engine": "other@9.0.0"}, {"programs": ("other@1.0.0",)},
        {"compute_parties": ("a", "b", "c", "d", "e")}, {"purpose": "Another"}, {"legal_basis": "Another"}, {"not_before": 5},
        {"not_after": 2**40}, {"max_uses": 77}, {"task": b"\7" * 32}, {"approved_successors": True}, {"epsilon_micros": 5},
        {"impact_assessment": b"\7" * 32}, {"min_protection_level": 1},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_attack_a_message_that_differs_and_reads_alike(change: dict[str, object]) -> None:
    for before, after in zip(
        said(consent_table(*made(FULL), {})), said(consent_table(*made(FULL, **change), {})), strict=True
    ):
        assert before != after


def test_each_output_says_who_reads_it_and_whether_it_is_about_single_people() -> None:
    asked = contract(minimum_group=5)
    sources = [output.source for output in asked.outputs]
    message, ask, owner = made(FULL)
    kinds = dict.fromkeys((output.source for output in FULL.outputs[1:]), WORDS["aggregate"])
    lines = consent_table(message, ask, owner, kinds)  # what nobody describes counts as about single people
    for at, output in enumerate(FULL.outputs):
        (line,) = [line for line in lines if line.said.english.startswith(f"{output.source} → ")]
        assert all(user in line.said.english and user in line.said.chinese for user in output.users)
        assert ("SINGLE PEOPLE" in line.said.english) == ("单个人" in line.said.chinese) == (at == 0)
    assert sources


@pytest.mark.parametrize("places", [40, 80, 200])
def test_no_line_of_the_table_is_wider_than_the_terminal(places: int) -> None:
    message, ask, owner = made(FULL)
    lines = consent_lines(message, ask, owner, {}, places)
    sentences = [line for line in lines if line.startswith((f"{owner} allows", f"{owner} 授权"))]
    assert len(sentences) == 2
    assert max(width(line) for line in lines if line not in sentences) <= max(places, 60)
    assert any(line.startswith("Why  ") for line in lines)
    assert any(line.startswith("目的 ") for line in lines)


def test_attack_a_purpose_that_looks_like_lines_of_the_table() -> None:
    """A message is parsed before it is shown and has no line breaks then; the table does not rest on that."""
    hostile = "Research\nWhat leaves  nothing\x1b[2K\u202e"
    message, ask, owner = made(FULL, purpose=hostile)
    table = consent_lines(message, ask, owner, {}, 80)[: len(consent_table(message, ask, owner, {}))]
    assert not any(line.startswith("What leaves  nothing") for line in table)
    assert not any("\x1b" in line or "\u202e" in line for line in table)
