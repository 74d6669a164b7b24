"""Declared data through the real API and chain: the description with its declaration is what the chain holds, and a task is held to it."""

import secrets
from dataclasses import replace
from typing import Any

import pytest

from protocol.catalogue import DATA_SET_TYPE, PARTICIPANTS, Audience, DataSetDescriptorV3, declaration_of
from protocol.contract import Input, Step, TaskContract, proposal_of
from protocol.errors import RefusedError
from protocol.law.declared import ConsentScope, DataBasis, Declaration, Recipient, Sensitivity, Source
from protocol.law.policy import DEFAULT
from protocol.law.wording import StatedBasis, basis_text, purpose_text
from protocol.registrations import DataSetRegistration
from tests.integration.orchestrator.world import COLUMNS, PROGRAM, WORDS, World, registration

DOCUMENT = b"\x51" * 32
FIRST, LAST = "2020-01-01", "2099-12-31"


def declared(world: World) -> Declaration:
    wallet = world.parties["exchange"].wallet.address.lower()
    return Declaration(
        Source("direct"),
        (DataBasis("consent", DOCUMENT, FIRST, LAST),),
        ConsentScope(
            (
                Recipient("exchange", "trustee", "cn", wallet), Recipient("hospital", "joint-processor", "cn"),
                Recipient("platform", "trustee", "cn"),
            ),
            (), ("diagnosis",), ("train",), ("health",), ("provision", "sensitive"), DOCUMENT,
        ),
        "cn",
        (),
        (Sensitivity("age", 3, ("personal",)), Sensitivity("outcome", 4, ("health",))),
    )  # fmt: skip


@pytest.fixture(scope="module")
def reference(world: World) -> str:
    """The laboratory's data set, described with its declaration and registered."""
    name = f"visits-{secrets.token_hex(16)}"
    party, law = world.parties["laboratory"], declared(world)
    told = DataSetDescriptorV3(name, 1, "laboratory", WORDS, COLUMNS, 1000, 4, ("health",), law)
    world.client("laboratory").register_data_set(party.envelope(told.data(), DATA_SET_TYPE))
    message = DataSetRegistration(name, "laboratory", 1, told.digest(), secrets.token_bytes(32), 1000, 4, "consent")
    world.gateway.send(registration(world.domains.domain, party.wallet, message))
    world.settle()
    return name


def contract(world: World, reference: str, **changes: Any) -> TaskContract:
    inputs = sorted(
        (
            Input(world.references["hospital"], 1, "hospital", ("outcome",), ()),
            Input(reference, 1, "laboratory", ("age", "outcome"), ()),
        ),
        key=lambda item: item.data_set,
    )
    stated = StatedBasis("consent", "0x" + DOCUMENT.hex(), LAST)
    lawful = {
        "inputs": tuple(inputs),
        "steps": (Step("train", PROGRAM, (), (("table", tuple(item.data_set for item in inputs)),)),),
        "purpose": purpose_text("diagnosis", "readmission") + f" [ref {secrets.token_hex(16)}]",
        "legal_basis": basis_text("Patients' consent", stated) + f" [ref {secrets.token_hex(16)}]",
        "impact_assessment": b"\x55" * 32,
    }
    return world.contract(**{**lawful, **changes})


def test_what_is_declared_is_told_with_the_data_set(world: World, reference: str) -> None:
    assert world.client("hospital").data_set(reference).law == declared(world)
    assert world.client("laboratory").data_set(world.references["laboratory"]).law is None


def test_a_task_that_lacks_nothing_is_taken_and_what_nobody_declared_is_a_notice(world: World, reference: str) -> None:
    client, made = world.client("hospital"), contract(world, reference)
    found = client.preflight(made)
    assert found.problems == ()
    assert [item.code for item in found.notices] == ["law.data_undeclared"]
    assert found.law_policy == DEFAULT.digest()
    assert client.submit(made)


def test_descriptions_of_a_task_reach_who_reads_its_words_as_far_as_owners_let_them(
    world: World, reference: str
) -> None:
    client = world.client("hospital")
    task = client.submit(contract(world, reference))

    mine = {it.data_set: declaration_of(it) for it in client.descriptions(task)}
    assert mine == {world.references["hospital"]: None, reference: declared(world)}
    party = world.parties["laboratory"]
    (told,) = (it for it in client.descriptions(task) if it.data_set == reference)
    named = Audience("named", ("exchange",))
    world.client("laboratory").register_data_set(party.envelope(told.data(), DATA_SET_TYPE), named)
    try:
        assert [it.data_set for it in client.descriptions(task)] == [world.references["hospital"]]
        for reader in ("exchange", "laboratory", "regulator"):
            assert reference in {it.data_set for it in world.client(reader).descriptions(task)}, reader
        with pytest.raises(RefusedError, match=r"task\.unknown"):
            world.client("stranger").descriptions(task)
    finally:
        world.client("laboratory").register_data_set(party.envelope(told.data(), DATA_SET_TYPE), PARTICIPANTS)


def test_a_task_that_lacks_something_is_refused_by_preflight_and_by_submission(world: World, reference: str) -> None:
    client = world.client("hospital")
    made = contract(world, reference, purpose=purpose_text("marketing") + f" [ref {secrets.token_hex(16)}]")
    assert [item.code for item in client.preflight(made).problems] == ["law.scope_purpose"]
    with pytest.raises(RefusedError, match=r"task\.problems"):
        client.submit(made)
    signature = world.parties["hospital"].sign_wallet(world.domains.digest(proposal_of(made)))
    body = {"contract": made.to_json(), "signature": "0x" + signature.hex()}
    answer = world.http.post("/v1/tasks", json=body, headers={"idempotency-key": secrets.token_hex(16)})
    assert answer.json()["code"] == "task.problems", "past the client's own look at preflight"
    assert "law.scope_purpose" in str(answer.json())


def test_attack_a_trustee_that_proposes(world: World, reference: str) -> None:
    """It is listed by its wallet, which the registry confirms: it may compute, and no more."""
    made = contract(world, reference)
    assert "law.scope_key" not in {item.code for item in world.client("hospital").preflight(made).problems}
    other = replace(made, proposer="exchange")
    assert "law.trustee" in {item.code for item in world.client("exchange").preflight(other).problems}
