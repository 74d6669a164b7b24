"""Who learns of whom: addresses of nodes and descriptions of data sets reach those who work together, and nobody else."""

import base64
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
from fastapi.routing import APIRoute

from embedded.stack import Stack
from orchestrator.api.app import PARTS
from protocol import ids
from protocol.catalogue import PARTICIPANTS, Audience
from protocol.errors import RefusedError
from protocol.messages import ANNOUNCEMENT_TYPE, Announcement
from protocol.typed import KIND_REFUSAL, Abort
from protocol.webhooks import KINDS
from tests.integration.orchestrator.databases import own_database
from tests.integration.orchestrator.world import NODES, PROGRAM, World

ENGAGED = {"hospital", "laboratory", "exchange", "regulator"}
"""Committee, owners and auditor of the task; `platform` schedules it, `stranger` and `certifier` have no part."""


@pytest.fixture(scope="module")
def alone(stack: Stack) -> Iterator[World]:
    """A world without the tasks of other tests."""
    with own_database(stack, "company") as database:
        made = World(stack, database=database)
        made.prepare()
        try:
            yield made
        finally:
            made.close()


def host(party: str) -> str:
    return f"{party}-node.canary.example"


def announce(world: World, party: str, sequence: int) -> None:
    said = Announcement(party, host(party), 50_000 + sequence, sequence, "tallystick.engine@1.0.0", b"\x08" * 32)
    world.client(party).receipt(world.parties[party].envelope(said.data(), ANNOUNCEMENT_TYPE))


def everything(world: World, reader: str, tasks: list[bytes]) -> dict[str, bytes]:
    """All that a party can get: every path of the API with every name that it could put in."""
    values = {
        "party": [f"party_{name}" for name in world.parties],
        "data_set": [f"ds_{name}" for name in world.references.values()],
        "program": [f"prog_{PROGRAM}"],
        "task": [ids.prefixed("task", task) for task in tasks],
        "user": list(world.parties),
        "hook": [
            ids.prefixed("hook", kept.hook) for party in world.parties for kept in world.client(party).webhooks().items
        ],
    }
    found: dict[str, bytes] = {}
    token = world.client(reader)._auth()["authorization"]
    routes = [route for part in PARTS for route in part.router.routes if isinstance(route, APIRoute)]
    for route in routes:
        if "GET" not in (route.methods or ()):
            continue
        paths = [route.path]
        for name in re.findall(r"\{(\w+)\}", route.path):
            paths = [path.replace(f"{{{name}}}", value) for path in paths for value in values[name]]
        for path in paths:
            where = path + ("?head=1" if path.endswith("/path") else "?seconds=0" if path.endswith("/events") else "")
            found[path] = world.http.get(where, headers={"authorization": token}).content
    return found


def opened(text: bytes, depth: int = 3) -> bytes:
    """A text with whatever stands in it as base64 or hex, opened again and again."""
    found = [text]
    for run in set(re.findall(rb"[A-Za-z0-9+/_-]{40,}", text)) if depth else ():
        for decode in (bytes.fromhex, lambda word: base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_")):
            with suppress(ValueError):
                found.append(opened(decode(run.decode().removeprefix("0x")), depth - 1))
    return b"\n".join(found)


def told(world: World, tasks: list[bytes]) -> dict[str, set[str]]:
    """Whose addresses stand anywhere in what each party gets, however they are wrapped."""
    got = {reader: opened(b"\n".join(everything(world, reader, tasks).values())) for reader in world.parties}
    return {reader: {party for party in NODES if host(party).encode() in text} for reader, text in got.items()}


def test_attack_addresses_reach_nobody_but_the_task_s_own(alone: World) -> None:
    """Before a start, while it runs and after its end, over every path of the API."""
    for sequence, party in enumerate(NODES, start=1000):
        announce(alone, party, sequence)
        alone.client(party).add_webhook("https://hooks.example.org/", KINDS, party)
    own = {party: {party} & set(NODES) for party in alone.parties}
    task = alone.client("hospital").submit(alone.contract())
    alone.settle()
    assert told(alone, [task]) == own
    alone.authorize(task)
    alone.settle()
    assert alone.client("hospital").task(task).state == "started"
    assert told(alone, [task]) == {party: set(NODES) if party in ENGAGED else own[party] for party in alone.parties}
    alone.client("laboratory", node=True).refuse(Abort(task, "laboratory", KIND_REFUSAL, 9, bytes(32)))
    alone.settle()
    assert alone.client("hospital").task(task).state == "refused"
    assert told(alone, [task]) == own


def listed(world: World, reader: str) -> set[str]:
    return {item.data_set for item in world.client(reader).data_sets(limit=200).items}


def looked_up(world: World, reader: str, data_set: str) -> bool:
    try:
        world.client(reader).data_set(data_set)
    except RefusedError as error:
        assert error.code == "data_set.unknown"
        return False
    return True


def columns_told(world: World, reader: str, data_set: str) -> bool:
    """Whether a column that is not there is answered with those that are."""
    contract = world.contract(proposer=reader)
    (item,) = [item for item in contract.inputs if item.data_set == data_set]
    asked = tuple(replace(one, columns=("guess",)) if one is item else one for one in contract.inputs)
    found = world.client(reader).preflight(replace(contract, inputs=asked)).problems
    return any("outcome" in problem.fix for problem in found)


def publish(world: World, audience: Audience | None) -> None:
    data_set = world.references["hospital"]
    with world.database.transaction() as tx:
        row = tx.execute("SELECT envelope FROM data_set_descriptors WHERE data_set = %s", (data_set,)).fetchone()
    assert row is not None
    world.client("hospital").register_data_set(bytes(row["envelope"]), audience)


@pytest.mark.parametrize(
    ("audience", "listing", "by_name"),
    [
        (Audience("public", ()), "all", "all"),
        (PARTICIPANTS, "company", "all"),
        (Audience("named", ("stranger",)), "named", "named"),
    ],
)
def test_a_description_reaches_its_audience(alone: World, audience: Audience, listing: str, by_name: str) -> None:
    """Regulators and the owner always; the company is who took part in the started task of before."""
    if not listed(alone, "exchange"):
        alone.started()
    data_set, every = alone.references["hospital"], set(alone.parties)
    groups = {
        "all": every,
        "company": {"hospital", "laboratory", "exchange", "platform", "regulator"},
        "named": {"hospital", "regulator", "stranger"},
    }
    publish(alone, audience)
    publish(alone, None)  # described once more, it stays as it was
    assert {reader for reader in every if data_set in listed(alone, reader)} == groups[listing]
    assert {reader for reader in every if looked_up(alone, reader, data_set)} == groups[by_name]
    told_columns = {reader for reader in every if columns_told(alone, reader, data_set)}
    assert told_columns == (every if by_name == "all" else {"hospital", "stranger"})


def test_attack_another_widens_the_audience(alone: World) -> None:
    publish(alone, Audience("named", ("laboratory",)))
    with alone.database.transaction() as tx:
        row = tx.execute(
            "SELECT envelope FROM data_set_descriptors WHERE data_set = %s", (alone.references["hospital"],)
        ).fetchone()
    assert row is not None
    with pytest.raises(RefusedError, match=r"data_set\.owner"):
        alone.client("stranger").register_data_set(bytes(row["envelope"]), Audience("public", ()))
    body = {"envelope": "", "audience": None}
    assert alone.http.post("/v1/data-sets", json=body).json()["code"] == "access.missing"
    assert not looked_up(alone, "stranger", alone.references["hospital"])
