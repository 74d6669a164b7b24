"""Waits of tests: they end, say what they waited for, and give a loaded machine longer."""

import pytest

from tests import patience
from tests.patience import Patience, scaled, until


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "load", lambda: 1.0)


@pytest.mark.usefixtures("quiet")
def test_a_wait_that_passes_its_end_says_for_what_and_how_things_stand() -> None:
    with pytest.raises(TimeoutError, match="for the kettle: cold"):
        until(0.01, "the kettle", lambda: False, poll=0.001, detail=lambda: "cold")


@pytest.mark.usefixtures("quiet")
def test_what_holds_is_not_waited_for() -> None:
    until(0.0, "what holds", lambda: True)


def test_a_loaded_machine_gets_longer_and_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The highest load since the beginning counts: what was slowed down does not catch up when the load ends."""
    monkeypatch.setattr(patience, "load", lambda: 10.0)
    assert scaled(6) == 60
    waiting = Patience(100.0, "it")
    monkeypatch.setattr(patience, "load", lambda: 1.0)
    assert 900 < waiting.left() <= 1000
    waiting.check()


def test_load_is_at_least_one_and_bounded() -> None:
    assert 1.0 <= patience.load() <= 30.0
