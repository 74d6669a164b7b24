"""`tally token`: what a wallet is asked to sign is said first, in both languages; the key is shown once, or written for its owner alone."""

import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from protocol import ids
from protocol.access_keys import DAY, LONGEST, SCOPES, KeyPage, KeyView
from protocol.errors import FormatError, RefusedError
from tests.unit.client.commands import act_through, run

KEY = "tallykey_" + "A" * 43
VIEW = KeyView(b"\1" * 32, "nightly report", ("tasks:read",), "active", 1_000_000, 2_000_000_000, None)


@dataclass
class Fake:
    party: str = "hospital"
    made: list[tuple[Any, ...]] = field(default_factory=list)
    revoked: list[bytes] = field(default_factory=list)
    lines: tuple[KeyView, ...] = (VIEW,)

    def give_key(self, scopes: list[str], label: str, not_after: int) -> tuple[str, KeyView]:
        self.made.append((scopes, label, not_after))
        return KEY, VIEW

    def keys(self, cursor: str | None = None, limit: int = 100) -> KeyPage:
        return KeyPage(self.lines, None)

    def revoke_key(self, key: bytes) -> None:
        self.revoked.append(key)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()
    act_through(monkeypatch, made)
    return made


def test_what_a_key_opens_is_said_in_both_languages_before_it_is_signed(fake: Fake) -> None:
    said = run("token", "create", "--scope", "tasks:read", "--label", "x", answer="n\n")
    assert (said.exit_code, fake.made) == (1, [])
    assert SCOPES["tasks:read"].english in said.output
    assert SCOPES["tasks:read"].chinese in said.output
    assert SCOPES["evidence:read"].english not in said.output
    assert KEY not in said.output


def test_a_key_is_printed_once_or_written_to_a_file_of_its_owner_s(fake: Fake, tmp_path: Path) -> None:
    asked = ("token", "create", "--scope", "tasks:read", "--scope", "evidence:read", "--label", "x", "--yes")
    assert KEY in run(*asked, "--days", "7").output
    (scopes, label, until), *_ = fake.made
    assert (scopes, label) == (["tasks:read", "evidence:read"], "x")
    assert until > 1_700_000_000 + 7 * DAY
    path = tmp_path / "key"
    written = run(*asked, "--out", str(path))
    assert (written.exit_code, path.read_text()) == (0, KEY + "\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KEY not in written.output
    again = run(*asked, "--out", str(path))
    assert isinstance(again.exception, RefusedError)
    assert len(fake.made) == 2, "nothing is signed that would be lost"


@pytest.mark.parametrize(
    "words", [("--scope", "everything"), ("--scope", "tasks:read", "--days", str(LONGEST // DAY + 1))]
)
def test_what_no_key_may_be_is_refused_before_the_wallet_is_asked(fake: Fake, words: tuple[str, ...]) -> None:
    said = run("token", "create", *words, "--label", "x", "--yes")
    assert said.exit_code != 0
    assert fake.made == []
    if words[1] == "everything":
        assert isinstance(said.exception, FormatError)
        assert said.exception.code == "key.scopes"


def test_keys_are_listed_in_words_and_ended_by_their_id(fake: Fake) -> None:
    listed = run("token", "list").output
    assert ids.prefixed("key", VIEW.key) in listed
    assert "nightly report" in listed
    assert "never used" in listed
    assert "有效" in run("token", "list", "--lang", "zh").output
    assert run("token", "revoke", ids.prefixed("key", VIEW.key)).exit_code == 0
    assert fake.revoked == [VIEW.key]
    assert isinstance(run("token", "revoke", "key_1").exception, FormatError)
    fake.lines = ()
    assert "no access keys" in run("token", "list").output
