"""Programs read with keys that a wallet gave: within their scopes, until their end, and never more than read."""

import re
import secrets
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from fastapi.routing import APIRoute

from orchestrator.api.app import PARTS
from orchestrator.bootstrap import sweep
from orchestrator.services.access_keys import MOST_KEYS
from protocol import access_keys, ids
from protocol.access_keys import DAY, SCOPES, KeyRequest
from protocol.api import SubmitRequest
from protocol.contract import proposal_of
from protocol.errors import RefusedError
from protocol.typed import AccessKey
from tests.integration.orchestrator.world import PROGRAM, World

ALL = tuple(sorted(SCOPES))
CLOSED = {
    "/v1/announcements",
    "/v1/applications",
    "/v1/credentials",
    "/v1/keys",
    "/v1/parties/{party}/application",
    "/v1/sessions/own",
}
"""Reads that no key opens."""


@pytest.fixture
def later(world: World) -> Iterator[Any]:
    """Moves the clock, and back."""

    def move(seconds: int) -> None:
        world.clock.offset = seconds

    yield move
    world.clock.offset = 0


def message(world: World, party: str, key: str, scopes: tuple[str, ...] = ALL, days: int = 30) -> AccessKey:
    return AccessKey(party, access_keys.digest(key), scopes, "a test", world.clock() + days * DAY)


def posted(world: World, made: AccessKey, signer: str, *, node: bool = False, **changed: Any) -> httpx.Response:
    digest = made.digest(world.domains.domain("Tasks"))
    party = world.parties[signer]
    body = KeyRequest(made, party.sign(digest) if node else party.sign_wallet(digest)).to_json()
    body["message"] = {**body["message"], **changed}  # type: ignore[dict-item]
    return world.http.post("/v1/keys", json=body)


def given(world: World, party: str, *scopes: str, days: int = 30) -> str:
    key = access_keys.made_of(secrets.token_bytes(32))
    answer = posted(world, message(world, party, key, tuple(sorted(scopes)) or ALL, days), party)
    assert answer.status_code == 201, answer.text
    return key


def get(world: World, path: str, key: str) -> httpx.Response:
    return world.http.get(path, headers={"authorization": access_keys.header(key)})


def code(answer: httpx.Response) -> tuple[int, str]:
    told = "json" in answer.headers.get("content-type", "")
    return answer.status_code, answer.json().get("code", "") if told else ""


def routes() -> list[APIRoute]:
    return [route for part in PARTS for route in part.router.routes if isinstance(route, APIRoute)]


def test_from_a_wallets_word_to_reading_and_back(world: World) -> None:
    task = world.client("hospital").submit(world.contract())
    client = world.client("hospital")
    key, view = client.give_key(["tasks:read", "evidence:read"], "nightly report", world.clock() + DAY)
    assert ids.prefixed("task", task) in {item["id"] for item in get(world, "/v1/tasks?limit=200", key).json()["items"]}
    assert get(world, f"/v1/tasks/{ids.prefixed('task', task)}", key).json()["state"] == "submitted"
    (line,) = [item for item in client.keys().items if item.key == view.key]
    assert (line.label, line.scopes, line.status) == ("nightly report", ("evidence:read", "tasks:read"), "active")
    assert line.used_at is not None
    client.revoke_key(view.key)
    assert code(get(world, "/v1/tasks", key)) == (401, "access.key_over")
    client.revoke_key(view.key)  # again: it stays so
    assert {item.status for item in client.keys().items if item.key == view.key} == {"revoked"}


def test_every_path_opens_to_its_scope_alone(world: World) -> None:
    """Over all paths of the API: what is closed to keys is known by name, and every other opens to one scope exactly."""
    task = ids.prefixed("task", world.client("hospital").submit(world.contract()))
    names = {
        "task": task, "party": "party_hospital", "data_set": f"ds_{world.references['hospital']}",
        "program": f"prog_{PROGRAM}", "user": "hospital", "hook": ids.prefixed("hook", b"\x01" * 32),
    }  # fmt: skip
    keys = {scope: given(world, "hospital", scope) for scope in ALL}
    opened: dict[str, set[str]] = {}
    for route in routes():
        if "GET" not in (route.methods or ()) or route.path in ("/v1/health", "/v1/ready", "/v1/deployment"):
            continue
        path = re.sub(r"\{(\w+)\}", lambda found: names[found[1]], route.path)
        where = path + ("?head=1" if path.endswith("/path") else "?seconds=0" if path.endswith("/events") else "")
        answers = {scope: get(world, where, key) for scope, key in keys.items()}
        refused = {"access.key_scope", "access.key_closed", "access.session_over"}
        opened[route.path] = {scope for scope, answer in answers.items() if code(answer)[1] not in refused}
    assert {path for path, scopes in opened.items() if not scopes} == CLOSED
    assert {path: scopes for path, scopes in opened.items() if len(scopes) > 1} == {}


