"""`tally webhook`: what an address will be told is said first, in both languages; the secret is shown once, or written for its owner."""

import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from protocol import ids
from protocol.errors import FormatError, RefusedError
from protocol.webhooks import MOVES, DeliveryPage, DeliveryView, HookPage, HookView
from tests.unit.client.commands import act_through, run

SECRET = "whsec_" + "A" * 43 + "="
URL = "https://hooks.example.org/tally"
HOOK, MESSAGE = b"\1" * 32, b"\2" * 32
VIEW = HookView(
    hook=HOOK, url=URL, kinds=("task.completed",), label="nightly", status="active", made_at=1_000_000, key=None,
    delivered_at=None, failing_since=None, off_at=None, code=None, overlap_until=None,
)  # fmt: skip
LINE = DeliveryView(MESSAGE, "task.completed", b"\3" * 32, 1_000_000, "dead", 10, None, "webhook.status", 500)


@dataclass
class Fake:
    party: str = "hospital"
    acts: list[tuple[Any, ...]] = field(default_factory=list)
    lines: tuple[HookView, ...] = (VIEW,)

    def add_webhook(self, url: str, kinds: list[str], label: str) -> tuple[str, HookView]:
        self.acts.append(("add", url, tuple(kinds), label))
        return SECRET, VIEW

    def webhooks(self, cursor: str | None = None) -> HookPage:
        return HookPage(self.lines, None)

    def webhook_messages(self, hook: bytes, cursor: str | None = None, *, status: str | None = None) -> DeliveryPage:
        self.acts.append(("messages", hook, status))
        return DeliveryPage((LINE,), None)

    def rotate_webhook(self, hook: bytes) -> tuple[str, HookView]:
        self.acts.append(("rotate", hook))
        return SECRET, replace(VIEW, overlap_until=2_000_000_000)

    def replay_webhook(self, hook: bytes, message: bytes, *, all_since: bool) -> int:
        self.acts.append(("replay", hook, message, all_since))
        return 3

    def resume_webhook(self, hook: bytes) -> HookView:
        self.acts.append(("on", hook))
        return VIEW

    def remove_webhook(self, hook: bytes) -> None:
        self.acts.append(("remove", hook))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()
    act_through(monkeypatch, made)
    return made


def test_what_an_address_is_told_is_said_in_both_languages_before_it_is(fake: Fake) -> None:
    said = run("webhook", "add", URL, "--label", "x", "--kind", "completed", answer="n\n")
    assert (said.exit_code, fake.acts) == (1, [])
    assert f"{URL} will be told" in said.output
    assert f"{URL} 将收到" in said.output
    assert SECRET not in said.output


def test_a_secret_is_printed_once_or_written_to_a_file_of_its_owners(fake: Fake, tmp_path: Path) -> None:
    asked = ("webhook", "add", URL, "--label", "x", "--yes")
    assert SECRET in run(*asked).output
    assert fake.acts[-1] == ("add", URL, MOVES, "x")
    path = tmp_path / "secret"
    written = run(*asked, "--kind", "completed", "--kind", "task.failed", "--out", str(path))
    assert (written.exit_code, path.read_text()) == (0, SECRET + "\n")
    assert fake.acts[-1] == ("add", URL, ("task.completed", "task.failed"), "x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SECRET not in written.output
    count = len(fake.acts)
    for words in ((*asked, "--out", str(path)), ("webhook", "rotate", ids.prefixed("hook", HOOK), "--out", str(path))):
        assert isinstance(run(*words).exception, RefusedError)
    assert len(fake.acts) == count, "no secret is drawn that would be lost"


def test_what_there_is_not_is_refused_at_once(fake: Fake) -> None:
    unknown = run("webhook", "add", URL, "--label", "x", "--kind", "everything", "--yes").exception
    assert isinstance(unknown, FormatError)
    assert unknown.code == "webhook.kinds"
    assert isinstance(run("webhook", "remove", "hook_1").exception, FormatError)
    assert fake.acts == []


def test_webhooks_and_messages_are_listed_in_words(fake: Fake) -> None:
    assert "nothing delivered yet" in run("webhook", "list").output
    fake.lines = (replace(VIEW, status="off", failing_since=1, off_at=2, code="webhook.slow"),)
    assert "已停用" in run("webhook", "list", "--lang", "zh").output
    assert "webhook.slow" in run("webhook", "list").output
    fake.lines = ()
    assert "no webhooks" in run("webhook", "list").output
    said = run("webhook", "messages", ids.prefixed("hook", HOOK), "--dead").output
    assert ids.prefixed("msg", MESSAGE) in said
    assert "webhook.status (500)" in said
    assert fake.acts[-1] == ("messages", HOOK, "dead")


def test_rotate_replay_on_and_remove_name_what_they_act_on(fake: Fake) -> None:
    hook, message = ids.prefixed("hook", HOOK), ids.prefixed("msg", MESSAGE)
    assert SECRET in run("webhook", "rotate", hook).output
    assert "3" in run("webhook", "replay", hook, message).output
    run("webhook", "replay", hook, message, "--since")
    run("webhook", "on", hook)
    run("webhook", "remove", hook)
    assert fake.acts == [
        ("rotate", HOOK), ("replay", HOOK, MESSAGE, False), ("replay", HOOK, MESSAGE, True), ("on", HOOK), ("remove", HOOK),
    ]  # fmt: skip
