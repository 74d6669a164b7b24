"""The page that checks contracts and evidence, in Debian's Chromium: without a server once it is loaded."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import Browser, Page, expect

from audit_explorer.app import create_app
from audit_explorer.verification import Verifier
from audit_explorer.words import TEXTS, Language
from protocol import bundle, verify_receipt
from protocol.ask import Ask
from protocol.contract import TaskContract, task_id_of
from protocol.programs import Words
from protocol.statements import Run, Statement
from protocol.trust import Trust
from protocol.typed import Domain
from protocol.verify import verify
from tests import patience
from tests.alike import some
from tests.browser import axe
from tests.browser.chain_endpoint import Node
from tests.serving import Served
from tests.unit.audit_explorer import fakes
from tests.unit.protocol import samples
from tests.unit.protocol.liars import told_by
from tests.unit.protocol.sealed_session import Known, story
from tests.unit.protocol.sealed_task import SealedTask
from tests.unit.protocol.test_qbft import FOUR
from tests.unit.protocol.test_sessions import PUBLIC
from tests.unit.protocol.true_stories import KINDS, Story, told
from tools.web_answers import answer
from tools.web_questions import about_ed25519
from tools.web_samples import BAD_TEXTS, Maker

pytestmark = pytest.mark.browser
DEPLOYMENT = {"chain_id": 2**60 + 1, "deployment_id": "0x" + "5a" * 32, "contracts": {"Tasks": "0x" + "Ab" * 20}}


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """The explorer over no database."""
    server = Served(create_app(fakes.FakeRecords([]), Verifier(None), now=lambda: fakes.NOW))
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


def give(page: Page, place: int, path: Path, data: bytes, part: str = "#contract") -> None:
    path.write_bytes(data)
    page.locator(f"{part} input[type=file]").nth(place).set_input_files(path)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_digest_task_and_asks_are_pythons(server: Served, page: Page, tmp_path: Path, language: str) -> None:
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
        expect(page.locator("#contract [role=status] code")).to_have_text(wanted)


def test_another_spelling_is_said_and_has_the_same_digest(server: Served, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server.url}/en/check")
    contract = samples.contract()
    give(page, 0, tmp_path / "loose.json", json.dumps(contract.to_json(), indent=2).encode())
    expect(page.get_by_text("not in canonical form")).to_be_visible()
    expect(page.locator("#contract [role=status] code").first).to_have_text(f"0x{contract.digest().hex()}")
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
    server: Served, page: Page, tmp_path: Path, data: bytes, code: str
) -> None:
    page.goto(f"{server.url}/en/check")
    give(page, 0, tmp_path / "bad.json", data)
    expect(page.locator("#contract [role=status] code")).to_have_text([code])
    assert page.locator("main img").count() == 0


def evidence(kind: str) -> tuple[bytes, Trust]:
    story = told(kind)
    return bundle.build(story.material()), story.pinned


def lied() -> tuple[bytes, Trust]:
    """A party states another field than the one it was registered with: only the sixth step can see it."""

    def said(_: int, honest: Statement) -> list[Statement]:
        return [replace(honest, mpc=replace(honest.mpc, threshold=2)) if isinstance(honest, Run) else honest]

    story = told_by("completed", "hospital", said)
    return bundle.build(story.material()), story.pinned


def asked_by(page: Page) -> list[str]:
    """What the page asks for from now on; its icon is part of loading it, and Chromium fetches that when it likes."""
    asked: list[str] = []
    page.on("request", lambda request: None if request.url.endswith("/static/icon.svg") else asked.append(request.url))
    return asked


def brought(page: Page, tmp_path: Path, data: bytes, trust: bytes) -> None:
    folder = tmp_path / sha256(data).hexdigest()
    folder.mkdir(exist_ok=True)
    give(page, 0, folder / "bundle.zip", data, "#evidence")
    give(page, 1, folder / "trust.json", trust, "#evidence")


def shown(page: Page, data: bytes, trust: Trust, language: Language) -> list[str]:
    """The page says in each step what Python finds; returns the outcomes."""
    report = verify(data, trust)
    chinese = language == "zh"
    verdict = report.verdict.chinese if chinese else report.verdict.english
    expect(page.locator("#evidence .verdict")).to_have_text(verdict, timeout=patience.scaled(15) * 1000)
    steps = page.locator("#evidence .step")
    expect(steps.locator(".outcome")).to_have_text(
        [getattr(TEXTS[language], f"outcome_{step.outcome}") for step in report.steps]
    )
    for place, name in ((".what", "title"), (".detail", "detail")):
        said = [getattr(step, name) for step in report.steps]
        expect(steps.locator(place)).to_have_text([one.chinese if chinese else one.english for one in said])
    return [step.outcome for step in report.steps]


@pytest.mark.parametrize("language", some(["en", "zh"], [0]))
def test_a_bundle_is_verified_without_a_request_and_a_lie_is_found(
    server: Served, page: Page, tmp_path: Path, language: Language
) -> None:
    page.goto(f"{server.url}/{language}/check")
    expect(page.locator("#evidence")).to_be_visible()
    asked = asked_by(page)
    page.context.set_offline(True)
    data, trust = evidence("completed")
    brought(page, tmp_path, data, trust.data())
    assert shown(page, data, trust, language) == ["holds"] * 9 + ["nothing"]
    data, trust = lied()
    brought(page, tmp_path, data, trust.data())
    assert shown(page, data, trust, language)[5] == "fails"
    bent = data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]
    give(page, 0, tmp_path / "bent.zip", bent, "#evidence")
    expect(page.locator("#evidence .step .outcome").first).to_have_text(TEXTS[language].outcome_fails)
    expect(page.locator("#evidence .step.cannot")).to_have_count(9)
    assert asked == []


def test_a_sealed_chain_is_verified_by_its_validators_alone(server: Served, page: Page, tmp_path: Path) -> None:
    """QBFT: with the genesis in the trust root and no block that anybody saw; a seal short is found, offline."""
    page.goto(f"{server.url}/en/check")
    expect(page.locator("#evidence")).to_be_visible()
    page.context.set_offline(True)
    story = SealedTask()
    story.complete()
    assert story.trust.head is None
    for signers, second in ((FOUR[:3], "holds"), (FOUR[:2], "fails")):
        story.signers = tuple(signers)
        data = bundle.build(story.material())
        brought(page, tmp_path, data, story.trust.data())
        assert shown(page, data, story.trust, "en")[1] == second


def test_a_trusted_block_may_be_typed_and_files_may_be_dropped(server: Served, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server.url}/en/check")
    data, trust = evidence("declined")
    assert trust.head is not None
    names = {"bundle.zip": data, "trust.json": replace(trust, head=None).data(), "notes.txt": b"?"}
    page.evaluate(
        """(files) => {
          const transfer = new DataTransfer();
          for (const [name, text] of Object.entries(files)) {
            transfer.items.add(new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], name));
          }
          document.querySelector("#evidence").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true }));
        }""",
        {name: base64.b64encode(content).decode() for name, content in names.items()},
    )
    expect(page.get_by_text("notes.txt is no bundle")).to_be_visible()
    expect(page.locator("#evidence .step.cannot")).to_have_count(9)
    page.locator("#evidence summary").click()
    page.get_by_label("Number").fill(str(trust.head[0]))
    expect(page.get_by_text("Give both")).to_be_visible()
    page.get_by_label("Hash").fill(f"0x{trust.head[1].hex()}")
    shown(page, data, trust, "en")
    expect(page.locator("#evidence .step.fails, #evidence .step.cannot")).to_have_count(0)


def test_what_is_no_trust_root_is_refused_with_its_code(server: Served, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server.url}/zh/check")
    brought(page, tmp_path, evidence("declined")[0], b'{"format":"tallystick/trust/v2"}')
    expect(page.locator("#evidence .problem code")).to_have_text(["json.missing_field"])
    expect(page.locator("#evidence .step")).to_have_count(0)


@pytest.mark.parametrize("language", some(["zh", "en"], [0]))
def test_a_narrow_screen_does_not_scroll_sideways(
    server: Served, page: Page, tmp_path: Path, language: Language
) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(f"{server.url}/{language}/check")
    page.locator("#evidence summary").click()
    data, trust = lied()
    brought(page, tmp_path, data, trust.data())
    expect(page.locator("#evidence .step.fails")).to_have_count(1)
    give(page, 0, tmp_path / "contract.json", samples.contract().data())
    expect(page.locator("#contract [role=status] code").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.slow
def test_accessibility(server: Served, chromium: Browser, tmp_path: Path) -> None:
    """axe-core finds nothing, in both languages and both colour schemes, with all that the page can show."""
    context = chromium.new_context(bypass_csp=True)  # axe itself is a script that the page would not run
    page = context.new_page()
    page.set_default_timeout(patience.scaled(15) * 1000)
    for language, scheme in (("en", "light"), ("zh", "dark")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(f"{server.url}/{language}/check")
        page.locator("#evidence summary").click()
        data, trust = lied()
        brought(page, tmp_path, data, trust.data())
        expect(page.locator("#evidence .step.fails")).to_have_count(1)
        assert axe.problems(page) == []
    context.close()


ENDPOINT = "http://node.example:8545"


@pytest.fixture(scope="module")
def with_endpoint() -> Iterator[Served]:
    server = Served(create_app(fakes.FakeRecords([]), Verifier(None), now=lambda: fakes.NOW, endpoints=(ENDPOINT,)))
    yield server
    server.stop()


@pytest.mark.slow
def test_a_chain_endpoint_of_the_readers_choice_gives_head_and_path(
    with_endpoint: Served, page: Page, tmp_path: Path
) -> None:
    """It is asked only once chosen; nothing else is asked; another chain's is refused, and an untrue proof as well."""
    story = KINDS["declined"](Story)
    data, pinned = bundle.build(story.material()), story.pinned
    assert pinned.head is not None
    story.chain.mine(after=5)
    story.chain.mine(after=8_191)
    node = Node(story)
    page.route(f"{ENDPOINT}/", node.answer)
    page.goto(f"{with_endpoint.url}/en/check")
    asked = asked_by(page)
    brought(page, tmp_path, data, replace(pinned, head=None).data())
    expect(page.locator("#evidence .step.cannot")).to_have_count(9)
    assert asked == []
    page.locator("#evidence select").select_option(ENDPOINT)
    shown(page, data, pinned, "en")
    give(page, 1, tmp_path / "later.json", story.pinned.data(), "#evidence")
    expect(page.get_by_text("2 hops below block")).to_be_visible(timeout=patience.scaled(15) * 1000)
    expect(page.locator("#evidence .step.fails, #evidence .step.cannot")).to_have_count(0)
    assert set(asked) == {f"{ENDPOINT}/"}
    assert "eth_getProof" in node.asked
    node.altered["eth_getProof"] = lambda proof: {**proof, "accountProof": proof["accountProof"][:-1]}
    give(page, 1, tmp_path / "again.json", story.pinned.data(), "#evidence")
    expect(page.locator("#evidence .problem code")).to_have_text(["chain.trie"])
    node.altered = {"eth_chainId": lambda _: "0x1"}
    give(page, 1, tmp_path / "other.json", pinned.data(), "#evidence")
    expect(page.locator("#evidence .problem code")).to_have_text(["chain.wrong_chain"])


