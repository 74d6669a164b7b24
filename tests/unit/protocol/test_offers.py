"""An offer covers its contract and nothing else; whatever differs is named."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpc.workflow.digest import ENGINE
from protocol import offers
from protocol.ask import Ask
from protocol.contract import ZERO32, TaskContract
from protocol.errors import RefusedError
from protocol.messages import SignedAuthorization
from protocol.typed import Authorization
from tests.unit.orchestrator.sample import DIAGNOSES, NOW, PANELS, PROGRAM, contract

TASK = b"\x09" * 32
ROOT = b"\x11" * 32
CODE = {
    PROGRAM: b"\x07" * 32,
    "train.sums@1.1.0": b"\x08" * 32,
    "align.ids@1.0.0": b"\x09" * 32,
    "x@1.0.0": b"\x0a" * 32,
}
NONE = offers.Releases(CODE.__getitem__, lambda _older, _newer: False)
PROGRAMS = NONE.programs_digest(contract().programs)


def offered(**changes: object) -> tuple[Authorization, Ask]:
    message, policy = offers.offer(contract(), TASK, PANELS, input_root=ROOT, programs=PROGRAMS, not_before=NOW - 300)
    return replace(message, **changes), policy  # pyright: ignore[reportArgumentType]


def lacking(
    message: Authorization,
    policy: bytes,
    owner: str = "laboratory",
    now: int = NOW,
    asked: TaskContract | None = None,
    releases: offers.Releases = NONE,
) -> list[str]:
    signed = SignedAuthorization(owner, message, b"", policy)
    return offers.uncovered(signed, asked or contract(), TASK, input_root=ROOT, releases=releases, now=now)


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
    "max_uses": 0, "engine": "other.engine@1.0.0", "not_after": NOW - 1, "min_protection_level": 5, "data_set": "other-" + "3" * 32,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_one_changed_field_uncovers(name: str) -> None:
    message, policy = offered(**{name: CHANGES[name]})
    assert lacking(message, policy.data())


@pytest.mark.parametrize(
    "name", sorted({f.name for f in fields(Authorization)} - {"nonce", "not_before", "programs_digest"})
)
def test_a_client_notices_every_changed_field(name: str) -> None:
    changes = {
        **CHANGES,
        "approved_successors": True,
        "max_uses": 2,
        "epsilon_micros": 5,
        "not_after": NOW + 10**6,
        "min_protection_level": 1,
    }
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
    one, other = (NONE.programs_digest(names) for names in ((PROGRAM, "align.ids@1.0.0"), ("align.ids@1.0.0", PROGRAM)))
    assert one != other


NEWER = "train.sums@1.1.0"
NEWER_ENGINE = "tallystick.engine@1.1.0"


def approved(*steps: tuple[str, str]) -> offers.Releases:
    """The successions that certifiers approved, one step each."""
    return offers.Releases(CODE.__getitem__, lambda older, newer: (older, newer) in steps)


BOTH = approved((PROGRAM, NEWER), (ENGINE, NEWER_ENGINE))


def upgraded(made: TaskContract, *, program: str = NEWER, engine: str = NEWER_ENGINE) -> TaskContract:
    return replace(made, engine=engine, steps=tuple(replace(step, program=program) for step in made.steps))


def yesterdays(*, approved_successors: bool) -> tuple[Authorization, bytes]:
    message, ask = offered()
    standing, wider = offers.standing(
        message, ask, uses=9, not_after=NOW + 10**6, tasks_per_day=3, nonce=1, approved_successors=approved_successors
    )
    return standing, wider.data()


def test_an_authorization_that_allows_successors_covers_what_they_stand_in_for() -> None:
    message, ask = yesterdays(approved_successors=True)
    assert lacking(message, ask, asked=contract(), releases=BOTH) == []
    assert lacking(message, ask, asked=upgraded(contract()), releases=BOTH) == []
    assert lacking(message, ask, asked=upgraded(contract(), engine=ENGINE), releases=BOTH) == []
    assert lacking(message, ask, asked=upgraded(contract(), program=PROGRAM), releases=BOTH) == []


def test_attack_an_authorization_without_the_field_covers_no_successor() -> None:
    message, ask = yesterdays(approved_successors=False)
    assert lacking(message, ask, asked=contract(), releases=BOTH) == []
    found = lacking(message, ask, asked=upgraded(contract()), releases=BOTH)
    assert {"programs", "engine"} <= set(found)
    assert any(item.startswith("steps[0].program") for item in found)


@pytest.mark.parametrize(
    "releases",
    [
        NONE,
        approved(("align.ids@1.0.0", NEWER), ("other.engine@1.0.0", NEWER_ENGINE)),
        approved((NEWER, PROGRAM), (NEWER_ENGINE, ENGINE)),
        approved((PROGRAM, NEWER_ENGINE), (ENGINE, NEWER)),
    ],
    ids=["none approved", "of another release", "the wrong way round", "crossed"],
)
def test_attack_a_succession_that_was_not_approved_for_this_release(releases: offers.Releases) -> None:
    message, ask = yesterdays(approved_successors=True)
    found = lacking(message, ask, asked=upgraded(contract()), releases=releases)
    assert {"programs", "engine"} <= set(found)


def test_attack_one_approved_succession_does_not_bring_the_other() -> None:
    message, ask = yesterdays(approved_successors=True)
    found = lacking(message, ask, asked=upgraded(contract()), releases=approved((ENGINE, NEWER_ENGINE)))
    assert "programs" in found
    assert "engine" not in found


def test_attack_programs_stand_in_place_by_place() -> None:
    """A second program, or one left out, is no successor of anything."""
    made = contract()
    more = replace(made, steps=(*made.steps, replace(made.steps[0], id="b", program="align.ids@1.0.0")))
    message, ask = yesterdays(approved_successors=True)
    everything = offers.Releases(CODE.__getitem__, lambda _older, _newer: True)
    assert "programs" in lacking(message, ask, asked=more, releases=everything)


def test_attack_the_digest_is_of_the_programs_that_were_signed() -> None:
    """Were it of the newer ones, an authorization could name code that its owner never saw."""
    message, ask = yesterdays(approved_successors=True)
    other = replace(message, programs_digest=BOTH.programs_digest((NEWER,)))
    assert "program code" in lacking(other, ask, asked=upgraded(contract()), releases=BOTH)


@pytest.mark.parametrize("name", sorted(set(CHANGES) - {"programs", "programs_digest", "policy"}))
def test_attack_successors_open_no_other_field(name: str) -> None:
    message, ask = yesterdays(approved_successors=True)
    assert lacking(replace(message, **{name: CHANGES[name]}), ask, asked=upgraded(contract()), releases=BOTH)


def test_nobody_offers_successors_by_default() -> None:
    message, ask = offered()
    assert not message.approved_successors
    widened = replace(message, approved_successors=True)
    with pytest.raises(RefusedError, match="approvedSuccessors"):
        offers.check_offer(widened, ask.data(), contract(), TASK, ROOT)
