"""Webhooks from their registration to their delivery: every change told at least once, to its own parties alone, for ever bounded."""

import re
import secrets
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from standardwebhooks.webhooks import Webhook

from orchestrator.bootstrap import sweep
from orchestrator.dispatch.mailing import Mailer
from orchestrator.dispatch.posting import NotTakenError
from orchestrator.engine.delivering import Delivering
from orchestrator.services import projection
from orchestrator.store import webhooks as kept
from protocol import access_keys, ids
from protocol import webhooks as rules
from protocol.access_keys import DAY
from protocol.errors import RefusedError
from protocol.typed import KIND_REFUSAL, Abort
from protocol.webhooks import MOST_HOOKS, MOVES, WAITS, HookRequest, HookView, verified_webhook
from tests.integration.orchestrator.test_access_keys import code, given
from tests.integration.orchestrator.world import World

URL = "https://hooks.example.org/tally"


class Sink:
    """Addresses of the test: what came, and what each answers. Tasks that other tests left in this world may still move: they are passed over."""

    def __init__(self, others: Iterable[bytes] = ()) -> None:
        self.others = [ids.prefixed("task", task).encode() for task in others]
        self.came: list[tuple[str, bytes, dict[str, str]]] = []
        self.fails: dict[str, NotTakenError] = {}

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        if any(task in body for task in self.others):
            return 204
        self.came.append((url, body, dict(headers)))
        if url in self.fails:
            raise self.fails[url]
        return 204

    def states(self, url: str = URL) -> list[str]:
        return [re.findall(r'"state":"(\w+)"', body.decode())[0] for where, body, _ in self.came if where == url]


@pytest.fixture
def sink(world: World) -> Iterator[Sink]:
    world.settle()
    with world.database.transaction() as tx:
        others = [bytes(found["task_id"]) for found in tx.execute("SELECT task_id FROM tasks").fetchall()]
    yield Sink(others)
    world.clock.offset = 0
    with world.database.transaction() as tx:
        tx.execute("DELETE FROM webhooks")


def step(world: World, sink: Sink) -> None:
    loop = Delivering(world.database, sink, Mailer(None, ()), world.clock)
    while loop.step():
        pass


def hook(world: World, party: str = "hospital", url: str = URL, kinds: tuple[str, ...] = MOVES) -> tuple[str, HookView]:
    return world.client(party).add_webhook(url, kinds, "a test")


def refuse(world: World, task: bytes) -> None:
    world.client("laboratory").refuse(Abort(task, "laboratory", KIND_REFUSAL, 9, bytes(32)))
    world.settle()


def moved(world: World) -> bytes:
    task = world.client("hospital").submit(world.contract())
    world.settle()
    return task


def down(status: int | None = None) -> NotTakenError:
    return NotTakenError("webhook.unreachable" if status is None else "webhook.status", "No.", "Mend it.", status)


def row(world: World, statement: bytes, *values: object) -> Any:
    with world.database.transaction() as tx:
        return tx.execute(statement, values).fetchone()


def later(world: World) -> None:
    """As if all that waits had come due."""
    with world.database.transaction() as tx:
        tx.execute("UPDATE webhooks SET next_at = now()")
        tx.execute("UPDATE webhook_messages SET next_at = now()")


def test_every_state_of_a_task_is_told_to_its_parties_and_verifies(world: World, sink: Sink) -> None:
    secret, _ = hook(world)
    hook(world, "laboratory", "https://lab.example.org/", ("task.refused",))
    hook(world, "stranger", "https://stranger.example.org/")
    task = moved(world)
    refuse(world, task)
    step(world, sink)
    assert sink.states() == ["submitted", "proposed", "refused"]
    assert sink.states("https://lab.example.org/") == ["refused"]
    assert sink.states("https://stranger.example.org/") == []
    for url, body, headers in sink.came:
        if url == URL:
            assert verified_webhook(body, headers, secret, world.clock()).data.task == task
            Webhook(secret).verify(body, headers)
    assert len({headers["webhook-id"] for _, _, headers in sink.came}) == 4
    step(world, sink)
    assert len(sink.came) == 4, "what was taken is not sent again"
    (line,) = world.client("hospital").webhooks().items
    assert (line.status, line.code, line.delivered_at is None) == ("active", None, False)


