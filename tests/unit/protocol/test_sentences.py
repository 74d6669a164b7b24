"""The sentence says everything that the signature covers, in both languages."""

from dataclasses import replace

import pytest

from protocol import offers, sentences
from protocol.contract import ZERO32, RowFilter
from tests.unit.orchestrator.sample import NOW, PANELS, PROGRAM, contract


def made(**changes: object) -> tuple[str, str]:
    asked = contract(**changes)
    message, policy = offers.offer(
        asked, b"\x09" * 32, PANELS, input_root=bytes(32), programs=bytes(32), not_before=NOW
    )
    words = sentences.authorization_sentence(message, policy, asked, "laboratory")
    return words.english, words.chinese


def test_both_sentences_name_who_what_why_when_and_for_whom() -> None:
    for text in made():
        for part in ("laboratory", "hospital", "exchange", PANELS, "age", PROGRAM, "Predict readmission", "Consent",
                     "2026-05-28 20:26 UTC", "09" * 32, "regulator"):  # fmt: skip
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
        assert "age ≥ 18" in text
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
    words = sentences.authorization_sentence(replace(standing, policy=wide.digest()), wide, None, "laboratory")
    for part in ("any task within these limits", "at most 12 times", "At most 3 tasks a day", "budget: 1.5"):
        assert part in words.english
    for part in ("任何任务", "至多 12 次", "每日至多 3 个任务", "1.5"):
        assert part in words.chinese


def test_times_beyond_the_calendar_are_still_said() -> None:
    asked = contract()
    message, policy = offers.offer(
        asked, b"\x09" * 32, PANELS, input_root=bytes(32), programs=bytes(32), not_before=NOW
    )
    words = sentences.authorization_sentence(replace(message, not_after=2**64 - 1), policy, asked, "laboratory")
    assert f"unix time {2**64 - 1}" in words.english


@pytest.mark.parametrize(("committee", "colluding"), [(3, 2), (4, 2), (5, 3), (7, 4)])
def test_how_many_must_collude(committee: int, colluding: int) -> None:
    assert sentences.collusion_threshold(committee) == colluding
