"""`tally task list` and `tally authorization list`: what is shown of many pages, and what waits for an owner's word."""

from dataclasses import dataclass
from typing import Any, get_args

import pytest

from protocol import ids
from protocol.api import TaskLine, TaskPage
from protocol.errors import FormatError
from protocol.programs import Words
from protocol.vocabulary import PART_WORDS, TaskPart
from tests.unit.client.commands import act_through, run
from tests.unit.orchestrator import sample


def line(number: int, state: Any, *parts: str) -> TaskLine:
    return TaskLine(bytes([number]) * 32, state, "none", "hospital", 2_000_000_000 - number, 1_000_000 + number, parts)


@dataclass
class Request:
    owner: str
    status: str
    digest: bytes = b"\1" * 32
    data_set: str = sample.DIAGNOSES
    sentence: Words = Words("asked", "请求")  # noqa: RUF009 - frozen


class Fake:
    party = "hospital"

    def __init__(self) -> None:
        self.lines = [line(n, "proposed" if n % 2 else "completed", "owner") for n in range(1, 6)]
        self.asked: list[dict[str, Any]] = []

    def tasks(self, cursor: str | None = None, limit: int = 2, **filters: Any) -> TaskPage:
        self.asked.append(filters)
        lines = [item for item in self.lines if filters.get("state") in (None, item.state)]
        start = int(cursor or 0)
        after = str(start + 2) if start + 2 < len(lines) else None
        return TaskPage(tuple(lines[start : start + 2]), after)

    def authorizations(self, task: bytes) -> tuple[Request, ...]:
        return (Request("hospital", "asked" if task[0] == 3 else "received"), Request("laboratory", "asked"))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()
    act_through(monkeypatch, made)
    return made


def test_every_page_is_shown_with_what_one_is_to_each_task(fake: Fake) -> None:
    said = run("task", "list")
    assert said.exit_code == 0, said.output
    assert said.output.count("task_") == len(fake.lines)
    assert "(data owner)" in said.output
    assert "数据提供方" in run("task", "list", "--lang", "zh").output


def test_filters_are_passed_on_and_wrong_ones_refused_before_anything_is_asked(fake: Fake) -> None:
    assert run("task", "list", "--state", "started", "--mine", "--days", "7").exit_code == 0
    (asked,) = fake.asked
    assert (asked["state"], asked["part"]) == ("started", "proposer")
    assert asked["since"] > 1_700_000_000
    more = ("--with", "laboratory", "--program", "glm.logistic@1.0.0", "--data-set", sample.PANELS, "--waiting")
    assert run("task", "list", "--from", "2026-11-01", "--to", "2026-11-30", *more).exit_code == 0
    asked = fake.asked[-1]
    assert asked["until"] - asked["since"] in range(30 * 86_400 - 3600, 30 * 86_400 + 3601)  # the hour of a summer time
    assert (asked["party"], asked["program"]) == ("laboratory", "glm.logistic@1.0.0")
    assert (asked["data_set"], asked["waits_for_me"]) == (sample.PANELS, True)
    before = len(fake.asked)
    for words, code in (
        (("--state", "soon"), "task.filter"),
        (("--part", "friend"), "task.filter"),
        (("--with", "Laboratory"), "id.malformed"),
        (("--program", "glm"), "id.malformed"),
        (("--data-set", "panels"), "id.malformed"),
    ):
        said = run("task", "list", *words)
        assert isinstance(said.exception, FormatError)
        assert said.exception.code == code
    assert len(fake.asked) == before
    assert set(PART_WORDS) == set(get_args(TaskPart))


def test_the_inbox_holds_what_waits_for_this_owners_word_and_nothing_else(fake: Fake) -> None:
    said = run("authorization", "list")
    assert said.exit_code == 0, said.output
    assert said.output.count("task_") == 2  # the one that waits, and the hint
    assert ids.prefixed("task", b"\3" * 32) in said.output
    assert "1 ask for your word" in said.output
    assert all(asked == {"waits_for_me": True} for asked in fake.asked)
    fake.lines = []
    assert "nothing is asked of you" in run("authorization", "list").output
