"""Deliveries to the coordinator: what is wrong with one receipt or with the sender costs no other receipt."""

from collections.abc import Sequence

import pytest

from protocol.api import ReceiptOutcome
from protocol.errors import FormatError, RefusedError, TallyError, VerificationError
from protocol.messages import PostedReceipt
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
