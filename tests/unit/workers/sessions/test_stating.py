"""What the node states of its sessions: in order, each once, whenever it is killed; anchored within the delay; and shown to who asks."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from protocol import dsse
from protocol.checkpoint import Origin
from protocol.errors import RefusedError, VerificationError
from protocol.programs import Words
from protocol.session_history import History
from protocol.sessions import (
    CUT,
    RECEIPT_TYPE,
    AnswerReceipt,
    ReceiptBatch,
    SessionAsker,
    SessionEnded,
    SessionOpened,
    SessionTerms,
)
from protocol.verify_receipt import AnchoredHead, verify
from tests.unit.workers.world import NOW, World
from workers.evidence import Evidence
from workers.sessions import stating
from workers.sessions.ledger import Answered, Asked, Ledger, Pace
from workers.sessions.proofs import Proofs, log_of
from workers.sessions.stating import Stating

HOLDER = "hospital"


class Ward:
    """A holder's node with a session, asked by one asker, and its running part of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ledger = Ledger(self.node.folder)
        self.receipts: list[bytes] = []
        self.terms = self.open(b"\x01" * 32)
        self.session = self.terms.digest()
        self.restart()

    @property
    def node(self) -> Any:
        return self.world.nodes[HOLDER]

    def open(self, nonce: bytes) -> SessionTerms:
        now = self.world.now
        terms = SessionTerms(
            HOLDER, "lookup", "blacklist", self.world.stored[HOLDER].data_set, (SessionAsker("laboratory", 10**6, 10**6),),
            "screening", "contract", now, now + 86_400, 7200, 600, nonce,
        )  # fmt: skip
        said = SessionOpened(terms.digest(), HOLDER, now)
        keys = self.node.keys
        self.ledger.open(terms, dsse.sign(said.serialise(), keys.node_public, keys.sign), said.KIND)
        return terms

    def restart(self) -> None:
        """Another running part over the same disk, as after a kill."""
        self.stating = Stating(self.node, self.world.machines[HOLDER].anchoring)

    def answer(self, count: int = 1, session: bytes | None = None) -> None:
        session = session or self.session
        for _ in range(count):
            number = len(self.receipts) + 1
            asked = Asked(session, "laboratory", number, number.to_bytes(32, "big"), 1)
            self.ledger.reserve(asked, self.world.now)

            def make(answered: int, number: int = number) -> Answered:
                it = AnswerReceipt(
                    HOLDER, session, answered, "laboratory", number, self.world.now, bytes(32), number.to_bytes(32, "big"),
                    b"\x05" * 32,
                )  # fmt: skip
                self.receipts.append(self.sign(it))
                return Answered(b"answer", it.leaf(), it.time)

            self.ledger.keep(asked, make)

    def sign(self, it: AnswerReceipt) -> bytes:
        keys = self.node.keys
        return dsse.sign(it.data(), keys.node_public, keys.sign, RECEIPT_TYPE)

    def turns(self, count: int = 3) -> None:
        for _ in range(count):
            self.stating.tick()
            self.world.turn(HOLDER)

    def entries(self) -> list[bytes]:
        evidence: Evidence = self.node.evidence
        return [evidence._log.entry(at) for at in range(evidence.head()[0])]

    def history(self, session: bytes | None = None) -> History:
        return History.read(session or self.session, self.entries(), [self.node.keys.node_public])

    def next_minute(self) -> None:
        self.world.now = (self.world.now // CUT + 1) * CUT
        self.world.chain.time = self.world.now


class Facts:
    """The world's chain, as a reader sees it."""

    source = Words("the test", "测试")

    def __init__(self, ward: Ward, *, whenever: bool = False) -> None:
        self.ward = ward
        self.whenever = whenever
        """Whether the time of the anchor is not what is asked: chain or coordinator were away."""

    def node_keys(self, party: str) -> tuple[bytes, ...]:
        return (self.ward.world.keys[party].node_public,)

    def anchored(self, origin: Origin, size: int, after: int, until: int) -> AnchoredHead | None:
        chain = self.ward.world.chain
        if (origin.party, size) not in {(party, new) for party, _, new in chain.anchors}:
            return None
        return AnchoredHead(self.ward.node.evidence.root(size), after if self.whenever else chain.time)


@pytest.fixture
def ward(world: World) -> Iterator[Ward]:
    made = Ward(world)
    yield made
    made.stating.close()
    made.ledger.close()


def test_a_session_is_stated_batched_by_the_minute_and_ended(ward: Ward) -> None:
    ward.turns(1)
    assert ward.history().opened is not None
    ward.answer(3)
    ward.turns(2)
    assert ward.history().batches == (), "the minute is not over"
    ward.next_minute()
    ward.turns(2)
    ward.answer(2)
    ward.next_minute()
    ward.turns(1)
    assert [(it.first, it.last) for it in ward.history().batches] == [(1, 3), (4, 5)]
    ward.answer(1)
    ward.ledger.end(ward.session, "ended")
    ward.turns(3)
    found = ward.history()
    assert [(it.first, it.last) for it in found.batches] == [(1, 3), (4, 5), (6, 6)], (
        "at its end nothing waits for the minute"
    )
    assert found.ended is not None
    assert (found.ended.answers, found.ended.batches, found.ended.reason) == (6, 3, "ended")
    assert ward.ledger.session(ward.session).closed
    size = ward.node.evidence.head()[0]
    ward.turns(2)
    assert ward.node.evidence.head()[0] == size, "nothing more is said"
    assert ward.world.chain.logs[HOLDER].size == size


def test_a_receipt_is_proven_to_whoever_has_it(ward: Ward) -> None:
    ward.turns(1)
    ward.answer(5)
    with pytest.raises(RefusedError, match=r"session\.not_anchored") as refused:
        proofs(ward).of(ward.session, 4, "laboratory")
    assert refused.value.details["retry_after"] == CUT
    ward.next_minute()
    ward.turns(3)
    for place, envelope in enumerate(ward.receipts, start=1):
        found = verify(envelope, proofs(ward).of(ward.session, place, "laboratory"), Facts(ward))
        assert [step.outcome for step in found.steps] == ["holds"] * 5, found
    other = proofs(ward).of(ward.session, 2, "laboratory")
    assert verify(ward.receipts[2], other, Facts(ward)).exit_code == 1
    with pytest.raises(RefusedError, match=r"session\.no_answer"):
        proofs(ward).of(ward.session, 6, "laboratory")
    with pytest.raises(RefusedError, match=r"session\.not_asker"):
        proofs(ward).of(ward.session, 1, "exchange")


def proofs(ward: Ward) -> Proofs:
    return Proofs(ward.ledger, log_of(ward.node), ward.node.keys)


@pytest.mark.parametrize("noted", ["index_entry", "logged", "append", "add_entry"])
def test_killed_at_any_point_everything_is_stated_once(ward: Ward, monkeypatch: pytest.MonkeyPatch, noted: str) -> None:
    """Before and after the log has an entry, before it is noted, before it is kept: the next start goes on, and says nothing twice."""
    ward.turns(1)
    ward.answer(2)
    ward.next_minute()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    home: Any = {
        "index_entry": ward.node.state, "logged": Ledger, "append": ward.node.evidence._log, "add_entry": Ledger,
    }[noted]  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(home, noted, killed)
        with pytest.raises(KeyboardInterrupt):
            ward.stating.tick()
    ward.stating.close()
    ward.node.state.close()
    ward.world.open(HOLDER)
    ward.restart()
    ward.turns(3)
    found = ward.history()
    assert [(it.first, it.last) for it in found.batches] == [(1, 2)]
    assert len(ward.entries()) == 2
    assert ward.ledger.open_entries(ward.session) == []


def test_sessions_end_by_the_clock_without_being_asked(ward: Ward) -> None:
    ward.turns(1)
    ward.world.now += ward.terms.idle
    ward.turns(1)
    found = ward.history()
    assert found.ended is not None
    assert (found.ended.reason, found.ended.answers, found.ended.last) == ("idle", 0, None)


def test_all_sessions_wait_for_one_anchor(ward: Ward) -> None:
    other = ward.open(b"\x02" * 32).digest()
    ward.turns(3)
    anchors = len(ward.world.chain.anchors)
    ward.answer(2)
    ward.answer(2, other)
    ward.next_minute()
    ward.turns(3)
    assert len(ward.history().batches) == len(ward.history(other).batches) == 1
    assert len(ward.world.chain.anchors) == anchors + 1


def test_a_monitor_is_told_how_answers_and_anchors_keep_pace(ward: Ward) -> None:
    assert ward.stating.pace() == Pace()
    ward.turns(3)
    assert ward.stating.pace() == Pace(open=1)
    ward.answer(3)
    ward.world.now += ward.terms.delay // 3
    found = ward.stating.pace()
    assert (found.open, found.waiting, round(found.delay_used, 2)) == (1, 3, 0.33)
    ward.turns(3)
    assert ward.stating.pace() == Pace(open=1), "anchored"
    ward.ledger.end(ward.session, "ended")
    assert ward.stating.pace() == Pace()


def test_one_session_that_fails_keeps_no_other_from_its_batches(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    other = ward.open(b"\x02" * 32).digest()
    due = stating.state_due

    def failing(node: Any, ledger: Ledger, standing: Any) -> None:
        if standing.session == ward.session:
            raise VerificationError("test.broken", "broken", "mend")
        due(node, ledger, standing)

    monkeypatch.setattr(stating, "state_due", failing)
    ward.turns(1)
    assert ward.history(other).opened is not None


def test_more_answers_than_a_batch_takes_are_several_batches(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stating, "BATCH_MOST", 4)
    ward.turns(1)
    ward.answer(10)
    ward.turns(1)
    assert [it.count for it in ward.history().batches] == [4, 4], "a full batch does not wait for the minute"
    ward.next_minute()
    ward.turns(1)
    assert [it.count for it in ward.history().batches] == [4, 4, 2]


def test_what_earlier_keys_signed_is_signed_anew(ward: Ward) -> None:
    """Keys were rotated between keeping and logging: the statement stays, and the chain of batches with it."""
    old = ward.world.keys["laboratory"]
    entry = ward.ledger.last_entry(ward.session)
    payload = dsse.parse(entry.envelope).payload
    signed = dsse.sign(payload, old.node_public, old.sign)
    ward.ledger._run("UPDATE entries SET envelope = ? WHERE session = ?", signed, ward.session)
    ward.turns(1)
    assert ward.history().opened == SessionOpened.read(payload)


def test_what_a_closed_epoch_had_without_an_anchor_is_logged_anew(ward: Ward) -> None:
    ward.turns(3)
    ward.answer(1)
    ward.next_minute()
    ward.stating.tick()
    lost = ward.ledger.last_entry(ward.session)
    assert (lost.kind, lost.epoch, lost.anchored) == (ReceiptBatch.KIND, 0, 0)
    ward.ledger._run(
        "UPDATE entries SET epoch = 7 WHERE place = ?", lost.place
    )  # as if the log had gone with its epoch
    ward.ledger.add_entry(ward.session, SessionEnded.KIND, 1, lost.envelope)
    ward.ledger._run("DELETE FROM entries WHERE kind = ?", SessionEnded.KIND)
    ward.turns(3)
    again = ward.ledger.last_entry(ward.session)
    assert (again.epoch, bool(again.anchored)) == (0, True)


def test_a_node_without_sessions_has_no_ledger(world: World) -> None:
    node = world.nodes["laboratory"]
    Stating(node, world.machines["laboratory"].anchoring).tick()
    assert not (node.folder / "sessions").exists()
    assert world.now == NOW


def test_a_batch_names_the_one_before_it_whatever_key_signed_it(ward: Ward) -> None:
    ward.turns(1)
    for _ in range(2):
        ward.answer(1)
        ward.next_minute()
        ward.turns(1)
    first, second = ward.history().batches
    assert second.previous is not None
    with pytest.raises(VerificationError, match=r"session\.batches_order"):
        History(ward.session, SessionOpened(ward.session, HOLDER, NOW))._with(
            replace(first, number=2, previous=second.previous), b""
        )