def test_attack_bodies_hold_no_words_of_contracts(world: World, sink: Sink) -> None:
    hook(world)
    refuse(world, moved(world))
    step(world, sink)
    form = rb'\{"data":\{"state":"[a-z]+","task":"task_[0-9a-f]{64}"\},"timestamp":"[0-9TZ:-]+","type":"task\.[a-z]+"\}'
    assert sink.came
    assert all(re.fullmatch(form, body) for _, body, _ in sink.came)


def test_a_message_is_written_with_its_event_or_not_at_all(world: World, sink: Sink) -> None:
    """In the transaction that moves the task: what is rolled back is told to nobody, what is committed outlives a kill."""
    hook(world)
    task = world.client("hospital").submit(world.contract())
    before = row(world, b"SELECT count(*) AS n FROM webhook_messages")["n"]
    with world.database.transaction() as tx:
        tx.execute("UPDATE tasks SET state = 'proposed' WHERE task_id = %s", (task,))
        kept.tell_moved(tx, task)
        assert tx.execute("SELECT count(*) AS n FROM webhook_messages").fetchone() == {"n": before + 1}
        tx.rollback()
    assert row(world, b"SELECT count(*) AS n FROM webhook_messages")["n"] == before
    world.settle()
    step(world, sink)
    assert sink.states() == ["submitted", "proposed"]


