"""Signing in: who gets in, what the cookie is, and what a foreign page or a stranger can do with it."""

import asyncio
import re
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from audit_explorer import sessions
from audit_explorer.app import create_app
from audit_explorer.records import StoredBundle, Task
from audit_explorer.verification import Verifier
from protocol import access, ids
from protocol.typed import Access
from tests.unit.audit_explorer import fakes
from tests.unit.orchestrator import sample

FORM = {"content-type": "application/x-www-form-urlencoded"}
GOOD = access.header(Access("regulator", access.EVIDENCE, fakes.NOW + 600, 1), bytes(65))
DETAIL = "bundle.not_zip"


def bundled(number: int) -> Task:
    done = fakes.completed(number)
    return replace(done, row=replace(done.row, bundle=True))


MINE, THEIRS = bundled(1), bundled(2)


@dataclass
class Browser:
    """Keeps cookies and sends forms to the application in this process."""

    reading: fakes.FakeReading | None
    now: int = fakes.NOW
    site: str = "same-origin"
    cookies: dict[str, str] = field(default_factory=dict)
    tasks: tuple[Task, ...] = (MINE, THEIRS)

    def __post_init__(self) -> None:
        stored = {task.row.task: StoredBundle(("holds",) * 10, 1, bytes(32)) for task in self.tasks if task.row.bundle}
        records = fakes.FakeRecords(list(self.tasks), stored)
        app = create_app(records, Verifier(None), self.reading, lambda: self.now, published=True)
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def request(self, method: str, where: str, base: str = "http://explorer", **options: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url=base, cookies=self.cookies) as connection:
                return await connection.request(method, where, **options)

        answer = asyncio.run(call())
        self.cookies |= dict(answer.cookies)
        return answer

    def get(self, where: str) -> httpx.Response:
        return self.request("GET", where)

    def post(self, where: str, **fields: str) -> httpx.Response:
        headers = {**FORM, "sec-fetch-site": self.site}
        return self.request("POST", where, content=urlencode(fields), headers=headers)

    def key(self, where: str = "/en/sign-in") -> str:
        found = re.search(r'name="key" value="([0-9a-f]{64})"', self.get(where).text)
        assert found
        return found[1]

    def sign_in(self, token: str = GOOD) -> httpx.Response:
        return self.post("/en/sign-in", key=self.key(), token=token)

    def page(self, task: Task) -> str:
        return self.get(f"/en/tasks/{ids.prefixed('task', task.row.task)}").text


@pytest.fixture
def browser() -> Browser:
    return Browser(fakes.FakeReading(GOOD, {MINE.row.task: b"no zip"}))


def test_a_party_signs_in_sees_its_own_evidence_and_signs_out(browser: Browser) -> None:
    assert DETAIL not in browser.page(MINE)
    answer = browser.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/tasks")
    text = browser.page(MINE)
    assert DETAIL in text
    assert "Signed in as regulator" in text
    assert text.count('class="step fails"') == 1
    other = browser.page(THEIRS)
    assert "does not give this task&#39;s bundle to you" in other
    assert 'class="detail"' not in other
    assert browser.post("/en/sign-out", key=browser.key("/en/tasks")).status_code == 303
    assert DETAIL not in browser.page(MINE)


def test_the_words_of_a_task_that_still_runs_are_for_whom_the_coordinator_gives_them_to() -> None:
    terms = sample.contract()
    running = replace(fakes.proposed(), contract_digest=terms.digest())
    page = f"/en/tasks/{ids.prefixed('task', running.row.task)}"
    for contracts, found in (({running.row.task: terms}, True), ({}, False)):
        browser = Browser(fakes.FakeReading(GOOD, {}, contracts=contracts), tasks=(running,))
        assert terms.purpose not in browser.get(page).text, "nobody is signed in"
        browser.sign_in()
        text = browser.get(page).text
        assert (terms.purpose in text) is found
        assert ('id="about-title"' in text) is found


def test_attack_a_coordinator_that_tells_of_another_contract_is_not_believed() -> None:
    terms = sample.contract()
    running = replace(fakes.proposed(), contract_digest=terms.digest())
    other = replace(terms, purpose="a purpose that nobody signed")
    browser = Browser(fakes.FakeReading(GOOD, {}, contracts={running.row.task: other}), tasks=(running,))
    browser.sign_in()
    assert "a purpose that nobody signed" not in browser.get(f"/en/tasks/{ids.prefixed('task', running.row.task)}").text


