"""A holder's answers: to whom, to what, once, with a receipt that stands by itself."""

from dataclasses import replace

import pytest

from lookup import oprf
from protocol import dsse
from protocol.errors import FormatError, RefusedError, TallyError, VerificationError
from protocol.lookup import AnswerReceipt, LookupAnswer, Question, oprf_input
from tests.unit.workers.lookup.bank import Bank
from workers.keystore import NodeKeys
from workers.lookup.counters import Allowance
from workers.lookup.evaluator import read_askers

SHOP, STRANGER = NodeKeys.draw(), NodeKeys.draw()


def asked(bank: Bank, number: int = 1, *ids: bytes) -> Question:
    bank.admit(SHOP)
    blinding = oprf.Blinding.of([oprf_input(item) for item in ids or (b"A001",)])
    return Question(bank.mirrors()[0].manifest.digest(), number, blinding.points)


def test_an_answer_carries_a_receipt_over_question_and_answer(bank: Bank) -> None:
    bank.make()
    question = asked(bank)
    answer = LookupAnswer.read(bank.holder.answer(SHOP.node_public, question.data()))
    asker = bytes.fromhex(dsse.key_id(SHOP.node_public))
    receipt = AnswerReceipt("bank", asker, question.mirror, 1, bank.now, question.digest(), answer.evaluation.digest())
    receipt.opened(answer.signature, bank.keys.node_public)
    for other in (
        replace(receipt, asker=bytes.fromhex(dsse.key_id(STRANGER.node_public))),
        replace(receipt, answer=replace(answer.evaluation, evaluated=question.blinded).digest()),
        replace(receipt, question=replace(question, number=2).digest()),
    ):
        with pytest.raises(VerificationError, match=r"signature\.invalid"):
            other.opened(answer.signature, bank.keys.node_public)


def test_the_same_question_gets_the_same_bytes(bank: Bank) -> None:
    bank.make()
    question = asked(bank)
    first = bank.holder.answer(SHOP.node_public, question.data())
    bank.now += 30
    assert bank.holder.answer(SHOP.node_public, question.data()) == first


def test_attack_a_replay_of_anothers_question(bank: Bank) -> None:
    """What somebody else asked is of no use: it is counted to whoever's link it comes over, and opens only under the first one's blind."""
    bank.make()
    question = asked(bank)
    bank.admit(STRANGER, "thief")
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
    bank.allowance = Allowance(1, 1)
    bank.make()
    question = asked(bank)
    with pytest.raises(FormatError, match=r"lookup\.point"):
        bank.holder.answer(SHOP.node_public, replace(question, blinded=(point,)).data())
    assert bank.holder.answer(SHOP.node_public, question.data())


def test_attack_more_than_was_agreed(bank: Bank) -> None:
    bank.allowance = Allowance(10, 2)
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
    bank.holder.close()
    assert bank.holder.answer(SHOP.node_public, question.data()) == first


def test_bytes_that_are_no_question_are_refused(bank: Bank) -> None:
    bank.make()
    bank.admit(SHOP)
    for body in (b"", b"{}", b"[" * 100, asked(bank).data()[:-1], asked(bank).data() + b" "):
        with pytest.raises(TallyError):
            bank.holder.answer(SHOP.node_public, body)


def test_a_file_of_askers_names_each_once() -> None:
    one = {"party": "shop", "key": "0x" + "01" * 32, "per_minute": 1, "per_period": 2}
    assert read_askers({"asker": [one]})[b"\x01" * 32].allowance == Allowance(1, 2)
    for values in (
        {"asker": []},
        {"asker": [one, one]},
        {"asker": [one, {**one, "party": "other"}]},
        {"asker": [{**one, "per_minute": 0}]},
        {"asker": [{**one, "more": 1}]},
        {"other": []},
    ):
        with pytest.raises(FormatError):
            read_askers(values)
