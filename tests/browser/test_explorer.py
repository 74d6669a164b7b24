"""The explorer in Debian's Chromium, over a real PostgreSQL through its read-only role."""

import hashlib
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect
from psycopg import sql

from protocol import access, bundle, ids
from protocol.typed import Access
from tests import compose
from tests.browser import axe, seed
from tests.patience import scaled
from tests.unit.protocol.simulated_task import SimulatedTask

pytestmark = pytest.mark.browser
TOKEN = access.header(Access("regulator", access.EVIDENCE, int(time.time()) + 1800, 1), bytes(65))
VIEWS = (
    "authorizations", "bundles", "chain_cursor", "commitments", "data_sets", "deployment", "descriptors", "events", "log_forks",
    "log_heads", "log_witnesses", "looks", "names", "parties", "progress", "releases", "result_attestations", "successions", "task_facets",
    "tasks", "times", "uses",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Site:
    """A running explorer and the tasks it shows."""

    url: str
    tasks: dict[str, bytes]
    login: str
    data_sets: tuple[str, ...]
    bundle: str
    """SHA-256 of the completed task's bundle."""

    def task(self, name: str, language: str = "en") -> str:
        return f"{self.url}/{language}/tasks/{ids.prefixed('task', self.tasks[name])}"


class Coordinator:
    """The coordinator's two answers that the explorer passes on, to the bearer of one token."""

    def __init__(self, evidence: dict[bytes, bytes]) -> None:
        found = {f"/v1/tasks/{ids.prefixed('task', task)}/evidence": body for task, body in evidence.items()}
        answers = {"/v1/evidence/reader": b"{}", **found}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = answers.get(self.path)
                good = self.headers["authorization"] == TOKEN
                self.send_response(200 if body is not None and good else 404 if good else 403)
                self.end_headers()
                self.wfile.write(body if body is not None and good else b"")

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def site(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    story = SimulatedTask().complete()
    tasks = seed.seed(dsn, story)
    parts = urlsplit(dsn)
    login = urlunsplit(parts._replace(netloc=f"{seed.LOGIN}:{quote(seed.PASSWORD)}@"))
    secret = tmp_path_factory.mktemp("explorer") / "database_url"
    secret.touch(mode=0o600)
    secret.write_text(login)
    coordinator = Coordinator({story.task: bundle.build(story.material())})
    trust = secret.with_name("trust.json")
    trust.write_bytes(story.pinned.data())
    program, *arguments = compose.own_commands()["explorer"]
    assert program == "tally"
    process = subprocess.Popen(
        [sys.executable, "-c", "from cli.main import main; main()", *arguments],
        cwd=ROOT,
        env={
            "PATH": "/usr/bin:/bin",
            "TALLY_DATABASE_URL_FILE": str(secret),
            "TALLY_PORT": "0",
            "TALLY_PUBLISH": "everything",
            "TALLY_TRUST_FILE": str(trust),
            "TALLY_COORDINATOR_URL": coordinator.url,
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr
        ready = next((line for line in process.stderr if "explorer.serving" in line), "")
        port = re.search(r'"port": (\d+)', ready)
        assert port, f"the explorer did not start: {process.poll()}"
        data_sets = tuple(item.data_set for item in story.contract.inputs)
        body = bundle.build(story.material())
        yield Site(f"http://127.0.0.1:{port[1]}", tasks, login, data_sets, hashlib.sha256(body).hexdigest())
    finally:
        coordinator.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(scaled(20)) in (0, -signal.SIGTERM)
        if process.stderr:
            process.stderr.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that keeps every policy violation, script error and dialog in ``window.__seen`` or on itself."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.add_init_script(
        "window.__seen = [];"
        "document.addEventListener('securitypolicyviolation',"
        " e => window.__seen.push(e.violatedDirective + ' ' + e.blockedURI));"
    )
    yield page
    context.close()


def violations(page: Page) -> list[str]:
    return page.evaluate("window.__seen")


def test_violations_would_be_seen(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/en/tasks")
    page.evaluate("document.body.appendChild(document.createElement('style')).textContent = 'body{color:red}'")
    page.wait_for_function("window.__seen.length > 0")
    assert set(violations(page)) == {"style-src-elem inline"}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_break_no_policy_and_log_no_error(site: Site, page: Page, language: str, theme: str) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    # a page's icon is still being fetched when the next page is asked for: that abort is no failure
    page.on(
        "requestfailed",
        lambda request: problems.append(request.url) if request.failure != "net::ERR_ABORTED" else None,
    )
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    for where in (f"{site.url}/{language}/tasks", *(site.task(name, language) for name in site.tasks)):
        page.goto(where)
        assert violations(page) == []
    assert problems == []


def test_hostile_values_stay_text(site: Site, page: Page) -> None:
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for where in (f"{site.url}/en/tasks", site.task("hostile"), site.task("hostile", "zh")):
        page.goto(where)
        assert "owned" not in page.title()
        assert page.locator("main img, main script, main b, main i").count() == 0
        assert page.get_by_text(seed.HOSTILE).count() > 0
        assert violations(page) == []


def test_no_word_of_a_contract_is_shown(site: Site, page: Page) -> None:
    for name in site.tasks:
        page.goto(site.task(name))
        assert "canary" not in page.content()
        assert not any(name in page.content() for name in (*site.data_sets, seed.DATA_SET))


def test_attack_the_role_looks_for_words(site: Site) -> None:
    """Every column of every relation that the role may read, whole: no word of a contract, no data set's name, no bundle."""
    words = (b"canary", *(name.encode() for name in (*site.data_sets, seed.DATA_SET)), b"PK\x03\x04")
    with psycopg.connect(
        site.login, options="-c role=tally_explorer -c explorer.reader=*", autocommit=True
    ) as connection:
        columns = connection.execute(
            "SELECT c.table_schema, c.table_name, c.column_name FROM information_schema.columns c"
            " WHERE c.table_schema NOT IN ('pg_catalog', 'information_schema')"
            " AND has_column_privilege(format('%I.%I', c.table_schema, c.table_name), c.column_name, 'SELECT')"
        ).fetchall()
        assert {(schema, table) for schema, table, _ in columns} == {("explorer", view) for view in VIEWS}
        for schema, table, column in columns:
            select = sql.SQL("SELECT {}::text, {} FROM {}.{}").format(
                *(sql.Identifier(name) for name in (column, column, schema, table))
            )
            for text, value in connection.execute(select):
                found = (text or "").encode() + (bytes(value) if isinstance(value, bytes) else b"")
                assert not [word for word in words if word in found], (table, column)


def test_the_role_reads_views_and_nothing_else(site: Site) -> None:
    options = "-c role=tally_explorer -c explorer.reader=*"
    with psycopg.connect(site.login, options=options, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM explorer.tasks").fetchone() == (34,)
        for statement in (
            "SELECT 1 FROM tally.tasks",
            "SELECT 1 FROM tally.sealed_shares",
            "DELETE FROM explorer.bundles",
            "UPDATE explorer.names SET name = 'x'",
            "CREATE TABLE explorer.mine (a int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_reader_finds_a_task_by_keyboard_alone(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/en/tasks")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.get_by_label("Search").focus()
    page.keyboard.type(site.tasks["completed"].hex()[:12].upper())
    page.keyboard.press("Enter")
    expect(page).to_have_url(site.task("completed"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("task_")
    page.get_by_label("Search").fill("hopsital")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Nothing that you may read")
    page.get_by_role("region", name="Names that are near").get_by_role("link", name="hospital").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Party hospital")


@pytest.mark.slow
def test_each_kind_of_search_opens_its_page(site: Site, page: Page) -> None:
    """As people type and paste; ``tests/integration/web/test_rooms.py`` has every spelling."""
    task, party = site.tasks["completed"], seed.digest("hospital").hex()
    consent = seed.digest(f"consent {site.tasks['refused'].hex()}").hex()
    known = {
        f" TASK_{task.hex()[:8].upper()}…{task.hex()[-4:]} ": site.task("completed"),
        "hospital": f"/en/parties/0x{party}",
        f"0x{seed.digest(seed.DATA_SET).hex()}": f"/en/data-sets/0x{seed.digest(seed.DATA_SET).hex()}",
        "glm.logistic@1.1.0": f"/en/programs/0x{seed.digest('glm.logistic@1.1.0').hex()}",
        consent[:12]: f"/en/authorizations/auth_{consent}",
        seed.digest("registration 3").hex(): f"/en/transactions/0x{seed.digest('registration 3').hex()}",
        seed.digest("block 90").hex(): "/en/blocks/90",
        "90": "/en/blocks/90",
        site.bundle: site.task("completed"),
        "2026-05-28": "/en/tasks?from=2026-05-28&to=2026-05-28",
        f"https://elsewhere.example/zh/parties/0x{party}?x=y": f"/en/parties/0x{party}",
    }
    for typed, where in known.items():
        page.goto(f"{site.url}/en/home")
        page.get_by_label("Search").fill(typed)
        page.keyboard.press("Enter")
        expect(page).to_have_url(where if where.startswith("http") else site.url + where)
        expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_timeline_is_an_image_with_a_description_and_a_table(site: Site, page: Page) -> None:
    page.goto(site.task("completed"))
    picture = page.get_by_role("img", name="What happened, in the chain's order")
    expect(picture).to_be_visible()
    rows = page.get_by_role("region", name="What happened").locator("tbody tr")
    assert picture.locator("g.moment").count() == rows.count() == 7
    described = picture.get_attribute("aria-labelledby")
    assert described
    summary = page.locator(f"#{described.split()[1]}").text_content() or ""
    assert re.fullmatch(r"7 events on chain, from block \d+ to block \d+; the task is completed\.", summary)
    expect(page.get_by_role("row", name=re.compile("Committed laboratory"))).to_be_visible()
    expect(page.get_by_text("The output review is not decided")).to_have_count(0)


@pytest.mark.parametrize(("language", "word"), [("en", ("holds", "nothing to check")), ("zh", ("成立", "无可核验"))])
def test_an_honest_bundle_holds_and_has_no_abort_to_check(
    site: Site, page: Page, language: str, word: tuple[str, str]
) -> None:
    page.goto(site.task("completed", language))
    expect(page.locator(".step .outcome")).to_have_text([word[0]] * 9 + [word[1]])
    expect(page.locator(".step .detail")).to_have_count(0)


@pytest.mark.parametrize(("language", "signs_in", "out"), [("en", "Sign in", "Sign out"), ("zh", "登录", "退出")])
def test_who_signs_in_sees_what_was_compared(
    site: Site, page: Page, language: str, signs_in: str, out: str, tmp_path: Path
) -> None:
    page.goto(site.task("completed", language))
    page.get_by_role("link", name=signs_in).click()
    page.locator("#token").fill(TOKEN + "x")
    page.get_by_role("button", name=signs_in).click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.screenshot(path=tmp_path / "sign-in.png", full_page=True)
    page.locator("#token").fill(TOKEN)
    page.get_by_role("button", name=signs_in).click()
    expect(page).to_have_url(f"{site.url}/{language}/tasks")
    page.goto(site.task("completed", language))
    expect(page.locator(".step .detail")).to_have_count(10)
    page.screenshot(path=tmp_path / "signed-in.png", full_page=True)
    page.goto(site.task("refused", language))
    expect(page.locator(".step .detail")).to_have_count(0)
    page.get_by_role("button", name=out).click()
    page.goto(site.task("completed", language))
    expect(page.locator(".step .detail")).to_have_count(0)
    assert violations(page) == []


def test_a_broken_bundle_fails_where_it_is_broken(site: Site, page: Page) -> None:
    page.goto(site.task("refused"))
    expect(page.locator(".step .outcome")).to_have_text(["fails", *["cannot be checked here"] * 9])


def test_language_switch_shows_the_same_task(site: Site, page: Page) -> None:
    page.goto(site.task("refused"))
    expect(page.get_by_text("[check.policy]").first).to_contain_text("The task asks for more")
    page.get_by_role("link", name="中文").click()
    expect(page).to_have_url(site.task("refused", "zh"))
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.get_by_text("[check.policy]").first).to_contain_text("任务超出数据方策略")


def test_a_missing_party_is_named_with_the_deadline(site: Site, page: Page) -> None:
    page.goto(site.task("proposed"))
    expect(page.get_by_text("no answer on the link [link.timeout] (exchange)")).to_be_visible()
    expect(page.get_by_text("for commitments, until 2026-05-28 21:26:40 UTC")).to_be_visible()


def test_older_tasks_are_a_page_away(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/en/tasks")
    expect(page.locator("tbody tr")).to_have_count(25)
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tbody tr")).to_have_count(9)
    page.get_by_role("link", name="From the start").click()
    expect(page.locator("tbody tr")).to_have_count(25)


def rooms(language: str) -> list[str]:
    """One page of every kind, hostile names among them."""
    party, program = (ids.on_chain(name).hex() for name in (seed.HOSTILE, "glm.logistic@1.0.0"))
    laboratory, data_set = (ids.on_chain(name).hex() for name in ("laboratory", seed.DATA_SET))
    transaction, consent = (
        ids.on_chain(name).hex() for name in ("registration 3", f"consent {ids.on_chain('refused').hex()}")
    )
    return [
        f"/{language}/{where}"
        for where in (
            "home", "anchors", "statistics", "report", "report?from=2026-05-27&to=2026-05-28", "report?from=x&to=y", "compare",
            f"compare?a=0x{data_set}@1&b=0x{data_set}@2", "compare?a=hospital&b=90", "tasks", "parties", "data-sets", "programs",
            "authorizations", f"parties/0x{party}", f"parties/0x{laboratory}", f"programs/0x{program}", f"data-sets/0x{data_set}",
            f"authorizations/auth_{consent}", f"transactions/0x{transaction}", "blocks/90", "find?q=logistic", "find?q=hopsital",
            "tasks?state=x", "sign-in", "no-such-page",
        )
    ]  # fmt: skip


NARROW = """() => {
  const broken = [];
  for (const element of document.querySelectorAll('main *, header *')) {
    const words = [...element.childNodes].filter(node => node.nodeType === 3 && !node.data.includes('<script') && /[A-Za-z]{4,14}/.test(node.data));
    for (const node of words) for (const match of node.data.matchAll(/(?<![\\w…-])[A-Za-z]{4,14}(?![\\w…-])/g)) {
      const range = document.createRange();
      range.setStart(node, match.index); range.setEnd(node, match.index + match[0].length);
      if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) broken.push(match[0]);
    }
  }
  return [document.documentElement.scrollWidth, broken];
}"""
"""How wide the page is, and the words that stand in more than one line."""


@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.slow)])
def test_every_page_is_read_at_320_pixels_and_no_word_breaks(site: Site, page: Page, language: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    for where in (
        *rooms(language),
        *(site.task(name, language).removeprefix(site.url) for name in ("completed", "hostile")),
    ):
        page.goto(site.url + where)
        assert page.evaluate(NARROW) == [320, []], where
        assert violations(page) == []


@pytest.mark.slow
@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_axe_finds_nothing_on_any_page(site: Site, chromium: Browser, language: str, *, signed_in: bool) -> None:
    """axe-core, once for each page and language; dark for one of them; with words and ten steps for who signed in."""
    context = chromium.new_context(bypass_csp=True)  # axe itself is a script that the pages would not run
    page = context.new_page()
    page.set_default_timeout(scaled(15) * 1000)
    page.emulate_media(color_scheme="dark" if signed_in else "light")
    tasks = [site.task(name, language).removeprefix(site.url) for name in site.tasks]
    if signed_in:
        sign_in(site, page, language)
    found: dict[str, object] = {}
    for where in tasks if signed_in else (*rooms(language), *tasks):
        page.goto(site.url + where)
        if problems := axe.problems(page):
            found[where] = problems
    assert found == {}
    context.close()


def sign_in(site: Site, page: Page, language: str) -> None:
    page.goto(f"{site.url}/{language}/sign-in")
    page.locator("#token").fill(TOKEN)
    page.locator(".sign-in button").click()
    page.wait_for_url(f"{site.url}/{language}/tasks")


@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.slow)])
def test_who_may_read_the_words_sees_the_workflow_and_keeps_the_report(
    site: Site, page: Page, language: str, chromium: Browser, tmp_path: Path
) -> None:
    sign_in(site, page, language)
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(site.task("completed", language))
    assert page.locator("svg.workflow g.box").count() == 5
    assert page.locator("svg.workflow path.edge").count() == 4
    width, broken = page.evaluate(NARROW)
    assert width == 320
    assert [word for word in broken if len(set(word)) > 2] == [], "references are digits of any length"
    with page.expect_download() as download:
        page.locator("a[href$='/report.html']").click()
    kept = tmp_path / "kept.html"
    download.value.save_as(kept)
    assert violations(page) == []
    offline = chromium.new_context(offline=True, viewport={"width": 360, "height": 800})
    paper, asked = offline.new_page(), list[str]()
    paper.on("request", lambda request: asked.append(request.url))
    paper.goto(kept.as_uri())
    assert asked == [kept.as_uri()], "it loads nothing"
    assert paper.evaluate("document.documentElement.scrollWidth") <= 360
    assert paper.locator("svg").count() == 2
    offline.close()


def test_pages_say_all_without_javascript_and_in_print(site: Site, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    for where, rows in (
        ("/en/home", 5),
        ("/en/statistics", 5),
        ("/en/anchors", 3),
        ("/en/report?from=2026-05-27&to=2026-05-28", 5),
    ):
        page.goto(site.url + where)
        assert page.locator("tbody tr").count() >= rows, where
        page.emulate_media(media="print")
        expect(page.locator("main h1")).to_be_visible()
        expect(page.locator("table").first).to_be_visible()
        expect(page.locator("header.top")).to_be_hidden()
        page.emulate_media(media="screen")
    context.close()


@pytest.mark.slow
def test_screenshots(site: Site, page: Page, tmp_path: Path) -> None:
    """For people to look at: kept where pytest keeps its temporary folders."""
    for language in ("en", "zh"):
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            for name, where in (("tasks", f"{site.url}/{language}/tasks"), ("task", site.task("completed", language))):
                page.goto(where)
                picture = tmp_path / f"{name}-{language}-{theme}.png"
                page.screenshot(path=picture, full_page=True)
                assert picture.stat().st_size > 10_000
