"""People sign in with the registered wallet and read; that is all a session does, and nobody else gets one."""

import re
import secrets
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from orchestrator.api import security
from orchestrator.api.app import PARTS, create_app
from orchestrator.bootstrap import sweep
from orchestrator.services.signing_in import MOST_SESSIONS
from protocol import ids, sign_in
from protocol.sign_in import SignInMessage
from tests.integration.orchestrator.world import PUBLIC_URL, SESSION_LIFE, World
from tests.unit.orchestrator.asgi import client_of

OWN = {"origin": "https://tally.example", "sec-fetch-site": "same-origin"}


@pytest.fixture
def browser(world: World) -> httpx.Client:
    """A client that keeps cookies as a browser does at the coordinator's address."""
    client = client_of(world.app)
    client.base_url = httpx.URL(PUBLIC_URL.removesuffix("/lab"))
    client.headers.update(OWN)
    return client


def asked(browser: httpx.Client, world: World, of: str, **more: Any) -> dict[str, Any]:
    wallet = world.parties[of].wallet.address.lower()
    return browser.post("/v1/sign-in", json={"wallet": wallet, "party": None, **more}).json()


def signed(world: World, made: dict[str, Any], signer: str, **changed: Any) -> dict[str, Any]:
    text = SignInMessage.parse(made).text
    signature = world.parties[signer].sign_wallet(sign_in.digest(text))
    return {"sign_in": made["sign_in"], "seal": made["seal"], "signature": "0x" + signature.hex(), **changed}


def entered(browser: httpx.Client, world: World, party: str) -> str:
    """Signs in; the cookie's secret, set by hand since the cookie's path has the site's prefix."""
    answer = browser.post("/v1/sessions", json=signed(world, asked(browser, world, party), party))
    assert answer.status_code == 201, answer.text
    found = re.match(rf"{security.COOKIE}=([^;]+); (.*)", answer.headers["set-cookie"])
    assert found is not None
    marks = set(found[2].split("; "))
    (life,) = (int(mark.removeprefix("Max-Age=")) for mark in marks if mark.startswith("Max-Age="))
    assert 0 < life <= SESSION_LIFE
    assert marks == {"HttpOnly", f"Max-Age={life}", "Path=/lab/v1", "SameSite=strict", "Secure"}
    browser.cookies.clear()
    browser.headers["cookie"] = f"{security.COOKIE}={found[1]}"
    return found[1]


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def test_from_wallet_to_reading_and_out(world: World, browser: httpx.Client) -> None:
    task = world.client("hospital").submit(world.contract())
    assert code(browser.get("/v1/tasks")) == (401, "access.missing")
    entered(browser, world, "hospital")
    assert browser.get("/v1/sessions/own").json()["party"] == "hospital"
    assert ids.prefixed("task", task) in {item["id"] for item in browser.get("/v1/tasks").json()["items"]}
    assert browser.delete("/v1/sessions/own").status_code == 204
    assert code(browser.get("/v1/sessions/own")) == (401, "access.session_over")
    assert code(browser.get("/v1/tasks")) == (401, "access.session_over")
    assert browser.delete("/v1/sessions/own").status_code == 204


def test_attack_one_signature_opens_one_session(world: World, browser: httpx.Client) -> None:
    body = signed(world, asked(browser, world, "hospital"), "hospital")
    assert browser.post("/v1/sessions", json=body).status_code == 201
    assert code(browser.post("/v1/sessions", json=body)) == (409, "sign_in.used")
    secret = entered(browser, world, "hospital")
    body = signed(world, asked(browser, world, "hospital"), "hospital")
    browser.headers["cookie"] = f"{security.COOKIE}={secret}"
    browser.delete("/v1/sessions/own")
    assert browser.post("/v1/sessions", json=body).status_code == 201
    world.clock.offset = sign_in.LIFE + 1
    try:
        assert code(browser.post("/v1/sessions", json=body)) == (409, "sign_in.expired")
    finally:
        world.clock.offset = 0


