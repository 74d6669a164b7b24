"""Every POST that changes something takes an ``Idempotency-Key``: sent again it answers the same, with another body 422, meanwhile 409."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from orchestrator.store import work
from protocol import access_keys, ids, webhooks
from protocol.access_keys import KeyRequest
from protocol.api import (
    AuthorizeRequest,
    DescribeRequest,
    InviteRequest,
    NameEngineRequest,
    RefuseRequest,
    RevokeAllRequest,
    RevokeRequest,
    SubmitRequest,
    WithdrawRequest,
)
from protocol.catalogue import DATA_SET_TYPE, PARTICIPANTS, Column, DataSetDescriptor
from protocol.contract import proposal_of
from protocol.fields import Fields
from protocol.messages import SignedAuthorization
from protocol.typed import KIND_REFUSAL, KIND_WITHDRAWAL, Abort, AccessKey, Revocation, RevocationOfAll, Typed
from protocol.webhooks import KINDS, HookRequest, ReplayRequest, RotateRequest, SwitchOn
from tests.integration.orchestrator.test_callers import authorization, keyed, standing_authorization
from tests.integration.orchestrator.world import ENGINE, WORDS, Party, World


@dataclass(frozen=True)
class Post:
    """A request of ``caller``'s, and another body for the same place (None: there is but one that can be signed)."""

    path: str
    body: Fields
    other: Fields | None
    caller: str
    token: str | None = None
    """Whose token comes along."""


def signed(world: World, party: str, message: Typed) -> bytes:
    return world.parties[party].sign_wallet(world.domains.digest(message))


def submit(world: World) -> Post:
    def made() -> SubmitRequest:
        contract = world.contract()
        return SubmitRequest(contract, signed(world, "hospital", proposal_of(contract)))

    return Post("/v1/tasks", made(), made(), "hospital")


def authorize(world: World) -> Post:
    task = world.client("hospital").submit(world.contract())
    (path, body), (_, other) = (authorization(world, task, "hospital", "hospital") for _ in range(2))
    return Post(path, body, other, "hospital")


def authorize_standing(world: World) -> Post:
    task = world.client("hospital").submit(world.contract())
    (path, body), (_, other) = (standing_authorization(world, task, "hospital", "hospital") for _ in range(2))
    return Post(path, body, other, "hospital")


def refuse(world: World) -> Post:
    task = world.client("hospital").submit(world.contract())
    body, other = (
        RefuseRequest(said, signed(world, "laboratory", said))
        for said in (Abort(task, "laboratory", KIND_REFUSAL, 9, secrets.token_bytes(32)) for _ in range(2))
    )
    return Post(f"/v1/tasks/{ids.prefixed('task', task)}/refusal", body, other, "laboratory")


def withdraw(world: World) -> Post:
    task = world.client("hospital").submit(world.contract())
    body, other = (
        WithdrawRequest(said, signed(world, "hospital", said))
        for said in (Abort(task, "hospital", KIND_WITHDRAWAL, number, bytes(32)) for number in (12, 13))
    )
    return Post(f"/v1/tasks/{ids.prefixed('task', task)}/withdrawal", body, other, "hospital")


def revoke(world: World) -> Post:
    task = world.client("hospital").submit(world.contract())
    path, given = authorization(world, task, "hospital", "hospital")
    assert isinstance(given, AuthorizeRequest)
    held = world.http.post(path, json=given.to_json())
    assert held.status_code == 202, held.text
    found: SignedAuthorization = given.authorization
    message = Revocation(world.domains.digest(found.message), "hospital")
    path = f"/v1/authorizations/{ids.prefixed('auth', message.authorization)}/revocation"
    return Post(path, RevokeRequest(message, signed(world, "hospital", message)), None, "hospital")


def revoke_all(world: World) -> Post:
    for _ in range(2):
        world.started()
    messages = [RevocationOfAll("hospital", through) for through in (1, 2)]
    body, other = (RevokeAllRequest(said, signed(world, "hospital", said)) for said in messages)
    return Post("/v1/authorizations/revocation", body, other, "hospital")


def give_key(world: World) -> Post:
    def made() -> KeyRequest:
        key = access_keys.made_of(secrets.token_bytes(32))
        message = AccessKey("hospital", access_keys.digest(key), ("tasks:read",), "x", world.clock() + 600)
        return KeyRequest(message, signed(world, "hospital", message))

    return Post("/v1/keys", made(), made(), "hospital")


def apply(world: World) -> Post:
    party = world.parties["again"] = Party("again", ("result-user",))
    said = world.enrolment(party)
    other = world.signed(
        replace(said, contact="other@example.org")
    )  # its applicant may correct it: another body of the same wallet
    return Post("/v1/parties", world.signed(said), other, party.wallet.address.lower())


def invite(world: World) -> Post:
    def made(name: str) -> InviteRequest:
        return InviteRequest(name, hashlib.sha256(secrets.token_bytes(8)).digest(), world.clock() + 600)

    return Post("/v1/invitations", made("guest-a"), made("guest-b"), "platform", "platform")


