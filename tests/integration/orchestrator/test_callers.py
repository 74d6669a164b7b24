"""Whatever others do, a caller's idempotency keys are its own: nobody takes them, sees behind them or learns of them."""

import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.api.app import openapi_text
from orchestrator.store import work
from protocol import ids
from protocol.api import AuthorizeRequest, SubmitRequest
from protocol.ask import Ask
from protocol.contract import proposal_of
from protocol.fields import Fields
from protocol.messages import SignedAuthorization
from protocol.offers import standing
from tests.integration.orchestrator.world import World

CALLERS = ("hospital", "laboratory")
Forgeable = Callable[[World, bytes, str, str], tuple[str, Fields]]
"""The path and a fresh body that speaks for a party (third), signed by another or by itself (fourth)."""


def proposal(world: World, _task: bytes, party: str, signer: str) -> tuple[str, Fields]:
    contract = world.contract(proposer=party)
    signature = world.parties[signer].sign_wallet(world.domains.digest(proposal_of(contract)))
    return "/v1/tasks", SubmitRequest(contract, signature)


def authorization(world: World, task: bytes, party: str, signer: str) -> tuple[str, Fields]:
    (asked,) = [item for item in world.client(party).authorizations(task) if item.owner == party]
    message = replace(asked.message, nonce=secrets.randbits(64))
    signature = world.parties[signer].sign_wallet(world.domains.digest(message))
    path = f"/v1/tasks/{ids.prefixed('task', task)}/authorizations"
    return path, AuthorizeRequest(SignedAuthorization(party, message, signature, asked.policy))


def standing_authorization(world: World, task: bytes, party: str, signer: str) -> tuple[str, Fields]:
    (asked,) = [item for item in world.client(party).authorizations(task) if item.owner == party]
    message, ask = standing(
        asked.message, Ask.read(asked.policy), uses=1, not_after=world.clock() + 600, tasks_per_day=1,
        nonce=secrets.randbits(64),
    )  # fmt: skip
    signature = world.parties[signer].sign_wallet(world.domains.digest(message))
    return "/v1/authorizations", AuthorizeRequest(SignedAuthorization(party, message, signature, ask.data()))


KEYED: dict[str, Forgeable] = {
    "/v1/tasks": proposal,
    "/v1/tasks/{task}/authorizations": authorization,
    "/v1/authorizations": standing_authorization,
}


@cache
def keyed() -> set[str]:
    """Paths whose POST takes a key."""
    paths: dict[str, Any] = json.loads(openapi_text())["paths"]
    return {
        path
        for path, operations in paths.items()
        for parameter in operations.get("post", {}).get("parameters", [])
        if parameter["name"] == "Idempotency-Key"
    }


def test_every_endpoint_that_takes_a_key_for_a_signed_body_of_ones_own_is_tried() -> None:
    """Those that are not tried here either take a token, so that the caller is known before the body is read, or are acts of which
    another signer's is refused alike: :mod:`tests.integration.orchestrator.test_repeated` has them all.
    """
    assert keyed() > set(KEYED)


Act = tuple[str, int, int, bool]


@pytest.mark.parametrize("route", sorted(KEYED))
def test_attack_keys_of_others(world: World, route: str) -> None:
    """Any order of requests by two callers and forgers, against what each caller alone would see."""
    made: dict[tuple[str, bool], tuple[str, list[str]]] = {}
    task = world.client("hospital").submit(world.contract())
    for party, other in (CALLERS, CALLERS[::-1]):
        for forged in (False, True):
            tried = [KEYED[route](world, task, party, other if forged else party) for _ in range(2)]
            made[party, forged] = tried[0][0], [json.dumps(body.to_json()) for _, body in tried]

    acts = st.lists(
        st.tuples(st.sampled_from(CALLERS), st.integers(0, 1), st.integers(0, 1), st.booleans()), min_size=2, max_size=8
    )

    @settings(max_examples=25, deadline=None)
    @given(acts)
    def holds(acts: list[Act]) -> None:
        run = secrets.token_hex(8)
        held: dict[tuple[str, str, int], tuple[int, dict[str, object]]] = {}
        for party, which, key, forged in acts:
            to, bodies = made[party, forged]
            headers = {"content-type": "application/json", "idempotency-key": f"{run}-{key}"}
            answer = world.http.post(to, content=bodies[which], headers=headers)
            if forged:
                assert (answer.status_code, answer.json()["code"]) == (403, "signature.not_wallet")
                continue
            before = held.setdefault((party, to, key), (which, answer.json()))
            if before[0] == which:
                assert (answer.status_code, answer.json()) == (202, before[1])
            else:
                assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.mismatch")

    holds()


def test_a_key_in_flight_is_not_answered_twice(world: World) -> None:
    """While one request with a key is being answered, another is told to come back; then it gets the same answer."""
    to, body = proposal(world, b"", "hospital", "hospital")
    headers = {"content-type": "application/json", "idempotency-key": secrets.token_hex(8)}
    content = json.dumps(body.to_json())
    with world.database.transaction() as tx:
        assert work.claim(tx, "hospital", "tasks", headers["idempotency-key"])
        answer = world.http.post(to, content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency.in_flight")
        assert answer.headers["retry-after"] == "1"
        other = world.http.post(to, content=content, headers={**headers, "idempotency-key": "another"})
        assert other.status_code == 202
    answer = world.http.post(to, content=content, headers=headers)
    assert (answer.status_code, answer.json()) == (202, other.json())


def test_attack_a_stranger_asks_about_a_task(world: World) -> None:
    """Without a good signature, a task that is there and one that is not give the same answer."""
    task = world.client("hospital").submit(world.contract())
    _, body = authorization(world, task, "laboratory", "stranger")
    answers = [
        world.http.post(f"/v1/tasks/{ids.prefixed('task', named)}/authorizations", json=body.to_json()).json()
        for named in (task, secrets.token_bytes(32))
    ]
    assert {answer["code"] for answer in answers} == {"signature.not_wallet"}