def test_attack_a_key_of_every_scope_does_nothing(world: World) -> None:
    """No path that changes something asks a key, but for where its party hears of its own tasks; what carries a wallet's signature
    needs that, whatever comes along.
    """
    key = given(world, "platform")
    headers = {"authorization": access_keys.header(key)}
    reading = {route.path for route in routes() if _asks(route, "reading") and "GET" not in (route.methods or ())}
    assert reading == {"/v1/tasks/preflight"}
    assert {route.path for route in routes() if _asks(route, "managing")} == {
        "/v1/webhooks", "/v1/webhooks/{hook}", "/v1/webhooks/{hook}/on", "/v1/webhooks/{hook}/replay", "/v1/webhooks/{hook}/secret",
    }  # fmt: skip
    acting = {route.path for route in routes() if _asks(route, "_by_token") and "GET" not in (route.methods or ())}
    assert acting == {"/v1/data-sets", "/v1/engines", "/v1/invitations", "/v1/keys/{key}", "/v1/programs"}
    invitation = {"party": "new-party", "digest": "0x" + "00" * 32, "not_after": str(world.clock() + 60)}
    assert code(world.http.post("/v1/invitations", json=invitation, headers=headers)) == (403, "access.key_closed")
    own = access_keys.digest(key)
    refused = world.http.delete(f"/v1/keys/{ids.prefixed('key', own)}", headers=headers)
    assert code(refused) == (403, "access.key_closed")
    contract = world.contract(proposer="hospital")
    unsigned = SubmitRequest(contract, bytes(65)).to_json()
    mine = {"authorization": access_keys.header(given(world, "hospital"))}
    assert code(world.http.post("/v1/tasks", json=unsigned, headers=mine)) == (403, "signature.not_wallet")


def _asks(route: APIRoute, name: str) -> bool:
    def calls(dependant: Any) -> set[str]:
        own = {getattr(dependant.call, "__name__", "")}
        return own.union(*(calls(inner) for inner in dependant.dependencies))

    return name in calls(route.dependant)


def test_a_key_hands_in_what_a_wallet_signed_and_only_with_its_scope(world: World) -> None:
    contract = world.contract()
    signature = world.parties["hospital"].sign_wallet(world.domains.digest(proposal_of(contract)))
    body = SubmitRequest(contract, signature).to_json()

    def sent(key: str) -> tuple[int, str]:
        return code(world.http.post("/v1/tasks", json=body, headers={"authorization": access_keys.header(key)}))

    assert sent(given(world, "hospital", "tasks:read")) == (403, "access.key_scope")
    assert sent(given(world, "laboratory", "tasks:submit")) == (403, "access.key_of_another")
    assert sent(given(world, "hospital", "tasks:submit")) == (202, "")
    checked = world.http.post(
        "/v1/tasks/preflight", json={"contract": contract.to_json()},
        headers={"authorization": access_keys.header(given(world, "hospital", "tasks:read"))},
    )  # fmt: skip
    assert code(checked) == (403, "access.key_scope")