def test_a_kill_between_the_answer_and_the_mark_sends_again_under_the_same_id(
    world: World, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(world, kinds=("task.proposed",))
    moved(world)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(kept, "delivered", killed)
        with pytest.raises(KeyboardInterrupt):
            Delivering(world.database, sink, Mailer(None, ()), world.clock).step()
    step(world, sink)
    first, second = (headers["webhook-id"] for _, _, headers in sink.came)
    assert first == second


def test_new_messages_wake_the_engine_and_rest_costs_nothing(world: World, sink: Sink) -> None:
    hook(world)
    with psycopg.connect(world.dsn, autocommit=True, options="-c role=tally_app") as listening:
        listening.execute("LISTEN tally_work")
        task = moved(world)
        with world.database.transaction() as tx:
            kept.tell_new(tx, task)
        assert list(listening.notifies(timeout=10, stop_after=1))
    step(world, sink)
    assert Delivering(world.database, sink, Mailer(None, ()), world.clock).step() is False


def test_failures_wait_longer_and_longer_and_end_as_dead_letters(world: World, sink: Sink) -> None:
    _, view = hook(world, kinds=("task.proposed",))
    moved(world)
    sink.fails[URL] = down(500)
    waits: list[int] = []
    for _ in range(len(WAITS) + 1):
        step(world, sink)
        found = row(world, b"SELECT round(extract(epoch FROM next_at - now()))::int AS s, state FROM webhook_messages")
        if found["state"] == "waiting":
            waits.append(found["s"])
        later(world)
    assert [abs(a - b) <= 2 for a, b in zip(waits, WAITS, strict=True)] == [True] * len(WAITS)
    (message,) = world.client("hospital").webhook_messages(view.hook, status="dead").items
    assert (message.status, message.tries, message.code, message.answer) == (
        "dead",
        len(WAITS) + 1,
        "webhook.status",
        500,
    )
    step(world, sink)
    assert len(sink.came) == len(WAITS) + 1
    del sink.fails[URL]
    assert world.client("hospital").replay_webhook(view.hook, message.message) == 1
    later(world)
    step(world, sink)
    (message,) = world.client("hospital").webhook_messages(view.hook).items
    assert (message.status, message.tries) == ("delivered", 1)
    assert {headers["webhook-id"] for _, _, headers in sink.came} == {ids.prefixed("msg", message.message)}


def test_an_address_that_fails_rests_and_makes_nobody_else_wait(world: World, sink: Sink) -> None:
    hook(world)
    hook(world, "laboratory", "https://lab.example.org/")
    sink.fails[URL] = down()
    for _ in range(4):
        moved(world)
    step(world, sink)
    assert len(sink.states()) == 1, "one try tells that it is away"
    assert len(sink.states("https://lab.example.org/")) == 8
    (line,) = world.client("hospital").webhooks(status="failing").items
    assert (line.status, line.code, line.failing_since is None) == ("failing", "webhook.unreachable", False)
    del sink.fails[URL]
    later(world)
    step(world, sink)
    assert len(sink.states()) == 9
    assert [item.status for item in world.client("hospital").webhooks().items] == ["active"]


@pytest.mark.parametrize(
    "gone", [pytest.param(True, id="answers 410", marks=pytest.mark.slow), pytest.param(False, id="fails for days")]
)
def test_an_address_that_keeps_failing_is_switched_off_and_its_owner_sees_it(
    world: World, sink: Sink, gone: bool
) -> None:
    _, view = hook(world, kinds=("task.proposed",))
    moved(world)
    sink.fails[URL] = down(410 if gone else 503)
    step(world, sink)
    if not gone:
        assert [item.status for item in world.client("hospital").webhooks().items] == ["failing"]
        with world.database.transaction() as tx:
            tx.execute("UPDATE webhooks SET failing_since = now() - interval '4 days', next_at = now()")
        later(world)
        step(world, sink)
    (line,) = world.client("hospital").webhooks().items
    assert (line.status, line.code, line.off_at is None) == ("off", "webhook.status", False)
    (dead,) = world.client("hospital").webhook_messages(view.hook).items
    assert dead.status == "dead"
    count = len(sink.came)
    later(world)
    moved(world)
    step(world, sink)
    assert len(sink.came) == count
    with pytest.raises(RefusedError, match=r"webhook\.off"):
        world.client("hospital").replay_webhook(view.hook, dead.message)
    sink.fails.clear()
    assert world.client("hospital").resume_webhook(view.hook).status == "active"
    assert world.client("hospital").replay_webhook(view.hook, dead.message, all_since=True) == 1
    step(world, sink)
    assert len(sink.came) == count + 1


def test_replay_since_a_message_tells_it_and_all_after_it(world: World, sink: Sink) -> None:
    client = world.client("hospital")
    _, view = hook(world)
    moved(world)
    refuse(world, moved(world))
    step(world, sink)
    told = [headers["webhook-id"] for _, _, headers in sink.came]
    newest = client.webhook_messages(view.hook, limit=2)
    older = client.webhook_messages(view.hook, newest.next_cursor, limit=200)
    listed = [ids.prefixed("msg", item.message) for item in (*newest.items, *older.items)]
    assert sorted(listed) == sorted(told)
    second = older.items[-2].message
    assert client.replay_webhook(view.hook, second, all_since=True) == len(told) - 1
    sink.came.clear()
    step(world, sink)
    assert sorted(headers["webhook-id"] for _, _, headers in sink.came) == sorted(listed[:-1])


def test_a_rotated_secret_signs_beside_the_one_before_for_a_day(world: World, sink: Sink) -> None:
    client = world.client("hospital")
    old, view = hook(world, kinds=("task.proposed",))
    new, rotated = client.rotate_webhook(view.hook)
    assert rotated.overlap_until is not None
    moved(world)
    step(world, sink)
    (_, body, headers) = sink.came[-1]
    for secret in (old, new):
        Webhook(secret).verify(body, headers)
    with world.database.transaction() as tx:
        tx.execute("UPDATE webhooks SET old_until = extract(epoch FROM now()) - 1")
    moved(world)
    step(world, sink)
    (_, body, headers) = sink.came[-1]
    assert len(headers["webhook-signature"].split(" ")) == 1
    verified_webhook(body, headers, new, world.clock())
    assert client.webhooks().items[0].overlap_until is None


def test_attack_another_partys_webhook(world: World, sink: Sink) -> None:
    """By its id nobody else sees, changes, replays or removes it: it looks like none."""
    _, view = hook(world)
    moved(world)
    step(world, sink)
    (message, *_) = world.client("hospital").webhook_messages(view.hook).items
    other = world.client("laboratory")
    acts = (
        lambda: other.rotate_webhook(view.hook),
        lambda: other.remove_webhook(view.hook),
        lambda: other.resume_webhook(view.hook),
        lambda: other.replay_webhook(view.hook, message.message),
        lambda: other.webhook_messages(view.hook),
    )
    for act in acts:
        with pytest.raises(RefusedError, match=r"webhook\.unknown"):
            act()
    assert other.webhooks().items == ()
    _, own = hook(world, "laboratory", "https://lab.example.org/")
    with pytest.raises(RefusedError, match=r"webhook\.no_message"):
        other.replay_webhook(own.hook, message.message, all_since=True)
    assert [item.hook for item in world.client("hospital").webhooks().items] == [view.hook]


def posted(world: World, path: str, body: object, headers: dict[str, str]) -> httpx.Response:
    return world.http.post(path, json=body, headers=headers)


def request(url: str = URL) -> dict[str, Any]:
    return HookRequest(url, ("task.completed",), "a test", rules.secret_of(secrets.token_bytes(32))).to_json()


def test_an_access_key_manages_webhooks_with_its_scope_alone_and_takes_them_along(world: World, sink: Sink) -> None:
    reading = {"authorization": access_keys.header(given(world, "hospital", "tasks:read"))}
    assert code(posted(world, "/v1/webhooks", request(), reading)) == (403, "access.key_scope")
    key = given(world, "hospital", "webhooks:manage")
    managing = {"authorization": access_keys.header(key)}
    made = posted(world, "/v1/webhooks", request(), managing)
    assert made.status_code == 201, made.text
    assert made.json()["key"] == ids.prefixed("key", access_keys.digest(key))
    assert world.http.get("/v1/webhooks", headers=managing).json()["items"][0]["id"] == made.json()["id"]
    world.client("hospital").revoke_key(access_keys.digest(key))
    (line,) = world.client("hospital").webhooks().items
    assert (line.status, line.code) == ("off", "webhook.key_over")
    with pytest.raises(RefusedError, match=r"webhook\.over"):
        world.client("hospital").resume_webhook(line.hook)
    refuse(world, moved(world))
    step(world, sink)
    assert sink.came == []


def test_attack_a_session_or_nobody_registers_a_webhook(world: World, sink: Sink) -> None:
    assert code(posted(world, "/v1/webhooks", request(), {})) == (401, "access.missing")
    cookie = {"cookie": "tally_reader=" + "A" * 43}
    assert code(posted(world, "/v1/webhooks", request(), cookie)) == (401, "access.missing")
    assert world.client("hospital").webhooks().items == ()


@pytest.mark.slow
def test_a_suspended_party_hears_nothing_and_can_resume_when_it_is_back(world: World, sink: Sink) -> None:
    _, view = hook(world, kinds=("task.proposed",))
    moved(world)
    with world.database.transaction() as tx:
        tx.execute("UPDATE parties_now SET active = false WHERE party_id = %s", (ids.on_chain("hospital"),))
    try:
        step(world, sink)
    finally:
        with world.database.transaction() as tx:
            tx.execute("UPDATE parties_now SET active = true WHERE party_id = %s", (ids.on_chain("hospital"),))
    assert sink.came == []
    assert [item.status for item in world.client("hospital").webhooks().items] == ["off"]
    assert world.client("hospital").resume_webhook(view.hook).status == "active"


def test_a_webhook_ends_with_the_wallet(world: World, sink: Sink) -> None:
    _, view = hook(world, kinds=("task.proposed",))
    with world.database.transaction() as tx:
        tx.execute("UPDATE webhooks SET wallet = %s", ("0x" + "11" * 20,))
    moved(world)
    step(world, sink)
    assert sink.came == []
    (line,) = world.client("hospital").webhooks().items
    assert (line.status, line.code) == ("off", "webhook.other_wallet")
    with pytest.raises(RefusedError, match=r"webhook\.over"):
        world.client("hospital").resume_webhook(view.hook)


def test_adding_twice_under_one_key_makes_one(world: World, sink: Sink) -> None:
    headers = {**world.client("hospital")._auth(), "idempotency-key": secrets.token_hex(8)}
    body = request()
    first, second = (posted(world, "/v1/webhooks", body, headers) for _ in range(2))
    assert first.json() == second.json()
    assert code(posted(world, "/v1/webhooks", request(), headers)) == (422, "idempotency.mismatch")
    assert len(world.client("hospital").webhooks().items) == 1


@pytest.mark.slow
def test_no_more_than_a_party_may_have_also_at_the_same_time(world: World, sink: Sink) -> None:
    for number in range(MOST_HOOKS - 1):
        hook(world, url=f"https://hooks.example.org/{number}")
    answers: list[tuple[int, str]] = []
    headers = world.client("hospital")._auth()

    def add() -> None:
        answers.append(code(posted(world, "/v1/webhooks", request(), headers)))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [(201, None), *[(409, "webhook.too_many")] * 3]
    first = world.client("hospital").webhooks(limit=7)
    rest = world.client("hospital").webhooks(first.next_cursor, limit=200)
    assert len({item.hook for item in (*first.items, *rest.items)}) == MOST_HOOKS


@pytest.mark.slow
def test_addresses_are_refused_when_they_are_registered(world: World, sink: Sink) -> None:
    headers = world.client("hospital")._auth()
    for url in ("http://hooks.example.org/", "https://127.0.0.1/", "https://169.254.169.254/", "https://db/"):
        assert code(posted(world, "/v1/webhooks", request() | {"url": url}, headers)) == (400, "webhook.url")
    bad = request() | {"secret": "whsec_c2hvcnQ="}
    assert code(posted(world, "/v1/webhooks", bad, headers)) == (400, "webhook.secret")


def test_secrets_come_back_nowhere(world: World, sink: Sink, caplog: pytest.LogCaptureFixture) -> None:
    secret, view = hook(world, kinds=("task.proposed",))
    moved(world)
    sink.fails[URL] = down()
    step(world, sink)
    raw = secret.removeprefix("whsec_")
    told = [
        world.http.get(path, headers=world.client("hospital")._auth()).text
        for path in ("/v1/webhooks", f"/v1/webhooks/{ids.prefixed('hook', view.hook)}/messages")
    ]
    assert all(raw not in text for text in (*told, caplog.text))
    assert "hooks.example.org" not in caplog.text, "an address may hold a secret of its own"
    with psycopg.connect(world.dsn, options="-c role=tally_explorer") as connection, pytest.raises(psycopg.Error):
        connection.execute("SELECT secret FROM tally.webhooks")


def test_rebuilding_the_index_tells_nobody_of_history(world: World, sink: Sink) -> None:
    hook(world)
    refuse(world, moved(world))
    step(world, sink)
    before = len(sink.came)
    with world.database.transaction() as tx:
        projection.rebuild(tx)
    step(world, sink)
    assert len(sink.came) == before
    moved(world)
    step(world, sink)
    assert len(sink.came) == before + 2, "afterwards all is told again"


@pytest.mark.slow
def test_old_messages_are_swept_and_waiting_ones_stay(world: World, sink: Sink) -> None:
    _, view = hook(world, kinds=("task.proposed",))
    moved(world)
    step(world, sink)
    moved(world)
    with world.database.transaction() as tx:
        tx.execute("UPDATE webhook_messages SET finished_at = now() - interval '31 days' WHERE state = 'delivered'")
    sweep(world.database)
    assert [item.status for item in world.client("hospital").webhook_messages(view.hook).items] == ["waiting"]
    world.client("hospital").remove_webhook(view.hook)
    assert row(world, b"SELECT count(*) AS n FROM webhook_messages")["n"] == 0
    step(world, sink)
    assert len(sink.came) == 1


@pytest.mark.slow
def test_a_key_that_ran_out_leaves_what_it_made(world: World, sink: Sink) -> None:
    key = given(world, "hospital", "webhooks:manage", days=1)
    made = posted(world, "/v1/webhooks", request(), {"authorization": access_keys.header(key)})
    world.clock.offset = 2 * DAY
    answer = posted(world, "/v1/webhooks", request(), {"authorization": access_keys.header(key)})
    assert code(answer) == (401, "access.key_over")
    world.clock.offset = 0
    assert [item.status for item in world.client("hospital").webhooks().items] == ["active"]
    assert made.json()["status"] == "active"
