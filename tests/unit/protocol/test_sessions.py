"""Records of sessions: what terms may say, what a receipt stands for, where it stands in its batch."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from protocol import dsse, merkle
from protocol.errors import FormatError, RefusedError, TallyError, VerificationError
from protocol.log_entries import KINDS, beside_tasks, place
from protocol.logged import LogStatement
from protocol.sessions import (
    BATCH_MOST,
    ENDS,
    LONGEST,
    RECEIPT_TYPE,
    AnswerReceipt,
    OfferedSession,
    ReceiptBatch,
    SessionAsker,
    SessionEnded,
    SessionOpened,
    SessionTerms,
    receipt_of,
    require_distinct,
    terms_sentence,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
NOW = 1_800_000_000
TERMS = SessionTerms(
    "bank", "lookup", "blacklist", f"blacklist-{'0' * 32}", (SessionAsker("shop", 60, 1000), SessionAsker("telecom", 5, 50)),
    "screening", "contract", NOW, NOW + 86_400, 3600, 600, b"\x07" * 32,
)  # fmt: skip
SESSION = TERMS.digest()


def receipt(answered: int, **changes: Any) -> AnswerReceipt:
    made = AnswerReceipt(
        "bank", SESSION, answered, "shop", answered + 5, NOW + answered, b"\x01" * 32, answered.to_bytes(32, "big"), b"\x03" * 32
    )  # fmt: skip
    return replace(made, **changes)


def tree(first: int, last: int) -> merkle.MerkleTree:
    made = merkle.MerkleTree()
    for answered in range(first, last + 1):
        made.append_hash(receipt(answered).leaf())
    return made


def batch(first: int, last: int, **changes: Any) -> ReceiptBatch:
    head = (1, first, last) if first == 1 else (2, first, last)
    made = ReceiptBatch(
        SESSION, "bank", *head, tree(first, last).root(), None if first == 1 else b"\x08" * 32, NOW + 60
    )  # fmt: skip
    return replace(made, **changes)


def envelope(it: AnswerReceipt, key: Ed25519PrivateKey = KEY, kind: str = RECEIPT_TYPE) -> bytes:
    return dsse.sign(it.data(), key.public_key().public_bytes_raw(), key.sign, kind)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"askers": ()}, "session.askers"),
        ({"askers": (SessionAsker("bank", 1, 1),)}, "session.askers"),
        ({"askers": (SessionAsker("shop", 2, 1),)}, "session.uses"),
        ({"askers": (SessionAsker("shop", 1, 1), SessionAsker("shop", 1, 2))}, "json.wrong_value"),
        ({"purpose": " "}, "session.purpose"),
        ({"legal_basis": ""}, "session.purpose"),
        ({"ends": NOW}, "session.time"),
        ({"ends": NOW + LONGEST + 1}, "session.time"),
        ({"idle": 59}, "session.time"),
        ({"idle": 86_401}, "session.time"),
        ({"delay": 299}, "session.delay"),
        ({"delay": 86_401}, "session.delay"),
        ({"service": "score"}, "session.service"),
    ],
)
def test_terms_that_cannot_be_kept_are_refused(changes: dict[str, Any], code: str) -> None:
    assert SessionTerms.read(TERMS.data()) == TERMS
    with pytest.raises(FormatError) as refused:
        SessionTerms.read(replace(TERMS, **changes).data())
    assert refused.value.code == code


def test_the_sentence_says_who_may_ask_what_how_often_until_when() -> None:
    said = terms_sentence(TERMS)
    for words in (said.english, said.chinese):
        for part in ("bank", "blacklist", "shop", "60", "1000", "telecom", "2027-01-15", "10", "screening"):
            assert part in words


def test_two_sessions_on_equal_terms_are_two() -> None:
    assert replace(TERMS, nonce=b"\x08" * 32).digest() != SESSION
    with pytest.raises(RefusedError, match=r"session\.not_asker"):
        TERMS.asker("stranger")


@given(st.integers(1, 40), st.integers(1, 200), st.data())
def test_a_receipt_stands_at_its_place_and_at_no_other(count: int, first: int, data: st.DataObject) -> None:
    last = first + count - 1
    at = data.draw(st.integers(first, last))
    made, path = batch(first, last), tree(first, last).inclusion_proof(at - first)
    made.holds(receipt(at), path)
    forged: list[tuple[AnswerReceipt, tuple[bytes, ...]]] = [
        (receipt(at, number=at + 6), path),
        (receipt(at, time=NOW), path),
        (receipt(at), (*path, bytes(32))),
        *((receipt(at), (*path[:place], bytes(32), *path[place + 1 :])) for place in range(len(path))),
        *((replace(receipt(at), answered=other), path) for other in range(first, last + 1) if other != at),
    ]
    for it, way in forged:
        with pytest.raises(VerificationError, match=r"merkle\.inclusion"):
            made.holds(it, way)


def test_attack_a_number_outside_of_the_batch() -> None:
    made, path = batch(5, 9), tree(5, 9).inclusion_proof(0)
    for answered in (4, 10, 2**53 - 1):
        with pytest.raises(VerificationError, match=r"session\.outside_batch"):
            made.holds(receipt(answered), path)


def test_attack_a_receipt_of_another_session_or_holder() -> None:
    path = tree(1, 3).inclusion_proof(0)
    for changes in ({"session": bytes(32)}, {"party": "other"}):
        with pytest.raises(VerificationError, match=r"session\.other_session"):
            batch(1, 3).holds(receipt(1, **changes), path)


@pytest.mark.parametrize(
    "changes",
    [
        {"first": 2, "previous": None, "number": 1},
        {"number": 2},
        {"previous": b"\x01" * 32},
        {"last": BATCH_MOST + 1},
        {"first": 3, "last": 2, "number": 2, "previous": b"\x01" * 32},
    ],
)
def test_a_batch_that_contradicts_itself_is_none(changes: dict[str, Any]) -> None:
    assert ReceiptBatch.read(batch(1, 2).serialise()) == batch(1, 2)
    with pytest.raises(FormatError, match=r"session\.batch"):
        ReceiptBatch.read(replace(batch(1, 2), **changes).serialise())


@pytest.mark.parametrize("changes", [{"answers": 0}, {"batches": 0}, {"last": None}, {"answers": 1}])
def test_an_end_that_contradicts_itself_is_none(changes: dict[str, Any]) -> None:
    ended = SessionEnded(SESSION, "bank", "idle", 5, 2, b"\x01" * 32, NOW)
    assert SessionEnded.read(ended.serialise()) == ended
    with pytest.raises(FormatError, match=r"session\.end_count"):
        SessionEnded.read(replace(ended, **changes).serialise())


def test_every_statement_is_found_under_what_it_is_about() -> None:
    said: list[LogStatement] = [
        SessionOpened(SESSION, "bank", NOW), batch(1, 2), SessionEnded(SESSION, "bank", "ended", 0, 0, None, NOW),
    ]  # fmt: skip
    for it in said:
        assert beside_tasks(it.serialise()) == it
        assert place(it.serialise()) == (SESSION, it.KIND, None)
        with pytest.raises(FormatError, match=r"statement\.subject"):
            type(it).read(it.serialise().replace(b'"session-terms"', b'"session-termz"'))
    assert len({kind.predicate_type() for kind in KINDS}) == len(KINDS)


def test_a_receipt_is_its_signers_over_all_it_says() -> None:
    signature = KEY.sign(dsse.pae(receipt(1).data(), RECEIPT_TYPE))
    assert receipt_of(receipt(1).enveloped(signature, PUBLIC), [PUBLIC]) == receipt(1)
    changed = {
        "party": "clinic", "session": b"\x09" * 32, "answered": 2, "asker": "telecom", "number": 13, "time": NOW,
        "about": b"\x09" * 32, "question": b"\x09" * 32, "answer": b"\x09" * 32,
    }  # fmt: skip
    assert changed.keys() == receipt(1).to_json().keys() - {"format"}
    for name, value in changed.items():
        with pytest.raises(VerificationError, match=r"signature\.invalid"):
            replace(receipt(1), **{name: value}).enveloped(signature, PUBLIC)


def test_attack_a_receipt_that_another_key_signed() -> None:
    signed = envelope(receipt(1))
    assert receipt_of(signed, [OTHER.public_key().public_bytes_raw(), PUBLIC]) == receipt(1)
    with pytest.raises(VerificationError, match=r"session\.unknown_key"):
        receipt_of(envelope(receipt(1), OTHER), [PUBLIC])
    forged = dsse.Envelope(receipt(1).data(), RECEIPT_TYPE, dsse.key_id(PUBLIC), OTHER.sign(b"x"))
    with pytest.raises(VerificationError, match=r"signature\.invalid"):
        receipt_of(forged.data(), [PUBLIC])
    with pytest.raises(FormatError, match=r"dsse\.payload_type"):
        receipt_of(envelope(receipt(1), kind="application/vnd.in-toto+json"), [PUBLIC])


def test_every_byte_of_a_receipt_counts() -> None:
    signed = envelope(receipt(1))
    for at in range(len(signed)):
        altered = bytearray(signed)
        altered[at] ^= 1
        with pytest.raises(TallyError):
            receipt_of(bytes(altered), [PUBLIC])


@pytest.mark.parametrize(
    "second",
    [
        lambda: receipt(1, answer=bytes(32)),
        lambda: receipt(1, number=99),
        lambda: receipt(1, asker="telecom", number=1),
        lambda: receipt(2, number=receipt(1).number),
    ],
)
def test_attack_two_answers_where_there_is_one(second: Callable[[], AnswerReceipt]) -> None:
    """Of one place in the session, or of one number of an asker's: both receipts are signed, and so is the proof."""
    require_distinct([receipt(1), receipt(1), receipt(2), receipt(1, session=bytes(32), number=3)])
    with pytest.raises(VerificationError, match=r"session\.two_answers"):
        require_distinct([receipt(1), receipt(3), second()])


def test_attack_other_terms_than_the_node_stated() -> None:
    said = SessionOpened(SESSION, "bank", NOW)
    signed = dsse.sign(said.serialise(), PUBLIC, KEY.sign)
    assert OfferedSession(TERMS, signed).signed(PUBLIC) == TERMS
    with pytest.raises(VerificationError, match=r"session\.other_terms"):
        OfferedSession(replace(TERMS, delay=86_400), signed).signed(PUBLIC)
    with pytest.raises(VerificationError, match=r"dsse\.other_key"):
        OfferedSession(TERMS, signed).signed(OTHER.public_key().public_bytes_raw())


def test_each_end_has_words_in_both_languages() -> None:
    assert all(words.english and words.chinese for words in ENDS.values())
