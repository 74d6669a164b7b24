"""Proposing in a browser: a form that the catalogue drives, preflight's word beside its fields, the wallet's signature over the task."""

import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from protocol import canonical, ids
from protocol.contract import Proposal, TaskContract, proposal_of
from tests import patience
from tests.browser import catalogue
from tests.browser.desk_acts import answered, press, shown, watched
from tests.browser.desk_site import DeskSite, apart, desk_site
from tests.browser.injected_wallet import REJECTED, InjectedWallet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
PROPOSER = "hospital"
CHECK, PROPOSE = "Check the contract", "Propose with my wallet"
STATISTICS = "Begin with: Statistics of groups over several owners"


@pytest.fixture(scope="module")
def site() -> Iterator[DeskSite]:
    with desk_site() as made:
        apart(lambda: catalogue.publish(made.world, catalogue.STATISTICS))
        apart(lambda: catalogue.show_data(made.world))
        expect.set_options(timeout=patience.scaled(20) * 1000)
        yield made
        expect.set_options(timeout=5000)


@pytest.fixture
def wallet(site: DeskSite) -> InjectedWallet:
    return site.wallet(PROPOSER)


@pytest.fixture
def page(site: DeskSite, chromium: Browser, wallet: InjectedWallet) -> Iterator[Page]:
    with watched(chromium, wallet) as opened:
        opened.goto(f"{site.page()}/propose")
        opened.locator(".choices button").click()
        press(opened, "Sign in")
        expect(opened.locator(".beginnings")).to_be_visible()
        yield opened


def at(page: Page, place: str) -> Any:
    """What stands at a place of the form, by the name that preflight gives it."""
    return page.locator(f'[id="at-{place}"]')


def begin(page: Page, site: DeskSite) -> None:
    """The statistics, with data, parties and words."""
    press(page, STATISTICS)
    for reference in site.world.references.values():
        page.get_by_label("Add a source of tables:").select_option(reference)
    at(page, "steps[1].inputs.by").locator("select").select_option("stack.stacked.outcome")
    for title in ("Exchange", "Hospital", "Laboratory"):
        at(page, "committee").get_by_label(title).check()
    page.get_by_label("Purpose").fill("Ages by outcome")
    page.get_by_label("Legal basis").fill("Statute on hospital statistics")


def checked(page: Page, site: DeskSite) -> None:
    """The same, found good by preflight."""
    begin(page, site)
    press(page, CHECK)
    expect(page.get_by_role("button", name=PROPOSE)).to_be_visible()


def proposals(wallet: InjectedWallet) -> list[Proposal]:
    """What the wallet signed, which is nothing but proposals."""
    signed = wallet.signed()
    assert {it["primaryType"] for it in signed} <= {"Proposal"}
    return [Proposal.parse(it["message"]) for it in signed]


def tasks(site: DeskSite) -> set[bytes]:
    return {item.task for item in site.client(PROPOSER).tasks().items}


