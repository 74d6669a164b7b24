"""Deliveries to the coordinator: what is wrong with one receipt or with the sender costs no other receipt."""

from collections.abc import Sequence

import pytest

from protocol.api import ReceiptOutcome
from protocol.errors import FormatError, RefusedError, TallyError, VerificationError
from protocol.messages import ChainRequest, PostedReceipt
from protocol.typed import ResultAttestation
from protocol.vocabulary import TaskState
from tests.unit.workers.world import World
from workers import outbox
from workers.outbox import Outbox

POISON = b"poison"


def owe(world: World, *bodies: bytes) -> None:
    state = world.nodes["hospital"].state
    with state.transaction():
        for body in bodies:
            state.post(body, bytes(32), "envelope", world.now)


def delivered(world: World, monkeypatch: pytest.MonkeyPatch, refuses: TallyError, rounds: int) -> list[bytes]:
    """What a coordinator took that refuses, whole, every body with the poisoned receipt in it."""
    node, taken = world.nodes["hospital"], list[bytes]()

    def receipts(items: Sequence[PostedReceipt]) -> tuple[ReceiptOutcome, ...]:
        if any(item.body == POISON for item in items):
            raise refuses
        taken.extend(item.body for item in items if isinstance(item.body, bytes))
        return (ReceiptOutcome(bytes(32), new=True),) * len(items)

    monkeypatch.setattr(world.coordinator, "receipts", receipts)
    for _ in range(rounds):
        Outbox(node).deliver()
        world.now += 61
    return taken


@pytest.mark.parametrize("code", ["json.unknown_field", "http.too_large"])
def test_attack_one_receipt_that_cannot_be_read_takes_no_other_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    others = [b"before", b"after", b"last"]
    owe(world, others[0], POISON, *others[1:])
    assert delivered(world, monkeypatch, FormatError(code, "no", "x"), 1) == others
    assert world.nodes["hospital"].state.unsettled() == 1
    delivered(world, monkeypatch, FormatError(code, "no", "x"), outbox._GIVEN_UP + 1)
    assert world.nodes["hospital"].state.unsettled() == 0, "in the end the coordinator's no is taken for final"


@pytest.mark.parametrize(
    "error",
    [RefusedError("access.expired", "no", "x"), VerificationError("signature.not_party", "no", "x")],
)
def test_a_sender_that_is_not_known_yet_gives_nothing_up(
    world: World, monkeypatch: pytest.MonkeyPatch, error: TallyError
) -> None:
    owe(world, b"one", POISON)
    assert delivered(world, monkeypatch, error, outbox._GIVEN_UP + 5) == []
    assert world.nodes["hospital"].state.unsettled() == 2


def test_an_attestation_that_a_replaced_block_took_along_is_sent_again(world: World) -> None:
    """Found by tests/simulation/faults: it was settled by its own sending, and nobody sent it again."""
    node, chain = world.nodes["hospital"], world.chain
    task = world.start().task
    chain.set_state(task, state=TaskState.COMPLETED)
    message = ResultAttestation(task, bytes(32), "hospital", b"\3" * 32)
    signature = node.keys.sign_typed(message, chain.domain("Tasks"))
    node.state.post(ChainRequest("attest", message, signature, (), ()), task, "chain", world.now)
    world.now += node.config.relay_wait
    for _ in range(2):
        Outbox(node).reach_chain()
        assert (task, "hospital") in chain.attestations
        assert node.state.unsettled() == 1, (
            "only a final block settles it, and the chain was looked at before it was sent"
        )
        chain.attestations.clear()
    Outbox(node).reach_chain()
    Outbox(node).reach_chain()
    assert node.state.unsettled() == 0


def test_the_newest_blocks_word_settles_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    node, chain = world.nodes["hospital"], world.chain
    task = world.start().task
    chain.set_state(task, state=TaskState.COMPLETED)
    message = ResultAttestation(task, bytes(32), "hospital", b"\3" * 32)
    signature = node.keys.sign_typed(message, chain.domain("Tasks"))
    node.state.post(ChainRequest("attest", message, signature, (), ()), task, "chain", world.now)
    world.now += node.config.relay_wait
    Outbox(node).reach_chain()
    monkeypatch.setattr(chain, "attested", lambda *_: False)  # the final block is behind
    Outbox(node).reach_chain()
    assert node.state.unsettled() == 1