def test_the_browsers_ed25519_draws_the_line_where_ours_does(server: Served, page: Page) -> None:
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


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_receipt_of_an_answer_is_checked_as_by_python(
    server: Served, page: Page, tmp_path: Path, language: Language
) -> None:
    """With the holder's key alone: four steps hold in Python's words, the fifth says what it lacks; a forged proof fails at its step."""
    log, proof, _, envelope = story()
    page.goto(f"{server.url}/{language}/check")
    field = page.locator("#answer input[type=text]")
    expect(field).to_be_visible()
    page.context.set_offline(True)
    give(page, 0, tmp_path / "receipt.json", envelope, "#answer")
    give(page, 1, tmp_path / "proof.json", proof.data(), "#answer")
    expect(page.locator("#answer .step")).to_have_count(0)
    field.fill("0x12")
    expect(page.get_by_text(TEXTS[language].check_key_wrong)).to_be_visible()
    field.fill(f"0x{PUBLIC.hex()}")
    steps = page.locator("#answer .step")
    expect(steps).to_have_count(5)
    facts = replace(
        Known(log.log.root()), source=Words(TEXTS["en"].check_receipt_source, TEXTS["zh"].check_receipt_source)
    )
    said = verify_receipt.verify(envelope, proof.data(), facts).steps
    for number, step in enumerate(said[:4]):
        detail = step.detail.english if language == "en" else step.detail.chinese
        expect(steps.nth(number).locator(".detail")).to_have_text(detail)
        expect(steps.nth(number)).to_have_class("step holds")
    expect(steps.nth(4)).to_have_class("step cannot")
    expect(steps.nth(4)).to_contain_text(TEXTS[language].check_receipt_anchor)
    give(page, 1, tmp_path / "forged.json", replace(proof, path=proof.path[:-1]).data(), "#answer")
    expect(steps.nth(2)).to_have_class("step fails")
    expect(steps.nth(2)).to_contain_text("[merkle.inclusion]")
