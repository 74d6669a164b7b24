"""Reading the chain's refusals, and the structs that go to it."""

from dataclasses import fields
from typing import Any

import pytest

from chain.abi import Read, Write
from chain.bindings import anchors, consents, tasks
from chain.errors import ChainError
from orchestrator.services.relay import SignedMessage
from orchestrator.services.sending import Sending, is_final
from orchestrator.services.states import require_transition
from protocol import ids, typed
from protocol.contract import Proposal, proposal_of
from protocol.vocabulary import CHAIN_STATES, TRANSITIONS, TaskState
from tests.unit.orchestrator.sample import contract


class FakeReceipt:
    block_number = 7


class FakeGateway:
    """Answers reads from a table and refuses sends with one error."""

    def __init__(self, reads: dict[str, Any], error: ChainError | None = None) -> None:
        self.reads, self.error, self.sent = reads, error, list[Write]()

    def head(self) -> int:
        return 9

    def read(self, call: Read[Any], *, block: int | None = None) -> Any:
        return self.reads[call.function]

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
    assert Sending(FakeGateway({})).perform("propose", PROPOSAL) == 7  # pyright: ignore[reportArgumentType]


def test_already_there_counts_as_done() -> None:
    gateway = FakeGateway({}, refusal("TaskExists", task=b"\1" * 32))
    assert Sending(gateway).perform("propose", PROPOSAL) == 9  # pyright: ignore[reportArgumentType]
    found = tasks.CommitmentRecord(b"\2" * 32, b"\5" * 32, ())
    gateway = FakeGateway({"commitmentOf": found}, refusal("WrongState", task=b"\1" * 32, state=3))
    assert Sending(gateway).perform("commit", COMMIT) == 9  # pyright: ignore[reportArgumentType]
    assert gateway.sent == []


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
