"""An offer covers its contract and nothing else; whatever differs is named."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import offers
from protocol.ask import Ask
from protocol.contract import ZERO32
from protocol.errors import RefusedError
from protocol.messages import SignedAuthorization
from protocol.typed import Authorization
from tests.unit.orchestrator.sample import DIAGNOSES, NOW, PANELS, PROGRAM, contract

TASK = b"\x09" * 32
ROOT = b"\x11" * 32
PROGRAMS = offers.programs_digest(contract(), {PROGRAM: b"\x07" * 32})


def offered(**changes: object) -> tuple[Authorization, Ask]:
    message, policy = offers.offer(contract(), TASK, PANELS, input_root=ROOT, programs=PROGRAMS, not_before=NOW - 300)
    return replace(message, **changes), policy  # pyright: ignore[reportArgumentType]


def lacking(message: Authorization, policy: bytes, owner: str = "laboratory", now: int = NOW) -> list[str]:
    signed = SignedAuthorization(owner, message, b"", policy)
    return offers.uncovered(signed, contract(), TASK, input_root=ROOT, programs=PROGRAMS, now=now)


def test_an_offer_covers_its_contract_and_is_once_only() -> None:
    message, policy = offered()
    assert lacking(message, policy.data()) == []
    assert message.max_uses == 1
    assert message.task == TASK
    offers.check_offer(message, policy.data(), contract(), TASK, ROOT)


def test_asking_twice_asks_the_same_and_anew_asks_something_new() -> None:
    first, second = offered()[0], offered()[0]
    assert first == second
    again, _ = offers.offer(
        contract(), TASK, PANELS, input_root=ROOT, programs=PROGRAMS, not_before=NOW - 300, attempt=1
    )
    assert again.nonce != first.nonce
    assert replace(again, nonce=first.nonce) == first


CHANGES = {
    "data_version": 3, "input_root": b"\x12" * 32, "programs": ("x@1.0.0",), "programs_digest": b"\x01" * 32,
    "proposer": "exchange", "purpose": "other", "result_users": ("exchange",), "compute_parties": ("a", "b", "c"),
    "policy": b"\x02" * 32, "task": b"\x03" * 32, "legal_basis": "other", "impact_assessment": b"\x04" * 32,
    "max_uses": 0, "not_after": NOW - 1, "min_protection_level": 5, "data_set": "other-" + "3" * 32,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_one_changed_field_uncovers(name: str) -> None:
    message, policy = offered(**{name: CHANGES[name]})
    assert lacking(message, policy.data())


@pytest.mark.parametrize(
    "name", sorted({f.name for f in fields(Authorization)} - {"nonce", "not_before", "programs_digest"})
)
def test_a_client_notices_every_changed_field(name: str) -> None:
    changes = {**CHANGES, "max_uses": 2, "epsilon_micros": 5, "not_after": NOW + 10**6, "min_protection_level": 1}
    message, policy = offered(**{name: changes[name]})
    with pytest.raises(RefusedError):
        offers.check_offer(message, policy.data(), contract(), TASK, ROOT)


def test_a_client_notices_another_ask() -> None:
    message, ask = offered()
    with pytest.raises(RefusedError, match="ask"):
        offers.check_offer(message, replace(ask, tasks_per_day=2).data(), contract(), TASK, ROOT)


def test_the_owner_is_the_data_sets() -> None:
    message, policy = offered()
    assert lacking(message, policy.data(), owner="hospital") == [f"data set {PANELS} belongs to laboratory"]


def test_a_standing_authorization_covers_what_it_asks() -> None:
    message, ask = offered(task=ZERO32, max_uses=10)
    assert lacking(message, ask.data()) == []
    inputs = tuple(replace(i, columns=("weight",)) if i.data_set == PANELS else i for i in ask.contract.inputs)
    narrow = replace(ask, contract=replace(ask.contract, inputs=inputs))
    (found,) = lacking(replace(message, policy=narrow.digest()), narrow.data())
    assert "columns" in found
    other = Ask.of(contract(), DIAGNOSES)
    assert "ask's data set" in lacking(replace(message, policy=other.digest()), other.data())


@given(st.integers(0, 5))
def test_a_lower_level_than_promised_is_uncovered(level: int) -> None:
    message, policy = offered(min_protection_level=level)
    assert (lacking(message, policy.data()) == []) is (level <= 4)


def test_programs_are_hashed_in_the_contracts_order() -> None:
    made = contract()
    two = replace(made, steps=(*made.steps, replace(made.steps[0], id="b", program="align.ids@1.0.0")))
    digests = {PROGRAM: b"\x01" * 32, "align.ids@1.0.0": b"\x02" * 32}
    swapped = {PROGRAM: b"\x02" * 32, "align.ids@1.0.0": b"\x01" * 32}
    assert offers.programs_digest(two, digests) != offers.programs_digest(two, swapped)