def test_cookies_are_for_this_site_and_for_no_script(browser: Browser) -> None:
    for answer in (browser.get("/en/sign-in"), browser.sign_in()):
        (cookie,) = answer.headers.get_list("set-cookie")
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/" in cookie
        assert GOOD.split()[1] not in cookie
    assert "; Secure" in browser.request("GET", "/en/sign-in", "https://explorer").headers["set-cookie"]
    assert browser.cookies[sessions.COOKIE] not in browser.page(MINE)


def test_a_token_that_the_coordinator_does_not_take_opens_nothing(browser: Browser) -> None:
    tokens = [
        "x", "Bearer x", access.header(Access("regulator", "evidence", fakes.NOW + 600, 2), bytes(65)),
        access.header(Access("regulator", "evidence", fakes.NOW, 1), bytes(65)),
        access.header(Access("regulator", "evidence", fakes.NOW + access.MAX_LIFETIME + 1, 1), bytes(65)),
        access.header(Access("regulator", "tasks", fakes.NOW + 600, 1), bytes(65)),
    ]  # fmt: skip
    for token in tokens:
        answer = browser.sign_in(token)
        assert answer.status_code == 403
        assert "does not take this token" in answer.text
        assert sessions.COOKIE not in browser.cookies


def test_attack_the_page_is_given_more_than_it_needs() -> None:
    """A token that reads more than evidence is not kept, though the coordinator would take it: pages could be read out."""
    for resource in (access.EVERYTHING, "tasks"):
        token = access.header(Access("regulator", resource, fakes.NOW + 600, 1), bytes(65))
        browser = Browser(fakes.FakeReading(token))
        assert browser.sign_in(token).status_code == 403
        assert sessions.COOKIE not in browser.cookies


def test_a_coordinator_that_is_down_is_said(browser: Browser) -> None:
    assert browser.reading
    browser.reading.down = True
    assert browser.sign_in().status_code == 503
    assert sessions.COOKIE not in browser.cookies


def test_a_session_ends_with_its_token(browser: Browser) -> None:
    browser.sign_in()
    browser.now = fakes.NOW + 600
    assert DETAIL not in browser.page(MINE)
    assert "Signed in" not in browser.page(MINE)


def test_attack_a_foreign_page_posts_a_form(browser: Browser) -> None:
    """Without the key that belongs to this browser's cookie, or from another site, nobody is signed in or out."""
    key = browser.key()
    other = Browser(browser.reading).key()
    for given in ("", "0" * 64, other, "é"):
        assert browser.post("/en/sign-in", key=given, token=GOOD).status_code == 400
    browser.site = "cross-site"
    assert browser.post("/en/sign-in", key=key, token=GOOD).status_code == 400
    assert sessions.COOKIE not in browser.cookies
    browser.site = "same-origin"
    browser.sign_in()
    assert browser.post("/en/sign-out", key=key).status_code == 400
    assert DETAIL in browser.page(MINE)


def test_attack_a_session_that_somebody_chose(browser: Browser) -> None:
    """A planted cookie opens nothing, and signing in over it makes a new one."""
    browser.cookies[sessions.COOKIE] = "planted"
    assert DETAIL not in browser.page(MINE)
    browser.sign_in()
    assert browser.cookies[sessions.COOKIE] != "planted"


def test_attack_a_form_without_end(browser: Browser) -> None:
    assert browser.post("/en/sign-in", key=browser.key(), token="x" * 20_000).status_code == 400


def test_the_oldest_sessions_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_MOST", 2)
    held = sessions.Sessions(lambda: fakes.NOW)
    opened = [held.open(GOOD, lambda _: None) for _ in range(3)]
    assert len(set(opened)) == 3
    assert set(held._held) == set(opened[1:])


def test_without_a_coordinator_there_is_no_sign_in() -> None:
    alone = Browser(None)
    assert alone.get("/en/sign-in").status_code == 404
    assert "sign-in" not in alone.page(MINE)
