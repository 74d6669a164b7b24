"""A child that stands by: one start for many questions, and however it ends the next question is answered."""

import os
import resource
import signal
import sys
from collections.abc import Iterator

import pytest

from chain.asking import StandBy
from tests.patience import scaled, until

CHILD = """
import os, sys, time
def read(n):
    found = b""
    while len(found) < n:
        piece = os.read(0, n - len(found))
        if not piece:
            sys.exit(0)
        found += piece
    return found
while True:
    question = read(int.from_bytes(read(4)))
    if question == b"silence":
        time.sleep(600)
    if question == b"end":
        sys.exit(3)
    answer = {b"who": str(os.getpid()).encode(), b"nothing": b"", b"settings": repr(sorted(os.environ)).encode()}.get(question, question)
    frame = (1 << 30).to_bytes(4) if question == b"lie" else len(answer).to_bytes(4) + answer
    while frame:
        frame = frame[os.write(1, frame):]
"""


@pytest.fixture
def child() -> Iterator[StandBy]:
    made = StandBy([sys.executable, "-P", "-c", CHILD], 1 << 20)
    yield made
    made.close()


def test_one_start_answers_many_questions_of_any_size(child: StandBy) -> None:
    first = child.ask(b"who", scaled(30))
    for size in (1, 70_000, 1 << 20):
        assert child.ask(b"x" * size, scaled(30)) == b"x" * size
    assert child.ask(b"who", scaled(30)) == first


def test_nothing_told_is_no_answer_and_no_end(child: StandBy) -> None:
    first = child.ask(b"who", scaled(30))
    assert child.ask(b"nothing", scaled(30)) is None
    assert child.ask(b"who", scaled(30)) == first


def test_one_that_went_away_between_two_questions_is_started_again(child: StandBy) -> None:
    first = child.ask(b"who", scaled(30))
    assert first is not None
    os.kill(int(first), signal.SIGKILL)
    second = child.ask(b"who", scaled(30))
    assert second is not None
    assert second != first


def test_one_that_ends_at_every_question_is_asked_no_third_time(child: StandBy) -> None:
    assert child.ask(b"end", scaled(30)) is None
    assert child.ask(b"who", scaled(30)) is not None


def test_attack_an_answer_without_end_is_not_kept(child: StandBy) -> None:
    assert child.ask(b"lie", scaled(30)) is None


def test_one_that_says_nothing_in_time_is_gone(child: StandBy) -> None:
    first = child.ask(b"who", scaled(30))
    assert first is not None
    assert child.ask(b"silence", 0.3) is None

    def gone() -> bool:
        try:
            os.kill(int(first), 0)
        except ProcessLookupError:
            return True
        return False

    until(30, "the child's end", gone)
    assert child.ask(b"who", scaled(30)) not in (None, first)


def test_attack_connections_of_strangers_take_all_low_descriptors(child: StandBy) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else 4096, hard))
    taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        assert child.ask(b"x" * 70_000, scaled(30)) == b"x" * 70_000
    finally:
        for descriptor in taken:
            os.close(descriptor)
        child.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_attack_no_setting_of_the_parent_reaches_it(child: StandBy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALLY_DATABASE_URL", "postgresql://tally:secret@host/db")
    found = child.ask(b"settings", scaled(30))
    assert found is not None
    assert b"TALLY" not in found
