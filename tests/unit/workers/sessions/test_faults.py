"""A session under faults in a drawn order: node killed at each point, server restarted, chain and coordinator away, questions repeated.

Whatever happens, every answer that was given has its receipt in exactly one batch of the anchored log, no question is counted twice, and
no place is used twice.
"""

import contextlib
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from protocol.errors import RefusedError
from protocol.sessions import AnswerReceipt, receipt_of, require_distinct
from protocol.verify_receipt import verify
from tests.unit.workers.sessions.test_stating import HOLDER, Facts, Ward, proofs
from tests.unit.workers.world import World
from workers.sessions.ledger import Answered, Asked, Ledger

STEPS = 150
POINTS = ("index_entry", "logged", "append", "add_entry", "anchored")
"""Where the node is killed: functions that it does not come back from."""


class Killed(BaseException):
    """The process is gone."""


class Story:
    """One session, and what its asker holds in the end."""

    def __init__(self, ward: Ward, seed: int) -> None:
        self.ward = ward
        self.dice = Random(seed)
        self.number = 0
        self.given: dict[int, tuple[bytes, bytes]] = {}
        """By the asker's number: the answer's bytes, and its receipt's."""
        self.evaluated: dict[int, int] = {}

    def ask(self, number: int) -> None:
        """As the server does: counted, evaluated, kept, given. It may die in between."""
        asked = Asked(self.ward.session, "laboratory", number, number.to_bytes(32, "big"), 1)
        kept = self.ward.ledger.reserve(asked, self.ward.world.now)
        if kept is not None:
            assert kept == self.given.get(number, (kept, b""))[0], "the same question, the same answer"
            return
        if not self.dice.randrange(5):  # the server dies before it answers
            self.restart_server()
            return
        signed: list[bytes] = []

        def make(answered: int) -> Answered:
            it = AnswerReceipt(
                HOLDER, self.ward.session, answered, "laboratory", number, self.ward.world.now, bytes(32), asked.digest,
                self.dice.randbytes(32),
            )  # fmt: skip
            signed.append(self.ward.sign(it))
            return Answered(it.data(), it.leaf(), it.time)

        self.given[number] = self.ward.ledger.keep(asked, make), signed[0]
        self.evaluated[number] = self.evaluated.get(number, 0) + 1

    def restart_server(self) -> None:
        self.ward.ledger.close()
        self.ward.ledger = Ledger(self.ward.node.folder)

    def kill_node(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """At a point that is drawn, if this look comes there; then it starts anew over its disk."""
        point = self.dice.choice(POINTS)

        def killed(*_: object) -> None:
            raise Killed

        home: Any = {"index_entry": self.ward.node.state, "append": self.ward.node.evidence._log}.get(point, Ledger)
        with monkeypatch.context() as patch:
            patch.setattr(home, point, killed)
            with contextlib.suppress(Killed):
                self.ward.stating.tick()
        self.ward.stating.close()
        self.ward.node.state.close()
        self.ward.world.open(HOLDER)
        self.ward.restart()

    def step(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One thing that happens."""
        world, dice = self.ward.world, self.dice
        acts: tuple[Callable[[], object], ...] = (
            *(self.ask_anew,) * 6, self.ask_again, self.ask_again, self.ward.next_minute, lambda: self.ward.turns(1),
            lambda: self.ward.turns(1), self.restart_server, lambda: self.kill_node(monkeypatch),
            lambda: setattr(world.chain, "down", not world.chain.down and not dice.randrange(2)),
            lambda: setattr(world.coordinator, "silent", not world.coordinator.silent),
        )  # fmt: skip
        try:
            dice.choice(acts)()
        except RefusedError as error:
            assert error.code == "session.behind"

    def ask_anew(self) -> None:
        self.number += 1 + self.dice.randrange(3)
        self.ask(self.number)

    def ask_again(self) -> None:
        if self.number:
            self.ask(self.dice.randint(1, self.number))


@pytest.fixture
def ward(world: World) -> Iterator[Ward]:
    made = Ward(world)
    yield made
    made.stating.close()
    made.ledger.close()


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 9))])
def test_every_answer_has_its_receipt_in_one_batch_whatever_happens(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    story = Story(ward, seed)
    ward.turns(1)
    for _ in range(STEPS):
        story.step(monkeypatch)
    ward.world.chain.down = ward.world.coordinator.silent = False
    ward.ledger.end(ward.session, "ended")
    ward.turns(40)  # a coordinator that was silent is waited for, and anchors are sent by the node itself
    found = ward.history()
    receipts = [receipt_of(envelope, [ward.node.keys.node_public]) for _, envelope in story.given.values()]
    require_distinct(receipts)
    assert found.ended is not None
    assert found.ended.answers == found.answers == len(story.given) > 5
    assert sorted(it.answered for it in receipts) == list(range(1, len(receipts) + 1))
    assert set(story.evaluated.values()) == {1}
    assert ward.ledger.used(ward.session)["laboratory"] >= len(story.given)
    assert ward.ledger.session(ward.session).closed
    facts = Facts(ward, whenever=True)
    for it, (_, envelope) in zip(receipts, story.given.values(), strict=True):
        shown = verify(envelope, proofs(ward).of(ward.session, it.answered, "laboratory"), facts)
        assert [step.outcome for step in shown.steps] == ["holds"] * 5, shown