def test_from_a_beginning_to_a_task_on_chain(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    press(page, STATISTICS)
    press(page, CHECK)
    for place in ("purpose", "legal_basis", "committee", "steps[0].inputs.tables", "steps[1].inputs.by"):
        expect(at(page, place).locator(".wrong")).to_be_visible()
    page.reload()  # what was written stays in this window
    press(page, "Begin anew")
    begin(page, site)
    page.get_by_label("Minimum group").fill("5000")
    page.get_by_label("Minimum group").blur()
    press(page, CHECK)
    expect(at(page, "inputs[0]").locator(".wrong").first).to_contain_text("has 1000 rows, the minimum group is 5000")
    assert page.get_by_role("button", name=PROPOSE).count() == 0
    page.get_by_label("Minimum group").fill("10")
    page.get_by_label("Minimum group").blur()
    press(page, CHECK)
    shown(page, "2 of the 3 compute parties together could see the data")
    shown(page, "Everyone learns how many rows each owner has.")
    with page.expect_download() as saved:
        press(page, "Save the contract as a file")
    contract = TaskContract.parse(json.loads(saved.value.path().read_text("utf-8")))
    press(page, PROPOSE)
    shown(page, "Receipt: you proposed the task")
    site.world.settle()
    shown(page, "It is on chain and waits for every data owner's authorization.")

    (signed,) = proposals(wallet)
    assert signed == proposal_of(contract), "the file is what was signed"
    task = site.world.domains.digest(signed)
    status = site.client(PROPOSER).task(task)
    assert (status.state, status.contract) == ("proposed", contract)
    assert [name for step in contract.steps for name, _ in step.parameters], "every default is written out"
    expect(page.locator(".receipt")).to_contain_text(ids.prefixed("task", task))
    page.reload()
    expect(page.locator(".beginnings")).to_be_visible()


def test_a_purposes_code_is_chosen_and_what_nobody_declared_is_read_before_signing(site: DeskSite, page: Page) -> None:
    begin(page, site)
    at(page, "purpose.code").locator("select").select_option("statistics")
    expect(page.get_by_label("Purpose")).to_have_value("Make statistics: Ages by outcome [purpose statistics]")
    press(page, CHECK)
    notices = page.locator("details", has_text="Not declared, and passed by this consortium's policy")
    expect(notices).to_contain_text("3")  # the basis' code, and what two owners declare
    notices.locator("summary").click()
    for code in ("law.basis_undeclared", "law.data_undeclared"):
        expect(notices.get_by_text(code).first).to_be_visible()
    assert notices.get_by_text("law.purpose_undeclared").count() == 0
    expect(page.get_by_role("button", name=PROPOSE)).to_be_visible()
    at(page, "purpose.code").locator("select").select_option("marketing")
    expect(page.get_by_label("Purpose")).to_have_value("Recommend and market: Ages by outcome [purpose marketing]")
    at(page, "purpose.code").locator("select").select_option("")
    expect(page.get_by_label("Purpose")).to_have_value("Ages by outcome")


def test_a_file_is_signed_exactly_as_it_is(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    contract = site.world.contract(purpose=f'<img src=x onerror="alert(1)"> 很长 [ref {secrets.token_hex(16)}]')
    body = json.dumps(contract.to_json(), ensure_ascii=False, indent=1).encode()
    chosen = page.locator('.file input[type="file"]')
    chosen.set_input_files({"name": "x.json", "mimeType": "application/json", "buffer": b'{"format": 1}'})
    expect(page.locator("#desk [role=alert]")).to_be_visible()
    chosen.set_input_files({"name": "contract.json", "mimeType": "application/json", "buffer": body})
    expect(page.get_by_label("Purpose")).to_have_value(contract.purpose)
    press(page, CHECK)
    press(page, PROPOSE)
    shown(page, "Receipt: you proposed the task")
    assert proposals(wallet) == [proposal_of(contract)]
    assert page.locator("main img").count() == 0


def test_in_chinese_problems_stand_beside_their_fields(site: DeskSite, page: Page) -> None:
    page.goto(f"{site.page(language='zh')}/propose")
    page.get_by_role("button", name="以此开始：多方分组统计").click()
    page.get_by_role("button", name="检查合约").click()
    expect(at(page, "purpose").locator(".wrong")).to_contain_text("所有方签署前会阅读")
    shown(page, "步骤")
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_cost_beyond_what_was_measured_is_marked_and_can_be_proposed(site: DeskSite, page: Page) -> None:
    """Names of what is beyond have a dot in them: they were once taken for made up, and nothing such could be proposed."""
    begin(page, site)
    at(page, "steps[1]").locator("details.parameters summary").click()
    at(page, "steps[1].parameters.groups").locator("input").fill("100")
    press(page, CHECK)
    shown(page, "Beyond what the programs were measured at: wards.groups. The time is extrapolated.")
    expect(page.get_by_role("button", name=PROPOSE)).to_be_visible()


def test_attack_a_purpose_that_looks_like_another(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    begin(page, site)
    for purpose, code in (
        ("Research\u202egnitekram", "draft.unprintable"),
        ("Bell\u0007", "draft.unprintable"),
        ("x" * 10_240, "draft.too_long"),
    ):
        page.get_by_label("Purpose").fill(purpose)
        press(page, CHECK)
        expect(at(page, "purpose").locator(".wrong")).to_contain_text(code)
    assert wallet.signed() == []


def _typed(part: str, name: str, value: object) -> Callable[[Any], None]:
    def change(body: Any) -> None:
        body["typed_data"][part][name] = value

    return change


def _put(name: str, value: object) -> Callable[[Any], None]:
    return lambda body: body.__setitem__(name, value)


def _cost(name: str, value: object) -> Callable[[Any], None]:
    return lambda body: body["estimate"].__setitem__(name, value)


LIES = [
    _put("task", "task_" + "5a" * 32),
    _put("collusion_threshold", 3),
    _put("disclosures", []),
    _put("supports", []),
    _typed("message", "resultUsers", ["stranger"]),
    _typed("message", "purpose", "Anything"),
    _typed("message", "uses", 9),
    _typed("domain", "chainId", "1"),
    _typed("domain", "verifyingContract", "0x" + "5a" * 20),
    _typed("domain", "salt", "0x" + "5a" * 32),
    _cost("seconds", "<b>1</b>"),
    _cost("bytes", -1),
    _cost("failure", "<img src=x>"),
    _put("level", 9),
]


def test_attack_a_tampered_server_gets_nothing_signed(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    begin(page, site)
    for change in LIES:
        answered(page, "tasks/preflight", change)
        press(page, CHECK)
        shown(page, "propose.differs")
        assert page.get_by_role("button", name=PROPOSE).count() == 0
        page.unroute("**/v1/tasks/preflight")
    # what changes between reading and signing is noticed, too: other costs, another address, a problem
    for change, code in (
        (_cost("seconds", 99_999), "desk.changed"),
        (_typed("domain", "verifyingContract", "0x" + "5a" * 20), "propose.differs"),
        (_put("level", 5), "desk.changed"),
    ):
        press(page, CHECK)
        expect(page.get_by_role("button", name=PROPOSE)).to_be_visible()
        answered(page, "tasks/preflight", change)
        press(page, PROPOSE)
        shown(page, code)
        page.unroute("**/v1/tasks/preflight")
    assert wallet.signed() == []


def test_attack_a_catalogue_that_hides_what_becomes_known(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    def silent(body: Any) -> None:
        for item in body["items"]:
            item["descriptor"]["disclosures"] = []

    answered(page, "programs?*", silent)
    page.reload()
    begin(page, site)
    press(page, CHECK)
    shown(page, "propose.differs")
    assert wallet.signed() == []


def test_attack_a_wallet_that_signs_with_another_key(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    before = tasks(site)
    checked(page, site)
    wallet.signs_with = site.wallet("stranger").account
    press(page, PROPOSE)
    shown(page, "wallet.other_signature")
    assert tasks(site) == before


def test_attack_a_session_proposes_nothing(site: DeskSite, page: Page) -> None:
    """The cookie opens no door: only the registered wallet's signature over the proposal does."""
    contract = site.world.contract()
    forged = site.client("stranger")._sign(site.world.domains.digest(proposal_of(contract)))
    body = canonical.dumps({"contract": contract.to_json(), "signature": f"0x{forged.hex()}"}).decode()
    status = page.evaluate(
        """async (body) => {
          const answer = await fetch("/v1/tasks", { method: "POST", headers: { "content-type": "application/json" }, body });
          return [answer.status, (await answer.json()).code];
        }""",
        body,
    )
    assert status == [403, "signature.not_wallet"]


def test_rejected_reloaded_and_pressed_twice_it_is_one_task(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    before = tasks(site)
    checked(page, site)
    wallet.refuses["eth_signTypedData_v4"] = REJECTED
    press(page, PROPOSE)
    shown(page, "wallet.rejected")
    wallet.refuses.clear()
    assert tasks(site) == before
    page.reload()  # in the middle of it
    press(page, CHECK)
    draft = page.evaluate("sessionStorage.getItem('tallystick.draft')")
    other = page.context.new_page()  # the same draft in a second window, as a duplicated tab has it
    wallet.attach(other)
    other.add_init_script(f"sessionStorage.setItem('tallystick.draft', {json.dumps(draft)})")
    other.goto(f"{site.page()}/propose")
    other.locator("#at-purpose textarea").wait_for()
    press(other, CHECK)
    other.locator(".choices button").click()
    expect(other.get_by_role("button", name=PROPOSE)).to_have_attribute("aria-disabled", "false")
    expect(page.get_by_role("button", name=PROPOSE)).to_have_attribute("aria-disabled", "false")
    page.get_by_role("button", name=PROPOSE).dblclick()
    shown(page, "Receipt: you proposed the task")
    press(other, PROPOSE)
    shown(other, "propose.there")
    other.close()
    assert len(tasks(site) - before) == 1
    assert len(wallet.signed()) == 2, "the rejected one and the one that counts"


def test_a_coordinator_that_is_away_loses_nothing(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    checked(page, site)
    page.route("**/v1/**", lambda route: route.abort())
    press(page, PROPOSE)
    shown(page, "The coordinator does not answer. Nothing is lost: try again.")
    assert wallet.signed() == []
    page.unroute("**/v1/**")
    press(page, PROPOSE)
    shown(page, "Receipt: you proposed the task")
