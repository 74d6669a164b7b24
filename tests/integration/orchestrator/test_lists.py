"""Every list of the API: pages that join without gap or repetition, and filters that give what the whole list has of it."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import pytest

from orchestrator.api.app import openapi_text
from protocol import ids
from protocol.vocabulary import ROLE_BITS
from protocol.webhooks import KINDS
from tests.integration.orchestrator.test_callers import standing_authorization
from tests.integration.orchestrator.test_webhooks import Sink, step
from tests.integration.orchestrator.world import Party, World

Item = dict[str, Any]


@dataclass(frozen=True)
class Listing:
    """Who reads a list, and by filter what an item has to be for a value."""

    reader: str
    filters: dict[str, Callable[[Item, str], bool]]
    least: int = 2
    """Items that the test makes sure of."""


def same(field: str) -> Callable[[Item, str], bool]:
    return lambda item, value: item[field] == value


LISTS: dict[str, Listing] = {
    "/v1/applications": Listing("platform", {"standing": same("standing")}),
    "/v1/authorizations": Listing("hospital", {"data_set": same("data_set")}),
    "/v1/data-sets": Listing("regulator", {"status": same("status"), "owner": same("owner")}),
    "/v1/engines": Listing("hospital", {"status": same("status")}, least=1),
    "/v1/keys": Listing("hospital", {"status": same("status")}),
    "/v1/parties": Listing(
        "hospital",
        {
            "status": same("status"),
            "role": lambda item, value: item["status"] != "pending" and value in item["roles"],
        },
    ),
    "/v1/programs": Listing("hospital", {"status": same("status")}, least=1),
    "/v1/tasks": Listing("hospital", {"state": same("state"), "part": lambda item, value: value in item["parts"]}),
    "/v1/webhooks": Listing("hospital", {"status": same("status")}),
    "/v1/webhooks/{hook}/messages": Listing("hospital", {"status": same("status")}),
}
"""Filters whose values an item shows; those of tasks that it does not show have tests of their own (`test_listing.py`)."""
ELSEWHERE = {"/v1/tasks": {"party", "program", "data_set", "waits_for", "since", "until"}}


@cache
def listed() -> dict[str, dict[str, dict[str, Any]]]:
    """The paths of lists, with their query parameters."""
    document = json.loads(openapi_text())
    pages = {
        name
        for name, schema in document["components"]["schemas"].items()
        if "next_cursor" in schema.get("properties", {})
    }
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        answers = json.dumps(operations.get("get", {}).get("responses", {}).get("200", {}))
        if any(f'/{name}"' in answers for name in pages):
            found[path] = {item["name"]: item for item in operations["get"]["parameters"] if item["in"] == "query"}
    return found


def test_every_list_has_pages_and_filters_that_are_tried() -> None:
    found = listed()
    assert set(found) == set(LISTS)
    for path, parameters in found.items():
        wanted = {"limit", "cursor", *LISTS[path].filters, *ELSEWHERE.get(path, ())}
        assert set(parameters) == wanted, path
        assert LISTS[path].filters, path


@pytest.fixture(scope="module")
def filled(world: World) -> Any:
    """Something in every list, in more than one state; returns the names in paths."""
    client = world.client("hospital")
    task = client.submit(world.contract())
    client.submit(world.contract())
    for _ in range(2):
        path, body = standing_authorization(world, task, "hospital", "hospital")
        assert world.http.post(path, json=body.to_json()).status_code == 202
    keys = [client.give_key(["tasks:read"], f"key {n}", world.clock() + 600)[1].key for n in range(3)]
    client.revoke_key(keys[0])
    with world.database.transaction() as tx:
        tx.execute("UPDATE access_keys SET not_after = 1 WHERE key_hash = %s", (keys[1],))
    world.parties["waiting"] = Party("waiting", ("result-user",))
    world.client("hospital").enrol(world.signed(world.enrolment(world.parties["waiting"])))
    hooks = [client.add_webhook(f"https://h{n}.example.org/", KINDS, f"hook {n}")[1].hook for n in range(2)]
    with world.database.transaction() as tx:
        tx.execute("UPDATE webhooks SET off_at = now() WHERE hook_id = %s", (hooks[1],))
    client.submit(world.contract())
    step(world, Sink())
    client.submit(world.contract())
    yield {"hook": ids.prefixed("hook", hooks[0])}
    world.parties.pop("waiting")
    with world.database.transaction() as tx:
        tx.execute("DELETE FROM webhooks")
        tx.execute("DELETE FROM access_keys WHERE key_hash = ANY (%s)", (keys,))
        tx.execute("DELETE FROM enrolments WHERE party = 'waiting'")
    world.settle()


def every(world: World, path: str, reader: str, limit: int, **filters: str) -> list[Item]:
    headers = world.client(reader)._auth()
    found: list[Item] = []
    cursor: str | None = None
    while True:
        query = {**filters, "limit": str(limit), **({} if cursor is None else {"cursor": cursor})}
        answer = world.http.get(path, params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        body = cast("dict[str, Any]", answer.json())
        assert len(body["items"]) <= limit
        found += body["items"]
        cursor = body["next_cursor"]
        if cursor is None:
            return found


ALIKE = {"/v1/authorizations", "/v1/data-sets", "/v1/engines", "/v1/programs"}
"""Lists that others stand for where time is short."""
TRIED = [pytest.param(path, marks=[pytest.mark.slow] if path in ALIKE else []) for path in sorted(LISTS)]


@pytest.mark.parametrize("path", TRIED)
def test_pages_join_and_filters_give_what_the_whole_list_has(world: World, filled: dict[str, str], path: str) -> None:
    listing, where = LISTS[path], path.format(**filled)
    whole = every(world, where, listing.reader, 200)
    assert len(whole) >= listing.least
    few = max(1, len(whole) // 3)
    assert every(world, where, listing.reader, few) == whole
    parameters = listed()[path]
    for name, holds in listing.filters.items():
        shown: set[str] = set()
        for value in values(parameters[name], name, whole):
            wanted = [item for item in whole if holds(item, value)]
            assert every(world, where, listing.reader, 1, **{name: value}) == wanted, (name, value)
            shown |= {value} if wanted else set()
        assert shown, f"{name} was tried on nothing"


def values(parameter: dict[str, Any], name: str, whole: list[Item]) -> list[str]:
    """The values of a filter: those that it names, or what the list shows and one that nothing has."""
    schema = parameter["schema"]
    named = [value for part in [schema, *schema.get("anyOf", [])] for value in part.get("enum", [])]
    if named:
        return named
    if name == "role":
        return sorted(ROLE_BITS)
    none = f"nothing-{secrets.token_hex(16)}"
    return [*sorted({item[name] for item in whole}), none]


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(LISTS))
def test_attack_values_that_no_filter_has(world: World, filled: dict[str, str], path: str) -> None:
    headers = world.client(LISTS[path].reader)._auth()
    for name in LISTS[path].filters:
        for value in ("' OR 1=1 --", "Active", "", "\u0000"):
            answer = world.http.get(path.format(**filled), params={name: value}, headers=headers)
            assert 400 <= answer.status_code < 500, (name, value)
