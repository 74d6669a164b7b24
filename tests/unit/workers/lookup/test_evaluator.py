"""A holder's answers: to whom, to what, once, with a receipt that stands by itself."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from lookup import oprf
from protocol.errors import FormatError, RefusedError, TallyError, VerificationError
from protocol.lookup import LookupAnswer, Question, oprf_input
from protocol.sessions import AnswerReceipt
from tests.patience import scaled
from tests.unit.workers.lookup.bank import Bank
from workers.keystore import NodeKeys

SHOP, STRANGER = NodeKeys.draw(), NodeKeys.draw()


def asked(bank: Bank, number: int = 1, *ids: bytes) -> Question:
    bank.admit(SHOP)
    blinding = oprf.Blinding.of([oprf_input(item) for item in ids or (b"A001",)])
    return Question(bank.session, bank.mirrors()[0].manifest.digest(), number, blinding.points)


def test_an_answer_carries_a_receipt_over_question_and_answer(bank: Bank) -> None:
    bank.make()
    question = asked(bank)
    answer = LookupAnswer.read(bank.holder.answer(SHOP.node_public, question.data()))
    receipt = AnswerReceipt(
        "bank", bank.session, 1, "shop", 1, bank.now, question.mirror, question.digest(), answer.evaluation.digest()
    )  # fmt: skip
    receipt.enveloped(answer.signature, bank.keys.node_public)
    assert bank.ledger.leaves(bank.session, 1, 9) == [receipt.leaf()], (
        "what is signed is what the batch's tree is made of"
    )
    for other in (
        replace(receipt, asker="other"),
        replace(receipt, answered=2),
        replace(receipt, session=bytes(32)),
        replace(receipt, answer=replace(answer.evaluation, evaluated=question.blinded).digest()),
        replace(receipt, question=replace(question, number=2).digest()),
    ):
        with pytest.raises(VerificationError, match=r"signature\.invalid"):
            other.enveloped(answer.signature, bank.keys.node_public)


def test_the_same_question_gets_the_same_bytes(bank: Bank) -> None:
    bank.make()
    question = asked(bank)
    first = bank.holder.answer(SHOP.node_public, question.data())
    bank.now += 30
    assert bank.holder.answer(SHOP.node_public, question.data()) == first


def test_attack_a_replay_of_anothers_question(bank: Bank) -> None:
    """What somebody else asked is of no use: it is counted to whoever's link it comes over, and opens only under the first one's blind."""
    bank.make()
    bank.admit(STRANGER, "thief")
    question = asked(bank)
    first = bank.holder.answer(SHOP.node_public, question.data())
    second = bank.holder.answer(STRANGER.node_public, question.data())
    assert first != second
    thief = oprf.Blinding.of([oprf_input(b"A001")])
    evaluation = LookupAnswer.read(second).evaluation
    with pytest.raises(VerificationError, match=r"lookup\.proof"):
        thief.finish(evaluation.evaluated, evaluation.proof, bank.mirrors()[0].manifest.public_key)


def test_attack_a_stranger_asks(bank: Bank) -> None:
    bank.make()
    question = asked(bank)
    with pytest.raises(RefusedError, match=r"lookup\.unknown_asker"):
        bank.holder.answer(STRANGER.node_public, question.data())
    with pytest.raises(RefusedError, match=r"lookup\.unknown_asker"):
        bank.holder.listed(STRANGER.node_public, "blacklist")


def test_attack_a_question_after_the_key_changed(bank: Bank) -> None:
    bank.make()
    question = asked(bank)
    bank.now += 10
    bank.lists.make("blacklist", bank.reference, 1, "reason", 3600, bank.now)
    with pytest.raises(RefusedError, match=r"lookup\.unknown_mirror"):
        bank.holder.answer(SHOP.node_public, question.data())


def test_attack_a_question_after_the_period(bank: Bank) -> None:
    bank.make()
    question = asked(bank)
    bank.now += 86_400
    with pytest.raises(RefusedError, match=r"lookup\.period_over"):
        bank.holder.answer(SHOP.node_public, question.data())


@pytest.mark.parametrize("point", [bytes(32), b"\xff" * 32, b"\x01" + bytes(31)])
def test_attack_a_malformed_point_is_refused_and_not_counted(bank: Bank, point: bytes) -> None:
    bank.per_minute, bank.uses = 1, 1
    bank.make()
    question = asked(bank)
    with pytest.raises(FormatError, match=r"lookup\.point"):
        bank.holder.answer(SHOP.node_public, replace(question, blinded=(point,)).data())
    assert bank.holder.answer(SHOP.node_public, question.data())


def test_attack_more_than_was_agreed(bank: Bank) -> None:
    bank.per_minute, bank.uses = 2, 2
    bank.make()
    question = asked(bank, 1, b"a", b"b")
    bank.holder.answer(SHOP.node_public, question.data())
    with pytest.raises(RefusedError, match=r"lookup\.uses"):
        bank.holder.answer(SHOP.node_public, asked(bank, 2).data())
    assert bank.holder.answer(SHOP.node_public, question.data()), "what was answered is answered again"


def test_attack_a_holder_with_two_keys(bank: Bank) -> None:
    """It publishes one key and answers with another, to tell askers apart or to hide an entry from one: the proof does not hold."""
    bank.make()
    public = bank.mirrors()[0].manifest.public_key
    blinding = oprf.Blinding.of([oprf_input(b"A001")])
    evaluated, proof = oprf.evaluate(oprf.draw(), blinding.points)
    with pytest.raises(VerificationError, match=r"lookup\.proof"):
        blinding.finish(evaluated, proof, public)


def test_a_restart_answers_as_before(bank: Bank) -> None:
    bank.make()
    question = asked(bank)
    first = bank.holder.answer(SHOP.node_public, question.data())
    bank.reopen()
    assert bank.holder.answer(SHOP.node_public, question.data()) == first


def test_bytes_that_are_no_question_are_refused(bank: Bank) -> None:
    bank.make()
    bank.admit(SHOP)
    for body in (b"", b"{}", b"[" * 100, asked(bank).data()[:-1], asked(bank).data() + b" "):
        with pytest.raises(TallyError):
            bank.holder.answer(SHOP.node_public, body)


def test_attack_a_session_about_another_list(bank: Bank) -> None:
    bank.make()
    question = asked(bank)
    elsewhere = bank.open(bank.terms(subject="other", nonce=b"\x09" * 32))
    with pytest.raises(RefusedError, match=r"session\.other_list"):
        bank.holder.answer(SHOP.node_public, replace(question, session=elsewhere).data())


def test_attack_a_party_whom_the_terms_do_not_name(bank: Bank) -> None:
    """The registry has it, and it may ask in another session: not in this one, and it is not told of it."""
    bank.make()
    question = asked(bank)
    bank.admit(STRANGER, "stranger")
    with pytest.raises(RefusedError, match=r"session\.not_asker"):
        bank.holder.answer(STRANGER.node_public, question.data())
    assert bank.holder.offered(STRANGER.node_public, "blacklist").sessions == ()
    assert [it.terms.digest() for it in bank.holder.offered(SHOP.node_public, "blacklist").sessions] == [
        question.session
    ]


def test_attack_a_session_ended_while_a_question_is_evaluated(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is given after the end: what was counted before it is not kept, and gets no receipt."""
    bank.make()
    question = asked(bank)
    evaluate = oprf.evaluate

    def slowly(*values: Any) -> Any:
        bank.ledger.end(question.session, "data")
        return evaluate(*values)

    monkeypatch.setattr(oprf, "evaluate", slowly)
    with pytest.raises(RefusedError, match=r"session\.ended.*retired"):
        bank.holder.answer(SHOP.node_public, question.data())
    assert bank.ledger.session(question.session).answers == 0


def test_a_question_sent_again_while_it_is_evaluated_is_evaluated_once(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.make()
    question = asked(bank)
    evaluate, begun, go_on = oprf.evaluate, threading.Event(), threading.Event()
    calls: list[int] = []

    def slowly(*values: Any) -> Any:
        calls.append(1)
        begun.set()
        assert go_on.wait(scaled(30))
        return evaluate(*values)

    monkeypatch.setattr(oprf, "evaluate", slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(bank.holder.answer, SHOP.node_public, question.data())
        assert begun.wait(scaled(30))
        second = pool.submit(bank.holder.answer, SHOP.node_public, question.data())
        go_on.set()
        assert first.result() == second.result()
    assert calls == [1]
