"""The sentence says everything that the signature covers, in both languages."""

from dataclasses import replace

import pytest

from protocol import offers, sentences
from protocol.ask import NOTHING_VARIES, Ask, FilterRange, Ranges, Span
from protocol.contract import ZERO32, RowFilter, TaskContract
from protocol.errors import TallyError
from tests.unit.orchestrator.sample import NOW, PANELS, PROGRAM, contract
from tests.unit.protocol import samples
from tests.unit.protocol.test_ask import CHANGES, DIAGNOSES, FULL, MEASUREMENTS


def made(**changes: object) -> tuple[str, str]:
    asked = contract(**changes)
    message, policy = offers.offer(
        asked, b"\x09" * 32, PANELS, input_root=bytes(32), programs=bytes(32), not_before=NOW
    )
    words = sentences.authorization_sentence(message, policy, "laboratory")
    return words.english, words.chinese


def test_both_sentences_name_who_what_why_when_and_for_whom() -> None:
    for text in made():
        for part in ("laboratory", "hospital", "exchange", PANELS, "age", PROGRAM, "Predict readmission", "Consent",
                     "2026-05-28 20:26:40 UTC", "09" * 32, "regulator"):  # fmt: skip
            assert part in text, part


def test_the_english_sentence_word_by_word() -> None:
    english, _ = made()
    assert english.startswith(
        f"laboratory allows hospital to have data set {PANELS}, version 2, columns age, all rows, computed on together with"
    )
    assert "once" in english
    assert "It would take 2 of them" in english.replace("it would", "It would")
    assert "No impact assessment is named." in english
    assert english.endswith("You can take this back at any time for every task that has not started.")


def test_filters_reviews_decisions_and_assessments_are_said() -> None:
    asked = contract()
    filtered = replace(asked.inputs[1], filters=(RowFilter("age", "ge", "18"),))
    english, chinese = made(
        inputs=(asked.inputs[0], filtered),
        reviewer="regulator",
        automated_decision=True,
        impact_assessment=b"\x05" * 32,
    )
    for text in (english, chinese):
        assert "age ≥ “18”" in text
        assert "05" * 32 in text
    assert "automated decisions" in english
    assert "自动化决策" in chinese
    assert "regulator reviews the output" in english
    assert "复核" in chinese


def test_a_standing_authorization_says_that_it_is_one() -> None:
    asked = contract()
    message, policy = offers.offer(
        asked, b"\x09" * 32, PANELS, input_root=bytes(32), programs=bytes(32), not_before=NOW
    )
    standing = replace(message, task=ZERO32, max_uses=12, epsilon_micros=1_500_000)
    wide = replace(policy, tasks_per_day=3)
    words = sentences.authorization_sentence(replace(standing, policy=wide.digest()), wide, "laboratory")
    for part in ("any task that asks the same", "at most 12 times", "At most 3 tasks a day", "budget: 1.5"):
        assert part in words.english
    for part in ("任何任务", "至多 12 次", "每日至多 3 个任务", "1.5"):
        assert part in words.chinese


def test_times_beyond_the_calendar_are_still_said() -> None:
    asked = contract()
    message, policy = offers.offer(
        asked, b"\x09" * 32, PANELS, input_root=bytes(32), programs=bytes(32), not_before=NOW
    )
    words = sentences.authorization_sentence(replace(message, not_after=2**64 - 1), policy, "laboratory")
    assert f"unix time {2**64 - 1}" in words.english


@pytest.mark.parametrize(("committee", "colluding"), [(3, 2), (4, 2), (5, 3), (7, 4)])
def test_how_many_must_collude(committee: int, colluding: int) -> None:
    assert sentences.collusion_threshold(committee) == colluding


@pytest.mark.parametrize("other", CHANGES)
def test_attack_two_tasks_that_read_alike(other: TaskContract) -> None:
    """Whatever a contract asks is in the sentence, its outputs and who reads them above all."""
    try:
        TaskContract.parse(other.to_json()).input_of(MEASUREMENTS)
    except TallyError:
        return  # no contract, or one that asks nothing of this owner
    for before, after in zip(said(FULL), said(other), strict=True):
        assert before != after


def said(asked: TaskContract, ranges: Ranges = NOTHING_VARIES) -> tuple[str, str]:
    message = samples.authorization(
        asked,
        MEASUREMENTS,
        task=ZERO32,
        min_protection_level=asked.protection_level,
        impact_assessment=asked.impact_assessment,
    )
    owner = asked.input_of(MEASUREMENTS).owner
    words = sentences.authorization_sentence(message, replace(Ask.of(asked, MEASUREMENTS), ranges=ranges), owner)
    return words.english, words.chinese


@pytest.mark.parametrize(
    ("ranges", "english", "chinese"),
    [
        (NOTHING_VARIES, "What may vary: nothing.", "可变动的内容：无。"),
        (
            Ranges(parameters=(("fit.inverse_strength", Span("0.01", "1")), ("fit.solver", ("a", "b")))),
            "fit.inverse_strength from 0.01 to 1; fit.solver one of a, b",
            "fit.inverse_strength 从 0.01 到 1；fit.solver 可取 a、b",
        ),
        (
            Ranges(filters=(FilterRange(MEASUREMENTS, 0, Span("0", "9")),)),
            f"row filter 1 of {MEASUREMENTS} from 0 to 9",
            f"{MEASUREMENTS} 的第 1 个行筛选值从 0 到 9",
        ),
        (Ranges(versions=(DIAGNOSES,)), f"the version of {DIAGNOSES}", f"{DIAGNOSES} 的版本"),
        (
            Ranges(absent=(DIAGNOSES,), counterparts=1),
            f"{DIAGNOSES} may be left out while 1 other data sets take part",
            f"{DIAGNOSES} 可不参与，但至少须有 1 个其他数据集参与",
        ),
        (
            Ranges(until=(("fit.model", 1_950_000_000),)),
            "fit.model may be kept until 2031-10-17 10:40 UTC",
            "fit.model 可保留至 2031-10-17 10:40 UTC",
        ),
    ],
    ids=["nothing", "parameters", "filter", "version", "absent", "until"],
)
def test_every_range_is_said(ranges: Ranges, english: str, chinese: str) -> None:
    found = said(FULL, ranges)
    assert english in found[0]
    assert chinese in found[1]


def test_attack_words_that_leave_their_quotation_marks() -> None:
    asked = replace(FULL, purpose="Research”. Results: nothing; nobody else can read them. Legal basis: “none")
    for text in said(asked):
        inside = [part.split("”")[0] for part in text.split("“")]
        assert "Research’. Results: nothing; nobody else can read them. Legal basis: ‘none" in inside