def describe_data_set(world: World) -> Post:
    reference = f"again-{secrets.token_hex(16)}"
    described = DataSetDescriptor(
        reference, 1, "hospital", WORDS, (Column("age", "integer", WORDS, nullable=False),), 10, 3, ()
    )
    envelope = world.parties["hospital"].envelope(described.data(), DATA_SET_TYPE)
    return Post(
        "/v1/data-sets",
        DescribeRequest(envelope, None),
        DescribeRequest(envelope, PARTICIPANTS),
        "hospital",
        "hospital",
    )


def describe_program(world: World) -> Post:
    first, other = world.publish("again.one@1.0.0"), world.publish("again.two@1.0.0")
    world.settle()
    return Post("/v1/programs", first, other, "platform", "platform")


def name_engine(_world: World) -> Post:
    return Post("/v1/engines", NameEngineRequest(ENGINE), NameEngineRequest("other@1.0.0"), "stranger", "stranger")


def secret() -> str:
    return webhooks.secret_of(secrets.token_bytes(32))


def add_hook(_world: World) -> Post:
    body, other = (HookRequest("https://hooks.example.org/", ("task.failed",), "again", secret()) for _ in range(2))
    return Post("/v1/webhooks", body, other, "hospital", "hospital")


def _of_hook(world: World, rest: str) -> tuple[bytes, str]:
    _, view = world.client("hospital").add_webhook("https://hooks.example.org/", KINDS, "again")
    return view.hook, f"/v1/webhooks/{ids.prefixed('hook', view.hook)}/{rest}"


def rotate_hook(world: World) -> Post:
    return Post(_of_hook(world, "secret")[1], RotateRequest(secret()), RotateRequest(secret()), "hospital", "hospital")


def resume_hook(world: World) -> Post:
    return Post(_of_hook(world, "on")[1], SwitchOn(), None, "hospital", "hospital")


def replay_hook(world: World) -> Post:
    hook, path = _of_hook(world, "replay")
    world.client("hospital").submit(world.contract())
    (message,) = (item.message for item in world.client("hospital").webhook_messages(hook).items)
    return Post(path, ReplayRequest(message, None), ReplayRequest(None, message), "hospital", "hospital")


POSTS: dict[str, Callable[[World], Post]] = {
    "/v1/tasks": submit,
    "/v1/tasks/{task}/authorizations": authorize,
    "/v1/tasks/{task}/refusal": refuse,
    "/v1/tasks/{task}/withdrawal": withdraw,
    "/v1/authorizations": authorize_standing,
    "/v1/authorizations/revocation": revoke_all,
    "/v1/authorizations/{authorization}/revocation": revoke,
    "/v1/keys": give_key,
    "/v1/parties": apply,
    "/v1/invitations": invite,
    "/v1/data-sets": describe_data_set,
    "/v1/programs": describe_program,
    "/v1/engines": name_engine,
    "/v1/webhooks": add_hook,
    "/v1/webhooks/{hook}/secret": rotate_hook,
    "/v1/webhooks/{hook}/on": resume_hook,
    "/v1/webhooks/{hook}/replay": replay_hook,
}


def test_every_post_that_takes_a_key_is_tried() -> None:
    assert keyed() == set(POSTS)


BY_EACH_KIND_OF_CALLER = {"/v1/keys", "/v1/parties", "/v1/data-sets", "/v1/tasks/{task}/refusal", "/v1/webhooks"}
"""By wallet, by the wallet of who applies, by token, by wallet or node, by access key or token: the others are like one of these."""
TRIED = [
    pytest.param(route, marks=[] if route in BY_EACH_KIND_OF_CALLER else [pytest.mark.slow]) for route in sorted(POSTS)
]


@pytest.mark.parametrize("route", TRIED)
def test_sent_again_with_another_body_and_meanwhile(world: World, route: str) -> None:
    post = POSTS[route](world)
    headers = {} if post.token is None else world.client(post.token)._auth()
    key = secrets.token_hex(8)

    def sent(body: Fields, under: str) -> httpx.Response:
        return world.http.post(post.path, json=body.to_json(), headers={**headers, "idempotency-key": under})

    def told(answer: httpx.Response) -> tuple[int, Any]:
        return answer.status_code, answer.json()

    try:
        with world.database.transaction() as tx:
            assert work.claim(tx, post.caller, post.path.removeprefix("/v1/"), key)
            answer = sent(post.body, key)
            assert (answer.status_code, answer.json()["code"]) == (409, "idempotency.in_flight")
        first = sent(post.body, key)
        assert first.status_code in (200, 201, 202), first.text
        assert told(sent(post.body, key)) == told(first)
        if post.other is not None:
            refused = sent(post.other, key)
            assert (refused.status_code, refused.json()["code"]) == (422, "idempotency.mismatch")
            assert sent(post.other, secrets.token_hex(8)).json().get("code") != "idempotency.mismatch"
        with world.database.transaction() as tx:
            tx.execute(
                "DELETE FROM idempotency WHERE key = %s", (key,)
            )  # what answered was the kept word: now it is done anew
        assert sent(post.body, key).status_code < 500
    finally:
        with world.database.transaction() as tx:
            tx.execute("DELETE FROM webhooks")
        world.parties.pop("again", None)
        world.settle()
