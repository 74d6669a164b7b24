"""Pages over a fake store: what they show, what they refuse, what they send along."""

import asyncio
import html.parser
import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from audit_explorer import security
from audit_explorer.app import create_app
from audit_explorer.records import StoredBundle, Task
from audit_explorer.settings import ExplorerSettings
from audit_explorer.verification import Verifier
from protocol import ids
from tests.unit.audit_explorer import fakes


class Client:
    """Calls the application in this process, without a socket."""

    def __init__(self, app: FastAPI) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def request(self, method: str, where: str, **options: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://explorer") as connection:
                return await connection.request(method, where, **options)

        return asyncio.run(call())

    def get(self, where: str, **options: Any) -> httpx.Response:
        return self.request("GET", where, **options)


def client(*items: Task, **changes: Any) -> Client:
    records = replace(fakes.FakeRecords(list(items)), **changes)
    return Client(create_app(records, Verifier(None), now=lambda: fakes.NOW, published=True))


def path(task: Task, language: str = "en") -> str:
    return f"/{language}/tasks/{ids.prefixed('task', task.row.task)}"


class Tags(html.parser.HTMLParser):
    """Every tag with its attributes, and the ids and references between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


ALL = (fakes.completed(), fakes.proposed(), fakes.refused(), fakes.hostile())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_only_the_page_that_computes_may_run_our_bundle(language: str) -> None:
    answer = client(*ALL).get(f"/{language}/check")
    assert answer.headers["content-security-policy"] == security.SCRIPTED
    assert "trusted-types 'none'" in security.SCRIPTED
    assert "connect-src" not in security.SCRIPTED, "default-src 'none': it asks nobody"
    scripts = [attributes for tag, attributes in Tags(answer.text).tags if tag == "script"]
    assert scripts == [{"type": "module", "src": "/static/check.js"}]
    for where in (f"/{language}/tasks", "/static/check.js", f"/{language}/nothing"):
        assert client(*ALL).get(where).headers["content-security-policy"] == security.POLICY
    bundle = client(*ALL).get("/static/check.js")
    assert bundle.status_code == 200
    assert "javascript" in bundle.headers["content-type"]


def test_chain_endpoints_are_named_to_the_page_that_may_ask_them_alone() -> None:
    allowed = ("https://node.example.org", "http://127.0.0.1:8545/v1")
    app = create_app(fakes.FakeRecords(list(ALL)), Verifier(None), now=lambda: fakes.NOW, endpoints=allowed)
    site = Client(app)
    page = site.get("/en/check")
    assert page.headers["content-security-policy"] == f"{security.SCRIPTED}; connect-src {' '.join(allowed)}"
    assert f'data-endpoints="{" ".join(allowed)}"' in page.text
    assert site.get("/en/tasks").headers["content-security-policy"] == security.POLICY


@pytest.mark.parametrize(
    "address",
    [
        "node.example.org",
        "https://a b",
        "https://a;script-src *",
        "https://*",
        "javascript:1",
        "https://a/'x'",
        "data:,",
    ],
)
def test_attack_an_endpoint_that_is_more_than_an_address_stops_the_start(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TALLY_DATABASE_URL_FILE", str(tmp_path / "url"))
    monkeypatch.setenv("TALLY_PAGE_ENDPOINTS", '["https://node.example.org"]')
    assert ExplorerSettings().page_endpoints == ("https://node.example.org",)  # type: ignore[call-arg]
    monkeypatch.setenv("TALLY_PAGE_ENDPOINTS", json.dumps([address]))
    with pytest.raises(ValidationError):
        ExplorerSettings()  # type: ignore[call-arg]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("task", ALL, ids=lambda task: task.row.state)
def test_pages_carry_no_script_no_style_and_consistent_references(task: Task, language: str) -> None:
    answer = client(*ALL).get(path(task, language))
    assert answer.status_code == 200
    tags = Tags(answer.text).tags
    assert not any(tag in ("script", "style", "iframe", "object") for tag, _ in tags)
    assert not any(name == "style" or name.startswith("on") for _, attrs in tags for name in attrs)
    named = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(named) == len(set(named))
    for _, attrs in tags:
        for reference in (attrs.get("aria-labelledby") or "").split():
            assert reference in named
    headings = [int(tag[1]) for tag, _ in tags if tag in ("h1", "h2", "h3")]
    assert headings[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(headings))
    html_tag = next(attrs for tag, attrs in tags if tag == "html")
    assert html_tag["lang"] == ("en" if language == "en" else "zh-Hans")
    assert answer.headers["content-language"] == html_tag["lang"]


def test_a_task_names_its_engine_beside_its_programs() -> None:
    text = client(*ALL).get(path(ALL[0])).text
    assert "tallystick.engine@1.0.0" in text
    assert "glm.logistic@1.0.0" in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_hostile_names_are_text(language: str) -> None:
    for where in (path(fakes.hostile(), language), f"/{language}/tasks"):
        text = client(fakes.hostile()).get(where).text
        assert fakes.HOSTILE not in text
        assert "&lt;script&gt;" in text


def test_every_answer_has_the_security_headers() -> None:
    found = client(*ALL)
    for where in ("/", "/health", "/en/tasks", "/nowhere", "/en/tasks/bad", "/static/explorer.css", path(ALL[0])):
        answer = found.get(where)
        assert {name: answer.headers.get(name) for name in security.HEADERS} == security.HEADERS, where
        assert "set-cookie" not in answer.headers
    assert found.get("/en/tasks").headers["cache-control"] == "no-store"


def test_only_get_is_answered() -> None:
    found = client(*ALL)
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert found.request(method, "/en/tasks").status_code == 405


def test_start_follows_the_readers_language() -> None:
    assert client().get("/", headers={"accept-language": "zh-CN"}).headers["location"] == "/zh/home"
    assert client().get("/", headers={"accept-language": "de"}).headers["location"] == "/en/home"


def test_the_language_switch_keeps_page_and_query() -> None:
    text = client(*ALL).get("/en/tasks?state=refused").text
    assert 'href="/zh/tasks?state=refused"' in text
    assert f'href="{path(ALL[0], "en")}"' in client(*ALL).get(path(ALL[0], "zh")).text
    assert '"><script>' not in client(*ALL).get('/en/tasks?id="><script>alert(1)</script>').text


def test_pages_follow_each_other_without_gap_or_repetition() -> None:
    items = [replace(fakes.completed(), row=fakes.row(n, submitted_at=fakes.NOW - n // 7)) for n in range(60)]
    found, where, seen = client(*items), "/en/tasks", []
    while where:
        tags = Tags(found.get(where).text).tags
        seen += [attrs["title"] for tag, attrs in tags if tag == "a" and (attrs.get("title") or "").startswith("task_")]
        where = next((str(attrs["href"]) for tag, attrs in tags if attrs.get("rel") == "next"), "")
    assert len(seen) == len(set(seen)) == 60


def test_states_can_be_chosen() -> None:
    text = client(*ALL).get("/en/tasks?state=refused").text
    assert text.count('<th scope="row" ') == 1
    assert '<option value="refused" selected>' in text
    assert client(*ALL).get("/en/tasks?state=nonsense").status_code == 400


def test_a_filter_that_is_not_understood_is_kept_and_explained() -> None:
    answer = client(*ALL).get('/en/tasks?party="><b>x')
    assert answer.status_code == 400
    assert 'value="&#34;&gt;&lt;b&gt;x"' in answer.text
    assert "This filter is not understood" in answer.text


def test_attack_what_is_not_published_looks_like_what_does_not_exist() -> None:
    task = bundled()
    records = fakes.FakeRecords([task], {task.row.task: StoredBundle((), 1, bytes(32))})
    closed = Client(create_app(records, Verifier(None), now=lambda: fakes.NOW))
    hidden, absent = closed.get(path(task)), closed.get("/en/tasks/task_" + "0" * 64)
    assert (hidden.status_code, absent.status_code) == (404, 404)
    name = ids.prefixed("task", task.row.task)
    assert hidden.text.replace(name, "") == absent.text.replace("task_" + "0" * 64, "")
    assert (
        name not in closed.get("/en/tasks").text + closed.get("/en/tasks.csv").text + closed.get("/en/tasks.json").text
    )


@pytest.mark.parametrize(
    ("where", "status"),
    [
        ("/nowhere", 404),
        ("/fr/tasks", 404),
        ("/en/tasks/task_" + "0" * 64, 404),
        ("/en/tasks/task_xyz", 400),
        ("/en/tasks?cursor=!!", 400),
        ("/en/tasks?cursor=" + "a" * 900, 400),
        ("/static/../app.py", 404),
        ("/openapi.json", 404),
        ("/docs", 404),
    ],
)
def test_what_does_not_exist_says_so_on_a_page(where: str, status: int) -> None:
    answer = client(*ALL).get(where)
    assert answer.status_code == status
    assert "<h1>" in answer.text


def test_a_database_that_is_down_is_said_and_not_hidden() -> None:
    found = client(down=True)
    assert (found.get("/health").status_code, found.get("/health").json()) == (503, {"status": "degraded"})
    answer = found.get("/zh/tasks")
    assert answer.status_code == 503
    assert "稍后再试" in answer.text
    assert "explorer.database" not in answer.text


def test_health_is_one_word() -> None:
    assert client().get("/health").json() == {"status": "ok"}
    assert client(chain=None).get("/health").json() == {"status": "ok"}
    assert "No chain has been read yet" in client(chain=None).get("/en/tasks").text


def bundled() -> Task:
    done = fakes.completed()
    return replace(done, row=replace(done.row, bundle=True))


def test_everybody_sees_outcomes_and_nobody_what_was_compared() -> None:
    task = bundled()
    stored = StoredBundle(("holds",) * 8 + ("fails", "cannot"), 1234, b"\x5a" * 32)
    text = client(task, bundles={task.row.task: stored}).get(path(task)).text
    assert [text.count(f'class="step {word}"') for word in ("holds", "fails", "cannot")] == [8, 1, 1]
    assert 'class="detail"' not in text
    assert "5a" * 32 in text
    assert "As the coordinator itself found" in text
    assert "Sign in" not in text


def test_a_bundle_without_kept_outcomes_shows_none() -> None:
    task = bundled()
    text = client(task, bundles={task.row.task: StoredBundle((), 1, bytes(32))}).get(path(task)).text
    assert 'class="step' not in text.replace('class="steps"', "")
    assert "No verification of this bundle is kept" in text


def test_full_ids_are_on_the_page() -> None:
    text = client(*ALL).get(path(ALL[0])).text
    for value in (ALL[0].row.task, ALL[0].contract_digest, ALL[0].data_sets[0], ALL[0].events[0].transaction):
        assert value.hex() in text


def test_a_pending_task_shows_what_it_waits_for_and_until_when() -> None:
    text = client(*ALL).get(path(ALL[1])).text
    assert "for authorizations, until 2026-05-28 21:26:40 UTC" in text
    assert "in 1 h" in text
    assert '<progress value="2" max="5"' in text


def test_a_mistake_of_ours_is_a_page_with_the_same_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(fakes.FakeRecords, "rows", broken)
    answer = client(*ALL).get("/en/tasks")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert {name: answer.headers.get(name) for name in security.HEADERS} == security.HEADERS
