"""The page that works out what follows from a contract, in Debian's Chromium: without a server once it is loaded."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from audit_explorer.app import create_app
from audit_explorer.verification import Verifier
from protocol.ask import Ask
from protocol.contract import TaskContract, task_id_of
from protocol.typed import Domain
from tests import patience
from tests.unit.audit_explorer import fakes
from tests.unit.protocol import samples
from tools.web_answers import answer
from tools.web_questions import about_ed25519
from tools.web_samples import BAD_TEXTS, Maker

pytestmark = pytest.mark.browser
DEPLOYMENT = {"chain_id": 2**60 + 1, "deployment_id": "0x" + "5a" * 32, "contracts": {"Tasks": "0x" + "Ab" * 20}}


class Server:
    """The explorer over no database, in a thread of its own."""

    def __init__(self) -> None:
        app = create_app(fakes.FakeRecords([]), Verifier(None), now=lambda: fakes.NOW)
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        patience.until(20, "the explorer", lambda: self._server.started)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(patience.scaled(20))
        assert not self._thread.is_alive()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(patience.scaled(15) * 1000)
    page.add_init_script(
        "window.__seen = [];"
        "document.addEventListener('securitypolicyviolation', e => window.__seen.push(e.violatedDirective));"
        "window.addEventListener('error', e => window.__seen.push(e.message));"
    )
    yield page
    assert page.evaluate("window.__seen") == []
    context.close()


def give(page: Page, place: int, path: Path, data: bytes) -> None:
    path.write_bytes(data)
    page.locator("input[type=file]").nth(place).set_input_files(path)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_digest_task_and_asks_are_pythons(server: Server, page: Page, tmp_path: Path, language: str) -> None:
    page.goto(f"{server.url}/{language}/check")
    expect(page.locator("textarea")).to_be_visible()
    page.context.set_offline(True)
    contracts = [samples.contract(), *(TaskContract.parse(Maker(Random(seed)).contract()) for seed in range(4))]
    give(page, 1, tmp_path / "deployment.json", json.dumps(DEPLOYMENT).encode())
    for number, contract in enumerate(contracts):
        give(page, 0, tmp_path / f"{number}.json", contract.data())
        domain = Domain(DEPLOYMENT["chain_id"], DEPLOYMENT["contracts"]["Tasks"], bytes.fromhex("5a" * 32))  # type: ignore[arg-type, index]
        asks = [Ask.of(contract, item.data_set).digest() for item in contract.inputs]
        wanted = [f"0x{digest.hex()}" for digest in (contract.digest(), task_id_of(contract, domain), *asks)]
        expect(page.locator("[role=status] code")).to_have_text(wanted)


def test_another_spelling_is_said_and_has_the_same_digest(server: Server, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server.url}/en/check")
    contract = samples.contract()
    give(page, 0, tmp_path / "loose.json", json.dumps(contract.to_json(), indent=2).encode())
    expect(page.get_by_text("not in canonical form")).to_be_visible()
    expect(page.locator("[role=status] code").first).to_have_text(f"0x{contract.digest().hex()}")
    expect(page.get_by_text("Add the deployment file")).to_be_visible()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{", "json.malformed"),
        (b'{"format":"x","format":"x"}', "json.duplicate_key"),
        (b"[]", "json.not_object"),
        (b" " * 1_100_000, "json.too_large"),
        *(
            (json.dumps(samples.contract().to_json() | {"purpose": text}).encode(), "json.wrong_value")
            for text in (*BAD_TEXTS[:3], "<img src=x onerror=alert(1)>" * 99)
        ),
    ],
)
def test_what_is_no_contract_is_refused_with_its_code(
    server: Server, page: Page, tmp_path: Path, data: bytes, code: str
) -> None:
    page.goto(f"{server.url}/en/check")
    give(page, 0, tmp_path / "bad.json", data)
    expect(page.locator("[role=status] code")).to_have_text([code])
    assert page.locator("main img").count() == 0


def test_the_browsers_ed25519_draws_the_line_where_ours_does(server: Server, page: Page) -> None:
    """Points of small order and numbers that are not canonical: the libraries differ over them, so this is asked of Chromium."""
    page.goto(f"{server.url}/en/check")
    asked = list(about_ed25519())
    found = page.evaluate(
        """async (cases) => {
          const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
          const holds = async ({ key, signature, message }) => {
            try {
              const imported = await crypto.subtle.importKey("raw", bytes(key), { name: "Ed25519" }, false, ["verify"]);
              return await crypto.subtle.verify({ name: "Ed25519" }, imported, bytes(signature), bytes(message));
            } catch {
              return false;
            }
          };
          const found = [];
          for (const each of cases) found.push(await holds(each));
          return found;
        }""",
        asked,
    )
    assert found == ["ok" in answer(question) for question in asked]
    assert any(found)
