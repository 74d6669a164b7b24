"""Every look at evidence through the API is noted in the transaction that gives it, and shown to whoever reads the task."""

from typing import Any

import pytest

from audit_explorer.queries import PostgresRecords
from orchestrator.bootstrap import sweep
from orchestrator.store import looks
from protocol import bundle
from protocol.errors import RefusedError
from tests.integration.orchestrator.test_witnesses import ended, rows
from tests.integration.orchestrator.world import World


def shown(world: World, reader: str, task: bytes) -> set[tuple[str, str, int]]:
    with PostgresRecords(world.dsn) as records:
        return {(row["reader"], row["what"], row["looks"]) for row in records.rows(reader, "looks", task=task)}


def test_looks_are_noted_and_shown_to_those_whom_they_concern(world: World) -> None:
    task = ended(world)
    rows(world, b"DELETE FROM looks RETURNING reader")
    data = world.client("hospital").evidence(task)
    world.client("hospital").evidence(task)
    world.client("regulator").evidence(task)
    world.client("regulator").path(task, bundle.read(data).descent.top.number)
    wanted = {("hospital", "bundle", 2), ("regulator", "bundle", 1), ("regulator", "path", 1)}
    for reader in ("hospital", "laboratory", "exchange", "regulator", "*"):
        assert shown(world, reader, task) == wanted
    (found,) = rows(world, b"SELECT last_at, day FROM looks WHERE reader = 'hospital'")
    assert abs(found["last_at"] - world.clock()) < 600
    for stranger in ("stranger", ""):
        assert shown(world, stranger, task) == set()


def test_a_contract_is_read_before_there_is_a_bundle_and_who_read_it_is_told_to_its_parties(world: World) -> None:
    task = world.client("hospital").submit(world.contract())
    words = world.client("laboratory").words(task)
    assert words == world.client("hospital").task(task).contract
    world.client("regulator").words(task)
    wanted = {("laboratory", "contract", 1), ("regulator", "contract", 1)}
    assert shown(world, "hospital", task) == wanted
    for party in ("hospital", "laboratory", "exchange", "regulator"):
        assert {(item.reader, item.what, item.looks) for item in world.client(party).looks(task)} == wanted
    assert shown(world, "hospital", task) == wanted, "to read who looked is no look at evidence"
    for ask in (world.client("stranger").words, world.client("stranger").looks):
        with pytest.raises(RefusedError, match=r"task\.unknown"):
            ask(task)
    assert shown(world, "*", task) == wanted


def test_attack_who_is_refused_leaves_no_look_and_sees_none(world: World) -> None:
    """A stranger's question is answered as about a task that is not there, and fills nobody's list."""
    task = ended(world)
    rows(world, b"DELETE FROM looks RETURNING reader")
    for ask in (world.client("stranger").evidence, lambda of: world.client("stranger").path(of, 10**6)):
        with pytest.raises(RefusedError, match=r"task\.unknown"):
            ask(task)
    with pytest.raises(RefusedError, match=r"access\.not_yours"):
        world.client("laboratory").sealed(task, "hospital")
    assert world.client("hospital").sealed(task, "hospital") == (), "there are no shares of this task to look at"
    assert rows(world, b"SELECT reader FROM looks") == []


def test_attack_looking_again_and_again_makes_one_row_a_day(world: World) -> None:
    task = ended(world)
    rows(world, b"DELETE FROM looks RETURNING reader")
    day = 86_400
    with world.database.transaction() as tx:
        for time in (3 * day, 3 * day + 5, 4 * day - 1, 4 * day):
            looks.note(tx, task, "hospital", "bundle", time)
    found: list[Any] = rows(world, b"SELECT day::text, looks, last_at FROM looks ORDER BY day")
    assert [(row["day"], row["looks"], row["last_at"]) for row in found] == [
        ("1970-01-04", 3, 4 * day - 1),
        ("1970-01-05", 1, 4 * day),
    ]
    with world.database.transaction() as tx:
        looks.note(tx, task, "hospital", "bundle", world.clock())
    sweep(world.database)
    assert len(rows(world, b"SELECT reader FROM looks")) == 1, "what is over for 400 days is forgotten, today is not"
