"""A task whose nodes announced another engine is not started for nothing: it waits, and says for whom."""

from collections.abc import Iterator

import pytest

from mpc.workflow.digest import ENGINE
from orchestrator.store import receipts
from protocol import dsse
from protocol.messages import ANNOUNCEMENT_TYPE, Announcement
from tests.integration.orchestrator.world import NODES, World

OLDER = "tallystick.engine@0.9.0"


@pytest.fixture
def announced(world: World) -> Iterator[dict[str, bytes]]:
    """What the nodes said before; it stands again afterwards."""
    with world.database.transaction() as tx:
        before = receipts.announcements(tx)
    yield before
    with world.database.transaction() as tx:
        tx.execute("DELETE FROM announcements")
        for party, envelope in before.items():
            sequence = Announcement.read(dsse.parse(envelope).payload).sequence
            receipts.put_announcement(tx, party, sequence, envelope)


def say(world: World, party: str, sequence: int, engine: str) -> None:
    said = Announcement(party, "127.0.0.1", 4000, sequence, engine, b"\x08" * 32)
    world.client(party).receipt(world.parties[party].envelope(said.data(), ANNOUNCEMENT_TYPE))


def test_a_task_waits_for_a_node_left_behind_and_starts_when_it_is_upgraded(
    world: World, announced: dict[str, bytes]
) -> None:
    assert set(announced) >= set(NODES)
    say(world, "laboratory", 10_001, OLDER)
    task = world.client("hospital").submit(world.contract())
    world.settle()
    world.authorize(task)
    world.settle()
    status = world.client("hospital").task(task)
    assert status.state == "proposed"
    (reason,) = status.reasons
    assert (reason.code, reason.party) == ("node.other_engine", "laboratory")
    assert OLDER in reason.what
    assert ENGINE in reason.what
    assert "Upgrade" in reason.fix
    say(world, "laboratory", 10_002, ENGINE)
    world.settle()
    assert world.client("hospital").task(task).state == "started"
