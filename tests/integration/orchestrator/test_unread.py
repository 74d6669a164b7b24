"""A log that this version cannot read: the index goes on, what it is about is not known, and a rebuild reads it later."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from orchestrator.services import projection, registry
from orchestrator.store import faults, index
from orchestrator.store.database import Transaction
from protocol import events, ids
from protocol.errors import FormatError
from protocol.typed import Abort
from tests.integration.orchestrator.world import World


@pytest.fixture
def clean(world: World) -> Iterator[World]:
    """Other tests of the world find everything known."""
    yield world
    with world.database.transaction() as tx:
        projection.rebuild(tx)
        assert not faults.count_dead(tx)


@contextmanager
def unreadable(*kinds: type[events.Event]) -> Iterator[None]:
    """As an older version would read them: it does not know these events, or knows them otherwise."""
    plain = events.decode

    def decode(contract: str, topics: tuple[bytes, ...], data: bytes) -> events.Event:
        found = plain(contract, topics, data)
        if isinstance(found, kinds):
            raise FormatError("event.unknown", f"{contract} has no such event.", "Update the software.")
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "decode", decode)
        yield


def refused(world: World, task: bytes) -> None:
    world.client("laboratory").refuse(Abort(task, "laboratory", 1, 9, bytes(32)))
    world.settle()


def state(world: World, task: bytes) -> str:
    return world.client("hospital").task(task).state


def rebuilt(world: World) -> None:
    with world.database.transaction() as tx:
        projection.rebuild(tx)


def test_the_index_goes_on_and_the_task_is_shown_as_not_known_until_a_version_can_read_it(clean: World) -> None:
    """Regression: one undecodable log stopped the index for all tasks."""
    world = clean
    bad, good = (world.client("hospital").submit(world.contract()) for _ in range(2))
    world.settle()
    with unreadable(events.TaskAborted):
        refused(world, bad)
        with world.database.transaction() as tx:
            (letter,) = faults.dead(tx)
        assert (letter["loop"], letter["code"], letter["cause"]) == (
            "index", "event.unknown", "Tasks: Tasks has no such event.",
        )  # fmt: skip
        status = world.client("hospital").task(bad)
        assert (status.state, status.ended) == ("unknown", False)  # not "proposed", which it was
        assert [reason.code for reason in status.reasons] == ["index.not_known"]
        assert world.client("hospital").health().dead_letters == 1
        assert state(world, good) == "proposed"
        world.authorize(good)
        world.settle()
        assert state(world, good) == "started"
        rebuilt(world)  # a version that cannot read it either knows no more than before
        assert (state(world, bad), state(world, good)) == ("unknown", "started")
    rebuilt(world)
    assert (state(world, bad), state(world, good)) == ("refused", "started")
    assert world.client("hospital").task(bad).reasons[0].party == "laboratory"
    assert not world.client("hospital").health().dead_letters


KNOWN: dict[str, tuple[str, Callable[[Transaction, World], object]]] = {
    "party": ("PartyRegistry", lambda tx, _: registry.party_facts(tx, "stranger")),
    "data set": ("DataSets", lambda tx, world: registry.data_set_facts(tx, world.contract().inputs[0].data_set, 1)),
    "program": ("Programs", lambda tx, world: registry.program_facts(tx, world.contract().steps[0].program)),
    "authorization": ("Consents", lambda tx, _: newest(tx)),
    "task": ("Tasks", lambda tx, _: tx.execute("SELECT FROM tasks_now WHERE task_id = %s", (task_of(tx),)).fetchone()),
}


def newest(tx: Transaction) -> object:
    row = tx.execute("SELECT digest FROM authorization_versions ORDER BY block_number DESC, log_index DESC").fetchone()
    assert row is not None
    return index.submitted_authorization(tx, bytes(row["digest"]))


def task_of(tx: Transaction) -> bytes:
    row = tx.execute("SELECT task_id FROM task_versions ORDER BY block_number DESC, log_index DESC").fetchone()
    assert row is not None
    return bytes(row["task_id"])


def subject_of(tx: Transaction, world: World, what: str) -> bytes:
    contract = world.contract()
    if what == "authorization":
        row = tx.execute(
            "SELECT digest FROM authorization_versions ORDER BY block_number DESC, log_index DESC"
        ).fetchone()
        assert row is not None
        return bytes(row["digest"])
    if what == "task":
        return task_of(tx)
    names = {"party": "stranger", "data set": contract.inputs[0].data_set, "program": contract.steps[0].program}
    return ids.on_chain(names[what])


@pytest.mark.parametrize("what", KNOWN)
def test_whatever_an_unread_log_is_about_is_not_known_and_known_again_when_the_chain_takes_it_back(
    world: World, what: str
) -> None:
    world.started()
    contract, look = KNOWN[what]
    with world.database.transaction() as tx:
        assert look(tx, world) is not None
        topics = (b"\7" * 32, subject_of(tx, world, what))
        block = index.cursors(tx)[0][0] + 1
        logged = unread(contract, topics, block)
        projection.apply(tx, logged)
        projection.apply(tx, logged)  # the same block read twice
        assert faults.count_dead(tx) == 1
        assert look(tx, world) is None
        index.roll_back(tx, block - 1)
        assert not faults.count_dead(tx)
        assert look(tx, world) is not None


def unread(contract: str, topics: tuple[bytes, ...], block: int) -> projection.Logged:
    event = projection.decode(contract, topics, b"")
    return projection.Logged(event, contract, block, b"\1" * 32, b"\2" * 32, 0, 0, 1)


def test_one_that_is_about_nothing_is_a_letter_and_hides_nothing(world: World) -> None:
    with world.database.transaction() as tx:
        block = index.cursors(tx)[0][0] + 1
        projection.apply(tx, unread("Anchors", (), block))
        (letter,) = faults.dead(tx)
        assert letter["item"] == f"{block}-0"
        assert projection.rebuild(tx) > 0
        assert faults.count_dead(tx) == 1
        index.roll_back(tx, block - 1)
