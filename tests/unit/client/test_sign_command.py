"""`tally authorization sign` and `standing`: the owner's own node tries its rows before the wallet is asked."""

from dataclasses import dataclass
from typing import Any

import pytest

from mpc.programs.catalogue import find
from protocol import ids, offers
from protocol.ask import Ask
from protocol.contract import task_id_of
from protocol.errors import RefusedError, UnavailableError
from tests.unit.client.commands import act_through, run
from tests.unit.workers.conftest import world as world  # noqa: PLC0414 - the fixture
from tests.unit.workers.test_local_check import CLEAN, LABEL, proposed
from tests.unit.workers.test_local_check import own as own  # noqa: PLC0414 - as above
from tests.unit.workers.world import NOW, World
from workers import local_check


@dataclass
class Request:
    owner: str = "hospital"
    status: str = "asked"


class Fake:
    """A coordinator at which one task asks for the hospital's data; notes every request in order."""

    party = "hospital"

    def __init__(self, world: World, name: str) -> None:
        self.contract = proposed(world, name)
        self.task_id = task_id_of(self.contract, world.chain.domain("Tasks"))
        self.ask = Ask.of(self.contract, world.stored["hospital"].data_set)
        self.message, _ = offers.offer(
            self.contract, self.task_id, self.ask.data_set, input_root=b"\1" * 32, programs=b"\2" * 32, not_before=NOW
        )
        self.requests: list[str] = []

    def authorizations(self, task: bytes) -> tuple[Request, ...]:
        assert task == self.task_id
        self.requests.append("authorizations")
        return (Request(), Request("laboratory"))

    def asked(self, task: bytes, request: Request, **given: Any) -> tuple[Any, Ask]:
        self.requests.append("asked")
        return self.message, self.ask

    standing = asked

    def task(self, task: bytes) -> Any:
        self.requests.append("task")
        return type("Status", (), {"contract": self.contract})

    def program(self, name: str) -> Any:
        self.requests.append("program")
        return type("Listed", (), {"descriptor": find(name).published()})

    def sign(self, message: Any, ask: Ask) -> Any:
        return message

    def authorize(self, task: bytes, signed: Any) -> Any:
        self.requests.append("authorize")
        return type("Taken", (), {"id": "auth_1"})

    def authorize_standing(self, signed: Any) -> Any:
        return self.authorize(b"", signed)


COMMANDS: dict[str, tuple[str, ...]] = {"sign": (), "standing": ("--uses", "1", "--days", "1")}


def give(fake: Fake, command: str, *words: str, answer: str = "y\n") -> Any:
    task = ids.prefixed("task", fake.task_id)
    return run("authorization", command, task, *COMMANDS[command], *words, answer=answer)


def ready(world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> Fake:
    made = Fake(world, name)
    act_through(monkeypatch, made)
    return made


@pytest.mark.parametrize("command", COMMANDS)
def test_rows_that_cannot_do_the_task_stop_the_signature_unless_anyway(
    own: World, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    fake = ready(own, monkeypatch, LABEL)
    said = give(fake, command, "--state", str(own.folder))
    assert isinstance(said.exception, RefusedError)
    assert said.exception.code == "authorization.rows_cannot"
    assert "frame.label" in said.output
    assert "authorize" not in fake.requests
    anyway = give(fake, command, "--state", str(own.folder), "--anyway")
    assert (anyway.exit_code, fake.requests[-1]) == (0, "authorize")
    assert "frame.label" in anyway.output


@pytest.mark.parametrize("command", COMMANDS)
def test_a_clean_check_is_said_and_the_wallet_asked(own: World, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    fake = ready(own, monkeypatch, CLEAN)
    said = give(fake, command, "--state", str(own.folder))
    assert (said.exit_code, fake.requests[-1]) == (0, "authorize"), said.output
    assert "Nothing in your rows" in said.output
    assert "均不妨碍" in give(fake, command, "--state", str(own.folder), "--lang", "zh").output


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_node_here_or_with_one_that_cannot_be_asked_it_says_so_and_asks_the_wallet(
    own: World, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    fake = ready(own, monkeypatch, LABEL)
    said = give(fake, command)
    assert said.exit_code == 0
    assert "not tried: no node" in said.output
    own.chain.down = True
    said = give(fake, command, "--state", str(own.folder))
    assert said.exit_code == 0, said.output
    assert "chain.unreachable" in said.output
    own.chain.down = False

    def gone(_: object) -> Any:
        raise UnavailableError("node.gone", "gone", "wait")

    monkeypatch.setattr(local_check, "open_desk", gone)
    assert "node.gone" in give(fake, command, "--state", str(own.folder)).output


def test_attack_what_the_coordinator_is_asked_is_the_same_for_good_and_for_bad_rows(
    own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is read before the rows are looked at: an owner that does not sign looks the same, whatever the reason."""
    bad = ready(own, monkeypatch, LABEL)
    give(bad, "sign", "--state", str(own.folder))
    good = ready(own, monkeypatch, CLEAN)
    give(good, "sign", "--state", str(own.folder), answer="n\n")
    assert bad.requests == good.requests
    assert list(dict.fromkeys(good.requests)) == ["authorizations", "asked", "program", "task"]
    assert good.requests.index("task") == len(good.requests) - 1
