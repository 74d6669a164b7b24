from pathlib import Path

import pytest

import chain.anvil
from chain.anvil import anvil_binary
from protocol.errors import UnavailableError


def binary(path: Path, content: bytes = b"\x7fELF") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)
    return path


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("TALLY_ANVIL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(chain.anvil, "_PROJECT", tmp_path)
    return tmp_path


def test_the_named_binary_wins_then_the_projects_then_the_path(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = binary(nowhere / "bin" / "anvil")
    assert anvil_binary() == on_path
    ours = binary(nowhere / "contracts" / "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil")
    assert anvil_binary() == ours
    named = binary(nowhere / "named")
    monkeypatch.setenv("TALLY_ANVIL", str(named))
    assert anvil_binary() == named


def test_without_one_the_error_says_where_it_looked_and_what_to_do(nowhere: Path) -> None:
    with pytest.raises(UnavailableError, match="npm ci") as caught:
        anvil_binary()
    assert caught.value.code == "chain.no_anvil"
    assert str(nowhere / "contracts") in caught.value.what


def test_npms_wrapper_is_not_taken_for_the_binary(nowhere: Path) -> None:
    binary(nowhere / "bin" / "anvil", b"#!/usr/bin/env node\n")
    with pytest.raises(UnavailableError):
        anvil_binary()


def test_a_named_binary_that_is_not_there_is_not_replaced_by_another(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary(nowhere / "bin" / "anvil")
    monkeypatch.setenv("TALLY_ANVIL", str(nowhere / "missing"))
    with pytest.raises(UnavailableError, match="missing"):
        anvil_binary()
