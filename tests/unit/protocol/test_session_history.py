"""What a whole log says of a session: a gap, an overlap, a receipt beyond the end or left out are each found, and nothing true is."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.canonical import sha256
from protocol.errors import RefusedError, TallyError, VerificationError
from protocol.logged import LogStatement
from protocol.session_history import History
from protocol.sessions import ReceiptBatch, SessionEnded, SessionOpened
from tests.unit.protocol.sealed_session import Sealed, batches, ended, opened, signed
from tests.unit.protocol.test_sessions import NOW, OTHER, PUBLIC, SESSION, TERMS, receipt

LATE = NOW + 400 + TERMS.delay


def history(*said: LogStatement) -> History:
    return History.read(SESSION, Sealed.of(said).entries, [PUBLIC])


@given(st.lists(st.integers(1, 9), max_size=8), st.booleans())
def test_every_answer_of_a_true_log_is_in_the_batch_that_has_it(sizes: list[int], closed: bool) -> None:
    made = batches(sizes)
    found = history(opened(), *made, *([ended(made)] if closed else []))
    assert (found.answers, len(found.batches)) == (sum(sizes), len(sizes))
    for answered in range(1, sum(sizes) + 1):
        batch = found.batch_of(receipt(answered), TERMS, LATE)
        assert batch.first <= answered <= batch.last
    with pytest.raises(VerificationError, match=r"session\.(withheld|beyond_end)"):
        found.batch_of(receipt(sum(sizes) + 1), TERMS, LATE)


def chained(changed: ReceiptBatch, made: list[ReceiptBatch]) -> ReceiptBatch:
    return replace(changed, number=len(made) + 1, previous=sha256(made[-1].serialise()))


def test_attack_batches_that_overlap() -> None:
    made = batches((3, 4))
    again = chained(batches((2, 3))[1], made[:1])  # begins at 3, which the first has
    with pytest.raises(VerificationError, match=r"session\.batches_overlap"):
        history(opened(), made[0], again)
    with pytest.raises(VerificationError, match=r"session\.batches_overlap"):
        history(opened(), made[0], made[0])


def test_attack_batches_that_leave_a_gap() -> None:
    made = batches((3, 1, 2))
    with pytest.raises(VerificationError, match=r"session\.batches_gap"):
        history(opened(), made[0], chained(made[2], made[:1]))


def test_attack_batches_out_of_their_chain() -> None:
    made = batches((3, 1))
    for changes in ({"number": 5}, {"previous": bytes(32)}):
        with pytest.raises(VerificationError, match=r"session\.batches_order"):
            history(opened(), made[0], replace(made[1], **changes))


def test_attack_a_receipt_that_is_withheld() -> None:
    """Proof against the node: its receipt, and its whole log as it was anchored after the delay."""
    made = batches((3, 1))
    found, left_out = history(opened(), *made), receipt(5)
    due = left_out.time + TERMS.delay + 300  # and clocks may differ
    with pytest.raises(RefusedError, match=r"session\.not_due"):
        found.batch_of(left_out, TERMS, due)
    with pytest.raises(VerificationError, match=r"session\.withheld"):
        found.batch_of(left_out, TERMS, due + 1)
    with pytest.raises(VerificationError, match=r"session\.beyond_end"):
        history(opened(), *made, ended(made)).batch_of(left_out, TERMS, NOW)


def test_attack_terms_of_another_session_excuse_nothing() -> None:
    found = history(opened())
    for it, terms in ((receipt(1), replace(TERMS, delay=86_400)), (receipt(1, session=bytes(32)), TERMS)):
        with pytest.raises(VerificationError, match=r"session\.other_session"):
            found.batch_of(it, terms, LATE)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"answers": 3}, r"session\.end_count"),
        ({"answers": 5}, r"session\.end_count"),
        ({"batches": 1}, r"session\.end_count"),
        ({"last": bytes(32)}, r"session\.end_count"),
    ],
)
def test_attack_an_end_that_counts_otherwise(changes: dict[str, Any], code: str) -> None:
    made = batches((3, 1))
    history(opened(), *made, ended(made))
    with pytest.raises(VerificationError, match=code):
        history(opened(), *made, ended(made, **changes))


def test_attack_a_session_that_goes_on_after_its_end_or_before_its_beginning() -> None:
    made = batches((3, 1))
    for said, code in (
        ((opened(), made[0], ended(made[:1]), made[1]), r"session\.after_end"),
        ((made[0], opened()), r"session\.not_opened"),
        ((opened(), opened()), r"session\.opened_twice"),
    ):
        with pytest.raises(VerificationError, match=code):
            history(*said)


def test_attack_an_entry_that_another_key_signed() -> None:
    log = Sealed.of([opened(), *batches((2,))])
    with pytest.raises(VerificationError, match=r"session\.unknown_key"):
        History.read(SESSION, log.entries, [OTHER.public_key().public_bytes_raw()])
    altered = [log.entries[0].replace(b'"sig":"', b'"sig":"AAAA', 1)]
    with pytest.raises(TallyError):
        History.read(SESSION, altered, [PUBLIC])


def test_other_sessions_of_the_same_log_are_nothing_to_this_one() -> None:
    other = SessionOpened(bytes(32), "bank", NOW)
    end = SessionEnded(bytes(32), "bank", "idle", 0, 0, None, NOW)
    log = [signed(it) for it in (opened(), other, batches((2,))[0], end)]
    assert History.read(SESSION, log, [PUBLIC]).answers == 2
    assert History.read(bytes(32), log, [PUBLIC]).ended == end
