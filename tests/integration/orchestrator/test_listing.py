"""Lists of tasks: every filter finds what the contracts say, alone and together, page by page, also after a migration."""

import itertools
import time
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest

from client import Coordinator
from orchestrator.store.migrate import MIGRATIONS
from protocol.api import TaskLine, TaskPage
from protocol.contract import TaskContract
from protocol.errors import FormatError
from protocol.typed import KIND_REFUSAL, Abort
from tests.integration.orchestrator.world import NODES, PROGRAM, World

OTHER = "listing.other@1.0.0"


@dataclass(frozen=True)
class Kept:
    """A task as its contract and its last line say."""

    contract: TaskContract
    line: TaskLine

    def meets(self, name: str, value: str) -> bool:
        """Said over the contract, as the filters are not."""
        return {
            "state": lambda: self.line.state == value,
            "part": lambda: value in self.line.parts,
            "party": lambda: value in {*self.contract.participants, self.contract.scheduler, *self.contract.auditors},
            "program": lambda: value in self.contract.programs,
            "data_set": lambda: value in {item.data_set for item in self.contract.inputs},
        }[name]()


@pytest.fixture(scope="module")
def begun(world: World) -> int:
    """From when on tasks are this module's own: the world is shared."""
    descriptor = world.publish(OTHER)
    world.settle()
    world.client("platform").publish_program(descriptor)
    time.sleep(1.0)
    return world.clock()


@pytest.fixture(scope="module")
def kept(world: World, begun: int) -> dict[bytes, Kept]:
    proposer = world.client("hospital")
    newer = world.contract()
    newer = replace(newer, steps=(replace(newer.steps[0], program=OTHER),))
    refused = proposer.submit(world.contract())
    world.started()
    proposer.submit(newer)
    world.settle()
    world.client("laboratory").refuse(Abort(refused, "laboratory", KIND_REFUSAL, 9, bytes(32)))
    world.settle()
    proposer.submit(world.contract(auditors=()))
    lines = {line.task: line for line in proposer.tasks(limit=200, since=begun).items}
    return {task: Kept(proposer.task(task).contract, line) for task, line in lines.items()}


def listed(client: Coordinator, **filters: Any) -> list[bytes]:
    found: list[bytes] = []
    cursor = None
    while True:
        page = client.tasks(cursor, limit=2, **filters)
        found += [line.task for line in page.items]
        if (cursor := page.next_cursor) is None:
            assert len(found) == len(set(found))
            return found


def choices(kept: dict[bytes, Kept]) -> dict[str, list[str]]:
    contracts = [item.contract for item in kept.values()]
    return {
        "state": sorted({item.line.state for item in kept.values()} | {"completed"}),
        "part": ["proposer", "owner", "auditor"],
        "party": [*NODES, "regulator", "stranger"],
        "program": [PROGRAM, OTHER],
        "data_set": [*sorted({part.data_set for found in contracts for part in found.inputs}), "none-" + "0" * 32],
    }


def test_filters_alone_and_in_pairs_find_what_contracts_say(world: World, begun: int, kept: dict[bytes, Kept]) -> None:
    client, named = world.client("hospital"), choices(kept)
    single = [{name: value} for name, values in named.items() for value in values]
    pairs = [
        {one: first, other: second}
        for one, other in itertools.combinations(named, 2)
        for first, second in [(named[one][0], named[other][0]), (named[one][-1], named[other][-1])]
    ]
    assert len({item.line.state for item in kept.values()}) >= 4
    newest = sorted(kept, key=lambda task: (kept[task].line.submitted_at, task), reverse=True)
    for filters in [dict[str, str](), *single, *pairs]:
        expected = [task for task in newest if all(kept[task].meets(*item) for item in filters.items())]
        assert listed(client, since=begun, **filters) == expected, filters


def test_from_and_to(world: World, begun: int, kept: dict[bytes, Kept]) -> None:
    client = world.client("hospital")
    for moment in {item.line.submitted_at for item in kept.values()}:
        before = {task for task, item in kept.items() if item.line.submitted_at < moment}
        assert set(listed(client, since=begun, until=moment)) == before
        assert set(listed(client, since=moment)) == set(kept) - before
        assert listed(client, since=moment, until=moment) == []


def test_what_waits_for_an_owner_s_word(world: World, begun: int, kept: dict[bytes, Kept]) -> None:
    proposed = {task for task, item in kept.items() if item.line.state == "proposed"}
    laboratory = world.client("laboratory")
    assert proposed
    assert (
        set(listed(laboratory, waits_for_me=True, since=begun))
        == proposed
        == set(listed(world.client("hospital"), waits_for_me=True, since=begun))
    )
    assert listed(world.client("exchange"), waits_for_me=True, since=begun) == []  # it computes, and owns nothing here
    task = world.client("hospital").submit(world.contract())
    world.settle()
    assert task in listed(laboratory, waits_for_me=True, since=begun)
    (asked,) = [item for item in laboratory.authorizations(task) if item.owner == "laboratory"]
    laboratory.authorize(task, laboratory.sign(*laboratory.asked(task, asked)))
    assert task not in listed(laboratory, waits_for_me=True, since=begun)
    assert task in listed(world.client("hospital"), waits_for_me=True, since=begun)
    world.client("hospital").refuse(Abort(task, "hospital", KIND_REFUSAL, 9, bytes(32)))
    world.settle()


def test_attack_a_stranger_filters_by_others(world: World, begun: int, kept: dict[bytes, Kept]) -> None:
    """Whoever has no part in a task finds it by nothing."""
    stranger = world.client("stranger")
    for name, values in choices(kept).items():
        for value in values:
            assert listed(stranger, since=begun, **{name: value}) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "state=soon", "part=stranger", "party=Hospital", "party=", "program=glm", "data_set=panels", "waits_for=you",
        "since=-1", "until=x", "until=-1", "cursor=x", "limit=0", "limit=201", "state=", "colour=red",
    ],
)  # fmt: skip
def test_filters_that_are_none_are_refused(world: World, wrong: str) -> None:
    with pytest.raises(FormatError):
        world.client("hospital")._get(TaskPage, f"/v1/tasks?{wrong}")


def test_a_cursor_of_another_list_is_refused(world: World, begun: int, kept: dict[bytes, Kept]) -> None:
    client = world.client("hospital")
    cursor = client.tasks(limit=1).next_cursor
    assert cursor is not None
    with pytest.raises(FormatError):
        client.own_authorizations(cursor)
    with pytest.raises(FormatError):
        client.keys(cursor)


def test_tasks_of_before_are_found_by_the_same(world: World, begun: int, kept: dict[bytes, Kept]) -> None:
    """The migrations give tasks that are there the facets that they would have been kept with."""
    text = (MIGRATIONS / "0015.access.sql").read_text("utf-8")
    filling = text[text.index("WITH known AS") :]
    later = (MIGRATIONS / "0017.readers.sql").read_text("utf-8")
    more = later[later.index("INSERT INTO tally.task_facets") : later.index("-- What the search box")]
    columns = "task_id, party, kind, value, submitted_at"
    with psycopg.connect(world.dsn) as connection:
        before = connection.execute(f"SELECT {columns} FROM tally.task_facets").fetchall()  # type: ignore[arg-type]
        connection.execute("DELETE FROM tally.task_facets")
        connection.execute(filling)  # type: ignore[arg-type]
        connection.execute(more)  # type: ignore[arg-type]
        after = connection.execute(f"SELECT {columns} FROM tally.task_facets").fetchall()  # type: ignore[arg-type]
        connection.rollback()
    assert len(before) > 20 * len(kept)
    assert set(after) == set(before)
