"""Reading the chain's refusals, and the structs that go to it."""

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import pytest

from chain.abi import Read, Write
from chain.bindings import anchors, consents, tasks
from chain.deployment import Deployment
from chain.errors import ChainError
from orchestrator.services.relay import JobKind, SignedMessage
from orchestrator.services.sending import Sending, is_final
from orchestrator.services.states import require_transition
from protocol import canonical, ids, typed
from protocol.contract import Proposal, proposal_of
from protocol.messages import ChainRequest, SignedAuthorization
from protocol.trust import CONTRACTS
from protocol.vocabulary import CHAIN_STATES, TRANSITIONS, TaskState
from tests.unit.orchestrator.sample import contract


def deployment(confirmations: int) -> Deployment:
    addresses = dict.fromkeys(CONTRACTS, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
    codes = dict.fromkeys(CONTRACTS, "0x" + "44" * 32)
    return Deployment(31337, "0x" + "22" * 32, "0x" + "33" * 32, addresses, codes, confirmations, 1)


class FakeReceipt:
    block_number = 8


class FakeGateway:
    """Answers reads from a table (of the newest block, ``final``: of the newest final one) and refuses sends with one error."""

    def __init__(
        self, reads: dict[str, Any], error: ChainError | None = None, final: dict[str, Any] | None = None
    ) -> None:
        self.reads, self.error, self.sent = reads, error, list[Write]()
        self.final = final
        self.deployment = deployment(0 if final is None else 2)

    def head(self) -> int:
        return 9

    def finalized_block(self) -> int:
        return 9 - self.deployment.confirmations

    def read(self, call: Read[Any], *, block: int | None = None) -> Any:
        found = (self.final if self.final is not None and block == 7 else self.reads)[call.function]
        if isinstance(found, ChainError):
            raise found
        return found

    def send(self, call: Write, *, least_gas: int = 0) -> FakeReceipt:
        self.sent.append(call)
        if self.error is not None:
            raise self.error
        return FakeReceipt()


def refusal(name: str, **arguments: object) -> ChainError:
    return ChainError(name, arguments, call="test")


def test_submissions_that_a_reorganisation_took_away_may_come_back() -> None:
    assert not is_final(refusal("OutOfRange", field=b"through"), "revoke-all")
    assert is_final(refusal("OutOfRange", field=b"kind"), "abort")


@pytest.mark.parametrize(
    ("struct", "message"),
    [
        (tasks.Proposal, Proposal), (tasks.RunCommitment, typed.RunCommitment), (tasks.Abort, typed.Abort),
        (tasks.ResultAttestation, typed.ResultAttestation), (consents.Authorization, typed.Authorization),
        (anchors.AnchorUpdate, typed.AnchorUpdate),
    ],
)  # fmt: skip
def test_bindings_and_typed_data_have_the_same_fields(struct: type, message: type) -> None:
    assert [f.name for f in fields(struct)] == [f.name for f in fields(message)]


def test_a_proposal_becomes_the_bindings_struct() -> None:
    proposal = proposal_of(contract())
    struct = tasks.Proposal(*proposal.chain_args())
    assert struct.contract_digest == proposal.contract_digest
    assert struct.compute_parties == tuple(ids.on_chain(name) for name in contract().committee)


PROPOSAL = SignedMessage("propose", proposal_of(contract()), b"\1" * 65).data()
COMMITMENT = typed.RunCommitment(
    b"\1" * 32, b"\2" * 32, "exchange", bytes(32), 0, 1, b"\3" * 32, (b"\4" * 32,) * 2, b"\5" * 32
)
COMMIT = SignedMessage("commit", COMMITMENT, b"\1" * 65).data()


def test_a_sent_effect_is_in_its_block() -> None:
    assert Sending(FakeGateway({})).perform("propose", PROPOSAL) == 8  # pyright: ignore[reportArgumentType]


def test_already_there_counts_as_done() -> None:
    gateway = FakeGateway({}, refusal("TaskExists", task=b"\1" * 32))
    assert Sending(gateway).perform("propose", PROPOSAL) == 9  # pyright: ignore[reportArgumentType]
    found = tasks.CommitmentRecord(b"\2" * 32, b"\5" * 32, ())
    gateway = FakeGateway({"commitmentOf": found}, refusal("WrongState", task=b"\1" * 32, state=3))
    assert Sending(gateway).perform("commit", COMMIT) == 9  # pyright: ignore[reportArgumentType]
    assert gateway.sent == []


ANCHOR = typed.AnchorUpdate("exchange", 0, 5, b"\3" * 32)
ATTESTED = typed.ResultAttestation(b"\1" * 32, b"\2" * 32, "exchange", b"\3" * 32)
AUTHORIZATION = typed.Authorization(
    "data", 1, b"\1" * 32, ("a@1",), b"\2" * 32, "engine@1", False, "hospital", "purpose", ("hospital",), ("exchange",),
    b"\3" * 32, b"\4" * 32, 1, 1, 2, 3, 0, "consent", bytes(32), 7,
)  # fmt: skip
SUBMITTED = canonical.dumps(SignedAuthorization("exchange", AUTHORIZATION, b"\1" * 65, b"{}").to_json())
BODIES = {
    "propose": PROPOSAL,
    "commit": COMMIT,
    "submit": SUBMITTED,
    "revoke": SignedMessage("revoke", typed.Revocation(b"\1" * 32, "exchange"), b"\1" * 65).data(),
    "revoke-all": SignedMessage("revoke-all", typed.RevocationOfAll("exchange", 3), b"\1" * 65).data(),
    "abort": SignedMessage("abort", typed.Abort(b"\1" * 32, "exchange", 1, 9, bytes(32)), b"\1" * 65).data(),
    "attest": SignedMessage("attest", ATTESTED, b"\1" * 65).data(),
    "anchor": canonical.dumps(ChainRequest("anchor", ANCHOR, b"\1" * 65, (), ()).to_json()),
}
THERE = {
    "stateOf": 6,
    "get": SimpleNamespace(status=1),
    "isRevoked": True,
    "revokedThrough": 3,
    "commitmentOf": tasks.CommitmentRecord(b"\2" * 32, b"\5" * 32, ()),
    "attest": refusal("AlreadyAttested"),
    "rootAt": anchors.AnchoredRoot(b"\3" * 32, 1),
}
"""What the chain says where an effect is there."""
GONE = {
    "stateOf": 0,
    "get": SimpleNamespace(status=0),
    "isRevoked": False,
    "revokedThrough": 2,
    "commitmentOf": tasks.CommitmentRecord(bytes(32), bytes(32), ()),
    "attest": refusal("NotReleased"),
    "rootAt": anchors.AnchoredRoot(bytes(32), 0),
}
"""And where it is not."""


def test_an_anchor_that_is_there_is_not_sent_again() -> None:
    """Found by tests/simulation/faults: a struct was compared with bytes, and the second send was shown as a forked log."""
    gateway = FakeGateway(THERE, refusal("ForkedLog"))
    assert Sending(gateway).perform("anchor", BODIES["anchor"]) == 9  # pyright: ignore[reportArgumentType]
    assert gateway.sent == []


@pytest.mark.parametrize("kind", BODIES)
def test_what_a_final_block_has_stands(kind: JobKind) -> None:
    gateway = FakeGateway(THERE, final=THERE)
    sending = Sending(gateway)  # pyright: ignore[reportArgumentType]
    assert sending.perform(kind, BODIES[kind]) == 7
    assert sending.stands(7)
    assert gateway.sent == []


@pytest.mark.parametrize("kind", BODIES)
def test_what_a_replaced_block_took_along_is_sent_again(kind: JobKind) -> None:
    """Found by tests/simulation/faults: a job was done with its block, final or not. A revocation was lost that way."""
    gateway = FakeGateway(GONE, final=GONE)
    sending = Sending(gateway)  # pyright: ignore[reportArgumentType]
    block = sending.perform(kind, BODIES[kind])
    assert len(gateway.sent) == 1
    assert not sending.stands(block)


@pytest.mark.parametrize("kind", BODIES)
def test_what_only_the_newest_block_has_is_waited_for(kind: JobKind) -> None:
    already = {"propose": "TaskExists", "attest": "AlreadyAttested"}
    sending = Sending(FakeGateway(THERE, refusal(already[kind]) if kind in already else None, final=GONE))  # pyright: ignore[reportArgumentType]
    assert not sending.stands(sending.perform(kind, BODIES[kind]))


def test_what_its_own_party_sent_at_the_same_moment_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last commitment, relayed and sent by its node: the second is refused by a task that is over by the first."""
    gateway = FakeGateway(dict(GONE), refusal("WrongState", task=b"\1" * 32, state=3))
    send = gateway.send

    def overtaken(call: Write, *, least_gas: int = 0) -> FakeReceipt:
        gateway.reads = THERE
        return send(call, least_gas=least_gas)

    monkeypatch.setattr(gateway, "send", overtaken)
    assert Sending(gateway).perform("commit", COMMIT) == 9  # pyright: ignore[reportArgumentType]
    gateway.reads = dict(GONE)
    monkeypatch.setattr(gateway, "send", send)
    with pytest.raises(ChainError, match="WrongState"):
        Sending(gateway).perform("commit", COMMIT)  # pyright: ignore[reportArgumentType]


def test_another_refusal_is_passed_on() -> None:
    gateway = FakeGateway({}, refusal("BadSignature"))
    with pytest.raises(ChainError, match="BadSignature"):
        Sending(gateway).perform("propose", PROPOSAL)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("kind", "error", "final"),
    [
        ("propose", refusal("Paused"), False),
        ("propose", refusal("BadSignature"), True),
        ("commit", refusal("WrongState", state=1), False),
        ("commit", refusal("WrongState", state=7), True),
        ("abort", refusal("WrongState", state=0), False),
        ("attest", refusal("NotReleased"), False),
        ("anchor", refusal("ForkedLog"), True),
        ("start", refusal("NotYetValid"), False),
    ],
)
def test_what_time_can_lift_is_not_final(kind: str, error: ChainError, final: bool) -> None:
    assert is_final(error, kind) is final


def test_every_state_has_its_number_and_its_transitions() -> None:
    assert CHAIN_STATES.index("completed") == 3
    for before in CHAIN_STATES:
        name = None if before == "none" else before
        allowed = {state.name.lower() for state in TRANSITIONS.get(TaskState[before.upper()], ())}
        for after in set(CHAIN_STATES) - allowed:
            with pytest.raises(Exception, match=r"task\.transition"):
                require_transition(name, after)
        for after in allowed:
            require_transition(name, after)
