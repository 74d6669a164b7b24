"""A receipt in five steps: each forgery fails at its own, and what a reader does not know is said, not guessed."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from protocol.messages import EntryProof
from protocol.sessions import AnswerProof
from protocol.verify_receipt import TITLES, Checked, verify
from tests.unit.protocol.sealed_session import Known, batches, ended, opened, signed, story
from tests.unit.protocol.test_sessions import NOW, OTHER, TERMS, envelope, receipt, tree

LOG, PROOF, RECEIPT, ENVELOPE = story()
ROOT = LOG.log.root()


def outcomes(checked: Checked) -> list[str]:
    return [step.outcome for step in checked.steps]


def failing(number: int) -> list[str]:
    return ["holds"] * (number - 1) + ["fails"] + ["cannot"] * (5 - number)


def checked(proof: AnswerProof | bytes = PROOF, receipt_of: bytes = ENVELOPE, known: Known | None = None) -> Checked:
    data = proof if isinstance(proof, bytes) else proof.data()
    return verify(receipt_of, data, known or Known(ROOT))


def test_a_true_receipt_holds_in_all_steps() -> None:
    found = checked()
    assert outcomes(found) == ["holds"] * 5, found
    assert found.exit_code == 0
    assert found.receipt == RECEIPT
    assert [step.title for step in found.steps] == list(TITLES)


def with_batch(answered: int, place: int) -> AnswerProof:
    return LOG.proof(answered, place, batches()[place - 1])


def opening_as_batch() -> AnswerProof:
    return replace(PROOF, batch=EntryProof(0, LOG.entries[0], LOG.log.inclusion_proof(0)))


def batch_that_is_not_logged() -> AnswerProof:
    forged = replace(batches()[2], time=NOW + 61)
    return replace(PROOF, batch=replace(PROOF.batch, envelope=signed(forged)))


FORGED: dict[str, tuple[int, Callable[[], AnswerProof | bytes]]] = {
    "terms with a longer delay": (2, lambda: replace(PROOF, terms=replace(TERMS, delay=86_400))),
    "terms of another session": (2, lambda: replace(PROOF, terms=replace(TERMS, nonce=bytes(32)))),
    "no proof at all": (2, lambda: b"{}"),
    "the path of another receipt": (3, lambda: replace(PROOF, path=tree(5, 10).inclusion_proof(2))),
    "a path one hash too long": (3, lambda: replace(PROOF, path=(*PROOF.path, bytes(32)))),
    "a path one hash too short": (3, lambda: replace(PROOF, path=PROOF.path[:-1])),
    "a batch that does not reach the number": (3, lambda: with_batch(2, 1)),
    "another statement as the batch": (3, opening_as_batch),
    "a batch that the log has not": (4, batch_that_is_not_logged),
    "another position": (4, lambda: replace(PROOF, batch=replace(PROOF.batch, index=2))),
    "a forged path in the log": (4, lambda: replace(PROOF, batch=replace(PROOF.batch, proof=(bytes(32),) * 3))),
    "a checkpoint of another log": (
        4, lambda: replace(PROOF, checkpoint=PROOF.checkpoint.replace("/bank/0", "/shop/0")),
    ),
    "a checkpoint of another size": (4, lambda: replace(PROOF, checkpoint=PROOF.checkpoint.replace("\n5\n", "\n6\n"))),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_attack_a_forged_proof_fails_at_its_step(name: str) -> None:
    number, make = FORGED[name]
    found = checked(make())
    assert outcomes(found) == failing(number), found
    assert found.exit_code == 1


def test_attack_a_receipt_that_another_key_signed() -> None:
    assert outcomes(checked(receipt_of=envelope(RECEIPT, OTHER))) == failing(1)


def test_attack_a_batch_or_checkpoint_that_another_key_signed() -> None:
    """The registry has one key of the holder's: what an earlier owner of the name signed counts for nothing."""
    other = OTHER.public_key().public_bytes_raw()
    assert outcomes(checked(known=Known(ROOT, keys=(other,)))) == failing(1)
    forged = json.loads(PROOF.batch.envelope)
    forged["signatures"][0]["sig"] = base64.b64encode(bytes(64)).decode()
    altered = json.dumps(forged, separators=(",", ":"), sort_keys=True).encode()
    assert outcomes(checked(replace(PROOF, batch=replace(PROOF.batch, envelope=altered)))) == failing(3)


def test_attack_an_answer_outside_of_the_sessions_time_or_to_a_stranger() -> None:
    for changes in ({"time": TERMS.ends}, {"time": TERMS.begins - 1}, {"asker": "stranger"}):
        assert outcomes(checked(receipt_of=envelope(receipt(6, **changes)))) == failing(2)


@pytest.mark.parametrize(
    "known",
    [
        Known(None),
        Known(bytes(32)),
        Known(ROOT, None),
        Known(ROOT, RECEIPT.time + TERMS.delay + 301),
        Known(ROOT, RECEIPT.time - 301),
    ],
)
def test_attack_a_log_that_is_not_anchored_or_too_late(known: Known) -> None:
    assert outcomes(checked(known=known)) == failing(5)
    for time in (RECEIPT.time - 300, RECEIPT.time + TERMS.delay + 300):
        assert outcomes(checked(known=Known(ROOT, time))) == ["holds"] * 5, "as far as clocks may differ"


def test_attack_a_receipt_left_out_of_its_batch() -> None:
    """The holder gave the place to another receipt: the path that it has leads to the other's leaf."""
    found = checked(receipt_of=envelope(receipt(6, answer=b"\x09" * 32)))
    assert outcomes(found) == failing(3)
    assert "merkle.inclusion" in found.steps[2].detail.english


def test_every_byte_of_a_proof_counts() -> None:
    data = PROOF.data()
    for at in range(0, len(data), 7):
        altered = bytearray(data)
        altered[at] ^= 1
        assert checked(bytes(altered)).exit_code == 1, at


def test_the_log_says_what_the_proof_says() -> None:
    made = batches()
    assert LOG.entries == [signed(it) for it in (opened(), *made, ended(made))]