def test_attack_others_wallets_messages_and_parties(world: World, browser: httpx.Client) -> None:
    made = asked(browser, world, "hospital")
    assert code(browser.post("/v1/sessions", json=signed(world, made, "laboratory"))) == (403, "signature.not_wallet")
    forged = {**made["sign_in"], "party": "laboratory"}
    assert code(browser.post("/v1/sessions", json=signed(world, made, "hospital", sign_in=forged))) == (
        403,
        "sign_in.not_ours",
    )
    assert asked(browser, world, "hospital", party="laboratory")["code"] == "sign_in.other_wallet"
    assert asked(browser, world, "hospital", wallet="0x" + secrets.token_hex(20))["code"] == "sign_in.other_wallet"


def test_attack_a_page_of_another_site(world: World, browser: httpx.Client) -> None:
    """Neither does it read with somebody's cookie, nor sign anybody in or out (as another party, say)."""
    entered(browser, world, "hospital")
    for foreign in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
    ):
        body = signed(world, asked(browser, world, "stranger"), "stranger")
        assert code(browser.get("/v1/tasks", headers=foreign)) == (403, "access.foreign_site")
        assert code(browser.post("/v1/sessions", json=body, headers=foreign)) == (403, "access.foreign_site")
        assert code(browser.delete("/v1/sessions/own", headers=foreign)) == (403, "access.foreign_site")
    assert browser.get("/v1/tasks").status_code == 200


def test_attack_a_stolen_session_only_reads(world: World, browser: httpx.Client) -> None:
    """Every endpoint that changes something refuses the cookie alone; preflight alone reads by POST."""
    entered(browser, world, "hospital")
    routes = [route for part in PARTS for route in part.router.routes if isinstance(route, APIRoute)]
    posts = [route for route in routes if "POST" in (route.methods or ())]
    acts = {route.path: security.reading in {found.call for found in flat(route.dependant)} for route in posts}
    assert {path for path, reads in acts.items() if reads} == {"/v1/tasks/preflight"}
    for path in ("/v1/invitations", "/v1/data-sets", "/v1/programs", "/v1/engines"):
        assert code(browser.post(path, json={})) in {(401, "access.missing"), (400, "json.missing_field")}, path
        assert not acts[path]
    assert browser.post("/v1/invitations", json={"party": "new-party", "code_hash": "00" * 32, "not_after": 1}).status_code in (400, 401)  # fmt: skip


def flat(dependant: Any) -> list[Any]:
    return [dependant, *(inner for child in dependant.dependencies for inner in flat(child))]


def test_sessions_end_by_time_by_number_and_with_the_wallet(world: World, browser: httpx.Client) -> None:
    first = entered(browser, world, "laboratory")
    world.clock.offset = SESSION_LIFE + 1
    try:
        assert code(browser.get("/v1/tasks")) == (401, "access.session_over")
    finally:
        world.clock.offset = 0
    assert browser.get("/v1/tasks").status_code == 200
    world.clock.offset = 5
    try:
        for _ in range(MOST_SESSIONS):
            entered(browser, world, "laboratory")
    finally:
        world.clock.offset = 0
    assert browser.get("/v1/tasks").status_code == 200
    browser.headers["cookie"] = f"{security.COOKIE}={first}"
    assert code(browser.get("/v1/tasks")) == (401, "access.session_over")
    with world.database.transaction() as tx:
        tx.execute("UPDATE sessions SET wallet = %s WHERE party = 'laboratory'", ("0x" + "11" * 20,))
    entered(browser, world, "laboratory")
    with world.database.transaction() as tx:
        tx.execute("UPDATE sessions SET wallet = %s WHERE party = 'laboratory'", ("0x" + "11" * 20,))
    assert code(browser.get("/v1/tasks")) == (401, "access.session_over")
    with world.database.transaction() as tx:
        tx.execute("UPDATE sessions SET kept_until = 1, not_after = 1")
    sweep(world.database)
    with world.database.transaction() as tx:
        assert tx.execute("SELECT count(*) AS n FROM sessions").fetchone() == {"n": 0}


def test_without_an_address_nobody_signs_in(world: World) -> None:
    context = world.app.state.context
    closed = client_of(create_app(replace(context, door=replace(context.door, url=None))))
    assert code(closed.post("/v1/sign-in", json={"wallet": "0x" + "11" * 20, "party": None})) == (409, "sign_in.off")
