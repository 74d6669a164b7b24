"""`tally task withdraw`: what is handed to the client, and what is no reason."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from cli import task as commands
from protocol.errors import FormatError
from protocol.typed import KIND_WITHDRAWAL, Abort

TASK = "task_" + "ab" * 32


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[Abort]:
    """What the command has the coordinator's client hand in."""
    found: list[Abort] = []

    @contextmanager
    def client_of(_: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(party="hospital", withdraw=found.append)

    monkeypatch.setattr(commands, "client_of", client_of)
    return found


@pytest.mark.parametrize(("more", "number"), [([], 12), (["--reason", "proposer.corrected"], 13)])
def test_the_proposers_word_is_handed_in(handed: list[Abort], more: list[str], number: int) -> None:
    done = CliRunner().invoke(commands.app, ["withdraw", TASK, *more])
    assert done.exit_code == 0, done.output
    assert "withdrawn" in done.output
    assert handed == [Abort(bytes.fromhex("ab" * 32), "hospital", KIND_WITHDRAWAL, number, bytes(32))]


def test_a_reason_that_is_none_is_named_before_anything_is_signed(handed: list[Abort]) -> None:
    done = CliRunner().invoke(commands.app, ["withdraw", TASK, "--reason", "owner.declined"])
    assert isinstance(done.exception, FormatError)
    assert "proposer.withdrew, proposer.corrected" in done.exception.fix
    assert handed == []
