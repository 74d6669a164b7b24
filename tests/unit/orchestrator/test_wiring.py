"""Settings, secrets, broker addresses, loops: what a process starts from."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator.dispatch.broker import BrokerAddresses
from orchestrator.engine.loop import Loop, LoopRunner
from orchestrator.engine.rest import Bell
from orchestrator.settings import ApiSettings, EngineSettings, from_environment, read_secret
from protocol.errors import FormatError, UnavailableError


def secret(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_secrets_are_files_of_their_owner_only(tmp_path: Path) -> None:
    assert read_secret(secret(tmp_path / "a", " value \n")) == "value"
    for name, text, mode, code in (
        ("b", "value", 0o640, "secret.open"),
        ("c", "", 0o600, "secret.empty"),
    ):
        with pytest.raises(FormatError, match=code) as error:
            read_secret(secret(tmp_path / name, text, mode))
        assert "value" not in str(error.value)
    with pytest.raises(FormatError, match=r"secret\.missing"):
        read_secret(tmp_path / "nothing")


def test_missing_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TALLY_DATABASE_URL_FILE", "TALLY_DEPLOYMENT_FILE", "TALLY_RPC_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(FormatError, match="TALLY_DATABASE_URL_FILE, TALLY_DEPLOYMENT_FILE, TALLY_RPC_URL"):
        from_environment(ApiSettings)
    monkeypatch.setenv("TALLY_INTERVAL", "0")
    with pytest.raises(FormatError, match="TALLY_INTERVAL"):
        from_environment(EngineSettings)


def test_broker_addresses_by_default_and_by_party(tmp_path: Path) -> None:
    document = {
        "default": {"url": "redis://coordinator@broker/0", "key_prefix": "party.{party}:"},
        "parties": {"hospital": {"url": "amqp://c:pw@rabbit/{party}", "key_prefix": ""}},
    }
    found = BrokerAddresses.load(secret(tmp_path / "brokers", json.dumps(document)))
    assert found.of("exchange").key_prefix == "party.exchange:"
    assert found.of("hospital").url == "amqp://c:pw@rabbit/{party}"
    assert "pw" not in repr(found)
    with pytest.raises(FormatError, match=r"json\.unknown_field"):
        BrokerAddresses.load(secret(tmp_path / "more", json.dumps({**document, "more": 1})))


class Memory:
    """A database that is down; the loop must not care."""

    @contextmanager
    def transaction(self) -> Generator[Any]:
        raise UnavailableError("database.unavailable", "Down.", "Wait.")
        yield


def test_a_loop_backs_off_and_recovers_without_its_database() -> None:
    outcomes: list[bool | Exception] = [RuntimeError("x")] * 12 + [True, False]

    def step() -> bool:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    runner = LoopRunner(Loop("test", step, 0.25), Memory(), threading.Event(), Bell())
    pauses = [runner.turn() for _ in range(12)]
    assert pauses[0] < 1 < pauses[5] < pauses[9]
    assert max(pauses) <= 30 * 1.2
    assert runner.turn() == 0.0
    assert runner.turn() == 0.25


def test_a_loop_ends_when_told() -> None:
    stop = threading.Event()

    def step() -> bool:
        stop.set()
        return True

    LoopRunner(Loop("test", step, 10.0), Memory(), stop, Bell()).run()
    assert stop.is_set()
