"""The explorer passes the coordinator's API on: what the browser sent and what was answered, and nothing else."""

import gzip
import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from audit_explorer import forwarding, security, sessions
from audit_explorer.app import create_app
from audit_explorer.desk import Desk
from audit_explorer.forwarding import Forwarding
from audit_explorer.verification import Verifier
from protocol.api import Problem
from protocol.errors import FormatError
from tests import patience
from tests.serving import Served
from tests.unit.audit_explorer import fakes
from tests.unit.protocol.simulated_task import SimulatedTask


@dataclass
class Upstream:
    """Stands where the coordinator does: keeps what it was asked, answers what a test says."""

    asked: list[tuple[str, bytes, bytes, list[tuple[str, str]], bytes]] = field(default_factory=list)
    answer: Response = field(default_factory=lambda: PlainTextResponse("heard"))
    go_on: threading.Event = field(default_factory=threading.Event)

    def app(self) -> Starlette:
        async def hear(request: Request) -> Response:
            scope = request.scope
            body = await request.body()
            self.asked.append((request.method, scope["raw_path"], scope["query_string"], request.headers.items(), body))
            return self.answer

        async def slowly(_: Request) -> Response:
            async def parts() -> AsyncIterator[bytes]:
                yield b"first"
                await run_in_threadpool(self.go_on.wait, patience.scaled(20))
                yield b"second"

            return StreamingResponse(parts())

        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return Starlette(routes=[Route("/v1/slowly", slowly), Route("/{path:path}", hear, methods=every)])

    def headers(self) -> dict[str, str]:
        return dict(self.asked[-1][3])


@pytest.fixture(scope="module")
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture(scope="module")
def url(upstream: Upstream) -> Iterator[str]:
    api = Served(upstream.app())
    desk = Desk(SimulatedTask().trust, Forwarding(api.url))
    pages = Served(create_app(fakes.FakeRecords([]), Verifier(None), now=lambda: fakes.NOW, desk=desk))
    yield pages.url
    pages.stop()
    api.stop()


@pytest.fixture
def browser(url: str, upstream: Upstream) -> Iterator[httpx.Client]:
    upstream.asked.clear()
    upstream.answer = PlainTextResponse("heard")
    with httpx.Client(base_url=url, trust_env=False, timeout=patience.scaled(20)) as client:
        yield client


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_method_path_query_and_body_go_on_byte_for_byte(browser: httpx.Client, upstream: Upstream, method: str) -> None:
    path, query = b"/v1/tasks/task_%41%2Fb/%E5%9B%BD", b"x=%20&y=+&x=2&z="
    body = bytes(range(256)) * 40 if method != "GET" else b""
    answer = browser.request(method, "/", content=body, extensions={"target": path + b"?" + query})
    assert answer.text == "heard"
    assert upstream.asked[-1][:3] == (method, path, query)
    assert upstream.asked[-1][4] == body


def test_what_means_something_goes_on_and_nothing_else(browser: httpx.Client, upstream: Upstream) -> None:
    sent = {
        "authorization": "Tallystick abc", "idempotency-key": "k", "content-type": "application/json", "origin": "https://a",
        "sec-fetch-site": "same-origin", "accept": "application/json", "x-forwarded-for": "203.0.113.9",
        "cookie": f"tally_reader=secret; {sessions.COOKIE}=ours; {sessions.FORM_COOKIE}=ours; other=1",
        "connection": "keep-alive, x-private", "x-private": "1", "te": "trailers", "forwarded": "for=1.2.3.4",
        "x-real-ip": "1.2.3.4", "proxy-authorization": "Basic x", "upgrade": "h2c",
    }  # fmt: skip
    browser.post("/v1/tasks", headers=sent, content=b"{}")
    heard = upstream.headers()
    assert heard.pop("cookie") == "tally_reader=secret; other=1"
    assert heard.pop("x-forwarded-for") == "203.0.113.9, 127.0.0.1"
    assert heard.pop("host") != httpx.URL(str(browser.base_url)).netloc.decode()
    heard.pop("user-agent")
    kept = ("authorization", "idempotency-key", "content-type", "origin", "sec-fetch-site", "accept")
    assert heard == {name: sent[name] for name in kept} | {"accept-encoding": "identity", "content-length": "2"}


