"""What is counted of an asker: once, before anything is evaluated, across restarts, and never back."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import RefusedError
from protocol.lookup import WINDOW, Question
from workers.lookup.counters import Allowance, Counters

ASKER, OTHER = b"\x01" * 32, b"\x02" * 32
MUCH = Allowance(10**6, 10**6)
NOW = 1_800_000_000


def question(number: int, points: int = 1, point: bytes = b"\x05" * 32) -> Question:
    return Question(b"\x04" * 32, number, (point,) * points)


@pytest.fixture
def counters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Counters]:
    monkeypatch.setattr("os.fsync", lambda _: None)
    return lambda: Counters(tmp_path / "questions.sqlite")


def test_the_same_question_gets_the_same_answer_and_is_counted_once(counters: Callable[[], Counters]) -> None:
    it = counters()
    assert it.reserve(ASKER, question(1), MUCH, NOW) is None
    assert it.keep(ASKER, 1, b"answer") == b"answer"
    assert it.reserve(ASKER, question(1), MUCH, NOW) == b"answer"
    assert it.keep(ASKER, 1, b"another") == b"answer", "what was kept first is what is sent"
    assert it.used() == {ASKER: 1}
    it.close()


def test_attack_another_question_under_a_used_number(counters: Callable[[], Counters]) -> None:
    it = counters()
    it.reserve(ASKER, question(1), MUCH, NOW)
    with pytest.raises(RefusedError, match=r"lookup\.number_used"):
        it.reserve(ASKER, question(1, point=b"\x06" * 32), MUCH, NOW)
    assert it.reserve(OTHER, question(1), MUCH, NOW) is None, "numbers are each asker's own"
    it.close()


def test_what_was_counted_and_not_answered_is_answered_after_a_restart_and_counted_once(
    counters: Callable[[], Counters],
) -> None:
    it = counters()
    it.reserve(ASKER, question(3), MUCH, NOW)
    it.close()
    again = counters()
    assert again.used() == {ASKER: 1}
    assert again.reserve(ASKER, question(3), MUCH, NOW) is None
    assert again.used() == {ASKER: 1}
    again.close()


def test_numbers_may_have_gaps_within_the_window(counters: Callable[[], Counters]) -> None:
    it = counters()
    for number in (WINDOW, 2 * WINDOW, 2 * WINDOW - 1, WINDOW + 1):
        assert it.reserve(ASKER, question(number), MUCH, NOW) is None
    for number in (WINDOW, 1, 3 * WINDOW + 1):
        with pytest.raises(RefusedError, match=r"lookup\.outside_window"):
            it.reserve(ASKER, question(number), MUCH, NOW)
    it.close()


@given(st.lists(st.integers(1, 40), max_size=40), st.integers(1, 20))
def test_no_order_of_questions_gets_more_than_was_agreed(numbers: list[int], most: int) -> None:
    """Replays, gaps and reordering: the points that are evaluated are as many as distinct numbers, and never more than agreed."""
    with TemporaryDirectory() as folder:
        it = Counters(Path(folder, "questions.sqlite"))
        evaluated = 0
        for number in numbers:
            try:
                evaluated += it.reserve(ASKER, question(number), Allowance(10**6, most), NOW) is None
                it.keep(ASKER, number, b"a")
            except RefusedError as error:
                assert error.code == "lookup.uses"
        assert evaluated == min(most, len(set(numbers)))
        it.close()


def test_an_asker_beyond_its_rate_is_told_when_to_come_back(counters: Callable[[], Counters]) -> None:
    it, slow = counters(), Allowance(10, 1000)
    start = NOW - NOW % 60
    it.reserve(ASKER, question(1, 8), slow, start)
    with pytest.raises(RefusedError, match=r"lookup\.rate") as refused:
        it.reserve(ASKER, question(2, 3), slow, start + 20)
    assert refused.value.details["retry_after"] == 40
    assert it.reserve(ASKER, question(2, 2), slow, start + 20) is None
    assert it.reserve(ASKER, question(3, 10), slow, start + 60) is None
    with pytest.raises(RefusedError, match="smaller batches"):
        it.reserve(ASKER, question(4, 11), slow, start + 120)
    it.close()


def test_attack_a_clock_that_is_put_back_opens_no_new_minute(counters: Callable[[], Counters]) -> None:
    it, slow = counters(), Allowance(10, 1000)
    it.reserve(ASKER, question(1, 10), slow, NOW)
    with pytest.raises(RefusedError, match=r"lookup\.rate"):
        it.reserve(ASKER, question(2, 10), slow, NOW - 3600)
    it.close()


def test_what_is_refused_is_not_counted(counters: Callable[[], Counters]) -> None:
    it, few = counters(), Allowance(10, 10)
    it.reserve(ASKER, question(1, 4), few, NOW)
    for _ in range(3):
        with pytest.raises(RefusedError, match=r"lookup\.uses"):
            it.reserve(ASKER, question(2, 7), few, NOW + 60)
    assert it.used() == {ASKER: 4}
    assert it.reserve(ASKER, question(2, 6), few, NOW + 60) is None
    it.close()
