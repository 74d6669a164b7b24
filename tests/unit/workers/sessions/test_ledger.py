"""What is counted in a session: once, before anything is evaluated, across restarts, and never back; each answer has one place."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import RefusedError
from protocol.sessions import WINDOW, SessionAsker, SessionTerms
from workers.sessions.ledger import SHOWN, Answered, Asked, Ledger, over

ASKER, OTHER = "shop", "telecom"
NOW = 1_800_000_000
TERMS = SessionTerms(
    "bank", "lookup", "blacklist", f"blacklist-{'0' * 32}",
    (SessionAsker(ASKER, 10**6, 10**6), SessionAsker(OTHER, 10**6, 10**6)), "screening", "contract", NOW, NOW + 86_400, 7200, 600,
    bytes(32),
)  # fmt: skip
SESSION = TERMS.digest()


def question(number: int, points: int = 1, digest: bytes = b"\x05" * 32, **changes: Any) -> Asked:
    return replace(Asked(SESSION, ASKER, number, digest, points), **changes)


def answer(text: bytes = b"answer", time: int = NOW) -> Callable[[int], Answered]:
    return lambda place: Answered(text, place.to_bytes(32, "big"), time)


def allowing(per_minute: int, uses: int, **changes: Any) -> SessionTerms:
    return replace(TERMS, askers=(SessionAsker(ASKER, per_minute, uses),), **changes)


def opened(folder: Path, terms: SessionTerms = TERMS, *, logged: bool = True) -> Ledger:
    it = Ledger(folder)
    it.open(terms, b"envelope", "session-opened")
    if logged:
        it.logged(it.last_entry(terms.digest()), b"envelope", 0, 0)
    return it


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setattr("os.fsync", lambda _: None)
    it = opened(tmp_path)
    yield it
    it.close()


def test_the_same_question_gets_the_same_answer_and_is_counted_once(ledger: Ledger) -> None:
    assert ledger.reserve(question(1), NOW) is None
    assert ledger.keep(question(1), answer()) == b"answer"
    assert ledger.reserve(question(1), NOW) == b"answer"
    assert ledger.keep(question(1), answer(b"another")) == b"answer", "what was kept first is what is sent"
    assert ledger.used(SESSION) == {ASKER: 1}
    assert ledger.session(SESSION).answers == 1, "and it has one place"


def test_attack_another_question_under_a_used_number(ledger: Ledger) -> None:
    ledger.reserve(question(1), NOW)
    with pytest.raises(RefusedError, match=r"lookup\.number_used"):
        ledger.reserve(question(1, digest=b"\x06" * 32), NOW)
    assert ledger.reserve(question(1, party=OTHER), NOW) is None, "numbers are each asker's own"


def test_what_was_counted_and_not_answered_is_answered_after_a_restart_and_counted_once(
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.reserve(question(3), NOW)
    ledger.close()
    again = Ledger(tmp_path)
    assert again.used(SESSION) == {ASKER: 1}
    assert again.reserve(question(3), NOW) is None
    assert again.used(SESSION) == {ASKER: 1}
    assert again.keep(question(3), answer()) == b"answer"
    again.close()


def test_numbers_may_have_gaps_within_the_window(ledger: Ledger) -> None:
    for number in (WINDOW, 2 * WINDOW, 2 * WINDOW - 1, WINDOW + 1):
        assert ledger.reserve(question(number), NOW) is None
    for number in (WINDOW, 1, 3 * WINDOW + 1):
        with pytest.raises(RefusedError, match=r"lookup\.outside_window"):
            ledger.reserve(question(number), NOW)


@given(st.lists(st.integers(1, 40), max_size=40), st.integers(1, 20))
def test_no_order_of_questions_gets_more_than_was_agreed(numbers: list[int], most: int) -> None:
    """Replays, gaps and reordering: the ids that are evaluated are as many as distinct numbers, never more than agreed, and each answer has
    the place after the one before it.
    """
    terms = allowing(most, most)
    with TemporaryDirectory() as folder:
        it, evaluated = opened(Path(folder), terms), 0
        for number in numbers:
            asked = question(number, session=terms.digest())
            try:
                if it.reserve(asked, NOW) is None:
                    evaluated += 1
                    it.keep(asked, answer())
            except RefusedError as error:
                assert error.code == "lookup.uses"
        assert evaluated == min(most, len(set(numbers)))
        leaves = it.leaves(terms.digest(), 1, len(numbers) + 1)
        assert leaves == [place.to_bytes(32, "big") for place in range(1, evaluated + 1)]
        it.close()


def test_an_asker_beyond_its_rate_is_told_when_to_come_back(tmp_path: Path) -> None:
    start = NOW - NOW % 60 + 60
    terms = allowing(10, 1000)
    it, session = opened(tmp_path, terms), terms.digest()
    it.reserve(question(1, 8, session=session), start)
    with pytest.raises(RefusedError, match=r"lookup\.rate") as refused:
        it.reserve(question(2, 3, session=session), start + 20)
    assert refused.value.details["retry_after"] == 40
    assert it.reserve(question(2, 2, session=session), start + 20) is None
    assert it.reserve(question(3, 10, session=session), start + 60) is None
    with pytest.raises(RefusedError, match="smaller batches"):
        it.reserve(question(4, 11, session=session), start + 120)
    it.close()


def test_attack_a_clock_that_is_put_back_opens_no_new_minute(tmp_path: Path) -> None:
    terms = allowing(10, 1000)
    it, session = opened(tmp_path, terms), terms.digest()
    it.reserve(question(1, 10, session=session), NOW + 3600)
    with pytest.raises(RefusedError, match=r"lookup\.rate"):
        it.reserve(question(2, 10, session=session), NOW)
    it.close()


def test_what_is_refused_is_not_counted(tmp_path: Path) -> None:
    terms = allowing(10, 10)
    it, session = opened(tmp_path, terms), terms.digest()
    it.reserve(question(1, 4, session=session), NOW)
    for _ in range(3):
        with pytest.raises(RefusedError, match=r"lookup\.uses"):
            it.reserve(question(2, 7, session=session), NOW + 60)
    assert it.used(session) == {ASKER: 4}
    assert it.reserve(question(2, 6, session=session), NOW + 60) is None
    it.close()


@pytest.mark.parametrize(
    ("changes", "at", "code"),
    [
        ({"session": b"\x09" * 32}, NOW, r"session\.unknown"),
        ({"party": "stranger"}, NOW, r"session\.not_asker"),
        ({}, NOW - 1, r"session\.not_logged"),
        ({}, TERMS.ends, r"session\.ended.*time is over"),
        ({}, NOW + TERMS.idle, r"session\.ended.*Nobody asked"),
    ],
)
def test_attack_a_question_outside_of_the_terms(ledger: Ledger, changes: dict[str, Any], at: int, code: str) -> None:
    with pytest.raises(RefusedError, match=code):
        ledger.reserve(question(1, **changes), at)
    assert ledger.used(SESSION) == {}


def test_nothing_is_answered_before_the_log_says_that_the_session_is_open(tmp_path: Path) -> None:
    it = opened(tmp_path, logged=False)
    with pytest.raises(RefusedError, match=r"session\.not_logged"):
        it.reserve(question(1), NOW)
    it.close()


def test_attack_a_question_after_the_end(ledger: Ledger) -> None:
    """Not even what was answered before is answered again: what was revoked is not known to be harmless."""
    ledger.reserve(question(1), NOW)
    ledger.keep(question(1), answer())
    ledger.reserve(question(2), NOW)
    assert ledger.end(SESSION, "suspended")
    assert not ledger.end(SESSION, "ended"), "the first reason stays"
    for number in (1, 3):
        with pytest.raises(RefusedError, match=r"session\.ended.*suspended"):
            ledger.reserve(question(number), NOW)
    with pytest.raises(RefusedError, match=r"session\.ended"):
        ledger.keep(question(2), answer())
    assert ledger.session(SESSION).answers == 1


def test_a_question_puts_the_idle_end_off(ledger: Ledger) -> None:
    ledger.reserve(question(1), NOW + TERMS.idle - 1)
    assert over(ledger.session(SESSION), NOW + TERMS.idle) is None
    assert over(ledger.session(SESSION), NOW + 2 * TERMS.idle - 1) == "idle"


def test_a_holder_that_cannot_keep_its_promise_gives_no_further_answer(ledger: Ledger) -> None:
    """Half of the delay is left for the chain; what was answered before is answered again all the same."""
    ledger.reserve(question(1), NOW)
    ledger.keep(question(1), answer())
    late = NOW + TERMS.delay // 2 + 1
    assert ledger.reserve(question(2), late - 1) is None
    with pytest.raises(RefusedError, match=r"session\.behind"):
        ledger.reserve(question(3), late)
    assert ledger.reserve(question(1), late) == b"answer"
    ledger.add_entry(SESSION, "receipt-batch", 1, b"batch")
    ledger.logged(ledger.last_entry(SESSION), b"batch", 0, 1)
    with pytest.raises(RefusedError, match=r"session\.behind"):
        ledger.reserve(question(3), late)
    ledger.anchored(ledger.last_entry(SESSION), 2)
    assert ledger.reserve(question(3), late) is None


def test_answers_of_several_askers_share_one_order(ledger: Ledger) -> None:
    for number, party in enumerate((ASKER, OTHER, ASKER), start=1):
        ledger.reserve(question(number, party=party), NOW)
    for number, party in ((3, ASKER), (2, OTHER), (1, ASKER)):
        ledger.keep(question(number, party=party), answer(str(number).encode()))
    assert ledger.session(SESSION).answers == 3
    assert ledger.waiting(SESSION) == (1, NOW)


def test_what_is_over_for_long_is_forgotten_and_nothing_else(ledger: Ledger, tmp_path: Path) -> None:
    ledger.reserve(question(1), NOW)
    ledger.keep(question(1), answer())
    later = replace(TERMS, nonce=b"\x01" * 32, begins=NOW + 86_400, ends=NOW + 2 * 86_400)
    ledger.open(later, b"envelope", "session-opened")
    ledger.finish(SESSION, TERMS.ends + SHOWN)
    assert len(ledger.sessions()) == 2
    ledger.finish(SESSION, TERMS.ends + SHOWN + 1)
    assert [it.session for it in ledger.sessions()] == [later.digest()]
    assert ledger.leaves(SESSION, 1, 1) == []
    assert ledger.opening(later.digest()) == b"envelope"
    assert ledger.open_entries(SESSION) == []
