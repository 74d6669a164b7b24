from dataclasses import replace

import pytest
from jinja2.filters import do_mark_safe

from audit_explorer import letters, pages
from audit_explorer.words import CHINESE, ENGLISH, Language
from protocol.vocabulary import TASK_STATES
from tests.unit.audit_explorer import fakes


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("hospital", "hospital"),
        ("医院 甲", "医院 甲"),
        ("a\u202etxt.exe", "a\\u202etxt.exe"),
        ("\u2066\u2069\u200f", "\\u2066\\u2069\\u200f"),
        ("a\0b\x1b[31m", "a\\u0000b\\u001b[31m"),
        ("n" * 10_000, "n" * letters.LONGEST + "…"),
    ],
)
def test_attack_what_turns_or_hides_text_is_printed_as_its_number(text: str, printed: str) -> None:
    assert letters.visible(text) == printed
    assert letters.visible(do_mark_safe(text)) == text, "our own markup stays"


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "0 s ago", "0 秒前"),
        (59, "59 s ago", "59 秒前"),
        (125, "2 min 5 s ago", "2 分 5 秒前"),
        (3_600, "1 h ago", "1 小时前"),
        (90_000, "1 d 1 h ago", "1 天 1 小时前"),
        (86_400 * 40 + 7, "40 d ago", "40 天前"),
        (-7_260, "in 2 h 1 min", "2 小时 1 分后"),
    ],
)
def test_distances(seconds: int, english: str, chinese: str) -> None:
    assert pages.moment(fakes.NOW - seconds, fakes.NOW, ENGLISH).distance == english
    assert pages.moment(fakes.NOW - seconds, fakes.NOW, CHINESE).distance == chinese


def test_moments_are_utc_and_survive_absurd_times() -> None:
    assert pages.moment(0, 1, ENGLISH) == pages.Moment("1970-01-01T00:00:00Z", "1970-01-01 00:00:00", "1 s ago")
    assert pages.moment(2**63, 0, ENGLISH).printed == str(2**63)


def test_hashes_keep_their_whole_value() -> None:
    value = bytes(range(32))
    assert pages.shorten(value).full == "0x" + value.hex()
    assert pages.shorten(value, "task").short == "task_00010203…1e1f"
    assert pages.shorten(b"\1" * 8).short == "0x" + "01" * 8, "what is short is not shortened"


def test_only_completion_looks_good_and_only_what_can_still_change_looks_pending() -> None:
    """Every end without a result looks like one: an expired task must not look as if it were under way."""
    looks = {code: pages.state(code, "en").look for code in TASK_STATES}
    assert looks == {
        "submitted": "pending", "proposed": "pending", "started": "pending", "completed": "good",
        "failed": "bad", "disputed": "bad", "aborted": "bad", "refused": "bad", "expired": "bad",
        "unknown": "pending",
    }  # fmt: skip


@pytest.mark.parametrize("code", TASK_STATES)
def test_every_state_has_words_and_a_look(code: str) -> None:
    for language in ("en", "zh"):
        found = pages.state(code, language)
        assert found.word
        assert found.about
        assert found.look in ("good", "bad", "pending")


def test_a_reason_is_a_sentence_with_its_code_and_party() -> None:
    page = pages.task_page(fakes.refused(), None, None, fakes.NOW, "en")
    assert page.reasons == (
        "The task asks for more than the owner's policy allows; narrow the task. [check.policy]",
        "Ended by laboratory: the reason, and whom its statement names, are laboratory's claim.",
    )
    assert "策略" in pages.task_page(fakes.refused(), None, None, fakes.NOW, "zh").reasons[0]


def test_a_pending_task_awaits_its_deadline_on_the_picture() -> None:
    assert 'class="moment open"' in pages.task_page(fakes.proposed(), None, None, fakes.NOW, "en").drawing
    assert 'class="moment open"' not in pages.task_page(fakes.completed(), None, None, fakes.NOW, "en").drawing


@pytest.mark.parametrize(
    ("language", "eta", "said"),
    [
        ("en", 8, "step 2 of 5, 43 % of the run, about 8 s left"),
        ("zh", 8, "第 2 步，共 5 步，全程 43%，约剩 8 秒"),
        ("en", 0, "step 2 of 5, 43 % of the run"),
    ],
)
def test_a_computing_party_shows_percent_and_the_time_left_when_it_can_tell(
    language: Language, eta: int, said: str
) -> None:
    record = fakes.proposed()
    computing = replace(record.progress[0], state="computing", percent=43, eta=eta, note="", peer="")
    page = pages.task_page(replace(record, progress=(computing,)), None, None, fakes.NOW, language)
    assert page.progress[0].steps == said


def test_notes_name_the_peer() -> None:
    line = pages.task_page(fakes.proposed(), None, None, fakes.NOW, "en").progress[0]
    assert (line.note, line.steps, line.heard.distance) == (
        "no answer on the link [link.timeout] (exchange)",
        "step 2 of 5",
        "2 min 5 s ago",
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_word_of_a_review_is_told_and_none_that_is_over_looks_undecided(language: Language) -> None:
    """A review that nobody made in time once read as one that is still to come."""
    record = replace(fakes.completed(), reviewer=fakes.party("regulator"))
    said = {
        word: pages.task_page(replace(record, review=word), None, None, fakes.NOW, language).review
        for word in ("none", "approved", "rejected", "expired")
    }
    assert all(said.values())
    assert len(set(said.values())) == len(said)