def test_the_answer_comes_back_with_its_cookies_and_our_pages_defences(
    browser: httpx.Client, upstream: Upstream
) -> None:
    upstream.answer = Response(b"{}", 201, media_type="application/json")
    upstream.answer.set_cookie("tally_reader", "secret", path="/v1", httponly=True, samesite="strict")
    upstream.answer.set_cookie("second", "1")
    upstream.answer.headers["ratelimit"] = '"requests";r=1;t=1'
    upstream.answer.headers["connection"] = "x-hop"
    upstream.answer.headers["x-hop"] = "1"
    answer = browser.post("/v1/sessions", content=b"{}")
    assert (answer.status_code, answer.content) == (201, b"{}")
    assert [value.split("=")[0] for value in answer.headers.get_list("set-cookie")] == ["tally_reader", "second"]
    assert answer.headers["ratelimit"] == '"requests";r=1;t=1'
    assert "x-hop" not in answer.headers
    assert {name: answer.headers[name] for name in security.HEADERS} == security.HEADERS


def test_a_packed_body_is_not_unpacked_and_a_redirect_not_followed(browser: httpx.Client, upstream: Upstream) -> None:
    packed = gzip.compress(b"evidence")
    upstream.answer = Response(packed, headers={"content-encoding": "gzip"})
    with browser.stream("GET", "/v1/evidence") as answer:
        assert b"".join(answer.iter_raw()) == packed
    upstream.answer = Response(status_code=302, headers={"location": "http://169.254.169.254/"})
    answer = browser.get("/v1/tasks")
    assert (answer.status_code, answer.headers["location"]) == (302, "http://169.254.169.254/")
    assert len(upstream.asked) == 2


def test_a_stream_comes_as_it_is_made(browser: httpx.Client, upstream: Upstream) -> None:
    upstream.go_on.clear()
    with browser.stream("GET", "/v1/slowly") as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"first"
        upstream.go_on.set()
        assert next(parts) == b"second"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/../metrics", "/v1/%2e%2e/metrics", "/v1/..%2fmetrics", "/v1/tasks/%2E./%2e%2E/metrics", "/v1/a%5c..%5cmetrics",
        "/v1/./tasks",
    ],
)  # fmt: skip
def test_attack_a_path_out_of_the_api(browser: httpx.Client, upstream: Upstream, path: str) -> None:
    answer = browser.request("GET", "/", extensions={"target": path.encode()})
    assert answer.status_code in (400, 404)
    assert upstream.asked == []


@pytest.mark.parametrize("announced", [True, False])
def test_attack_a_body_without_end(browser: httpx.Client, upstream: Upstream, announced: bool) -> None:
    body = b"x" * (forwarding.MOST_BODY + 1)
    answer = browser.post("/v1/tasks", content=body if announced else iter([body[:-1], body[-1:]]))
    assert code(answer) == (413, "http.too_large")
    assert upstream.asked == []


def test_attack_an_answer_without_end(
    browser: httpx.Client, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarding, "MOST_ANSWER", 100)
    upstream.answer = PlainTextResponse("x" * 101)
    assert code(browser.get("/v1/tasks")) == (503, "forwarding.answer")

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 10

    upstream.answer = StreamingResponse(parts())
    with pytest.raises(httpx.RemoteProtocolError):
        browser.get("/v1/tasks")


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem, which is of the API's own form."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, Problem.parse(json.loads(answer.content)).code


def test_a_coordinator_that_is_away_is_a_problem_of_the_apis_form() -> None:
    gone = Served(Upstream().app())
    gone.stop()
    pages = served(Forwarding(gone.url))
    try:
        answer = httpx.get(f"{pages.url}/v1/tasks", trust_env=False, timeout=patience.scaled(20))
        assert code(answer) == (503, "forwarding.coordinator_away")
        assert answer.headers["retry-after"] == "2"
    finally:
        pages.stop()


def served(way: Forwarding | None) -> Served:
    desk = Desk(SimulatedTask().trust, way)
    return Served(create_app(fakes.FakeRecords([]), Verifier(None), now=lambda: fakes.NOW, desk=desk))


def test_nothing_is_passed_on_unless_it_is_configured(upstream: Upstream) -> None:
    upstream.asked.clear()
    pages = served(None)
    try:
        answer = httpx.post(f"{pages.url}/v1/sign-in", json={}, trust_env=False, timeout=patience.scaled(20))
        assert answer.status_code in (404, 405)
        assert upstream.asked == []
    finally:
        pages.stop()


@pytest.mark.parametrize("address", ["", "coordinator:8000", "file:///etc/passwd", "http://", "http://a/?x=1"])
def test_what_is_no_address_is_refused(address: Any) -> None:
    with pytest.raises(FormatError, match="coordinator_url"):
        Forwarding(address)