@pytest.mark.parametrize(
    "changed",
    [
        {"scopes": list(ALL)},
        {"notAfter": str(int(time.time()) + 60 * DAY)},
        {"party": "laboratory"},
        {"keyHash": "0x" + "11" * 32},
        {"label": "something else"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_attack_other_words_than_the_wallet_signed(world: World, changed: dict[str, Any]) -> None:
    key = access_keys.made_of(secrets.token_bytes(32))
    made = message(world, "hospital", key, ("tasks:read",))
    assert code(posted(world, made, "hospital", **changed)) == (403, "signature.not_wallet")
    assert code(get(world, "/v1/tasks", key)) == (401, "access.key_unknown")


def test_attack_others_and_nodes_give_keys(world: World) -> None:
    """Neither another party's wallet nor the party's own node: a node reads for an hour at a time, and gives nothing on."""
    key = access_keys.made_of(secrets.token_bytes(32))
    made = message(world, "hospital", key)
    assert code(posted(world, made, "laboratory")) == (403, "signature.not_wallet")
    assert code(posted(world, made, "hospital", node=True)) == (403, "signature.not_wallet")


def test_attack_a_revoked_key_is_given_again(world: World, later: Any) -> None:
    """By whoever kept the signed words; nor does its hash serve another party, or come with wider words."""
    key = access_keys.made_of(secrets.token_bytes(32))
    made = message(world, "hospital", key, ("tasks:read",))
    assert posted(world, made, "hospital").json() == posted(world, made, "hospital").json()
    world.client("hospital").revoke_key(made.key_hash)
    assert posted(world, made, "hospital").json()["status"] == "revoked"
    assert code(get(world, "/v1/tasks", key)) == (401, "access.key_over")
    assert code(posted(world, message(world, "hospital", key), "hospital")) == (409, "key.other")
    assert code(posted(world, message(world, "laboratory", key), "laboratory")) == (409, "key.other")
    sweep(world.database)
    assert code(get(world, "/v1/tasks", key)) == (401, "access.key_over")
    later(31 * DAY)
    assert code(posted(world, made, "hospital")) == (400, "key.time")


def test_attack_another_party_ends_a_key(world: World) -> None:
    key = given(world, "hospital", "tasks:read")
    with pytest.raises(RefusedError, match=r"key\.not_yours"):
        world.client("laboratory").revoke_key(access_keys.digest(key))
    assert get(world, "/v1/tasks", key).status_code == 200
    assert access_keys.digest(key) not in {item.key for item in world.client("laboratory").keys().items}


def test_a_key_ends_by_time_and_with_the_wallet(world: World, later: Any) -> None:
    key = given(world, "laboratory", "tasks:read", days=1)
    later(DAY + 1)
    assert code(get(world, "/v1/tasks", key)) == (401, "access.key_over")
    later(0)
    with world.database.transaction() as tx:
        tx.execute("UPDATE access_keys SET wallet = %s WHERE party = 'laboratory'", ("0x" + "11" * 20,))
    assert code(get(world, "/v1/tasks", key)) == (401, "access.key_over")
    assert {item.status for item in world.client("laboratory").keys().items} == {"other-wallet"}
    with world.database.transaction() as tx:
        tx.execute("UPDATE access_keys SET not_after = 1 WHERE party = 'laboratory'")
    sweep(world.database)
    assert world.client("laboratory").keys().items == ()


def test_attack_a_key_reads_anothers_tasks(world: World) -> None:
    task = ids.prefixed("task", world.client("hospital").submit(world.contract()))
    key = given(world, "stranger")
    assert code(get(world, f"/v1/tasks/{task}", key)) == (404, "task.unknown")
    assert get(world, "/v1/tasks", key).json()["items"] == []


def test_attack_keys_are_looked_for_in_database_and_logs(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Neither holds a key, also where a request with one fails; a leaked database opens nothing."""
    key = given(world, "hospital", "tasks:read")
    get(world, "/v1/tasks", key)
    get(world, "/v1/credentials", key)
    get(world, "/v1/nothing", key)
    get(world, "/v1/tasks?cursor=x", key)
    assert get(world, "/v1/tasks", key[:-1] + ("A" if key[-1] != "A" else "B")).status_code == 401
    assert key not in caplog.text
    with psycopg.connect(world.dsn) as connection:
        rows = connection.execute("SELECT k::text FROM tally.access_keys k").fetchall()
        assert rows
        assert not [row for row in rows if key in row[0] or key.removeprefix("tallykey_") in row[0]]
        kept = connection.execute("SELECT encode(key_hash, 'hex') FROM tally.access_keys").fetchall()
    for (digest,) in kept:
        assert code(get(world, "/v1/tasks", digest))[1] == "access.key_unknown"


def test_no_more_keys_than_a_party_may_have_and_pages_of_them(world: World) -> None:
    client = world.client("certifier")
    made = [client.give_key(["tasks:read"], f"key {n}", world.clock() + DAY)[1].key for n in range(3)]
    seen: list[bytes] = []
    cursor: str | None = None
    while True:
        page = client.keys(cursor, limit=1)
        seen += [item.key for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert (len(seen), set(seen)) == (3, set(made))
    with world.database.transaction() as tx:
        for number in range(MOST_KEYS - 3):
            tx.execute(
                "INSERT INTO access_keys SELECT %s, party, wallet, scopes, label, signature, made_at, not_after"
                " FROM access_keys WHERE key_hash = %s",
                (number.to_bytes(32), made[0]),
            )
    with pytest.raises(RefusedError, match=r"key\.too_many"):
        client.give_key(["tasks:read"], "one too many", world.clock() + DAY)
    with world.database.transaction() as tx:
        tx.execute("DELETE FROM access_keys WHERE party = 'certifier'")
