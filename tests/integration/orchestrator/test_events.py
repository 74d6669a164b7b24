"""Following tasks over the API: every change is told, also to who was away; and only for as long as one may read."""

import asyncio
import json
import re
from typing import Any

import httpx
import psycopg
import pytest

from orchestrator.services.following import OVERLAP, Following
from orchestrator.store import work
from orchestrator.store.database import word_of_tasks
from protocol import access_keys, ids
from protocol.api import TaskLine, TaskNews
from protocol.typed import KIND_REFUSAL, Abort
from tests.integration.orchestrator.world import World
from tests.patience import scaled


def followed(world: World, party: str, path: str, last: str | None = None, seconds: int = 0) -> list[dict[str, Any]]:
    """The events of a stream that ends by itself, in order."""
    headers = world.client(party)._auth() | ({} if last is None else {"last-event-id": last})
    answer = world.http.get(f"{path}?seconds={seconds}", headers=headers)
    assert answer.status_code == 200, answer.text
    return events(answer.text)


def events(text: str) -> list[dict[str, Any]]:
    found = re.findall(r"event: (\w+)\n(?:id: (\w+)\n)?data: (.*)\n\n", text)
    return [{"event": name, "mark": mark, **json.loads(data)} for name, mark, data in found]


def path_of(task: bytes) -> str:
    return f"/v1/tasks/{ids.prefixed('task', task)}/events"


def refuse(world: World, task: bytes) -> None:
    world.client("laboratory").refuse(Abort(task, "laboratory", KIND_REFUSAL, 9, bytes(32)))
    world.settle()


def test_one_task_from_its_submission_to_its_end(world: World) -> None:
    task = world.client("hospital").submit(world.contract())
    (first,) = followed(world, "hospital", path_of(task))
    assert (first["event"], first["state"]) == ("task", "submitted")
    mark = first["mark"]
    assert len(mark) == 64
    assert followed(world, "hospital", path_of(task), mark) == [], "who knows it is told nothing"
    world.settle()
    (second,) = followed(world, "hospital", path_of(task), mark)
    assert second["state"] == "proposed"
    refuse(world, task)
    (last,) = followed(
        world, "hospital", path_of(task), second["mark"], seconds=300
    )  # it has ended: so does the stream
    assert last["state"] == "refused"


def test_the_words_of_an_event_are_records(world: World) -> None:
    task = world.client("hospital").submit(world.contract())
    (one,) = world.http.get(f"{path_of(task)}?seconds=0", headers=world.client("hospital")._auth()).text.split(
        "data: "
    )[1:]
    assert TaskNews.read(one.split("\n")[0].encode()).task == task


def test_all_of_a_partys_tasks_and_nobody_elses(world: World) -> None:
    (ready,) = followed(world, "hospital", "/v1/events")
    assert ready["event"] == "ready"
    task = world.client("hospital").submit(world.contract(auditors=()))
    world.settle()
    told = followed(world, "hospital", "/v1/events", ready["mark"])
    assert [item["state"] for item in told if item["id"] == ids.prefixed("task", task)] == ["proposed"]
    regulators = followed(world, "regulator", "/v1/events", ready["mark"])
    assert ids.prefixed("task", task) not in {item["id"] for item in regulators}
    assert followed(world, "stranger", "/v1/events", ready["mark"]) == []
    refuse(world, task)
    after = followed(world, "hospital", "/v1/events", told[-1]["mark"])
    assert [item["state"] for item in after if item["id"] == ids.prefixed("task", task)] == ["refused"]


def test_a_change_that_was_long_on_its_way_is_told_behind_later_ones(world: World) -> None:
    """Its moment lies before that of what was told meanwhile: the look goes back far enough to find it, and tells it once."""
    slow, quick = (world.client("hospital").submit(world.contract()) for _ in range(2))
    world.settle()
    following = Following(None)
    with world.database.transaction() as tx:
        assert following.look(tx, "hospital") == []
    change = "UPDATE tally.task_facets SET changed_at = clock_timestamp() WHERE kind = 'state' AND task_id = %s"

    def told() -> list[bytes]:
        with world.database.transaction() as tx:
            found: list[TaskLine] = [line for _, line in following.look(tx, "hospital")]
        return [line.task for line in found]

    with psycopg.connect(world.dsn) as late, psycopg.connect(world.dsn, autocommit=True) as at_once:
        late.execute(change, (slow,))
        at_once.execute(change, (quick,))
        assert told() == [quick]
        late.commit()
    assert told() == [slow]
    assert told() == []
    resumed = Following(following.at)
    with world.database.transaction() as tx:
        assert {quick, slow} <= {line.task for _, line in resumed.look(tx, "hospital")}
    assert OVERLAP >= 15_000_000 + 5_000_000, "no shorter than the database lets a statement and its lock last"


def test_more_changes_than_one_look_tells(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = {world.client("hospital").submit(world.contract()) for _ in range(5)}
    monkeypatch.setattr("orchestrator.services.following._PAGE", 2)
    monkeypatch.setattr("orchestrator.services.following._MOST", 2)
    with world.database.transaction() as tx:
        following, found = Following(int(work.clock(tx) * 1_000_000)), list[bytes]()
    for _ in range(1000):
        with world.database.transaction() as tx:
            news = [line.task for _, line in following.look(tx, "hospital")]
        if not news:
            break
        found += news
    assert len(found) == len(set(found))
    assert tasks <= set(found)


@pytest.mark.parametrize("last", ["x", "-1", "1" * 17, "1.5"])
def test_a_last_event_that_is_none_is_refused(world: World, last: str) -> None:
    task = world.client("hospital").submit(world.contract())
    for path in ("/v1/events", path_of(task)):
        answer = world.http.get(path, headers=world.client("hospital")._auth() | {"last-event-id": last})
        assert (answer.status_code, answer.json()["code"]) == (400, "json.wrong_value")


def test_attack_a_stranger_follows_a_task(world: World) -> None:
    task = world.client("hospital").submit(world.contract())
    answer = world.http.get(path_of(task), headers=world.client("stranger")._auth())
    assert (answer.status_code, answer.json()["code"]) == (404, "task.unknown")


def test_attack_a_stream_outlives_its_key(world: World) -> None:
    """The word that something changed finds the key revoked: the stream ends without telling what."""
    client = world.client("hospital")
    task = client.submit(world.contract())
    key, view = client.give_key(["tasks:read"], "follower", world.clock() + 600)

    async def follow() -> str:
        transport = httpx.ASGITransport(app=world.app, raise_app_exceptions=False)
        headers = {"authorization": access_keys.header(key)}
        request = httpx.Request("GET", f"http://testserver{path_of(task)}?seconds=300", headers=headers)
        answering = asyncio.ensure_future(transport.handle_async_request(request))
        while not world.app.state.context.streams.open:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(lambda: client.revoke_key(view.key))
        await asyncio.to_thread(lambda: refuse(world, task))
        answer = await asyncio.wait_for(answering, scaled(60))
        return (await answer.aread()).decode()

    with word_of_tasks(world.dsn, world.app.state.context.waiting.ring):
        text = asyncio.run(follow())
    told = events(text)
    assert told[-1]["event"] == "problem"
    assert told[-1]["code"] == "access.key_over"
    assert "refused" not in {item.get("state") for item in told}
    assert key not in text
