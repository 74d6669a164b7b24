"""What happens wakes the proposed tasks that may wait for it, and no others: what an owner does costs nothing for everybody else's tasks."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from orchestrator.services.sending import Sending
from protocol.contract import Input, Step
from protocol.errors import UnavailableError
from protocol.registrations import DataSetRegistration
from tests.admitting import registration
from tests.integration.orchestrator.world import PROGRAM, World


@pytest.fixture(scope="module")
def other(world: World) -> str:
    """Another data set of the hospital's."""
    reference = world.register("hospital", "admissions", b"\x33" * 32)
    world.settle()
    return reference


@pytest.fixture
def waiting(world: World, other: str) -> tuple[bytes, bytes]:
    """Two proposed tasks that nobody has authorized: of the usual data sets, and of the other one alone."""
    usual = world.contract()
    alone = replace(
        world.contract(),
        inputs=(Input(other, 1, "hospital", ("outcome",), ()),),
        steps=(Step("train", PROGRAM, (), (("table", (other,)),)),),
    )
    tasks = world.client("hospital").submit(usual), world.client("hospital").submit(alone)
    world.settle()
    return tasks


def woken(world: World, waiting: tuple[bytes, bytes], happens: Callable[[], object]) -> tuple[bool, bool]:
    """Which of the two is to be looked at again after something, when neither was before."""
    with world.database.transaction() as tx:
        tx.execute("UPDATE tasks SET look_at = now() + interval '1 day' WHERE task_id = ANY (%s)", (list(waiting),))
    happens()
    while world.indexer.catch_up() + world.relaying.step():
        pass
    with world.database.transaction() as tx:
        rows = tx.execute("SELECT task_id FROM tasks WHERE look_at <= now() AND task_id = ANY (%s)", (list(waiting),))
        found = {bytes(row["task_id"]) for row in rows.fetchall()}
    return waiting[0] in found, waiting[1] in found


def test_a_standing_authorization_wakes_what_uses_its_data_set(
    world: World, waiting: tuple[bytes, bytes], other: str
) -> None:
    client = world.client("hospital")
    (request,) = client.authorizations(waiting[1])
    words = client.standing(waiting[1], request, uses=1, not_after=world.clock() + 9_999, tasks_per_day=1)
    assert woken(world, waiting, lambda: client.authorize_standing(client.sign(*words))) == (False, True)
    with world.database.transaction() as tx:
        tx.execute("UPDATE tasks SET look_at = now() WHERE task_id = ANY (%s)", (list(waiting),))
    world.settle()
    assert [client.task(task).state for task in waiting] == ["proposed", "started"]


def test_a_new_version_of_a_data_set_wakes_what_uses_it(world: World, waiting: tuple[bytes, bytes], other: str) -> None:
    message = DataSetRegistration(other, "hospital", 2, b"\x44" * 32, b"\x55" * 32, 1000, 3, "consent")
    sent = registration(world.domains.domain, world.parties["hospital"].wallet, message)
    assert woken(world, waiting, lambda: world.gateway.send(sent)) == (False, True)


def test_an_announcement_wakes_what_its_party_takes_part_in(world: World, waiting: tuple[bytes, bytes]) -> None:
    assert woken(world, waiting, lambda: world.announce("exchange", 9_001)) == (True, True)
    assert woken(world, waiting, lambda: world.announce("exchange", 9_001)) == (False, False), "the same once more"


def test_a_change_of_parties_or_releases_wakes_all(world: World, waiting: tuple[bytes, bytes]) -> None:
    assert woken(world, waiting, lambda: world.publish("chain.waking@1.0.0")) == (True, True)


def test_a_start_that_met_a_chain_that_was_away_is_tried_again_at_once(
    world: World, waiting: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the task has waited: it is the chain that is waited for, no longer its owners."""
    with world.database.transaction() as tx:
        tx.execute("UPDATE tasks SET submitted_at = submitted_at - 3000 WHERE task_id = %s", (waiting[0],))
    world.authorize(waiting[0])
    while world.indexer.catch_up() + world.relaying.step():
        pass
    with monkeypatch.context() as patch:
        patch.setattr(Sending, "start", away)
        with pytest.raises(UnavailableError):
            world.starting.start_step()
    with world.database.transaction() as tx:
        row = tx.execute(
            "SELECT look_at <= now() + interval '2 seconds' AS soon FROM tasks WHERE task_id = %s", (waiting[0],)
        ).fetchone()
    assert row is not None
    assert row["soon"]


def away(*_: object) -> int:
    raise UnavailableError("test.away", "Away.", "Wait.")
